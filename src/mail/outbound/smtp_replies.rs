//! The server's side of an SMTP dialogue, made safe for lettre's reader.
//!
//! lettre reads lines without bound, gives up on replies that are not UTF-8 or lack a blank (`250` alone), panics on
//! an EHLO line of blanks, and takes whatever comes first for the answer to its next command. So this stream hands
//! it whole lines of plain ASCII, one reply at a time; a reply that came unasked fails the next write instead of being
//! believed. It can also be told to let nothing more out ([`Gate`]), which is the only way to stop lettre between a
//! letter's body and the final dot.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::mail::tls::Stream;

/// RFC 5321 section 4.5.3.1.5 allows 512 octets; Postfix sends up to about 1,000.
const LINE_MAX_BYTES: usize = 8 * 1024;
/// A reply of many lines.
const REPLY_MAX_BYTES: usize = 64 * 1024;

/// Shared by the stream, which lettre owns, and by us.
#[derive(Debug, Default)]
pub struct Gate {
    shut: AtomicBool,
    out_of_step: AtomicBool,
}

impl Gate {
    /// Nothing more will be written.
    pub fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
    }

    /// Has the server said more than it was asked?
    pub fn is_out_of_step(&self) -> bool {
        self.out_of_step.load(Ordering::Relaxed)
    }
}

/// See the head of this file.
pub struct Replies {
    inner: Stream,
    gate: Arc<Gate>,
    incoming: Incoming,
}

impl Replies {
    pub fn new(inner: Stream, gate: Arc<Gate>) -> Replies {
        Replies {
            inner,
            gate,
            incoming: Incoming::default(),
        }
    }

    /// For a dialogue that goes on after STARTTLS: lettre waits for a greeting, which the server has given already.
    pub fn already_greeted(inner: Stream, gate: Arc<Gate>) -> Replies {
        let mut replies = Replies::new(inner, gate);
        replies
            .incoming
            .raw
            .extend_from_slice(b"220 TLS started\r\n");
        replies
    }
}

/// Bytes from the server on their way to lettre.
#[derive(Default)]
struct Incoming {
    /// As they came.
    raw: Vec<u8>,
    /// Cleaned lines of the current reply that were not handed over yet.
    ready: Vec<u8>,
    /// How much of the current reply has been made ready.
    reply_bytes: usize,
    /// The last line of a reply has been made ready; what follows was not asked for.
    complete: bool,
}

impl Incoming {
    /// Moves whole lines from `raw` to `ready`, up to the end of the reply.
    fn advance(&mut self) -> io::Result<()> {
        while !self.complete {
            let Some(end) = self.raw.iter().position(|byte| *byte == b'\n') else {
                break;
            };
            let line: Vec<u8> = self.raw.drain(..=end).collect();
            let (line, last) = clean_line(&line);
            self.reply_bytes += line.len();
            self.ready.extend_from_slice(&line);
            self.complete = last;
        }
        if (!self.complete && self.raw.len() > LINE_MAX_BYTES) || self.reply_bytes > REPLY_MAX_BYTES
        {
            return Err(io::Error::other("the server sent an endless reply"));
        }
        Ok(())
    }

    /// A command is about to be written: the next reply will be to it.
    fn next_reply(&mut self) {
        self.complete = false;
        self.reply_bytes = 0;
    }

    fn is_out_of_step(&self) -> bool {
        self.complete && !self.raw.is_empty()
    }
}

/// A reply line as RFC 5321 section 4.2 writes it, and whether it is the last of its reply. What is no reply line is
/// passed on (lettre refuses it) as the last one.
fn clean_line(line: &[u8]) -> (Vec<u8>, bool) {
    let text: String = line
        .iter()
        .map(|byte| {
            if byte.is_ascii_graphic() {
                char::from(*byte)
            } else if byte.is_ascii() {
                ' '
            } else {
                '?'
            }
        })
        .collect();
    let text = text.trim_end();
    let code = text
        .get(..3)
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    match (code, text.get(3..4)) {
        (Some(code), Some("-")) => (format!("{code}-{}\r\n", &text[4..]).into_bytes(), false),
        (Some(code), Some(" ")) => (format!("{code} {}\r\n", &text[4..]).into_bytes(), true),
        (Some(code), None) => (format!("{code} \r\n").into_bytes(), true),
        _ => (format!("{text}\r\n").into_bytes(), true),
    }
}

impl AsyncRead for Replies {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let replies = self.get_mut();
        loop {
            replies.incoming.advance()?;
            if replies.incoming.is_out_of_step() {
                replies.gate.out_of_step.store(true, Ordering::Relaxed);
            }
            if !replies.incoming.ready.is_empty() {
                let length = replies.incoming.ready.len().min(buffer.remaining());
                buffer.put_slice(&replies.incoming.ready[..length]);
                replies.incoming.ready.drain(..length);
                return Poll::Ready(Ok(()));
            }
            let mut space = [0; 4096];
            let mut fresh = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut replies.inner).poll_read(cx, &mut fresh))?;
            if fresh.filled().is_empty() {
                // The end. Half a line is no reply: whatever it begins with, it is not handed over.
                return Poll::Ready(Ok(()));
            }
            replies.incoming.raw.extend_from_slice(fresh.filled());
        }
    }
}

impl AsyncWrite for Replies {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let replies = self.get_mut();
        if replies.gate.shut.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::Error::other("stopped before the final dot")));
        }
        if replies.incoming.is_out_of_step() {
            return Poll::Ready(Err(io::Error::other(
                "the server replied to what was not asked",
            )));
        }
        replies.incoming.next_reply();
        Pin::new(&mut replies.inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replies")
    }
}

impl AsyncTokioStream for Replies {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.tcp().peer_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed_over(raw: &[u8]) -> (String, bool) {
        let mut incoming = Incoming {
            raw: raw.to_vec(),
            ..Incoming::default()
        };
        incoming.advance().unwrap();
        (
            String::from_utf8(incoming.ready.clone()).unwrap(),
            incoming.is_out_of_step(),
        )
    }

    #[test]
    fn odd_replies_are_made_readable() {
        for (raw, cleaned) in [
            ("250 2.0.0 Ok\r\n", "250 2.0.0 Ok\r\n"),
            ("250\r\n", "250 \r\n"),
            ("250 ok\n", "250 ok\r\n"),
            (
                "250-mail.test\r\n250- \t \r\n250 SIZE\r\n",
                "250-mail.test\r\n250-\r\n250 SIZE\r\n",
            ),
            ("550 non d\u{e9}livr\u{e9}\0\r\n", "550 non d??livr??\r\n"),
            ("hello\r\n", "hello\r\n"),
            ("2500 x\r\n", "2500 x\r\n"),
        ] {
            assert_eq!(
                handed_over(raw.as_bytes()),
                (cleaned.into(), false),
                "{raw:?}"
            );
        }
    }

    #[test]
    fn half_a_line_is_not_handed_over() {
        assert_eq!(handed_over(b"250 Ok"), (String::new(), false));
        assert_eq!(
            handed_over(b"250-one\r\n250 tw"),
            ("250-one\r\n".into(), false)
        );
    }

    #[test]
    fn a_second_reply_is_held_back_and_noticed() {
        assert_eq!(
            handed_over(b"250 Ok\r\n421 bye\r\n"),
            ("250 Ok\r\n".into(), true)
        );
    }

    #[test]
    fn endless_lines_and_replies_are_cut_off() {
        let mut endless = Incoming {
            raw: vec![b'2'; LINE_MAX_BYTES + 1],
            ..Incoming::default()
        };
        assert!(endless.advance().is_err());
        let mut many = Incoming {
            raw: b"250-x\r\n".repeat(20_000),
            ..Incoming::default()
        };
        assert!(many.advance().is_err());
    }
}
