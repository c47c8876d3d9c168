//! How sure it must be who wrote before something is done (RELIABILITY (d)): how the signs that a message carries are
//! weighed, and one table of what each action needs and what happens instead. Every action that a message asks for goes
//! through [`ruling`]. The principle: the cheaper the forgery, the more the action may only stop things.

use super::event::{Evidence, Intent, Said};

/// What could be established about a message before its words are read. Headers are strangers' claims; only what nobody
/// but the reader of our letter can know, and what the sender's domain signs, counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    /// It answers a letter of ours, as a token or an id that nobody can guess shows; whether its owner wrote.
    pub letter: Option<bool>,
    /// The From line is an address on file.
    pub known_sender: bool,
    /// The sender's domain vouches for the From line: our mail host says so, or its signature does.
    pub vouched: bool,
    /// The letter that it answers was a question to the address on file whether this is wanted.
    pub echoed: bool,
}

/// The one place where the level of a message is worked out.
pub fn weigh(signs: Signs) -> Evidence {
    match signs.letter {
        Some(true) if signs.echoed => Evidence::Challenged,
        Some(true) if signs.vouched => Evidence::Authenticated,
        Some(true) => Evidence::TokenAndAddress,
        // Whoever vouches for another sender does not vouch for the letter's owner.
        Some(false) => Evidence::TokenOnly,
        // A vouched sender who is on file needs no token.
        None if signs.vouched && signs.known_sender => Evidence::Authenticated,
        None => Evidence::None,
    }
}

/// What a message can ask for, as far as it matters who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// To take part.
    Apply,
    /// An answer to what was asked: a check-in, a survey, a choice; also wishes about topics and certificates.
    Answer,
    Withdraw,
    Pause,
    Stop,
    NewPartner,
    /// Words for a person: help, a concern.
    Help,
    /// Mail from another address counts as theirs.
    LinkAddress,
    /// Letters go to another address: the old one and the new one say so.
    ChangeAddress,
    MyData,
    ForgetMe,
    /// A coordinator's command after which letters to participants leave, or other ones: ok, swap, pin, forbid, hold,
    /// free, rerun, resend, send.
    Act,
    /// A coordinator's command about one person or one message, or a question how things stand.
    Manage,
    /// A coordinator stops everything.
    PauseProgramme,
    /// A coordinator lets letters leave again: all that waited go out at once, so it needs what [`Action::Act`] does.
    ResumeProgramme,
    /// Config, templates, tables of everybody: on the machine only.
    Configure,
}

/// What happens with an action at a level of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    Done,
    /// The form goes to the address on file, or to a stranger; nothing else.
    FormLetter,
    /// It waits until the owner of the address on file says that it is theirs.
    AskOwner,
    /// It holds as a pause at once, and its owner is told and can undo it.
    PauseFirst,
    /// A person gets it.
    ToPerson,
    /// A question goes to the address on file; only its answer does anything.
    Challenge,
    /// Nothing is done, and the coordinators hear of it.
    Refuse,
}

impl Action {
    pub const ALL: [Action; 16] = [
        Action::Apply,
        Action::Answer,
        Action::Withdraw,
        Action::Pause,
        Action::Stop,
        Action::NewPartner,
        Action::Help,
        Action::LinkAddress,
        Action::ChangeAddress,
        Action::MyData,
        Action::ForgetMe,
        Action::Act,
        Action::Manage,
        Action::PauseProgramme,
        Action::ResumeProgramme,
        Action::Configure,
    ];

    /// What a participant's words ask for.
    pub fn of(said: &Said) -> Action {
        match said.intent {
            Some(Intent::Apply) => Action::Apply,
            Some(Intent::Stop) => Action::Stop,
            Some(Intent::Withdraw) => Action::Withdraw,
            // A pause without its day is a question for a person, not yet a pause.
            Some(Intent::Pause) if said.until.is_some() => Action::Pause,
            Some(Intent::NewPartner) => Action::NewPartner,
            Some(Intent::Help | Intent::Concern) => Action::Help,
            Some(Intent::NewAddress) => Action::ChangeAddress,
            Some(Intent::MyData) => Action::MyData,
            Some(Intent::ForgetMe) => Action::ForgetMe,
            Some(
                Intent::Answer
                | Intent::Pause
                | Intent::Certificate
                | Intent::TopicsOff
                | Intent::Unclear,
            )
            | None => Action::Answer,
        }
    }
}

/// The table of RELIABILITY (d).
pub fn ruling(action: Action, evidence: Evidence) -> Ruling {
    use Evidence::{Authenticated, Challenged, None, TokenAndAddress, TokenOnly};
    use Ruling::{AskOwner, Challenge, Done, FormLetter, PauseFirst, Refuse, ToPerson};
    match (action, evidence) {
        (Action::Configure, _) => Refuse,

        (Action::Apply, None) => FormLetter,
        (Action::Apply, TokenOnly) => AskOwner,

        (Action::Withdraw | Action::Pause, TokenOnly) => PauseFirst,
        (Action::Stop, TokenOnly) => Done,
        (
            Action::Withdraw | Action::Pause | Action::Stop | Action::Answer | Action::NewPartner,
            None | TokenOnly,
        ) => AskOwner,
        (Action::Help, None | TokenOnly) => ToPerson,

        (
            Action::LinkAddress | Action::ChangeAddress | Action::MyData | Action::ForgetMe,
            Challenged,
        ) => Done,
        (Action::LinkAddress | Action::ChangeAddress | Action::MyData | Action::ForgetMe, _) => {
            Challenge
        }

        (
            Action::Act | Action::Manage | Action::PauseProgramme | Action::ResumeProgramme,
            None | TokenOnly,
        ) => Refuse,
        (Action::Act | Action::ResumeProgramme, TokenAndAddress) => Challenge,

        (
            Action::Apply
            | Action::Answer
            | Action::Withdraw
            | Action::Pause
            | Action::Stop
            | Action::NewPartner
            | Action::Help
            | Action::Manage
            | Action::PauseProgramme,
            TokenAndAddress | Authenticated | Challenged,
        )
        | (Action::Act | Action::ResumeProgramme, Authenticated | Challenged) => Done,
    }
}

/// Whether it is sure enough who asks for it.
pub fn may(action: Action, evidence: Evidence) -> bool {
    ruling(action, evidence) == Ruling::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ruling::{AskOwner, Challenge, Done, FormLetter, PauseFirst, Refuse, ToPerson};

    /// The whole table once more, as a coordinator would read it: L0, L1, L2, L3, L4.
    const TABLE: [(Action, [Ruling; 5]); 16] = [
        (Action::Apply, [FormLetter, AskOwner, Done, Done, Done]),
        (Action::Answer, [AskOwner, AskOwner, Done, Done, Done]),
        (Action::Withdraw, [AskOwner, PauseFirst, Done, Done, Done]),
        (Action::Pause, [AskOwner, PauseFirst, Done, Done, Done]),
        (Action::Stop, [AskOwner, Done, Done, Done, Done]),
        (Action::NewPartner, [AskOwner, AskOwner, Done, Done, Done]),
        (Action::Help, [ToPerson, ToPerson, Done, Done, Done]),
        (
            Action::LinkAddress,
            [Challenge, Challenge, Challenge, Challenge, Done],
        ),
        (
            Action::ChangeAddress,
            [Challenge, Challenge, Challenge, Challenge, Done],
        ),
        (
            Action::MyData,
            [Challenge, Challenge, Challenge, Challenge, Done],
        ),
        (
            Action::ForgetMe,
            [Challenge, Challenge, Challenge, Challenge, Done],
        ),
        (Action::Act, [Refuse, Refuse, Challenge, Done, Done]),
        (Action::Manage, [Refuse, Refuse, Done, Done, Done]),
        (Action::PauseProgramme, [Refuse, Refuse, Done, Done, Done]),
        (
            Action::ResumeProgramme,
            [Refuse, Refuse, Challenge, Done, Done],
        ),
        (Action::Configure, [Refuse, Refuse, Refuse, Refuse, Refuse]),
    ];

    const LEVELS: [Evidence; 5] = [
        Evidence::None,
        Evidence::TokenOnly,
        Evidence::TokenAndAddress,
        Evidence::Authenticated,
        Evidence::Challenged,
    ];

    #[test]
    fn each_action_at_each_level_has_its_ruling() {
        assert!(
            Action::ALL
                .iter()
                .eq(TABLE.iter().map(|(action, _)| action))
        );
        for (action, rulings) in TABLE {
            for (level, expected) in LEVELS.into_iter().zip(rulings) {
                assert_eq!(ruling(action, level), expected, "{action:?} at {level:?}");
            }
        }
    }

    #[test]
    fn more_evidence_never_allows_less() {
        for action in Action::ALL {
            let allowed: Vec<bool> = LEVELS.iter().map(|level| may(action, *level)).collect();
            assert!(allowed.is_sorted(), "{action:?}: {allowed:?}");
        }
    }

    #[test]
    fn each_sign_counts_for_what_it_shows() {
        let all = |letter, known_sender, vouched, echoed| {
            weigh(Signs {
                letter,
                known_sender,
                vouched,
                echoed,
            })
        };
        for known in [false, true] {
            assert_eq!(all(None, known, false, false), Evidence::None);
            assert_eq!(all(Some(false), known, false, false), Evidence::TokenOnly);
            assert_eq!(
                all(Some(true), known, false, false),
                Evidence::TokenAndAddress
            );
            assert_eq!(all(Some(true), known, true, false), Evidence::Authenticated);
            assert_eq!(all(Some(true), known, false, true), Evidence::Challenged);
            // An echo that comes from elsewhere is none.
            assert_eq!(all(Some(false), known, false, true), Evidence::TokenOnly);
            assert_eq!(all(Some(false), known, true, true), Evidence::TokenOnly);
        }
        // A vouched stranger is a stranger.
        assert_eq!(all(None, false, true, false), Evidence::None);
        assert_eq!(all(None, true, true, false), Evidence::Authenticated);
    }
}
