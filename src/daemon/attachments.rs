//! Files that travel with a letter and are made from what the store holds: somebody's own data, a certificate. What a
//! letter brings along by itself (`LetterKind::attachments`) needs none of this.

use rusqlite::Connection;

use super::own_data::own_data;
use super::path::OnePath;
use crate::config::Config;
use crate::documents::certificate::{Page, pdf};
use crate::ids::PersonId;
use crate::programme::letter::{Attachment, LetterKind};
use crate::templates::{Frame, Rendered};
use crate::time::Moment;

impl OnePath {
    /// All files that travel with a letter.
    pub(super) fn attachments(
        &self,
        db: &Connection,
        now: Moment,
        reader: Option<PersonId>,
        letter: &LetterKind,
        language: &str,
    ) -> anyhow::Result<Vec<Attachment>> {
        match (letter, reader) {
            (LetterKind::MyData { .. }, Some(person)) => own_data(&self.config, db, now, person),
            (
                LetterKind::Certificate {
                    name,
                    round_name,
                    from,
                    until,
                },
                _,
            ) => {
                let page = LetterKind::CertificatePage {
                    name: name.clone(),
                    round_name: round_name.clone(),
                    from: *from,
                    until: *until,
                    today: now.date_naive(),
                };
                let frame = Frame::of(&self.config.settings);
                let words = self.config.templates.render(&page, language, &frame)?;
                Ok(vec![certificate(&self.config, &words, name)])
            }
            _ => Ok(letter.attachments().to_vec()),
        }
    }
}

/// The certificate as a PDF; as a text where no font has the characters of a name.
fn certificate(config: &Config, words: &Rendered, name: &str) -> Attachment {
    let paragraphs = words.text.split("\n\n");
    let page = Page {
        title: words.subject.clone(),
        paragraphs: paragraphs
            .map(|lines| lines.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|paragraph| !paragraph.is_empty())
            .collect(),
        name: name.to_string(),
    };
    // Fonts of other scripts are large, and most names need none of them.
    let with_all_fonts = |_| {
        let paths = config.certificate_fonts.iter();
        let fonts: Vec<Vec<u8>> = paths.filter_map(|path| std::fs::read(path).ok()).collect();
        pdf(&page, &fonts)
    };
    match pdf(&page, &[]).or_else(with_all_fonts) {
        Ok(bytes) => Attachment {
            file_name: "certificate.pdf".into(),
            content_type: "application/pdf",
            bytes,
        },
        Err(error) => {
            tracing::warn!(%error, "a certificate is sent as a text: name a font in certificate_fonts");
            Attachment {
                file_name: "certificate.txt".into(),
                content_type: "text/plain; charset=utf-8",
                bytes: format!("{}\n\n{}", words.subject, words.text).into_bytes(),
            }
        }
    }
}
