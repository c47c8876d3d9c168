//! `surveys/*.toml`: a title, the day on which it goes out, and questions as in the form.

use std::path::Path;

use super::questions;
use super::written::{Problems, Section, Source};
use crate::programme::application::{Form, Text};

/// Questions put to everybody on a day of the round, answered in the reply like the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// As in the file name: "mid".
    pub id: String,
    pub title: Text,
    /// Days after day 0.
    pub day: u32,
    /// Days after which those who have not answered are reminded, once.
    pub reminder_after_days: Option<u32>,
    pub form: Form,
}

pub fn read(file: &str, text: &str, languages: &[String], problems: &Problems) -> Option<Survey> {
    let source = Source::new(file, text);
    let table = source.parse(problems);
    let whole = Section::whole(&source, &table, problems);
    let title = questions::text(&whole, "title", languages, true);
    let day = whole.number("day", 1..=730);
    if !whole.has("day") {
        whole.required_text("day", "Write day = 56: days after the start of a round.");
    }
    let reminder = whole.number("reminder_after_days", 0..=90).unwrap_or(7);
    let form = questions::questions(&whole, languages);
    whole.finish();
    Some(Survey {
        id: Path::new(file).file_stem()?.to_string_lossy().into_owned(),
        title: title?,
        day: day?,
        reminder_after_days: (reminder > 0).then_some(reminder),
        form,
    })
}
