//! Writes the numbers for a monitoring program into a file, in the text format of Prometheus, for its node exporter to pick
//! up. The file is replaced as a whole: a reader never sees half of it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;

use super::copies;
use super::hands::{Handle, pause};
use crate::config::Config;
use crate::store::gauges::{self, Gauge};
use crate::time::{Clock, Moment};

const WRITE_SECONDS: u64 = 60;

pub(super) async fn metrics_loop(
    config: Config,
    handle: Handle,
    clock: Clock,
    stopping: watch::Receiver<bool>,
) {
    let Some(file) = config.metrics_file.clone() else {
        return;
    };
    loop {
        let now = clock.now();
        let written = handle
            .call(move |engine| Ok(gauges::all(engine.store().reader(), now)?))
            .await
            .and_then(|mut gauges| {
                gauges.extend(around(&config, now));
                write(&file, &text(&gauges))
            });
        if let Err(error) = written {
            tracing::warn!(error = %format!("{error:#}"), "the numbers for monitoring cannot be written");
        }
        if !pause(&stopping, Duration::from_secs(WRITE_SECONDS)).await {
            return;
        }
    }
}

/// What the database does not know.
fn around(config: &Config, now: Moment) -> Vec<Gauge> {
    let one = |name, help, value| Gauge {
        name,
        help,
        label: None,
        values: vec![(String::new(), value)],
    };
    let database = config.state_dir.join(super::engine::DATABASE);
    let bytes = std::fs::metadata(database).map_or(0, |found| found.len());
    let mut all = vec![
        one(
            "pairpost_written_timestamp_seconds",
            "When this file was written, in seconds since 1970. Older than a few minutes: the daemon does not run, or hangs.",
            now.timestamp(),
        ),
        one(
            "pairpost_database_bytes",
            "The size of the database.",
            i64::try_from(bytes).unwrap_or(i64::MAX),
        ),
    ];
    if let Some(wanted) = &config.copies {
        all.push(one(
            "pairpost_newest_copy_timestamp_seconds",
            "When the newest copy of the database was made and tried out, in seconds since 1970; 0 for never.",
            copies::newest(&wanted.folder).map_or(0, |at| at.timestamp()),
        ));
    }
    all
}

/// The text format, version 0.0.4.
fn text(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    for gauge in gauges {
        let kind = match gauge.name.ends_with("_total") {
            true => "counter",
            false => "gauge",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {} {}", gauge.name, gauge.help);
        let _ = writeln!(text, "# TYPE {} {kind}", gauge.name);
        for (value_of_label, value) in &gauge.values {
            let _ = match gauge.label {
                Some(label) => writeln!(
                    text,
                    "{}{{{label}=\"{value_of_label}\"}} {value}",
                    gauge.name
                ),
                None => writeln!(text, "{} {value}", gauge.name),
            };
        }
    }
    text
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    use anyhow::Context;
    let mut part = file.as_os_str().to_owned();
    // The exporter reads *.prom only.
    part.push(".part");
    std::fs::write(&part, text)
        .and_then(|()| std::fs::rename(&part, file))
        .with_context(|| format!("{}: cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_says_what_it_means() {
        let gauge = |name, label, values: &[(&str, i64)]| Gauge {
            name,
            help: "What it means.",
            label,
            values: values
                .iter()
                .map(|(word, value)| (word.to_string(), *value))
                .collect(),
        };
        let written = text(&[
            gauge(
                "pairpost_letters",
                Some("state"),
                &[("queued", 3), ("sent", 9)],
            ),
            gauge("pairpost_unknown_total", None, &[("", 1)]),
        ]);
        assert_eq!(
            written,
            "# HELP pairpost_letters What it means.\n# TYPE pairpost_letters gauge\n\
             pairpost_letters{state=\"queued\"} 3\npairpost_letters{state=\"sent\"} 9\n\
             # HELP pairpost_unknown_total What it means.\n# TYPE pairpost_unknown_total counter\n\
             pairpost_unknown_total 1\n"
        );
    }
}
