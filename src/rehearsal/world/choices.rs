//! What people do where a letter leaves them a choice: take part again or not, keep waiting for a partner, come back,
//! say why they left, ask for a certificate, answer a survey.

use memchr::memmem;

use super::World;
use super::answers::Reply;
use super::watching::marker;
use crate::programme::application::{Answer, Answers, Form, QuestionKind};
use crate::rehearsal::client::{Quoted, Words};
use crate::rehearsal::dice::Dice;
use crate::rehearsal::filling::{Filling, Way, fill};
use crate::rehearsal::letter::{Headers, searchable};
use crate::rehearsal::people::Person;
use crate::rehearsal::tally::{Expects, Wrong};

impl World {
    /// What somebody answers to a letter that needs no answer.
    pub(super) fn chooses(
        &mut self,
        number: usize,
        letter: &[u8],
        kind: &str,
        woken: bool,
    ) -> Option<Reply> {
        let inhabitant = &mut self.inhabitants[number];
        let habits = &inhabitant.habits;
        match kind {
            "invitation" if habits.comes_again => Some(self.takes_part_again(number)),
            "invitation-question" if habits.comes_again => {
                Some(Reply::words("yes-again", "yes\n", &["invitation", "form"]))
            }
            "left-out" if habits.comes_again => Some(Reply::words(
                "yes-next-round",
                "yes\n",
                &["complete", "missing", "capped"],
            )),
            "unmatched" if habits.chooses => {
                let can_relax = memmem::find(letter, b"\n3. ").is_some();
                let choice = match inhabitant.dice.weighted(&[0.5, 0.2, 0.3]) {
                    2 if can_relax => 3,
                    1 => 2,
                    _ => 1,
                };
                Some(Reply::words(
                    &format!("without-partner-{choice}"),
                    &format!("{choice}\n"),
                    &["choice-taken"],
                ))
            }
            "place-given" if woken => Some(Reply::words(
                "back",
                "back\n",
                &["choice-taken", "complete", "missing", "capped"],
            )),
            "withdrawn" if habits.says_why && !inhabitant.has_said_why => {
                inhabitant.has_said_why = true;
                let text = inhabitant.dice.one_of(&[
                    "My library has lost two colleagues and I have no free hour left.\n",
                    "I start a new post next month and have to learn a lot.\n",
                    "It was good, but my English is not yet strong enough for long letters.\n",
                ]);
                Some(Reply::words("says-why", text, &["choice-taken"]))
            }
            "closing" if habits.wants_certificate => Some(Reply::words(
                "certificate",
                "certificate\n",
                &["certificate"],
            )),
            "closing" if habits.reflects => {
                let text = inhabitant.dice.one_of(&[
                    "I will try a reading group like the one in my partner's library MARKER.\n",
                    "We now lend seeds as my partner's library does, and people like it MARKER.\n",
                    "I have learned to say no to a project that nobody needs MARKER.\n",
                ]);
                let text = text.replace("MARKER", &marker(number));
                Some(Reply::words("reflects", &text, &["choice-taken"]))
            }
            "coordinator-answer" if habits.thanks => Some(Reply {
                expects: Expects::Whatever,
                ..Reply::words("thanks", "Thank you, that helps me.\n", &[])
            }),
            "address-check" => Some(Reply::words("new-address", "yes\n", &["address-changed"])),
            // What follows is the answer to the message that they are asked about.
            "was-this-you" => Some(Reply {
                expects: Expects::Whatever,
                ..Reply::words("it-was-me", "yes\n", &[])
            }),
            _ => None,
        }
    }

    /// The pre-filled form comes back with a yes, or with a line that has changed.
    fn takes_part_again(&mut self, number: usize) -> Reply {
        const RIGHTLY: &[&str] = &["complete", "missing", "capped"];
        let english = self.language.starts_with("en");
        let inhabitant = &mut self.inhabitants[number];
        let question = self.form.questions.iter().find(|question| {
            question.kind == QuestionKind::LongText
                && inhabitant.person.answers.contains_key(&question.id)
        });
        let Some(question) = question.filter(|_| inhabitant.habits.corrects) else {
            let text = match english {
                true => inhabitant.dice.one_of(&[
                    "yes\n",
                    "Yes\n",
                    "Yes, gladly!\n",
                    "yes\n\nSee you again!\n",
                ]),
                false => "sí\n",
            };
            return Reply::words("yes-again", text, RIGHTLY);
        };
        let word = format!("Atlas{}", marker(number).to_lowercase());
        let value = format!("I look after the map room now, and my project is called {word}.");
        let label = question.label.of(&self.language).trim_end_matches(':');
        let end = if label.ends_with('?') { "" } else { ":" };
        let text = format!("{label}{end} {value}\n");
        inhabitant
            .person
            .answers
            .insert(question.id.clone(), Answer::One(value));
        inhabitant.corrected = Some(word);
        Reply::words("yes-with-a-change", &text, RIGHTLY)
    }

    /// The confirmation of a form with a change shows the change.
    pub(super) fn checks_the_change(
        &mut self,
        number: usize,
        letter: &[u8],
        headers: &Headers<'_>,
        occasion: &str,
    ) {
        let Some(word) = self.inhabitants[number].corrected.take() else {
            return;
        };
        if memmem::find(&searchable(letter, headers), word.as_bytes()).is_none() {
            self.mailboxes.answered_wrongly.push(Wrong {
                said: "a changed answer, which is not in the confirmation".into(),
                occasion: occasion.into(),
            });
        }
    }

    /// Which survey a letter is, by its occasion: `survey/<person>/<round>-<survey>`.
    pub(super) fn survey_of(&self, headers: &Headers<'_>) -> Option<usize> {
        let occurrence = headers.occasion()?.rsplit('/').next()?;
        let occurrence = occurrence.trim_end_matches("-reminder");
        self.surveys
            .iter()
            .position(|survey| occurrence.ends_with(&format!("-{}", survey.id)))
    }

    /// A survey with answers of every kind, in the ways in which people fill in a form.
    pub(super) fn survey_filled(&mut self, number: usize, place: usize, quoted: &Quoted) -> Words {
        let form = &self.surveys[place].form;
        let inhabitant = &mut self.inhabitants[number];
        let dice = &mut inhabitant.dice;
        let way = match dice.chance(inhabitant.habits.client.fills_in_the_quote()) {
            true => Way::OnTheLines,
            false => Way::RetypedAbove,
        };
        let person = Person {
            answers: survey_answers(form, number, dice),
            ..inhabitant.person.clone()
        };
        let filling = Filling {
            person: &person,
            form,
            language: &self.language,
            questions: person.answers.keys().map(String::as_str).collect(),
            way,
            greeting: "Here are my answers.",
            farewell: &person.given,
        };
        fill(&filling, &quoted.text, dice)
    }
}

/// What somebody has to say to a survey: whatever is required, and most of the rest.
fn survey_answers(form: &Form, number: usize, dice: &mut Dice) -> Answers {
    let mut answers = Answers::new();
    for question in &form.questions {
        let skips = !question.required && dice.chance(0.2);
        if skips {
            continue;
        }
        let answer = match question.kind {
            QuestionKind::OneOf if !question.options.is_empty() => {
                let place = dice.index(question.options.len());
                Answer::One(question.options[place].id.clone())
            }
            QuestionKind::SomeOf if !question.options.is_empty() => {
                let mut places = dice.shuffled(question.options.len());
                places.truncate(dice.between(1, 3) as usize);
                places.sort_unstable();
                let id = |place: &usize| question.options[*place].id.clone();
                Answer::Many(places.iter().map(id).collect())
            }
            QuestionKind::YesNo => Answer::YesNo(dice.chance(0.8)),
            QuestionKind::ShortText | QuestionKind::LongText => {
                let text = dice.one_of(&[
                    "I see my own library with other eyes since MARKER.",
                    "New ideas, above all for MARKER.",
                    "More time for MARKER would have been good.",
                ]);
                Answer::One(text.replace("MARKER", &marker(number)))
            }
            _ => continue,
        };
        answers.insert(question.id.clone(), answer);
    }
    answers
}
