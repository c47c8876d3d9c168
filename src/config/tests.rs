use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::*;
use crate::mail::account::Security;
use crate::programme::application::{MatchingPart, QuestionKind};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The example folder in a temporary place, with one of its files changed.
fn example_with(file: &str, change: impl Fn(&str) -> String) -> Result<Config, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in EXAMPLE_FILES {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if name == file {
            change(text)
        } else {
            text.to_owned()
        };
        std::fs::write(path, text).unwrap();
    }
    load(dir.path())
}

fn the_problem(result: Result<Config, Vec<Problem>>) -> Problem {
    let problems = result.unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn the_example_loads_from_its_folder_and_built_in_alike() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let loaded = load(&dir).unwrap();
    let built_in = built_in();
    assert_eq!(loaded.settings, built_in.settings);
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.state_dir, dir.join("state"));
}

#[test]
fn the_example_means_what_the_programme_is_specified_to_be() {
    let settings = built_in().settings;
    let round = &settings.rounds[0];
    assert_eq!(round.id, "2027A");
    assert_eq!(round.opens, date("2027-01-26"));
    assert_eq!(round.reminders, [date("2027-02-16"), date("2027-02-20")]);
    assert_eq!(round.deadline, date("2027-02-21"));
    assert_eq!(round.matching, date("2027-02-26"));
    assert_eq!(round.end, date("2027-06-29"));
    assert_eq!(settings.check_in_days, [10, 28, 56, 84]);
    assert_eq!(settings.pool_until_day, 56);
    assert_eq!(settings.cap.as_ref().unwrap().percent, 20);
    assert_eq!(settings.topics_of_a_round(), 9);
    assert_eq!(settings.topics.len(), 18);
    let ids: Vec<&str> = settings
        .form
        .questions
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "name",
            "country",
            "place",
            "languages",
            "sector",
            "stage",
            "interests",
            "about",
            "learn",
            "handles",
            "second_address",
            "wishes",
            "promise"
        ]
    );
    let interests = settings.form.question("interests").unwrap();
    assert_eq!(interests.options.len(), 25);
    assert_eq!(interests.at_most, Some(5));
    assert_eq!(interests.matching, MatchingPart::Similarity(10));
    let wishes = settings.form.question("wishes").unwrap();
    assert_eq!(wishes.kind, QuestionKind::Wishes);
    assert_eq!(wishes.options[0].id, "must");
    assert_eq!(wishes.options[0].label.of("es"), "Mi pareja debe ser");
    assert!(
        !settings
            .form
            .question("second_address")
            .unwrap()
            .shown_to_partner
    );
}

#[test]
fn the_example_form_speaks_three_languages_without_gaps() {
    let form = built_in().settings.form;
    for question in &form.questions {
        for language in ["en", "fr", "es"] {
            assert!(
                question.label.0.contains_key(language),
                "{} {language}",
                question.id
            );
            // A list of boxes explains itself.
            let has_help = question.help.0.contains_key(language);
            assert!(
                has_help || !question.options.is_empty(),
                "{} {language}",
                question.id
            );
            let labels: BTreeSet<&str> = question
                .options
                .iter()
                .map(|option| option.label.of(language))
                .collect();
            assert_eq!(
                labels.len(),
                question.options.len(),
                "{} {language}",
                question.id
            );
            for option in &question.options {
                assert!(
                    option.label.0.contains_key(language),
                    "{} {}",
                    question.id,
                    option.id
                );
            }
        }
    }
}

#[test]
fn every_key_that_is_read_stands_in_the_example() {
    // A key that nobody asks for is refused, so uncommenting every line proves that all examples are known keys; the
    // other way round, the unknown-key problem lists what is known, and each of these must stand in the file.
    let example = include_str!("../../config/pairpost.toml");
    for section in [
        "programme",
        "mailbox",
        "sending",
        "schedule",
        "matching",
        "matching.weights",
        "matching.roles",
        "cap",
        "silence",
        "limits",
        "copies",
    ] {
        let problems = example_with("pairpost.toml", |text| {
            text.replace("# [matching.roles]", "[matching.roles]")
                .replace(
                    &format!("[{section}]\n"),
                    &format!("[{section}]\nqqqq = 1\n"),
                )
        })
        .unwrap_err();
        let known = problems
            .iter()
            .find_map(|problem| problem.remedy.split("are: ").nth(1))
            .unwrap()
            .trim_end_matches('.');
        for key in known
            .split(", ")
            .filter(|key| !["weights", "roles"].contains(key))
        {
            let standing = example.lines().any(|line| {
                let line = line.trim_start_matches(['#', ' ']);
                line.split_once(" = ").is_some_and(|(name, _)| name == key)
            });
            assert!(
                standing,
                "{section}.{key} is read but not shown in the example"
            );
        }
    }
}

#[test]
fn defaults_shown_in_the_example_are_the_defaults() {
    let plain = built_in().settings;
    let uncommented = example_with("pairpost.toml", |text| {
        let alternatives = [
            "password_environment",
            "password_command",
            "password_credential",
            "oauth",
            "oauth_client_id",
            "oauth_client_secret_file",
            "oauth_grant",
            "oauth_token_file",
            "oauth_tenant",
            "oauth_token_url",
            "oauth_device_url",
            "oauth_scope",
            "tls_ca_file",
            "tls_name",
            "path",
            "channels",
            "logo",
            "max_hours_apart",
            "letters_per_day",
            "release_after_hours",
            "exempt",
            "arrived",
            "columns",
            // A section of its own, which is left out where all are peers.
            "question",
            "mentor",
            "mentee",
            "capacity",
            "at_most",
        ];
        text.lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest)
                    if rest.split_once(" = ").is_some_and(|(key, _)| {
                        !key.contains(' ') && !alternatives.contains(&key)
                    }) =>
                {
                    rest
                }
                _ => line,
            })
            .collect::<Vec<_>>()
            .join("\n")
    })
    .unwrap();
    assert_eq!(uncommented.settings, plain);
    assert_eq!(uncommented.mailbox, {
        let dir = uncommented.state_dir.parent().unwrap();
        match built_in().mailbox {
            MailboxSettings::Imap {
                server,
                folder,
                processed_folder,
                quarantine_folder,
                ..
            } => MailboxSettings::Imap {
                server,
                login: crate::mail::account::Login::Password {
                    user: "exchange@example.org".into(),
                    secret: crate::mail::account::SecretSource::File(
                        dir.join("secrets/mailbox-password"),
                    ),
                },
                folder,
                processed_folder,
                quarantine_folder,
            },
            other => other,
        }
    });
}

#[test]
fn a_login_by_token_needs_an_id_and_an_encrypted_way() {
    let with = |keys: &str| {
        let keys = keys.to_owned();
        example_with("pairpost.toml", move |text| {
            text.replacen("password_file = \"secrets/mailbox-password\"", &keys, 1)
        })
    };
    let login = |keys: &str| match with(keys).unwrap().mailbox {
        MailboxSettings::Imap { login, .. } => login,
        MailboxSettings::Maildir { .. } => panic!("it is no Maildir"),
    };
    let crate::mail::account::Login::Token { user, oauth } =
        login("oauth = \"microsoft\"\noauth_client_id = \"x\"\noauth_tenant = \"t\"")
    else {
        panic!("it is a login by token");
    };
    assert_eq!(user, "exchange@example.org");
    assert_eq!(
        oauth.token_url,
        "https://login.microsoftonline.com/t/oauth2/v2.0/token"
    );
    let other = "oauth = \"other\"\noauth_client_id = \"x\"\noauth_token_url = ";
    login(&format!("{other}\"http://127.0.0.1:99/token\""));
    for (keys, key) in [
        ("oauth = \"google\"", "mailbox.oauth_client_id"),
        ("oauth = \"gogle\"", "mailbox.oauth"),
        (
            &format!("{other}\"http://login.example.org/\""),
            "mailbox.oauth_token_url",
        ),
        (
            &format!("{other}\"http://localhost.example.org/\""),
            "mailbox.oauth_token_url",
        ),
        (
            "oauth = \"microsoft\"\noauth_client_id = \"x\"\noauth_grant = \"application\"",
            "mailbox.oauth_grant",
        ),
    ] {
        assert_eq!(the_problem(with(keys)).key, key, "{keys}");
    }
}

#[test]
fn a_mistyped_key_is_told_with_its_line_and_the_right_word() {
    let problem = the_problem(example_with("pairpost.toml", |text| {
        text.replace("languages =", "langauges =")
    }));
    assert_eq!(problem.file, "pairpost.toml");
    assert_eq!(problem.key, "programme.langauges");
    assert_eq!(problem.remedy, "Did you mean \"languages\"?");
    let line = include_str!("../../config/pairpost.toml")
        .lines()
        .position(|line| line.starts_with("languages ="))
        .unwrap();
    assert_eq!(problem.line, Some(line + 1));
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("pairpost.toml"),
        "[programme]\nname = 7\nzone = \"Europe/Zurch\"\n[mailbox]\nkind = \"imapp\"\n",
    )
    .unwrap();
    std::fs::create_dir(dir.path().join("rounds")).unwrap();
    std::fs::write(dir.path().join("rounds/x.toml"), "start = 2027-02-30\n").unwrap();
    let problems = load(dir.path()).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let has = |words: &str| {
        assert!(
            told.iter().any(|it| it.contains(words)),
            "{words}: {told:#?}"
        )
    };
    has("pairpost.toml:2: programme.name = 7: it must be a text");
    has("programme.address: this key is missing");
    has("Did you mean \"Europe/Zurich\"?");
    has("Did you mean \"imap\"?");
    has("there is no coordinator");
    has("form.toml: it cannot be read");
    has("rounds/x.toml:1: ");
}

#[test]
fn a_password_in_the_config_is_refused_and_never_repeated() {
    let problem = the_problem(example_with("pairpost.toml", |text| {
        text.replace(
            "password_file = \"secrets/mailbox-password\"\n# An env",
            "password_file = \"secrets/mailbox-password\"\npassword = \"hunter2\"\n# An env",
        )
    }));
    assert!(!problem.to_string().contains("hunter2"));
    assert!(problem.remedy.contains("password_file"));
}

#[test]
fn plain_connections_are_taken_on_this_machine_only() {
    let with_host = |host: &str| {
        example_with("pairpost.toml", |text| {
            text.replace(
                "host = \"imap.example.org\"",
                &format!("host = \"{host}\"\nsecurity = \"plain\""),
            )
        })
    };
    assert_eq!(
        the_problem(with_host("imap.example.org")).key,
        "mailbox.security"
    );
    assert_eq!(
        the_problem(with_host("127.0.0.1.example.org")).key,
        "mailbox.security"
    );
    for host in ["localhost", "127.0.0.1", "::1"] {
        let MailboxSettings::Imap { server, .. } = with_host(host).unwrap().mailbox else {
            panic!("no IMAP");
        };
        assert_eq!((server.security, server.port), (Security::Plain, 143));
    }
}

#[test]
fn the_state_of_a_programme_without_safety_contact_is_a_warning() {
    let config = example_with("pairpost.toml", |text| {
        text.replace("safety_contact = true", "safety_contact = false")
    })
    .unwrap();
    assert_eq!(config.warnings.len(), 1);
    assert!(config.warnings[0].why.contains("safety contact"));
}

#[test]
fn a_misspelt_folder_is_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in EXAMPLE_FILES {
        let name = name.replace("surveys/", "survey/");
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::create_dir(dir.path().join("secrets")).unwrap();
    let warnings = load(dir.path()).unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert_eq!(warnings[0].remedy, "If you mean surveys, rename it.");
}

#[test]
fn monthly_topics_over_six_months_are_a_matter_of_config() {
    let config = example_with("pairpost.toml", |text| {
        text.replace("# topics = \"0 0 9 * * Tue\"", "topics = \"0 0 9 1 * *\"")
            .replace("# topics_every = 2", "topics_every = 1")
    });
    // Nine months of topics do not fit into 119 days, and that is told.
    assert!(the_problem(config).why.contains("the last topic"));
}

#[test]
fn a_rehearsal_never_touches_the_real_mailbox() {
    let config = built_in().on_maildirs(Path::new("/x"));
    assert_eq!(
        config.mailbox,
        MailboxSettings::Maildir {
            path: "/x/in".into()
        }
    );
    assert_eq!(
        config.sending,
        SendingSettings::Maildir {
            path: "/x/out".into()
        }
    );
    assert_eq!(config.state_dir, Path::new("/x/state"));
}
