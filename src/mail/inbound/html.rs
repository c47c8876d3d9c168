//! HTML -> lines of text that keep what the structure says: quoted blocks get `> `, and where a client marks the
//! beginning of the old message a line with [`CUT`] says so. Linear, and no recursion, whatever is nested in it.

/// Stands alone on a line where a mail client marked the beginning of what it quotes; never shown to anybody.
pub const CUT: char = '\u{f8f0}';
/// Stands alone on a line where a mail client marked the beginning of the signature.
pub const SIGNATURE: char = '\u{f8f1}';

/// Stands alone on a line where a mail client marked the line that introduces the quote after it ("On Monday Bob
/// wrote"), whatever its language.
pub const QUOTE_HEADER: char = '\u{f8f2}';

/// How deep quotes are marked; deeper ones count as this deep.
const QUOTES_MAX: usize = 9;

/// Text with quote marks and markers. [`plain`] takes the markers out.
pub fn marked(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            writer.text(rest);
            break;
        };
        writer.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let after = rest[1..].chars().next().unwrap_or(' ');
        if !(after.is_ascii_alphabetic() || matches!(after, '/' | '!' | '?')) {
            writer.text("<");
            rest = &rest[1..];
            continue;
        }
        let end = tag_end(rest);
        let tag = Tag::read(&rest[1..end]);
        rest = rest.get(end + 1..).unwrap_or("");
        // What stands between these is no text.
        if matches!(tag.name.as_str(), "style" | "script" | "title" | "template")
            && !tag.closing
            && !tag.empty
        {
            rest = skip_to_end(rest, &tag.name);
            continue;
        }
        writer.tag(&tag);
    }
    writer.finish()
}

/// Text as a reader sees it.
pub fn plain(marked: &str) -> String {
    marked
        .split('\n')
        .filter(|line| !line.contains([CUT, SIGNATURE, QUOTE_HEADER]))
        .collect::<Vec<_>>()
        .join("\n")
}

/// End of the tag that begins at the first byte: its `>`, outside quoted values where those close.
fn tag_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(8192);
    let mut quote = 0u8;
    for (at, byte) in bytes[..limit].iter().enumerate().skip(1) {
        match byte {
            b'"' | b'\'' if quote == 0 && bytes[at - 1] == b'=' => quote = *byte,
            byte if *byte == quote => quote = 0,
            b'>' if quote == 0 => return at,
            _ => {}
        }
    }
    text.find('>').unwrap_or(bytes.len())
}

fn skip_to_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut at = 0;
    while let Some(found) = text[at..].find("</") {
        let start = at + found;
        let inner = &text[start + 2..];
        if inner
            .get(..name.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(name))
        {
            return inner.find('>').map_or("", |end| &inner[end + 1..]);
        }
        at = start + 2;
    }
    ""
}

#[derive(Default)]
struct Tag {
    name: String,
    closing: bool,
    empty: bool,
    class: String,
    id: String,
    style: String,
    alt: String,
    /// Any other attribute whose name says that a client marks its quote or signature.
    marks: String,
}

impl Tag {
    fn read(inner: &str) -> Tag {
        let mut tag = Tag {
            closing: inner.starts_with('/'),
            empty: inner.ends_with('/'),
            ..Tag::default()
        };
        let inner = inner.trim_matches('/');
        let end = inner
            .find(|c: char| c.is_whitespace() || c == '/')
            .unwrap_or(inner.len());
        tag.name = inner[..end].to_ascii_lowercase();
        let mut rest = inner[end..].trim_start();
        while let Some(at) = rest.find('=') {
            let name = rest[..at]
                .trim()
                .rsplit(char::is_whitespace)
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            let value = rest[at + 1..].trim_start();
            let (value, next) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inner = &value[1..];
                    inner
                        .find(quote)
                        .map_or((inner, ""), |end| (&inner[..end], &inner[end + 1..]))
                }
                _ => value
                    .find(char::is_whitespace)
                    .map_or((value, ""), |end| (&value[..end], &value[end..])),
            };
            match name.as_str() {
                "class" => tag.class = value.to_ascii_lowercase(),
                "id" => tag.id = value.to_ascii_lowercase(),
                "style" => tag.style = value.to_ascii_lowercase().replace(' ', ""),
                "alt" => tag.alt = value.to_string(),
                _ if name.starts_with("data-") || name == "type" || name == "name" => {
                    tag.marks.push_str(&name);
                    tag.marks.push('=');
                    tag.marks.push_str(&value.to_ascii_lowercase());
                    tag.marks.push(' ');
                }
                _ => {}
            }
            rest = next;
        }
        tag
    }

    fn has_class(&self, wanted: &[&str]) -> bool {
        // Outlook on the web puts x_ before the classes and ids of what it quotes.
        self.class
            .split_whitespace()
            .any(|class| wanted.contains(&class.trim_start_matches("x_")))
    }

    fn has_id(&self, wanted: &[&str]) -> bool {
        let id = self.id.trim_start_matches("x_");
        !id.is_empty() && wanted.contains(&id)
    }

    /// A quoted block without being a `blockquote`.
    fn quotes(&self) -> bool {
        self.name == "blockquote" && !self.has_class(&["protonmail_signature_block"])
            || self.marks.contains("type=cite")
            || self.has_class(&["yahoo_quoted", "moz-cite-quote", "freebirdquote"])
    }

    /// Where the old message begins, header lines and all.
    fn cuts(&self) -> bool {
        self.has_id(&[
            "divrplyfwdmsg",
            "appendonsend",
            "mail-editor-reference-message-container",
            "isforwardcontent",
            "origbody",
            "replysplit",
            "orimsghtmlseperator",
            "ydpyahoo_quoted",
            "ms-outlook-mobile-body-separator-line",
        ]) || self.id.starts_with("yahoo_quoted")
            || self.has_class(&[
                "zmail_extra",
                "outlookmessageheader",
                "moz-email-headers-table",
                "qqmail_orimail",
                "ntes_not_fresh",
                "mail_quote",
                "wordsection_quote",
                "gl_quote",
                "front-blockquote",
                "hmmessage_quote",
            ])
            || self.marks.contains("data-marker=__divider__")
            || self.marks.contains("name=_mailoriginal")
            || self.name == "hr"
                && (self.has_id(&["stopspelling", "zwchr"])
                    || self.marks.contains("data-marker=__divider__"))
            || self.name == "div" && is_outlook_divider(&self.style)
    }

    fn introduces(&self) -> bool {
        self.has_class(&[
            "gmail_attr",
            "moz-cite-prefix",
            "protonmail_quote",
            "tutanota_quote",
            "gmail_quote_attribution",
        ])
    }

    fn signs(&self) -> bool {
        self.has_class(&[
            "gmail_signature",
            "protonmail_signature_block",
            "moz-signature",
            "applemailsignature",
            "gmail_signature_prefix",
            "mobile_signature",
        ]) || self.has_id(&[
            "signature",
            "applemailsignature",
            "ms-outlook-mobile-signature",
            "ymail_android_signature",
            "linebreakatbeginningofsignature",
        ]) || self.marks.contains("data-marker=__sig_")
            || self.marks.contains("data-smartmail=gmail_signature")
    }
}

/// Outlook's thin line above the header block of the quoted message.
fn is_outlook_divider(style: &str) -> bool {
    style.contains("border:none;border-top:solid#")
        && (style.contains("1.0pt;padding:3.0pt0") || style.contains("1pt;padding:3pt0"))
}

#[derive(Default)]
struct Writer {
    out: String,
    line: String,
    /// The last thing written to the line was a blank that HTML would show once.
    blank: bool,
    quotes: usize,
    /// Open elements that matter: name, and whether it quotes.
    open: Vec<(String, bool)>,
    pre: usize,
    cell: bool,
    /// Where in the line a word in bold begins, with words before it.
    bold: Option<usize>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            self.raw(&rest[..at]);
            rest = &rest[at..];
            let end = rest
                .as_bytes()
                .iter()
                .take(34)
                .position(|byte| *byte == b';');
            match end {
                Some(end)
                    if end > 1
                        && rest[1..end]
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b == b'#') =>
                {
                    let mut decoded = String::new();
                    mail_parser::decoders::html::add_html_token(
                        &mut decoded,
                        &rest.as_bytes()[..=end],
                        false,
                    );
                    if decoded == "\u{a0}" {
                        decoded = " ".into();
                        self.line.push_str(&decoded);
                        self.blank = true;
                    } else {
                        self.raw(&decoded);
                    }
                    rest = &rest[end + 1..];
                }
                _ => {
                    self.raw("&");
                    rest = &rest[1..];
                }
            }
        }
        self.raw(rest);
    }

    fn raw(&mut self, text: &str) {
        for c in text.chars() {
            if self.pre > 0 && c == '\n' {
                self.break_line();
            } else if c.is_whitespace() && c != '\u{a0}' && self.pre == 0 {
                if !self.blank && !self.line.is_empty() {
                    self.line.push(' ');
                    self.blank = true;
                }
            } else {
                self.line.push(if c == '\u{a0}' { ' ' } else { c });
                self.blank = false;
            }
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if matches!(name, "b" | "strong") {
            self.emphasis(tag.closing);
            return;
        }
        if tag.closing {
            match name {
                "pre" => self.pre = self.pre.saturating_sub(1),
                "td" | "th" => {
                    self.cell = true;
                    return;
                }
                _ => {}
            }
            if is_block(name) {
                self.end_line();
            }
            if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
                for (_, quotes) in self.open.drain(at..) {
                    self.quotes -= usize::from(quotes);
                }
            }
            if matches!(
                name,
                "p" | "blockquote" | "table" | "ul" | "ol" | "h1" | "h2" | "h3"
            ) {
                self.gap();
            }
            return;
        }
        match name {
            "br" => self.break_line(),
            "td" | "th" => {
                if self.cell && !self.line.trim().is_empty() {
                    self.line.push('\t');
                }
                self.cell = false;
            }
            // An emoji that a client sends as a picture.
            "img" if (1..=4).contains(&tag.alt.chars().count()) => self.text(&tag.alt),
            "pre" => self.pre += usize::from(!tag.empty),
            _ => {}
        }
        if is_block(name) && name != "br" {
            self.end_line();
        }
        if tag.cuts() {
            self.marker(CUT);
        } else if tag.introduces() {
            self.marker(QUOTE_HEADER);
        } else if tag.signs() {
            self.marker(SIGNATURE);
        }
        let quotes = tag.quotes() && self.quotes < QUOTES_MAX;
        if tag.empty || is_void(name) {
            return;
        }
        if self.open.len() < 2000 && (quotes || is_block(name)) {
            self.open.push((name.to_string(), quotes));
            self.quotes += usize::from(quotes);
        }
        match name {
            "li" => self.line.push_str("* "),
            "p" | "blockquote" => self.gap(),
            _ => {}
        }
    }

    /// A word that somebody stressed within a sentence keeps its stress. Labels, lists and whole lines in bold are layout.
    fn emphasis(&mut self, closing: bool) {
        let Some(from) = self.bold.take().filter(|_| closing) else {
            let sentence = self.quotes == 0
                && !self.line.contains([':', '\t', '[', '|'])
                && self.line.chars().filter(|c| c.is_alphabetic()).count() > 3;
            self.bold = (!closing && sentence).then_some(self.line.len());
            return;
        };
        let stressed = self.line.get(from..).map(str::trim).unwrap_or_default();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’');
        if (1..=40).contains(&stressed.len()) && stressed.chars().all(plain) {
            let stressed = stressed.to_string();
            let blank = self.line.len() > from + stressed.len() && self.line.ends_with(' ');
            let before = self.line[from..].starts_with(' ');
            self.line.truncate(from);
            let mark = |gap: bool| if gap { " " } else { "" };
            self.line
                .push_str(&format!("{}**{stressed}**{}", mark(before), mark(blank)));
        }
    }

    fn marker(&mut self, marker: char) {
        self.end_line();
        self.line.push(marker);
        self.end_line();
    }

    /// Ends the line; an empty one leaves nothing.
    fn end_line(&mut self) {
        if !self.line.trim().is_empty() {
            self.break_line();
        } else {
            self.line.clear();
            self.bold = None;
            self.blank = false;
        }
    }

    fn break_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.bold = None;
        self.blank = false;
        self.cell = false;
        for _ in 0..self.quotes {
            self.out.push_str("> ");
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// An empty line between paragraphs, once.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") && !self.out.ends_with("> \n") {
            let line = std::mem::take(&mut self.line);
            self.break_line();
            self.line = line;
        }
    }

    fn finish(mut self) -> String {
        self.end_line();
        self.out
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "br"
            | "blockquote"
            | "tr"
            | "table"
            | "ul"
            | "ol"
            | "li"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "pre"
            | "body"
            | "html"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "dl"
            | "dt"
            | "dd"
            | "center"
            | "form"
            | "fieldset"
            | "tbody"
            | "thead"
            | "address"
            | "main"
    )
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr"
            | "img"
            | "meta"
            | "link"
            | "input"
            | "area"
            | "base"
            | "col"
            | "embed"
            | "source"
            | "wbr"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_become_marks_and_paragraphs_lines() {
        let text = marked(
            "<html><head><style>p{}</style></head><p>Yes &amp; thanks</p><blockquote>old<br>older</blockquote></html>",
        );
        assert_eq!(text.trim(), "Yes & thanks\n\n> old\n> older");
    }

    #[test]
    fn a_clients_divider_is_marked_and_never_shown() {
        let text = marked("<div>3</div><div id=\"divRplyFwdMsg\">From: Bob<br>old</div>");
        assert!(text.contains(CUT), "{text:?}");
        assert!(!plain(&text).contains(CUT));
    }

    #[test]
    fn table_cells_stay_apart() {
        assert_eq!(
            marked("<table><tr><td>Name</td><td>Anna</td></tr></table>").trim(),
            "Name\tAnna"
        );
    }

    #[test]
    fn a_word_stressed_in_a_sentence_keeps_its_stress_and_a_label_gets_none() {
        assert_eq!(
            marked("<p>I would <b>really</b> like to.</p>").trim(),
            "I would **really** like to."
        );
        for layout in [
            "<p><b>Name:</b> Anna</p>",
            "<p>Name: <b>Anna</b></p>",
            "<p><b>A whole line</b></p>",
            "<p>1. <b>It is going well</b></p>",
        ] {
            assert!(!marked(layout).contains('*'), "{layout}");
        }
    }

    #[test]
    fn deep_nesting_is_harmless() {
        let text = marked(&"<div><blockquote>".repeat(100_000));
        assert!(text.len() < 10_000_000);
    }
}
