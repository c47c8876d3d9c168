//! What coordinators write that is no command. An answer to a message that was forwarded to them goes back to its sender
//! from the programme's address, and shows neither the coordinator's own address nor anything of our letter to them.

use super::authority::agreed;
use super::{done, is_for_coordinators, may_read_concerns, readers, who};
use crate::ids::InboxId;
use crate::programme::conversation::answer;
use crate::programme::decision::{Change, Decision};
use crate::programme::event::Message;
use crate::programme::facts::Facts;
use crate::programme::letter::{About, LetterKind};
use crate::programme::settings::Settings;
use crate::programme::trust::{Action, may};

/// Every forwarded message begins with a line that holds this; what stands below it in a reply is ours, however a
/// mail program quotes it.
pub const MARK: &str = "##-";

/// The first line of an answer that goes out though somebody else has answered before.
const ALSO: &str = "also";

/// A coordinator hears so often within a day that nothing was done. An out-of-office program in their mailbox answers
/// each of our letters, that one included (RELIABILITY T10).
const NOTHING_DONE_A_DAY: u32 = 3;

/// So many answers of coordinators go to one person within a day by themselves. More of them are two mail programs that
/// answer each other through us; a coordinator who means it says [`ALSO`].
const ANSWERS_TO_ONE_PERSON_A_DAY: u32 = 3;

/// Tells a coordinator that nothing was done with a message, and why; not without end.
fn nothing_done(
    facts: &Facts,
    message: &Message,
    from: &str,
    note: &str,
    told: &str,
    about: About,
) -> Decision {
    if facts.brakes.nothing_done_last_day >= NOTHING_DONE_A_DAY {
        return Decision::ignored(&format!(
            "{note}; this coordinator was told so {NOTHING_DONE_A_DAY} times within a day"
        ));
    }
    let mut decision = Decision::ignored(note);
    decision.letters.push(done(
        from,
        format!("nothing-done-{}", message.inbox),
        told.into(),
        about,
    ));
    decision
}

/// What a coordinator writes in answer to our letters, and is no command; `None` where it reads like anybody's mail.
pub fn written(
    settings: &Settings,
    facts: &Facts,
    message: &Message,
    from: &str,
) -> Option<Decision> {
    let Some(asked) = message.answers_letter.as_ref() else {
        return facts
            .person
            .is_none()
            .then(|| without_letter(facts, message, from));
    };
    if !may(Action::Manage, message.evidence) || !is_for_coordinators(&asked.kind) {
        return None;
    }
    if asked.kind == "command-confirm" {
        return Some(agreed(message, asked, from));
    }
    let forwarded = asked.kind == "for-person" || is_also(&message.text);
    if let Some(inbox) = asked.about.inbox.filter(|_| forwarded) {
        return Some(relay(settings, facts, message, inbox, from));
    }
    let told = match asked.about.proposal {
        Some(_) => {
            "Nothing was changed. To release the proposal, answer its letter with the one word: ok. To change it, write \
             lines as the letter shows them, and nothing above them."
        }
        None => {
            "Nothing was changed. Write the command alone on the first line, as the letter shows it."
        }
    };
    let note = "a coordinator's answer was not a command";
    let about = asked.about.clone();
    Some(nothing_done(facts, message, from, note, told, about))
}

/// A coordinator writes without answering a letter of ours: anybody can set a From line, so nothing is done, and the
/// coordinator gets a letter that can be answered. Once a day.
fn without_letter(facts: &Facts, message: &Message, from: &str) -> Decision {
    let told = "Commands are taken only in reply to one of our letters to you, such as this one. You can reply with: \
                status, pause, resume, or announce to all (the subject on the next line, the text below it).";
    let mut decision = Decision::noting("a coordinator wrote without answering a letter of ours");
    let day = facts.now.date_naive();
    decision.letters.push(done(
        from,
        format!("no-letter-{day}"),
        format!(
            "Nothing was done about your message {}. {told}",
            message.inbox
        ),
        About::default(),
    ));
    decision
}

/// Sends the answer on, once: the first one settles the message.
fn relay(
    settings: &Settings,
    facts: &Facts,
    message: &Message,
    inbox: InboxId,
    from: &str,
) -> Decision {
    let refused = |note: &str, told: &str| {
        nothing_done(facts, message, from, note, told, About::message(inbox))
    };
    let Some(question) = &facts.in_question else {
        return refused(
            "no such message",
            "Nothing was sent: that message is no longer here.",
        );
    };
    let may_act = readers(settings, false).any(|it| it.address.eq_ignore_ascii_case(from));
    let may_answer = may_act || (question.safety && may_read_concerns(settings, from));
    if !may_answer {
        return refused(
            "this coordinator may read, not act",
            "Nothing was sent: answers are not taken from this address (may_act = false).",
        );
    }
    let mut text = own_words(settings, &message.text);
    let also = is_also(&text);
    if also {
        text = text
            .split_once('\n')
            .map_or_else(String::new, |(_, rest)| rest.trim().to_string());
    }
    if let Some(by) = question
        .settled_by
        .as_ref()
        .filter(|by| !also && !by.eq_ignore_ascii_case(from))
    {
        let told = format!(
            "Nothing was sent: {} has dealt with this message before you. If your answer should go out, too, reply to \
             this letter with the one word \"{ALSO}\" on the first line, and your answer below it.",
            who(settings, by)
        );
        return refused("somebody else has dealt with it", &told);
    }
    if text.is_empty() {
        return refused(
            "no words of the coordinator's own",
            "Nothing was sent: no words of yours were found. Please write them above the quoted letter.",
        );
    }
    let Some(person) = &question.person else {
        return refused(
            "nobody to answer",
            "Nothing was sent: nobody knows whose message that was, so it has no address to answer to.",
        );
    };
    if question.answers_last_day >= ANSWERS_TO_ONE_PERSON_A_DAY && !also {
        let told = format!(
            "Nothing was sent: {ANSWERS_TO_ONE_PERSON_A_DAY} answers have gone to this person within a day, as happens when \
             mail programs answer each other. If yours should go out, too, reply to this letter with the one word \
             \"{ALSO}\" on the first line, and your answer below it."
        );
        return refused("many answers to this person within a day", &told);
    }
    if person.unreachable {
        return refused(
            "mail does not reach them",
            "Nothing was sent: mail to this person comes back.",
        );
    }
    let mut decision = Decision::noting(format!(
        "message {inbox} of person {} is answered by {}",
        person.id,
        who(settings, from)
    ));
    decision.changes.push(Change::InboxSettled {
        inbox,
        by: from.to_string(),
    });
    let kind = LetterKind::CoordinatorAnswer {
        name: person.name.clone(),
        coordinator: who(settings, from),
        text,
    };
    decision
        .letters
        .push(answer(person, message, kind, About::default()));
    let named = match person.name.is_empty() {
        true => "the sender",
        false => &person.name,
    };
    decision.letters.push(done(
        from,
        format!("message-{}", message.inbox),
        format!("Your answer is on its way to {named}, from the programme's address."),
        About::default(),
    ));
    decision
}

/// Whether an answer says that it should go out though somebody else has answered.
fn is_also(text: &str) -> bool {
    text.trim_start().lines().next().is_some_and(|line| {
        line.trim()
            .trim_end_matches(['.', '!', ':'])
            .eq_ignore_ascii_case(ALSO)
    })
}

/// What the coordinator wrote, without our letter and without addresses that are nobody else's business.
fn own_words(settings: &Settings, text: &str) -> String {
    let above: Vec<&str> = text
        .lines()
        .take_while(|line| !line.contains(MARK))
        .filter(|line| !line.trim_start().starts_with("Ref: "))
        .collect();
    let mut words: String = above
        .iter()
        .map(|line| {
            line.split_inclusive(char::is_whitespace)
                .map(|word| without_address(settings, word))
                .collect::<String>()
        })
        .collect::<Vec<_>>()
        .join("\n");
    words.truncate(words.trim_end().len());
    words.trim_start().to_string()
}

/// A word that holds a coordinator's address, or one of ours with a token, is replaced by the programme's address.
fn without_address(settings: &Settings, word: &str) -> String {
    let small = word.to_ascii_lowercase();
    let (local, host) = settings
        .address
        .rsplit_once('@')
        .unwrap_or((&settings.address, ""));
    let token = format!("{local}+").to_ascii_lowercase();
    let ours = small.contains(&token) && small.contains(&format!("@{host}").to_ascii_lowercase());
    let theirs = settings
        .coordinators
        .iter()
        .any(|it| small.contains(&it.address.to_ascii_lowercase()));
    if !ours && !theirs {
        return word.to_string();
    }
    let space: String = word.chars().filter(|c| c.is_whitespace()).collect();
    format!("{}{space}", settings.address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_our_letter_and_no_address_goes_out() {
        let settings = crate::config::built_in().settings;
        let own = &settings.coordinators[0].address;
        let token = settings.address.replace('@', "+r1k7q29fpm@");
        let text = format!(
            "Dear Lina,\n\nplease try again.\nAda <{own}>\n\nFrom: {token}\n{MARK} Write above this line\nThis message needs a person."
        );
        let sent = own_words(&settings, &text);
        assert!(
            sent.starts_with("Dear Lina,\n\nplease try again."),
            "{sent}"
        );
        for secret in [own.as_str(), token.as_str(), "needs a person", MARK] {
            assert!(!sent.contains(secret), "{sent}");
        }
    }
}
