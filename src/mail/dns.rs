//! Asks DNS: for the keys of signatures, and for what a domain publishes about its mail. The only file that knows the
//! resolver. What is not there is an empty answer; an error says that nobody could be asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RData;
use mail_auth::MessageAuthenticator;

/// For one question to one server; it is asked twice.
const QUESTION_TIME_OUT: Duration = Duration::from_secs(3);

/// Nobody could be asked; the reason is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DNS gives no answer: {0}")]
pub struct DnsError(String);

/// The way to a DNS server. Answers are kept as long as they may be.
pub struct Dns {
    authenticator: MessageAuthenticator,
}

impl Dns {
    /// Asks this server, or those of the machine.
    ///
    /// # Errors
    /// The machine names no server.
    pub fn new(server: Option<SocketAddr>) -> Result<Dns, DnsError> {
        let unusable = |error: NetError| DnsError(error.to_string());
        let authenticator = match server {
            Some(server) => {
                let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
                udp.port = server.port();
                tcp.port = server.port();
                let mut named = NameServerConfig::udp_and_tcp(server.ip());
                named.connections = vec![udp, tcp];
                let mut options = ResolverOpts::default();
                options.timeout = QUESTION_TIME_OUT;
                MessageAuthenticator::new(
                    ResolverConfig::from_parts(None, Vec::new(), vec![named]),
                    options,
                )
            }
            None => MessageAuthenticator::new_system_conf(),
        };
        Ok(Dns {
            authenticator: authenticator.map_err(unusable)?,
        })
    }

    pub(super) fn authenticator(&self) -> &MessageAuthenticator {
        &self.authenticator
    }

    /// The texts (TXT) at a name.
    ///
    /// # Errors
    /// Nobody could be asked; so for the other questions.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let found = self.authenticator.resolver().txt_lookup(whole(name)).await;
        answers(found, |data| match data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        })
    }

    /// The servers that take mail for a domain (MX), the preferred first.
    pub async fn mail_servers(&self, domain: &str) -> Result<Vec<String>, DnsError> {
        let found = self.authenticator.resolver().mx_lookup(whole(domain)).await;
        let mut servers = answers(found, |data| match data {
            RData::MX(server) => Some((server.preference, server.exchange.to_utf8())),
            _ => None,
        })?;
        servers.sort();
        let name = |(_, name): (u16, String)| name.trim_end_matches('.').to_string();
        Ok(servers.into_iter().map(name).collect())
    }

    /// The names of an address (PTR).
    pub async fn names_of(&self, address: IpAddr) -> Result<Vec<String>, DnsError> {
        let found = self.authenticator.resolver().reverse_lookup(address).await;
        answers(found, |data| match data {
            RData::PTR(name) => Some(name.0.to_utf8().trim_end_matches('.').to_string()),
            _ => None,
        })
    }
}

/// A name that is not searched for below the machine's own domain.
fn whole(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn answers<T>(
    found: Result<Lookup, NetError>,
    of: impl Fn(&RData) -> Option<T>,
) -> Result<Vec<T>, DnsError> {
    match found {
        Ok(found) => Ok(found
            .answers()
            .iter()
            .filter_map(|record| of(&record.data))
            .collect()),
        Err(error) if error.is_no_records_found() || error.is_nx_domain() => Ok(Vec::new()),
        Err(error) => Err(DnsError(error.to_string())),
    }
}
