//! Runs a scenario: a story in plain text that a coordinator could read, against the real engine in virtual time.
//! `tests/scenarios/README.md` tells which sentences it understands.
//!
//! It knows the programme only from outside: by the letters that people get and the mails that they write.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use chrono::{NaiveTime, TimeDelta};
use pairpost::config::{self, Config};
use pairpost::daemon::Engine;
use pairpost::ids::PersonId;
use pairpost::mail::outbound::Outcome;
use pairpost::mail::profile::Profile;
use pairpost::programme::application::{
    Answer, Answers, Choice, MatchingPart, Question, QuestionKind, Text,
};
use pairpost::programme::event::{Authority, Command, CommandKind};
use pairpost::programme::form_text;
use pairpost::programme::settings::{Odd, Release, Roles};
use pairpost::rehearsal::drive::keys_of;
use pairpost::schedule;
use pairpost::store::{Durability, facts};
use pairpost::time::Moment;

/// A letter in somebody's mailbox.
#[derive(Debug, Clone)]
struct Received {
    kind: String,
    subject: String,
    text: String,
    /// Names and words of the files that came with it.
    files: String,
    message_id: String,
    /// The address that it was sent to.
    to: String,
    reply_to: String,
    bounces_to: String,
    headers: String,
}

/// The name of the mailbox's host in `Authentication-Results`.
const HOST: &str = "mx.library.example";

struct Story {
    engine: Engine,
    now: Moment,
    /// Name -> address.
    people: BTreeMap<String, String>,
    /// Address -> letters not spoken of yet.
    mailboxes: BTreeMap<String, VecDeque<Received>>,
    /// Name -> the letter spoken of last.
    in_hand: BTreeMap<String, Received>,
    ignored: Vec<String>,
    last_message: Vec<u8>,
    messages: u32,
    vouches: bool,
    _dir: tempfile::TempDir,
}

/// Tells the story; panics at the first sentence that is not true, naming its line.
pub fn run(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/scenarios")
        .join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut story = Story::begin(&text);
    for (number, line) in text.lines().enumerate() {
        let sentence = line.trim();
        if sentence.is_empty() || sentence.starts_with('#') || sentence.starts_with("with ") {
            continue;
        }
        if let Err(why) = story.tell(sentence) {
            panic!(
                "{name}.txt, line {}: \"{sentence}\": {why}\n{}",
                number + 1,
                story.mail()
            );
        }
    }
}

/// Tells a story whose last sentence but a few is about a downtime; the kinds of the letters that somebody gets when the machine
/// comes back.
///
/// # Errors
/// The first sentence that is not true.
pub fn letters_after_downtime(text: &str, name: &str) -> Result<Vec<String>, String> {
    let mut story = Story::begin(text);
    for sentence in text.lines().filter(|line| !line.starts_with("with ")) {
        let is_downtime = sentence.starts_with("the machine is down");
        if is_downtime {
            story.mailbox(name).clear();
        }
        story
            .tell(sentence)
            .map_err(|why| format!("{sentence}: {why}"))?;
        if is_downtime {
            let letters = story.mailbox(name).iter();
            return Ok(letters.map(|letter| letter.kind.clone()).collect());
        }
    }
    Err("there is no downtime in this story".into())
}

impl Story {
    fn begin(text: &str) -> Story {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config::built_in().on_maildirs(dir.path());
        for line in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("with "))
            .filter(|line| !line.starts_with("the story beginning"))
        {
            adjust(&mut config, line);
        }
        std::fs::create_dir_all(&config.state_dir).unwrap();
        let coordinators = &config.settings.coordinators;
        let coordinator = coordinators[0].address.clone();
        let deputy = coordinators.get(1).map(|deputy| deputy.address.clone());
        // The mailbox's host vouches for the coordinators' domain and removes what others write in its name.
        let vouches = !text
            .lines()
            .any(|line| line.trim() == "with a mail host that vouches for nobody");
        config.authserv_ids = vec![HOST.into()];
        let mut engine = Engine::open(config, keys_of(1), Durability::Rehearsal)
            .unwrap()
            .for_rehearsal();
        let profile = Profile {
            removes_forged_results: true,
            ..Profile::default()
        };
        engine
            .keep_profile(&profile, moment(&engine, -365, None))
            .unwrap();
        let first = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("with the story beginning on day "))
            .map_or(-20, |day| day.parse().expect("a number of days"));
        let now = moment(&engine, first, None);
        engine.start(now).unwrap();
        let mut people: BTreeMap<String, String> = engine
            .config()
            .settings
            .coordinators
            .iter()
            .map(|it| (it.name.to_lowercase(), it.address.clone()))
            .collect();
        people.insert("coordinator".to_string(), coordinator);
        people.extend(deputy.map(|deputy| ("deputy".to_string(), deputy)));
        Story {
            engine,
            now,
            people,
            mailboxes: BTreeMap::new(),
            in_hand: BTreeMap::new(),
            ignored: Vec::new(),
            last_message: Vec::new(),
            messages: 0,
            vouches,
            _dir: dir,
        }
    }

    fn tell(&mut self, sentence: &str) -> Result<(), String> {
        if let Some(when) = sentence.strip_prefix("day ") {
            return self.advance(parse_day(&self.engine, when)?);
        }
        if let Some(when) = sentence.strip_prefix("the machine is down until day ") {
            self.now = parse_day(&self.engine, when)?;
            return self.settle();
        }
        if let Some(kinds) = sentence.strip_prefix("from now on nothing is said of ") {
            self.ignored.extend(
                kinds
                    .split([',', ' '])
                    .filter(|it| !it.is_empty())
                    .map(str::to_string),
            );
            return Ok(());
        }
        if sentence == "nobody has got anything else" {
            self.forget_ignored();
            return match self.mailboxes.values().all(VecDeque::is_empty) {
                true => Ok(()),
                false => Err("somebody has".into()),
            };
        }
        if sentence == "the last message arrives a second time" {
            let again = self.last_message.clone();
            return self.arrive(again);
        }
        if sentence == "the pairs are released" {
            self.gets("coordinator", "proposal")?;
            self.answers("coordinator", "ok")?;
            return self.gets("coordinator", "command-done");
        }
        if let Some((name, words)) = sentence
            .strip_prefix("no message of ")
            .and_then(|rest| rest.split_once(" is kept with "))
        {
            return self.no_message_is_kept(name, words.trim_matches('"'));
        }
        if let Some(name) = sentence.strip_prefix("nothing is left of ") {
            return self.nothing_is_left_of(name);
        }
        if let Some((numbers, words)) = sentence
            .strip_prefix("pairpost match --why ")
            .and_then(|rest| rest.split_once(": "))
        {
            return self.says_why(numbers, words);
        }
        if let Some(name) = sentence.strip_prefix("a coordinator erases ") {
            let person = self.person(name)?;
            return self.command(CommandKind::Erase { person });
        }
        if let Some((name, address)) = sentence
            .strip_prefix("a coordinator writes down for ")
            .and_then(|rest| rest.split_once(": "))
        {
            let (person, address) = (self.person(name)?, address.to_string());
            return self.command(CommandKind::ChangeAddress { person, address });
        }
        if let Some((name, reason)) = sentence
            .strip_prefix("a coordinator declines ")
            .and_then(|rest| rest.split_once(": "))
        {
            let (person, reason) = (self.person(name)?, reason.to_string());
            return self.command(CommandKind::Decline { person, reason });
        }
        let (name, rest) = sentence.split_once(' ').ok_or("what does this mean?")?;
        if rest == "is still known" {
            return match self.files_with(name)?.is_empty() {
                true => Err(format!("{name} stands in no file any more")),
                false => Ok(()),
            };
        }
        if let Some(owner) = name.strip_suffix("'s") {
            match rest {
                "letter bounces" => return self.bounces(owner, "failed", "5.1.1", "no such user"),
                "mail host calls the letter spam" => return self.complains(owner),
                "letter cannot be delivered for now" => {
                    return self.bounces(owner, "delayed", "4.2.2", "mailbox full");
                }
                _ => {}
            }
            if let Some(text) = rest.strip_prefix("mail program answers: ") {
                return self.auto_reply(owner, text);
            }
        }
        if let Some(from) = rest.strip_prefix("has applied from ") {
            return self.has_applied(name, from);
        }
        if let Some((owner, text)) = rest
            .strip_prefix("writes as ")
            .and_then(|rest| rest.split_once(": "))
        {
            return self.writes_as(name, owner, text);
        }
        if let Some((owner, text)) = rest
            .strip_prefix("answers the letter of ")
            .and_then(|rest| rest.split_once(": "))
        {
            return self.answers_letter_of(name, owner, text);
        }
        if let Some(text) = rest.strip_prefix("writes to the programme: ") {
            return self.writes(name, text);
        }
        if let Some(text) = rest.strip_prefix("answers: ") {
            return self.answers(name, text);
        }
        if let Some((other, text)) = rest
            .strip_prefix("answers all with ")
            .and_then(|rest| rest.split_once(": "))
        {
            return self.answers_all(name, other, text);
        }
        if let Some((owner, text)) = rest
            .strip_prefix("answers as ")
            .and_then(|rest| rest.split_once(": "))
        {
            let from = self.address(owner)?;
            return self.reply_to_letter_of(name, owner, &from, text);
        }
        if let Some((address, text)) = rest
            .strip_prefix("answers from ")
            .and_then(|rest| rest.split_once(": "))
        {
            return self.reply_from(name, address, &text.replace(" / ", "\n"));
        }
        if let Some((address, text)) = rest
            .strip_prefix("writes to the programme from ")
            .and_then(|rest| rest.split_once(": "))
        {
            return self.writes_from(name, address, text);
        }
        if let Some((address, kind)) = rest
            .strip_prefix("gets at ")
            .and_then(|rest| rest.split_once(' '))
        {
            return self.gets_at(name, address, kind);
        }
        if let Some(text) = rest.strip_prefix("presses stop") {
            return self.presses_stop(name, text);
        }
        if rest == "gets nothing" {
            self.forget_ignored();
            return match self.mailbox(name).front() {
                None => Ok(()),
                Some(letter) => Err(format!("{name} has got {}", letter.kind)),
            };
        }
        if let Some(kind) = rest.strip_prefix("gets ") {
            return self.gets(name, kind);
        }
        Err("what does this mean? See tests/scenarios/README.md".into())
    }

    // ------------------------------------------------------------ time

    fn advance(&mut self, until: Moment) -> Result<(), String> {
        loop {
            self.settle()?;
            let next = self.engine.next_due().map_err(|error| error.to_string())?;
            match next
                .map(|next| next.max(self.now + TimeDelta::minutes(1)))
                .filter(|next| *next <= until)
            {
                Some(next) => self.now = next,
                None => break,
            }
        }
        self.now = until;
        self.settle()
    }

    /// Everything that is due now happens, and every letter is delivered.
    fn settle(&mut self) -> Result<(), String> {
        loop {
            let ticked = self
                .engine
                .tick(self.now, 500)
                .map_err(|error| format!("{error:#}"))?;
            if ticked.failed > 0 {
                return Err("something that was due could not be done".into());
            }
            let letters = self
                .engine
                .take_letters(self.now, 500)
                .map_err(|error| error.to_string())?;
            if ticked.handled == 0 && letters.is_empty() {
                return Ok(());
            }
            for letter in letters {
                let outcome = Outcome::Accepted {
                    reply: "250 ok".into(),
                };
                self.engine
                    .delivered(&letter, &outcome, self.now)
                    .map_err(|error| error.to_string())?;
                let mut read = read_letter(&letter.bytes, &letter.envelope_from);
                read.to = letter.envelope_to.clone();
                self.mailboxes
                    .entry(letter.envelope_to.to_lowercase())
                    .or_default()
                    .push_back(read);
            }
        }
    }

    // ------------------------------------------------------------ people

    fn address(&self, name: &str) -> Result<String, String> {
        self.people
            .get(name)
            .cloned()
            .ok_or_else(|| format!("who is {name}?"))
    }

    fn mailbox(&mut self, name: &str) -> &mut VecDeque<Received> {
        let address = self
            .people
            .get(name)
            .cloned()
            .unwrap_or_default()
            .to_lowercase();
        self.mailboxes.entry(address).or_default()
    }

    /// Who somebody is to the programme.
    fn person(&self, name: &str) -> Result<PersonId, String> {
        let address = self.address(name)?;
        facts::person_at(self.engine.store().reader(), &address)
            .map_err(|error| error.to_string())?
            .ok_or_else(|| format!("{name} is not known to the programme"))
    }

    /// What a coordinator says on the command line.
    fn command(&mut self, what: CommandKind) -> Result<(), String> {
        let command = Command {
            by: "command line".into(),
            what,
            inbox: None,
            authority: Authority::Machine,
        };
        let done = self
            .engine
            .command(command, self.now)
            .map_err(|error| format!("{error:#}"))?;
        match done.starts_with("nothing was done") {
            true => Err(done),
            false => self.settle(),
        }
    }

    /// A feedback report (RFC 5965) about the letter spoken of last.
    fn complains(&mut self, name: &str) -> Result<(), String> {
        let letter = self.in_hand.get(name).cloned().ok_or("which letter?")?;
        let mail = format!(
            "From: <feedback@library.example>\r\nTo: <exchange@example.org>\r\nSubject: complaint\r\nDate: {date}\r\n\
             Message-ID: <{number}@library.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n\
             --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: host/1\r\n\
             Version: 1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\n\r\n--b--\r\n",
            date = self.now.to_rfc2822(),
            number = self.next_number(),
            id = letter.message_id,
        );
        self.arrive(mail.into_bytes())
    }

    /// Looks through the messages that are kept word for word.
    fn no_message_is_kept(&self, name: &str, words: &str) -> Result<(), String> {
        let person = self.person(name)?;
        let kept = pairpost::store::personal::messages(self.engine.store().reader(), person)
            .map_err(|error| error.to_string())?;
        let with_words = |bytes: &[u8]| memchr::memmem::find(bytes, words.as_bytes()).is_some();
        match kept.iter().find(|(_, _, bytes)| with_words(bytes)) {
            Some((id, ..)) => Err(format!("message {id} says {words:?}")),
            None => Ok(()),
        }
    }

    /// Looks through the bytes of every file of the programme, as they lie on the disk.
    fn nothing_is_left_of(&self, name: &str) -> Result<(), String> {
        let found = self.files_with(name)?;
        match found.is_empty() {
            true => Ok(()),
            false => Err(format!("{name} still stands in {}", found.join(", "))),
        }
    }

    /// Files in which somebody's address or name stands, in any way in which letters write them.
    fn files_with(&self, name: &str) -> Result<Vec<String>, String> {
        let address = self.address(name)?;
        let wanted = [address.clone(), address.replace('@', "=40"), title(name)];
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.engine.config().state_dir).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
            for text in &wanted {
                let text = text.to_ascii_lowercase();
                if memchr::memmem::find(&bytes, text.as_bytes()).is_some() {
                    found.push(format!("{} ({text})", path.display()));
                }
            }
        }
        Ok(found)
    }

    fn forget_ignored(&mut self) {
        let ignored = self.ignored.clone();
        for letters in self.mailboxes.values_mut() {
            letters.retain(|letter| !ignored.contains(&letter.kind));
        }
    }

    /// `gets KIND [with "text"] [without "text"]`: the next letter in the mailbox.
    fn gets(&mut self, name: &str, what: &str) -> Result<(), String> {
        let address = self.address(name)?;
        self.gets_at(name, &address, what)
    }

    /// The same in a mailbox of theirs at another address.
    fn gets_at(&mut self, name: &str, address: &str, what: &str) -> Result<(), String> {
        let (kind, conditions) = what.split_once(' ').unwrap_or((what, ""));
        let ignored: Vec<String> = self
            .ignored
            .iter()
            .filter(|it| *it != kind)
            .cloned()
            .collect();
        let mailbox = self.mailboxes.entry(address.to_lowercase()).or_default();
        mailbox.retain(|letter| !ignored.contains(&letter.kind));
        let letter = mailbox
            .pop_front()
            .ok_or_else(|| format!("{name} has got nothing"))?;
        if letter.kind != kind {
            return Err(format!(
                "{name} has got {} first: {}",
                letter.kind, letter.subject
            ));
        }
        let whole = format!(
            "{}\n{}\n{}\n{}",
            letter.subject, letter.text, letter.headers, letter.files
        );
        // Line breaks are the letter's layout, not its words.
        let words = whole.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rest = conditions;
        while !rest.is_empty() {
            let (negated, quoted) = match (
                rest.strip_prefix("with \""),
                rest.strip_prefix("without \""),
            ) {
                (Some(quoted), _) => (false, quoted),
                (_, Some(quoted)) => (true, quoted),
                _ => return Err(format!("what does {rest:?} mean?")),
            };
            let (wanted, after) = quoted
                .split_once('"')
                .ok_or("a quotation mark is missing")?;
            if words.contains(wanted) == negated {
                let verb = if negated { "says" } else { "does not say" };
                return Err(format!(
                    "the letter {verb} {wanted:?}:\n{}\n{}",
                    letter.subject, letter.text
                ));
            }
            rest = after.trim_start();
        }
        self.in_hand.insert(name.to_string(), letter);
        Ok(())
    }

    /// `anna has applied from Australia in Melbourne [must: ...] `: by the form, like anybody.
    fn has_applied(&mut self, name: &str, from: &str) -> Result<(), String> {
        let (place, wishes) = from.split_once(" wishing ").unwrap_or((from, ""));
        let (country, city) = place
            .split_once(" in ")
            .ok_or("from where, in which city?")?;
        let (city, role) = city.split_once(" as a ").unwrap_or((city, ""));
        self.writes(name, "I would like to apply.")?;
        self.gets(name, "form")?;
        let form = &self.engine.config().settings.form;
        let chosen = |id: &str, at: usize| {
            form.question(id)
                .and_then(|question| question.options.get(at))
                .map(|choice| choice.id.clone())
                .unwrap_or_default()
        };
        let one = |text: &str| Answer::One(text.to_string());
        let mut answers = Answers::from([
            ("name".to_string(), one(&title(name))),
            ("place".to_string(), one(city)),
            ("languages".to_string(), Answer::Many(vec!["en".into()])),
            ("sector".to_string(), Answer::One(chosen("sector", 0))),
            ("stage".to_string(), Answer::One(chosen("stage", 1))),
            (
                "interests".to_string(),
                Answer::Many(vec![chosen("interests", 0), chosen("interests", 2)]),
            ),
            (
                "about".to_string(),
                one("I work at the desk of a small library."),
            ),
            ("promise".to_string(), Answer::YesNo(true)),
        ]);
        let code = pairpost::places::country(country)
            .one()
            .ok_or("which country is that?")?;
        answers.insert("country".into(), Answer::One(code));
        if !role.is_empty() {
            let (role, capacity) = role.split_once(" of ").unwrap_or((role, ""));
            answers.insert("role".into(), one(role));
            if !capacity.is_empty() {
                answers.insert("capacity".into(), one(capacity));
            }
        }
        let mut filled = form_text::write(form, &answers, "en");
        if !wishes.is_empty() {
            filled = format!("{filled}\n{wishes}\n");
        }
        self.reply(name, &filled)?;
        self.gets(name, "complete")
    }

    /// A new mail to the programme's own address, in answer to nothing.
    fn writes(&mut self, name: &str, text: &str) -> Result<(), String> {
        let from = self
            .people
            .entry(name.to_string())
            .or_insert_with(|| format!("{name}@library.example"))
            .clone();
        self.writes_from(name, &from, text)
    }

    fn writes_from(&mut self, name: &str, from: &str, text: &str) -> Result<(), String> {
        let to = self.engine.config().settings.address.clone();
        let mail = self.compose(name, from, &to, "Hello", None, &text.replace(" / ", "\n"));
        self.arrive(mail)
    }

    /// A new mail that says it is from somebody else.
    fn writes_as(&mut self, name: &str, owner: &str, text: &str) -> Result<(), String> {
        let from = self.address(owner)?;
        let to = self.engine.config().settings.address.clone();
        let mail = self.compose(name, &from, &to, "Hello", None, &text.replace(" / ", "\n"));
        self.arrive(mail)
    }

    /// An answer, from another address, to a letter that was forwarded to somebody.
    fn answers_letter_of(&mut self, name: &str, owner: &str, text: &str) -> Result<(), String> {
        let from = format!("{name}@library.example");
        self.people
            .entry(name.to_string())
            .or_insert_with(|| from.clone());
        self.reply_to_letter_of(name, owner, &from, text)
    }

    /// The same under any From line: the letter's reply address has been seen by somebody.
    fn reply_to_letter_of(
        &mut self,
        name: &str,
        owner: &str,
        from: &str,
        text: &str,
    ) -> Result<(), String> {
        let letter = self.in_hand.get(owner).cloned().ok_or("which letter?")?;
        let subject = format!("Re: {}", letter.subject);
        let mail = self.compose(
            name,
            from,
            &letter.reply_to,
            &subject,
            Some(&letter.message_id),
            &text.replace(" / ", "\n"),
        );
        self.arrive(mail)
    }

    /// An answer to the letter spoken of last, above its quoted text. " / " stands for a new line.
    fn answers(&mut self, name: &str, text: &str) -> Result<(), String> {
        self.reply(name, &text.replace(" / ", "\n"))
    }

    fn reply(&mut self, name: &str, text: &str) -> Result<(), String> {
        let from = self.address(name)?;
        self.reply_from(name, &from, text)
    }

    /// An answer that goes to somebody else, too, who sees the letter's reply address from then on.
    fn answers_all(&mut self, name: &str, other: &str, text: &str) -> Result<(), String> {
        let letter = self.in_hand.get(name).cloned().ok_or("which letter?")?;
        let from = self.address(name)?;
        let to = format!("{}>,\r\n <{}", letter.reply_to, self.address(other)?);
        let subject = format!("Re: {}", letter.subject);
        let text = text.replace(" / ", "\n");
        let mail = self.compose(name, &from, &to, &subject, Some(&letter.message_id), &text);
        self.arrive(mail)
    }

    /// An answer to the letter in hand, from whatever address.
    fn reply_from(&mut self, name: &str, from: &str, text: &str) -> Result<(), String> {
        let letter = self
            .in_hand
            .get(name)
            .cloned()
            .ok_or_else(|| format!("{name} has no letter to answer"))?;
        let quoted: String = letter
            .text
            .lines()
            .map(|line| format!("> {line}\n"))
            .collect();
        let body = format!("{text}\n\nOn Tuesday, the programme wrote:\n{quoted}");
        let subject = format!("Re: {}", letter.subject);
        let mail = self.compose(
            name,
            from,
            &letter.reply_to,
            &subject,
            Some(&letter.message_id),
            &body,
        );
        self.arrive(mail)
    }

    /// The mail that a client sends when its unsubscribe button is pressed: an empty one.
    fn presses_stop(&mut self, name: &str, _: &str) -> Result<(), String> {
        let letter = self.in_hand.get(name).cloned().ok_or("which letter?")?;
        let to = letter
            .headers
            .lines()
            .find_map(|line| line.strip_prefix("List-Unsubscribe: <mailto:"))
            .and_then(|rest| rest.split(['?', '>']).next())
            .ok_or("this letter has no way to stop")?
            .to_string();
        let from = self.address(name)?;
        let mail = self.compose(name, &from, &to, "stop", None, "");
        self.arrive(mail)
    }

    fn auto_reply(&mut self, name: &str, text: &str) -> Result<(), String> {
        let letter = self.in_hand.get(name).cloned().ok_or("to which letter?")?;
        if letter.headers.contains("Auto-Submitted:") {
            return Err("no real mail program answers this letter by itself".into());
        }
        let from = self.address(name)?;
        let mut mail = b"Auto-Submitted: auto-replied\r\n".to_vec();
        let subject = format!("Automatic reply: {}", letter.subject);
        mail.extend(self.compose(
            name,
            &from,
            &letter.bounces_to,
            &subject,
            Some(&letter.message_id),
            text,
        ));
        self.arrive(mail)
    }

    /// What the command line says about two people of the proposal.
    fn says_why(&self, numbers: &str, words: &str) -> Result<(), String> {
        let numbers: Option<Vec<usize>> = numbers
            .split(' ')
            .map(|number| number.parse().ok())
            .collect();
        let Some(&[a, b]) = numbers.as_deref() else {
            return Err("which two?".into());
        };
        let lines = pairpost::cli::what_if::lines(&self.engine, a, b, self.now)
            .map_err(|error| format!("{error:#}"))?;
        match lines.iter().any(|line| line.contains(words)) {
            true => Ok(()),
            false => Err(format!("it says:\n{}", lines.join("\n"))),
        }
    }

    fn bounces(&mut self, name: &str, action: &str, status: &str, why: &str) -> Result<(), String> {
        let letter = self.in_hand.get(name).cloned().ok_or("which letter?")?;
        let address = &letter.to;
        let code = if action == "failed" { "550" } else { "452" };
        let mail = format!(
            "Return-Path: <>\r\nFrom: Mail Delivery System <mailer-daemon@library.example>\r\nTo: <{to}>\r\n\
             Subject: Undelivered Mail\r\nDate: {date}\r\nMessage-ID: <{number}@library.example>\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered: {why}.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; library.example\r\n\r\n\
             Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; {code} {status} {why}\r\n\r\n\
             --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\n\r\n--b--\r\n",
            to = letter.bounces_to,
            date = self.now.to_rfc2822(),
            number = self.next_number(),
            id = letter.message_id,
        );
        self.arrive(mail.into_bytes())
    }

    fn next_number(&mut self) -> u32 {
        self.messages += 1;
        self.messages
    }

    fn compose(
        &mut self,
        name: &str,
        from: &str,
        to: &str,
        subject: &str,
        answers: Option<&str>,
        text: &str,
    ) -> Vec<u8> {
        let thread = answers
            .map(|id| format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"))
            .unwrap_or_default();
        let body = text.replace('\n', "\r\n");
        let coordinators = &self.engine.config().settings.coordinators;
        // Whoever writes under a coordinator's name and is none is found out by their mail host.
        let results = match coordinators.iter().find(|it| it.address == from) {
            Some(_) if !self.vouches => String::new(),
            Some(it) => {
                let is_theirs = self.people.get(name) == Some(&it.address);
                let verdict = if is_theirs { "pass" } else { "fail" };
                let (_, host) = from.rsplit_once('@').unwrap_or_default();
                format!("Authentication-Results: {HOST}; dmarc={verdict} header.from={host}\r\n")
            }
            None => String::new(),
        };
        format!(
            "{results}From: {} <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{}@library.example>\r\n\
             {thread}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n",
            title(name),
            self.now.to_rfc2822(),
            self.next_number(),
        )
        .into_bytes()
    }

    fn arrive(&mut self, mail: Vec<u8>) -> Result<(), String> {
        let id = self
            .engine
            .record(None, &mail, false, self.now)
            .map_err(|error| error.to_string())?;
        self.engine
            .handle_message(id, self.now)
            .map_err(|error| error.to_string())?;
        self.last_message = mail;
        self.settle()
    }

    /// Everything that lies unread, for the message of a failure.
    fn mail(&self) -> String {
        let mut text = format!("It is {}. Unread letters:\n", self.now);
        for (address, letters) in &self.mailboxes {
            for letter in letters {
                text.push_str(&format!(
                    "  {address}: {} ({})\n",
                    letter.kind, letter.subject
                ));
            }
        }
        text
    }
}

/// "with the cap off", "with the odd one waiting", "with release after 48 hours", "with acceptance by hand".
fn adjust(config: &mut Config, what: &str) {
    let settings = &mut config.settings;
    let coordinator =
        |name: &str, may_act, safety_contact| pairpost::programme::settings::Coordinator {
            name: title(name),
            address: format!("{name}@office.example"),
            may_act,
            safety_contact,
        };
    if let Some((name, rights)) = what
        .strip_prefix("a coordinator ")
        .and_then(|rest| rest.split_once(' '))
    {
        settings.coordinators.push(match rights {
            "who may act" => coordinator(name, true, false),
            "who may only read" => coordinator(name, false, false),
            "who hears concerns" => coordinator(name, false, true),
            other => panic!("with a coordinator {name} {other}: what does this mean?"),
        });
        return;
    }
    match what {
        "a mail host that vouches for nobody" => {}
        "two coordinators for what makes letters leave" => settings.second_coordinator = true,
        "the cap off" => settings.cap = None,
        "a second coordinator who takes no concerns" => {
            let deputy = pairpost::programme::settings::Coordinator {
                name: "Dara Deputy".into(),
                address: "deputy@example.org".into(),
                may_act: true,
                safety_contact: false,
            };
            settings.coordinators.push(deputy);
        }
        "the odd one waiting" => settings.odd = Odd::Wait,
        "the odd one asked about" => settings.odd = Odd::Ask,
        "no cap in this round" => settings.rounds[0].capped = false,
        other if other.starts_with("no cap for ") => {
            let country = pairpost::places::country(other.trim_start_matches("no cap for "));
            let code = country.one().expect("a country");
            settings.cap.as_mut().expect("a cap").exempt.push(code);
        }
        "acceptance by hand" => {
            settings.acceptance = pairpost::programme::settings::Acceptance::ByHand;
        }
        "release after 48 hours" => settings.release = Release::AfterHours(48),
        "replies of introductions to the programme" => {
            settings.introduction_reply_to =
                pairpost::programme::settings::IntroductionReplyTo::Programme;
        }
        "late applicants in the pool" => settings.late_to_pool = true,
        "two roles" => {
            let question = |id: &str, required: bool, options: &[&str]| Question {
                id: id.into(),
                kind: QuestionKind::OneOf,
                label: Text::english(id),
                help: Text::default(),
                required,
                max_chars: 40,
                shown_to_partner: false,
                options: options
                    .iter()
                    .map(|option| Choice {
                        id: (*option).into(),
                        label: Text::english(option),
                    })
                    .collect(),
                at_most: None,
                matching: MatchingPart::None,
            };
            let questions = &mut settings.form.questions;
            questions.push(question("role", true, &["mentor", "mentee"]));
            questions.push(question("capacity", false, &["1", "2", "3"]));
            settings.pairing.roles = Some(Roles {
                question: "role".into(),
                mentor: "mentor".into(),
                mentee: "mentee".into(),
                capacity: Some("capacity".into()),
                at_most: 3,
            });
        }
        other if other.starts_with("the pool open until day ") => {
            let day = other.trim_start_matches("the pool open until day ");
            settings.pool_until_day = day.parse().expect("a number of days");
        }
        other => match other.strip_prefix("a next round on day ") {
            Some(day) => {
                let day = TimeDelta::days(day.parse().expect("a number of days"));
                let mut next = settings.rounds[0].clone();
                next.id = format!("round-{}", settings.rounds.len() + 1);
                next.name = format!("Round {}", settings.rounds.len() + 1);
                for date in [
                    &mut next.opens,
                    &mut next.deadline,
                    &mut next.matching,
                    &mut next.start,
                    &mut next.end,
                ]
                .into_iter()
                .chain(&mut next.reminders)
                {
                    *date += day;
                }
                settings.rounds.push(next);
            }
            None => panic!("with {other}: what does this mean?"),
        },
    }
}

/// "10" or "10 09:00" as a moment; without an hour the end of that day is meant, when all that belongs to it is done.
fn parse_day(engine: &Engine, text: &str) -> Result<Moment, String> {
    let (day, hour) = text
        .split_once(' ')
        .map_or((text, None), |(day, hour)| (day, Some(hour)));
    let day = day.parse().map_err(|_| format!("which day is {day:?}?"))?;
    let hour = hour.map(|hour| {
        hour.parse::<NaiveTime>()
            .or_else(|_| NaiveTime::parse_from_str(hour, "%H:%M"))
    });
    let hour = hour.transpose().map_err(|_| "which hour?".to_string())?;
    Ok(moment(engine, day, hour))
}

fn moment(engine: &Engine, day: i64, hour: Option<NaiveTime>) -> Moment {
    let settings = &engine.config().settings;
    let date = settings.rounds[0].start + TimeDelta::days(day);
    let hour = hour.unwrap_or_else(|| NaiveTime::from_hms_opt(23, 30, 0).unwrap_or_default());
    schedule::local_moment(date, hour, settings.zone)
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn read_letter(bytes: &[u8], bounces_to: &str) -> Received {
    let parsed = mail_parser::MessageParser::default()
        .parse(bytes)
        .expect("our own letter");
    let header = |name: &str| {
        parsed
            .header_raw(name)
            .unwrap_or_default()
            .trim()
            .to_string()
    };
    let reply_to = parsed
        .reply_to()
        .and_then(|list| {
            list.first()
                .and_then(|first| first.address().map(str::to_string))
        })
        .unwrap_or_default();
    let files: String = parsed
        .attachments()
        .map(|part| {
            let name = mail_parser::MimeHeaders::attachment_name(part).unwrap_or_default();
            format!("{name}\n{}\n", String::from_utf8_lossy(part.contents()))
        })
        .collect();
    let whole = String::from_utf8_lossy(bytes);
    let block = whole.split("\r\n\r\n").next().unwrap_or_default();
    Received {
        kind: header("X-Pairpost-Occasion")
            .split('/')
            .next()
            .unwrap_or_default()
            .to_string(),
        subject: parsed.subject().unwrap_or_default().to_string(),
        text: parsed
            .body_text(0)
            .unwrap_or_default()
            .replace("\r\n", "\n"),
        files,
        message_id: parsed.message_id().unwrap_or_default().to_string(),
        to: String::new(),
        reply_to,
        bounces_to: bounces_to.to_string(),
        headers: block
            .replace("\r\n ", " ")
            .replace("\r\n\t", " ")
            .replace("\r\n", "\n"),
    }
}
