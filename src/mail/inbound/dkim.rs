//! Checks the signatures (DKIM, RFC 6376) on a message that has come: outside of any transaction, since keys are asked for
//! in DNS. What is found is a sign beside others (`authentication`); nothing is decided here.
//!
//! Only a signature counts that covers the whole body and the From line, with a key that is not too weak to be trusted,
//! in the name of the sender's domain or one above it. A message of which only the beginning was fetched has none.

use std::sync::Arc;
use std::time::Duration;

use mail_auth::common::crypto::Algorithm;
use mail_auth::dkim::Signature;
use mail_auth::{AuthenticatedMessage, DkimResult};

use super::authentication::is_aligned;
use crate::mail::dns::Dns;

/// A message waits no longer than this for its keys.
const TIME_OUT: Duration = Duration::from_secs(15);
/// Somebody who puts more signatures than this on a message wants us to work.
const SIGNATURES_MAX: usize = 8;

/// The domain of a good signature that speaks for the sender; `None` where there is none, or it cannot be told.
pub async fn signed_by(dns: Arc<Dns>, raw: Vec<u8>) -> Option<String> {
    // In a task of its own: should the library fail on a hostile message, the message has no signature, that is all.
    let looking = tokio::spawn(async move {
        let from = super::claims(&super::parse(&raw)).from?;
        let (_, domain) = from.address.rsplit_once('@')?;
        good_signature(&dns, &raw, domain).await
    });
    tokio::time::timeout(TIME_OUT, looking).await.ok()?.ok()?
}

async fn good_signature(dns: &Dns, raw: &[u8], domain: &str) -> Option<String> {
    let message = AuthenticatedMessage::parse(raw)?;
    let counts = |signature: &Signature| {
        signature.l == 0
            && signature.a != Algorithm::RsaSha1
            && signature
                .h
                .iter()
                .any(|field| field.eq_ignore_ascii_case("from"))
            && is_aligned(&signature.d, domain)
    };
    let is_worth_it = message.from.len() == 1
        && message.dkim_headers.len() <= SIGNATURES_MAX
        && message.dkim_headers.iter().any(|it| counts(&it.header));
    if !is_worth_it {
        return None;
    }
    let found = dns.authenticator().verify_dkim(&message).await;
    found
        .iter()
        .filter(|output| *output.result() == DkimResult::Pass)
        .filter_map(|output| output.signature())
        .find(|signature| counts(signature))
        .map(|signature| signature.d.to_ascii_lowercase())
}
