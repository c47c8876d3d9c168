//! `deploy/mailhost`: what its README promises to somebody who tries the programme with a mail client.

mod with_servers {
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output, Stdio};

    use crate::support::programme::eventually;

    /// A mail host in a folder of its own, stopped however the test ends.
    struct MailHost {
        folder: tempfile::TempDir,
        address: String,
    }

    impl MailHost {
        fn new() -> MailHost {
            let folder = tempfile::Builder::new()
                .prefix("host-")
                .tempdir_in("/tmp")
                .unwrap();
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(folder.path(), open).unwrap();
            // Beside the other servers of the tests, and beside a mail host that somebody plays with.
            let number = std::process::id();
            let address = format!("127.1.{}.{}", number / 250 % 250, number % 250 + 1);
            MailHost { folder, address }
        }

        fn base(&self) -> PathBuf {
            self.folder.path().join("all")
        }

        fn say(&self, words: &[&str]) -> Output {
            Command::new(root().join("deploy/mailhost/mailhost"))
                .arg(words[0])
                .arg(self.base())
                .args(&words[1..])
                .env("PAIRPOST", env!("CARGO_BIN_EXE_pairpost"))
                .env("MAILHOST_ADDRESS", &self.address)
                .output()
                .unwrap()
        }

        fn ctl(&self, words: &[&str]) -> Command {
            let mut command = Command::new(root().join("tests/support/mailserver/ctl"));
            command.arg(self.base().join("server")).args(words);
            command
        }

        /// What lies in somebody's inbox, as text.
        fn inbox(&self, user: &str) -> String {
            let fetched = self
                .ctl(&[
                    "doveadm", "fetch", "-u", user, "hdr body", "mailbox", "INBOX",
                ])
                .output()
                .unwrap();
            String::from_utf8_lossy(&fetched.stdout).into_owned()
        }
    }

    impl Drop for MailHost {
        fn drop(&mut self) {
            self.say(&["stop"]);
        }
    }

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn done(output: &Output) -> String {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[test]
    fn a_newcomer_writes_to_the_programme_of_the_mail_host_and_gets_the_form() {
        let host = MailHost::new();
        let said = done(&host.say(&["start"]));
        assert!(said.contains("port 22143"), "{said}");
        assert!(said.contains("(introductions)"), "{said}");
        assert!(
            host.inbox("ada@org.test")
                .contains("Welcome to ada@org.test")
        );
        let config = host.base().join("programme");
        let checked = Command::new(env!("CARGO_BIN_EXE_pairpost"))
            .args(["check", "--config"])
            .arg(&config)
            .output()
            .unwrap();
        done(&checked);

        let mut programme = Command::new(env!("CARGO_BIN_EXE_pairpost"))
            .args(["run", "--config"])
            .arg(&config)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut delivery = host
            .ctl(&["deliver", "ben@people.test", "exchange@org.test"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        delivery
            .stdin
            .take()
            .unwrap()
            .write_all(b"From: ben@people.test\nTo: exchange@org.test\nSubject: hello\nMessage-ID: <1@people.test>\n\nMay I take part?\n")
            .unwrap();
        assert!(delivery.wait().unwrap().success());
        let form = eventually("the form letter arrives", || {
            let inbox = host.inbox("ben@people.test");
            inbox.contains("Trial Exchange").then_some(inbox)
        });
        programme.kill().unwrap();
        programme.wait().unwrap();
        assert!(
            form.contains("exchange+"),
            "the form can be answered: {form}"
        );
        assert!(done(&host.say(&["status"])).contains("ben@people.test"));

        // What has been stopped keeps its mail and its programme.
        done(&host.say(&["stop"]));
        assert!(!host.say(&["status"]).status.success());
        assert!(std::net::TcpStream::connect((host.address.as_str(), 22143)).is_err());
        done(&host.say(&["start"]));
        assert!(host.inbox("ben@people.test").contains("Trial Exchange"));
        assert_eq!(
            host.inbox("ben@people.test")
                .matches("Welcome to ben")
                .count(),
            1
        );
    }
}
