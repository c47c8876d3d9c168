//! Both letters of a partnership, together, and what falls due from then on.

use chrono::{Days, NaiveDate};

use super::ending::LEFT_BEFORE;
use super::topics::{next_topic, topic_after};
use crate::programme::application::Answer;
use crate::programme::decision::{Change, Decision, Occasion, Outcome};
use crate::programme::event::Due;
use crate::programme::facts::{
    ApplicationState, Facts, Member, Partnership, PartnershipState, Person,
};
use crate::programme::letter::{
    About, ClockOf, Hours, Letter, LetterKind, Part, Partner, Recipient, ReplyTo, TopicText,
};
use crate::programme::settings::{IntroductionReplyTo, Position, Role, Round, Settings};
use crate::programme::waiting::{self, Because};
use crate::programme::{form_text, reason_text, timetable};
use crate::time::Moment;
use crate::{places, schedule};

/// Both letters of a partnership, together. Too late after downtime, they wait for a coordinator's word.
pub fn introduce(settings: &Settings, facts: &Facts, due: &Due) -> Decision {
    let Some(partnership) = facts
        .partnership
        .as_ref()
        .filter(|it| it.state == PartnershipState::Planned)
    else {
        return Decision::ignored("the partnership is not waiting for its introduction");
    };
    let Some(round) = timetable::round(settings, &partnership.round) else {
        return Decision::ignored("the round is no longer in the config");
    };
    if (facts.now - due.due_at).num_hours() > i64::from(settings.catch_up.introductions_hours) {
        return Decision {
            outcome: Outcome::NeedsPerson(format!(
                "partnership {} could not be introduced in time",
                partnership.id
            )),
            ..Decision::noting("too late to introduce without asking")
        };
    }
    introduce_now(settings, facts, partnership, round)
}

pub fn introduce_now(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    round: &Round,
) -> Decision {
    let today = facts.now.with_timezone(&settings.zone).date_naive();
    // Who wants no mail or cannot get any since the release cannot be introduced; who is away waits in the pool.
    let (gone, here): (Vec<&Member>, Vec<&Member>) = partnership
        .members
        .iter()
        .partition(|it| !it.person.may_be_written_to(today) || it.person.at_second);
    let mut decision = Decision::noting(format!("partnership {} is introduced", partnership.id));
    for member in &gone {
        let for_good = member.person.stopped || member.person.unreachable;
        decision.changes.push(Change::ApplicationState {
            application: member.application,
            state: match for_good {
                true => ApplicationState::Withdrawn,
                false => ApplicationState::Pool,
            },
        });
    }
    if here.len() < 2 {
        decision.note = format!(
            "partnership {} lost a member before its introduction",
            partnership.id
        );
        decision.changes.push(Change::PartnershipState {
            partnership: partnership.id,
            state: PartnershipState::Ended,
            why: LEFT_BEFORE.into(),
        });
        for member in here.into_iter().filter(|it| it.elsewhere == 0) {
            decision.changes.push(Change::ApplicationState {
                application: member.application,
                state: ApplicationState::Pool,
            });
            decision.letters.push(waiting::unmatched(
                settings,
                round,
                &member.person,
                &member.answers,
                Because::PartnerLeft,
                &[],
                format!("left-{}", partnership.id),
            ));
        }
        return decision;
    }
    for member in &gone {
        decision.changes.push(Change::MemberLeft {
            partnership: partnership.id,
            person: member.person.id,
        });
    }
    let partnership = &without(partnership, &gone);
    decision.changes.push(Change::PartnershipState {
        partnership: partnership.id,
        state: PartnershipState::Active,
        why: String::new(),
    });
    for member in &partnership.members {
        let person = &member.person;
        let topic = next_topic(
            &settings.topics,
            &person.topics_seen,
            &round.id,
            Position::First,
        );
        if let Some(topic) = &topic {
            decision.changes.push(Change::TopicSeen {
                person: person.id,
                topic: topic.id.clone(),
                round: round.id.clone(),
            });
        }
        decision.letters.push(introduction(
            settings,
            facts,
            partnership,
            round,
            member,
            topic,
        ));
        decision.occasions.extend(what_follows(
            settings,
            facts,
            partnership,
            round,
            member,
            today,
        ));
    }
    decision
}

/// The partnership of those who are there; one of them writes first.
fn without(partnership: &Partnership, gone: &[&Member]) -> Partnership {
    let mut rest = partnership.clone();
    rest.members
        .retain(|it| gone.iter().all(|other| other.person.id != it.person.id));
    if rest.member(rest.first_writer).is_none()
        && let Some(member) = rest.members.first()
    {
        rest.first_writer = member.person.id;
    }
    rest
}

/// The member's next topic, first check-in, closing letter and surveys. A topic, a check-in and a survey bring what
/// comes after them.
fn what_follows(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    round: &Round,
    member: &Member,
    started: NaiveDate,
) -> Vec<(Occasion, Moment)> {
    let (person, zone) = (member.person.id, member.person.zone);
    let mut occasions = Vec::new();
    occasions.extend(topic_after(settings, facts, partnership, round, member, 1));
    if let Some(date) = timetable::check_in_date(settings, round, started, 1) {
        let occasion = Occasion::CheckIn {
            person,
            partnership: partnership.id,
            number: 1,
        };
        occasions.push((occasion, timetable::morning(settings, date, zone)));
    }
    let closing = Occasion::Closing {
        person,
        partnership: partnership.id,
    };
    occasions.push((closing, timetable::morning(settings, round.end, zone)));
    for survey in &settings.surveys {
        // Whoever gets a new partner later is asked once all the same: the key names the round.
        let occasion = Occasion::Survey {
            round: round.id.clone(),
            person,
            survey: survey.id.clone(),
            reminder: false,
        };
        let date = timetable::survey_date(round, survey, started);
        occasions.extend(date.map(|date| (occasion, timetable::morning(settings, date, zone))));
    }
    occasions
}

pub(super) fn introduction(
    settings: &Settings,
    facts: &Facts,
    partnership: &Partnership,
    round: &Round,
    member: &Member,
    topic: Option<TopicText>,
) -> Letter {
    let reader = &member.person;
    let today = facts.now.with_timezone(&reader.zone).date_naive();
    let others: Vec<&Member> = partnership.others(reader.id).collect();
    let partners = others
        .iter()
        .map(|other| Partner {
            name: other.person.name.clone(),
            address: other.person.address.clone(),
            country: other
                .answers
                .get("country")
                .and_then(Answer::as_str)
                .map(|code| places::country_name(code, &reader.language))
                .unwrap_or_default(),
            profile: form_text::lines(&settings.form, &other.answers, &reader.language, true),
        })
        .collect();
    let clocks = others
        .iter()
        .map(|other| clock(reader, &other.person, today))
        .collect();
    let zones: Vec<chrono_tz::Tz> = others.iter().map(|other| other.person.zone).collect();
    let awake = schedule::awake_hours(reader.zone, &zones, today)
        .into_iter()
        .map(|(from, to)| Hours { from, to })
        .collect();
    let first_writer = partnership
        .member(partnership.first_writer)
        .map_or_else(|| reader.name.clone(), |member| member.person.name.clone());
    let reply_reaches_partner = settings.introduction_reply_to == IntroductionReplyTo::Partner;
    // Those who live far apart are first awake together when day 0 has passed in UTC. A partnership out of the pool is
    // at least a day later than that.
    let all_zones: Vec<chrono_tz::Tz> = partnership
        .members
        .iter()
        .map(|it| it.person.zone)
        .collect();
    let first_from_pool = schedule::joint_moment(
        round.start + Days::new(1),
        &all_zones,
        settings.zone,
        settings.morning,
    );
    Letter {
        to: Recipient::Person(reader.id),
        kind: LetterKind::Introduction {
            name: reader.name.clone(),
            dates: timetable::dates(round),
            partners,
            why: reason_text::named(
                &partnership.reasons,
                &settings.form,
                reader.id,
                &reader.language,
            ),
            clocks,
            awake,
            first_writer,
            you_write_first: partnership.first_writer == reader.id,
            you_are: settings
                .pairing
                .roles
                .as_ref()
                .and_then(|roles| roles.of(&member.answers))
                .map(|role| match role {
                    Role::Mentor { .. } => Part::Mentor,
                    Role::Mentee => Part::Mentee,
                }),
            reply_reaches_partner,
            topic,
            channels: settings.channels.clone(),
            end: round.end,
            again: facts.now >= first_from_pool,
        },
        occurrence: partnership.id.to_string(),
        about: About {
            round: Some(round.id.clone()),
            partnership: Some(partnership.id),
            number: Some(1),
            ..About::default()
        },
        reply_to: if reply_reaches_partner {
            ReplyTo::Partners(
                others
                    .iter()
                    .map(|other| other.person.address.clone())
                    .collect(),
            )
        } else {
            ReplyTo::Token
        },
        not_before: None,
    }
}

fn clock(reader: &Person, other: &Person, date: NaiveDate) -> ClockOf {
    let (at_readers_noon, minutes_ahead) = schedule::clock_at_noon(reader.zone, other.zone, date);
    ClockOf {
        name: other.name.clone(),
        zone: other.zone.name().to_string(),
        at_readers_noon,
        minutes_ahead,
    }
}
