//! Signatures and the lines that phones add. Only what is marked as such: a name under a letter is the sender's.

use super::Line;
use crate::mail::inbound::pattern::Pattern;

/// "-- " alone on a line, with what mail programs make of it.
pub fn is_delimiter(lines: &[String], at: usize) -> bool {
    let line = lines[at].trim_end();
    if !matches!(line, "--" | "-- " | "---" | "– " | "\u{ad}--" | "*--*") && lines[at] != "-- " {
        return false;
    }
    // Something must follow, and not much of it: the line is no ruler between two parts of a letter.
    let rest = lines[at + 1..]
        .iter()
        .take_while(|line| !line.trim_start().starts_with('>'))
        .filter(|line| !line.trim().is_empty())
        .take(9)
        .count();
    match line {
        "--" => true,
        _ => rest <= 8,
    }
}

static DEVICE: Pattern = Pattern::new(concat!(
    r"(?i)^\W{0,3}(",
    r"sent (from|via|with) (my|the|yahoo|outlook|gmail|mail|mobile|samsung|android|iphone|ipad|blackberry|windows|nine|aqua|protonmail|proton|zoho|tutanota|hey|fastmail|spark|newton|k-9|fairemail|airmail|mailbird|bluemail|myMail|email|verizon|a |an )",
    r"|sent (by|from|with) \[?(outlook|yahoo|gmail|mail\])|<<sent by",
    r"|get \[?outlook for |get bluemail for |download outlook|yahoo mail: search",
    r"|envoyé (depuis|de|à partir de|avec|via) (mon|ma|l|la|le|un|yahoo|outlook|gmail|mail|proton|mobile|orange|courrier)",
    r"|enviado (desde|do|de|a partir|via|con|com|pelo) (mi|meu|el|la|o|um|yahoo|outlook|gmail|correo|email|proton|mail|iphone|ipad|samsung|android|dispositivo|smartphone)",
    r"|(von|vom) (meinem|meiner|mobile|samsung|iphone|ipad|handy|smartphone).{0,40}(gesendet|geschickt)|gesendet (von|mit|über|from)|diese nachricht wurde von meinem",
    r"|inviato (da|dal|con|tramite)|(verstuurd|verzonden) (vanaf|van|met|via)|wysłan[eoy] (z|za pomocą)|skickat från|sendt fra|sendt via|lähetetty|odesláno z|отправлено (с|из)|надіслано (з|із)|enviat des|gönderildi$",
    r"|από το .{0,20}μου|στάλθηκε από|אני שולח|נשלח מ|أرسلت من|أُرسلت من|تم الإرسال من|發自我的|发自我的|从我的.{0,20}发送|從我的.{0,20}傳送|iphoneから送信|から送信$|나의 iphone에서 보냄|에서 보냄$|dikirim dari|gửi từ|đã gửi từ|iphone'?umdan gönderildi",
    r")"
));

/// Shorter and weaker signs, for lines with nothing of the sender's below them.
static WEAK: Pattern = Pattern::new(
    r"(?i)^\W{0,3}(sent (from|via|with|by|using) |from my (phone|iphone|ipad|mobile|android|blackberry)\b|<+sent (by|from) |via (mobile|phone|iphone|android)\b|gesendet von |envoyé |enviado )",
);

/// A line that a phone or a mail program writes under every mail.
pub fn is_device(line: &str) -> bool {
    is_surely_device(line) || short(line) && WEAK.is_match(line.trim())
}

/// One that names a device or a program.
pub fn is_surely_device(line: &str) -> bool {
    short(line) && DEVICE.is_match(line.trim())
}

fn short(line: &str) -> bool {
    let words = line.split(['<', '(']).next().unwrap_or_default().trim();
    words.chars().count() <= 90 && !line.trim_end().ends_with('?')
}

static NAME: Pattern = Pattern::new(
    r"^\p{Lu}[\p{L}.’'-]*( (\p{Lu}|de |van |von |der |da |del |la )[\p{L}.’'-]*){0,3}$",
);

/// Looks like a person's name and nothing else.
pub fn is_name(line: &str) -> bool {
    let line = line.trim();
    line.len() <= 60 && NAME.is_match(line)
}

/// "/Anna", as people in the north sign.
pub fn is_signed_name(line: &str) -> bool {
    line.trim()
        .trim_start_matches("//")
        .strip_prefix('/')
        .or_else(|| line.trim().strip_prefix("//"))
        .is_some_and(|name| name.len() >= 3 && !name.starts_with(' ') && is_name(name))
}

static ONE_CONTACT: Pattern = Pattern::new(concat!(
    r"(?i)^\W{0,2}((tel|phone|fax|mobile|mob|cell|gsm|skype|office|direct|e-?mail|m|t|p|f|w|web|tél|téléphone|courriel|correo|móvil|teléfono)\s?[.:]*\s*)?",
    r"(<?[^\s<>@]+@[^\s<>@]+\.\w+>?|(https?://|www\.)\S+|[+(]?\d[\d ()./-]{6,}\d( ?(ext|x)\.? ?\d+)?)\s*([|,;]\s*\S+\s*)?$"
));

/// An address, a number or a page, and nothing else on the line.
pub fn is_contact(line: &str) -> bool {
    line.len() <= 120 && ONE_CONTACT.is_match(line.trim())
}

static CONTACT: Pattern = Pattern::new(
    r"(?i)(https?://|www\.|@\w+\.\w|\b(tel|phone|fax|mobile|mob|cell|gsm|skype)\b|\+?\d[\d ()./-]{7,}\d|mailing list|confidential|vertraulich|confidentiel|riservat)",
);

/// A ruler with nothing but a signature, a list's footer or a legal notice below it, up to a quote or the end.
pub fn is_footer(lines: &[String], kinds: &[Line], at: usize) -> bool {
    let ruler = lines[at].trim();
    let underscores = ruler.len() >= 2 && ruler.chars().all(|c| c == '_');
    let dashes = ruler.len() >= 10 && ruler.chars().all(|c| matches!(c, '-' | '=' | '*' | '#'));
    if !underscores && !dashes {
        return false;
    }
    let below: Vec<&String> = lines[at + 1..]
        .iter()
        .zip(&kinds[at + 1..])
        .take_while(|(_, kind)| **kind != Line::Quote)
        .map(|(line, _)| line)
        .filter(|line| !line.trim().is_empty())
        .take(15)
        .collect();
    (1..=14).contains(&below.len()) && below.iter().any(|line| CONTACT.is_match(line))
}

static CLOSING: Pattern = Pattern::new(concat!(
    r"(?i)^\W{0,2}((with )?(best|kind|kindest|warm|warmest|many|friendly) (regards|wishes|greetings)|regards|best|sincerely|yours (sincerely|truly|faithfully)|cordialement|bien (à vous|cordialement)|amicalement|salutations|",
    r"(un |muchos )?(cordial(es)? )?saludos?( cordial(es)?)?|atentamente|atenciosamente|abraços?|cumprimentos|(mit )?(freundlichen?|besten?|vielen?|herzlichen?|liebe[nr]?) (grüßen|grüße|gruß|gruessen|gruesse)|mfg|lg|vg|",
    r"(med )?venlig(e|st)? hilsen(er)?|(de )?bedste hilsner|mvh|kh|vh|dbh|med vänliga? hälsning(ar)?|vänliga? hälsningar|hälsningar|(med )?(vennlig|beste) hilsen|hilsen|ystävällisin terveisin|terveisin|",
    r"(met )?(vriendelijke|hartelijke) groet(en)?|groet(en|jes)?|pozdrawiam( serdecznie)?|z poważaniem|s pozdravem|cordiali saluti|distinti saluti|saluti|с уважением|з повагою|saygılarımla)\s*[,.!]?$"
));

/// "Kind regards" on a line of its own.
pub fn is_closing(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() <= 40 && CLOSING.is_match(line)
}

static THANKS: Pattern = Pattern::new(
    r"(?i)^\W{0,2}((many |best |with )?thanks( (again|a lot|so much|very much|in advance))?|thank you( (again|so much|very much|in advance))?|merci( (beaucoup|encore|d['’]avance))?|(muchas |mil )?gracias( de nuevo| por todo)?)\s*[,.!]*$",
);

/// A closing formula, or thanks in its place: below the answers of a form both say no more than that it ends.
pub fn closes_a_form(line: &str) -> bool {
    is_closing(line) || THANKS.is_match(line.trim())
}
