//! Letters over SMTP submission (RFC 6409), one connection for many letters.
//!
//! lettre's commands are used one by one instead of its `send`, because only then is it known how far a letter had
//! come when something failed: before the final dot it has certainly not been taken, after it nobody can tell. The
//! connection is taken out while a letter is on its way and put back only after a clean end, so that a call that was
//! dropped or failed can never leave half a dialogue to the next letter.
//!
//! What a refusal means is decided in [`verdict`]: 5xx counts against the letter only where it is about its
//! recipient or content, never where it is about us (login, sender, quota, order of commands).

use std::cell::Cell;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::{Instant, sleep_until, timeout};

use super::smtp_replies::{Gate, Replies};
use super::transport::{Hook, Phase};
use super::{Envelope, Outcome};
use crate::mail::account::{Login, Security, Server};
use crate::mail::address::{clean, has_bare_newline};
use crate::mail::oauth::OAuthError;
use crate::mail::secret::{self, SecretError};
use crate::mail::tls::{self, ConnectError, Stream};

/// So many letters go over one connection before a new one is made; some servers count.
const LETTERS_PER_CONNECTION: u32 = 100;
const GOODBYE_TIME_OUT: Duration = Duration::from_secs(2);
/// Plain first: LOGIN is an old way to say the same.
const WITH_PASSWORD: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];
const WITH_TOKEN: &[Mechanism] = &[Mechanism::Xoauth2];

/// How long each step may take.
#[derive(Debug, Clone)]
pub struct Patience {
    /// From dialling to the end of the login.
    pub connect: Duration,
    /// MAIL and RCPT (RFC 5321 section 4.5.3.2).
    pub command: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// Writing the letter.
    pub body: Duration,
    /// The answer to the final dot. Cutting this short is how letters come twice.
    pub dot: Duration,
    /// How long an unused connection is believed to be alive.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connect: Duration::from_secs(60),
            command: Duration::from_secs(300),
            data: Duration::from_secs(120),
            body: Duration::from_secs(180),
            dot: Duration::from_secs(600),
            idle: Duration::from_secs(20),
        }
    }
}

/// Why there is no connection to send over. It concerns all letters, not one.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(
        "the sending server refused the login ({code}): {text}; check user and password of [sending]"
    )]
    LoginRefused { code: u16, text: String },
    #[error(transparent)]
    Token(#[from] OAuthError),
    #[error("the sending server refused the access token: {0}")]
    TokenRefused(String),
    #[error("the sending server offers no way to log in as configured")]
    NoLoginMethod,
    #[error(
        "the sending server offers no STARTTLS; use port 465 with security = \"tls\" if it has that"
    )]
    NoStartTls,
    #[error("the sending server refuses the connection ({code}): {text}")]
    Refused { code: u16, text: String },
    #[error("lost the connection to the sending server: {0}")]
    Lost(String),
}

impl SmtpError {
    /// Can trying again help by itself? If not, a person has to change the config, the password or the server.
    pub fn is_retriable(&self) -> bool {
        match self {
            SmtpError::Connect(error) => error.is_retriable(),
            SmtpError::Secret(error) => matches!(error, SecretError::Command { .. }),
            SmtpError::Token(error) => error.is_retriable(),
            SmtpError::Refused { .. } | SmtpError::Lost(_) => true,
            SmtpError::LoginRefused { .. }
            | SmtpError::TokenRefused(_)
            | SmtpError::NoLoginMethod
            | SmtpError::NoStartTls => false,
        }
    }

    fn code(&self) -> Option<u16> {
        match self {
            SmtpError::LoginRefused { code, .. } | SmtpError::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// The way to one submission server.
pub struct Smtp {
    server: Server,
    login: Option<Login>,
    patience: Patience,
    open: Option<Connection>,
}

struct Connection {
    lettre: AsyncSmtpConnection,
    gate: Arc<Gate>,
    letters: u32,
    last_used: Instant,
}

/// What to do with the connection after a letter.
#[derive(Debug, PartialEq)]
enum Afterwards {
    Keep,
    Close,
    /// It was gone before anything of the letter was said.
    Gone,
}

/// Where in the dialogue a reply belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Mail,
    Rcpt,
    Data,
    Dot,
}

impl Smtp {
    pub fn new(server: Server, login: Option<Login>) -> Smtp {
        Smtp::with_patience(server, login, Patience::default())
    }

    pub fn with_patience(server: Server, login: Option<Login>, patience: Patience) -> Smtp {
        Smtp {
            server,
            login,
            patience,
            open: None,
        }
    }

    /// Connects and logs in where no usable connection is open.
    pub async fn ready(&mut self) -> Result<(), SmtpError> {
        if self.is_usable() {
            return Ok(());
        }
        self.close().await;
        crate::failpoint::reach("smtp-connect")
            .map_err(|error| SmtpError::Lost(error.to_string()))?;
        let connecting = timeout(
            self.patience.connect,
            connect(&self.server, self.login.as_ref()),
        );
        let connection = connecting
            .await
            .unwrap_or_else(|_| Err(SmtpError::Lost("no answer in time".into())))?;
        self.open = Some(connection);
        Ok(())
    }

    fn is_usable(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.letters < LETTERS_PER_CONNECTION && open.last_used.elapsed() < self.patience.idle
        })
    }

    /// Hands over one letter; see [`super::transport`] for what may be relied on.
    pub async fn deliver(
        &mut self,
        envelope: &Envelope,
        letter: &[u8],
        on_phase: Hook<'_>,
    ) -> Outcome {
        let (from, to, copy) = match checked(envelope, letter) {
            Ok(addresses) => addresses,
            Err(refusal) => return refusal,
        };
        loop {
            let waited = self.is_usable();
            if let Err(error) = self.ready().await {
                return Outcome::Temporary {
                    code: error.code(),
                    text: error.to_string(),
                };
            }
            let Some(mut connection) = self.open.take() else {
                continue;
            };
            let (outcome, afterwards) = self
                .transact(
                    &mut connection,
                    (&from, &to, copy.as_ref()),
                    letter,
                    &mut *on_phase,
                )
                .await;
            match afterwards {
                // Nothing was sent over a connection that had died while it waited for work: the letter deserves a
                // new one. That has not waited, so this happens at most once.
                Afterwards::Gone if waited => continue,
                Afterwards::Gone => return outcome,
                Afterwards::Keep => {
                    connection.letters += 1;
                    connection.last_used = Instant::now();
                    self.open = Some(connection);
                    return outcome;
                }
                Afterwards::Close => return outcome,
            }
        }
    }

    pub async fn close(&mut self) {
        if let Some(mut connection) = self.open.take() {
            // Whatever the answer: we are leaving.
            let _ = timeout(GOODBYE_TIME_OUT, connection.lettre.quit()).await;
        }
    }

    async fn transact(
        &self,
        connection: &mut Connection,
        (from, to, copy): (&Option<Address>, &Address, Option<&Address>),
        letter: &[u8],
        on_phase: Hook<'_>,
    ) -> (Outcome, Afterwards) {
        let lettre = &mut connection.lettre;
        let mut parameters = Vec::new();
        let server = lettre.server_info();
        if from
            .iter()
            .chain([to])
            .any(|address| !AsRef::<str>::as_ref(address).is_ascii())
        {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return (
                    not_sent(553, "the server cannot carry this address (no SMTPUTF8)"),
                    Afterwards::Keep,
                );
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !letter.is_ascii() {
            if !server.supports_feature(Extension::EightBitMime) {
                return (
                    not_sent(554, "the server cannot carry 8-bit text (no 8BITMIME)"),
                    Afterwards::Keep,
                );
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let patience = &self.patience;
        if let Err(failure) = reached("smtp-mail") {
            return failure.tidy_up(lettre, patience).await;
        }
        let mail = step(
            Step::Mail,
            patience.command,
            lettre.command(Mail::new(from.clone(), parameters)),
        )
        .await;
        if let Err(failure) = mail {
            if failure.connection_is_gone {
                return (failure.outcome, Afterwards::Gone);
            }
            return failure.tidy_up(lettre, patience).await;
        }
        if let Err(failure) = reached("smtp-rcpt") {
            return failure.tidy_up(lettre, patience).await;
        }
        if let Err(failure) = step(
            Step::Rcpt,
            patience.command,
            lettre.command(Rcpt::new(to.clone(), vec![])),
        )
        .await
        {
            return failure.tidy_up(lettre, patience).await;
        }
        if let Some(copy) = copy {
            let told = step(
                Step::Rcpt,
                patience.command,
                lettre.command(Rcpt::new(copy.clone(), vec![])),
            );
            match told.await {
                Err(failure) if failure.connection_is_gone => {
                    return failure.tidy_up(lettre, patience).await;
                }
                // Refused or not: the letter goes to its reader.
                _ => {}
            }
        }
        if let Err(failure) = reached("smtp-data") {
            return failure.tidy_up(lettre, patience).await;
        }
        if let Err(failure) = step(Step::Data, patience.data, lettre.command(Data)).await {
            return failure.tidy_up(lettre, patience).await;
        }
        if let Err(failure) = reached("smtp-letter") {
            return failure.tidy_up(lettre, patience).await;
        }
        self.send_letter(connection, letter, on_phase).await
    }

    /// Body and dot. lettre writes the pieces that an iterator gives it, then the dot: the hook is called when the
    /// iterator is asked for a piece that does not exist, which is exactly between the two.
    async fn send_letter(
        &self,
        connection: &mut Connection,
        letter: &[u8],
        on_phase: Hook<'_>,
    ) -> (Outcome, Afterwards) {
        let gate = connection.gate.clone();
        // lettre ends the last line itself, so that what is sent is exactly the letter.
        let body = letter.strip_suffix(b"\r\n").unwrap_or(letter);
        let dot_at: Cell<Option<Instant>> = Cell::new(None);
        let vetoed: Cell<Option<String>> = Cell::new(None);
        let before_the_dot = std::iter::from_fn(|| {
            let permission = if gate.is_out_of_step() {
                Err("the server replied before the letter was complete".to_owned())
            } else {
                on_phase(Phase::Dot)
            };
            match permission {
                Ok(()) => dot_at.set(Some(Instant::now())),
                Err(reason) => {
                    gate.shut();
                    vetoed.set(Some(reason));
                }
            }
            None
        });
        let result = {
            let sending = connection
                .lettre
                .message_iter(std::iter::once(body).chain(before_the_dot));
            tokio::pin!(sending);
            let mut deadline = Instant::now() + self.patience.body;
            loop {
                tokio::select! {
                    // An answer that is there counts, even at the last moment.
                    biased;
                    result = &mut sending => break Some(result),
                    _ = sleep_until(deadline) => match dot_at.get().map(|at| at + self.patience.dot) {
                        Some(later) if later > deadline => deadline = later,
                        _ => break None,
                    }
                }
            }
        };
        if let Some(text) = vetoed.take() {
            return (Outcome::Temporary { code: None, text }, Afterwards::Close);
        }
        let code_and_text = match result {
            Some(Ok(response)) => Ok((u16::from(response.code()), text_of(&response))),
            Some(Err(error)) => match error.status() {
                Some(code) => Ok((u16::from(code), words_of(&error))),
                None => Err(words_of(&error)),
            },
            None => Err("no answer in time".to_owned()),
        };
        match code_and_text {
            Ok((code @ 200..=299, text)) => (
                Outcome::Accepted {
                    reply: format!("{code} {text}"),
                },
                Afterwards::Keep,
            ),
            Ok((421, text)) => (verdict(Step::Dot, 421, text), Afterwards::Close),
            Ok((code @ 400..=599, text)) => (verdict(Step::Dot, code, text), Afterwards::Keep),
            // "Go on" is no answer to a dot.
            Ok((code, text)) => (
                Outcome::Unknown {
                    text: format!("{code} {text}"),
                },
                Afterwards::Close,
            ),
            Err(text) if dot_at.get().is_some() => (Outcome::Unknown { text }, Afterwards::Close),
            Err(text) => (Outcome::Temporary { code: None, text }, Afterwards::Close),
        }
    }
}

/// A command that did not get the answer it needs.
struct Failure {
    outcome: Outcome,
    /// Nothing more can be said over this connection: it broke, or the server closes it (421).
    connection_is_gone: bool,
}

impl Failure {
    /// Leaves the connection fit for the next letter where that is possible.
    async fn tidy_up(
        self,
        lettre: &mut AsyncSmtpConnection,
        patience: &Patience,
    ) -> (Outcome, Afterwards) {
        if self.connection_is_gone {
            return (self.outcome, Afterwards::Close);
        }
        match timeout(patience.data, lettre.command(Rset)).await {
            Ok(Ok(_)) => (self.outcome, Afterwards::Keep),
            _ => (self.outcome, Afterwards::Close),
        }
    }
}

/// A place where a test may let the connection break.
fn reached(place: &'static str) -> Result<(), Failure> {
    crate::failpoint::reach(place).map_err(|error| Failure {
        outcome: Outcome::Temporary {
            code: None,
            text: error.to_string(),
        },
        connection_is_gone: true,
    })
}

/// Waits for the answer to one command and checks that it is the one that lets the dialogue go on.
async fn step(
    step: Step,
    patience: Duration,
    command: impl Future<Output = Result<Response, lettre::transport::smtp::Error>>,
) -> Result<(), Failure> {
    let gone = |code, text| Failure {
        outcome: Outcome::Temporary { code, text },
        connection_is_gone: true,
    };
    match timeout(patience, command).await {
        Err(_) => Err(gone(None, "no answer in time".into())),
        Ok(Ok(response)) => match (step, u16::from(response.code())) {
            (Step::Data, 354) | (Step::Mail | Step::Rcpt, 250..=259) => Ok(()),
            // lettre takes any 2xx and 3xx for success; here it means that question and answer do not belong together.
            (_, code) => Err(gone(
                Some(code),
                format!("unexpected answer: {}", text_of(&response)),
            )),
        },
        Ok(Err(error)) => match error.status().map(u16::from) {
            Some(421) => Err(gone(Some(421), words_of(&error))),
            Some(code) => Err(Failure {
                outcome: verdict(step, code, words_of(&error)),
                connection_is_gone: false,
            }),
            None => Err(gone(None, words_of(&error))),
        },
    }
}

/// What a refusal means for the letter.
fn verdict(step: Step, code: u16, text: String) -> Outcome {
    let enhanced = text.split(' ').next().unwrap_or_default();
    let about_us = match (code, enhanced) {
        // Commands out of order, no login, login needed, TLS needed.
        (503 | 530 | 534 | 535 | 538, _) => true,
        // "Other or undefined protocol status": seen where the server itself was in trouble.
        (_, "5.5.0") => true,
        // Sending quota used up, and logins and permissions of the account.
        (_, "5.4.5" | "5.7.8" | "5.7.9" | "5.7.11" | "5.7.30" | "5.7.60") => true,
        // At MAIL nobody has been named but ourselves; only the size (552) is the letter's.
        _ => step == Step::Mail && code != 552,
    };
    if code >= 500 && !about_us {
        Outcome::Permanent { code, text }
    } else {
        Outcome::Temporary {
            code: Some(code),
            text,
        }
    }
}

/// Sender, recipient and our own copy.
type Checked = (Option<Address>, Address, Option<Address>);

/// Refuses what must never reach a server, whatever it would answer.
fn checked(envelope: &Envelope, letter: &[u8]) -> Result<Checked, Outcome> {
    if has_bare_newline(letter) {
        return Err(not_sent(554, "the letter has a line end that is not CRLF"));
    }
    let address = |text: &str| {
        on_the_wire(text).ok_or_else(|| not_sent(553, "an address of the envelope is no address"))
    };
    let from = envelope.from.as_deref().map(address).transpose()?;
    let copy = envelope.copy_to.as_deref().map(address).transpose()?;
    Ok((from, address(&envelope.to)?, copy))
}

/// The address as SMTP carries it: the domain as A-labels, so that only a local part with foreign letters needs
/// SMTPUTF8. The local part is not touched.
fn on_the_wire(text: &str) -> Option<Address> {
    let (local, domain) = text.rsplit_once('@')?;
    let domain = idna::domain_to_ascii(domain).ok()?;
    format!("{local}@{domain}").parse().ok()
}

fn not_sent(code: u16, text: &str) -> Outcome {
    Outcome::Permanent {
        code,
        text: format!("not sent: {text}"),
    }
}

async fn connect(server: &Server, login: Option<&Login>) -> Result<Connection, SmtpError> {
    // Read before dialling: a password program or a token server may need longer than a mail server waits.
    let proof = match login {
        Some(Login::Password { user, secret }) => {
            let password = secret::read(secret).await?;
            let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
            Some((credentials, WITH_PASSWORD, None))
        }
        Some(Login::Token { user, oauth }) => {
            let token = oauth.access_token().await?;
            let credentials = Credentials::new(user.clone(), token.reveal().to_owned());
            Some((credentials, WITH_TOKEN, Some(oauth)))
        }
        None => None,
    };
    let mut stream = tls::connect(server).await?;
    let hello = hello_name(&stream);
    let gate = Arc::new(Gate::default());
    let replies = if server.security == Security::StartTls {
        start_tls(&mut stream, &hello).await?;
        Replies::already_greeted(tls::start(stream, server).await?, gate.clone())
    } else {
        Replies::new(stream, gate.clone())
    };
    let connected = AsyncSmtpConnection::connect_with_transport(Box::new(replies), &hello).await;
    let mut lettre = connected.map_err(|error| refusal(&error))?;
    if let Some((credentials, mechanisms, oauth)) = proof {
        if lettre
            .server_info()
            .get_auth_mechanism(mechanisms)
            .is_none()
        {
            return Err(SmtpError::NoLoginMethod);
        }
        let answer = lettre.auth(mechanisms, &credentials).await;
        answer.map_err(|error| match (refusal(&error), error.is_client()) {
            // A refused token comes as a challenge, which lettre does not expect (measured); or as a refusal.
            (_, true) | (SmtpError::Refused { code: 500.., .. }, _) if let Some(oauth) = oauth => {
                oauth.forget();
                SmtpError::TokenRefused(words_of(&error))
            }
            (
                SmtpError::Refused {
                    code: code @ 500..,
                    text,
                },
                _,
            ) => SmtpError::LoginRefused { code, text },
            // lettre did not understand what the server asked for.
            (_, true) => SmtpError::NoLoginMethod,
            (other, false) => other,
        })?;
    }
    Ok(Connection {
        lettre,
        gate,
        letters: 0,
        last_used: Instant::now(),
    })
}

/// What the server says that it can do (EHLO), over a connection of its own and before any login.
///
/// # Errors
/// It cannot be reached or refuses to talk.
pub async fn offers(server: &Server) -> Result<Vec<String>, SmtpError> {
    let asking = async {
        let mut stream = tls::connect(server).await?;
        let hello = hello_name(&stream);
        if server.security == Security::StartTls {
            start_tls(&mut stream, &hello).await?;
            stream = tls::start(stream, server).await?;
        } else {
            plain_reply(&mut stream, 220).await?;
        }
        plain_command(&mut stream, &format!("EHLO {hello}")).await?;
        let offers = plain_reply(&mut stream, 250).await?;
        plain_command(&mut stream, "QUIT").await?;
        Ok(offers)
    };
    timeout(OFFERS_TIME_OUT, asking)
        .await
        .unwrap_or_else(|_| Err(SmtpError::Lost("no answer in time".into())))
}

const OFFERS_TIME_OUT: Duration = Duration::from_secs(60);

/// The dialogue up to STARTTLS, read line by line so that nothing beyond it is taken in.
async fn start_tls(stream: &mut Stream, hello: &ClientId) -> Result<(), SmtpError> {
    plain_reply(stream, 220).await?;
    plain_command(stream, &format!("EHLO {hello}")).await?;
    let offers = plain_reply(stream, 250).await?;
    if !offers
        .iter()
        .any(|offer| offer.eq_ignore_ascii_case("STARTTLS"))
    {
        return Err(SmtpError::NoStartTls);
    }
    plain_command(stream, "STARTTLS").await?;
    plain_reply(stream, 220).await.map(|_| ())
}

async fn plain_command(stream: &mut Stream, command: &str) -> Result<(), SmtpError> {
    stream
        .write_line(command)
        .await
        .map_err(|error| SmtpError::Lost(error.to_string()))
}

/// The texts of a reply's lines; any code but `expected` is a refusal.
async fn plain_reply(stream: &mut Stream, expected: u16) -> Result<Vec<String>, SmtpError> {
    let mut texts = Vec::new();
    // More lines than that belong to no honest answer.
    while texts.len() < 100 {
        let line = stream
            .read_line(2048)
            .await
            .map_err(|error| SmtpError::Lost(error.to_string()))?;
        let code: u16 = line
            .get(..3)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        let text = line.get(4..).unwrap_or_default().trim().to_owned();
        if code != expected {
            return Err(SmtpError::Refused {
                code,
                text: clean(&text, 200),
            });
        }
        texts.push(text);
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(texts);
        }
    }
    Err(SmtpError::Lost("the server never ends its answer".into()))
}

/// We have no name that a stranger could look up, so the address of our end, as RFC 5321 section 4.1.4 asks.
fn hello_name(stream: &Stream) -> ClientId {
    match stream.tcp().local_addr().map(|address| address.ip()) {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::default(),
    }
}

fn refusal(error: &lettre::transport::smtp::Error) -> SmtpError {
    match error.status() {
        Some(code) => SmtpError::Refused {
            code: u16::from(code),
            text: words_of(error),
        },
        None => SmtpError::Lost(words_of(error)),
    }
}

fn text_of(response: &Response) -> String {
    clean(&response.message().collect::<Vec<_>>().join(" "), 300)
}

/// The server's words where there are any, else what happened.
fn words_of(error: &lettre::transport::smtp::Error) -> String {
    clean(
        &error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string),
        300,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_counts_against_the_letter_only_where_it_is_about_the_letter() {
        let permanent = |step, code, text: &str| {
            matches!(verdict(step, code, text.into()), Outcome::Permanent { .. })
        };
        for (step, code, text) in [
            (Step::Rcpt, 550, "5.1.1 User unknown"),
            (Step::Rcpt, 553, "no such address"),
            (Step::Data, 554, "5.5.1 Error: no valid recipients"),
            (Step::Dot, 554, "5.7.1 Message content rejected"),
            (Step::Dot, 552, "5.3.4 too big"),
            (Step::Mail, 552, "5.3.4 too big"),
        ] {
            assert!(permanent(step, code, text), "{step:?} {code} {text}");
        }
        for (step, code, text) in [
            (Step::Rcpt, 450, "4.2.1 later"),
            (Step::Dot, 451, "5.1.1 the code counts, not the words"),
            (Step::Mail, 550, "5.7.1 sender refused"),
            (Step::Mail, 530, "5.7.0 Must issue a STARTTLS command first"),
            (Step::Rcpt, 503, "5.5.1 need MAIL"),
            (Step::Rcpt, 550, "5.5.0 whatever"),
            (Step::Dot, 550, "5.4.5 Daily user sending limit exceeded"),
            (
                Step::Rcpt,
                550,
                "5.7.30 Basic authentication is not supported",
            ),
        ] {
            assert!(!permanent(step, code, text), "{step:?} {code} {text}");
        }
    }

    #[test]
    fn a_foreign_domain_needs_no_extension_and_a_foreign_local_part_does() {
        assert_eq!(
            on_the_wire("Jo@BÜCHER.example").unwrap().to_string(),
            "Jo@xn--bcher-kva.example"
        );
        assert_eq!(
            on_the_wire("josé@example.org").unwrap().to_string(),
            "josé@example.org"
        );
    }

    #[test]
    fn nothing_can_be_smuggled_through_an_envelope_or_a_letter() {
        let envelope = |from: Option<&str>, to: &str| Envelope {
            from: from.map(str::to_owned),
            to: to.to_owned(),
            copy_to: None,
        };
        for to in [
            "",
            "ana",
            "a@b\r\nDATA",
            "a@b>\r\nRCPT TO:<c@d",
            "<a@b.org>",
            "a b@c.org",
            "a@b c",
        ] {
            assert!(checked(&envelope(None, to), b"").is_err(), "{to:?}");
        }
        assert!(checked(&envelope(Some("x\r\n@y.org"), "a@b.org"), b"").is_err());
        assert!(checked(&envelope(None, "a@b.org"), b"one\ntwo").is_err());
        assert!(checked(&envelope(None, "a@b.org"), b"one\r\ntwo\r\n").is_ok());
    }
}
