//! `pairpost.toml`: the programme, its mailbox, its rhythm, its rules and its limits. Every default is here and, with
//! its sentence, in `config/pairpost.toml`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::Copies;
use super::accounts;
use super::written::{Problems, Section, Source, is_language_code};
use crate::mail::account::{MailboxSettings, SendingSettings};
use crate::mail::outbound::compose::Inline;
use crate::problem::Problem;
use crate::programme::application::Form;
use crate::programme::settings::{
    Acceptance, Cap, CatchUp, Ceilings, Coordinator, Different, Import, IntroductionReplyTo, Odd,
    Pairing, Release, Retention, Roles, Settings, Silence, StillWithUs, Weights,
};

/// Reply tokens take 30 characters of the 64 that a mailbox name may have (RFC 5321 section 4.5.3.1.1).
const MAILBOX_NAME_MAX_CHARS: usize = 34;
const YEAR_DAYS: u32 = 366;
const HOURS_MAX: u32 = 24 * 60;

/// What the file means; form, rounds and topics are in other files.
pub struct ProgrammeFile {
    pub settings: Settings,
    pub mailbox: MailboxSettings,
    pub sending: SendingSettings,
    pub verp: bool,
    pub poll_cron: String,
    pub state_dir: PathBuf,
    pub certificate_fonts: Vec<PathBuf>,
    pub logo: Option<Inline>,
    pub authserv_ids: Vec<String>,
    pub dns_server: Option<SocketAddr>,
    pub metrics_file: Option<PathBuf>,
    pub copies: Option<Copies>,
}

pub fn read(
    file: &str,
    text: &str,
    base: &Path,
    problems: &Problems,
    warnings: &Problems,
) -> Option<ProgrammeFile> {
    let source = Source::new(file, text);
    let table = source.parse(problems);
    let whole = Section::whole(&source, &table, problems);

    let programme = whole.section("programme");
    let name = programme.required_text(
        "name",
        "Write name = \"...\": how letters call the programme.",
    );
    let address = programme
        .required_text(
            "address",
            "Write address = \"...\": the one mail address of the programme.",
        )
        .and_then(|_| programme.address("address"));
    if let Some((local, _)) = address.as_deref().and_then(|it| it.rsplit_once('@')) {
        if local.len() > MAILBOX_NAME_MAX_CHARS {
            programme.refuse(
                "address",
                "the part before the @ is too long: reply tokens are added to it, and 64 characters are the limit",
                "Use an address with at most 34 characters before the @.",
            );
        }
        if local.contains('+') {
            programme.refuse(
                "address",
                "the part after a + is where reply tokens go",
                "Write the address without the + and what follows it.",
            );
        }
    }
    let zone = programme.zone("zone").unwrap_or_else(|| {
        if !programme.has("zone") {
            programme.required_text(
                "zone",
                "Write zone = \"Europe/Zurich\": the zone of the times below.",
            );
        }
        Tz::UTC
    });
    let morning = programme
        .time("morning")
        .or(NaiveTime::from_hms_opt(9, 0, 0));
    let languages = programme
        .texts("languages")
        .unwrap_or_else(|| vec!["en".into()]);
    if languages.is_empty() || languages.iter().any(|code| !is_language_code(code)) {
        programme.refuse(
            "languages",
            "it must list language codes",
            "Write [\"en\"], or several; the first is the default.",
        );
    }
    let state_dir = programme
        .text("state_dir")
        .unwrap_or_else(|| "state".into());
    let metrics_file = programme.text("metrics_file").map(|file| base.join(file));
    let channels = programme.texts("channels").unwrap_or_default();
    let certificate_fonts: Vec<PathBuf> = programme
        .texts("certificate_fonts")
        .unwrap_or_default()
        .iter()
        .map(|path| base.join(path))
        .collect();
    if let Some(missing) = certificate_fonts.iter().find(|path| !path.is_file()) {
        warnings.add(Problem {
            file: file.into(),
            line: None,
            key: "programme.certificate_fonts".into(),
            value: Some(missing.display().to_string()),
            why: "there is no such file".into(),
            remedy: "Name font files (.ttf) that are on this machine.".into(),
        });
    }
    let logo = logo(&programme, base, address.as_deref());
    let acceptance = programme
        .one_of(
            "acceptance",
            &[
                ("by-rule", Acceptance::ByRule),
                ("by-hand", Acceptance::ByHand),
            ],
        )
        .unwrap_or(Acceptance::ByRule);
    let introduction_reply_to = programme
        .one_of(
            "introduction_reply_to",
            &[
                ("partner", IntroductionReplyTo::Partner),
                ("programme", IntroductionReplyTo::Programme),
            ],
        )
        .unwrap_or(IntroductionReplyTo::Partner);
    let late_to_pool = programme
        .one_of(
            "late_applications",
            &[("next-round", false), ("pool", true)],
        )
        .unwrap_or(false);
    programme.finish();

    let coordinators = coordinators(&whole, file, problems, warnings, address.as_deref());
    let mailbox = accounts::mailbox(&whole.section("mailbox"), base);
    let sending_section = whole.section("sending");
    let verp = sending_section.flag("verp", true);
    let sending = accounts::sending(&sending_section, base);

    let trust = trust(&whole);

    let schedule = whole.section("schedule");
    let cron = |key, default: &str| {
        let written = schedule.recurring(key);
        written.map_or_else(|| default.to_owned(), |it| it.as_str().to_owned())
    };
    let poll_cron = cron("poll", "0 * * * * *");
    let topics_cron = cron("topics", "0 0 9 * * Tue");
    let digest_cron = cron("digest", "0 0 9 * * Mon");
    let digest_busy_cron = cron("digest_busy", "0 0 9 * * *");
    let pool_cron = cron("pool", "0 0 7 * * *");
    let topics_every = schedule.number("topics_every", 1..=52).unwrap_or(2);
    let check_in_days = schedule
        .numbers("check_in_days", 1..=YEAR_DAYS)
        .unwrap_or_else(|| vec![10, 28, 56, 84]);
    if !check_in_days.is_sorted_by(|a, b| a < b) {
        schedule.refuse(
            "check_in_days",
            "the days do not go up",
            "Write each day once, the smallest first.",
        );
    }
    let pool_until_day = schedule
        .number("pool_until_day", 0..=YEAR_DAYS)
        .unwrap_or(56);
    let still_with_us = StillWithUs {
        older_than_days: schedule
            .number("ask_again_after_days", 1..=YEAR_DAYS)
            .unwrap_or(21),
        answer_within_days: schedule
            .number("ask_again_answer_days", 1..=30)
            .unwrap_or(5),
    };
    schedule.finish();

    let matching = whole.section("matching");
    let pairing = pairing(&matching);
    let odd = matching
        .one_of(
            "odd",
            &[("trio", Odd::Trio), ("wait", Odd::Wait), ("ask", Odd::Ask)],
        )
        .unwrap_or(Odd::Trio);
    let release = matching
        .number("release_after_hours", 1..=HOURS_MAX)
        .map_or(Release::Wait, Release::AfterHours);
    matching.finish();

    let cap = whole.section("cap");
    let capped = cap.flag("enabled", true);
    let percent = cap.number("percent", 1..=100).unwrap_or(20);
    let exempt = cap.texts("exempt").unwrap_or_default();
    if exempt
        .iter()
        .any(|code| crate::config::questions::is_not_country(code))
    {
        cap.refuse(
            "exempt",
            "it must list countries by their two letters",
            "Write them as [\"AU\", \"NZ\"].",
        );
    }
    cap.finish();

    let silence = whole.section("silence");
    let firm_after_days = silence.number("firm_after_days", 1..=90).unwrap_or(7);
    let end_after_days = silence.number("end_after_days", 2..=180).unwrap_or(14);
    if end_after_days <= firm_after_days {
        silence.refuse(
            "end_after_days",
            "the partnership would end before the firm letter has gone out",
            "Make end_after_days larger than firm_after_days.",
        );
    }
    silence.finish();

    let limits = whole.section("limits");
    let limit = |key, default| limits.number(key, 1..=100_000).unwrap_or(default);
    let ceilings = Ceilings {
        letters_per_hour: limit("letters_per_hour", 1000),
        letters_per_day: limits.number("letters_per_day", 10..=1_000_000),
        letters_per_minute: limit("letters_per_minute", 20),
        letters_per_domain_per_minute: limit("letters_per_domain_per_minute", 10),
        letters_per_address_per_day: limit("letters_per_address_per_day", 30),
        stranger_letters_per_hour_open: limit("stranger_letters_per_hour_open", 200),
        stranger_letters_per_hour_closed: limit("stranger_letters_per_hour_closed", 20),
        answers_per_address_per_day: limit("answers_per_address_per_day", 3),
    };
    let catch_up = CatchUp {
        introductions_hours: limits
            .number("introductions_late_hours", 1..=HOURS_MAX)
            .unwrap_or(72),
        reminders_hours: limits
            .number("reminders_late_hours", 1..=HOURS_MAX)
            .unwrap_or(48),
    };
    limits.finish();

    let import_section = whole.section("import");
    let import = Import {
        address: import_section
            .text("address")
            .unwrap_or_else(|| "Email address".into()),
        arrived: import_section.text("arrived"),
        columns: import_section
            .texts_by_word("columns")
            .into_iter()
            .collect(),
    };
    import_section.finish();
    let kept = whole.section("retention");
    let retention = Retention {
        months: kept.number("months", 1..=120).unwrap_or(12),
        notice_days: kept.number("notice_days", 7..=90).unwrap_or(30),
        mail_days: kept.number("mail_days", 1..=3650).unwrap_or(30),
        backups_days: kept.number("backups_days", 1..=365).unwrap_or(30),
    };
    if retention.notice_days / 28 >= retention.months {
        kept.refuse(
            "notice_days",
            "the notice would go out before anybody has been away for so long",
            "Make notice_days smaller, or months larger.",
        );
    }
    kept.finish();
    let copies = copies(&whole, &base.join(&state_dir), &retention);
    whole.finish();

    Some(ProgrammeFile {
        settings: Settings {
            name: name?,
            address: address?,
            zone,
            morning: morning?,
            languages,
            coordinators,
            form: Form::default(),
            rounds: Vec::new(),
            pairing,
            cap: capped.then_some(Cap { percent, exempt }),
            acceptance,
            odd,
            release,
            introduction_reply_to,
            check_in_days,
            silence: Silence {
                firm_after_days,
                end_after_days,
            },
            pool_until_day,
            late_to_pool,
            still_with_us,
            topics_cron,
            topics_every,
            topics: Vec::new(),
            digest_cron,
            digest_busy_cron,
            pool_cron,
            catch_up,
            ceilings,
            retention,
            channels,
            surveys: Vec::new(),
            import,
            second_coordinator: trust.second_coordinator,
        },
        mailbox: mailbox?,
        sending: sending?,
        verp,
        poll_cron,
        state_dir: base.join(state_dir),
        certificate_fonts,
        logo,
        authserv_ids: trust.authserv_ids,
        dns_server: trust.dns_server,
        metrics_file,
        copies,
    })
}

/// A logo travels in each letter, so a large one costs every reader.
const LOGO_MAX_BYTES: usize = 60_000;

/// The programme's logo, read once: letters that are composed later must not depend on the file.
fn logo(programme: &Section<'_>, base: &Path, address: Option<&str>) -> Option<Inline> {
    let path = base.join(programme.text("logo")?);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            programme.refuse(
                "logo",
                &format!("{} cannot be read ({error})", path.display()),
                "Write the path of a picture, relative to this folder, or remove the line.",
            );
            return None;
        }
    };
    if bytes.len() > LOGO_MAX_BYTES {
        programme.refuse(
            "logo",
            &format!(
                "it has {} kB and travels in every letter",
                bytes.len() / 1000
            ),
            "Make it smaller: 400 pixels wide and 60 kB at most.",
        );
        return None;
    }
    let content_type = if bytes.starts_with(b"\x89PNG\r\n") {
        "image/png"
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        "image/jpeg"
    } else if bytes.starts_with(b"GIF8") {
        "image/gif"
    } else {
        programme.refuse(
            "logo",
            "it is no PNG, JPEG or GIF, which all mail programs show",
            "Save it as a PNG.",
        );
        return None;
    };
    let (_, domain) = address?.rsplit_once('@')?;
    Some(Inline {
        content_id: format!("logo@{domain}"),
        content_type,
        bytes,
    })
}

/// When the daemon copies its database, and where to; none where nobody has asked for it.
fn copies(whole: &Section<'_>, state_dir: &Path, retention: &Retention) -> Option<Copies> {
    let section = whole.section("copies");
    let when = section.recurring("when");
    let folder = section.text("folder").unwrap_or_else(|| "backups".into());
    let keep = section.number("keep", 1..=1000).unwrap_or(30);
    section.finish();
    when.map(|when| Copies {
        when,
        folder: state_dir.join(folder),
        keep: keep as usize,
        days: retention.backups_days,
    })
}

fn coordinators(
    whole: &Section<'_>,
    file: &str,
    problems: &Problems,
    warnings: &Problems,
    programme_address: Option<&str>,
) -> Vec<Coordinator> {
    let about_the_file = |why: &str, remedy: &str| Problem {
        file: file.into(),
        line: None,
        key: "coordinators".into(),
        value: None,
        why: why.into(),
        remedy: remedy.into(),
    };
    let sections = whole.sections("coordinators");
    if sections.is_empty() {
        problems.add(about_the_file(
            "there is no coordinator, so nobody would get what needs a person",
            "Write [[coordinators]] with name and address, and safety_contact = true for the one who takes concerns.",
        ));
        return Vec::new();
    }
    let mut coordinators: Vec<Coordinator> = Vec::new();
    for section in &sections {
        let name = section.required_text(
            "name",
            "Write name = \"...\": how letters call this coordinator.",
        );
        let address = section
            .required_text(
                "address",
                "Write address = \"...\": where this coordinator gets mail.",
            )
            .and_then(|_| section.address("address"));
        let may_act = section.flag("may_act", true);
        let safety_contact = section.flag("safety_contact", false);
        section.finish();
        let (Some(name), Some(address)) = (name, address) else {
            continue;
        };
        let same = |other: &str| other.eq_ignore_ascii_case(&address);
        if coordinators.iter().any(|other| same(&other.address)) {
            section.refuse(
                "address",
                "two coordinators have the same address",
                "Keep one of the entries.",
            );
        }
        if programme_address.is_some_and(same) {
            section.refuse(
                "address",
                "this is the programme's own address, so letters to this coordinator would come back to the programme",
                "Write a coordinator's personal address.",
            );
        }
        coordinators.push(Coordinator {
            name,
            address,
            may_act,
            safety_contact,
        });
    }
    if !coordinators.is_empty() && !coordinators.iter().any(|it| it.may_act) {
        problems.add(about_the_file(
            "no coordinator may act, so nobody could release the pairs by mail",
            "Write may_act = true for at least one.",
        ));
    }
    if !coordinators.is_empty() && !coordinators.iter().any(|it| it.safety_contact) {
        warnings.add(about_the_file(
            "no coordinator is the safety contact, so concerns go to the first one",
            "Write safety_contact = true for the person whom people can tell a concern.",
        ));
    }
    coordinators
}

struct Trust {
    authserv_ids: Vec<String>,
    dns_server: Option<SocketAddr>,
    second_coordinator: bool,
}

/// Whose word about senders counts, and whether one coordinator is enough.
fn trust(whole: &Section<'_>) -> Trust {
    let section = whole.section("trust");
    let authserv_ids = section.texts("authserv_id").unwrap_or_default();
    if authserv_ids
        .iter()
        .any(|name| name.is_empty() || name.contains([' ', ';', '\t', '"', '(']))
    {
        section.refuse(
            "authserv_id",
            "it must list names as they stand in Authentication-Results, behind the colon",
            "Write them as [\"mx.example.org\"]; `pairpost check --mail` tells the name.",
        );
    }
    let dns_server = section.text("dns_server").and_then(|written| {
        let address = written.parse().or_else(|_| {
            written
                .parse()
                .map(|host: IpAddr| SocketAddr::new(host, 53))
        });
        if address.is_err() {
            section.refuse(
                "dns_server",
                "it is not the address of a server",
                "Write it as \"9.9.9.9\" or \"127.0.0.1:5353\".",
            );
        }
        address.ok()
    });
    let second_coordinator = section.flag("second_coordinator", false);
    section.finish();
    Trust {
        authserv_ids,
        dns_server,
        second_coordinator,
    }
}

/// Mentors and mentees, where there is such a section.
fn roles(matching: &Section<'_>) -> Option<Roles> {
    if !matching.has("roles") {
        return None;
    }
    let section = matching.section("roles");
    let question = section.required_text(
        "question",
        "Write question = \"role\": the question of form.toml that says who somebody is.",
    );
    let mentor = section.text("mentor").unwrap_or_else(|| "mentor".into());
    let mentee = section.text("mentee").unwrap_or_else(|| "mentee".into());
    let capacity = section.text("capacity");
    let at_most = section.number("at_most", 1..=50).unwrap_or(5);
    section.finish();
    Some(Roles {
        question: question?,
        mentor,
        mentee,
        capacity,
        at_most,
    })
}

fn pairing(matching: &Section<'_>) -> Pairing {
    let weights = matching.section("weights");
    let weight = |key, default| weights.number(key, 0..=10_000).unwrap_or(default);
    let pairing = Pairing {
        different: matching
            .one_of(
                "different",
                &[
                    ("country", Different::Country),
                    ("region", Different::Region),
                    ("organisation", Different::Organisation),
                    ("nothing", Different::Nothing),
                ],
            )
            .unwrap_or(Different::Country),
        shared_language: matching.flag("shared_language", true),
        max_hours_apart: matching.number("max_hours_apart", 1..=12),
        weights: Weights {
            wish: weight("wish", 100),
            interest: weight("interest", 10),
            waking_half_hour: weight("waking_half_hour", 1),
            same_stage: weight("same_stage", 5),
            same_sector: weight("same_sector", 5),
            carry_over: weight("carry_over", 20),
        },
        roles: roles(matching),
    };
    weights.finish();
    pairing
}
