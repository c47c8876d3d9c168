//! Sentences in English, French and Spanish: which of the choices they mean. Patterns run over folded text (no
//! accents, no case, no punctuation), so "haven't" is "haven t".

use std::sync::LazyLock;

use regex::Regex;

use crate::programme::event::Intent;

/// What a sentence asks for outside of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Certain(Intent),
    /// It asks for something that needs its exact word, or for two things.
    Doubtful,
}

struct Rule<T> {
    means: T,
    pattern: Regex,
}

fn rules<T: Copy>(list: &[(T, &str)]) -> Vec<Rule<T>> {
    // A pattern that does not compile would be found by the tests below, which try them all.
    list.iter()
        .filter_map(|(means, text)| {
            Regex::new(text).ok().map(|pattern| Rule {
                means: *means,
                pattern,
            })
        })
        .collect()
}

const WELL: &str = concat!(
    r"\b(go(es|ing)?|went|it s|is|are|everything|things?|all|works?|working|get(ting)? (on|along)|communicat(ing|e)|start(ed)?|doing) ((is|are|has been|have been|really|very|so|quite|pretty|all|just|going|off|out|us|along) )*(well|great|fine|good|wonderful(ly)?|fantastic(ally)?|brilliant(ly)?|excellent(ly)?|smooth(ly)?|lovely|perfect(ly)?|swimmingly|nicely)\b",
    r"|^((hi|hello|dear|yes|oh|all|very|so) )*(good|great|fine|well|excellent|perfect|wonderful|brilliant)( (so far|thanks|thank you).*)?$",
    r"|\bwe (both )?(talk|speak|write|chat|email|mail|skype|zoom|meet|correspond|message)\b",
    r"|\bwe (have|ve|had|are|re|keep|stay)( (already|both|been|now|just|had|also))* (in (regular |close |good |weekly |constant |frequent )?(touch|contact)|talked|spoken|met|emailed|written|exchang\w*|chatt?(ed|ing)|writing|talking|emailing|skyped|zoomed|a (very )?(good|great|nice|lovely) (chat|talk|call|conversation|exchange))",
    r"|\b(enjoy(ing)?|love|loving) (it|our|the|my|writing|talking|working)\b",
    r"|\b(tout|ca|cela|ca|tres|se passe|marche|va|vont|passe) ((se|passe|va|marche|vraiment|tres|plutot|super|toujours) )*(bien|super|parfait(ement)?|a merveille)\b|^(oui )?(tres |tout )?(bien|parfait|super|impeccable)( merci)?$|\bnous (nous )?(ecrivons|parlons|echangeons|discutons|avons (deja )?(echange|parle|discute))|\bsommes en contact\b|\bon s ecrit\b",
    r"|\b(va|van|todo|vamos|esta|estamos|marcha|anda|funciona|ha ido|yendo) ((va|esta|muy|todo|yendo|realmente|super|de) )*(bien|genial|estupend\w*|excelente(mente)?|perfect\w*|maravilla|fenomenal)\b|^(si )?(muy |todo )?(bien|genial|perfecto|excelente|estupendo)( gracias)?$|\bnos (escribimos|hablamos|comunicamos|hemos (escrito|hablado))|\bestamos en contacto\b",
);

const SLOW: &str = concat!(
    r"\b(slow|slowly|slower|sporadic\w*|occasional\w*|now and then|now and again|from time to time|once in a while|off and on|on and off|infrequent\w*|irregular\w*|rarely|seldom|only once|not (very |so |that |as )?(often|much|regular\w*)|not as often|took (a|some|quite|her|him|them) .{0,12}(while|time)|a bit quiet|little contact|both (very |been |are )*busy)\b",
    r"|\b(lent|lente|lentement|doucement|de temps en temps|peu de contacts?|pas tres souvent|pas souvent|rarement|irregul\w*)\b",
    r"|\b(lento|lenta|despacio|lentamente|de vez en cuando|poco contacto|no muy a menudo|pocas veces|raramente|irregular\w*|poco a poco)\b",
);

const NOT_HEARD: &str = concat!(
    r"\b(have|has|had|ve|s|did|do|does|am|is|are) ?(not|n t|nt|t) ((yet|still|actually|really|ever|even) )*(heard|hear|hearing|received|receive|got|gotten|get|had|replied|reply|answered|answer|responded|respond|responding|replying|answering|written|write|wrote|come|contacted|contact|been in (touch|contact)|in (touch|contact)|seen|emailed)\b",
    r"|\b(haven|hasn|hadn|didn|doesn|isn|aren) ?t ((yet|still|actually|really|ever|even) )*(heard|hear|received|receive|got|gotten|get|had|replied|reply|answered|answer|responded|respond|responding|replying|answering|written|write|come|contacted|contact|been in (touch|contact)|in (touch|contact)|seen|emailed)\b",
    r"|\bnever ((yet|even|once) )?(heard|replied|answered|responded|wrote|written|got|received|came)\b",
    r"|\bno (reply|replies|answer|response|responses|word|news|contact|sign|sign of life|email|mail|message|reaction|communication|luck)\b|\bnothing (yet|so far|from|since|heard|at all)\b|\b(not|nt) (heard|had) (a |any|from|back)|\bnot yet\b|\b(radio )?silence\b|\b(is|has been|been|went|gone|remains?|stays?) silent\b|\bghost(ed|ing)\b|\blost (touch|contact)\b|\bstill waiting\b|\bunresponsive\b|\bstopped (writing|replying|answering|responding)\b",
    r"|^no$",
    r"|\b(pas|jamais|rien) ((encore|eu|de|du) )*(eu|recu|repondu|reponse|nouvelles?|entendu|contact|ecrit|donne signe)\b|\b(aucune?|sans|pas de) (reponse|nouvelles?|contact|message|signe|retour)\b|\bn a (pas|jamais|rien)\b|\bpas encore\b|^non$|\bsilence\b|\brien (encore|recu|depuis|de)\b|\bne (m a|me|repond|donne)( \w+)? ?(pas|plus|jamais)\b",
    r"|\bno (he|ha|hemos|me ha|me han|tengo|tenemos|se|recibi|recibo|hay|contesta|responde|me contesta|me responde|me escribe) ?((recibido|sabido|tenido|oido|escrito|respondido|contestado|noticias|respuesta|contacto|nada|de|ninguna|ningun|se|aun|todavia|sabe) ?)*\b|\bnada (todavia|aun|de|desde)\b|\b(sin|ninguna|ningun) (respuesta|noticias?|contacto|mensaje)\b|\b(todavia|aun) no\b|\bnunca (me )?(ha|contesto|respondio|escribio)\b|\bsilencio\b",
);

const OTHER_PARTNER: &str = concat!(
    r"\b(not|n t|nt|isn t|aren t|never) ((a|an|really|very|the|such|quite) )*(good |great |right |best |ideal )?(fit|match|suited|compatible)\b|\b(some ?one|some ?body|any ?one) else\b|\b(new|another|different|other) (partner|match|person|buddy|peer|mentor)\b|\b(change|swap|switch) (of )?(my |the |a )?(partner|match)s?\b|\bincompatible\b|\bnothing in common\b|\b(bad|poor|wrong) (fit|match)\b|\brematch(ed)?\b",
    r"|\b(autre|nouveau|nouvelle|changer de) (partenaire|personne|binome|correspondante?)\b|\bquelqu un d autre\b|\b(pas|mal) (tres |vraiment )?(bien )?(assortis?|compatibles?|faits l un)\b|\bne (me |nous )?(convient|convenons) pas\b|\brien en commun\b",
    r"|\b(otra|otro|nueva|nuevo|cambiar de|cambio de) (pareja|companer[oa]|persona|partner)\b|\balguien (mas|diferente|distinto)\b|\bno (somos|es|hacemos|encajamos|congeniamos) ?(una |un |muy |la )?(buena |buen )?(compatibles|pareja|combinacion|adecuad[oa]|nos)?\b|\bnada en comun\b",
);

const MUST_STOP: &str = concat!(
    r"\b(have|has|need|want|wish|like|must|going|got|gotta|forced|decided|prefer|obliged) (me )?(to )?(unfortunately )?(stop|quit|withdraw|leave|drop|resign|pull out|step (down|back)|give up|end (this|my|our|it)|discontinue)\b|\b(can ?not|can ?t|cant|unable to|not able to|won t be able to|no longer) ((any ?more|longer|be able to|able to) )*(continue|go on|carry on|participate|take part|commit|do this|keep (this |it )?up|be part)\b|\bi quit\b|\bi (will|ll|shall) (stop|quit|withdraw|leave|drop out)\b|\bwithdraw(ing|al)?\b|\bdrop(ping)? out\b|\bstop (my )?participat\w+\b|\bend (my|our) (participation|partnership)\b",
    r"|\b(dois|veux|souhaite|voudrais|faut|oblige\w*|prefere|decide|vais|aimerais) (que je )?(malheureusement )?(d |de |me |m )*(arreter|arrete|retirer|quitter|abandonner|cesser|stopper|desister)\b|\b(ne peux|ne pourrai|ne suis) (plus|pas) (en mesure de )?(continuer|participer|poursuivre)\b|\bje (m arrete|me retire|me desiste|abandonne|quitte)\b",
    r"|\b(tengo que|debo|quiero|quisiera|necesito|prefiero|gustaria|he decidido|voy a) (dejarlo|dejar|parar|retirarme|abandonar|renunciar|darme|salir|terminar)\b|\bno (puedo|podre|podria) (mas |ya )?(continuar|seguir|participar)\b|\bya no puedo\b|\bme retiro\b|\blo dejo\b|\babandono\b",
);

const NEED_HELP: &str = concat!(
    r"\b(need|want|like|could use|have) (some |your |a bit of |a little |any )?(help|assistance|support|advice|guidance)\b|\b(please|pls|can (you|someone|anybody)|could (you|someone|anybody)|would you) (please )?(help|assist|advise|contact me|call me)\b|\bhelp me\b|\bneed (to (talk|speak)|a (coordinator|person))\b|\bi (have|ve got|ve) (a |some )?(problem|problems|issue|trouble)\b",
    r"|\b(besoin|demande) (d |de |urgente? d )*(aide|assistance|conseils?|soutien)\b|\b(pouvez vous|pourriez vous|veuillez) (m |me )?(aider|contacter|conseiller)\b|\baidez moi\b|\bj ai un (probleme|souci)\b",
    r"|\b(necesito|quiero|pido|requiero) (de )?(su |tu |un poco de )?(ayuda|apoyo|consejo|asistencia)\b|\b(pueden|puede|podrian|podria|puedes) (ayudar\w*|contactar\w*|aconsejar\w*)\b|\bayuden\w*\b|\btengo (un |una )?(problema|duda)\b",
);

const CONCERN: &str = concat!(
    r"\b(harass\w*|inappropriate\w*|abusive|abused?|offensive|insult\w*|threat\w*|stalk\w*|unsafe|uncomfortable|creepy|scam\w*|sexual\w*|racist|racism|sexist|asked me for money|asking (me )?for money|ask(s|ed) for money|bully\w*|intimidat\w*|discriminat\w*|aggressive|rude to me|code of conduct|report (him|her|them|my partner|a concern|an incident)|serious concern)\b",
    r"|\b(harcel\w*|inapproprie\w*|deplace\w*|insult\w*|menac\w*|mal a l aise|agressi\w*|raciste|sexiste|demande de l argent|demande d argent|discrimin\w*|signaler un comportement|code de conduite)\b",
    r"|\b(acos\w*|inapropiad\w*|inadecuad\w*|ofensiv\w*|amenaz\w*|incomod[oa]|insegur[oa]|agresiv[oa]|racista|sexista|me pidio dinero|pide dinero|pidiendo dinero|discrimin\w*|denunciar|codigo de conducta)\b",
);

const SIGN_OF_LIFE: &str = concat!(
    r"\b(i m|i am|im|yes i m|still) (still )?(here|alive|around|there)\b|\b(will|ll|going to|shall|about to) (write|email|mail|contact|reply|answer|get (back|in touch)|respond|message|reach out)\b|\b(have|ve|just|already|did) (just |already |now )?(written|wrote|write|emailed|replied|answered|contacted|sent|messaged)\b|\bwrite (to )?(her|him|them|my partner|you)? ?(today|tomorrow|tonight|now|soon|this week)\b|\b(writing|replying) (to (her|him|them) )?(now|today|right away)\b|^yes( .{0,40})?$",
    r"|\bje (suis|suis toujours) la\b|\b(vais|j ecris|ecrirai|repondrai|ecris) .{0,20}(ecrire|repondre|contacter|aujourd hui|demain|lui)\b|\bje lui (ecris|ecrirai|reponds|repondrai|ai ecrit)\b|\bj ai (deja )?(ecrit|repondu)\b|^oui( .{0,40})?$|\btoujours la\b",
    r"|\b(sigo|estoy|aqui) (aqui|estoy)\b|\b(voy a|le|les) (escribir\w*|escribo|escribire|contest\w*|respond\w*|contactar\w*)\b|\b(escribire|escribo|contestare|respondere) (hoy|manana|ya|pronto)?\b|\bya (le )?(he )?(escrito|escribi|contestado|respondido)\b|^si( .{0,40})?$",
);

const AWAY: &str = concat!(
    r"\b(away|on (annual |sick |maternity |parental |paternity |study )?leave|on holidays?|on vacation|travell?ing|out of (the )?(office|country|town)|in (the )?hospital|off work|back (on|in|after|from|by)|return(ing)? (on|in)|not available|unavailable|until|till)\b",
    r"|\b(absente?|en conges?|en vacances|en voyage|en deplacement|en arret|hospitalise\w*|de retour|jusqu (au|a|en)|indisponible|conge maternite)\b",
    r"|\b(ausente|fuera|de vacaciones|de viaje|viajando|de baja|hospital|de licencia|regreso|vuelvo|hasta (el|la|finales|principios|mediados|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)|no disponible|de permiso)\b",
);

const STOP_MAIL: &str = concat!(
    r"\b(stop|quit|cease) (sending|emailing|mailing|writing|contacting|all|these|the|your|any)( (me|us|to|more|your|these|the))* ?(e ?mails?|mails?|letters|messages|me)?\b|\b(take|remove|delete) me (off|from)\b|\bunsubscribe\b|\b(don t|do not|dont) (want|wish) (to (get|receive)|any|your|these|more)( .{0,12})?(e ?mails?|mails?|letters|messages)\b|\b(don t|do not|dont) (email|mail|write|contact|send) (to )?(me|us)\b|\bno more (e ?mails?|mails?|letters|messages)\b",
    r"|\b(arretez|cessez) de m (envoyer|ecrire|envoyer)\b|\bne (m envoyez|m ecrivez|me contactez) plus\b|\b(desabonne\w*|desinscri\w*)\b|\bne (veux|souhaite) plus recevoir\b|\bplus de (courriels?|mails?|messages)\b",
    r"|\b(dejen|deje|deja) de (enviar\w*|escribir\w*|mandar\w*)\b|\bno (me )?(envien|escriban|manden|envie|contacten) mas\b|\bdar(me)? de baja\b|\bno (quiero|deseo) recibir mas\b|\bdesuscrib\w*\b",
);

const PAUSE: &str = concat!(
    r"\b(pause|(take|need|have|want|like) a (short |little |small )?break|put (me|this|it|us) on hold|on hold)\b",
    r"|\b(faire une pause|mettre en pause|suspendre|une pause)\b",
    r"|\b(hacer una pausa|una pausa|pausar|poner en pausa|suspender)\b",
);

const TOPICS: &str = concat!(
    r"\b(stop|no more|without|don t (send|want)|do not (send|want)|dont (send|want)|turn off|switch off) ((me|sending|the|any|your|more|these|receiving|to receive|getting) )*(discussion )?topics\b|\btopics off\b",
    r"|\b(plus|sans|arreter|arretez) ((de|les|recevoir|d envoyer) )*(themes|sujets)( de discussion)?\b",
    r"|\b(sin|no mas|no quiero|dejar de|dejen de) ((los|mas|recibir|enviar) )*temas\b",
);

const DATA: &str = r"\b((what|which) (data|information) (do you|you)|(copy|export) of (all )?(my|the) (personal )?data|(access|see|get|send me|receive) (to )?(all )?my (personal )?data|(quelles?|copie de|acces a) (toutes )?(mes )?donnees|(copia|acceso a|ver) (de )?(todos )?(mis )?datos|send my data|mes donnees personnelles|mis datos personales)\b";
const FORGET: &str = r"\b((delete|erase|remove|destroy) (all )?(of )?(my|the) (personal |private )?(data|information|details|record|account|profile)|forget (about )?me|right to be forgotten|(effac\w+|supprim\w+|detrui\w+) (toutes )?(mes|les) (donnees|informations)|oubliez moi|(borr\w+|elimin\w+|suprim\w+) (todos )?(mis|los) datos|olvid\w+ de mi)\b";

static CHECK_IN: LazyLock<Vec<Rule<u8>>> = LazyLock::new(|| {
    rules(&[
        (1, WELL),
        (2, SLOW),
        (3, NOT_HEARD),
        (4, OTHER_PARTNER),
        (5, MUST_STOP),
        (6, NEED_HELP),
    ])
});
static ARE_YOU_THERE: LazyLock<Vec<Rule<u8>>> =
    LazyLock::new(|| rules(&[(1, SIGN_OF_LIFE), (2, AWAY), (3, MUST_STOP)]));
static ANY_TIME: LazyLock<Vec<Rule<Intent>>> = LazyLock::new(|| {
    rules(&[
        (Intent::Concern, CONCERN),
        (Intent::ForgetMe, FORGET),
        (Intent::MyData, DATA),
        (Intent::TopicsOff, TOPICS),
        (Intent::Stop, STOP_MAIL),
        (Intent::Withdraw, MUST_STOP),
        (Intent::NewPartner, OTHER_PARTNER),
        (Intent::Pause, PAUSE),
        (Intent::Help, NEED_HELP),
    ])
});

/// Words that turn a good answer round: "not going well", "no va bien".
static NOT_WELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(not|n t|isn t|wasn t|aren t|hasn t been|never|hardly|could be|no|ne|pas|n est) ((been|it|is|all|be|really|very|so|too|that|quite|going|working|getting on|getting along|va|esta|todo|muy|se|passe|marche|tres|me|nos) ){0,4}(well|great|fine|good|better|bien|smooth\w*)\b|\b(va|passe|marche) (pas|mal)\b|\bva mal\b").ok()
});

fn found<T: Copy + PartialEq>(rules: &[Rule<T>], folded: &str) -> Vec<T> {
    let mut out = Vec::new();
    for rule in rules {
        if rule.pattern.is_match(folded) && !out.contains(&rule.means) {
            out.push(rule.means);
        }
    }
    out
}

/// The beginning of a long letter: an answer stands there, and later words may be about anything.
fn beginning(folded: &str) -> &str {
    folded
        .char_indices()
        .nth(1500)
        .map_or(folded, |(at, _)| &folded[..at])
}

/// The choice of a check-in that the words mean, where they mean one.
pub fn check_in(folded: &str) -> Option<u8> {
    let folded = beginning(folded);
    if matches!(
        folded,
        "yes" | "yes we have" | "yes we are" | "oui" | "si" | "yep" | "yeah"
    ) {
        return Some(1);
    }
    let mut all = found(&CHECK_IN, folded);
    if NOT_WELL
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(folded))
    {
        all.retain(|choice| *choice != 1);
    }
    match all[..] {
        [one] => Some(one),
        // "It goes well, only slowly": in touch either way, and the weaker word is the news.
        [1, 2] => Some(2),
        _ => None,
    }
}

pub fn are_you_there(folded: &str) -> Option<u8> {
    let folded = beginning(folded);
    match found(&ARE_YOU_THERE, folded)[..] {
        [one] => Some(one),
        // "I am away until Friday and will write then."
        [1, 2] => Some(2),
        _ => None,
    }
}

/// What words ask for outside of a question.
pub fn meaning(folded: &str) -> Option<Meaning> {
    let all = found(&ANY_TIME, beginning(folded));
    // A concern comes before everything else in the letter: it only stops things and brings a person in.
    if all.contains(&Intent::Concern) {
        return Some(Meaning::Certain(Intent::Concern));
    }
    match all[..] {
        [] => None,
        [one @ (Intent::Stop | Intent::Pause | Intent::TopicsOff | Intent::Help)] => {
            Some(Meaning::Certain(one))
        }
        [Intent::TopicsOff, Intent::Stop] => Some(Meaning::Certain(Intent::TopicsOff)),
        _ => Some(Meaning::Doubtful),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for text in [
            WELL,
            SLOW,
            NOT_HEARD,
            OTHER_PARTNER,
            MUST_STOP,
            NEED_HELP,
            CONCERN,
            SIGN_OF_LIFE,
            AWAY,
            STOP_MAIL,
            PAUSE,
            TOPICS,
            DATA,
            FORGET,
        ] {
            assert!(Regex::new(text).is_ok(), "{text}");
        }
        assert!(NOT_WELL.is_some());
    }
}
