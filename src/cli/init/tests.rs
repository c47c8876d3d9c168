//! What `pairpost init` writes loads, with the values that were given or answered.

use super::*;
use crate::mail::account::{Login, MailboxSettings, SecretSource, SendingSettings, Server};

/// A folder written with these flags and answers, and its meaning.
fn written(args: Args, answers: Option<&str>) -> (tempfile::TempDir, config::Config, String) {
    let place = tempfile::tempdir().unwrap();
    let args = Args {
        dir: place.path().join("programme"),
        ..args
    };
    let mut choices = Choices::given(&args);
    let mut asked = Vec::new();
    if let Some(answers) = answers {
        choices
            .complete(&mut Asker {
                input: &mut answers.as_bytes(),
                output: &mut asked,
                secret: &mut || Ok("letmein\n".into()),
            })
            .unwrap();
    }
    write_all(&args.dir, &choices).unwrap();
    let config = config::load(&args.dir)
        .map_err(|problems| format!("{problems:#?}"))
        .unwrap();
    (place, config, String::from_utf8(asked).unwrap())
}

fn servers(config: &config::Config) -> (&Server, &Login, &Server, &Login) {
    let MailboxSettings::Imap { server, login, .. } = &config.mailbox else {
        panic!("no IMAP");
    };
    let SendingSettings::Smtp {
        server: smtp,
        login: Some(sending),
        ..
    } = &config.sending
    else {
        panic!("no SMTP with a login");
    };
    (server, login, smtp, sending)
}

fn flags(words: &[&str]) -> Args {
    use clap::Parser;
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    Line::try_parse_from(["init", "somewhere"].iter().chain(words))
        .unwrap_or_else(|error| panic!("{error}"))
        .args
}

#[test]
fn a_written_folder_loads_with_the_given_values() {
    let args = flags(&[
        "--name",
        "Peers \"and\" Friends",
        "--address",
        "peers@example.net",
        "--imap",
        "imap.example.net",
        "--smtp",
        "smtp.example.net:2465",
        "--zone",
        "Pacific/Auckland",
        "--coordinator",
        "Bo Lind <bo@example.net>",
        "--start",
        "2027-09-07",
        "--languages",
        "es,en",
    ]);
    let (place, config, _) = written(args, None);
    assert_eq!(config.settings.name, "Peers \"and\" Friends");
    assert_eq!(config.settings.address, "peers@example.net");
    assert_eq!(config.settings.zone, chrono_tz::Pacific::Auckland);
    assert_eq!(config.settings.languages, ["es", "en"]);
    assert_eq!(config.settings.coordinators[0].address, "bo@example.net");
    assert_eq!(config.settings.rounds[0].id, "2027B");
    assert_eq!(
        config.settings.rounds[0].start,
        NaiveDate::from_ymd_opt(2027, 9, 7).unwrap()
    );
    let (imap, _, smtp, _) = servers(&config);
    assert_eq!((imap.host.as_str(), imap.port), ("imap.example.net", 993));
    assert_eq!((smtp.host.as_str(), smtp.port), ("smtp.example.net", 2465));
    let again = Args {
        dir: place.path().join("programme"),
        ..Args::default()
    };
    assert!(
        run(&again).is_err(),
        "a folder with something in it is left alone"
    );
}

#[test]
fn the_dates_in_the_rounds_comments_move_along() {
    let (place, ..) = written(flags(&["--start", "2027-09-07"]), None);
    let text = std::fs::read_to_string(place.path().join("programme/rounds/2027B.toml")).unwrap();
    assert!(text.contains("\n# opens = 2027-08-03\n"), "{text}");
    assert!(!text.contains("2027A"), "{text}");
}

#[test]
fn somebody_at_a_terminal_is_asked_until_the_answers_can_be_used() {
    let answers = "Nurses' Exchange\nnobody\nnurses@example.org\n7\nmail.example.org\n\nAda\n\
                   nurses@example.org\nada@example.org\nEurope/Zurrich\nEurope/Zurich\nen,xx\nen fr\n2027-03-09\n";
    let (place, config, asked) = written(flags(&[]), Some(answers));
    assert_eq!(config.settings.name, "Nurses' Exchange");
    assert_eq!(config.settings.address, "nurses@example.org");
    assert_eq!(config.settings.coordinators[0].name, "Ada");
    assert_eq!(config.settings.zone, chrono_tz::Europe::Zurich);
    assert_eq!(config.settings.languages, ["en", "fr"]);
    let (imap, _, smtp, _) = servers(&config);
    assert_eq!(imap.host, "mail.example.org");
    assert_eq!(smtp.host, "smtp.example.org");
    assert!(
        config.verp,
        "a server of one's own takes any return address"
    );
    for why in [
        "an address looks like name@example.org",
        "That is the programme's own address",
        "did you mean Europe/Zurich?",
        "There are no letters in \"xx\" yet",
    ] {
        assert!(asked.contains(why), "{why}: {asked}");
    }
    let secret = place.path().join("programme/secrets/mailbox-password");
    assert_eq!(std::fs::read_to_string(secret).unwrap(), "letmein\n");
    assert!(!asked.contains("letmein"));
}

#[test]
fn what_is_given_is_not_asked() {
    let args = flags(&[
        "--name",
        "Peers",
        "--address",
        "peers@gmail.com",
        "--coordinator",
        "Bo <bo@example.net>",
        "--zone",
        "UTC",
        "--languages",
        "en",
        "--start",
        "2027-03-02",
    ]);
    let (_place, config, asked) = written(args, Some(""));
    assert_eq!(asked.matches('?').count(), 0, "{asked}");
    let (imap, ..) = servers(&config);
    assert_eq!(imap.host, "imap.gmail.com");
}

#[test]
fn every_provider_makes_a_config_that_loads() {
    for provider in &PROVIDERS {
        let args = flags(&["--address", "peers@example.net", "--provider", provider.id]);
        let (_place, config, _) = written(args, None);
        assert_eq!(config.warnings, [], "{}", provider.id);
        let (imap, login, smtp, _) = servers(&config);
        if !provider.imap.host.is_empty() {
            assert_eq!(
                (imap.host.as_str(), imap.port, imap.security),
                (
                    provider.imap.host,
                    provider.imap.port,
                    provider.imap.security
                )
            );
            assert_eq!(
                (smtp.host.as_str(), smtp.port, smtp.security),
                (
                    provider.smtp.host,
                    provider.smtp.port,
                    provider.smtp.security
                )
            );
        }
        assert_eq!(
            config.settings.ceilings.letters_per_day,
            provider.letters_per_day.map(|day| day / 5 * 4),
            "{}",
            provider.id
        );
        let by_token = matches!(login, Login::Token { .. });
        assert_eq!(
            by_token,
            matches!(provider.login, LoginKind::Token(_)),
            "{}",
            provider.id
        );
        assert_eq!(
            config.verp, provider.own_envelope_senders,
            "{}",
            provider.id
        );
        let SendingSettings::Smtp { traces, .. } = &config.sending else {
            panic!("no SMTP");
        };
        assert_eq!(traces.sent_folder.as_deref(), provider.sent_folder);
    }
}

#[test]
fn for_the_service_state_and_password_are_where_the_unit_has_them() {
    let (place, config, _) = written(flags(&["--service"]), None);
    assert_eq!(config.state_dir, Path::new("/var/lib/pairpost"));
    let (_, login, _, sending) = servers(&config);
    for login in [login, sending] {
        assert!(
            matches!(login, Login::Password { secret: SecretSource::SystemdCredential(name), .. } if name == CREDENTIAL),
            "{login:?}"
        );
    }
    assert!(!place.path().join("programme/secrets").exists());
    assert_eq!(
        state_of_service(Path::new("/etc/pairpost/library")),
        "/var/lib/pairpost/library"
    );
    assert_eq!(
        state_of_service(Path::new("/etc/pairpost/")),
        "/var/lib/pairpost"
    );
}

#[test]
fn a_server_is_given_with_or_without_its_port() {
    for (given, host, port) in [
        ("mail.example.org", "mail.example.org", None),
        ("127.0.0.1:1143", "127.0.0.1", Some(1143)),
        ("[::1]:1143", "::1", Some(1143)),
        ("::1", "::1", None),
    ] {
        assert_eq!(parse_host(given), Ok((host.to_owned(), port)), "{given}");
    }
    for wrong in [
        "",
        "mail.example.org:imap",
        "https://mail.example.org",
        "a b",
    ] {
        assert!(parse_host(wrong).is_err(), "{wrong}");
    }
}
