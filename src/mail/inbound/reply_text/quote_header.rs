//! The lines that stand above a quote: "On Monday, Bob wrote:" in many languages, "-----Original Message-----", and
//! blocks of From/Sent/To/Subject. A block of form answers looks much like the last and must stay.

use super::Line;
use crate::mail::inbound::pattern::Pattern;

/// What begins at a line.
pub enum Opening {
    /// So many lines say who wrote what follows.
    Wrote(usize),
    /// A divider or a block of mail header lines: the rest is old.
    Block,
}

/// Words for "wrote" as they stand in quote headers.
static WROTE: Pattern = Pattern::new(concat!(
    r"(?i)(\bwrote\b|\bwrites\b|a écrit|écrivait|a ecrit|escribió|escribio|ha escrito|\bescreveu|schrieb|geschrieben|ha scritto|\bscrisse|",
    r"schreef|het volgende geschreven|geschreven|napisał|pisze|написал|пишет|писал|написав|пише|\bskrev|kirjoitti|napsal|napísal|yazdı|yazmış|",
    r"έγραψε|كتب|כתב|写道|寫道|写到|書きました|さんは|작성|님이|menulis|đã viết|vào lúc|a scris|írta|escrigué|va escriure|написа|je napisao|",
    r"rašė|rakstīja|kirjutas|เขียน|نوشت|wrotet)"
));

/// A date, a time of day or a year.
static DATE: Pattern = Pattern::new(
    r"(\d{1,2}[:.h]\d{2}|\b(19|20)\d\d\b|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d+\s*年|\d+\s*월)",
);

static ADDRESS: Pattern = Pattern::new(r"[^\s<>@]+@[^\s<>@]+");

/// How a quote header begins: "On", a weekday, a date, a name and its address.
static BEGINS: Pattern = Pattern::new(concat!(
    r"(?i)^[\s*_>-]*(on|at|am|le|el|em|il|lo|op|w dniu|dnia|dne|den|d\.|on|pe|ti|ma|pá|v|в|у|на|στις|την|pada|vào|le|in data|il giorno|a|ta|mon|tue|wed|thu|fri|sat|sun|",
    r"lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|mo|di|mi|do|fr|sa|so|пн|вт|ср|чт|пт|сб|вс|ma|ti|ke|to|pe|la|su|pon|wt|śr|czw|pt|sob|niedz|em|no dia|bij|op|",
    r"בתאריך|ב-|في|بتاريخ|在|于|於|date|le|tir|ons|tor|fre|lør|søn|man|mån|tis|lör|sön)\b",
    r"|^\s*[*_]?\d{1,4}\s*[-./年년. ]"
));

/// Who wrote the following lines, in one to four lines that begin at `at`; or a divider.
pub fn opening(lines: &[String], kinds: &[Line], at: usize) -> Option<Opening> {
    let line = lines[at].trim();
    if is_divider(lines, at) || is_header_block(lines, at) {
        return Some(Opening::Block);
    }
    // "2013/7/20 Bob <bob@example.org>" right above a quote, without a word for "wrote".
    let next = (at + 1..lines.len().min(at + 3)).find(|next| kinds[*next] != Line::Empty);
    if next.is_some_and(|next| kinds[next] == Line::Quote)
        && line.len() < 160
        && BEGINS.is_match(line)
        && DATE.is_match(line)
        && ADDRESS.is_match(line)
    {
        return Some(Opening::Wrote(1));
    }
    // "2016-03-03 17:21 GMT+01:00 Bob", as some clients shorten it.
    if STAMP.is_match(line) && line.len() < 160 {
        return Some(Opening::Block);
    }
    if let Some(count) = spread(lines, at) {
        return Some(Opening::Wrote(count));
    }
    let mut joined = String::new();
    for count in 1..=5 {
        let Some(next) = lines.get(at + count - 1) else {
            break;
        };
        if count > 1 && kinds[at + count - 1] == Line::Empty || next.len() > 400 {
            break;
        }
        // A wrapped header may have a stray quote mark on its later lines.
        let next = next.trim().trim_start_matches('>').trim();
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(next);
        // A later line begins the header by itself: what stands before it is the sender's.
        let later = (1..count).any(|skip| {
            let rest = lines[at + skip..at + count]
                .iter()
                .map(|line| line.trim())
                .collect::<Vec<_>>()
                .join(" ");
            BEGINS.is_match(&rest) && DATE.is_match(&rest) && wrote(&rest)
        });
        if later {
            return None;
        }
        if wrote(&joined) && (count == 1 || BEGINS.is_match(line) || ADDRESS.is_match(line)) {
            return Some(Opening::Wrote(count));
        }
    }
    None
}

/// A date, a time and its distance from Greenwich begin nothing else than a quote header.
static STAMP: Pattern =
    Pattern::new(r"^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} (GMT|UTC)[+-]\d{1,2}:\d{2}:? \S");
static WEEKDAY_AND_TIME: Pattern = Pattern::new(
    r"(?i)^(on|le|el|am|il|op|em) \p{L}{2,10}\.?,? .{0,12}\b(19|20)\d\d\b.{0,12}\d{1,2}[:.h]\d{2}",
);

/// A header that was taken apart, with empty lines between its pieces: the number of lines up to "wrote:".
fn spread(lines: &[String], at: usize) -> Option<usize> {
    let first = lines[at].trim();
    if first.len() > 200 || first.ends_with(':') || !WEEKDAY_AND_TIME.is_match(first) {
        return None;
    }
    let mut pieces = 0;
    for (place, line) in lines.iter().enumerate().skip(at + 1).take(9) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        pieces += 1;
        let own = WEEKDAY_AND_TIME.is_match(line) || line.len() > 120 || pieces > 5;
        if own {
            return None;
        }
        if line.ends_with(':') && WROTE.is_match(line) && line.len() < 80 {
            return Some(place + 1 - at);
        }
    }
    None
}

/// Whether a line says by itself who wrote what.
fn wrote(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "*_".contains(c));
    if text.chars().count() > 300 {
        return false;
    }
    let ends = text.ends_with([':', '：', '︰']);
    // Most lines are settled here, before any pattern runs.
    if !ends && !text.contains('@') && !text.starts_with("--") {
        return false;
    }
    let date = DATE.is_match(text);
    let address = ADDRESS.is_match(text);
    let word = WROTE.is_match(text);
    let begins = BEGINS.is_match(text);
    // "---- Bob wrote ----"
    if word && text.starts_with("--") && text.ends_with("--") && text.len() < 120 {
        return true;
    }
    (ends && word && (date || address))
        || (ends && date && address)
        || (ends && word && begins && text.len() < 60 && text.len() > 12)
        || (word && date && address && begins)
}

/// Whether the header is so plain that what follows is old even where nothing marks it.
pub fn is_strong(lines: &[String]) -> bool {
    let text = lines.join(" ");
    let text = text.trim();
    let ends = text.ends_with([':', '：']);
    let (date, address, word) = (
        DATE.is_match(text),
        ADDRESS.is_match(text),
        WROTE.is_match(text),
    );
    ends && (date && (word || address) || word && address && text.len() < 120)
        || date && address && word && BEGINS.is_match(text)
}

static SHARED: Pattern = Pattern::new(
    r"\S\s*(?:---\s*)?\b(On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|\d)[^\n]{6,200}wrote:)\s*$",
);

/// Where a quote header begins on a line that begins with the sender's words.
pub fn shared_line(line: &str) -> Option<usize> {
    if !line.trim_end().ends_with("wrote:")
        || line.trim_start().starts_with('>')
        || line.len() > 2000
    {
        return None;
    }
    let found = SHARED.regex()?.captures(line)?.get(1)?;
    DATE.is_match(found.as_str()).then_some(found.start())
}

// Beyond ASCII all characters count as letters: to name those that are would make this pattern twenty times as large.
static DIVIDER: Pattern = Pattern::new(concat!(
    r"(?i)^\W*[-_=*]{2,}\s*(original message|original appointment|forwarded message|forwarded by|reply message|message d'origine|message original|message transféré|mensaje original|",
    r"mensaje reenviado|mensagem original|mensagem encaminhada|ursprüngliche nachricht|originalnachricht|original-nachricht|weitergeleitete nachricht|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|",
    r"doorgestuurd bericht|wiadomość oryginalna|oryginalna wiadomość|пересылаемое сообщение|исходное сообщение|оригінальне повідомлення|ursprungligt meddelande|originalmeddelande|",
    r"oprindelig meddelelse|original meddelelse|opprinnelig melding|original melding|alkuperäinen viesti|původní zpráva|özgün ileti|orijinal ileti|αρχικό μήνυμα|الرسالة الأصلية|رسالة أصلية|הודעה מקורית|",
    r"原始邮件|原始郵件|原邮件|转发邮件|轉寄郵件|元のメッセージ|original message|원본 메일|원본 메시지|pesan asli|thư gốc|tin nhắn gốc|mesaj original|eredeti üzenet)",
    r"|^\W*[-_=*]{3,}\s*[a-z '\u{80}-\u{10ffff}]{0,24}\b(message|messaggio|mensaje|mensagem|nachricht|bericht|besked|meddelelse|meddelande|melding|viesti|wiadomość|zpráva|správa|сообщение|повідомлення|письмо|mesaj|ileti|μήνυμα|üzenet|missatge|mail|e-mail)\b[a-z '\u{80}-\u{10ffff}]{0,24}\s*[-_=*]{3,}",
    r"|^\W*(begin forwarded message|début du message (réexpédié|transféré)|inicio del mensaje reenviado|início da mensagem (reencaminhada|encaminhada)|anfang der weitergeleiteten (nachricht|e-mail)|inizio messaggio inoltrato|begin doorgestuurd bericht|начало переадресованного сообщения|vidarebefordrat brev|videresendt (brev|melding|besked))\s*:"
));

fn is_divider(lines: &[String], at: usize) -> bool {
    let line = lines[at].trim();
    let marked =
        line.contains("--") || line.contains("__") || line.contains("==") || line.contains("**");
    if (marked || line.ends_with(':')) && line.chars().count() < 200 && DIVIDER.is_match(line) {
        return true;
    }
    // Outlook's ruler, where header lines follow it.
    let ruler = line.len() >= 4 && line.chars().all(|c| matches!(c, '_' | '-' | '=' | '*'));
    ruler
        && (at + 1..lines.len().min(at + 4))
            .find(|next| !lines[*next].trim().is_empty())
            .is_some_and(|next| is_header_block(lines, next))
}

/// Kinds of mail header lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Date,
    To,
    Subject,
    Other,
}

static FIELD: Pattern = Pattern::new(concat!(
    r"(?i)^\W{0,4}(?:",
    r"(?P<from>from|de|von|da|van|od|от|від|från|fra|lähettäjä|kimden|gönderen|από|من|מאת|发件人|發件人|寄件者|寄件人|差出人|送信者|보낸\s*사람|보낸\s*이|dari|từ|expéditeur|remitente|absender|mittente|afzender|avsändare|feladó|odesílatel)",
    r"|(?P<date>date|sent|message du|envoyé|envoyé le|enviado|enviado el|enviada em|enviada|enviado em|fecha|data|datum|gesendet|gesendet am|inviato|verzonden|verstuurd|wysłano|data|дата|отправлено|надіслано|skickat|skickade|datum|sendt|dato|lähetetty|päivä|päiväys|päivämäärä|odesláno|datum|gönderme tarihi|tarih|ημερομηνία|στάλθηκε|التاريخ|تاريخ|أرسلت|تاريخ الإرسال|נשלח|תאריך|发送时间|發送時間|日期|时间|時間|寄件日期|送信日時|日時|日付|보낸\s*날짜|날짜|dikirim|tanggal|đã gửi|ngày|gửi)",
    r"|(?P<to>to|à|a|para|an|aan|do|кому|till|til|vastaanottaja|komu|kime|kime|προς|إلى|אל|收件人|收件者|宛先|받는\s*사람|kepada|tới|đến|destinataire|destinatario)",
    r"|(?P<subject>subject|objet|sujet|asunto|assunto|betreff|oggetto|onderwerp|temat|тема|ämne|emne|aihe|předmět|konu|θέμα|الموضوع|موضوع|נושא|主题|主題|標題|件名|제목|perihal|subjek|chủ đề|tiêu đề)",
    r"|(?P<other>cc|cci|kopia|kopie|copie|copia|kopi|copie à|bcc|reply-to|répondre à|antwort an|organization|importance|priority|wichtigkeit|抄送|副本|참조|копия|копія)",
    r")\s{0,3}\W{0,2}\s?[:：]\W{0,2}(?:\s|$|\S)"
));

fn field(line: &str) -> Option<Field> {
    let line = line.trim();
    if !line.contains([':', '：']) {
        return None;
    }
    let found = FIELD.regex()?.captures(line)?;
    Some(if found.name("from").is_some() {
        Field::From
    } else if found.name("date").is_some() {
        Field::Date
    } else if found.name("to").is_some() {
        Field::To
    } else if found.name("subject").is_some() {
        Field::Subject
    } else {
        Field::Other
    })
}

/// A date as mail programs write it: "Wed, 16 May 2012 00:15:02 -0600".
static MAIL_DATE: Pattern =
    Pattern::new(r"\p{L}{3}, \d{1,2} \p{L}{3,9} \d{4} \d{1,2}:\d{2}:\d{2} [+-]\d{4}");

/// A block of quoted mail header lines: who, when, and to whom or about what, close together. A form's answers have
/// names of their own, so "Name:", "Country:" and a stray "Date:" or "To:" make none.
fn is_header_block(lines: &[String], at: usize) -> bool {
    let Some(first) = field(&lines[at]) else {
        return false;
    };
    let mut seen = vec![first];
    let mut others = 0;
    for line in lines[at + 1..].iter().take(12) {
        let line = line.trim();
        if line.is_empty() {
            // Some clients put an empty line between header lines.
            others += 1;
            if others > 3 {
                break;
            }
            continue;
        }
        match field(line) {
            Some(field) => {
                if !seen.contains(&field) {
                    seen.push(field);
                }
            }
            // A wrapped value; two in a row end the block.
            None => {
                others += 1;
                if others > 2 {
                    break;
                }
            }
        }
    }
    let has = |field: Field| seen.contains(&field);
    // Two lines are enough where they are a mail's beyond doubt.
    let surely = |line: &String| MAIL_DATE.is_match(line.trim());
    let address = |line: &String| ADDRESS.is_match(line);
    if first == Field::Date
        && surely(&lines[at])
        && lines
            .get(at + 1)
            .is_some_and(|next| field(next) == Some(Field::To) && address(next))
    {
        return true;
    }
    matches!(
        first,
        Field::From | Field::Date | Field::Subject | Field::To
    ) && has(Field::From)
        && has(Field::Date)
        && (has(Field::To) || has(Field::Subject))
        || first == Field::From && has(Field::To) && has(Field::Subject)
}
