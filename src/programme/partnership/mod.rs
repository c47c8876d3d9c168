//! The life of a partnership, one file for each part of it: [`introduction`], [`topics`], [`mod@check_in`], the silent
//! partner ([`mod@silence`]), bounces and complaints ([`reach`]), the [`ending`]; and what is known of a pair ([`mod@standing`]).

pub mod check_in;
pub mod ending;
pub mod introduction;
pub mod reach;
pub mod silence;
pub mod standing;
pub mod topics;

pub use check_in::{check_in, check_in_answered};
pub use ending::{closing, end, leave, leaves_for_good, new_partner, pool_or_next, withdraw};
pub use introduction::{introduce, introduce_now};
pub use reach::{address_confirmed, complained, second_unanswered, undelivered};
pub use silence::{silence, silence_answered, tell_of_absence, tell_those_who_wait};
pub use standing::{Standing, standing};
pub use topics::topic;

use super::facts::{Facts, Member, Partnership, PartnershipState, Person};
use super::letter::{About, Letter, LetterKind};
use crate::ids::PersonId;

/// A partnership that is under way, with the member that an occasion is about; else in words why there is nothing to do.
fn under_way(facts: &Facts, person: PersonId) -> Result<(&Partnership, &Member), &'static str> {
    let partnership = facts
        .partnership
        .as_ref()
        .filter(|it| it.state == PartnershipState::Active)
        .ok_or("the partnership has ended")?;
    let member = partnership
        .member(person)
        .ok_or("no longer a member of the partnership")?;
    Ok((partnership, member))
}

/// Whether this is the one of a person's partnerships with which comes what they get once, however many partners they
/// have: topics and the closing letter. The oldest is.
fn leads(facts: &Facts, partnership: &Partnership) -> bool {
    facts.under_way().all(|other| other.id >= partnership.id)
}

pub(super) fn unprompted(
    to: &Person,
    kind: LetterKind,
    occurrence: String,
    partnership: &Partnership,
    number: u32,
) -> Letter {
    Letter::to(
        to.id,
        kind,
        occurrence,
        About {
            round: Some(partnership.round.clone()),
            partnership: Some(partnership.id),
            number: Some(number),
            ..About::default()
        },
    )
}

fn about(partnership: &Partnership) -> About {
    About {
        round: Some(partnership.round.clone()),
        partnership: Some(partnership.id),
        ..About::default()
    }
}
