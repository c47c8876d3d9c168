//! Spam complaints: feedback reports (RFC 5965) and the forms of providers that do not use it.

use super::Complaint;
use super::parse::{Headers, Parsed};

/// The complaint in a message; `None` where it is none. "not-spam" reports are none.
pub fn complaint(parsed: &Parsed) -> Option<Complaint> {
    let report = parsed
        .parts
        .iter()
        .find(|part| part.kind == "message/feedback-report");
    let declared = parsed.content_type.contains("report-type=feedback-report")
        || parsed
            .content_type
            .contains("report-type=\"feedback-report");
    if report.is_none() && !declared {
        return unsubscribed_by_apple(parsed);
    }
    let fields = report
        .map(|part| Headers::read(part.text.trim_start()))
        .unwrap_or_default();
    let kind = fields
        .get("feedback-type")
        .map_or("abuse".to_string(), |kind| kind.trim().to_ascii_lowercase());
    Some(Complaint {
        kind,
        returned_ids: returned_ids(parsed),
    })
}

/// Apple writes to the List-Unsubscribe address and marks it so.
fn unsubscribed_by_apple(parsed: &Parsed) -> Option<Complaint> {
    let marked = parsed
        .headers
        .get("x-apple-unsubscribe")
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    marked.then(|| Complaint {
        kind: "opt-out".into(),
        returned_ids: returned_ids(parsed),
    })
}

/// Message-IDs of the mail that was returned with a report.
pub fn returned_ids(parsed: &Parsed) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |headers: &Headers| {
        for field in ["message-id", "x-microsoft-original-message-id"] {
            for id in headers.all(field).flat_map(super::ids) {
                if !out.contains(&id) {
                    out.push(id);
                }
            }
        }
    };
    for part in &parsed.parts {
        if let Some(headers) = &part.message {
            add(headers);
        } else if part.kind == "text/rfc822-headers" || part.kind == "message/rfc822" {
            add(&Headers::read(part.text.trim_start()));
        }
    }
    out
}
