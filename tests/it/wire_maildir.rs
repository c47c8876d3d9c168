//! A Maildir as mailbox: what is delivered is listed once, fetched, and filed away.

use std::fs;
use std::future::pending;
use std::path::Path;
use std::time::Duration;

use pairpost::mail::account::MailboxSettings;
use pairpost::mail::inbound::mailbox::{Destination, Listed, Mailbox, MailboxError, Place, Wake};
use pairpost::mail::inbound::maildir::deliver;
use tokio::time::Instant;

async fn open(path: &Path) -> Mailbox {
    Mailbox::connect(&MailboxSettings::Maildir {
        path: path.to_owned(),
    })
    .await
    .unwrap()
}

fn names(listed: &[Listed]) -> Vec<String> {
    listed
        .iter()
        .map(|message| message.place.to_string())
        .collect()
}

fn count(path: &Path, folder: &str) -> usize {
    fs::read_dir(path.join(folder)).unwrap().count()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[tokio::test]
async fn messages_are_handed_out_once_in_order_and_filed_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    let mut mailbox = open(&path).await;
    for stem in ["1700000003.c", "1700000001.a", "1700000002.b"] {
        deliver(&path, stem.as_bytes(), true, Some(stem)).unwrap();
    }
    let listed = mailbox.list_next().await.unwrap();
    assert_eq!(
        names(&listed),
        [
            "maildir:1700000001.a",
            "maildir:1700000002.b",
            "maildir:1700000003.c"
        ]
    );
    assert!(
        mailbox.list_next().await.unwrap().is_empty(),
        "each is handed out once"
    );
    mailbox.rewind();
    assert_eq!(
        mailbox.list_next().await.unwrap(),
        listed,
        "until the caller wants to start over"
    );

    let fetched = mailbox.fetch(&listed).await.unwrap();
    assert_eq!(fetched[0].bytes, b"1700000001.a");
    assert_eq!(
        count(&path, "new"),
        3,
        "reading leaves a message where and as it is"
    );

    let done = [
        (listed[0].place.clone(), Destination::Processed),
        (listed[1].place.clone(), Destination::Quarantine),
    ];
    for _ in 0..2 {
        mailbox.file_away(&done).await.unwrap();
        assert_eq!(
            (
                count(&path, ".Processed/cur"),
                count(&path, ".Quarantine/new"),
                count(&path, "new")
            ),
            (1, 1, 1)
        );
    }
    assert!(
        mailbox.fetch(&listed[..1]).await.unwrap().is_empty(),
        "what was filed away is not there any more"
    );
}

#[tokio::test]
async fn a_mail_client_may_move_and_mark_messages_while_we_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    let mut mailbox = open(&path).await;
    deliver(&path, b"hello", false, Some("1.a")).unwrap();
    let listed = mailbox.list_next().await.unwrap();
    fs::rename(path.join("new/1.a"), path.join("cur/1.a:2,FS")).unwrap();
    assert_eq!(mailbox.fetch(&listed).await.unwrap()[0].bytes, b"hello");
    assert!(
        mailbox.list_next().await.unwrap().is_empty(),
        "it is the same message under another name"
    );
    fs::rename(path.join("cur/1.a:2,FS"), path.join("cur/1.a:2,FRS")).unwrap();
    mailbox
        .file_away(&[(listed[0].place.clone(), Destination::Processed)])
        .await
        .unwrap();
    assert!(path.join(".Processed/cur/1.a:2,S").exists());
}

#[tokio::test]
async fn large_messages_come_cut_and_strange_files_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    let mut mailbox = open(&path).await;
    let mebibyte = 1024 * 1024;
    deliver(&path, &vec![b'x'; mebibyte], false, Some("1.whole")).unwrap();
    deliver(&path, &vec![b'x'; mebibyte + 1], false, Some("2.large")).unwrap();
    fs::create_dir(path.join("new/3.folder")).unwrap();
    fs::write(path.join("new/.hidden"), "no").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", path.join("new/4.link")).unwrap();
    let listed = mailbox.list_next().await.unwrap();
    assert_eq!(names(&listed), ["maildir:1.whole", "maildir:2.large"]);
    let fetched = mailbox.fetch(&listed).await.unwrap();
    assert_eq!(
        (fetched[0].bytes.len(), fetched[0].truncated),
        (mebibyte, false)
    );
    assert_eq!(
        (fetched[1].bytes.len(), fetched[1].truncated),
        (mebibyte / 4, true)
    );
}

#[tokio::test]
async fn a_full_folder_is_handed_out_in_pieces_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    let mut mailbox = open(&path).await;
    for number in 0..1200 {
        deliver(&path, b"x", false, Some(&format!("{number:05}"))).unwrap();
    }
    let mut seen = Vec::new();
    loop {
        let listed = mailbox.list_next().await.unwrap();
        assert!(listed.len() <= 500);
        if listed.is_empty() {
            break;
        }
        // Filing in between must not make the next piece skip anything.
        let half: Vec<_> = listed
            .iter()
            .step_by(2)
            .map(|one| (one.place.clone(), Destination::Processed))
            .collect();
        mailbox.file_away(&half).await.unwrap();
        seen.extend(names(&listed));
    }
    assert_eq!(
        seen,
        (0..1200)
            .map(|number| format!("maildir:{number:05}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn waiting_ends_with_mail_with_the_deadline_or_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    let mut mailbox = open(&path).await;
    let short = Instant::now() + Duration::from_millis(50);
    assert_eq!(
        mailbox.wait(short, pending()).await.unwrap(),
        Wake::Deadline
    );
    assert_eq!(mailbox.wait(soon(), async {}).await.unwrap(), Wake::Stopped);
    let late = path.clone();
    let delivery = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        deliver(&late, b"news", false, None).unwrap()
    });
    assert_eq!(
        mailbox.wait(soon(), pending()).await.unwrap(),
        Wake::NewMail
    );
    assert_eq!(
        mailbox.wait(soon(), pending()).await.unwrap(),
        Wake::NewMail,
        "until it has been listed"
    );
    let name = delivery.await.unwrap();
    assert_eq!(
        names(&mailbox.list_next().await.unwrap()),
        [format!("maildir:{name}")]
    );
    let short = Instant::now() + Duration::from_millis(50);
    assert_eq!(
        mailbox.wait(short, pending()).await.unwrap(),
        Wake::Deadline
    );
}

#[tokio::test]
async fn delivering_under_the_same_name_twice_leaves_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    for _ in 0..2 {
        assert_eq!(deliver(&path, b"hello", true, Some("1.a")).unwrap(), "1.a");
    }
    assert_eq!((count(&path, "new"), count(&path, "tmp")), (1, 0));
    let (one, other) = (
        deliver(&path, b"x", false, None).unwrap(),
        deliver(&path, b"x", false, None).unwrap(),
    );
    assert_ne!(one, other);
    for stem in ["", "../x", "a/b", ".hidden", "a:2,S"] {
        assert!(deliver(&path, b"x", false, Some(stem)).is_err(), "{stem:?}");
    }
}

#[tokio::test]
async fn a_place_from_elsewhere_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    let mut mailbox = open(&path).await;
    fs::write(folder.path().join("secret"), "not mail").unwrap();
    let places = ["maildir:gone", "imap:1:2:INBOX"].map(|text| text.parse().unwrap());
    let outside = Place::Maildir {
        name: "../../secret".into(),
    };
    for place in places.into_iter().chain([outside]) {
        let listed = Listed {
            place: place.clone(),
            bytes: 1,
            internal_date: None,
        };
        assert!(mailbox.fetch(&[listed]).await.unwrap().is_empty());
        mailbox
            .file_away(&[(place, Destination::Processed)])
            .await
            .unwrap();
    }
    assert!(folder.path().join("secret").exists());
}

#[tokio::test]
async fn a_path_that_is_no_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    let error = Mailbox::connect(&MailboxSettings::Maildir { path: path.clone() })
        .await
        .err()
        .unwrap();
    assert!(matches!(error, MailboxError::Maildir { .. }) && !error.is_retriable());
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
}
