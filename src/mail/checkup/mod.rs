//! `pairpost check --mail`: sends letters to itself through the configured accounts and looks at what becomes of them, and
//! asks DNS what the domain publishes. It finds out and words it; what is kept of it is the [`Profile`].
//!
//! Two letters leave: one to the programme's own address, with forged headers in our mail host's name on it, and one to an
//! address with something behind a `+`. Both are removed again.

mod records;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::time::Instant;

use super::account::{Login, MailboxSettings, SendingSettings, Server};
use super::dns::Dns;
use super::inbound::imap::{Copy, Imap};
use super::inbound::mailbox::{Mailbox, MailboxError, Removal};
use super::inbound::{self, authentication::written_by, dkim};
use super::outbound::smtp;
use super::outbound::transport::Transport;
use super::outbound::{Envelope, Outcome};
use super::profile::Profile;

/// How long copies of what was sent may take to appear, after the letters have arrived.
const SENT_COPY_SECONDS: u64 = 20;
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A clock that is further off makes deadlines and tokens wrong.
const CLOCK_MAX_SECONDS: i64 = 300;

/// Something that was looked at: how it is, or what is wrong and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub what: &'static str,
    pub found: Result<String, String>,
}

fn fine(what: &'static str, words: impl Into<String>) -> Finding {
    Finding {
        what,
        found: Ok(words.into()),
    }
}

fn wrong(what: &'static str, words: impl Into<String>) -> Finding {
    Finding {
        what,
        found: Err(words.into()),
    }
}

/// What is to be looked at.
pub struct Checkup<'a> {
    /// The programme's address.
    pub address: &'a str,
    pub mailbox: &'a MailboxSettings,
    pub sending: &'a SendingSettings,
    pub authserv_ids: &'a [String],
    pub dns: Result<Arc<Dns>, String>,
    /// How long to wait for the letters.
    pub patience: Duration,
    /// Letters and digits that nobody can guess: what our letters are found by.
    pub word: &'a str,
}

struct Accounts<'a> {
    imap: (&'a Server, &'a Login),
    folders: Vec<String>,
    smtp: &'a Server,
    sent_folder: Option<&'a str>,
}

impl Checkup<'_> {
    /// Looks at everything; each finding stands for itself.
    pub async fn run(&self) -> (Profile, Vec<Finding>) {
        let mut profile = Profile::default();
        let mut findings = Vec::new();
        let Some(accounts) = self.accounts() else {
            findings.push(wrong(
                "letters to ourselves",
                "they need a mail server: this programme works with Maildirs. Nothing was sent.",
            ));
            return (profile, findings);
        };
        self.offers(&accounts, &mut profile, &mut findings).await;
        let arrived = self.letters(&accounts, &mut profile, &mut findings).await;
        match &self.dns {
            Ok(dns) => records::look(self.address, dns, arrived.as_deref(), &mut findings).await,
            Err(error) => findings.push(wrong(
                "DNS",
                format!("{error}. Name a server as dns_server in [trust]."),
            )),
        }
        (profile, findings)
    }

    fn accounts(&self) -> Option<Accounts<'_>> {
        let (
            MailboxSettings::Imap {
                server: imap,
                login,
                folder,
                processed_folder,
                quarantine_folder,
            },
            SendingSettings::Smtp {
                server: smtp,
                traces,
                ..
            },
        ) = (self.mailbox, self.sending)
        else {
            return None;
        };
        Some(Accounts {
            imap: (imap, login),
            // A daemon that runs meanwhile files them away.
            folders: vec![
                folder.clone(),
                processed_folder.clone(),
                quarantine_folder.clone(),
            ],
            smtp,
            sent_folder: traces.sent_folder.as_deref(),
        })
    }

    /// What the sending server says that it can do.
    async fn offers(
        &self,
        accounts: &Accounts<'_>,
        profile: &mut Profile,
        findings: &mut Vec<Finding>,
    ) {
        let offers = match smtp::offers(accounts.smtp).await {
            Ok(offers) => offers,
            Err(error) => {
                findings.push(wrong("sending server", error.to_string()));
                return;
            }
        };
        let has = |word: &str| {
            offers.iter().any(|offer| {
                offer
                    .split_whitespace()
                    .next()
                    .is_some_and(|first| first.eq_ignore_ascii_case(word))
            })
        };
        profile.size_max_bytes = offers.iter().find_map(|offer| {
            let (word, size) = offer.split_once(' ')?;
            let size = size.trim().parse().ok().filter(|size| *size > 0)?;
            word.eq_ignore_ascii_case("SIZE").then_some(size)
        });
        profile.smtp_utf8 = Some(has("SMTPUTF8"));
        profile.delivery_reports = Some(has("DSN"));
        let size = match profile.size_max_bytes {
            Some(bytes) => format!("letters up to {} kB", bytes / 1000),
            None => "no limit of size told".into(),
        };
        let utf8 = if has("SMTPUTF8") { "" } else { "no " };
        let dsn = if has("DSN") { "" } else { "no " };
        findings.push(match profile.size_max_bytes {
            Some(bytes) if bytes < 1_000_000 => wrong(
                "sending server",
                format!(
                    "it takes {size} only: letters with a table or a certificate may be refused. Ask the provider for more."
                ),
            ),
            _ => fine(
                "sending server",
                format!(
                    "{size}, {utf8}addresses beyond ASCII (SMTPUTF8), {dsn}reports of delivery (DSN)"
                ),
            ),
        });
    }

    /// Sends the letters, waits for them, and looks at them. Returns the first one as it arrived.
    async fn letters(
        &self,
        accounts: &Accounts<'_>,
        profile: &mut Profile,
        findings: &mut Vec<Finding>,
    ) -> Option<Vec<u8>> {
        let (local, domain) = self.address.rsplit_once('@')?;
        let sent_at = Utc::now();
        let plus = format!("{local}+check-{}@{domain}", self.word);
        let ids = [
            format!("check.{}.1@{domain}", self.word),
            format!("check.{}.2@{domain}", self.word),
        ];
        let letters = [(self.address, &ids[0]), (plus.as_str(), &ids[1])];
        let mut transport = Transport::new(self.sending);
        let mut accepted = [false; 2];
        for (at, (to, id)) in letters.into_iter().enumerate() {
            let bytes = self.letter(at + 1, to, id, sent_at);
            let envelope = Envelope {
                from: Some(self.address.to_string()),
                to: to.to_string(),
                copy_to: None,
            };
            let outcome = transport.deliver(&envelope, &bytes, &mut |_| Ok(())).await;
            match outcome {
                Outcome::Accepted { .. } => accepted[at] = true,
                Outcome::Temporary { text, .. }
                | Outcome::Permanent { text, .. }
                | Outcome::Unknown { text } => {
                    let what = ["letter to ourselves", "plus addresses"][at];
                    findings.push(wrong(
                        what,
                        format!("the sending server refused it: {text}"),
                    ));
                }
            }
        }
        transport.close().await;
        if !accepted[0] {
            return None;
        }
        let (first, second) = self.wait(accounts, profile, findings, accepted).await?;
        let arrived = first.map(|copy| copy.bytes);
        profile.plus_addresses = Some(second);
        findings.push(match second {
            true => fine("plus addresses", format!("mail to {local}+anything@{domain} arrives")),
            false => wrong(
                "plus addresses",
                format!(
                    "mail to {local}+anything@{domain} did not arrive, so replies to our letters would be lost. Switch on \
                     plus addressing (subaddressing, recipient_delimiter = +), or let {local}+*@{domain} be delivered to \
                     the same mailbox."
                ),
            ),
        });
        match &arrived {
            Some(bytes) => self.look_at(bytes, &ids[0], sent_at, profile, findings).await,
            None => findings.push(wrong(
                "letter to ourselves",
                format!(
                    "the sending server took it, and it did not arrive within {} seconds. Look into the folder for spam, \
                     and whether [mailbox] and [sending] belong to the same address.",
                    self.patience.as_secs()
                ),
            )),
        }
        let removals: Vec<Removal> = ids
            .iter()
            .map(|id| Removal {
                message_id: id.clone(),
                size: 0,
                ours: true,
            })
            .collect();
        if Mailbox::remove(self.mailbox, accounts.sent_folder, &removals, &|_, _| false)
            .await
            .is_err()
        {
            findings.push(wrong(
                "letters to ourselves",
                format!(
                    "they could not be removed again; their subject holds {}",
                    self.word
                ),
            ));
        }
        arrived
    }

    /// The first letter as it arrived, and whether the second did; `None` where the mailbox cannot be looked into.
    async fn wait(
        &self,
        accounts: &Accounts<'_>,
        profile: &mut Profile,
        findings: &mut Vec<Finding>,
        accepted: [bool; 2],
    ) -> Option<(Option<Copy>, bool)> {
        let (server, login) = accounts.imap;
        let looked = match Imap::let_in(server, login).await {
            Ok(mut imap) => {
                let looked = self.look(&mut imap, accounts, profile, accepted).await;
                imap.close().await;
                looked
            }
            Err(error) => Err(error),
        };
        match looked {
            Ok(arrived) => {
                findings.push(self.about_copies(accounts, profile));
                Some(arrived)
            }
            Err(error) => {
                findings.push(wrong("letter to ourselves", error.to_string()));
                None
            }
        }
    }

    /// Looks again and again, until all that is to come is there or patience ends.
    async fn look(
        &self,
        imap: &mut Imap,
        accounts: &Accounts<'_>,
        profile: &mut Profile,
        accepted: [bool; 2],
    ) -> Result<(Option<Copy>, bool), MailboxError> {
        let begin = Instant::now();
        let mut all_here = None;
        loop {
            let copies = imap
                .find(&accounts.folders, accounts.sent_folder, self.word)
                .await?;
            let subject = |copy: &Copy, number: u32| {
                let wanted = format!("{} {number}", self.word);
                inbound::parse(&copy.bytes)
                    .headers
                    .get("subject")
                    .is_some_and(|subject| subject.contains(&wanted))
            };
            let here = |number| {
                copies
                    .iter()
                    .find(|copy| !copy.is_sent_copy && subject(copy, number))
            };
            let (first, second) = (here(1), here(2));
            if first.is_some() && (second.is_some() || !accepted[1]) && all_here.is_none() {
                all_here = Some(begin.elapsed());
            }
            let sent = copies.iter().find(|copy| copy.is_sent_copy);
            let waited_for_copy = all_here
                .is_some_and(|at| begin.elapsed() > at + Duration::from_secs(SENT_COPY_SECONDS));
            let over = begin.elapsed() >= self.patience;
            if over || all_here.is_some() && (sent.is_some() || waited_for_copy) {
                profile.sent_copies =
                    sent.map(|copy| (copy.folder.clone(), begin.elapsed().as_secs()));
                return Ok((first.cloned(), second.is_some()));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn about_copies(&self, accounts: &Accounts<'_>, profile: &Profile) -> Finding {
        let what = "copies of sent letters";
        match (&profile.sent_copies, accounts.sent_folder) {
            (Some((folder, seconds)), Some(_)) => fine(
                what,
                format!("they appear in \"{folder}\" by themselves, within {seconds} seconds"),
            ),
            (Some((folder, _)), None) => wrong(
                what,
                format!(
                    "your provider keeps them in \"{folder}\". Write sent_folder = \"{folder}\" in [sending]: then a letter \
                     whose sending was interrupted is looked for there, and neither lost nor sent twice."
                ),
            ),
            (None, Some(folder)) => wrong(
                what,
                format!(
                    "none appeared in \"{folder}\". Remove sent_folder in [sending], or correct its name."
                ),
            ),
            (None, None) => fine(
                what,
                "the provider keeps none: an introduction whose sending was interrupted waits for a coordinator's word",
            ),
        }
    }

    /// What can be seen on a letter that has come back to us.
    async fn look_at(
        &self,
        bytes: &[u8],
        id: &str,
        sent_at: DateTime<Utc>,
        profile: &mut Profile,
        findings: &mut Vec<Finding>,
    ) {
        let parsed = inbound::parse(bytes);
        let headers = &parsed.headers;
        let has_id = headers
            .all("message-id")
            .any(|value| value.trim() == format!("<{id}>"));
        profile.keeps_message_ids = Some(has_id);
        profile.keeps_dates = Some(parsed.date == Some(sent_at.timestamp()));
        findings.push(match (has_id, profile.keeps_dates) {
            (true, Some(true)) => fine("Message-ID and Date", "they arrive as we wrote them"),
            (true, _) => fine(
                "Message-ID and Date",
                "the Date is rewritten on the way, which does no harm",
            ),
            (false, _) => wrong(
                "Message-ID and Date",
                "the provider writes its own Message-ID: sent letters cannot be looked for, and threads are kept by the \
                 reply address alone. Nothing can be mended here but by another provider.",
            ),
        });
        self.look_at_results(&parsed, profile, findings);
        if let Ok(dns) = &self.dns {
            let signed = dkim::signed_by(dns.clone(), bytes.to_vec()).await;
            profile.own_signature = Some(signed.is_some());
            findings.push(match (&signed, headers.get("dkim-signature")) {
                (Some(domain), _) => fine("signature (DKIM)", format!("our letters are signed by {domain}")),
                (None, Some(_)) => wrong(
                    "signature (DKIM)",
                    "our letters bear a signature that is not good, or not of our own domain. Compare the key in DNS with \
                     that of the provider, and let it sign with the domain of the programme's address.",
                ),
                (None, None) => wrong(
                    "signature (DKIM)",
                    "our letters leave without a signature, and large providers refuse or hide such mail. Switch DKIM on \
                     at your provider and publish the key that it shows in your domain's DNS.",
                ),
            });
        }
        let clock = headers
            .get("received")
            .and_then(|value| value.rsplit_once(';'))
            .and_then(|(_, date)| {
                let date = date.split('(').next().unwrap_or(date);
                DateTime::parse_from_rfc2822(date.trim()).ok()
            })
            .map(|at| (at.with_timezone(&Utc) - sent_at).num_seconds());
        profile.clock_ahead_seconds = clock;
        findings.push(match clock {
            None => fine("clock", "the mail server writes no time that could be compared"),
            Some(ahead) if ahead.abs() > CLOCK_MAX_SECONDS => wrong(
                "clock",
                format!(
                    "the mail server's clock differs by {ahead} seconds from this machine's. Switch on time \
                     synchronisation here (timedatectl set-ntp true)."
                ),
            ),
            Some(_) => fine("clock", "this machine and the mail server agree"),
        });
    }

    /// Whether the host removes what others write in its name.
    fn look_at_results(
        &self,
        parsed: &inbound::Parsed,
        profile: &mut Profile,
        findings: &mut Vec<Finding>,
    ) {
        let what = "results of our mail host";
        let all: Vec<&str> = parsed.headers.all("authentication-results").collect();
        let (forged, own): (Vec<&str>, Vec<&str>) = all
            .into_iter()
            .partition(|value| value.to_ascii_lowercase().contains(self.word));
        let is_ours = |value: &&str| self.authserv_ids.iter().any(|it| it == written_by(value));
        let survived = forged.iter().any(is_ours);
        let writes_its_own = own.iter().any(is_ours);
        profile.removes_forged_results =
            !self.authserv_ids.is_empty() && !survived && writes_its_own;
        findings.push(match self.authserv_ids {
            [] => match own.first() {
                Some(own) => fine(
                    what,
                    format!(
                        "it writes them as \"{0}\". Write authserv_id = [\"{0}\"] in [trust] and check again, to have its \
                         word counted",
                        written_by(own)
                    ),
                ),
                None => fine(what, "it writes none; signatures are checked by ourselves"),
            },
            _ if survived => wrong(
                what,
                "a forged header in its name reached the mailbox, so its word is not believed, and signatures are checked \
                 by ourselves. Ask the provider to remove such headers (RFC 8601 section 5), or remove authserv_id.",
            ),
            _ if writes_its_own => fine(
                what,
                "forged ones are removed, its own stand on the letter: its word about senders counts",
            ),
            _ => wrong(
                what,
                "it wrote none under this name on our letter, so nothing is proved, and its word does not count. Compare \
                 authserv_id with the header Authentication-Results of a message you received, or remove it.",
            ),
        });
    }

    /// A letter to ourselves; the forged headers stand where a forger would put them.
    fn letter(&self, number: usize, to: &str, id: &str, at: DateTime<Utc>) -> Vec<u8> {
        let (_, domain) = self.address.rsplit_once('@').unwrap_or_default();
        let mut forged = String::new();
        for host in self.authserv_ids {
            let results = format!(
                "dmarc=pass header.from={domain}; spf=pass smtp.mailfrom={}@{domain}",
                self.word
            );
            forged += &format!("Authentication-Results: {host}; {results}\r\n");
            forged += &format!("authentication-results: {host};\r\n\t{results}\r\n");
            forged += &format!("Authentication-Results: {host} 1; {results}\r\n");
        }
        let date = at.to_rfc2822();
        let when = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!(
            "{forged}From: <{from}>\r\nTo: <{to}>\r\nSubject: pairpost check {word} {number}\r\nDate: {date}\r\n\
             Message-ID: <{id}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nA letter of pairpost to itself, sent at {when}. It is removed \
             by itself.\r\n",
            from = self.address,
            word = self.word,
        )
        .into_bytes()
    }
}
