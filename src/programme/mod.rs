//! The rules of the programme: facts and an event in, a decision out. Nothing here reads a clock, a file or a
//! database, and nothing here is random, so that every rule can be tested as a table.
//!
//! Where to look: [`conversation`] decides what a message means for us, [`newcomers`] what one of somebody does who has not
//! applied, [`applying`] the application, [`importing`] one that comes in a table, [`inviting`] who is asked to come again,
//! [`round`] what happens to all at once (deadline, end), [`cap`] the places of a country, [`review`] the proposal and its
//! release, [`partnership`] the life of a pair, [`survey`] what people are asked about it, [`report`] the numbers,
//! [`coordinating`] the digest and commands, [`waiting`] those without a partner, [`unsure`] messages of uncertain senders,
//! [`moving`] new addresses, [`trust`] how sure it must be who wrote, [`look_alike`] names that imitate others, [`timetable`]
//! the dates, [`pace`] how often we write to somebody, [`flood`] how often somebody may write to us.

pub mod application;
pub mod applying;
pub mod cap;
pub mod concern;
pub mod conversation;
pub mod coordinating;
pub mod decision;
pub mod event;
pub mod facts;
pub mod flood;
pub mod form_text;
pub mod importing;
pub mod inviting;
pub mod letter;
pub mod look_alike;
pub mod moving;
pub mod newcomers;
pub mod pace;
pub mod partnership;
pub mod privacy;
pub mod reason_text;
pub mod report;
pub mod review;
pub mod round;
pub mod settings;
pub mod spreadsheet;
pub mod survey;
pub mod timetable;
pub mod trust;
pub mod unsure;
pub mod waiting;
pub mod words;

use decision::{Decision, Occasion};
use event::Event;
use facts::Facts;
use settings::Settings;

/// The one question this room answers.
pub fn decide(settings: &Settings, facts: &Facts, event: &Event) -> Decision {
    match event {
        Event::Message(message) => conversation::message(settings, facts, message),
        Event::Command(command) => coordinating::command(settings, facts, command),
        Event::Undelivered(undelivered) => partnership::undelivered(settings, facts, undelivered),
        Event::Complaint(complaint) => partnership::complained(settings, facts, complaint),
        Event::Proposed(proposed) => review::proposed(settings, facts, proposed),
        Event::Noticed(noticed) => coordinating::noticed(settings, facts, noticed),
        Event::Due(due) => match &due.what {
            Occasion::Reminder { number, .. } => applying::reminder(settings, facts, due, *number),
            Occasion::Opens { round } => inviting::opens(settings, facts, round),
            Occasion::Invite { round, .. } => inviting::invite(settings, facts, round),
            Occasion::AskStill { round } => inviting::ask_still(settings, facts, round),
            Occasion::LeaveOut { round } => inviting::leave_out(settings, facts, round),
            Occasion::PlaceFreed { round, .. } => cap::place_freed(settings, facts, round),
            Occasion::Deadline { round } => round::deadline(settings, facts, round),
            // The daemon works out the pairs and brings them back as `Event::Proposed`.
            Occasion::Matching { .. } | Occasion::Pool { .. } => {
                Decision::noting("pairs are being worked out")
            }
            Occasion::ProposalReminder { number, .. } => {
                review::proposal_reminder(settings, facts, *number)
            }
            Occasion::Introduce { .. } => partnership::introduce(settings, facts, due),
            Occasion::Topic { person, number, .. } => {
                partnership::topic(settings, facts, *person, *number)
            }
            Occasion::CheckIn { person, number, .. } => {
                partnership::check_in(settings, facts, *person, *number)
            }
            Occasion::Silence {
                person,
                since,
                step,
                ..
            } => partnership::silence(settings, facts, *person, *since, *step),
            Occasion::LeavesForGood { on, .. } => {
                partnership::leaves_for_good(settings, facts, *on)
            }
            Occasion::SecondUnanswered { person, since, .. } => {
                partnership::second_unanswered(settings, facts, *person, *since)
            }
            Occasion::Announce { person, .. } => coordinating::announce(settings, facts, *person),
            Occasion::PoolEnds { round } => round::pool_ends(settings, facts, round),
            Occasion::Closing { person, .. } => partnership::closing(settings, facts, *person),
            Occasion::Survey {
                round,
                survey,
                reminder,
                ..
            } => survey::ask(settings, facts, due, round, survey, *reminder),
            Occasion::RoundEnds { round } => round::round_ends(settings, facts, round),
            Occasion::Report { round } => report::letter(settings, facts, round),
            Occasion::SurveysClose { round } => survey::close(facts, round),
            Occasion::Digest { .. } => coordinating::digest(settings, facts),
            Occasion::Erase { person, since } => privacy::erase(settings, facts, *person, *since),
            Occasion::Retention { .. } => privacy::retention(settings, facts),
        },
    }
}
