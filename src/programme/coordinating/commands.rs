//! What a coordinator's answer asks for. Exact words only: a sentence that seems to mean something must not release a
//! round. Words that look like a command and are none are answered with what they lack; nothing of them is done.

use crate::ids::{InboxId, LetterId, PartnershipId, PersonId};
use crate::programme::event::{Act, CommandKind};
use crate::programme::letter::About;

/// The command that stands in the answer to a letter about `about`; `None` where it is free text.
///
/// `ok` and what changes pairs speak of the proposal that the answered letter shows.
pub fn read(text: &str, about: &About) -> Option<CommandKind> {
    if let Some(proposal) = about.proposal {
        match acts(text) {
            Acts::Some(acts) => {
                return Some(CommandKind::Review {
                    proposal,
                    acts,
                    refused: None,
                });
            }
            Acts::Wrong(why) => {
                let about = about.clone();
                return Some(CommandKind::Misread { why, about });
            }
            Acts::None => {}
        }
    }
    if let Some(announcement) = announce(text) {
        return Some(announcement);
    }
    several(text, about)
}

/// The lines at the top of a reply that are commands, each by itself. They end at the first line that is none: what a
/// mail program quotes without a mark must not act.
fn several(text: &str, about: &About) -> Option<CommandKind> {
    let mut commands: Vec<(String, CommandKind)> = Vec::new();
    let mut below = Vec::new();
    let mut ended = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match single(line, about) {
            Some(command) if !ended => {
                if !commands.iter().any(|(_, known)| *known == command) {
                    commands.push((line.to_string(), command));
                }
            }
            Some(_) => below.push(line.to_string()),
            None if !ended && !commands.is_empty() && begins_like_a_command(line) => {
                return Some(misread(
                    format!(
                        "Nothing was done. This line could not be read: \"{line}\". Write each command as the letter \
                         shows it, alone on its line."
                    ),
                    about,
                ));
            }
            None if commands.is_empty() => return None,
            None => ended = true,
        }
    }
    below.truncate(BELOW_MAX);
    let stands_alone = |(_, what): &(String, CommandKind)| {
        matches!(
            what,
            CommandKind::Release(_) | CommandKind::SendAnnouncement(_)
        )
    };
    match commands.len() {
        1 if below.is_empty() => commands.pop().map(|(_, what)| what),
        2.. if commands.iter().any(stands_alone) => Some(misread(
            "Nothing was done. \"ok\" and \"send\" speak of what you have seen: please write that word alone, and other \
             commands in another reply."
                .into(),
            about,
        )),
        _ => Some(CommandKind::Several { commands, below }),
    }
}

/// Lines below that an answer repeats; there are more only where a whole letter was quoted without a mark.
const BELOW_MAX: usize = 5;

fn misread(why: String, about: &About) -> CommandKind {
    CommandKind::Misread {
        why,
        about: about.clone(),
    }
}

/// "settle", "accept 12th": whoever writes this below a command means one.
fn begins_like_a_command(line: &str) -> bool {
    let words = plain_words(line);
    let known = [
        "settle",
        "arrived",
        "resend",
        "forgive",
        "read",
        "accept",
        "decline",
        "introduce",
        "show",
        "pool",
        "pause",
        "resume",
        "status",
        "ok",
        "send",
    ];
    let names_one = words.get(1).is_some_and(|word| {
        word.trim_start_matches('#')
            .starts_with(|c: char| c.is_ascii_digit())
    });
    words
        .first()
        .is_some_and(|first| known.contains(&first.as_str()))
        && (names_one || words.len() == 1)
}

/// The command that one line is.
fn single(line: &str, about: &About) -> Option<CommandKind> {
    if let Some(declined) = decline(line) {
        return Some(declined);
    }
    let words = plain_words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.trim_start_matches('#').parse::<i64>().ok();
    match words.as_slice() {
        ["ok"] => about.proposal.map(CommandKind::Release),
        ["send"] => about.announcement.map(CommandKind::SendAnnouncement),
        ["pause"] => Some(CommandKind::PauseProgramme),
        ["resume"] => Some(CommandKind::ResumeProgramme),
        ["status"] => Some(CommandKind::Status),
        ["show", id] => number(id).map(|id| CommandKind::Show { inbox: InboxId(id) }),
        ["pool", id] => number(id).map(|id| CommandKind::IntoPool {
            person: PersonId(id),
        }),
        ["settle", id] => number(id).map(|id| CommandKind::Settle { inbox: InboxId(id) }),
        ["arrived", id] => number(id).map(|id| CommandKind::Arrived {
            letter: LetterId(id),
        }),
        ["resend", id] => number(id).map(|id| CommandKind::SendAgain {
            letter: LetterId(id),
        }),
        ["new", "partner", id] => number(id).map(|id| CommandKind::Free {
            person: PersonId(id),
        }),
        ["forgive", id] => number(id).map(|id| CommandKind::LiftSilence {
            person: PersonId(id),
        }),
        ["read", id] => number(id).map(|id| CommandKind::ReadWaiting {
            person: PersonId(id),
        }),
        ["accept", id] => number(id).map(|id| CommandKind::Accept {
            person: PersonId(id),
        }),
        ["introduce", id] => number(id).map(|id| CommandKind::Introduce {
            partnership: PartnershipId(id),
        }),
        _ => None,
    }
}

/// "decline 12" and, on the same line, the reason in the coordinator's own words.
fn decline(line: &str) -> Option<CommandKind> {
    let (word, rest) = line.split_once(char::is_whitespace)?;
    let (number, reason) = rest.trim().split_once(char::is_whitespace)?;
    let person = number
        .trim_start_matches('#')
        .trim_end_matches([':', ',', '.'])
        .parse()
        .ok()?;
    word.eq_ignore_ascii_case("decline")
        .then(|| CommandKind::Decline {
            person: PersonId(person),
            reason: reason.trim().to_string(),
        })
}

/// "announce to ..." on the first line, the subject on the next, the text below.
fn announce(text: &str) -> Option<CommandKind> {
    let (first, rest) = text
        .trim_start()
        .split_once('\n')
        .unwrap_or((text.trim_start(), ""));
    let first = first.trim().trim_end_matches(['.', ':']);
    let words = first.split_whitespace().collect::<Vec<_>>();
    if words.len() < 3
        || !words[0].eq_ignore_ascii_case("announce")
        || !words[1].eq_ignore_ascii_case("to")
    {
        return None;
    }
    Some(match super::audience(&words[2..].join(" ")) {
        Err(why) => CommandKind::Misread {
            why: format!("Nothing was sent. {why}"),
            about: About::default(),
        },
        Ok(audience) => {
            let rest = rest.trim_start();
            let (subject, text) = rest.split_once('\n').unwrap_or((rest, ""));
            let subject = subject.trim();
            let labelled = subject
                .get(..8)
                .filter(|label| label.eq_ignore_ascii_case("subject:"))
                .and_then(|_| subject.get(8..));
            CommandKind::Announce {
                audience,
                subject: labelled.unwrap_or(subject).trim().to_string(),
                text: text.trim().to_string(),
            }
        }
    })
}

enum Acts {
    None,
    Some(Vec<Act>),
    /// Not all of it can be read; the words say what is wrong.
    Wrong(String),
}

/// The lines of a reply to a proposal: all that stands above the first blank line, and any line further down that
/// begins like a command. They count together or not at all.
fn acts(text: &str) -> Acts {
    let mut acts = Vec::new();
    let mut wrong = None;
    let mut below = false;
    for line in text.trim_start().lines() {
        let words = plain_words(line);
        if words.is_empty() {
            below = !acts.is_empty() || wrong.is_some();
            continue;
        }
        match act(&words) {
            Some(act) => acts.push(act),
            // Below the commands people greet and sign.
            None if below && !begins_like_an_act(&words) => {}
            None => {
                wrong.get_or_insert_with(|| line.trim().to_string());
            }
        }
    }
    match (acts.is_empty(), wrong) {
        (true, None) => Acts::None,
        (true, Some(line)) if !begins_like_an_act(&plain_words(&line)) => Acts::None,
        (false, None) => Acts::Some(acts),
        (false, Some(line)) if plain_words(&line) == ["ok"] => Acts::Wrong(
            "Nothing was changed. \"ok\" releases what you have seen: please send the changes by themselves, look at \
             the new proposal, and answer that one with ok."
                .into(),
        ),
        (_, Some(line)) => Acts::Wrong(format!(
            "Nothing was changed. This line could not be read: \"{line}\". Each line is one of: swap 12 17, pin 3 9, \
             forbid 4 8, hold 21, leave 21, trio, free 21, rerun. Numbers are people as the proposal shows them."
        )),
    }
}

fn begins_like_an_act(words: &[String]) -> bool {
    let known = [
        "swap", "pin", "forbid", "hold", "leave", "trio", "free", "rerun",
    ];
    let numbered = words
        .get(1)
        .is_some_and(|word| word.contains(|c: char| c.is_ascii_digit()));
    words
        .first()
        .is_some_and(|first| known.contains(&first.as_str()))
        && (numbered || words.len() <= 2)
}

fn act(words: &[String]) -> Option<Act> {
    let number = |word: &str| word.trim_start_matches('#').parse::<u32>().ok();
    // "swap 12 and 17", "pin 3 + 9"
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !["and", "with", "&", "+"].contains(word))
        .collect();
    Some(match words.as_slice() {
        ["swap", a, b] => Act::Swap(number(a)?, number(b)?),
        ["pin", a, b] => Act::Pin(number(a)?, number(b)?),
        ["forbid", a, b] => Act::Forbid(number(a)?, number(b)?),
        ["hold", a] => Act::Hold(number(a)?),
        ["leave", a] => Act::Leave(number(a)?),
        ["trio"] => Act::Trio,
        ["free", a] => Act::Free(number(a)?),
        ["rerun"] => Act::Rerun,
        _ => return None,
    })
}

/// The words of a line in small letters, without the marks that people set around them.
fn plain_words(line: &str) -> Vec<String> {
    line.split([' ', '\t', ','])
        .map(|word| {
            word.trim_matches(['.', '!', '"', '\'', '`', '*', ';', '\u{a0}'])
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ProposalId;

    fn about_proposal() -> About {
        About {
            proposal: Some(ProposalId(3)),
            ..About::default()
        }
    }

    fn acts_of(text: &str) -> Vec<Act> {
        match read(text, &about_proposal()) {
            Some(CommandKind::Review { acts, .. }) => acts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_exact_words_are_commands() {
        let proposal = about_proposal();
        assert_eq!(
            read("\nOK.\n\nThanks, Ada", &proposal),
            Some(CommandKind::Release(ProposalId(3)))
        );
        assert_eq!(read("ok, but wait until I have looked", &proposal), None);
        assert_eq!(
            read("ok", &About::default()),
            None,
            "there is nothing that it could release"
        );
        assert_eq!(
            read("settle 88", &About::default()),
            Some(CommandKind::Settle { inbox: InboxId(88) })
        );
        assert_eq!(read("settle it", &About::default()), None);
    }

    #[test]
    fn several_lines_of_one_reply_belong_together() {
        let text = "Swap 12 and 17\npin 3, 9\nforbid #4 #8.\n\nhold 21\n\nThank you!\nAda";
        assert_eq!(
            acts_of(text),
            [
                Act::Swap(12, 17),
                Act::Pin(3, 9),
                Act::Forbid(4, 8),
                Act::Hold(21)
            ]
        );
        assert_eq!(acts_of("rerun"), [Act::Rerun]);
    }

    #[test]
    fn one_line_that_cannot_be_read_takes_the_others_with_it() {
        for text in [
            "swap 12 17\nand please look at 4",
            "swap 12 17\n\npin 3",
            "pin 3 nine",
            "swap 12 17\nok",
        ] {
            assert!(
                matches!(
                    read(text, &about_proposal()),
                    Some(CommandKind::Misread { .. })
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn each_line_at_the_top_of_a_reply_is_a_command_and_what_is_quoted_below_is_none() {
        let about = About::default();
        let settle = |id| CommandKind::Settle { inbox: InboxId(id) };
        let accept = CommandKind::Accept {
            person: PersonId(12),
        };
        assert_eq!(
            read("settle 88\n\nAccept 12.\nsettle 88\n\nThanks, Ada", &about),
            Some(CommandKind::Several {
                commands: vec![
                    ("settle 88".into(), settle(88)),
                    ("Accept 12.".into(), accept)
                ],
                below: vec![],
            })
        );
        assert_eq!(
            read(
                "settle 88\nThanks!\n\nWhat needs a person\nsettle 89",
                &about
            ),
            Some(CommandKind::Several {
                commands: vec![("settle 88".into(), settle(88))],
                below: vec!["settle 89".into()],
            }),
            "what was not done is told"
        );
        assert_eq!(read("settle 88\nThanks, Ada", &about), Some(settle(88)));
        for half in [
            "settle 88\naccept",
            "settle 88\naccept 12th",
            "settle 88\nok",
        ] {
            assert!(
                matches!(
                    read(half, &about_proposal()),
                    Some(CommandKind::Misread { .. })
                ),
                "{half}"
            );
        }
    }

    #[test]
    fn declining_takes_the_reason_as_it_is_written() {
        assert_eq!(
            read(
                "decline 12 This round is for libraries, sorry.",
                &About::default()
            ),
            Some(CommandKind::Decline {
                person: PersonId(12),
                reason: "This round is for libraries, sorry.".into()
            })
        );
        assert_eq!(
            read("decline 12", &About::default()),
            None,
            "a reason is needed"
        );
    }

    #[test]
    fn an_announcement_has_readers_a_subject_and_a_text() {
        let text =
            "Announce to country Norway:\n\nSubject: The call\n\nDear all,\nit is on Thursday.";
        assert_eq!(
            read(text, &About::default()),
            Some(CommandKind::Announce {
                audience: crate::programme::facts::Audience::Country("NO".into()),
                subject: "The call".into(),
                text: "Dear all,\nit is on Thursday.".into(),
            })
        );
        assert!(matches!(
            read("announce to everyone\nHello\nWorld", &About::default()),
            Some(CommandKind::Misread { .. })
        ));
        assert_eq!(
            read("Please announce to all that ...", &About::default()),
            None
        );
    }

    #[test]
    fn free_text_is_no_command() {
        for text in [
            "Who is number 12?",
            "Hold on, I need until Friday.",
            "Pin it on the wall!",
        ] {
            assert_eq!(read(text, &about_proposal()), None, "{text}");
        }
    }
}
