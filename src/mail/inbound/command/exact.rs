//! The exact words, each of which alone on the first line asks for something, in English, French, Spanish and Arabic.

use chrono::NaiveDate;

use super::dates;
use crate::mail::address;
use crate::places::fold::fold;
use crate::programme::event::Intent;

/// The closed list of exact words, folded. A day may follow the words for pause.
const EXACT: [(Intent, &[&str]); 13] = [
    (
        Intent::Stop,
        &[
            "stop",
            "stop all",
            "unsubscribe",
            "unsubscribe me",
            "remove me",
            "remove",
            "opt out",
            "optout",
            "no more mail",
            "no more emails",
            "arret",
            "arreter",
            "arretez",
            "desabonner",
            "desabonnement",
            "me desabonner",
            "se desabonner",
            "desinscription",
            "desinscrire",
            "stopper",
            "baja",
            "darme de baja",
            "dar de baja",
            "parar",
            "alto",
            "cancelar suscripcion",
            "desuscribir",
            "desuscribirme",
            "no mas correos",
            "توقف",
            "الغاء الاشتراك",
            "اوقفوا الرسايل",
        ],
    ),
    (
        Intent::Withdraw,
        &[
            "withdraw",
            "i withdraw",
            "withdraw me",
            "withdrawal",
            "please withdraw me",
            "quit",
            "retrait",
            "je me retire",
            "me retirer",
            "se retirer",
            "retirez moi",
            "retirarme",
            "me retiro",
            "retirar",
            "retirada",
            "retiro",
            "انسحاب",
            "انسحب",
            "اريد الانسحاب",
        ],
    ),
    (
        Intent::Pause,
        &[
            "pause",
            "pause me",
            "pausa",
            "pausar",
            "faire une pause",
            "mettre en pause",
            "hacer una pausa",
            "استراحة",
        ],
    ),
    (
        Intent::NewPartner,
        &[
            "new partner",
            "new partner please",
            "another partner",
            "nouveau partenaire",
            "nouvelle partenaire",
            "nouveau binome",
            "autre partenaire",
            "nueva pareja",
            "nuevo companero",
            "nueva companera",
            "otra pareja",
            "otro companero",
            "otra companera",
            "شريك جديد",
            "شريكة جديدة",
            "شريك اخر",
        ],
    ),
    (
        Intent::Help,
        &[
            "help",
            "help me",
            "help please",
            "aide",
            "a l aide",
            "aidez moi",
            "ayuda",
            "ayudame",
            "ayudenme",
            "مساعدة",
            "المساعدة",
        ],
    ),
    (
        Intent::Concern,
        &[
            "concern",
            "report a concern",
            "i have a concern",
            "report",
            "complaint",
            "signalement",
            "signaler un probleme",
            "signaler",
            "preoccupation",
            "inquietude",
            "denuncia",
            "denunciar",
            "informar de un problema",
            "preocupacion",
            "tengo una preocupacion",
            "queja",
            "شكوى",
            "بلاغ",
        ],
    ),
    (
        Intent::MyData,
        &[
            "my data",
            "send my data",
            "mes donnees",
            "mis datos",
            "بياناتي",
        ],
    ),
    (
        Intent::ForgetMe,
        &[
            "forget me",
            "delete my data",
            "erase me",
            "erase my data",
            "delete me",
            "oubliez moi",
            "effacez mes donnees",
            "supprimez mes donnees",
            "effacer mes donnees",
            "supprimer mes donnees",
            "olvidenme",
            "olvidame",
            "olvideme",
            "borrar mis datos",
            "borren mis datos",
            "eliminar mis datos",
            "eliminen mis datos",
            "انسوني",
            "احذفوا بياناتي",
        ],
    ),
    (
        Intent::TopicsOff,
        &[
            "topics off",
            "no topics",
            "no more topics",
            "stop topics",
            "sans themes",
            "themes off",
            "sans sujets",
            "sujets off",
            "arreter les themes",
            "sin temas",
            "temas no",
            "no mas temas",
            "temas off",
            "بدون مواضيع",
            "لا مواضيع",
        ],
    ),
    (
        Intent::Certificate,
        &[
            "certificate",
            "my certificate",
            "a certificate",
            "send my certificate",
            "certificat",
            "mon certificat",
            "attestation",
            "mon attestation",
            "certificado",
            "mi certificado",
            "constancia",
            "شهادة",
            "الشهادة",
        ],
    ),
    (Intent::NewAddress, &NEW_ADDRESS),
    (
        Intent::Apply,
        &[
            "apply",
            "i want to apply",
            "i would like to apply",
            "application",
            "join",
            "sign up",
            "sign me up",
            "form",
            "postuler",
            "je postule",
            "candidature",
            "s inscrire",
            "inscription",
            "m inscrire",
            "participer",
            "formulaire",
            "solicitar",
            "solicitud",
            "inscribirme",
            "inscripcion",
            "participar",
            "postular",
            "formulario",
            "تقديم",
            "اشتراك",
            "استمارة",
            "طلب",
        ],
    ),
    (
        Intent::Answer,
        &[
            "yes",
            "oui",
            "si",
            "ok",
            "okay",
            "d accord",
            "vale",
            "confirm",
            "i confirm",
            "confirmed",
            "je confirme",
            "confirmo",
            "back",
            "i am back",
            "i m back",
            "retour",
            "de retour",
            "je suis de retour",
            "vuelvo",
            "he vuelto",
            "estoy de vuelta",
            "نعم",
            "عودة",
            "عدت",
        ],
    ),
];

/// What stands before the address to which letters shall go.
const NEW_ADDRESS: [&str; 34] = [
    "new address",
    "new address is",
    "my new address",
    "my new address is",
    "new email",
    "new email address",
    "my new email",
    "my new email is",
    "my new email address",
    "my new email address is",
    "my address is now",
    "my email is now",
    "my email address is now",
    "change my address to",
    "change address to",
    "nouvelle adresse",
    "ma nouvelle adresse",
    "ma nouvelle adresse est",
    "ma nouvelle adresse e mail est",
    "ma nouvelle adresse mail est",
    "mon adresse est maintenant",
    "nouveau courriel",
    "mon nouveau courriel est",
    "nueva direccion",
    "mi nueva direccion",
    "mi nueva direccion es",
    "mi nueva direccion de correo es",
    "mi direccion es ahora",
    "nuevo correo",
    "mi nuevo correo",
    "mi nuevo correo es",
    "cambiar mi direccion a",
    "عنوان جديد",
    "عنواني الجديد",
];

/// "new address: anna@new.example" on the first line, or the address by itself on the line below.
pub fn new_address(text: &str) -> Option<String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let (words, address) = match address_in(first) {
        Some((words, address)) => (words, address),
        None => {
            let (around, address) = address_in(lines.next()?)?;
            if !around.trim().is_empty() {
                return None;
            }
            (first.to_string(), address)
        }
    };
    let folded = fold(&words);
    NEW_ADDRESS
        .contains(&strip_courtesy(&folded))
        .then_some(address)
}

/// The only address on a line, and the words without it.
fn address_in(line: &str) -> Option<(String, String)> {
    let is_around = |c: char| "<>()[]\"'“”«»,;:.!".contains(c);
    let mut found = None;
    let mut words = String::new();
    for word in line.split_whitespace() {
        if !word.contains('@') {
            words.push_str(word);
            words.push(' ');
            continue;
        }
        let bare = word.trim_matches(is_around);
        // Some programs write an address twice: "anna@new.example<mailto:anna@new.example>".
        let bare = bare.split('<').next().unwrap_or(bare);
        let bare = bare.strip_prefix("mailto:").unwrap_or(bare);
        if found.is_some() || address::check(bare).is_err() {
            return None;
        }
        found = Some(bare.to_string());
    }
    found.map(|address| (words, address))
}

/// The intent whose exact word is all that stands on the line, but for courtesy and punctuation.
pub fn intent(line: &str) -> Option<Intent> {
    let folded = fold(line);
    let bare = strip_courtesy(&folded);
    EXACT
        .iter()
        .find(|(_, words)| words.contains(&bare))
        .map(|(intent, _)| *intent)
}

fn strip_courtesy(folded: &str) -> &str {
    let mut bare = folded;
    for word in ["please ", "s il vous plait ", "por favor ", "من فضلكم "] {
        bare = bare.strip_prefix(word).unwrap_or(bare);
    }
    for word in [
        " please",
        " thanks",
        " thank you",
        " s il vous plait",
        " svp",
        " merci",
        " por favor",
        " gracias",
        " من فضلكم",
        " شكرا",
    ] {
        bare = bare.strip_suffix(word).unwrap_or(bare);
    }
    bare
}

/// "pause until 5 March" alone on the line.
pub fn pause_until(line: &str, today: NaiveDate, language: &str) -> Option<NaiveDate> {
    let folded = fold(line);
    let begins = [
        "pause until",
        "pause till",
        "pause jusqu",
        "pausa hasta",
        "pausar hasta",
        "pause for",
        "pause pour",
        "pausa por",
        "pausa de",
        "pause de",
        "pause",
        "استراحة حتى",
        "استراحة",
    ];
    if line.chars().count() > 60
        || !begins.iter().any(|words| {
            folded
                .strip_prefix(words)
                .is_some_and(|rest| rest.starts_with(' '))
        })
    {
        return None;
    }
    dates::until(line, today, language)
}
