//! Markdown as a small document, with the slots opened: the one parse from which both parts of a letter are written.
//! Only what letters need is kept; tables, images and footnotes are not among it.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::picture::Picture;
use super::slots;

#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Paragraph(Vec<Inline>),
    Heading(u8, Vec<Inline>),
    List {
        /// The first number of a numbered list.
        start: Option<u64>,
        items: Vec<Vec<Block>>,
        /// Whether its items are set apart by blank lines.
        loose: bool,
    },
    /// Kept as it is, line by line: the form.
    Verbatim(String),
    /// Numbers to be looked at, drawn by both parts in their way.
    Picture(Picture),
    Quote(Vec<Block>),
    Rule,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    Text(String),
    Strong(Vec<Inline>),
    Emphasis(Vec<Inline>),
    /// A word to be typed in a reply, such as "stop".
    Typed(String),
    Link(Target, Vec<Inline>),
    Break,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// `answer:3`: a reply with this word.
    Answer(String),
    Mail(String),
    Web(String),
    /// Anything else is no place to send a reader to; its label is shown as text.
    Nowhere,
}

/// The words of inlines without any markup, on one line.
pub fn plain(inlines: &[Inline]) -> String {
    let mut words = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Typed(text) => words.push_str(text),
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link(_, inner) => {
                words.push_str(&plain(inner));
            }
            Inline::Break => words.push(' '),
        }
    }
    words
}

/// Parses rendered Markdown whose values are slots.
pub fn parse(source: &str) -> Vec<Block> {
    let mut builder = Builder::default();
    builder.open.push(Open::Blocks(Vec::new()));
    for event in Parser::new_ext(source, Options::empty()) {
        builder.event(event);
    }
    builder.close_paragraph();
    match builder.open.pop() {
        Some(Open::Blocks(blocks)) => blocks,
        _ => Vec::new(),
    }
}

/// The first line that is taken for HTML.
pub fn line_of_raw_html(source: &str) -> Option<usize> {
    Parser::new_ext(source, Options::empty())
        .into_offset_iter()
        .find(|(event, _)| matches!(event, Event::Html(_) | Event::InlineHtml(_)))
        .and_then(|(_, span)| source.get(..span.start))
        .map(|before| before.matches('\n').count() + 1)
}

/// What is open while events come in; the last one is the innermost.
#[derive(Debug)]
enum Open {
    Blocks(Vec<Block>),
    List {
        start: Option<u64>,
        items: Vec<Vec<Block>>,
        loose: bool,
    },
    /// With the word behind the fence, which says whether it is a picture.
    Verbatim(String, String),
    /// `implied`: an item of a tight list, whose paragraph has no tags of its own.
    Paragraph {
        inlines: Vec<Inline>,
        implied: bool,
    },
    Heading(u8, Vec<Inline>),
    Span(SpanKind, Vec<Inline>),
    /// Images are not shown; what stands inside is dropped.
    Dropped,
}

#[derive(Debug)]
enum SpanKind {
    Strong,
    Emphasis,
    Link(Target),
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.inline(Inline::Typed(slots::open_in_line(&text))),
            Event::SoftBreak => self.inline(Inline::Text(" ".into())),
            Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => {
                self.close_paragraph();
                self.block(Block::Rule);
            }
            // Extensions that are not switched on.
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.open_span(SpanKind::Strong),
            Tag::Emphasis => self.open_span(SpanKind::Emphasis),
            Tag::Link { dest_url, .. } => self.open_span(SpanKind::Link(target(&dest_url))),
            Tag::Image { .. } => self.open.push(Open::Dropped),
            Tag::Paragraph => {
                self.close_paragraph();
                // A paragraph with tags of its own inside an item is the mark of a loose list.
                if let [.., Open::List { loose, .. }, Open::Blocks(_)] = self.open.as_mut_slice() {
                    *loose = true;
                }
                self.open.push(Open::Paragraph {
                    inlines: Vec::new(),
                    implied: false,
                });
            }
            Tag::Heading { level, .. } => {
                self.close_paragraph();
                self.open.push(Open::Heading(number(level), Vec::new()));
            }
            Tag::List(start) => {
                self.close_paragraph();
                self.open.push(Open::List {
                    start,
                    items: Vec::new(),
                    loose: false,
                });
            }
            Tag::CodeBlock(kind) => {
                self.close_paragraph();
                let word = match kind {
                    CodeBlockKind::Fenced(word) => word.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.open.push(Open::Verbatim(word, String::new()));
            }
            _ => {
                self.close_paragraph();
                self.open.push(Open::Blocks(Vec::new()));
            }
        }
    }

    fn end(&mut self, end: TagEnd) {
        if !matches!(
            end,
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Link | TagEnd::Image | TagEnd::Paragraph
        ) {
            self.close_paragraph();
        }
        match self.open.pop() {
            Some(Open::Span(kind, inlines)) => self.inline(match kind {
                SpanKind::Strong => Inline::Strong(inlines),
                SpanKind::Emphasis => Inline::Emphasis(inlines),
                SpanKind::Link(target) => Inline::Link(target, inlines),
            }),
            Some(Open::Paragraph { inlines, .. }) => self.block(Block::Paragraph(inlines)),
            Some(Open::Heading(level, inlines)) => self.block(Block::Heading(level, inlines)),
            Some(Open::List {
                start,
                items,
                loose,
            }) => self.block(Block::List {
                start,
                items,
                loose,
            }),
            Some(Open::Verbatim(word, text)) => self.block(match Picture::read(&word, &text) {
                Some(picture) => Block::Picture(picture),
                None => Block::Verbatim(text),
            }),
            Some(Open::Blocks(blocks)) => match (end, self.open.last_mut()) {
                (TagEnd::Item, Some(Open::List { items, .. })) => items.push(blocks),
                (TagEnd::BlockQuote(_), _) => self.block(Block::Quote(blocks)),
                _ => blocks.into_iter().for_each(|block| self.block(block)),
            },
            Some(Open::Dropped) | None => {}
        }
    }

    fn open_span(&mut self, kind: SpanKind) {
        self.ensure_paragraph();
        self.open.push(Open::Span(kind, Vec::new()));
    }

    fn text(&mut self, text: &str) {
        if let Some(Open::Verbatim(_, block)) = self.open.last_mut() {
            block.push_str(&slots::open(text));
            return;
        }
        // A value of several lines keeps them.
        for (index, line) in slots::open(text).split('\n').enumerate() {
            if index > 0 {
                self.inline(Inline::Break);
            }
            if !line.is_empty() {
                self.inline(Inline::Text(line.to_owned()));
            }
        }
    }

    fn inline(&mut self, inline: Inline) {
        if matches!(self.open.last(), Some(Open::Dropped)) {
            return;
        }
        self.ensure_paragraph();
        if let Some(
            Open::Paragraph { inlines, .. } | Open::Heading(_, inlines) | Open::Span(_, inlines),
        ) = self.open.last_mut()
        {
            inlines.push(inline);
        }
    }

    fn ensure_paragraph(&mut self) {
        if matches!(self.open.last(), Some(Open::Blocks(_))) {
            self.open.push(Open::Paragraph {
                inlines: Vec::new(),
                implied: true,
            });
        }
    }

    fn close_paragraph(&mut self) {
        if let Some(Open::Paragraph { implied: true, .. }) = self.open.last()
            && let Some(Open::Paragraph { inlines, .. }) = self.open.pop()
        {
            self.block(Block::Paragraph(inlines));
        }
    }

    fn block(&mut self, block: Block) {
        if let Some(Open::Blocks(blocks)) = self.open.last_mut() {
            blocks.push(block);
        }
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

fn target(written: &str) -> Target {
    let opened = slots::open_in_line(written);
    if let Some(answer) = opened.strip_prefix("answer:") {
        Target::Answer(answer.trim().to_owned())
    } else if let Some(address) = opened.strip_prefix("mailto:") {
        Target::Mail(address.to_owned())
    } else if opened.starts_with("https://") || opened.starts_with("http://") {
        Target::Web(opened)
    } else {
        Target::Nowhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Inline {
        Inline::Text(words.into())
    }

    #[test]
    fn a_numbered_list_of_answers_keeps_numbers_and_answers() {
        let document = parse("1. [Yes](answer:1)\n2. [No](answer:2)\n");
        let item = |answer: &str, words: &str| {
            vec![Block::Paragraph(vec![Inline::Link(
                Target::Answer(answer.into()),
                vec![text(words)],
            )])]
        };
        assert_eq!(
            document,
            [Block::List {
                start: Some(1),
                items: vec![item("1", "Yes"), item("2", "No")],
                loose: false,
            }]
        );
    }

    #[test]
    fn lists_within_items_and_paragraphs_within_items_are_kept_apart() {
        let document = parse("- a\n  - b\n\n  c\n\n- d\n");
        let [Block::List { items, loose, .. }] = document.as_slice() else {
            panic!("{document:?}");
        };
        assert!(loose);
        assert_eq!(items[0].len(), 3);
        assert!(matches!(items[0][1], Block::List { .. }));
        assert_eq!(items[1], [Block::Paragraph(vec![text("d")])]);
    }

    #[test]
    fn html_is_text_and_its_line_is_found() {
        assert_eq!(
            plain(&match parse("a <b>c</b>").remove(0) {
                Block::Paragraph(inlines) => inlines,
                other => panic!("{other:?}"),
            }),
            "a <b>c</b>"
        );
        assert_eq!(line_of_raw_html("one\n\n<div>\n"), Some(3));
        assert_eq!(line_of_raw_html("1 < 2 and `<b>`\n"), None);
    }

    #[test]
    fn links_lead_to_mail_the_web_or_nowhere() {
        assert_eq!(target("mailto:a@b"), Target::Mail("a@b".into()));
        assert_eq!(target("https://x.org"), Target::Web("https://x.org".into()));
        assert_eq!(target("javascript:alert(1)"), Target::Nowhere);
    }
}
