//! What a coordinator's answer asks for. Exact words only: a sentence that seems to mean something must not release a
//! round. Words that look like a command and are none are answered with what they lack; nothing of them is done.

use crate::ids::{InboxId, LetterId, PartnershipId, PersonId};
use crate::programme::event::{Act, CommandKind};
use crate::programme::letter::About;

/// The command that stands in the answer to a letter about `about`; `None` where it is free text.
///
/// `ok` and what changes pairs speak of the proposal that the answered letter shows.
pub fn read(text: &str, about: &About) -> Option<CommandKind> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty())?;
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
    let words = plain_words(first);
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
        ["accept", id] => number(id).map(|id| CommandKind::Accept {
            person: PersonId(id),
        }),
        ["introduce", id] => number(id).map(|id| CommandKind::Introduce {
            partnership: PartnershipId(id),
        }),
        _ => None,
    }
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
             forbid 4 8, hold 21, free 21, rerun. Numbers are people as the proposal shows them."
        )),
    }
}

fn begins_like_an_act(words: &[String]) -> bool {
    let known = ["swap", "pin", "forbid", "hold", "free", "rerun"];
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
