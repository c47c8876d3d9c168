//! The annotated example with other values: a key is set where it stands, so that each keeps the sentence above it.
//! A key that is only shown ("# port = 993") comes to life. What a value means is not this file's business.

use anyhow::Context;

/// A config file as lines of text.
pub struct Annotated {
    lines: Vec<String>,
}

impl Annotated {
    pub fn new(text: &str) -> Annotated {
        Annotated {
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    /// Writes `key = value` in a section ("mailbox"; "" for what stands above all sections).
    ///
    /// # Errors
    ///
    /// The example has no such key: it and this program do not belong together.
    pub fn set(
        &mut self,
        section: &str,
        key: &str,
        value: impl Into<toml::Value>,
    ) -> anyhow::Result<()> {
        let line = self.line_of(section, key)?;
        self.lines[line] = format!("{key} = {}", value.into());
        Ok(())
    }

    /// Makes a comment of a key that is set.
    ///
    /// # Errors
    ///
    /// As [`Annotated::set`].
    pub fn comment_out(&mut self, section: &str, key: &str) -> anyhow::Result<()> {
        let line = self.line_of(section, key)?;
        if !self.lines[line].starts_with('#') {
            self.lines[line].insert_str(0, "# ");
        }
        Ok(())
    }

    /// The line of a key: where it is set, else where it is first shown.
    fn line_of(&self, section: &str, key: &str) -> anyhow::Result<usize> {
        let header = |line: &str| {
            line.strip_prefix('[')
                .map(|rest| rest.trim_matches(['[', ']', ' ']).to_owned())
        };
        let begin = if section.is_empty() {
            Some(0)
        } else {
            self.lines
                .iter()
                .position(|line| header(line).as_deref() == Some(section))
                .map(|at| at + 1)
        };
        let begin = begin.with_context(|| format!("the example has no section [{section}]"))?;
        let end = self.lines[begin..]
            .iter()
            .position(|line| line.starts_with('['))
            .map_or(self.lines.len(), |length| begin + length);
        let starts = |prefix: String| {
            self.lines[begin..end]
                .iter()
                .position(|line| line.starts_with(&prefix))
        };
        starts(format!("{key} = "))
            .or_else(|| starts(format!("# {key} = ")))
            .map(|at| begin + at)
            .with_context(|| format!("the example has no key {key} in [{section}]"))
    }

    pub fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "# A title.\nname = \"x\"\n\n[mailbox]\n# The port. Default: 993.\n# port = 993\nhost = \"a\"\n\n[[people]]\nhost = \"b\"\n";

    #[test]
    fn a_key_is_set_in_its_own_section_and_keeps_its_sentence() {
        let mut file = Annotated::new(EXAMPLE);
        file.set("people", "host", "c \"d\"").unwrap();
        file.set("mailbox", "port", 143).unwrap();
        file.set("", "name", "y").unwrap();
        file.comment_out("mailbox", "host").unwrap();
        assert_eq!(
            file.text(),
            "# A title.\nname = \"y\"\n\n[mailbox]\n# The port. Default: 993.\nport = 143\n# host = \"a\"\n\n[[people]]\nhost = 'c \"d\"'\n"
        );
    }

    #[test]
    fn a_key_that_the_example_does_not_have_is_an_error() {
        let mut file = Annotated::new(EXAMPLE);
        assert!(file.set("people", "port", 1).is_err());
        assert!(file.set("nobody", "host", "x").is_err());
    }
}
