//! Questions to somebody at a terminal: asked again until the answer can be used, with the reason why not.

use std::io::{BufRead, Write};

use anyhow::bail;

/// Somebody who answers, line by line.
pub struct Asker<'a> {
    pub input: &'a mut dyn BufRead,
    pub output: &'a mut dyn Write,
    /// Reads a line that is not shown.
    pub secret: &'a mut dyn FnMut() -> std::io::Result<String>,
}

impl Asker<'_> {
    /// Asks until `check` takes the answer; an empty one stands for the default.
    ///
    /// # Errors
    ///
    /// There are no more answers (the terminal was closed).
    pub fn ask<T>(
        &mut self,
        question: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<T> {
        loop {
            match default {
                Some(default) => write!(self.output, "{question} [{default}] ")?,
                None => write!(self.output, "{question} ")?,
            }
            self.output.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line)? == 0 {
                bail!("the questions were not answered to the end; nothing was written");
            }
            let answer = match line.trim() {
                "" => default.unwrap_or_default(),
                given => given,
            };
            match check(answer) {
                Ok(taken) => return Ok(taken),
                Err(why) => writeln!(self.output, "  {why}")?,
            }
        }
    }

    /// One of a list, by its number; asked like the others.
    ///
    /// # Errors
    ///
    /// As [`Asker::ask`].
    pub fn choose(&mut self, question: &str, of: &[&str]) -> anyhow::Result<usize> {
        writeln!(self.output, "{question}")?;
        for (at, name) in of.iter().enumerate() {
            writeln!(self.output, "  {} {name}", at + 1)?;
        }
        let last = of.len();
        self.ask(&format!("1 to {last}:"), None, |answer| {
            answer
                .parse::<usize>()
                .ok()
                .filter(|number| (1..=last).contains(number))
                .map(|number| number - 1)
                .ok_or_else(|| format!("Type a number from 1 to {last}."))
        })
    }

    /// A password, or nothing.
    ///
    /// # Errors
    ///
    /// The terminal cannot be read.
    pub fn password(&mut self, question: &str) -> anyhow::Result<Option<String>> {
        write!(self.output, "{question} ")?;
        self.output.flush()?;
        let given = (self.secret)()?;
        let given = given.trim_end_matches(['\r', '\n']);
        Ok((!given.is_empty()).then(|| given.to_owned()))
    }
}
