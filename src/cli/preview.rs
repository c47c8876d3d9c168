//! `pairpost preview`: letters as they will look, with invented values.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::{TimeZone, Utc};
use clap::{Args as Arguments, ValueEnum};

use crate::config::{self, Config};
use crate::documents;
use crate::mail::outbound::compose::{self, Parts};
use crate::programme::letter::LetterKind;
use crate::programme::report::page::{Report, filled, html};
use crate::programme::report::sample;
use crate::templates::{self, Frame, Rendered, Templates};

/// A letter as text, HTML or .eml, with invented values
#[derive(Debug, Arguments)]
#[command(
    after_help = "Examples:\n  pairpost preview introduction\n  pairpost preview check-in --format eml > check-in.eml\n  pairpost preview --all --lang fr --to letters/"
)]
pub struct Args {
    /// The letter's name; without one, the names are listed.
    letter: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of the letter; by default the programme's first.
    #[arg(long, value_name = "CODE")]
    lang: Option<String>,
    /// Write every letter as .txt, .html and .eml into --to, with a page to browse them.
    #[arg(long, requires = "to")]
    all: bool,
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Html,
    Eml,
}

pub fn run(args: &Args, dir: Option<&Path>) -> anyhow::Result<ExitCode> {
    // Before there is a programme, the built-in letters can be looked at.
    let has_config = dir.is_some() || super::config_dir(None).join("pairpost.toml").is_file();
    let mut config = if has_config {
        super::load(dir)?
    } else {
        config::built_in()
    };
    let language = args
        .lang
        .clone()
        .unwrap_or_else(|| config.settings.languages[0].clone());
    let speaks = |templates: &Templates| templates.languages().any(|known| known == language);
    if !speaks(&config.templates) && speaks(&Templates::built_in()) {
        // A language that the programme could speak is shown as it is built in.
        config.templates = Templates::built_in();
    }
    anyhow::ensure!(
        config.templates.languages().any(|known| known == language),
        "there are no letters in {language:?}; there are: {}",
        config.templates.languages().collect::<Vec<_>>().join(", ")
    );
    let samples = config.templates.samples(&language);
    if let (true, Some(to)) = (args.all, &args.to) {
        write_all(&config, &samples, &language, to)?;
        println!(
            "{} letters in {}; open {} to look through them",
            samples.len(),
            to.display(),
            to.join("index.html").display()
        );
        return Ok(ExitCode::SUCCESS);
    }
    let Some(name) = &args.letter else {
        for name in LetterKind::NAMES {
            println!("{name}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let kind = samples
        .iter()
        .find(|kind| kind.name() == name)
        .with_context(|| {
            format!(
                "there is no letter {name:?}; there are: {}",
                LetterKind::NAMES.join(", ")
            )
        })?;
    let rendered = render(&config, kind, &language)?;
    match args.format {
        Format::Text => print!("Subject: {}\n\n{}", rendered.subject, rendered.text),
        Format::Html => print!("{}", in_browser(&config, &rendered.html)),
        Format::Eml => {
            use std::io::Write;
            std::io::stdout().write_all(&eml(&config, kind, &rendered)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Each letter in its three forms, the report of a round, and a page to browse them.
fn write_all(
    config: &Config,
    samples: &[LetterKind],
    language: &str,
    to: &Path,
) -> anyhow::Result<()> {
    super::make_folder(to)?;
    let write = |name: String, bytes: &[u8]| super::write_file(&to.join(name), bytes);
    let mut rows = String::new();
    let bar = super::progress_bar(samples.len() as u64, "letters");
    for kind in samples {
        bar.inc(1);
        let rendered = render(config, kind, language)?;
        let name = kind.name();
        write(
            format!("{name}.txt"),
            format!("Subject: {}\n\n{}", rendered.subject, rendered.text).as_bytes(),
        )?;
        write(
            format!("{name}.html"),
            in_browser(config, &rendered.html).as_bytes(),
        )?;
        write(format!("{name}.eml"), &eml(config, kind, &rendered)?)?;
        rows.push_str(&format!(
            "<tr><th scope=\"row\"><a href=\"{name}.html\">{name}</a></th><td>{}</td><td><a href=\"{name}.txt\" \
             aria-label=\"{name}: text\">text</a></td><td><a href=\"{name}.eml\" aria-label=\"{name}: mail\">mail</a></td></tr>\n",
            templates::escaped(&rendered.subject)
        ));
    }
    bar.finish_and_clear();
    let (round, former) = sample::rounds();
    let report = Report::of(&config.settings.name, &round, &former, language);
    write("round-report.html".into(), html(&report).as_bytes())?;
    write("round-report.pdf".into(), &documents::report::pdf(&report)?)?;
    let page = filled(
        include_str!("preview.html"),
        &[
            ("LANGUAGE", &templates::escaped(language)),
            ("PROGRAMME", &templates::escaped(&config.settings.name)),
            ("ROWS", &rows),
        ],
    );
    write("index.html".into(), page.as_bytes())
}

/// A browser knows no parts of mail: the logo stands in the page itself there.
fn in_browser(config: &Config, html: &str) -> String {
    use base64::Engine;
    match &config.logo {
        None => html.to_owned(),
        Some(logo) => html.replace(
            &format!("cid:{}", logo.content_id),
            &format!(
                "data:{};base64,{}",
                logo.content_type,
                base64::engine::general_purpose::STANDARD.encode(&logo.bytes)
            ),
        ),
    }
}

fn render(config: &Config, kind: &LetterKind, language: &str) -> anyhow::Result<Rendered> {
    let reaches_partner = matches!(
        kind,
        LetterKind::Introduction {
            reply_reaches_partner: true,
            ..
        }
    );
    let frame = Frame {
        answers_to: (!reaches_partner).then(|| config.settings.address.clone()),
        reference: Some("k7q2-x9m4ta".into()),
        logo: config.logo.as_ref().map(|logo| logo.content_id.clone()),
        ..Frame::of(&config.settings)
    };
    Ok(config.templates.render(kind, language, &frame)?)
}

fn eml(config: &Config, kind: &LetterKind, rendered: &Rendered) -> anyhow::Result<Vec<u8>> {
    compose::compose(&Parts {
        from_name: &config.settings.name,
        from_address: &config.settings.address,
        to_name: "Preview",
        to_address: "preview@example.org",
        reply_to: &[],
        subject: &rendered.subject,
        text: &rendered.text,
        html: &rendered.html,
        inline: config.logo.as_ref(),
        attachments: kind.attachments(),
        message_id: "preview@example.org",
        thread: &[],
        date: Utc
            .timestamp_opt(1_804_000_000, 0)
            .single()
            .unwrap_or_default(),
        automatic: None,
        occasion: None,
    })
}
