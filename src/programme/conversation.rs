//! What a message means for the programme. Every message gets a visible outcome: understood, it takes effect and
//! the sender is told; not understood, a coordinator gets it and the sender is told that a person will answer. Only a
//! machine's mail is recorded and never answered.

use super::applying;
use super::decision::{Change, Decision, Outcome};
use super::event::{Answered, Intent, Message, Nature, Said};
use super::facts::{ApplicationState, Facts, PartnershipState, Person};
use super::letter::{About, Asked, Letter, LetterKind, Line};
use super::settings::Settings;
use super::trust::{Action, Ruling, may, ruling};
use super::{concern, coordinating, newcomers, partnership, privacy, survey, unsure, waiting};
use crate::places::fold::fold;

pub fn message(settings: &Settings, facts: &Facts, message: &Message) -> Decision {
    let mut decision = understood(settings, facts, message);
    // Whoever else got the message has our reply address from it: it shows nothing any more.
    if let (true, Some(person)) = (message.exposed, &facts.person) {
        decision
            .changes
            .push(Change::TokensExposed { person: person.id });
        decision.note +=
            ", with a reply address that another participant can see: it is worthless now";
    }
    decision
}

fn understood(settings: &Settings, facts: &Facts, message: &Message) -> Decision {
    match &message.nature {
        Nature::Machine(what) => return Decision::ignored(what),
        Nature::Automatic { back_on } => return automatic(facts, *back_on),
        Nature::Person => {}
    }
    // A form that only came back quoted under somebody's words says nothing; the words do.
    let words_alone;
    let message = match applying::only_quoted(message) {
        true => {
            words_alone = Message {
                said: Said {
                    intent: match message.said.intent {
                        // Said by its exact word, it stands as it is.
                        Some(exact) if exact != Intent::Answer => Some(exact),
                        _ => message.said.beside,
                    },
                    until: message.said.until,
                    ..Said::default()
                },
                ..message.clone()
            };
            &words_alone
        }
        false => message,
    };
    let Some(from) = &message.from else {
        return needs_person("no single sender can be named");
    };
    let coordinator = settings
        .coordinators
        .iter()
        .any(|it| it.address.eq_ignore_ascii_case(from));
    if coordinator && let Some(decision) = coordinating::written(settings, facts, message, from) {
        return decision;
    }
    let Some(person) = &facts.person else {
        return match message.said.intent {
            Some(Intent::Concern) => concern::from_stranger(settings, facts, message),
            // The button in an old letter: nothing goes to that address any more.
            Some(Intent::Stop) if message.text.trim().is_empty() => {
                Decision::ignored("asks for no mail, and gets none")
            }
            Some(Intent::MyData | Intent::ForgetMe | Intent::Stop) => {
                privacy::nothing_kept(settings, facts, message)
            }
            // It was on its way while its writer was erased: the form would be the letter that was promised not to come.
            intent
                if intent != Some(Intent::Apply)
                    && answers_somebody_erased(message)
                    && !unsure::is_filled_form(&settings.form, message) =>
            {
                Decision::ignored("answers a letter to somebody who has been erased since")
            }
            _ => newcomers::stranger(settings, facts, None, message),
        };
    };
    if message.said.intent == Some(Intent::Concern) {
        let mut decision = concern::raised(settings, facts, person, message);
        if may(Action::Answer, message.evidence) {
            sign_of_life(settings, facts, person, &mut decision);
        }
        return decision;
    }
    if let Some(decision) = privacy::asked(settings, facts, person, message) {
        return decision;
    }
    // A "stop" may come from anywhere that holds the token: the cheapest forgery may only reduce mail.
    if message.said.intent == Some(Intent::Stop) && may(Action::Stop, message.evidence) {
        return stop(person, message);
    }
    if person.name.is_empty() {
        return newcomers::newcomer(settings, facts, person, message);
    }
    match ruling(Action::of(&message.said), message.evidence) {
        Ruling::Done => {
            let mut decision = from_person(settings, facts, person, message);
            sign_of_life(settings, facts, person, &mut decision);
            decision
        }
        instead => unsure::message(settings, facts, person, message, instead),
    }
}

/// Whether the letter that a message answers has lost its reader: an erasure leaves nobody on it, and all other letters
/// without a person are coordinators'.
fn answers_somebody_erased(message: &Message) -> bool {
    message.answers_letter.as_ref().is_some_and(|asked| {
        asked.person.is_none() && !coordinating::is_for_coordinators(&asked.kind)
    })
}

/// An auto-reply is never answered; a return date stops the silence ladder.
fn automatic(facts: &Facts, back_on: Option<chrono::NaiveDate>) -> Decision {
    let mut decision = Decision::ignored("auto-reply");
    if let (Some(person), Some(until)) = (&facts.person, back_on) {
        decision.changes.push(Change::Away {
            person: person.id,
            until,
        });
        decision.note = format!("auto-reply: person {} is away until {until}", person.id);
        // Whoever was told when the partnership would end is told that it does not end then.
        let asked_after = facts.under_way().filter(|it| {
            it.member(person.id)
                .is_some_and(|member| member.silent_since.is_some())
        });
        for partnership in asked_after {
            partnership::tell_of_absence(facts, partnership, person, until, &mut decision);
        }
    }
    decision
}

pub(super) fn needs_person(why: &str) -> Decision {
    Decision {
        outcome: Outcome::NeedsPerson(why.into()),
        note: why.into(),
        ..Decision::default()
    }
}

fn from_person(settings: &Settings, facts: &Facts, person: &Person, message: &Message) -> Decision {
    let asked = message.answers_letter.as_ref();
    if let Some(asked) = asked.filter(|asked| asked.kind == "was-this-you")
        && unsure::is_a_word(message)
    {
        return unsure::answered(settings, facts, person, message, asked);
    }
    match message.said.intent {
        Some(Intent::Stop) => return stop(person, message),
        Some(Intent::Withdraw) => {
            return partnership::withdraw(settings, facts, person, Some(message));
        }
        Some(Intent::Pause) => return pause(settings, facts, person, message),
        Some(Intent::TopicsOff) => return topics_off(person, message),
        Some(Intent::NewPartner) => {
            return partnership::new_partner(settings, facts, person, message);
        }
        Some(Intent::Help) => return free_words(settings, facts, person, message, "asks for help"),
        Some(Intent::Certificate) => {
            return privacy::certificate(settings, facts, person, message);
        }
        Some(Intent::Apply) => return applying::send_form(settings, facts, Some(person), message),
        // Concerns, data and new addresses have been looked at before, whoever wrote.
        Some(
            Intent::Answer
            | Intent::Unclear
            | Intent::Concern
            | Intent::MyData
            | Intent::ForgetMe
            | Intent::NewAddress,
        )
        | None => {}
    }
    if let Some(decision) = survey::answered(settings, facts, person, message) {
        return decision;
    }
    if let (Some(choice), Some(asked)) = (message.said.choice, asked) {
        match asked.kind.as_str() {
            "check-in" => {
                return partnership::check_in_answered(
                    settings, facts, person, message, asked, choice,
                );
            }
            "unmatched" => {
                return waiting::chosen(settings, facts, person, message, asked, choice);
            }
            "are-you-there" => {
                return partnership::silence_answered(settings, facts, person, message, choice);
            }
            "unclear" | "partner-asked" | "partner-away"
                if facts
                    .partnership
                    .as_ref()
                    .is_some_and(|it| it.state == PartnershipState::Active) =>
            {
                return partnership::check_in_answered(
                    settings, facts, person, message, asked, choice,
                );
            }
            _ => {}
        }
    }
    if !message.said.answers.is_empty() || !message.said.unclear.is_empty() {
        if speaks_of_an_application(facts, asked) {
            return applying::form_filled(settings, facts, person, message);
        }
    } else if let Some(asked) = asked
        && (message.said.intent == Some(Intent::Answer)
            || applying::is_yes_in_a_sentence(message, &asked.kind))
        && let Some(decision) = match asked.kind.as_str() {
            "address-check" => partnership::address_confirmed(facts, person, message),
            "place-given" | "withdrawn" => {
                Some(waiting::come_back(settings, facts, person, message))
            }
            kind => applying::yes(settings, facts, person, message, kind),
        }
    {
        return decision;
    }
    if message.text.trim().is_empty() {
        return Decision::ignored("an answer without words");
    }
    match asked.map(|asked| asked.kind.as_str()) {
        // Where answers to the introduction come to us, they are meant for the partner.
        Some("introduction") => not_forwarded(settings, facts, person, message),
        // Clear, but none of the choices of the question asked: the word that does it, not the question again.
        Some("check-in" | "are-you-there") if message.said.seems.is_some() => {
            ask_again(person, message, Asked::Word, asked)
        }
        Some("check-in") => ask_again(person, message, Asked::CheckIn, asked),
        Some("erasure-notice") => privacy::stays(settings, facts, person, message),
        Some("are-you-there") => ask_again(person, message, Asked::AreYouThere, asked),
        Some("withdrawn") if message.said.intent.is_none() => {
            waiting::told(settings, facts, person, message, "has left, and says why")
        }
        // The closing letter asks what stays with them. Who asks something back is answered by a person.
        Some("closing") if message.said.intent.is_none() && !message.text.contains(['?', '¿']) => {
            waiting::told(
                settings,
                facts,
                person,
                message,
                "writes in answer to the closing letter",
            )
        }
        // What ends something needs its exact word: a sentence that seems to mean it is answered with the words. Whoever
        // does not find theirs among them gets a person.
        _ if message.said.intent == Some(Intent::Unclear) && facts.brakes.answers_last_day == 0 => {
            ask_again(person, message, Asked::Word, asked)
        }
        _ if only_thanks(&message.text) => Decision::ignored("says thank you"),
        _ => free_words(
            settings,
            facts,
            person,
            message,
            "its words could not be read as an answer",
        ),
    }
}

/// We pass nothing on: their partner's address goes to them once more.
fn not_forwarded(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
) -> Decision {
    let Some(partnership) = facts.under_way().next() else {
        let why = "answers an introduction, and has no partner now";
        return free_words(settings, facts, person, message, why);
    };
    let mut decision = Decision::noting(format!(
        "person {} wrote to us what was meant for the partner",
        person.id
    ));
    let kind = LetterKind::NotForwarded {
        name: person.name.clone(),
        partners: partnership
            .others(person.id)
            .map(|other| Line {
                label: other.person.name.clone(),
                value: other.person.address.clone(),
            })
            .collect(),
    };
    let about = About {
        partnership: Some(partnership.id),
        ..About::default()
    };
    decision.letters.push(answer(person, message, kind, about));
    decision
}

/// A line or two of thanks, which ask for nothing and need no answer.
fn only_thanks(text: &str) -> bool {
    const THANKS: [&str; 9] = [
        "thank you",
        "thanks",
        "many thanks",
        "merci beaucoup",
        "gracias",
        "muchas gracias",
        "great thanks",
        "ok thanks",
        "perfect thanks",
    ];
    // "Thanks for stopping this": whoever also says something is read by a person.
    const MORE: [&str; 14] = [
        " but ",
        " however ",
        " could ",
        " can ",
        " please ",
        " stop",
        " no ",
        " not ",
        " mais ",
        " ne ",
        " plus ",
        " pero ",
        " por favor ",
        " remove ",
    ];
    let folded = fold(text);
    folded.len() <= 120
        && !text.contains(['?', '¿'])
        && THANKS.iter().any(|words| folded.starts_with(words))
        && !MORE.iter().any(|word| folded.contains(word))
}

/// Whether answers to the form's questions change an application: one that is open or in the pool, or one for another
/// round than that in which the sender has had a place. What comes late to a round needs a person.
fn speaks_of_an_application(facts: &Facts, asked: Option<&Answered>) -> bool {
    let Some(application) = &facts.application else {
        return true;
    };
    let of_another_round = asked
        .and_then(|asked| asked.about.round.as_ref())
        .is_some_and(|round| *round != application.round);
    let may_still_change = application.state.open()
        || matches!(
            application.state,
            ApplicationState::Pool | ApplicationState::Capped | ApplicationState::LeftOut
        );
    may_still_change || (of_another_round && application.state != ApplicationState::Declined)
}

/// Any word of a person's who was asked "are you there?", or "still with us?", ends the asking.
fn sign_of_life(settings: &Settings, facts: &Facts, person: &Person, decision: &mut Decision) {
    if let Some(application) = facts
        .application
        .as_ref()
        .filter(|application| application.asked && application.state.open())
    {
        decision.changes.insert(
            0,
            Change::ApplicationConfirmed {
                application: application.id,
            },
        );
    }
    for partnership in facts.under_way() {
        let Some(member) = partnership.member(person.id) else {
            continue;
        };
        decision.changes.push(Change::SignOfLife {
            partnership: partnership.id,
            person: person.id,
        });
        if member.silent_since.is_some() {
            decision.changes.push(Change::Silent {
                partnership: partnership.id,
                person: person.id,
                since: None,
            });
            partnership::tell_those_who_wait(settings, facts, partnership, person, decision);
        }
    }
}

/// An answer to a message, at once, with a token.
pub fn answer(person: &Person, message: &Message, kind: LetterKind, about: About) -> Letter {
    Letter::to(person.id, kind, format!("message-{}", message.inbox), about)
}

fn stop(person: &Person, message: &Message) -> Decision {
    let mut decision = Decision::noting(format!("person {} wants no unprompted mail", person.id));
    decision.changes.push(Change::Stop { person: person.id });
    if !person.stopped {
        let kind = LetterKind::Stopped {
            name: person.name.clone(),
        };
        decision
            .letters
            .push(answer(person, message, kind, About::default()));
    }
    decision
}

fn topics_off(person: &Person, message: &Message) -> Decision {
    let mut decision = Decision::noting(format!("person {} wants no topics", person.id));
    decision
        .changes
        .push(Change::TopicsOff { person: person.id });
    let kind = LetterKind::TopicsOff {
        name: person.name.clone(),
    };
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    decision
}

fn pause(settings: &Settings, facts: &Facts, person: &Person, message: &Message) -> Decision {
    let Some(until) = message.said.until else {
        return free_words(
            settings,
            facts,
            person,
            message,
            "wants to pause, but names no day",
        );
    };
    let mut decision = Decision::noting(format!("person {} pauses until {until}", person.id));
    decision.changes.push(Change::Pause {
        person: person.id,
        until,
    });
    decision.changes.push(Change::Away {
        person: person.id,
        until,
    });
    for partnership in facts.under_way() {
        partnership::tell_of_absence(facts, partnership, person, until, &mut decision);
    }
    let kind = LetterKind::Paused {
        name: person.name.clone(),
        until,
    };
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    decision
}

/// The question once more, with the words that answer it.
pub fn ask_again(
    person: &Person,
    message: &Message,
    question: Asked,
    asked: Option<&Answered>,
) -> Decision {
    let mut decision = Decision::noting(format!(
        "person {}: the answer was not clear, asked again",
        person.id
    ));
    let about = asked.map(|asked| asked.about.clone()).unwrap_or_default();
    let kind = LetterKind::Unclear {
        name: person.name.clone(),
        question,
        partners: String::new(),
    };
    decision.letters.push(answer(person, message, kind, about));
    decision
}

/// Words that a person has to answer.
pub fn free_words(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    why: &str,
) -> Decision {
    for_person(settings, facts, person, message, why, false)
}

pub fn for_person(
    settings: &Settings,
    facts: &Facts,
    person: &Person,
    message: &Message,
    why: &str,
    safety: bool,
) -> Decision {
    let mut decision = needs_person(why);
    decision.note = format!("person {}: {why}", person.id);
    let sender = message
        .from
        .clone()
        .unwrap_or_else(|| person.address.clone());
    let mut known = vec![Line {
        label: "Person".into(),
        value: person.id.to_string(),
    }];
    if let Some(application) = &facts.application {
        known.push(Line {
            label: "Application".into(),
            value: format!("{}, {:?}", application.round, application.state),
        });
    }
    for partnership in facts.partnership.iter().chain(&facts.also) {
        known.push(Line {
            label: "Partnership".into(),
            value: format!(
                "{} with {}",
                partnership.id,
                partnership.names_without(person.id)
            ),
        });
    }
    for coordinator in coordinating::readers(settings, safety) {
        decision.letters.push(Letter::to_coordinator(
            &coordinator.address,
            LetterKind::ForPerson {
                who: if person.name.is_empty() {
                    sender.clone()
                } else {
                    person.name.clone()
                },
                address: sender.clone(),
                known: known.clone(),
                subject: message.subject.clone(),
                text: message.text.clone(),
                reading: why.to_string(),
                mark: coordinating::MARK.into(),
                command: format!("settle {}", message.inbox),
            },
            format!("message-{}", message.inbox),
            About::message(message.inbox),
        ));
    }
    if facts.brakes.answers_last_day < settings.ceilings.answers_per_address_per_day {
        let kind = LetterKind::PersonWillAnswer {
            name: person.name.clone(),
        };
        decision
            .letters
            .push(answer(person, message, kind, About::default()));
    }
    decision
}
