//! Handing letters over: against a server that misbehaves by script, and against real Postfix.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pairpost::mail::account::{Login, SecretSource, Security, SendingSettings, Server, Traces};
use pairpost::mail::outbound::smtp::{Patience, Smtp, SmtpError};
use pairpost::mail::outbound::transport::{Phase, Transport};
use pairpost::mail::outbound::{Envelope, Outcome};

use crate::support::scripted::{Do, Do::*, Scripted, say};

const LETTER: &[u8] = b"Subject: hello\r\n\r\nDear Ana\r\n";

fn to(address: &str) -> Envelope {
    Envelope {
        from: Some("bounces@org.test".into()),
        to: address.into(),
        copy_to: None,
    }
}

/// The same patience for each step: long where an answer comes, short where none will.
fn patience(each: Duration) -> Patience {
    Patience {
        connect: each,
        command: each,
        data: each,
        body: each,
        dot: each,
        idle: Duration::from_secs(20),
    }
}

fn client(server: &Scripted) -> Smtp {
    Smtp::with_patience(
        server.server(Security::Plain),
        None,
        patience(Duration::from_secs(10)),
    )
}

/// Delivers one letter and tells whether the hook was called.
async fn deliver(smtp: &mut Smtp) -> (Outcome, bool) {
    let mut dotted = false;
    let outcome = smtp
        .deliver(&to("ana@people.test"), LETTER, &mut |Phase::Dot| {
            dotted = true;
            Ok(())
        })
        .await;
    (outcome, dotted)
}

fn greeting() -> Vec<Do> {
    vec![
        say("220 fake"),
        Hear("EHLO"),
        say("250-fake"),
        say("250 8BITMIME"),
    ]
}

fn letter() -> Vec<Do> {
    vec![
        Hear("MAIL FROM"),
        say("250 ok"),
        Hear("RCPT TO"),
        say("250 ok"),
        Hear("DATA"),
        say("354 go"),
        HearLetter,
    ]
}

fn script(parts: &[&[Do]]) -> Vec<Do> {
    parts.concat()
}

fn accepted() -> Vec<Do> {
    script(&[&letter(), &[say("250 2.0.0 queued as A1")]])
}

/// The dialogue up to each point where the server has to answer, with the name of the point.
fn points() -> Vec<(&'static str, Vec<Do>)> {
    let mail = script(&[&greeting(), &[Hear("MAIL FROM")]]);
    let rcpt = script(&[&mail, &[say("250 ok"), Hear("RCPT TO")]]);
    let data = script(&[&rcpt, &[say("250 ok"), Hear("DATA")]]);
    let dot = script(&[&data, &[say("354 go"), HearLetter]]);
    vec![
        ("greeting", vec![]),
        ("EHLO", vec![say("220 fake"), Hear("EHLO")]),
        ("MAIL", mail),
        ("RCPT", rcpt),
        ("DATA", data),
        ("dot", dot),
    ]
}

#[tokio::test]
async fn each_answer_at_each_point_is_judged_right() {
    let raw = |text: &str| SayRaw(text.as_bytes().to_vec());
    let answers: Vec<(&str, Vec<Do>)> = vec![
        ("450", vec![say("450 4.2.1 later")]),
        ("550", vec![say("550 5.1.1 never")]),
        ("5.5.0", vec![say("550 5.5.0 whatever")]),
        ("421", vec![say("421 4.3.2 closing")]),
        ("garbage", vec![say("what do you mean")]),
        ("half", vec![raw("25")]),
        ("half a line", vec![raw("250 o")]),
        ("silence", vec![Stall]),
        ("cut", vec![]),
        ("wrong number", vec![say("240 odd")]),
        ("452", vec![say("452 4.2.2 full")]),
        ("554", vec![say("554 5.7.1 no")]),
        ("empty line", vec![raw("\r\n")]),
        ("number alone", vec![raw("4")]),
        ("endless", vec![raw(&"250-more\r\n".repeat(3000)), Stall]),
    ];
    let mut cases = 0;
    let auth = vec![
        say("220 fake"),
        Hear("EHLO"),
        say("250 AUTH PLAIN"),
        Hear("AUTH PLAIN"),
    ];
    for (point, before) in points().into_iter().chain([("AUTH", auth)]) {
        for (name, answer) in &answers {
            cases += 1;
            let server = Scripted::new(vec![script(&[&before, answer])]);
            let mut smtp = client(&server);
            let _password;
            if point == "AUTH" {
                (_password, smtp) = with_login(server.server(Security::Plain));
            }
            if matches!(*name, "silence" | "endless") && point != "AUTH" {
                let short = patience(Duration::from_secs(1));
                smtp = Smtp::with_patience(server.server(Security::Plain), None, short);
            }
            let case = format!("{name} at {point}");
            let (outcome, dotted) = deliver(&mut smtp).await;
            assert_eq!(dotted, point == "dot", "{case}: the hook");
            let right = match (point, *name) {
                // What is wrong with our login is no letter's fault.
                ("AUTH", _) => matches!(outcome, Outcome::Temporary { .. }),
                ("RCPT" | "DATA" | "dot", "554") => {
                    matches!(outcome, Outcome::Permanent { code: 554, .. })
                }
                (_, "554") => matches!(
                    outcome,
                    Outcome::Temporary {
                        code: Some(554),
                        ..
                    }
                ),
                (_, "452") => matches!(
                    outcome,
                    Outcome::Temporary {
                        code: Some(452),
                        ..
                    }
                ),
                // Refused for good: only where the letter or its reader is meant.
                ("RCPT" | "DATA" | "dot", "550") => {
                    matches!(outcome, Outcome::Permanent { code: 550, .. })
                }
                (_, "550" | "5.5.0") => matches!(
                    outcome,
                    Outcome::Temporary {
                        code: Some(550),
                        ..
                    }
                ),
                (_, "450") => matches!(
                    outcome,
                    Outcome::Temporary {
                        code: Some(450),
                        ..
                    }
                ),
                (_, "421") => matches!(
                    outcome,
                    Outcome::Temporary {
                        code: Some(421),
                        ..
                    }
                ),
                ("dot", "wrong number") => matches!(outcome, Outcome::Accepted { .. }),
                // A greeting of 240 is odd, and yet the dialogue goes on until the server stops answering.
                (_, "wrong number") => matches!(outcome, Outcome::Temporary { .. }),
                // After the dot nobody can tell.
                ("dot", _) => matches!(outcome, Outcome::Unknown { .. }),
                _ => matches!(outcome, Outcome::Temporary { code: None, .. }),
            };
            assert!(right, "{case}: {outcome:?}");
        }
    }
    assert_eq!(cases, 15 * 7);
}

#[tokio::test]
async fn a_connection_that_breaks_inside_a_large_letter_has_not_sent_it() {
    let up_to_data = script(&[&greeting(), &letter()[..6]]);
    let server = Scripted::new(vec![script(&[&up_to_data, &[HearBytes(1000)]])]);
    let mut smtp = Smtp::with_patience(server.server(Security::Plain), None, Patience::default());
    let large = [LETTER, &b"more and more\r\n".repeat(2_000_000)].concat();
    let mut dotted = false;
    let outcome = smtp
        .deliver(&to("ana@people.test"), &large, &mut |_| {
            dotted = true;
            Ok(())
        })
        .await;
    assert!(
        matches!(outcome, Outcome::Temporary { code: None, .. }),
        "{outcome:?}"
    );
    assert!(!dotted);
}

#[tokio::test]
async fn a_late_answer_to_the_dot_is_waited_for() {
    // Longer than the body may take, shorter than the dot may.
    let late = [Wait(Duration::from_millis(1500)), say("250 ok")];
    let server = Scripted::new(vec![script(&[&greeting(), &letter(), &late])]);
    let patience = Patience {
        body: Duration::from_secs(1),
        ..patience(Duration::from_secs(10))
    };
    let mut smtp = Smtp::with_patience(server.server(Security::Plain), None, patience);
    let (outcome, _) = deliver(&mut smtp).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn the_journal_can_stop_a_letter_before_the_dot() {
    let next = script(&[&greeting(), &accepted()]);
    let server = Scripted::new(vec![script(&[&greeting(), &letter()[..6], &[Stall]]), next]);
    let mut smtp = client(&server);
    let outcome = smtp
        .deliver(&to("ana@people.test"), LETTER, &mut |_| {
            Err("disk full".into())
        })
        .await;
    assert_eq!(
        outcome,
        Outcome::Temporary {
            code: None,
            text: "disk full".into()
        }
    );
    let heard = server.heard().concat();
    assert!(
        heard.contains("Dear Ana"),
        "the body had been written: {heard}"
    );
    assert!(!heard.contains("\r\n.\r\n"), "and the dot was not: {heard}");
    assert!(
        matches!(deliver(&mut smtp).await.0, Outcome::Accepted { .. }),
        "the next letter is not disturbed"
    );
}

#[tokio::test]
async fn the_hook_is_called_when_the_body_is_out_and_the_dot_is_not() {
    let server = Scripted::new(vec![script(&[&greeting(), &accepted()])]);
    let heard_at_hook = Arc::new(Mutex::new(Vec::new()));
    let note = heard_at_hook.clone();
    let server_ref = &server;
    let outcome = client(&server)
        .deliver(&to("ana@people.test"), LETTER, &mut |Phase::Dot| {
            // `heard` gives the server time to read a dot, were there one.
            *note.lock().unwrap() = server_ref.heard();
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(
        heard_at_hook.lock().unwrap().last().unwrap(),
        "DATA",
        "no whole letter had arrived"
    );
    assert_eq!(
        server.heard().last().unwrap(),
        "Subject: hello\r\n\r\nDear Ana\r\n.\r\n"
    );
}

#[tokio::test]
async fn what_arrives_is_what_was_given_whatever_it_looks_like() {
    for (letter_given, on_the_wire) in [
        ("a: b\r\n\r\n.\r\n", "a: b\r\n\r\n..\r\n.\r\n"),
        ("a: b\r\n\r\n.x\r\n..y", "a: b\r\n\r\n..x\r\n...y\r\n.\r\n"),
        ("a: b\r\n\r\n\r\n\r\n", "a: b\r\n\r\n\r\n\r\n.\r\n"),
        ("a: b\r\n\r\n.", "a: b\r\n\r\n..\r\n.\r\n"),
    ] {
        let server = Scripted::new(vec![script(&[&greeting(), &accepted()])]);
        let outcome = client(&server)
            .deliver(&to("a@b.test"), letter_given.as_bytes(), &mut |_| Ok(()))
            .await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        assert_eq!(server.heard().last().unwrap(), on_the_wire);
    }
}

#[tokio::test]
async fn the_envelope_is_said_as_it_is_and_the_sender_may_be_empty() {
    for (from, to_whom, said) in [
        (
            None,
            "Ana.Lima+x@people.test",
            ["MAIL FROM:<>", "RCPT TO:<Ana.Lima+x@people.test>"],
        ),
        (
            Some("b+token@org.test"),
            "jo@bücher.test",
            [
                "MAIL FROM:<b+token@org.test>",
                "RCPT TO:<jo@xn--bcher-kva.test>",
            ],
        ),
    ] {
        let server = Scripted::new(vec![script(&[&greeting(), &accepted()])]);
        let envelope = Envelope {
            from: from.map(str::to_owned),
            to: to_whom.into(),
            copy_to: None,
        };
        let outcome = client(&server)
            .deliver(&envelope, LETTER, &mut |_| Ok(()))
            .await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        let heard = server.heard();
        assert!(
            said.iter().all(|line| heard.contains(&line.to_string())),
            "{heard:?}"
        );
    }
}

#[tokio::test]
async fn a_letter_with_a_bare_line_end_never_reaches_a_server() {
    let server = Scripted::new(vec![greeting()]);
    for bare in [
        &b"a: b\r\n\r\nx\n.\r\nMAIL FROM:<evil@x.test>\r\n"[..],
        b"a\rb",
        b"a: b\n\n",
    ] {
        let outcome = client(&server)
            .deliver(&to("a@b.test"), bare, &mut |_| Ok(()))
            .await;
        assert!(
            matches!(&outcome, Outcome::Permanent { text, .. } if text.starts_with("not sent")),
            "{outcome:?}"
        );
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_unasked_reply_is_not_taken_for_the_answer_to_the_dot() {
    let eager = [
        Hear("MAIL"),
        say("250 ok"),
        Hear("RCPT"),
        say("250 ok"),
        Hear("DATA"),
        say("354 go\r\n250 queued"),
    ];
    let server = Scripted::new(vec![script(&[&greeting(), &eager, &[Stall]])]);
    let (outcome, dotted) = deliver(&mut client(&server)).await;
    assert!(
        matches!(outcome, Outcome::Temporary { code: None, .. }),
        "{outcome:?}"
    );
    assert!(!dotted);
}

#[tokio::test]
async fn odd_but_honest_replies_do_no_harm() {
    let hello = [
        say("220 fake"),
        Hear("EHLO"),
        say("250-fake"),
        say("250-   "),
        say("250"),
    ];
    let latin1 = SayRaw(b"250 accept\xe9\r\n".to_vec());
    let server = Scripted::new(vec![script(&[&hello, &letter(), &[latin1]])]);
    let (outcome, _) = deliver(&mut client(&server)).await;
    assert_eq!(
        outcome,
        Outcome::Accepted {
            reply: "250 accept?".into()
        }
    );
}

#[tokio::test]
async fn after_a_refusal_the_same_connection_carries_the_next_letter() {
    let refused = [
        Hear("MAIL"),
        say("250 ok"),
        Hear("RCPT"),
        say("550 5.1.1 unknown"),
        Hear("RSET"),
        say("250 ok"),
    ];
    let server = Scripted::new(vec![script(&[&greeting(), &refused, &accepted()])]);
    let mut smtp = client(&server);
    assert!(matches!(
        deliver(&mut smtp).await.0,
        Outcome::Permanent { code: 550, .. }
    ));
    assert!(matches!(
        deliver(&mut smtp).await.0,
        Outcome::Accepted { .. }
    ));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_died_while_unused_costs_no_attempt() {
    for death in [vec![], vec![say("421 4.4.2 idle for too long")]] {
        let first = script(&[&greeting(), &accepted(), &death]);
        let second = script(&[&greeting(), &accepted()]);
        let server = Scripted::new(vec![first, second]);
        let mut smtp = client(&server);
        for _ in 0..2 {
            let (outcome, _) = deliver(&mut smtp).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_connection_that_died_before_its_first_letter_costs_no_attempt() {
    let server = Scripted::new(vec![greeting(), script(&[&greeting(), &accepted()])]);
    let mut smtp = client(&server);
    smtp.ready().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (outcome, _) = deliver(&mut smtp).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_closes_each_new_connection_is_not_hammered() {
    let closing = vec![
        say("220 fake"),
        Hear("EHLO"),
        say("250 fake"),
        Hear("MAIL"),
        say("421 too busy"),
    ];
    let server = Scripted::new(vec![closing.clone(), closing.clone(), closing]);
    let (outcome, _) = deliver(&mut client(&server)).await;
    assert!(
        matches!(
            outcome,
            Outcome::Temporary {
                code: Some(421),
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn after_a_hundred_letters_a_new_connection_is_made() {
    let hundred = script(&[
        &greeting(),
        &vec![accepted(); 100].concat(),
        &[Hear("QUIT"), say("221 bye")],
    ]);
    let server = Scripted::new(vec![hundred, script(&[&greeting(), &accepted()])]);
    let mut smtp = client(&server);
    for number in 0..101 {
        let (outcome, _) = deliver(&mut smtp).await;
        assert!(
            matches!(outcome, Outcome::Accepted { .. }),
            "{number}: {outcome:?}"
        );
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_call_that_was_given_up_leaves_nothing_to_the_next_letter() {
    let stuck = script(&[&greeting(), &letter()[..5], &[Stall]]);
    let server = Scripted::new(vec![stuck, script(&[&greeting(), &accepted()])]);
    let mut smtp = Smtp::new(server.server(Security::Plain), None);
    let given_up = tokio::time::timeout(Duration::from_millis(300), deliver(&mut smtp)).await;
    assert!(given_up.is_err());
    assert!(matches!(
        deliver(&mut smtp).await.0,
        Outcome::Accepted { .. }
    ));
}

#[tokio::test]
async fn foreign_letters_need_a_server_that_can_carry_them() {
    let plain = vec![say("220 fake"), Hear("EHLO"), say("250 fake")];
    let server = Scripted::new(vec![script(&[&plain, &accepted()])]);
    let mut smtp = client(&server);
    let outcome = smtp
        .deliver(&to("josé@people.test"), LETTER, &mut |_| Ok(()))
        .await;
    assert!(
        matches!(&outcome, Outcome::Permanent { code: 553, text } if text.contains("SMTPUTF8")),
        "{outcome:?}"
    );
    let outcome = smtp
        .deliver(
            &to("a@b.test"),
            "a: b\r\n\r\nñ\r\n".as_bytes(),
            &mut |_| Ok(()),
        )
        .await;
    assert!(
        matches!(&outcome, Outcome::Permanent { code: 554, text } if text.contains("8BITMIME")),
        "{outcome:?}"
    );
    assert!(
        matches!(deliver(&mut smtp).await.0, Outcome::Accepted { .. }),
        "the connection is as good as before"
    );
}

fn with_login(server: Server) -> (tempfile::TempDir, Smtp) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    fs::write(&path, "secret").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let login = Login::Password {
        user: "bot@org.test".into(),
        secret: SecretSource::File(path),
    };
    (
        folder,
        Smtp::with_patience(server, Some(login), patience(Duration::from_secs(10))),
    )
}

#[tokio::test]
async fn a_refused_login_never_counts_against_a_letter() {
    let hello = [say("220 fake"), Hear("EHLO"), say("250 AUTH PLAIN")];
    for (answer, retriable) in [
        ("535 5.7.8 wrong", false),
        ("454 4.7.0 later", true),
        ("421 busy", true),
    ] {
        let session = script(&[&hello, &[Hear("AUTH PLAIN"), say(answer)]]);
        let server = Scripted::new(vec![session.clone(), session]);
        let (_folder, mut smtp) = with_login(server.server(Security::Plain));
        let error = smtp.ready().await.unwrap_err();
        assert_eq!(error.is_retriable(), retriable, "{answer}: {error}");
        assert!(!error.to_string().contains("secret"));
        let (outcome, dotted) = deliver(&mut smtp).await;
        assert!(
            matches!(outcome, Outcome::Temporary { code: Some(_), .. }) && !dotted,
            "{answer}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn login_by_either_method_or_not_at_all() {
    let hello = |offer: &str| vec![say("220 fake"), Hear("EHLO"), say(format!("250 {offer}"))];
    let by_login = [
        Hear("AUTH LOGIN"),
        say("334 VXNlcm5hbWU6"),
        Hear("Ym90QG9yZy50ZXN0"),
        say("334 UGFzc3dvcmQ6"),
        Hear("c2VjcmV0"),
        say("235 ok"),
    ];
    let by_plain = [
        Hear("AUTH PLAIN AGJvdEBvcmcudGVzdABzZWNyZXQ="),
        say("235 ok"),
    ];
    for dialogue in [
        script(&[&hello("AUTH LOGIN"), &by_login]),
        script(&[&hello("AUTH LOGIN PLAIN"), &by_plain]),
    ] {
        let server = Scripted::new(vec![script(&[&dialogue, &accepted()])]);
        let (_folder, mut smtp) = with_login(server.server(Security::Plain));
        let (outcome, _) = deliver(&mut smtp).await;
        assert!(
            matches!(outcome, Outcome::Accepted { .. }),
            "{outcome:?} {:?}",
            server.heard()
        );
    }
    let server = Scripted::new(vec![hello("AUTH GSSAPI")]);
    let (_folder, mut smtp) = with_login(server.server(Security::Plain));
    assert!(matches!(smtp.ready().await, Err(SmtpError::NoLoginMethod)));
}

#[tokio::test]
async fn starttls_is_all_or_nothing() {
    let hello = |offer: &str| {
        vec![
            say("220 fake"),
            Hear("EHLO"),
            say(format!("250-fake\r\n250 {offer}")),
        ]
    };
    for (name, dialogue) in [
        ("not offered", hello("8BITMIME")),
        (
            "refused",
            script(&[
                &hello("STARTTLS"),
                &[Hear("STARTTLS"), say("454 no"), Stall],
            ]),
        ),
        (
            "injected",
            script(&[
                &hello("STARTTLS"),
                &[Hear("STARTTLS"), say("220 go\r\n250 injected"), Stall],
            ]),
        ),
        (
            "no TLS",
            script(&[
                &hello("STARTTLS"),
                &[Hear("STARTTLS"), say("220 go"), HearBytes(1), say("250 hi")],
            ]),
        ),
    ] {
        let server = Scripted::new(vec![dialogue]);
        let (_folder, mut smtp) = with_login(server.server(Security::StartTls));
        let error = smtp.ready().await.unwrap_err();
        let heard = server.heard().concat();
        assert!(
            !heard.contains("AUTH") && !heard.contains("MAIL"),
            "{name}: {heard}"
        );
        if name == "injected" {
            assert!(error.to_string().contains("plain text follows"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_maildir_takes_letters_through_the_same_door() {
    let folder = tempfile::tempdir().unwrap();
    let mut transport = Transport::new(&SendingSettings::Maildir {
        path: folder.path().join("out"),
    });
    transport.ready().await.unwrap();
    let outcome = transport
        .deliver(&to("ana@people.test"), LETTER, &mut |_| Ok(()))
        .await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    transport.close().await;
    assert_eq!(
        fs::read_dir(folder.path().join("out/new")).unwrap().count(),
        1
    );
}

mod with_servers {
    use super::*;
    use crate::support::mailserver::MailServer;

    fn numbered(number: usize) -> Vec<u8> {
        format!(
            "From: bot@org.test\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <letter-{number}@org.test>\r\nSubject: {number}\r\n\r\n.dot\r\nend\r\n"
        )
        .into_bytes()
    }

    async fn send(transport: &mut Transport, to_whom: &str, letter: &[u8]) -> Outcome {
        transport
            .deliver(&to(to_whom), letter, &mut |_| Ok(()))
            .await
    }

    #[tokio::test]
    async fn letters_arrive_through_each_kind_of_door() {
        let server = MailServer::shared();
        for (security, login) in [
            (Security::Tls, true),
            (Security::StartTls, true),
            (Security::Plain, false),
        ] {
            let reader = format!("door-{security:?}@people.test").to_lowercase();
            let login = login.then(|| server.login("bot@org.test"));
            let settings = SendingSettings::Smtp {
                server: server.submission(security),
                login,
                traces: Traces::default(),
            };
            let mut transport = Transport::new(&settings);
            let outcome = send(&mut transport, &reader, &numbered(1)).await;
            assert!(
                matches!(outcome, Outcome::Accepted { .. }),
                "{security:?}: {outcome:?}"
            );
            let arrived = server.wait_for(&reader, 1).remove(0).replace('\r', "");
            assert!(arrived.ends_with("Subject: 1\n\n.dot\nend\n"), "{arrived}");
            assert!(
                arrived.contains("Return-Path: <bounces@org.test>"),
                "{arrived}"
            );
            transport.close().await;
        }
    }

    #[tokio::test]
    async fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
        let server = MailServer::shared();
        let wrong_authority = |mut door: Server| {
            door.tls_ca_file = Some(server.wrong_authority());
            door
        };
        let wrong_name = |mut door: Server| {
            door.tls_name = Some("mail.example.org".into());
            door
        };
        let system_authorities = |mut door: Server| {
            door.tls_ca_file = None;
            door
        };
        for security in [Security::Tls, Security::StartTls] {
            for door in [
                wrong_authority(server.submission(security)),
                wrong_name(server.submission(security)),
                system_authorities(server.submission(security)),
            ] {
                let mut smtp = Smtp::new(door, Some(server.login("bot@org.test")));
                let error = smtp.ready().await.unwrap_err();
                assert!(!error.is_retriable(), "{error}");
                assert!(error.to_string().contains("TLS check"), "{error}");
            }
        }
        let mut named = server.submission(Security::Tls);
        named.tls_name = Some("mail.test".into());
        Smtp::new(named, Some(server.login("bot@org.test")))
            .ready()
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_wrong_password_is_told_as_such() {
        let server = MailServer::shared();
        let mut smtp = Smtp::new(
            server.submission(Security::Tls),
            Some(server.login("locked@org.test")),
        );
        let error = smtp.ready().await.unwrap_err();
        assert!(
            matches!(error, SmtpError::LoginRefused { code: 535, .. }),
            "{error}"
        );
        let (outcome, _) = deliver(&mut smtp).await;
        assert!(
            matches!(
                outcome,
                Outcome::Temporary {
                    code: Some(535),
                    ..
                }
            ),
            "{outcome:?}"
        );
    }

    #[tokio::test]
    async fn refused_readers_are_told_apart_and_disturb_nobody() {
        let server = MailServer::shared();
        let mut transport = Transport::new(&server.sending("bot@org.test"));
        for number in 0..3 {
            let refused = send(&mut transport, "x@reject.test", &numbered(1)).await;
            assert!(
                matches!(refused, Outcome::Permanent { code: 550, .. }),
                "{refused:?}"
            );
            let unknown = send(&mut transport, "nouser@org.test", &numbered(1)).await;
            assert!(
                matches!(unknown, Outcome::Permanent { code: 550, .. }),
                "{unknown:?}"
            );
            let later = send(&mut transport, "x@tempfail.test", &numbered(1)).await;
            assert!(
                matches!(
                    later,
                    Outcome::Temporary {
                        code: Some(450),
                        ..
                    }
                ),
                "{later:?}"
            );
            let good = send(&mut transport, "undisturbed@people.test", &numbered(number)).await;
            assert!(matches!(good, Outcome::Accepted { .. }), "{good:?}");
        }
        assert_eq!(server.wait_for("undisturbed@people.test", 3).len(), 3);
    }

    #[tokio::test]
    async fn many_letters_each_arrive_once() {
        let server = MailServer::shared();
        let mut transport = Transport::new(&server.sending("bot@org.test"));
        for number in 0..150 {
            let outcome = send(&mut transport, "many@people.test", &numbered(number)).await;
            assert!(
                matches!(outcome, Outcome::Accepted { .. }),
                "{number}: {outcome:?}"
            );
        }
        let arrived = server.wait_for("many@people.test", 150);
        for number in 0..150 {
            let id = format!("<letter-{number}@org.test>");
            assert_eq!(
                arrived.iter().filter(|letter| letter.contains(&id)).count(),
                1,
                "{id}"
            );
        }
        assert_eq!(arrived.len(), 150);
    }

    #[tokio::test]
    async fn a_letter_with_foreign_letters_is_carried() {
        let server = MailServer::shared();
        let mut transport = Transport::new(&server.sending("bot@org.test"));
        let letter = "Subject: ñandú\r\n\r\nüñí\r\n".as_bytes();
        let outcome = send(&mut transport, "josé@people.test", letter).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_restart_of_the_server_between_letters_goes_unnoticed() {
        let server = MailServer::start();
        let mut transport = Transport::new(&server.sending("bot@org.test"));
        let first = send(&mut transport, "a@people.test", &numbered(1)).await;
        assert!(matches!(first, Outcome::Accepted { .. }), "{first:?}");
        server.ctl(&["stop-smtp"]);
        let down = send(&mut transport, "a@people.test", &numbered(2)).await;
        assert!(
            matches!(down, Outcome::Temporary { code: None, .. }),
            "{down:?}"
        );
        assert!(transport.ready().await.unwrap_err().is_retriable());
        server.ctl(&["start-smtp"]);
        let again = send(&mut transport, "a@people.test", &numbered(2)).await;
        assert!(matches!(again, Outcome::Accepted { .. }), "{again:?}");
        assert_eq!(server.wait_for("a@people.test", 2).len(), 2);
    }
}
