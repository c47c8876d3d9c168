//! Reading the mailbox: against a server that misbehaves by script, and against real Dovecot.

use std::fs;
use std::future::pending;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use pairpost::mail::account::{Login, MailboxSettings, SecretSource, Security, Server};
use pairpost::mail::inbound::imap::Imap;
use pairpost::mail::inbound::mailbox::{
    Destination, Listed, Mailbox, MailboxError, Place, Removal, Wake,
};
use tokio::time::Instant;

use crate::support::scripted::{Do, Do::*, Scripted, say};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// A password file that outlives the test's login.
fn password() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    fs::write(&path, "secret").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    (folder, path)
}

async fn connect(server: Server) -> Result<Mailbox, MailboxError> {
    let (_folder, path) = password();
    Mailbox::connect(&settings(server, path)).await
}

fn settings(server: Server, password: PathBuf) -> MailboxSettings {
    MailboxSettings::Imap {
        server,
        login: Login::Password {
            user: "bot@org.test".into(),
            secret: SecretSource::File(password),
        },
        folder: "INBOX".into(),
        processed_folder: "Processed".into(),
        quarantine_folder: "Quarantine".into(),
    }
}

/// The dialogue up to the login.
fn let_in(capabilities: &str) -> Vec<Do> {
    vec![
        say("* OK ready"),
        Hear("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK"),
        Hear("AUTHENTICATE PLAIN"),
        say("+ "),
        Hear("AGJvdEBvcmcudGVzdABzZWNyZXQ="),
        say("TAG OK in"),
        Hear("CAPABILITY"),
        say(format!("* CAPABILITY IMAP4rev1 {capabilities}\r\nTAG OK")),
    ]
}

/// The dialogue up to the open folder with so many messages in it.
fn opened(capabilities: &str, messages: u32) -> Vec<Do> {
    let folders = [
        Hear("STATUS \"Processed\""),
        say("* STATUS \"Processed\" (MESSAGES 0)\r\nTAG OK"),
        Hear("STATUS \"Quarantine\""),
        say("TAG NO no such folder"),
        Hear("CREATE \"Quarantine\""),
        say("TAG OK"),
        Hear("SUBSCRIBE \"Quarantine\""),
        say("TAG OK"),
        Hear("SELECT \"INBOX\""),
        say(format!(
            "* {messages} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nTAG OK [READ-WRITE] open"
        )),
    ];
    script(&[&let_in(capabilities), &folders])
}

fn script(parts: &[&[Do]]) -> Vec<Do> {
    parts.concat()
}

fn envelope(number: u32, uid: u32) -> String {
    let date = "INTERNALDATE \"23-Nov-2026 12:00:00 +0000\"";
    format!("* {number} FETCH (UID {uid} FLAGS () RFC822.SIZE 5 {date})\r\n")
}

async fn opened_with(rest: &[Do], capabilities: &str, messages: u32) -> (Scripted, Mailbox) {
    let server = Scripted::new(vec![script(&[&opened(capabilities, messages), rest])]);
    let mailbox = connect(server.server(Security::Plain)).await;
    let mailbox = mailbox.unwrap_or_else(|error| panic!("{error}: {:?}", server.heard()));
    (server, mailbox)
}

fn listed(uid: u32) -> Listed {
    let place = Place::Imap {
        folder: "INBOX".into(),
        uid_validity: 7,
        uid,
    };
    Listed {
        place,
        bytes: 5,
        internal_date: None,
    }
}

#[tokio::test]
async fn a_greeting_that_is_no_invitation_ends_it() {
    for (greeting, expected) in [
        ("* PREAUTH welcome back", "PREAUTH"),
        ("* BYE overloaded", "overloaded"),
        ("220 mail.test ESMTP", "does not let us in"),
        ("", "does not let us in"),
    ] {
        let server = Scripted::new(vec![vec![say(greeting), Stall]]);
        let error = connect(server.server(Security::Plain)).await.err().unwrap();
        assert!(
            error.to_string().contains(expected),
            "{greeting:?}: {error}"
        );
        assert!(!server.heard().concat().contains("AUTH"), "{greeting:?}");
    }
}

#[tokio::test]
async fn starttls_is_all_or_nothing() {
    for (name, answer) in [
        ("refused", vec![say("TAG BAD no")]),
        (
            "injected",
            vec![say("TAG OK go\r\n* CAPABILITY AUTH=PLAIN"), Stall],
        ),
        (
            "no TLS",
            vec![say("TAG OK go"), HearBytes(1), say("* OK hello")],
        ),
        ("PREAUTH", vec![]),
    ] {
        let greeting = if name == "PREAUTH" {
            "* PREAUTH hi"
        } else {
            "* OK hi"
        };
        let server = Scripted::new(vec![script(&[&[say(greeting), Hear("STARTTLS")], &answer])]);
        let error = connect(server.server(Security::StartTls))
            .await
            .err()
            .unwrap();
        assert!(!server.heard().concat().contains("LOGIN"), "{name}");
        if name == "injected" {
            assert!(error.to_string().contains("plain text follows"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_refused_login_is_told_apart_from_a_passing_trouble() {
    for (answer, retriable) in [
        ("TAG NO [AUTHENTICATIONFAILED] wrong", false),
        ("TAG BAD what", false),
        ("TAG NO [UNAVAILABLE] the directory is down", true),
        ("* BYE closing", true),
    ] {
        let login = &opened("", 0)[..6];
        let server = Scripted::new(vec![script(&[login, &[say(answer)]])]);
        let error = connect(server.server(Security::Plain)).await.err().unwrap();
        assert_eq!(error.is_retriable(), retriable, "{answer}: {error}");
    }
    let disabled = [
        say("* OK hi"),
        Hear("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK"),
    ];
    let server = Scripted::new(vec![disabled.to_vec()]);
    let error = connect(server.server(Security::Plain)).await.err().unwrap();
    assert!(matches!(error, MailboxError::NoLoginMethod(_)), "{error}");
}

#[tokio::test]
async fn login_works_where_authenticate_is_not_offered() {
    let start = [
        say("* OK hi"),
        Hear("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1\r\nTAG OK"),
    ];
    let login = [Hear("LOGIN \"bot@org.test\" \"secret\""), say("TAG OK in")];
    let server = Scripted::new(vec![script(&[&start, &login, &opened("", 0)[7..]])]);
    connect(server.server(Security::Plain)).await.unwrap();
}

#[tokio::test]
async fn folders_that_are_missing_or_read_only_are_named() {
    let all = opened("", 0);
    let upto_select = &all[..all.len() - 1];
    for (answer, expected) in [
        (
            "TAG NO [NONEXISTENT] not here",
            "cannot open or create the folder \"INBOX\"",
        ),
        (
            "* 0 EXISTS\r\n* OK [UIDVALIDITY 7]\r\nTAG OK [READ-ONLY] open",
            "read-only",
        ),
        ("* 0 EXISTS\r\nTAG OK [READ-WRITE] open", "UIDVALIDITY"),
    ] {
        let server = Scripted::new(vec![script(&[upto_select, &[say(answer)]])]);
        let error = connect(server.server(Security::Plain)).await.err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let no_create = script(&[
        &all[..14],
        &[say("TAG NO Client tried to access nonexistent namespace")],
    ]);
    let server = Scripted::new(vec![no_create]);
    let error = connect(server.server(Security::Plain)).await.err().unwrap();
    assert!(
        !error.is_retriable() && error.to_string().contains("INBOX.Processed"),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_without_bounds_ends_the_connection_and_not_the_process() {
    let bomb = |text: String| [Hear("UID FETCH"), SayRaw(text.into_bytes()), Stall];
    for (name, answer) in [
        (
            "giant literal",
            bomb("* 1 FETCH (UID 1 BODY[]<0> {1000000000}\r\n".into()),
        ),
        (
            "endless line",
            bomb(format!("* OK {}", "x".repeat(1_000_000))),
        ),
        (
            "nesting",
            bomb(format!(
                "* 1 FETCH (UID 1 BODYSTRUCTURE {}",
                "(".repeat(100_000)
            )),
        ),
        ("flood", bomb("* 1 FETCH (FLAGS ())\r\n".repeat(200_000))),
        (
            "not IMAP",
            bomb("HTTP/1.1 200 OK\r\n\r\nDear Ana\r\n".into()),
        ),
    ] {
        let (_server, mut mailbox) = opened_with(&answer, "", 1).await;
        let error = mailbox.fetch(&[listed(1)]).await.unwrap_err();
        assert!(matches!(error, MailboxError::Lost(_)), "{name}: {error}");
        assert!(
            error.is_retriable() && error.to_string().len() < 300,
            "{name}: {error}"
        );
        assert!(
            !error.to_string().contains("Dear Ana"),
            "errors quote no mail: {error}"
        );
        let after = mailbox.list_next().await.unwrap_err();
        assert!(
            after.to_string().contains("not finished"),
            "{name}: a dead connection stays dead: {after}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_never_taken_for_an_empty_folder() {
    for answer in [
        "TAG NO try later",
        "TAG BAD what",
        "* BYE",
        "X9 OK for somebody else",
    ] {
        let (_server, mut mailbox) = opened_with(&[Hear("FETCH 1:1"), say(answer)], "", 1).await;
        assert!(mailbox.list_next().await.is_err(), "{answer}");
    }
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_of_a_message_is_noticed() {
    let cut = [
        Hear("UID FETCH"),
        SayRaw(b"* 1 FETCH (UID 1 BODY[]<0> {500}\r\nSubject: ".to_vec()),
    ];
    let (_server, mut mailbox) = opened_with(&cut, "", 1).await;
    let error = mailbox.fetch(&[listed(1)]).await.unwrap_err();
    assert!(matches!(error, MailboxError::Lost(_)), "{error}");
}

#[tokio::test]
async fn news_between_the_lines_are_counted_and_other_peoples_messages_are_not_taken() {
    let rest = [
        Hear("FETCH 1:2"),
        // A third message comes, and somebody reads the second.
        say(format!(
            "{}* 3 EXISTS\r\n{}* 2 FETCH (FLAGS (\\Seen))\r\nTAG OK",
            envelope(1, 11),
            envelope(2, 12)
        )),
        Hear("UID FETCH 11,12 "),
        // Message 12 is gone, and the server talks of one that was not asked for.
        say(
            "* 3 FETCH (UID 13 BODY[]<0> {5}\r\nother)\r\n* 1 FETCH (UID 11 BODY[]<0> {5}\r\nfirst)\r\nTAG OK",
        ),
        Hear("NOOP"),
        say("* 1 EXPUNGE\r\n* 1 EXPUNGE\r\nTAG OK"),
        Hear("FETCH 1:1"),
        say(format!("{}TAG OK", envelope(1, 13))),
    ];
    let (server, mut mailbox) = opened_with(&rest, "", 2).await;
    let first = mailbox.list_next().await.unwrap();
    assert_eq!(
        first
            .iter()
            .map(|one| one.place.to_string())
            .collect::<Vec<_>>(),
        ["imap:7:11:INBOX", "imap:7:12:INBOX"]
    );
    assert_eq!(
        first[0].internal_date.unwrap().to_rfc3339(),
        "2026-11-23T12:00:00+00:00"
    );
    let fetched = mailbox.fetch(&first).await.unwrap();
    assert_eq!(fetched.len(), 1);
    assert_eq!(
        (&fetched[0].place, fetched[0].bytes.as_slice()),
        (&first[0].place, &b"first"[..])
    );
    // The third is known to be there without asking, so waiting ends at once.
    assert_eq!(
        mailbox.wait(soon(), pending()).await.unwrap(),
        Wake::NewMail
    );
    let _ = server;
}

#[tokio::test]
async fn messages_that_others_remove_do_not_hide_new_ones() {
    let rest = [
        Hear("FETCH 1:2"),
        say(format!("{}{}TAG OK", envelope(1, 11), envelope(2, 12))),
        Hear("NOOP"),
        // Two go and one comes: the number of messages falls, and yet there is news.
        say("* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXISTS\r\nTAG OK"),
        Hear("FETCH 1:1"),
        say(format!("{}TAG OK", envelope(1, 13))),
    ];
    let (_server, mut mailbox) = opened_with(&rest, "", 2).await;
    assert_eq!(mailbox.list_next().await.unwrap().len(), 2);
    assert_eq!(
        mailbox.list_next().await.unwrap()[0].place.to_string(),
        "imap:7:13:INBOX"
    );
}

#[tokio::test]
async fn a_server_that_counts_wrong_costs_a_connection_and_nothing_else() {
    let nothing = [Hear("FETCH"), say("* 0 EXPUNGE\r\nTAG OK")];
    let (_server, mut mailbox) =
        opened_with(&vec![nothing; 1000].concat(), "", 4_000_000_000).await;
    let error = mailbox.list_next().await.unwrap_err();
    assert!(
        error.is_retriable() && error.to_string().contains("does not have"),
        "{error}"
    );
}

#[tokio::test]
async fn a_message_larger_than_the_server_said_is_cut() {
    let body = "x".repeat(1024 * 1024 + 1);
    let answer = format!(
        "* 1 FETCH (UID 1 BODY[]<0> {{{}}}\r\n{body})\r\n",
        body.len()
    );
    let rest = [
        Hear("BODY.PEEK[]<0.1048577>"),
        SayRaw(answer.into_bytes()),
        say("TAG OK"),
    ];
    let (_server, mut mailbox) = opened_with(&rest, "", 1).await;
    let fetched = mailbox.fetch(&[listed(1)]).await.unwrap();
    assert_eq!(
        (fetched[0].bytes.len(), fetched[0].truncated),
        (256 * 1024, true)
    );
}

#[tokio::test]
async fn without_move_messages_are_copied_marked_and_expunged_alone() {
    let rest = [
        Hear("UID COPY 1 \"Processed\""),
        // The folder was removed meanwhile: it is made again.
        say("TAG NO [TRYCREATE] gone"),
        Hear("STATUS"),
        say("TAG NO gone"),
        Hear("CREATE \"Processed\""),
        say("TAG OK"),
        Hear("SUBSCRIBE"),
        say("TAG NO not here"),
        Hear("UID COPY 1 \"Processed\""),
        say("TAG OK"),
        Hear("UID STORE 1 +FLAGS.SILENT (\\Deleted)"),
        say("TAG OK"),
        Hear("UID EXPUNGE 1"),
        say("* 1 EXPUNGE\r\nTAG OK"),
    ];
    let (server, mut mailbox) = opened_with(&rest, "UIDPLUS", 1).await;
    mailbox
        .file_away(&[(listed(1).place, Destination::Processed)])
        .await
        .unwrap();
    assert!(server.heard().last().unwrap().ends_with("UID EXPUNGE 1"));
}

#[tokio::test]
async fn without_move_and_uidplus_what_is_filed_stays_marked_and_is_not_listed_again() {
    let marked = "* 1 FETCH (UID 1 FLAGS (\\Deleted) RFC822.SIZE 5 INTERNALDATE \"23-Nov-2026 12:00:00 +0000\")\r\n";
    let rest = [
        Hear("UID COPY 1 \"Quarantine\""),
        say("TAG OK"),
        Hear("UID STORE 1"),
        say("TAG OK"),
        Hear("FETCH 1:1"),
        say(format!("{marked}TAG OK")),
        Hear("NOOP"),
        say("TAG OK"),
    ];
    let (_server, mut mailbox) = opened_with(&rest, "", 1).await;
    mailbox
        .file_away(&[(listed(1).place, Destination::Quarantine)])
        .await
        .unwrap();
    assert!(mailbox.list_next().await.unwrap().is_empty());
}

/// Removes the copies of a letter of ours from a server that follows this script after the login.
async fn remove(capabilities: &str, rest: &[Do]) -> (Scripted, Result<u32, MailboxError>) {
    let server = Scripted::new(vec![script(&[&let_in(capabilities), rest])]);
    let (_folder, path) = password();
    let wanted = [Removal {
        message_id: "m1@org.test".into(),
        size: 0,
        ours: true,
    }];
    let settings = settings(server.server(Security::Plain), path);
    let removed = Mailbox::remove(&settings, None, &wanted, &|_, _| false).await;
    (server, removed)
}

#[tokio::test]
async fn without_uidplus_only_what_is_to_be_removed_is_expunged() {
    let rest = [
        Hear("LIST"),
        say("* LIST () \"/\" INBOX\r\nTAG OK"),
        Hear("SELECT \"INBOX\""),
        say("* 9 EXISTS\r\nTAG OK"),
        Hear("UID SEARCH HEADER Message-ID \"<m1@org.test>\""),
        say("* SEARCH 4 7\r\nTAG OK"),
        // Somebody has marked another message, and may think better of it.
        Hear("UID SEARCH DELETED"),
        say("* SEARCH 2 4\r\nTAG OK"),
        Hear("UID STORE 2 -FLAGS.SILENT (\\Deleted)"),
        say("TAG OK"),
        Hear("UID STORE 4,7 +FLAGS.SILENT (\\Deleted)"),
        say("TAG OK"),
        Hear("EXPUNGE"),
        say("TAG OK"),
        Hear("UID STORE 2 +FLAGS.SILENT (\\Deleted)"),
        say("TAG OK"),
        Hear("SELECT \"Processed\""),
        say("TAG NO no such folder"),
        Hear("SELECT \"Quarantine\""),
        say("TAG NO no such folder"),
        Hear("LOGOUT"),
    ];
    let (server, removed) = remove("", &rest).await;
    assert_eq!(removed.unwrap(), 2, "{:?}", server.heard());
}

#[tokio::test]
async fn a_folder_that_cannot_be_looked_into_now_is_looked_into_later() {
    let list = [
        Hear("LIST"),
        say("* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"Processed\"\r\nTAG OK"),
        Hear("SELECT \"INBOX\""),
    ];
    let refused = [
        say("TAG NO [UNAVAILABLE] in an hour"),
        Hear("SELECT \"Processed\""),
        say("TAG NO [UNAVAILABLE] in an hour"),
        Hear("SELECT \"Quarantine\""),
        say("TAG NO no such folder"),
        Hear("LOGOUT"),
    ];
    let (_server, removed) = remove("UIDPLUS", &script(&[&list, &refused])).await;
    let error = removed.unwrap_err();
    assert!(error.is_retriable(), "{error}");
    // Folders that are not there hold nothing.
    let empty = [
        say("* 0 EXISTS\r\nTAG OK"),
        Hear("UID SEARCH"),
        say("* SEARCH\r\nTAG OK"),
        Hear("SELECT \"Processed\""),
        say("* 0 EXISTS\r\nTAG OK"),
        Hear("UID SEARCH"),
        say("* SEARCH\r\nTAG OK"),
        Hear("SELECT \"Quarantine\""),
        say("TAG NO no such folder"),
        Hear("LOGOUT"),
    ];
    let (server, removed) = remove("UIDPLUS", &script(&[&list, &empty])).await;
    assert_eq!(removed.unwrap(), 0, "{:?}", server.heard());
}

#[tokio::test]
async fn a_folder_of_sent_letters_is_told_by_the_name_that_the_config_takes() {
    let look = [
        Hear("LIST"),
        say("* LIST (\\Sent) \"/\" \"Messages envoy&AOk-s\"\r\nTAG OK"),
        Hear("EXAMINE \"INBOX\""),
        say("TAG OK"),
        Hear("UID SEARCH SUBJECT \"word\""),
        say("* SEARCH\r\nTAG OK"),
        Hear("EXAMINE \"Messages envoy&AOk-s\""),
        say("* 1 EXISTS\r\nTAG OK"),
        Hear("UID SEARCH SUBJECT \"word\""),
        say("* SEARCH 4\r\nTAG OK"),
        Hear("UID FETCH 4"),
        say("* 1 FETCH (UID 4 BODY[]<0> \"x\")\r\nTAG OK"),
        Hear("LOGOUT"),
    ];
    let server = Scripted::new(vec![script(&[&let_in(""), &look])]);
    let (_folder, path) = password();
    let MailboxSettings::Imap {
        server: at, login, ..
    } = settings(server.server(Security::Plain), path)
    else {
        panic!("no IMAP");
    };
    let mut imap = Imap::let_in(&at, &login).await.unwrap();
    let found = imap.find(&["INBOX".into()], None, "word").await;
    let copies = found.unwrap_or_else(|error| panic!("{error}: {:?}", server.heard()));
    imap.close().await;
    assert_eq!(copies[0].folder, "Messages envoyés");
    assert!(copies[0].is_sent_copy);
}

#[tokio::test]
async fn a_place_of_another_numbering_is_passed_over() {
    let (server, mut mailbox) = opened_with(&[Stall], "MOVE", 1).await;
    let before = server.heard().len();
    for text in ["imap:6:1:INBOX", "imap:7:1:Sent", "maildir:x"] {
        let place: Place = text.parse().unwrap();
        mailbox
            .file_away(&[(place.clone(), Destination::Processed)])
            .await
            .unwrap();
        let listed = Listed {
            place,
            bytes: 5,
            internal_date: None,
        };
        assert!(mailbox.fetch(&[listed]).await.unwrap().is_empty());
    }
    assert_eq!(server.heard().len(), before, "nothing was said");
}

#[tokio::test]
async fn a_folder_that_is_numbered_anew_under_our_hands_means_starting_over() {
    let (_server, mut mailbox) = opened_with(
        &[Hear("NOOP"), say("* OK [UIDVALIDITY 8] new\r\nTAG OK")],
        "",
        0,
    )
    .await;
    let error = mailbox.list_next().await.unwrap_err();
    assert!(
        error.is_retriable() && error.to_string().contains("numbered anew"),
        "{error}"
    );
}

#[tokio::test]
async fn idle_tells_news_the_end_and_being_stopped_apart() {
    let idle = [Hear("IDLE"), say("+ idling")];
    let wait = |rest: Vec<Do>| async move {
        let (server, mut mailbox) = opened_with(
            &script(&[&[Hear("IDLE"), say("+ idling")], &rest]),
            "IDLE",
            0,
        )
        .await;
        (mailbox.wait(soon(), pending()).await, server)
    };
    let done = [Hear("DONE"), say("TAG OK")];
    // `* OK Still here` is no news.
    let (wake, _server) = wait(script(&[&[say("* OK Still here\r\n* 1 EXISTS")], &done])).await;
    assert!(matches!(wake, Ok(Wake::NewMail)), "{wake:?}");
    for end in [vec![say("* BYE")], vec![]] {
        let (wake, _server) = wait(end).await;
        assert!(matches!(wake, Err(MailboxError::Lost(_))), "{wake:?}");
    }
    let (_server, mut mailbox) = opened_with(&script(&[&idle, &done]), "IDLE", 0).await;
    let stop = tokio::time::sleep(Duration::from_millis(100));
    assert_eq!(mailbox.wait(soon(), stop).await.unwrap(), Wake::Stopped);
    let (_server, mut mailbox) = opened_with(&script(&[&idle, &done]), "IDLE", 0).await;
    let short = Instant::now() + Duration::from_millis(100);
    assert_eq!(
        mailbox.wait(short, pending()).await.unwrap(),
        Wake::Deadline
    );
}

#[tokio::test]
async fn a_server_that_offers_idle_and_refuses_it_is_asked_instead() {
    for refusal in ["TAG NO not now", "+ idling\r\nTAG OK but no longer"] {
        let rest = [
            Hear("IDLE"),
            say(refusal),
            Hear("NOOP"),
            say("* 1 EXISTS\r\nTAG OK"),
        ];
        let (_server, mut mailbox) = opened_with(&rest, "IDLE", 0).await;
        let short = Instant::now() + Duration::from_millis(200);
        assert_eq!(
            mailbox.wait(short, pending()).await.unwrap(),
            Wake::NewMail,
            "{refusal}"
        );
    }
}

mod with_servers {
    use super::*;
    use crate::support::mailserver::MailServer;
    use pairpost::mail::inbound::mailbox::{LIST_MAX, batches};

    fn message(number: usize) -> String {
        format!("From: Ana <ana@people.test>\r\nSubject: {number}\r\n\r\n.line {number}\r\n")
    }

    /// Everything that is left to hand out, fetched.
    async fn fetch_all(mailbox: &mut Mailbox) -> Vec<(Place, String)> {
        let mut all = Vec::new();
        loop {
            let listed = mailbox.list_next().await.unwrap();
            if listed.is_empty() {
                return all;
            }
            for batch in batches(&listed) {
                let fetched = mailbox.fetch(batch).await.unwrap();
                let texts = fetched
                    .into_iter()
                    .map(|one| (one.place, String::from_utf8_lossy(&one.bytes).into_owned()));
                all.extend(texts);
            }
        }
    }

    fn subject(text: &str) -> usize {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("Subject: "))
            .unwrap();
        line.parse().unwrap()
    }

    #[tokio::test]
    async fn messages_are_read_unmarked_and_moved_where_they_belong() {
        let server = MailServer::shared();
        let user = "read@org.test";
        server.put(user, (0..3).map(message));
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let all = fetch_all(&mut mailbox).await;
        assert_eq!(
            all.iter()
                .map(|(_, text)| subject(text))
                .collect::<Vec<_>>(),
            [0, 1, 2]
        );
        assert!(all[1].1.ends_with("\r\n\r\n.line 1\r\n"), "{}", all[1].1);
        let flags = server.ctl(&["doveadm", "fetch", "-u", user, "flags", "mailbox", "INBOX"]);
        assert!(!flags.contains("Seen"), "{flags}");

        let done = [
            (all[0].0.clone(), Destination::Processed),
            (all[2].0.clone(), Destination::Quarantine),
        ];
        for _ in 0..2 {
            mailbox.file_away(&done).await.unwrap();
            let count = |folder| server.files(user, folder).len();
            assert_eq!(
                (count(""), count("Processed"), count("Quarantine")),
                (1, 1, 1)
            );
        }
        mailbox.close().await;
        let mut again = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let left = fetch_all(&mut again).await;
        assert_eq!(left, [all[1].clone()], "what was not filed keeps its place");
    }

    #[tokio::test]
    async fn large_messages_come_cut() {
        let server = MailServer::shared();
        let user = "large@org.test";
        let line = format!("{}\r\n", "x".repeat(998));
        server.put(
            user,
            [
                format!("{}{}", message(1), line.repeat(900)),
                format!("{}{}", message(2), line.repeat(3000)),
            ],
        );
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let listed = mailbox.list_next().await.unwrap();
        let fetched = mailbox.fetch(&listed).await.unwrap();
        assert_eq!(
            (fetched[0].bytes.len() as u64, fetched[0].truncated),
            (listed[0].bytes, false)
        );
        assert_eq!(
            (fetched[1].bytes.len(), fetched[1].truncated),
            (256 * 1024, true)
        );
        assert!(fetched.iter().all(|one| one.internal_date.is_some()));
    }

    #[tokio::test]
    async fn a_full_folder_is_handed_out_without_a_gap_while_it_changes() {
        let server = MailServer::shared();
        let user = "full@org.test";
        server.put(user, (0..1100).map(message));
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let (mut seen, mut rounds, mut kept) = (Vec::new(), 0, 0);
        loop {
            let listed = mailbox.list_next().await.unwrap();
            assert!(listed.len() <= LIST_MAX as usize);
            if listed.is_empty() {
                break;
            }
            rounds += 1;
            kept += listed.len().min(5);
            for batch in batches(&listed) {
                seen.extend(
                    mailbox
                        .fetch(batch)
                        .await
                        .unwrap()
                        .iter()
                        .map(|one| subject(&String::from_utf8_lossy(&one.bytes))),
                );
            }
            // What is handed out is filed, all but a few, and new mail comes in between.
            let done: Vec<_> = listed
                .iter()
                .skip(5)
                .map(|one| (one.place.clone(), Destination::Processed))
                .collect();
            mailbox.file_away(&done).await.unwrap();
            if rounds <= 2 {
                server.put(user, [message(1100 + rounds - 1)]);
            }
        }
        assert_eq!(seen, (0..1102).collect::<Vec<_>>());
        assert_eq!(server.files(user, "").len(), kept);
    }

    #[tokio::test]
    async fn idle_wakes_for_new_mail_and_the_next_wait_sleeps() {
        let server = MailServer::shared();
        let user = "idle@org.test";
        server.put(user, [message(1)]);
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        assert_eq!(fetch_all(&mut mailbox).await.len(), 1);
        let short = Instant::now() + Duration::from_millis(200);
        assert_eq!(
            mailbox.wait(short, pending()).await.unwrap(),
            Wake::Deadline
        );
        let sender = server.clone();
        let sending = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(300));
            sender.put("idle@org.test", [message(2)]);
        });
        assert_eq!(
            mailbox.wait(soon(), pending()).await.unwrap(),
            Wake::NewMail
        );
        sending.await.unwrap();
        assert_eq!(subject(&fetch_all(&mut mailbox).await[0].1), 2);
        assert_eq!(mailbox.wait(soon(), async {}).await.unwrap(), Wake::Stopped);
        // And the connection is as good as before.
        assert!(fetch_all(&mut mailbox).await.is_empty());
    }

    #[tokio::test]
    async fn each_kind_of_door_is_checked() {
        let server = MailServer::shared();
        let settings = |door: Server| MailboxSettings::Imap {
            server: door,
            login: server.login("doors@org.test"),
            folder: "INBOX".into(),
            processed_folder: "Processed".into(),
            quarantine_folder: "Quarantine".into(),
        };
        for security in [Security::Tls, Security::StartTls, Security::Plain] {
            Mailbox::connect(&settings(server.imap(security)))
                .await
                .unwrap()
                .close()
                .await;
        }
        for security in [Security::Tls, Security::StartTls] {
            let good = server.imap(security);
            for door in [
                Server {
                    tls_ca_file: Some(server.wrong_authority()),
                    ..good.clone()
                },
                Server {
                    tls_name: Some("mail.example.org".into()),
                    ..good.clone()
                },
                Server {
                    tls_ca_file: None,
                    ..good
                },
            ] {
                let error = Mailbox::connect(&settings(door)).await.err().unwrap();
                assert!(
                    !error.is_retriable() && error.to_string().contains("TLS check"),
                    "{error}"
                );
            }
        }
        let error = Mailbox::connect(&server.mailbox("locked@org.test"))
            .await
            .err()
            .unwrap();
        assert!(matches!(error, MailboxError::LoginRefused(_)), "{error}");
    }

    #[tokio::test]
    async fn folder_names_may_have_any_letters() {
        let server = MailServer::shared();
        let user = "names@org.test";
        server.put(user, [message(1)]);
        let mut settings = server.mailbox(user);
        if let MailboxSettings::Imap {
            processed_folder, ..
        } = &mut settings
        {
            *processed_folder = "Erledigt & übrig/日本 \"1\"".into();
        }
        for _ in 0..2 {
            let mut mailbox = Mailbox::connect(&settings).await.unwrap();
            let done: Vec<_> = fetch_all(&mut mailbox)
                .await
                .into_iter()
                .map(|(place, _)| (place, Destination::Processed))
                .collect();
            mailbox.file_away(&done).await.unwrap();
        }
        let folders = server.ctl(&["doveadm", "mailbox", "status", "-u", user, "messages", "*"]);
        assert!(
            folders.contains("Erledigt & übrig/日本 \"1\" messages=1"),
            "{folders}"
        );
    }

    #[tokio::test]
    async fn other_clients_may_remove_messages_while_we_work() {
        let server = MailServer::shared();
        let user = "others@org.test";
        server.put(user, (0..4).map(message));
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let listed = mailbox.list_next().await.unwrap();
        server.ctl(&[
            "doveadm", "expunge", "-u", user, "mailbox", "INBOX", "uid", "1,3",
        ]);
        server.put(user, [message(4)]);
        // One of the two ways that servers have: the rest comes, or the connection has to be made anew.
        let fetched = match mailbox.fetch(&listed).await {
            Ok(fetched) => fetched,
            Err(error) => {
                assert!(error.is_retriable(), "{error}");
                mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
                let listed = mailbox.list_next().await.unwrap();
                mailbox.fetch(&listed).await.unwrap()
            }
        };
        let mut subjects: Vec<_> = fetched
            .iter()
            .map(|one| subject(&String::from_utf8_lossy(&one.bytes)))
            .collect();
        subjects.extend(
            fetch_all(&mut mailbox)
                .await
                .iter()
                .map(|(_, text)| subject(text)),
        );
        for left in [1, 3, 4] {
            assert_eq!(
                subjects.iter().filter(|number| **number == left).count(),
                1,
                "{subjects:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_folder_made_anew_gives_new_places() {
        let server = MailServer::shared();
        let user = "anew@org.test";
        let mut settings = server.mailbox(user);
        if let MailboxSettings::Imap { folder, .. } = &mut settings {
            *folder = "Work".into();
        }
        let doveadm = |words: &[&str]| server.ctl(&[&["doveadm"], words].concat());
        let fill = || {
            doveadm(&["mailbox", "create", "-u", user, "Work"]);
            server.put(user, [message(1)]);
            doveadm(&["move", "-u", user, "Work", "mailbox", "INBOX", "all"]);
        };
        fill();
        let first = fetch_all(&mut Mailbox::connect(&settings).await.unwrap()).await;
        doveadm(&["mailbox", "delete", "-u", user, "Work"]);
        // UIDVALIDITY is a time in seconds.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        fill();
        let mut mailbox = Mailbox::connect(&settings).await.unwrap();
        let second = fetch_all(&mut mailbox).await;
        assert_eq!(subject(&second[0].1), 1);
        assert_ne!(first[0].0, second[0].0);
        // The old place points at nothing, even though the UID exists.
        mailbox
            .file_away(&[(first[0].0.clone(), Destination::Processed)])
            .await
            .unwrap();
        mailbox.rewind();
        assert_eq!(fetch_all(&mut mailbox).await.len(), 1);
    }

    #[tokio::test]
    async fn a_restart_of_the_server_loses_nothing() {
        let server = MailServer::start();
        let user = "restart@org.test";
        server.put(user, (0..3).map(message));
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let listed = mailbox.list_next().await.unwrap();
        mailbox
            .file_away(&[(listed[0].place.clone(), Destination::Processed)])
            .await
            .unwrap();
        server.ctl(&["stop-imap"]);
        let error = mailbox
            .wait(soon(), pending())
            .await
            .err()
            .or(mailbox.list_next().await.err())
            .unwrap();
        assert!(error.is_retriable(), "{error}");
        let error = Mailbox::connect(&server.mailbox(user)).await.err().unwrap();
        assert!(error.is_retriable(), "{error}");
        server.ctl(&["start-imap"]);
        let mut mailbox = Mailbox::connect(&server.mailbox(user)).await.unwrap();
        let left: Vec<_> = fetch_all(&mut mailbox)
            .await
            .iter()
            .map(|(_, text)| subject(text))
            .collect();
        assert_eq!(left, [1, 2]);
    }
}
