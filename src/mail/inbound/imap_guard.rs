//! Keeps a server from making us buffer or parse without bounds. It sits under the IMAP parser, which allocates an
//! announced literal at once (up to 512 MiB), reads a long line again and again, and follows nesting by recursion.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A line without its literals. The longest we provoke are a few hundred bytes.
const LINE_MAX_BYTES: usize = 64 * 1024;
/// Open parentheses in a line. Our answers need two; the parser overflows the stack at about a thousand.
const NESTING_MAX: u32 = 50;
/// Enough to recognise `{4294967296+}` and a CR at the end of a line.
const TAIL: usize = 24;

/// What is allowed to arrive, and how far the current line has come.
pub struct Limits {
    literal_max: u64,
    /// How many more bytes the current command may bring.
    budget: u64,
    /// Bytes of a literal that are still to come and are not looked at.
    skip: u64,
    line: usize,
    nesting: u32,
    tail: [u8; TAIL],
    tail_length: usize,
}

impl Limits {
    pub fn new(literal_max: u64) -> Limits {
        Limits {
            literal_max,
            budget: 0,
            skip: 0,
            line: 0,
            nesting: 0,
            tail: [0; TAIL],
            tail_length: 0,
        }
    }

    /// Looks at bytes before the parser sees them; an error ends the connection.
    fn check(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        self.budget = self
            .budget
            .checked_sub(length)
            .ok_or_else(|| refused("more than the command may bring"))?;
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.skip > 0 {
                let step = self.skip.min(bytes.len() as u64);
                self.skip -= step;
                bytes = &bytes[step as usize..];
                continue;
            }
            bytes = rest;
            match byte {
                b'\n' => self.end_line()?,
                _ => self.add(byte)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, byte: u8) -> io::Result<()> {
        self.line += 1;
        match byte {
            b'(' => self.nesting += 1,
            b')' => self.nesting = self.nesting.saturating_sub(1),
            _ => {}
        }
        if self.line > LINE_MAX_BYTES {
            return Err(refused("an endless line"));
        }
        if self.nesting > NESTING_MAX {
            return Err(refused("too many nested parentheses"));
        }
        if self.tail_length == TAIL {
            self.tail.copy_within(1.., 0);
            self.tail_length -= 1;
        }
        self.tail[self.tail_length] = byte;
        self.tail_length += 1;
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        match literal_length(&self.tail[..self.tail_length]) {
            Some(length) if length > self.literal_max => {
                return Err(refused("a literal that is too large"));
            }
            // The answer goes on after the literal, so the line's count does too.
            Some(length) => self.skip = length,
            None => (self.line, self.nesting) = (0, 0),
        }
        self.tail_length = 0;
        Ok(())
    }
}

fn refused(what: &str) -> io::Error {
    io::Error::other(format!("the server sent {what}"))
}

/// The length that `...{123}\r` or `...{123+}\r` announces at the end of a line.
fn literal_length(tail: &[u8]) -> Option<u64> {
    let tail = tail.strip_suffix(b"\r")?.strip_suffix(b"}")?;
    let tail = tail.strip_suffix(b"+").unwrap_or(tail);
    let brace = tail.iter().rposition(|byte| !byte.is_ascii_digit());
    // A tail of digits only is a number of more than twenty of them.
    let digits = match brace {
        Some(at) if tail[at] == b'{' => &tail[at + 1..],
        Some(_) => return None,
        None => tail,
    };
    if digits.is_empty() {
        return None;
    }
    Some(
        std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(u64::MAX),
    )
}

/// A stream whose incoming side is watched.
pub struct Guard<S> {
    inner: S,
    limits: Limits,
}

impl<S> Guard<S> {
    pub fn new(inner: S, literal_max: u64) -> Guard<S> {
        Guard {
            inner,
            limits: Limits::new(literal_max),
        }
    }

    /// Sets how many bytes may arrive from now on.
    pub fn allow(&mut self, bytes: u64) {
        self.limits.budget = bytes;
    }
}

impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guard = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut guard.inner).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => Poll::Ready(guard.limits.check(&buffer.filled()[before..])),
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict must not depend on how the network cuts the bytes.
    fn verdict(bytes: &[u8], budget: u64) -> bool {
        let run = |piece: usize| {
            let mut limits = Limits::new(1000);
            limits.budget = budget;
            bytes.chunks(piece).all(|chunk| limits.check(chunk).is_ok())
        };
        let whole = run(bytes.len().max(1));
        assert_eq!([run(1), run(2), run(7)], [whole; 3]);
        whole
    }

    #[test]
    fn a_literal_is_passed_up_to_the_limit_and_refused_beyond() {
        let with = |length: &str| {
            verdict(
                format!("* 1 FETCH (BODY[] {{{length}}}\r\n").as_bytes(),
                10_000,
            )
        };
        assert!(with("0") && with("1000") && with("1000+"));
        assert!(!with("1001") && !with("400000000") && !with("1001+"));
        assert!(!with("99999999999999999999"));
        assert!(!with("9999999999999999999999999999999999999999"));
    }

    #[test]
    fn what_is_inside_a_literal_is_not_looked_at() {
        let body = format!("{{999999}}\r\n{}{}", "(".repeat(200), "x".repeat(100));
        let fetch = format!(
            "* 1 FETCH (BODY[] {{{}}}\r\n{body})\r\nA1 OK\r\n",
            body.len()
        );
        assert!(verdict(fetch.as_bytes(), 10_000));
        // The line goes on after the literal, with its own literal.
        assert!(!verdict(b"* 1 FETCH (A {3}\r\nabc B {5000}\r\n", 10_000));
    }

    #[test]
    fn endless_lines_deep_nesting_and_floods_are_refused() {
        assert!(!verdict(&vec![b'x'; LINE_MAX_BYTES + 1], u64::MAX));
        assert!(verdict(
            format!("{}\r\n", "x".repeat(1000)).repeat(200).as_bytes(),
            u64::MAX
        ));
        assert!(!verdict("(".repeat(60).as_bytes(), u64::MAX));
        assert!(verdict("()".repeat(60).as_bytes(), u64::MAX));
        assert!(!verdict(&[b'\n'; 100], 99));
        assert!(verdict(&[b'\n'; 100], 100));
    }
}
