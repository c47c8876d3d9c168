//! Filled-in forms.

use crate::programme::application::{Answers, Form, Unclear};

#[derive(Debug, Default)]
pub struct FormReply {
    pub answers: Answers,
    pub unclear: Vec<Unclear>,
}

pub fn read(_marked: &str, _form: &Form, _language: &str, _asked: bool) -> FormReply {
    FormReply::default()
}
