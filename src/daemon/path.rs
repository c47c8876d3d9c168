//! The one path: facts, a pure decision, its changes, its letters and its line in the journal, all inside the
//! transaction of the caller. There is no second way to change the programme's state.

use anyhow::Context;
use rusqlite::Transaction;

use super::identify::address_key;
use crate::config::Config;
use crate::ids::{OccasionId, PersonId};
use crate::mail::outbound::{Outcome, compose, pace};
use crate::mail::token::{self, Keys};
use crate::programme;
use crate::programme::coordinating;
use crate::programme::decision::{Change, Decision, Outcome as Ending};
use crate::programme::event::{Command, CommandKind, Event, Undelivered};
use crate::programme::facts::Facts;
use crate::programme::letter::{Letter, LetterKind, Recipient, ReplyTo};
use crate::store::{apply, facts, journal, occasions, outbox, trust, unknown};
use crate::templates::Frame;
use crate::time::Moment;

/// What every event needs beside the database.
pub(super) struct OnePath {
    pub config: Config,
    pub keys: Keys,
    /// Rehearsals mark each letter with what it is, so that others can count for themselves.
    pub mark_letters: bool,
}

/// An event on its way, and what it comes from.
pub(super) struct Going<'a> {
    pub event: &'a Event,
    /// Whom a message is from or about, where that was established.
    pub sender: Option<PersonId>,
    /// For the journal and the letters: "message 12", "occasion 7", "command".
    pub cause: &'a str,
    /// The message that is being answered, so that the answer stands in its thread.
    pub answering: Option<&'a str>,
}

impl<'a> Going<'a> {
    /// An event that answers nobody's message.
    pub fn by_itself(event: &'a Event, cause: &'a str) -> Going<'a> {
        Going {
            event,
            sender: None,
            cause,
            answering: None,
        }
    }
}

/// Where the path ended.
pub(super) struct Gone {
    pub decision: Decision,
    /// Whom the event is from or about.
    pub person: Option<PersonId>,
    /// Keys of the letters that were ordered.
    pub ordered: Vec<String>,
}

impl OnePath {
    /// Takes one event from facts to letters.
    pub fn go(&self, tx: &Transaction<'_>, now: Moment, going: &Going<'_>) -> anyhow::Result<Gone> {
        if let Event::Command(command) = going.event
            && let CommandKind::Several { commands, below } = &command.what
            && coordinating::is_sufficient(&self.config.settings, command)
        {
            return self.several(tx, now, going, command, commands, below);
        }
        let facts = self.facts(tx, now, going.event, going.sender)?;
        let decision = programme::decide(&self.config.settings, &facts, going.event);
        self.carry_out(tx, now, going, &facts, decision)
    }

    /// Several commands of one reply: each with its own facts, since the one before has changed them, and one letter
    /// that says what each did.
    fn several(
        &self,
        tx: &Transaction<'_>,
        now: Moment,
        going: &Going<'_>,
        command: &Command,
        commands: &[(String, CommandKind)],
        below: &[String],
    ) -> anyhow::Result<Gone> {
        let mut told = Vec::with_capacity(commands.len());
        let mut whole = Gone {
            decision: Decision::default(),
            person: None,
            ordered: Vec::new(),
        };
        for (at, (line, what)) in commands.iter().enumerate() {
            let one = Command {
                what: what.clone(),
                ..command.clone()
            };
            let event = Event::Command(one);
            let facts = self.facts(tx, now, &event, going.sender)?;
            let mut decision = programme::decide(&self.config.settings, &facts, &event);
            let answer = coordinating::take_answer(command, &mut decision);
            told.push((line.clone(), answer));
            if at + 1 == commands.len() {
                let answer = coordinating::done_one_by_one(command, &told, below);
                decision.letters.push(answer);
            }
            let one = Going {
                event: &event,
                sender: going.sender,
                cause: going.cause,
                answering: going.answering,
            };
            let gone = self.carry_out(tx, now, &one, &facts, decision)?;
            whole.ordered.extend(gone.ordered);
            whole.decision.join(Decision {
                letters: Vec::new(),
                occasions: Vec::new(),
                ..gone.decision
            });
        }
        Ok(whole)
    }

    /// A decision becomes state, letters and a line in the journal.
    fn carry_out(
        &self,
        tx: &Transaction<'_>,
        now: Moment,
        going: &Going<'_>,
        facts: &Facts,
        decision: Decision,
    ) -> anyhow::Result<Gone> {
        let person = facts.person.as_ref().map(|person| person.id);
        self.before_applying(tx, now, &decision)?;
        apply::apply(tx, now, &decision, &address_key)?;
        self.after_applying(tx, &decision)?;
        let mut ordered = Vec::with_capacity(decision.letters.len());
        for letter in &decision.letters {
            // Only the sender's own letter belongs in the sender's thread; a stranger has just become a person.
            let answering = going.answering.filter(|_| match (&letter.to, person) {
                (Recipient::Person(reader), Some(sender)) => *reader == sender,
                (Recipient::SecondAddress(_) | Recipient::Unproven { .. }, _) => false,
                (Recipient::Person(_), None) => matches!(going.event, Event::Message(_)),
                (Recipient::Coordinator(reader), _) => match going.event {
                    Event::Command(command) => command.by.eq_ignore_ascii_case(reader),
                    Event::Message(message) => message
                        .from
                        .as_ref()
                        .is_some_and(|from| from.eq_ignore_ascii_case(reader)),
                    _ => false,
                },
            });
            // A coordinator's answer stands under the question, and knows nothing of the coordinator's own message.
            let answering = match &letter.kind {
                LetterKind::CoordinatorAnswer { .. } => facts
                    .in_question
                    .as_ref()
                    .and_then(|question| question.message_id.as_deref()),
                _ => answering,
            };
            let order = Ordering {
                tx,
                path: self,
                now,
                cause: going.cause,
                answering,
            };
            ordered.extend(
                order
                    .letter(letter)
                    .with_context(|| format!("letter {}", letter.kind.name()))?,
            );
        }
        // What waits for later has not happened yet.
        if decision.postpone.is_none() {
            let partnership = facts.partnership.as_ref().map(|partnership| partnership.id);
            // The line about an erasure leads to nobody.
            let erased = |id: &PersonId| {
                let erase = Change::Erase { person: *id };
                decision.changes.contains(&erase)
            };
            let about = person.filter(|id| !erased(id));
            let partnership = partnership.filter(|_| about == person);
            let line = journal::Line {
                cause: going.cause,
                decision: &decision,
                person: about,
                partnership,
                ordered: &ordered,
            };
            journal::write(tx, now, &line, &|bytes| self.keys.journal_seal(bytes))?;
        }
        // A stranger has just become a person: the message is theirs.
        let newcomer = decision.changes.iter().find_map(|change| match change {
            Change::NewPerson { id, .. } => Some(*id),
            _ => None,
        });
        Ok(Gone {
            person: person.or(newcomer),
            decision,
            ordered,
        })
    }

    /// What follows from something that fell due. Returns the keys of the letters that were ordered.
    pub fn due(
        &self,
        tx: &Transaction<'_>,
        occasion: OccasionId,
        event: &Event,
        now: Moment,
    ) -> anyhow::Result<Vec<String>> {
        if !occasions::is_open(tx, occasion)? {
            return Ok(Vec::new());
        }
        let cause = format!("occasion {occasion}");
        let gone = self.go(tx, now, &Going::by_itself(event, &cause))?;
        match gone.decision.postpone {
            Some(until) => occasions::postpone(tx, occasion, until)?,
            None => {
                let outcome = match &gone.decision.outcome {
                    Ending::Handled => "done".to_string(),
                    Ending::Ignored(why) => format!("skipped: {why}"),
                    Ending::WaitsForOwner(why) => format!("waits: {why}"),
                    Ending::NeedsPerson(why) | Ending::NeedsSafetyContact(why) => {
                        format!("needs a person: {why}")
                    }
                };
                occasions::done(tx, occasion, now, &outcome)?;
            }
        }
        Ok(gone.ordered)
    }

    /// What follows from how a letter's delivery ended. Returns the keys of the letters that were ordered.
    pub fn delivered(
        &self,
        tx: &Transaction<'_>,
        letter: &outbox::Leaving,
        outcome: &Outcome,
        now: Moment,
    ) -> anyhow::Result<Vec<String>> {
        match outcome {
            Outcome::Accepted { reply } => outbox::sent(tx, letter.id, now, reply)?,
            Outcome::Temporary { text, .. } => {
                match pace::next_attempt(letter.id, letter.attempts, letter.created_at, now) {
                    Some(at) => outbox::later(tx, letter.id, at, text)?,
                    None => outbox::end(tx, letter.id, "failed", text)?,
                }
            }
            Outcome::Unknown { text } => {
                unknown::begin(tx, letter.id, pace::first_look(now), text)?;
            }
            // A letter that we could not even offer is our own defect, not its reader's.
            Outcome::Permanent { text, .. } if text.starts_with("not sent:") => {
                outbox::end(tx, letter.id, "failed", text)?;
            }
            Outcome::Permanent { code, text } => {
                outbox::end(tx, letter.id, "refused", text)?;
                if let Some(known) = outbox::by_id(tx, letter.id)? {
                    let event = Event::Undelivered(Undelivered {
                        letter: letter.id,
                        person: known.person,
                        kind: known.kind,
                        about: known.about,
                        address: known.envelope_to,
                        permanent: true,
                        reason: format!("refused with {code}"),
                    });
                    let cause = format!("letter {}", letter.id);
                    return Ok(self.go(tx, now, &Going::by_itself(&event, &cause))?.ordered);
                }
            }
        }
        Ok(Vec::new())
    }
}

struct Ordering<'a> {
    tx: &'a Transaction<'a>,
    path: &'a OnePath,
    now: Moment,
    cause: &'a str,
    answering: Option<&'a str>,
}

impl Ordering<'_> {
    /// Renders, composes and queues one letter. `None` where it was ordered before, or cannot reach its reader.
    fn letter(&self, letter: &Letter) -> anyhow::Result<Option<String>> {
        let settings = &self.path.config.settings;
        let kind = letter.kind.name();
        let (person, name, address, language, recipient) = match &letter.to {
            Recipient::Unproven { person, address } => {
                let language = facts::person(self.tx, *person)?
                    .context("the reader is unknown")?
                    .language;
                // Nobody knows yet who reads it.
                let name = String::new();
                (
                    Some(*person),
                    name,
                    address.clone(),
                    language,
                    person.to_string(),
                )
            }
            Recipient::Person(id) | Recipient::SecondAddress(id) => {
                let person = facts::person(self.tx, *id)?.context("the reader is unknown")?;
                if person.unreachable || (person.stopped && letter.kind.unprompted()) {
                    return Ok(None);
                }
                let to_second =
                    person.at_second || matches!(letter.to, Recipient::SecondAddress(_));
                let address = match (to_second, person.second_address) {
                    (false, _) => person.address,
                    (true, Some(second)) => second,
                    (true, None) => return Ok(None),
                };
                (
                    Some(*id),
                    person.name,
                    address,
                    person.language,
                    id.to_string(),
                )
            }
            Recipient::Coordinator(address) => {
                let found = settings
                    .coordinators
                    .iter()
                    .position(|it| it.address.eq_ignore_ascii_case(address));
                let name =
                    found.map_or_else(String::new, |at| settings.coordinators[at].name.clone());
                let language = settings.default_language().to_string();
                let recipient = format!("coordinator-{}", found.map_or(0, |at| at + 1));
                (None, name, address.clone(), language, recipient)
            }
        };
        let key = format!("{kind}/{recipient}/{}", letter.occurrence);
        if outbox::is_ordered(self.tx, &key)? {
            return Ok(None);
        }
        let id = outbox::next_id(self.tx)?;
        let host = settings
            .address
            .rsplit_once('@')
            .map_or("localhost", |(_, host)| host);
        let message_id = format!("{}@{host}", self.path.keys.message_id(id));
        let reference = self.path.keys.reference(id);
        let token_kind = match letter.reply_to {
            ReplyTo::Challenge => token::Kind::Challenge,
            ReplyTo::Token if person.is_none() => token::Kind::Action,
            ReplyTo::Token | ReplyTo::Partners(_) => token::Kind::Reply,
        };
        let reply_token = self.path.keys.sign(token_kind, id.0, self.now);
        let own_reply_address = token::address_with(&settings.address, &reply_token);
        let reply_to = match &letter.reply_to {
            ReplyTo::Token | ReplyTo::Challenge => vec![own_reply_address.clone()],
            ReplyTo::Partners(addresses) => addresses.clone(),
        };
        // No reply token travels in a letter whose answers go to somebody else.
        let answers_reach_us = !matches!(letter.reply_to, ReplyTo::Partners(_));
        let logo = self.path.config.logo.as_ref();
        let rendered = self.path.config.templates.render(
            &letter.kind,
            &language,
            &Frame {
                answers_to: answers_reach_us.then(|| own_reply_address.clone()),
                reference: answers_reach_us.then(|| reference.clone()),
                logo: logo.map(|logo| logo.content_id.clone()),
                ..Frame::of(settings)
            },
        )?;
        let is_proven = !matches!(letter.to, Recipient::Unproven { .. });
        let mut thread = match person.filter(|_| is_proven) {
            Some(person) => outbox::thread(self.tx, person, letter.about.round.as_deref())?,
            None => Vec::new(),
        };
        // An answer stands under the message that it answers.
        thread.extend(
            self.answering
                .filter(|id| compose::is_message_id(id))
                .map(str::to_string),
        );
        let stop_token = person
            .filter(|_| is_proven)
            .map(|person| self.path.keys.sign(token::Kind::Stop, person.0, self.now));
        let unsubscribe = match &stop_token {
            Some(token) => token::address_with(&settings.address, token),
            None => settings.address.clone(),
        };
        let list_id = settings.address.replace('@', ".");
        let at = letter.not_before.unwrap_or(self.now).max(self.now);
        let attachments =
            self.path
                .attachments(self.tx, self.now, person, &letter.kind, &language)?;
        let bytes = compose::compose(&compose::Parts {
            from_name: &settings.name,
            from_address: &settings.address,
            to_name: &name,
            to_address: &address,
            reply_to: &reply_to,
            subject: &rendered.subject,
            text: &rendered.text,
            html: &rendered.html,
            inline: logo,
            attachments: &attachments,
            message_id: &message_id,
            thread: &thread,
            date: at,
            automatic: (!letter.kind.wants_out_of_office()).then_some(compose::Automatic {
                is_answer: self.cause.starts_with("message"),
                list_id: &list_id,
                list_name: &settings.name,
                unsubscribe: &unsubscribe,
            }),
            occasion: self.path.mark_letters.then_some(key.as_str()),
        })?;
        let envelope_from = match self.path.config.verp {
            true => token::address_with(
                &settings.address,
                &self.path.keys.sign(token::Kind::Bounce, id.0, self.now),
            ),
            false => settings.address.clone(),
        };
        let shown = match person {
            Some(_) => String::new(),
            None => trust::shown(self.tx, &letter.about)?,
        };
        outbox::order(
            self.tx,
            self.now,
            &outbox::NewLetter {
                id,
                key: &key,
                kind,
                person,
                about: &letter.about,
                envelope_from: &envelope_from,
                envelope_to: &address,
                message_id: &message_id,
                reference: &reference,
                subject: &rendered.subject,
                bytes: &bytes,
                unprompted: letter.kind.unprompted(),
                cause: self.cause,
                shown: &shown,
                due_at: at,
            },
        )?;
        if let (true, Some(person)) = (letter.kind.unprompted(), person) {
            apply::note_unprompted(self.tx, person, at)?;
        }
        Ok(Some(key))
    }
}
