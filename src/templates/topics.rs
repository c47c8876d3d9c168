//! Topics: one Markdown file each, with a front matter in TOML between two lines of `+++`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::markdown;
use super::slots;
use crate::problem::Problem;
use crate::programme::settings::{Audience, Position, Topic};

/// A topic with its text.
#[derive(Debug, Clone)]
pub struct TopicFile {
    pub topic: Topic,
    pub markdown: String,
    /// The stamp of the English text that this translates, where it says so.
    pub translates: Option<String>,
    pub file: String,
    /// The whole file, for its own stamp.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    id: String,
    title: String,
    #[serde(default)]
    position: WrittenPosition,
    translates: Option<String>,
    #[serde(default, rename = "for")]
    audience: WrittenAudience,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum WrittenPosition {
    First,
    #[default]
    Middle,
    Last,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum WrittenAudience {
    #[default]
    Everybody,
    Returners,
}

/// The topics of a language in the order in which they are sent, those for everybody before those for returners: the
/// first ones, the middle ones and the last ones, each by file name.
pub fn read(
    language: &str,
    files: &[(String, String)],
    problems: &mut Vec<Problem>,
) -> Vec<TopicFile> {
    let before = problems.len();
    let mut topics = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, text) in files {
        let mut refuse = |line: Option<usize>, why: String, remedy: &str| {
            problems.push(Problem {
                file: file.clone(),
                line,
                key: String::new(),
                value: None,
                why,
                remedy: remedy.into(),
            });
        };
        let text = text.replace("\r\n", "\n");
        let parts = text
            .strip_prefix("+++\n")
            .and_then(|rest| rest.split_once("\n+++\n"));
        let Some((front, markdown)) = parts else {
            refuse(
                Some(1),
                "a topic starts with its front matter between two lines of +++".into(),
                "Write +++, then id, title and position, then +++.",
            );
            continue;
        };
        let front: FrontMatter = match toml::from_str(front) {
            Ok(front) => front,
            Err(error) => {
                let line = error
                    .span()
                    .and_then(|span| front.get(..span.start))
                    .map(|before| before.matches('\n').count() + 2);
                refuse(
                    line,
                    error.message().replace('\n', ", "),
                    "A front matter has id, title, position (\"first\", \"middle\" or \"last\") and for (\"everybody\" or \"returners\").",
                );
                continue;
            }
        };
        if !seen.insert(front.id.clone()) {
            refuse(
                Some(2),
                format!("another topic has the id \"{}\"", front.id),
                "Give it its own id.",
            );
            continue;
        }
        if slots::has_marks(&text) || markdown::line_of_raw_html(markdown).is_some() {
            refuse(
                None,
                "it contains HTML or private characters, which readers would see as they stand"
                    .into(),
                "Write Markdown.",
            );
        }
        topics.push(TopicFile {
            topic: Topic {
                id: front.id,
                title: front.title,
                position: match front.position {
                    WrittenPosition::First => Position::First,
                    WrittenPosition::Middle => Position::Middle,
                    WrittenPosition::Last => Position::Last,
                },
                audience: match front.audience {
                    WrittenAudience::Everybody => Audience::Everybody,
                    WrittenAudience::Returners => Audience::Returners,
                },
            },
            markdown: markdown.trim().to_owned(),
            translates: front.translates,
            file: file.clone(),
            text: text.clone(),
        });
    }
    let all_were_read = problems.len() == before;
    let count = |audience, position| {
        topics
            .iter()
            .filter(|it: &&TopicFile| {
                it.topic.audience == audience && it.topic.position == position
            })
            .count()
    };
    let ends = |audience| {
        (
            count(audience, Position::First),
            count(audience, Position::Last),
        )
    };
    let returners = topics
        .iter()
        .any(|it| it.topic.audience == Audience::Returners);
    let mut refuse = |why: &str| {
        problems.push(Problem {
            file: format!("{language}/topics"),
            line: None,
            key: String::new(),
            value: None,
            why: why.into(),
            remedy: "Write position = \"first\" in one file and position = \"last\" in another."
                .into(),
        });
    };
    // Where a file could not be read, it may have been the first or the last one.
    if all_were_read && ends(Audience::Everybody) != (1, 1) {
        refuse("a round needs one first topic and one last topic");
    }
    if all_were_read && returners && ends(Audience::Returners) != (1, 1) {
        refuse("the topics for returners need one first topic and one last topic, too");
    }
    // Stable, so that the order by file name stays within each position.
    topics.sort_by_key(|it| {
        let position = match it.topic.position {
            Position::First => 0,
            Position::Middle => 1,
            Position::Last => 2,
        };
        (it.topic.audience, position)
    });
    topics
}

/// A topic by its id, or an error for the template engine.
pub fn find<'t>(topics: &'t [TopicFile], id: &str) -> Result<&'t TopicFile, minijinja::Error> {
    topics
        .iter()
        .find(|topic| topic.topic.id == id)
        .ok_or_else(|| {
            minijinja::Error::new(
                minijinja::ErrorKind::InvalidOperation,
                "there is no topic with this id",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (String, String) {
        (name.into(), text.into())
    }

    #[test]
    fn topics_come_by_position_then_by_file_name() {
        let mut problems = Vec::new();
        let topics = read(
            "en",
            &[
                file(
                    "en/topics/01-end.md",
                    "+++\nid = \"end\"\ntitle = \"End\"\nposition = \"last\"\n+++\n\nBye\n",
                ),
                file(
                    "en/topics/02-b.md",
                    "+++\nid = \"b\"\ntitle = \"B\"\n+++\nText\n",
                ),
                file(
                    "en/topics/03-a.md",
                    "+++\nid = \"a\"\ntitle = \"A\"\n+++\nText\n",
                ),
                file(
                    "en/topics/09-start.md",
                    "+++\nid = \"start\"\ntitle = \"S\"\nposition = \"first\"\n+++\nText\n",
                ),
            ],
            &mut problems,
        );
        assert_eq!(problems, []);
        let ids: Vec<&str> = topics.iter().map(|it| it.topic.id.as_str()).collect();
        assert_eq!(ids, ["start", "b", "a", "end"]);
        assert_eq!(topics[3].markdown, "Bye");
    }

    #[test]
    fn a_wrong_front_matter_is_told_with_its_line() {
        let mut problems = Vec::new();
        read(
            "en",
            &[
                file("en/topics/1.md", "no front matter\n"),
                file(
                    "en/topics/2.md",
                    "+++\nid = \"x\"\ntitle = \"X\"\nplace = \"first\"\n+++\nText\n",
                ),
            ],
            &mut problems,
        );
        assert_eq!(problems[0].line, Some(1));
        assert_eq!(problems[1].line, Some(4));
        assert_eq!(problems.len(), 2);
        problems.clear();
        read("en", &[], &mut problems);
        assert!(problems[0].why.contains("first topic"));
    }
}
