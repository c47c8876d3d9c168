//! Signatures and the lines that phones add. Only what is marked as such: a name under a letter is the sender's.

use std::sync::LazyLock;

use regex::Regex;

/// "-- " alone on a line, with what mail programs make of it.
pub fn is_delimiter(lines: &[String], at: usize) -> bool {
    let line = lines[at].trim_end();
    if !matches!(
        line,
        "--" | "-- " | "—" | "---" | "– " | "\u{ad}--" | "*--*"
    ) && lines[at] != "-- "
    {
        return false;
    }
    // Something must follow, and not much of it: the line is no ruler between two parts of a letter.
    let rest = lines[at + 1..]
        .iter()
        .take_while(|line| !line.trim_start().starts_with('>'))
        .filter(|line| !line.trim().is_empty())
        .count();
    match line {
        "--" => true,
        _ => rest <= 8,
    }
}

static DEVICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\W{0,3}(",
        r"sent (from|via|with) (my|the|yahoo|outlook|gmail|mail|mobile|samsung|android|iphone|ipad|blackberry|windows|nine|aqua|protonmail|proton|zoho|tutanota|hey|fastmail|spark|newton|k-9|fairemail|airmail|mailbird|bluemail|myMail|email|verizon|a |an )",
        r"|sent by (outlook|yahoo|gmail)",
        r"|get outlook for |get bluemail for |download outlook|yahoo mail: search",
        r"|envoyé (depuis|de|à partir de|avec|via) (mon|ma|l|la|le|un|yahoo|outlook|gmail|mail|proton|mobile|orange|courrier)",
        r"|enviado (desde|do|de|a partir|via|con|com|pelo) (mi|meu|el|la|o|um|yahoo|outlook|gmail|correo|email|proton|mail|iphone|ipad|samsung|android|dispositivo|smartphone)",
        r"|(von|vom) (meinem|meiner|mobile|samsung|iphone|ipad|handy|smartphone).{0,40}(gesendet|geschickt)|gesendet (von|mit|über|from)|diese nachricht wurde von meinem",
        r"|inviato (da|dal|con|tramite)|(verstuurd|verzonden) (vanaf|van|met|via)|wysłan[eoy] (z|za pomocą)|skickat från|sendt fra|sendt via|lähetetty|odesláno z|отправлено (с|из)|надіслано (з|із)|enviat des|gönderildi$",
        r"|από το .{0,20}μου|στάλθηκε από|אני שולח|נשלח מ|أرسلت من|أُرسلت من|تم الإرسال من|發自我的|发自我的|从我的.{0,20}发送|從我的.{0,20}傳送|iphoneから送信|から送信$|나의 iphone에서 보냄|에서 보냄$|dikirim dari|gửi từ|đã gửi từ|iphone'?umdan gönderildi",
        r")"
    ))
    .ok()
});

/// A line that a phone or a mail program writes under every mail.
pub fn is_device(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() <= 90
        && !line.ends_with('?')
        && DEVICE
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(line))
}
