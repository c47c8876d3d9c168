//! A word to many: shown first with the number of people, sent after `send`, to each once and on a day of their own on
//! which nothing else comes unasked.

use crate::ids::{AnnouncementId, PersonId};
use crate::places;
use crate::programme::decision::{Change, Decision, Occasion};
use crate::programme::event::Command;
use crate::programme::facts::{Announcement, AnnouncementState, Audience, Facts, Person};
use crate::programme::letter::{About, Letter, LetterKind};
use crate::programme::settings::Settings;
use crate::programme::{pace, timetable};

/// Longer texts are no announcement, and clients cut them.
const TEXT_MAX_CHARS: usize = 8_000;

/// Reads "all", "round 2027A", "country Norway", "language es".
///
/// # Errors
/// What is wrong, as a sentence.
pub fn audience(words: &str) -> Result<Audience, String> {
    let (kind, name) = words
        .trim()
        .split_once(char::is_whitespace)
        .unwrap_or((words.trim(), ""));
    let name = name.trim();
    match (kind.to_lowercase().as_str(), name) {
        ("all", "") => Ok(Audience::All),
        ("round", name) if !name.is_empty() => Ok(Audience::Round(name.to_string())),
        ("country", name) if !name.is_empty() => places::country(name)
            .one()
            .map(Audience::Country)
            .ok_or_else(|| format!("\"{name}\" is not clear as a country.")),
        ("language", name) if !name.is_empty() => places::language(name)
            .one()
            .map(Audience::Language)
            .ok_or_else(|| format!("\"{name}\" is not clear as a language.")),
        _ => Err(format!(
            "\"{words}\" names no readers. Write one of: announce to all, announce to round 2027A, announce to country \
             Norway, announce to language Spanish."
        )),
    }
}

/// Whom the announcement reaches now.
fn readers(facts: &Facts) -> impl Iterator<Item = &Person> {
    facts.audience.iter().filter(|person| {
        person.may_be_written_to(facts.now.with_timezone(&person.zone).date_naive())
    })
}

/// The announcement as it would look, with the number of its readers; nothing is sent.
pub fn preview(
    settings: &Settings,
    facts: &Facts,
    command: &Command,
    (audience, subject, text): (&Audience, &str, &str),
) -> Decision {
    if let Audience::Round(id) = audience
        && timetable::round(settings, id).is_none()
    {
        return Decision::ignored(&format!("There is no round \"{id}\" in the config."));
    }
    if subject.trim().is_empty() || text.trim().is_empty() {
        return Decision::ignored(
            "An announcement needs a subject on the line below \"announce to ...\", and its text below that.",
        );
    }
    if text.chars().count() > TEXT_MAX_CHARS {
        return Decision::ignored(&format!(
            "The text is longer than {TEXT_MAX_CHARS} characters; nothing was kept of it."
        ));
    }
    let id = AnnouncementId(facts.fresh.announcement);
    let people = count(readers(facts).count());
    let left_out = count(facts.audience.len()) - people;
    let mut decision = Decision::noting(format!(
        "announcement {id} to {}: it would reach {people} people, {left_out} others get no mail now",
        in_words(settings, audience)
    ));
    decision.changes.push(Change::NewAnnouncement {
        id,
        by: command.by.clone(),
        audience: audience.clone(),
        subject: subject.trim().to_string(),
        text: text.trim().to_string(),
    });
    if let Some(inbox) = command.inbox {
        decision.letters.push(Letter::to_coordinator(
            &command.by,
            LetterKind::AnnouncementPreview {
                audience: in_words(settings, audience),
                people,
                left_out,
                subject: subject.trim().to_string(),
                text: text.trim().to_string(),
            },
            format!("message-{inbox}"),
            About {
                announcement: Some(id),
                ..About::default()
            },
        ));
    }
    decision
}

/// The coordinator has seen it and says `send`: an occasion for each reader, so that each gets it on a free day.
pub fn send(settings: &Settings, facts: &Facts) -> Decision {
    let Some(announcement) = &facts.announcement else {
        return Decision::ignored("There is no such announcement.");
    };
    if announcement.state == AnnouncementState::Sent {
        return Decision::ignored("This announcement has been sent already; nobody gets it twice.");
    }
    let mut decision = Decision::default();
    for person in readers(facts) {
        let occasion = Occasion::Announce {
            announcement: announcement.id,
            person: person.id,
        };
        let at = pace::next_free_morning(settings, facts, person);
        decision.occasions.push((occasion, at));
    }
    decision.changes.push(Change::AnnouncementSent {
        announcement: announcement.id,
    });
    decision.note = format!(
        "announcement {} to {} goes to {} people, each at a time of day at which letters are welcome",
        announcement.id,
        in_words(settings, &announcement.audience),
        decision.occasions.len()
    );
    decision
}

/// It is one reader's turn.
pub fn announce(settings: &Settings, facts: &Facts, person: PersonId) -> Decision {
    let Some(announcement) = &facts.announcement else {
        return Decision::ignored("the announcement is no longer there");
    };
    let Some(person) = readers(facts).find(|it| it.id == person) else {
        return Decision::ignored(
            "they are no longer among its readers, or get no unprompted mail any more",
        );
    };
    if let Some(later) = pace::not_today(settings, facts, person) {
        return later;
    }
    let Announcement {
        id, subject, text, ..
    } = announcement;
    let mut decision = Decision::noting(format!("announcement {id} to person {}", person.id));
    decision.letters.push(Letter::to(
        person.id,
        LetterKind::Announcement {
            name: person.name.clone(),
            subject: subject.clone(),
            text: text.clone(),
        },
        id.to_string(),
        About::default(),
    ));
    decision
}

/// "everybody", "Round 2027A", "people in Norway", "people who read Spanish".
fn in_words(settings: &Settings, audience: &Audience) -> String {
    let language = settings.default_language();
    match audience {
        Audience::All => "everybody".into(),
        Audience::Round(id) => {
            timetable::round(settings, id).map_or_else(|| id.clone(), |round| round.name.clone())
        }
        Audience::Country(code) => {
            format!("people in {}", places::country_name(code, language))
        }
        Audience::Language(code) => format!(
            "people whose letters are in {}",
            places::language_name(code, language)
        ),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
