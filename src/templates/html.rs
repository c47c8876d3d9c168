//! The HTML part: the same words as the text part, in readable type, on light and dark, wide and narrow screens. Written
//! from our own document only; every text and every attribute is escaped here, and nothing is loaded from anywhere.

use super::Frame;
use super::language::Language;
use super::markdown::{Block, Inline, Target, plain};
use super::slots;

/// Small enough to travel in each letter. The colours keep a contrast of 7 to 1 or more for text.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;background:#f4f4f1;color:#1c1c1c;font:17px/1.55 Georgia,'Times New Roman',serif}\
.p{max-width:38em;margin:0 auto;padding:1.5em 1.4em;background:#fff;overflow-wrap:break-word}\
h1{font:600 14px/1.4 -apple-system,'Segoe UI',Roboto,Arial,sans-serif;color:#4a4a4a;margin:0 0 1.6em}\
h2,h3{font:600 18px/1.35 -apple-system,'Segoe UI',Roboto,Arial,sans-serif;margin:1.7em 0 .5em}\
p,ul,ol,blockquote{margin:0 0 1em}li{margin:.25em 0}a{color:#084a8c}\
blockquote{margin-left:0;padding-left:1em;border-left:3px solid #8a8a8a}\
pre,code{font:14px/1.5 Consolas,Menlo,monospace}code{font-weight:600}pre{white-space:pre-wrap;background:#f4f4f1;padding:1em;border-radius:4px}\
.c{list-style:none;padding:0}.c a{display:block;padding:.75em 1em;margin:.5em 0;background:#084a8c;color:#fff;\
border-radius:6px;text-decoration:none;font:600 16px/1.35 -apple-system,'Segoe UI',Roboto,Arial,sans-serif}\
footer{font-size:14px;color:#4a4a4a}\
@media(prefers-color-scheme:dark){body{background:#101214;color:#ececec}.p{background:#191c1f}h1,footer{color:#c0c0c0}\
a{color:#9cc7ff}.c a{background:#9cc7ff;color:#101214}pre{background:#101214}}";

/// The whole HTML document.
pub fn write(document: &[Block], language: &Language, subject: &str, frame: &Frame) -> String {
    let writer = Writer { subject, frame };
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
    format!(
        "<!doctype html>\n<html lang=\"{code}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<div class=\"p\">\n\
         <header><h1>{programme}</h1></header>\n<main>\n{body}</main>\n{footer}</div>\n</body>\n</html>\n",
        code = escaped(language.code()),
        direction = language.direction(),
        title = escaped(subject),
        programme = escaped(&slots::cleaned(&frame.programme)),
    )
}

struct Writer<'a> {
    subject: &'a str,
    frame: &'a Frame,
}

impl Writer<'_> {
    fn block(&self, block: &Block, out: &mut String) {
        match block {
            Block::Paragraph(inlines) => {
                out.push_str("<p>");
                self.inlines(inlines, out);
                out.push_str("</p>\n");
            }
            Block::Heading(level, inlines) => {
                // The first level is the programme's name.
                let level = (*level).clamp(2, 3);
                out.push_str(&format!("<h{level}>"));
                self.inlines(inlines, out);
                out.push_str(&format!("</h{level}>\n"));
            }
            Block::Verbatim(text) => {
                out.push_str(&format!(
                    "<pre>{}</pre>\n",
                    escaped(text.trim_end_matches('\n'))
                ));
            }
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
            } => self.list(*start, items, *loose, out),
        }
    }

    fn list(&self, start: Option<u64>, items: &[Vec<Block>], loose: bool, out: &mut String) {
        if self.frame.answers_to.is_some() && items.iter().all(|item| answer(item).is_some()) {
            // A list of answers is a list of buttons that show their numbers.
            out.push_str("<ul class=\"c\">\n");
            for (index, item) in items.iter().enumerate() {
                let Some((word, label)) = answer(item) else {
                    continue;
                };
                let number = start.map_or_else(String::new, |first| {
                    format!("{}&ensp;", first + index as u64)
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
            Some(1) => ("<ol>".to_owned(), "</ol>\n"),
            Some(first) => (format!("<ol start=\"{first}\">"), "</ol>\n"),
            None => ("<ul>".to_owned(), "</ul>\n"),
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
        for inline in inlines {
            match inline {
                Inline::Text(text) => out.push_str(&escaped(text)),
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
                        Some(place) => {
                            out.push_str(&format!("<a href=\"{}\">", escaped(&place)));
                            self.inlines(inner, out);
                            out.push_str("</a>");
                        }
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

fn escaped(text: &str) -> String {
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
            encoded.push_str(&format!("%{byte:02X}"));
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
                "<li><a href=\"mailto:exchange%2Br1k7q29fpm@example.org?subject=Re%3A%20How%20%3Cis%3E%20it%3F&amp;body=2\">2&ensp;Slow</a></li>"
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
    }
}
