//! The way in: the greeting, STARTTLS, what the server offers before the login, and the login itself.

use async_imap::{Authenticator, Client};

use super::*;
use crate::mail::oauth::OAuth;
use crate::mail::secret::{self, Secret};

/// One line before the login.
const GREETING_LINE_MAX: usize = 8 * 1024;
/// Reads the greeting, starts TLS where that is configured, and asks what the server offers before the login.
pub(super) async fn greet(
    mut stream: Stream,
    server: &Server,
) -> Result<(Stream, Vec<String>), MailboxError> {
    let greeting = read_line(&mut stream).await?;
    match greeting
        .get(..5)
        .unwrap_or(&greeting)
        .to_ascii_uppercase()
        .as_str()
    {
        "* OK " | "* OK" => {}
        // Logged in before TLS or as somebody unknown (RFC 3501 section 7.1.4): an attacker's doing, or a mistake.
        "* PRE" => {
            return Err(lost(
                "the server claims that we are logged in already (PREAUTH), which is refused",
            ));
        }
        _ => return Err(lost(&format!("the server does not let us in: {greeting}"))),
    }
    if server.security == Security::StartTls {
        ask(&mut stream, "P1", "STARTTLS").await?;
        stream = tls::start(stream, server).await?;
    }
    let mut offers = Vec::new();
    for line in ask(&mut stream, "P2", "CAPABILITY").await? {
        if let Some(names) = line.strip_prefix("* CAPABILITY ") {
            offers.extend(names.split_ascii_whitespace().map(str::to_ascii_uppercase));
        }
    }
    Ok((stream, offers))
}

/// One of the commands before the login, in plain lines; returns the untagged ones.
async fn ask(stream: &mut Stream, tag: &str, command: &str) -> Result<Vec<String>, MailboxError> {
    let written = stream.write_line(&format!("{tag} {command}")).await;
    written.map_err(|error| lost(&error.to_string()))?;
    let mut lines = Vec::new();
    // More untagged lines than that belong to no honest answer.
    while lines.len() < 50 {
        let line = read_line(stream).await?;
        match line.strip_prefix(tag).map(str::trim_start) {
            Some(status) if status.to_ascii_uppercase().starts_with("OK") => return Ok(lines),
            Some(status) => return Err(refused(command, short(status))),
            None => lines.push(line),
        }
    }
    Err(lost("the server never ends its answer"))
}

async fn read_line(stream: &mut Stream) -> Result<String, MailboxError> {
    stream
        .read_line(GREETING_LINE_MAX)
        .await
        .map_err(|error| lost(&error.to_string()))
}

/// What a login shows to the server.
pub(super) enum Proof<'a> {
    Password {
        user: &'a str,
        password: Secret,
    },
    Token {
        user: &'a str,
        token: Secret,
        oauth: &'a OAuth,
    },
}

impl<'a> Proof<'a> {
    pub(super) async fn of(login: &'a Login) -> Result<Proof<'a>, MailboxError> {
        Ok(match login {
            Login::Password { user, secret } => Proof::Password {
                user,
                password: secret::read(secret).await?,
            },
            Login::Token { user, oauth } => Proof::Token {
                user,
                token: oauth.access_token().await?,
                oauth,
            },
        })
    }
}

pub(super) async fn log_in(
    stream: Stream,
    offers: &[String],
    proof: &Proof<'_>,
) -> Result<Session<Guard<BufWriter<Stream>>>, MailboxError> {
    let has = |name: &str| offers.iter().any(|offer| offer == name);
    let no_method = || MailboxError::NoLoginMethod(short(&offers.join(" ")));
    // A command is several small writes, which should leave as one packet.
    let mut guard = Guard::new(
        BufWriter::new(stream),
        MESSAGE_MAX_BYTES + OVERHEAD_MAX_BYTES,
    );
    guard.allow(SMALL_ANSWER_MAX_BYTES);
    let client = Client::new(guard);
    let login = match proof {
        // Unlike LOGIN it carries any password, in UTF-8.
        Proof::Password { user, password } if has("AUTH=PLAIN") => {
            client.authenticate("PLAIN", Plain { user, password }).await
        }
        Proof::Password { user, password } if !has("LOGINDISABLED") => {
            client.login(user, password.reveal()).await
        }
        Proof::Token { user, token, .. } if has("AUTH=XOAUTH2") => {
            let said = false;
            client
                .authenticate("XOAUTH2", XOAuth2 { user, token, said })
                .await
        }
        _ => return Err(no_method()),
    };
    login.map_err(|(error, _)| match (error, proof) {
        (
            async_imap::error::Error::No(words) | async_imap::error::Error::Bad(words),
            Proof::Token { oauth, .. },
        ) => {
            // The next try asks for a new one.
            oauth.forget();
            MailboxError::TokenRefused(short(&words))
        }
        (async_imap::error::Error::No(words) | async_imap::error::Error::Bad(words), _) => {
            login_refusal(&words)
        }
        (other, _) => broken(other),
    })
}

/// The way in with an access token, as Google and Microsoft describe it. A refusal comes as a challenge, which is
/// answered with an empty line to get to the end.
struct XOAuth2<'a> {
    user: &'a str,
    token: &'a Secret,
    said: bool,
}

impl Authenticator for XOAuth2<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        if std::mem::replace(&mut self.said, true) {
            return String::new();
        }
        format!(
            "user={}\x01auth=Bearer {}\x01\x01",
            self.user,
            self.token.reveal()
        )
    }
}

/// A refusal that names a passing trouble (RFC 5530) says nothing about the password.
fn login_refusal(words: &str) -> MailboxError {
    let passing = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"];
    if passing
        .iter()
        .any(|code| words.contains(&format!("[{code}]")))
    {
        return refused("login", short(words));
    }
    MailboxError::LoginRefused(short(words))
}

/// SASL PLAIN (RFC 4616).
struct Plain<'a> {
    user: &'a str,
    password: &'a Secret,
}

impl Authenticator for Plain<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        format!("\0{}\0{}", self.user, self.password.reveal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_for_a_while_is_no_wrong_password() {
        assert!(
            !login_refusal("code: None, info: Some(\"[AUTHENTICATIONFAILED] no\")").is_retriable()
        );
        assert!(login_refusal("code: None, info: Some(\"[UNAVAILABLE] later\")").is_retriable());
    }
}
