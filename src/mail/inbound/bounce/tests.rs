use super::super::{BounceClass, Context, Kind, read};
use crate::programme::application::Form;
use crate::time::from_seconds;

fn reading(raw: &str) -> super::super::Reading {
    let form = Form::default();
    let context = Context {
        form: &form,
        asked: None,
        own_address: "p@example.net",
        received: from_seconds(1_802_217_600),
        language: "en",
    };
    read(raw.replace('\n', "\r\n").as_bytes(), &context)
}

fn report(action: &str, status: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: p@example.net\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; anna@example.org\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; said {status}\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <letter-7@example.net>\nSubject: Check-in\n\nold\n--b--\n"
    )
}

#[test]
fn a_report_names_recipient_status_and_our_letter() {
    let reading = reading(&report("failed", "5.1.1"));
    assert_eq!(reading.kind, Kind::Bounce);
    let bounce = reading.bounce.unwrap();
    assert_eq!(bounce.class, BounceClass::Permanent);
    assert_eq!(bounce.recipients[0].address, "anna@example.org");
    assert_eq!(bounce.recipients[0].status.as_deref(), Some("5.1.1"));
    assert_eq!(bounce.returned_ids, ["letter-7@example.net"]);
}

#[test]
fn a_delay_is_no_failure() {
    let reading = reading(&report("delayed", "4.4.1"));
    assert_eq!(reading.kind, Kind::Delay);
    assert_eq!(reading.bounce.unwrap().class, BounceClass::Temporary);
}

#[test]
fn a_server_that_gave_up_after_temporary_errors_is_a_temporary_bounce_and_no_delay() {
    let reading = reading(&report("failed", "4.4.7"));
    assert_eq!(reading.kind, Kind::Bounce);
    assert_eq!(reading.bounce.unwrap().class, BounceClass::Temporary);
}

#[test]
fn a_text_without_a_report_is_read_too() {
    let reading = reading(
        "Return-Path: <>\nFrom: MAILER-DAEMON@example.org\nTo: p@example.net\nSubject: failure notice\n\nHi. This is the program at example.org.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<bob@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <letter-8@example.net>\nTo: carl@example.org\n",
    );
    let bounce = reading.bounce.unwrap();
    assert_eq!(bounce.recipients.len(), 1);
    assert_eq!(bounce.recipients[0].address, "bob@example.org");
    assert_eq!(bounce.returned_ids, ["letter-8@example.net"]);
}

#[test]
fn a_person_who_writes_about_a_bounce_is_no_bounce() {
    let reading = reading(
        "From: Anna <anna@example.org>\nTo: p@example.net\nSubject: my mail was returned\n\nHello, my mail to Bob could not be delivered: 550 user unknown.\n",
    );
    assert_eq!(reading.kind, Kind::Person);
}
