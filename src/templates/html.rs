//! The HTML part: the same words as the text part, in readable type, on light and dark, wide and narrow screens. Written
//! from our own document only; every text and every attribute is escaped here, and nothing is loaded from anywhere: the
//! programme's logo, where there is one, travels inside of the letter.

use std::sync::LazyLock;

use super::Frame;
use super::language::Language;
use super::markdown::{Block, Inline, Target, plain};
use super::picture::Picture;
use super::slots;

/// Small enough to travel in each letter. The colours keep a contrast of 7 to 1 or more for text. `START` is the side
/// where lines begin: not all mail programs know logical properties.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;padding:0;background:#eef0ee;color:#1c1f1e}\
.p{max-width:38em;margin:0 auto;padding:24px 20px 32px;background:#fff;border-top:5px solid #0b5351;\
font:17px/1.6 Georgia,'Times New Roman',serif;overflow-wrap:break-word;word-wrap:break-word}\
h1,h2,h3,.c a,.t,.s,table,footer{font-family:-apple-system,'Segoe UI',Roboto,Arial,sans-serif}\
h1{font-size:15px;line-height:1.4;font-weight:600;color:#0b5351;margin:0 0 28px}\
h1 img{display:block;max-width:200px;max-height:72px;margin:0 0 10px}\
h2,h3{font-size:18px;line-height:1.35;font-weight:600;margin:32px 0 8px}\
p,ul,ol,blockquote,table{margin:0 0 16px}ul,ol{padding-START:24px}li{margin:4px 0}a{color:#0a4f8f}\
blockquote{padding-START:14px;border-START:3px solid #7d8583}\
pre,code{font:15px/1.5 Consolas,Menlo,'DejaVu Sans Mono',monospace}code{font-weight:600}\
pre{white-space:pre-wrap;background:#eef0ee;padding:16px;border-radius:6px}\
.c{list-style:none;padding:0}.c li{margin:8px 0}\
.c a{display:block;padding:13px 16px;background:#0b5351;color:#fff;border-radius:8px;text-decoration:none;\
font-size:17px;line-height:1.35;font-weight:600}\
.n a{padding-START:46px;text-indent:-28px}.n i{display:inline-block;width:28px;text-indent:0;font-style:normal}\
.t{display:inline-block;margin:2px 0;padding:0 10px;border:2px solid #0b5351;border-radius:8px;color:#0b5351;\
text-decoration:none;font-size:16px;line-height:1.5;font-weight:600}\
.y{padding:8px 24px;margin:4px;background:#0b5351;color:#fff;font-size:17px}\
.s,footer{font-size:15px;line-height:1.6;color:#4a504e}.s{margin-top:24px;padding-top:16px;border-top:1px solid #c9cecc}\
table{border-collapse:collapse;width:100%;font-size:15px;line-height:1.3}th{font-weight:400;text-align:START}\
.b th,.b td{padding:3px 0;vertical-align:middle}.b th{padding-END:10px;width:45%}.b td{text-align:END}\
.b .g{width:40%;padding-END:10px}.b .v{text-align:START}.g div{height:14px;border-radius:3px;background:#0b5351}\
.d{table-layout:fixed;direction:ltr}.d td{height:22px;padding:0;background:#dfe3e1;border:1px solid #fff}\
.d .on{background:#0b5351}.d th{text-align:left;color:#4a504e;font-size:14px}\
@media(prefers-color-scheme:dark){body{background:#0e1110;color:#e9ecea}.p{background:#181c1b;border-color:#7fd0c4}\
h1,.t{color:#8ad6cb}.t{border-color:#8ad6cb}.s,footer,.d th{color:#bcc4c1}.s{border-color:#454c4a}a{color:#9cc9ff}\
.c a,.y{background:#8ad6cb;color:#0e1110}pre{background:#0e1110}.g div,.d .on{background:#8ad6cb}\
.d td{background:#343b39;border-color:#181c1b}}\
@media(max-width:480px){.p{padding:20px 16px 28px}}";

/// The whole HTML document.
pub fn write(document: &[Block], language: &Language, subject: &str, frame: &Frame) -> String {
    let writer = Writer {
        subject,
        frame,
        right_to_left: language.direction() == "rtl",
    };
    let mut body = String::new();
    for block in document {
        writer.block(block, &mut body);
    }
    let footer = frame
        .reference
        .as_ref()
        .map_or_else(String::new, |reference| {
            format!(
                "<footer>Ref: {}</footer>\n",
                escaped(&slots::cleaned(reference))
            )
        });
    // The name stands beside the logo, so the picture itself says nothing more.
    let logo = frame.logo.as_ref().map_or_else(String::new, |content_id| {
        format!("<img src=\"cid:{}\" alt=\"\">", escaped(content_id))
    });
    // Webmail takes the body out of its page, so language and direction stand at the letter, too.
    format!(
        "<!doctype html>\n<html lang=\"{code}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <div class=\"p\" lang=\"{code}\" dir=\"{direction}\">\n\
         <header><h1>{logo}{programme}</h1></header>\n<main>\n{body}</main>\n{footer}</div>\n</body>\n</html>\n",
        code = escaped(language.code()),
        direction = language.direction(),
        title = escaped(subject),
        style = style(writer.right_to_left),
        programme = escaped(&slots::cleaned(&frame.programme)),
    )
}

/// The style for a direction, made once: it is half of a letter.
fn style(right_to_left: bool) -> &'static str {
    static LEFT: LazyLock<String> =
        LazyLock::new(|| STYLE.replace("START", "left").replace("END", "right"));
    static RIGHT: LazyLock<String> =
        LazyLock::new(|| STYLE.replace("START", "right").replace("END", "left"));
    match right_to_left {
        true => &RIGHT,
        false => &LEFT,
    }
}

struct Writer<'a> {
    subject: &'a str,
    frame: &'a Frame,
    right_to_left: bool,
}

impl Writer<'_> {
    /// The attribute for a block whose words all run the other way: what stands in English in a letter that is not.
    fn direction(&self, block: &Block) -> &'static str {
        if !self.right_to_left {
            return "";
        }
        let mut words = String::new();
        words_of(block, &mut words);
        match words.chars().any(char::is_alphabetic) && !words.chars().any(is_right_to_left) {
            true => " dir=\"ltr\"",
            false => "",
        }
    }

    fn block(&self, block: &Block, out: &mut String) {
        let direction = self.direction(block);
        match block {
            Block::Paragraph(inlines) => {
                // A paragraph that is set off as a whole is small print.
                match inlines.as_slice() {
                    [Inline::Emphasis(inner)] => {
                        out.push_str(&format!("<p class=\"s\"{direction}>"));
                        self.inlines(inner, out);
                    }
                    inlines => {
                        out.push_str(&format!("<p{direction}>"));
                        self.inlines(inlines, out);
                    }
                }
                out.push_str("</p>\n");
            }
            Block::Heading(level, inlines) => {
                // The first level is the programme's name.
                let level = (*level).clamp(2, 3);
                out.push_str(&format!("<h{level}{direction}>"));
                self.inlines(inlines, out);
                out.push_str(&format!("</h{level}>\n"));
            }
            Block::Verbatim(text) => {
                out.push_str(&format!(
                    "<pre{direction}>{}</pre>\n",
                    escaped(text.trim_end_matches('\n'))
                ));
            }
            Block::Picture(picture) => write_picture(picture, out),
            Block::Quote(inner) => {
                out.push_str("<blockquote>\n");
                for block in inner {
                    self.block(block, out);
                }
                out.push_str("</blockquote>\n");
            }
            Block::Rule => out.push_str("<hr>\n"),
            Block::List {
                start,
                items,
                loose,
            } => self.list(*start, items, (*loose, direction), out),
        }
    }

    fn list(
        &self,
        start: Option<u64>,
        items: &[Vec<Block>],
        (loose, direction): (bool, &str),
        out: &mut String,
    ) {
        if self.frame.answers_to.is_some() && items.iter().all(|item| answer(item).is_some()) {
            // A list of answers is a list of buttons that show their numbers.
            let class = if start.is_some() { "c n" } else { "c" };
            out.push_str(&format!("<ul class=\"{class}\">\n"));
            for (index, item) in items.iter().enumerate() {
                let Some((word, label)) = answer(item) else {
                    continue;
                };
                let number = start.map_or_else(String::new, |first| {
                    format!("<i>{}</i>", first + index as u64)
                });
                out.push_str(&format!(
                    "<li><a href=\"{}\">{number}{}</a></li>\n",
                    escaped(&self.answer_link(word)),
                    escaped(&plain(label))
                ));
            }
            out.push_str("</ul>\n");
            return;
        }
        let (open, close) = match start {
            Some(1) => (format!("<ol{direction}>"), "</ol>\n"),
            Some(first) => (format!("<ol{direction} start=\"{first}\">"), "</ol>\n"),
            None => (format!("<ul{direction}>"), "</ul>\n"),
        };
        out.push_str(&open);
        out.push('\n');
        for item in items {
            out.push_str("<li>");
            for block in item {
                match block {
                    Block::Paragraph(inlines) if !loose => self.inlines(inlines, out),
                    block => self.block(block, out),
                }
            }
            out.push_str("</li>\n");
        }
        out.push_str(close);
    }

    fn inlines(&self, inlines: &[Inline], out: &mut String) {
        // What a letter asks for stands in bold; the word that answers it right behind is the large button.
        let mut asked = false;
        for inline in inlines {
            let answers = asked;
            asked = match inline {
                Inline::Strong(_) => true,
                Inline::Text(text) => asked && text.trim().is_empty(),
                _ => false,
            };
            match inline {
                Inline::Text(text) => out.push_str(&escaped(text)),
                // A word to be typed can be pressed instead.
                Inline::Typed(text) if self.frame.answers_to.is_some() && is_whole_answer(text) => {
                    out.push_str(&format!(
                        "<a class=\"{}\" href=\"{}\">{}</a>",
                        if answers { "t y" } else { "t" },
                        escaped(&self.answer_link(text)),
                        escaped(text)
                    ));
                }
                Inline::Typed(text) => {
                    out.push_str(&format!("<code>{}</code>", escaped(text)));
                }
                Inline::Break => out.push_str("<br>\n"),
                Inline::Strong(inner) => self.span("strong", inner, out),
                Inline::Emphasis(inner) => self.span("em", inner, out),
                Inline::Link(target, inner) => {
                    let place = match target {
                        Target::Answer(word) if self.frame.answers_to.is_some() => {
                            Some(self.answer_link(word))
                        }
                        Target::Answer(_) | Target::Nowhere => None,
                        Target::Mail(address) => Some(format!("mailto:{}", in_link(address))),
                        Target::Web(place) => Some(place.clone()),
                    };
                    match place {
                        // A link has no link within.
                        Some(place) => match inner.as_slice() {
                            [Inline::Typed(text)] => out.push_str(&format!(
                                "<a class=\"t\" href=\"{}\">{}</a>",
                                escaped(&place),
                                escaped(text)
                            )),
                            inner => {
                                out.push_str(&format!("<a href=\"{}\">", escaped(&place)));
                                self.inlines(inner, out);
                                out.push_str("</a>");
                            }
                        },
                        None => self.inlines(inner, out),
                    }
                }
            }
        }
    }

    fn span(&self, tag: &str, inner: &[Inline], out: &mut String) {
        out.push_str(&format!("<{tag}>"));
        self.inlines(inner, out);
        out.push_str(&format!("</{tag}>"));
    }

    /// A `mailto:` link (RFC 6068) that writes the answer.
    fn answer_link(&self, word: &str) -> String {
        format!(
            "mailto:{}?subject={}&body={}",
            in_link(self.frame.answers_to.as_deref().unwrap_or_default()),
            in_link(&format!("Re: {}", self.subject)),
            in_link(word)
        )
    }
}

/// Whether a word or two are all that has to be written. What has a number or a name in it, or is longer, is an example
/// of what has to be completed first.
fn is_whole_answer(typed: &str) -> bool {
    let is_example = |c: char| c.is_ascii_digit() || c.is_uppercase();
    typed.split_whitespace().count() <= 2 && !typed.contains(is_example)
}

/// All words of a block, for their direction.
fn words_of(block: &Block, words: &mut String) {
    match block {
        Block::Paragraph(inlines) | Block::Heading(_, inlines) => words.push_str(&plain(inlines)),
        Block::Verbatim(text) => words.push_str(text),
        Block::Quote(inner) => inner.iter().for_each(|block| words_of(block, words)),
        Block::List { items, .. } => {
            let blocks = items.iter().flatten();
            blocks.for_each(|block| words_of(block, words));
        }
        Block::Picture(_) | Block::Rule => {}
    }
}

/// Hebrew, Arabic and the scripts between and beside them.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}

/// A picture as a table: mail programs draw those everywhere, and its numbers can be read aloud.
fn write_picture(picture: &Picture, out: &mut String) {
    match picture {
        Picture::Hours(hours) => {
            // What it shows stands in the sentence beside it.
            out.push_str("<table class=\"d\" role=\"presentation\" aria-hidden=\"true\">\n<tr>");
            for counts in hours {
                out.push_str(if *counts { "<td class=\"on\">" } else { "<td>" });
                out.push_str("</td>");
            }
            out.push_str("</tr>\n<tr>");
            for hour in [0, 6, 12, 18] {
                out.push_str(&format!("<th colspan=\"6\">{hour}</th>"));
            }
            out.push_str("</tr>\n</table>\n");
        }
        Picture::Bars(bars) => {
            out.push_str("<table class=\"b\">\n");
            for bar in bars {
                let label = escaped(&bar.label);
                let value = escaped(&bar.value);
                out.push_str(&match (bar.number, picture.share(bar, 100)) {
                    (None, _) => format!(
                        "<tr><th scope=\"row\">{label}</th><td class=\"v\" colspan=\"2\">{value}</td></tr>\n"
                    ),
                    (_, 0) => format!(
                        "<tr><th scope=\"row\">{label}</th><td class=\"g\"></td><td>{value}</td></tr>\n"
                    ),
                    (_, percent) => format!(
                        "<tr><th scope=\"row\">{label}</th><td class=\"g\"><div style=\"width:{percent}%\"></div></td>\
                         <td>{value}</td></tr>\n"
                    ),
                });
            }
            out.push_str("</table>\n");
        }
    }
}

/// The answer that an item consists of, if it is nothing else.
fn answer(item: &[Block]) -> Option<(&str, &[Inline])> {
    match item {
        [Block::Paragraph(inlines)] => match inlines.as_slice() {
            [Inline::Link(Target::Answer(word), label)] => Some((word, label)),
            _ => None,
        },
        _ => None,
    }
}

/// Text as it may stand in HTML, in attributes too.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Percent-encoding for a part of a link: everything but letters, digits and a few marks that need no encoding.
fn in_link(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::super::markdown::parse;
    use super::super::samples;
    use super::*;

    fn html(source: &str, frame: &Frame) -> String {
        write(&parse(source), &Language::new("en"), "How <is> it?", frame)
    }

    #[test]
    fn answers_are_buttons_that_write_the_number() {
        let written = html(
            "1. [Well](answer:1)\n2. [Slow](answer:2)\n",
            &samples::frame(),
        );
        assert!(
            written.contains(
                "<li><a href=\"mailto:exchange%2Br1k7q29fpm@example.org?subject=Re%3A%20How%20%3Cis%3E%20it%3F&amp;body=2\"><i>2</i>Slow</a></li>"
            ),
            "{written}"
        );
    }

    #[test]
    fn answers_are_words_where_nobody_reads_them() {
        let frame = Frame {
            answers_to: None,
            ..samples::frame()
        };
        let written = html("1. [Well](answer:1)\n", &frame);
        assert!(written.contains("<ol>\n<li>Well</li>\n</ol>"), "{written}");
    }

    #[test]
    fn the_page_names_its_language_and_loads_nothing() {
        let written = html("Hello", &samples::frame());
        assert!(written.contains("<html lang=\"en\" dir=\"ltr\">"));
        assert!(written.contains("<title>How &lt;is&gt; it?</title>"));
        for sign in ["src=", "url(", "http", "@import", "<script", "<img"] {
            assert!(!written.contains(sign), "{sign}");
        }
        let frame = Frame {
            logo: Some("logo@example.org".into()),
            ..samples::frame()
        };
        let with_logo = html("Hello", &frame);
        assert!(with_logo.contains("<img src=\"cid:logo@example.org\" alt=\"\">"));
        assert_eq!(with_logo.matches("src=").count(), 1);
    }

    #[test]
    fn a_word_to_type_can_be_pressed_and_an_example_cannot() {
        let written = html(
            "Reply with `topics off`, or `swap 12 17`.",
            &samples::frame(),
        );
        assert!(
            written.contains("body=topics%20off\">topics off</a>"),
            "{written}"
        );
        assert!(written.contains("<code>swap 12 17</code>"), "{written}");
        let asked = html("**Reply with the word** `yes`, or `no`.", &samples::frame());
        assert_eq!(asked.matches("class=\"t y\"").count(), 1, "{asked}");
        let in_digest = html("Reply with: [`settle`](answer:settle)", &samples::frame());
        assert_eq!(in_digest.matches("<a ").count(), 1, "{in_digest}");
    }

    #[test]
    fn bars_are_a_table_and_their_labels_are_escaped() {
        let written = html("~~~ bars\n<b> | 4\nKenya | 2\n~~~\n", &samples::frame());
        assert!(
            written.contains("<th scope=\"row\">&lt;b&gt;</th>"),
            "{written}"
        );
        assert!(written.contains("width:50%"), "{written}");
    }
}
