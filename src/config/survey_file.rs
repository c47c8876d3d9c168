//! `surveys/*.toml`: a title, the day on which it goes out, and questions as in the form.

use std::path::Path;

use super::questions;
use super::written::{Problems, Section, Source};
use crate::programme::settings::Survey;

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
