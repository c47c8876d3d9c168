//! `pairpost match --why 3 9`: two people of the newest proposal as a pair, in words. Changes nothing.

use anyhow::Context;

use crate::daemon::{Engine, what_if};
use crate::ids::PersonId;
use crate::programme::event::Obstacle;
use crate::programme::{form_text, reason_text};
use crate::time::Moment;

/// What there is to say about numbers `a` and `b` of the newest proposal as a pair.
pub fn lines(engine: &Engine, a: usize, b: usize, now: Moment) -> anyhow::Result<Vec<String>> {
    let db = engine.store().reader();
    let settings = &engine.config().settings;
    let proposal = super::proposal::find(db, None)?.context("there is no proposal yet")?;
    let id = proposal.id;
    let person = |number: usize| {
        let known = number
            .checked_sub(1)
            .and_then(|at| proposal.numbers.get(at));
        known
            .copied()
            .with_context(|| format!("proposal {id} has nobody with number {number}"))
    };
    let (first, second) = (person(a)?, person(b)?);
    anyhow::ensure!(first != second, "one person is no pair: give two numbers");
    let pair = what_if::pair(db, settings, &proposal, (first, second), now)?
        .context("one of the two no longer takes part")?;
    let form = &settings.form;
    let language = settings.default_language();
    let number = |person: &PersonId| if *person == first { a } else { b };
    let mut lines = Vec::new();
    lines.push(format!(
        "{} points, {} % of what these two could have.",
        pair.score, pair.percent
    ));
    for line in reason_text::neutral(&pair.reasons, form, language, &|person| {
        number(person) as u32
    }) {
        lines.push(format!("  {line}"));
    }
    for wish in &pair.unmet {
        let what = match wish.options[..] {
            [] => "what nobody in this round is".to_string(),
            _ => form_text::wish_words(form, &wish.question, &wish.options, language),
        };
        let how = if wish.must { "demands" } else { "wishes for" };
        lines.push(format!("  Not met: {} {how} {what}.", number(&wish.person)));
    }
    for obstacle in &pair.obstacles {
        lines.push(format!("  Against a rule: {}.", against(*obstacle)));
    }
    let is_a_pair = |people: &[PersonId]| people.contains(&first) && people.contains(&second);
    if proposal.groups.iter().any(|group| is_a_pair(&group.people)) {
        lines.push(format!("They are partners in proposal {id}."));
    } else if pair.pairs_lost > 0 {
        lines.push(format!(
            "Putting them together would leave {} pairs fewer, and {} points less in all.",
            pair.pairs_lost, pair.points_lost
        ));
    } else {
        lines.push(format!(
            "Putting them together would change the points in all by {}.",
            -pair.points_lost
        ));
    }
    Ok(lines)
}

fn against(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Country => "they live in one country",
        Obstacle::Region => "they live in one region",
        Obstacle::Organisation => "they work in one organisation",
        Obstacle::Met => "they have been partners before",
        Obstacle::Blocked | Obstacle::Forbidden => "coordinators keep them apart",
        Obstacle::Language => "they share no language",
        Obstacle::Hours => "their clocks are too far apart",
        Obstacle::Wish => "one of them demands somebody else",
        Obstacle::Roles => "they are not one mentor and one mentee",
        Obstacle::Score => "the pair is below the floor",
    }
}
