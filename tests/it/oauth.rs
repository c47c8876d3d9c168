//! Logins by token (XOAUTH2): a token server on loopback, and Dovecot's own check of the tokens, for reading and sending.

mod with_servers {
    use std::collections::VecDeque;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};
    use std::thread;

    use pairpost::mail::account::Login;
    use pairpost::mail::inbound::mailbox::{Mailbox, MailboxError};
    use pairpost::mail::oauth::{Grant, OAuth};

    use pairpost::mail::account::MailboxSettings;

    use crate::support::letter::message;
    use crate::support::mailserver::MailServer;
    use crate::support::people::await_letter;
    use crate::support::programme::Programme;

    /// A token server that gives these answers, one after the other (the last one again and again), and notes what it
    /// was asked.
    struct TokenServer {
        port: u16,
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl TokenServer {
        fn new(answers: Vec<(u16, String)>) -> TokenServer {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let asked = Arc::new(Mutex::new(Vec::new()));
            let notes = asked.clone();
            let mut answers = VecDeque::from(answers);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let answer = match answers.len() {
                        1 => answers[0].clone(),
                        _ => answers.pop_front().unwrap(),
                    };
                    let form = serve(stream, &answer);
                    notes.lock().unwrap().push(form);
                }
            });
            TokenServer { port, asked }
        }

        fn url(&self, path: &str) -> String {
            format!("http://127.0.0.1:{}/{path}", self.port)
        }

        fn asked(&self) -> Vec<String> {
            self.asked.lock().unwrap().clone()
        }
    }

    /// One request, one answer; what was posted.
    fn serve(stream: TcpStream, (status, body): &(u16, String)) -> String {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            let lower = line.to_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut form = vec![0; length];
        reader.read_exact(&mut form).unwrap();
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        String::from_utf8(form).unwrap()
    }

    fn token(server: &MailServer, user: &str) -> String {
        server.ctl(&["token", user]).trim().to_owned()
    }

    fn gives(token: &str) -> (u16, String) {
        (
            200,
            format!(r#"{{"access_token":"{token}","expires_in":3600,"token_type":"Bearer"}}"#),
        )
    }

    #[test]
    fn a_programme_without_a_password_logs_in_by_a_code_and_reads_and_sends_by_token() {
        let address = "by-token@org.test";
        let server = MailServer::shared();
        let good = token(&server, address);
        let tokens = TokenServer::new(vec![
            (200, r#"{"device_code":"d1","user_code":"WDJB-MJHT","verification_uri":"https://login.test/device","interval":1,"expires_in":60}"#.into()),
            (400, r#"{"error":"authorization_pending"}"#.into()),
            (200, format!(r#"{{"access_token":"{good}","refresh_token":"r1","expires_in":3600}}"#)),
            // Each refresh brings a new refresh token, which replaces the old one.
            (200, format!(r#"{{"access_token":"{good}","refresh_token":"r2","expires_in":3600}}"#)),
            gives(&good),
        ]);
        let programme = Programme::on(&server, address);
        let login = format!(
            "oauth = \"other\"\noauth_client_id = \"pairpost-test\"\noauth_token_url = \"{}\"\noauth_device_url = \"{}\"",
            tokens.url("token"),
            tokens.url("device"),
        );
        programme.edit(
            "pairpost.toml",
            &[("password_file = \"secrets/mailbox-password\"", &login)],
        );
        let refused = programme.command(&["check"]);
        let told = format!("{refused:?}");
        assert!(told.contains("pairpost login"), "{told}");

        let told = programme.told(&["login"]);
        assert!(
            told.contains("WDJB-MJHT") && told.contains("https://login.test/device"),
            "{told}"
        );
        let kept = || std::fs::read_to_string(programme.state().join("oauth-token")).unwrap();
        assert_eq!(kept(), "r1\n");
        let folder = std::fs::metadata(programme.state()).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&folder.permissions());
        assert_eq!(
            mode & 0o777,
            0o700,
            "the token's folder is that of the state"
        );

        let daemon = programme.run();
        server.put(
            address,
            [message(
                "gus@people.test",
                address,
                "Hello",
                "",
                "How can I apply?\r\n",
            )],
        );
        await_letter(&server, "gus@people.test", "Library Exchange");
        assert!(daemon.terminate().success());
        let asked = tokens.asked();
        assert!(asked[1].contains("device_code=d1"), "{asked:?}");
        assert!(
            asked[3].contains("grant_type=refresh_token") && asked[3].contains("refresh_token=r1")
        );
        assert_eq!(kept(), "r2\n");
        assert!(
            !programme.log().contains(&good),
            "no token stands in the log"
        );
    }

    #[tokio::test]
    async fn a_token_that_is_refused_is_replaced_at_the_next_try() {
        let user = "renewed@org.test";
        let server = MailServer::shared();
        let tokens = TokenServer::new(vec![
            gives(&token(&server, "somebody-else@org.test")),
            gives(&token(&server, user)),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "s3cret").unwrap();
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        let mut oauth = OAuth::new(
            tokens.url("token"),
            "pairpost-test".into(),
            "mail".into(),
            Grant::ClientCredentials,
        );
        oauth.client_secret = Some(pairpost::mail::account::SecretSource::File(secret));
        let mut settings = server.mailbox(user);
        if let MailboxSettings::Imap { login, .. } = &mut settings {
            *login = Login::Token {
                user: user.into(),
                oauth: Box::new(oauth),
            };
        }
        let refused = Mailbox::connect(&settings).await.err().unwrap();
        assert!(
            matches!(refused, MailboxError::TokenRefused(_)),
            "{refused}"
        );
        Mailbox::connect(&settings).await.unwrap();
        // The good one is kept in hand.
        Mailbox::connect(&settings).await.unwrap();
        let asked = tokens.asked();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(
            asked[0].contains("grant_type=client_credentials")
                && asked[0].contains("client_secret=s3cret")
        );
    }

    #[tokio::test]
    async fn a_login_that_has_ended_says_what_to_do() {
        let server = MailServer::shared();
        let tokens = TokenServer::new(vec![(
            400,
            r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#
                .into(),
        )]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        let oauth = OAuth::new(
            tokens.url("token"),
            "id".into(),
            String::new(),
            Grant::RefreshToken(file),
        );
        let mut settings = server.mailbox("ended@org.test");
        if let MailboxSettings::Imap { login, .. } = &mut settings {
            *login = Login::Token {
                user: "ended@org.test".into(),
                oauth: Box::new(oauth),
            };
        }
        let error = Mailbox::connect(&settings).await.err().unwrap();
        assert!(error.to_string().contains("pairpost login"), "{error}");
        assert!(!error.is_retriable());
    }
}
