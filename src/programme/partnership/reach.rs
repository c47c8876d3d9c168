//! Mail that does not reach somebody, or that they do not want: bounces and complaints.

use super::ending::end;
use crate::programme::coordinating;
use crate::programme::decision::{Change, Decision};
use crate::programme::event::{Complaint, Undelivered};
use crate::programme::facts::{ApplicationState, Facts, PartnershipState};
use crate::programme::letter::Ended;
use crate::programme::settings::Settings;

/// A letter came back. For good, the reader counts as unreachable at once and the partner is told; a delay is only
/// noted.
pub fn undelivered(settings: &Settings, facts: &Facts, undelivered: &Undelivered) -> Decision {
    if !undelivered.permanent {
        return Decision::noting(format!("letter {} is delayed", undelivered.letter));
    }
    let Some(person) = &facts.person else {
        return Decision::noting(format!("letter {} came back", undelivered.letter));
    };
    if person.unreachable {
        return Decision::ignored("known to be unreachable");
    }
    let open = facts
        .partnership
        .as_ref()
        .filter(|it| it.state != PartnershipState::Ended);
    let mut unreachable = facts.clone();
    if let Some(partnership) = &mut unreachable.partnership {
        for member in partnership
            .members
            .iter_mut()
            .filter(|member| member.person.id == person.id)
        {
            member.person.unreachable = true;
        }
    }
    let mut decision = match (open, &unreachable.partnership) {
        (Some(_), Some(partnership)) => end(
            settings,
            facts,
            partnership,
            Some((person.id, ApplicationState::Withdrawn)),
            Ended::Unreachable,
            "a partner cannot be reached by mail",
        ),
        _ => Decision::noting(format!("person {} cannot be reached by mail", person.id)),
    };
    decision
        .changes
        .push(Change::Unreachable { person: person.id });
    if let Some(application) = facts
        .application
        .as_ref()
        .filter(|application| application.state.open())
    {
        decision.changes.push(Change::ApplicationState {
            application: application.id,
            state: ApplicationState::Withdrawn,
        });
    }
    decision.letters.extend(coordinating::notice(
        settings,
        &format!("unreachable-{}-{}", person.id, undelivered.letter),
        &format!(
            "Mail to {} comes back ({}). Nothing needs to be done; if you know another address, see: pairpost person {}",
            if person.name.is_empty() { "an applicant" } else { &person.name },
            undelivered.reason,
            person.id
        ),
    ));
    decision
}

/// A spam complaint stops unprompted mail at once.
pub fn complained(settings: &Settings, facts: &Facts, complaint: &Complaint) -> Decision {
    let Some(person) = &facts.person else {
        return Decision::noting(format!("a complaint about letter {}", complaint.letter));
    };
    let mut decision = Decision::noting(format!(
        "person {} complained about letter {}",
        person.id, complaint.letter
    ));
    decision.changes.push(Change::Stop { person: person.id });
    decision.letters = coordinating::notice(
        settings,
        &format!("complaint-{}", complaint.letter),
        &format!(
            "Person {} told their mail provider that a letter of ours is spam. They get no more unprompted mail. See: pairpost person {}",
            person.id, person.id
        ),
    );
    decision
}
