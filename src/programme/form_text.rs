//! The form as people see it in a letter, empty or filled in, and answers as a reader sees them.
use super::application::*;
use super::letter::Line;
pub fn write(_f: &Form, _a: &Answers, _l: &str) -> String {
    String::new()
}
pub fn lines(_f: &Form, _a: &Answers, _l: &str, _p: bool) -> Vec<Line> {
    vec![]
}
