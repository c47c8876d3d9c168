//! Connections to mail servers: a TCP socket with the right options, and TLS over it.
//!
//! The crypto provider is passed explicitly, so that no other crate can choose another one for the process. An
//! unprotected connection is made to this machine only, whatever the config says. Every step has a time limit.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::account::{Security, Server};

/// One address of a server; a host name may have several, and a dead one must not use up all patience.
const CONNECT_TIME_OUT: Duration = Duration::from_secs(15);
const RESOLVE_TIME_OUT: Duration = Duration::from_secs(15);
const HANDSHAKE_TIME_OUT: Duration = Duration::from_secs(30);
/// Finds a peer that is gone while we wait for mail.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Waiting and trying again may help.
    #[error("cannot reach {host}:{port}: {reason}")]
    Unreachable {
        host: String,
        port: u16,
        reason: String,
    },
    /// The server is not who it should be, or what it speaks is not TLS.
    #[error("{host}:{port} failed the TLS check: {reason}")]
    NotTrusted {
        host: String,
        port: u16,
        reason: String,
    },
    #[error("cannot use tls_ca_file {path}: {reason}")]
    AuthorityFile { path: String, reason: String },
    #[error(
        "no certificate authority found on this machine: install ca-certificates or set tls_ca_file"
    )]
    NoAuthorities,
    #[error(
        "an unprotected connection is allowed to this machine only, and {host} is {address}: \
         use security = \"tls\" or \"starttls\""
    )]
    PlainToOthers { host: String, address: SocketAddr },
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
    #[error("{0:?} is no name that a certificate could bear")]
    BadName(String),
}

impl ConnectError {
    /// Can trying again help by itself, without a change of the config or of the machine?
    pub fn is_retriable(&self) -> bool {
        matches!(self, ConnectError::Unreachable { .. })
    }
}

/// A socket to a mail server, protected or not.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0,
        }
    }

    /// Reads one line, byte by byte: never past its end, so that what a server (or somebody in between) sends after
    /// its answer to STARTTLS cannot be taken for part of the protected dialogue. Without the line end.
    /// Only for the few lines before a protocol library takes over.
    pub async fn read_line(&mut self, max_bytes: usize) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            match self.read_u8().await? {
                b'\n' => break,
                _ if line.len() >= max_bytes => return Err(io::Error::other("line too long")),
                byte => line.push(byte),
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    pub async fn write_line(&mut self, line: &str) -> io::Result<()> {
        self.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.flush().await
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stream::Plain(_) => "Stream::Plain",
            Stream::Tls(_) => "Stream::Tls",
        })
    }
}

/// Connects, with TLS where the server's security is [`Security::Tls`]. With [`Security::StartTls`] the stream is
/// still plain: the caller says STARTTLS in its protocol and then calls [`start`].
///
/// Must run inside a tokio runtime.
pub async fn connect(server: &Server) -> Result<Stream, ConnectError> {
    let tcp = connect_tcp(server).await?;
    match server.security {
        Security::Tls => protect(tcp, server).await,
        Security::StartTls | Security::Plain => Ok(Stream::Plain(tcp)),
    }
}

async fn connect_tcp(server: &Server) -> Result<TcpStream, ConnectError> {
    let unreachable = |reason: String| ConnectError::Unreachable {
        host: server.host.clone(),
        port: server.port,
        reason,
    };
    let resolve = tokio::net::lookup_host((server.host.as_str(), server.port));
    let addresses = timeout(RESOLVE_TIME_OUT, resolve)
        .await
        .map_err(|_| unreachable("the name server does not answer".into()))?
        .map_err(|error| unreachable(error.to_string()))?;
    let mut last = "the name has no address".to_owned();
    for address in addresses {
        if server.security == Security::Plain && !address.ip().is_loopback() {
            return Err(ConnectError::PlainToOthers {
                host: server.host.clone(),
                address,
            });
        }
        match timeout(CONNECT_TIME_OUT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                set_options(&tcp).map_err(|error| unreachable(error.to_string()))?;
                return Ok(tcp);
            }
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = format!("no answer within {} seconds", CONNECT_TIME_OUT.as_secs()),
        }
    }
    Err(unreachable(last))
}

fn set_options(tcp: &TcpStream) -> io::Result<()> {
    // Without it the last small write of a letter waits 40 ms for the acknowledgement of the one before.
    tcp.set_nodelay(true)?;
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_INTERVAL);
    socket2::SockRef::from(tcp).set_tcp_keepalive(&keepalive)
}

/// Starts TLS after the server has agreed to it, on a stream that was read by [`Stream::read_line`] only.
/// Whatever has come in plain text after that answer was put there by somebody else (CVE-2011-0411 and its kin).
pub async fn start(stream: Stream, server: &Server) -> Result<Stream, ConnectError> {
    let (host, port) = (server.host.clone(), server.port);
    let Stream::Plain(tcp) = stream else {
        return Err(ConnectError::NotTrusted {
            host,
            port,
            reason: "TLS was started twice".into(),
        });
    };
    match tcp.try_read(&mut [0]) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => protect(tcp, server).await,
        Ok(0) => Err(ConnectError::Unreachable {
            host,
            port,
            reason: "closed before the TLS handshake".into(),
        }),
        Ok(_) => Err(ConnectError::NotTrusted {
            host,
            port,
            reason: "plain text follows the answer to STARTTLS".into(),
        }),
        Err(error) => Err(ConnectError::Unreachable {
            host,
            port,
            reason: error.to_string(),
        }),
    }
}

/// The TLS handshake, and the check of the server's certificate and name.
async fn protect(tcp: TcpStream, server: &Server) -> Result<Stream, ConnectError> {
    let name = server.tls_name.as_ref().unwrap_or(&server.host);
    let name =
        ServerName::try_from(name.clone()).map_err(|_| ConnectError::BadName(name.clone()))?;
    let connector = TlsConnector::from(client_config(server.tls_ca_file.as_deref())?);
    match timeout(HANDSHAKE_TIME_OUT, connector.connect(name, tcp)).await {
        Ok(Ok(tls)) => Ok(Stream::Tls(Box::new(tls))),
        Ok(Err(error)) => Err(handshake_error(server, &error)),
        Err(_) => Err(ConnectError::Unreachable {
            host: server.host.clone(),
            port: server.port,
            reason: "the TLS handshake took too long".into(),
        }),
    }
}

/// A broken line during the handshake is a matter of time; a bad certificate is a matter of a person.
fn handshake_error(server: &Server, error: &io::Error) -> ConnectError {
    let (host, port, reason) = (server.host.clone(), server.port, error.to_string());
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        Some(_) => ConnectError::NotTrusted { host, port, reason },
        None => ConnectError::Unreachable { host, port, reason },
    }
}

/// TLS 1.2 and 1.3 with the given authorities, or with the system's where none are given.
pub fn client_config(authority_file: Option<&Path>) -> Result<Arc<ClientConfig>, ConnectError> {
    let roots = match authority_file {
        Some(path) => roots_from(path)?,
        None => system_roots()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Setup(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn roots_from(path: &Path) -> Result<RootCertStore, ConnectError> {
    let unusable = |reason: String| ConnectError::AuthorityFile {
        path: path.display().to_string(),
        reason,
    };
    let mut roots = RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable(
            "it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)".into(),
        ));
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, ConnectError> {
    let mut roots = RootCertStore::empty();
    // One odd certificate in the system's store must not lock us out; none at all must.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        Err(ConnectError::NoAuthorities)
    } else {
        Ok(roots)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, security: Security) -> Server {
        Server {
            host: host.into(),
            port: 9,
            security,
            tls_ca_file: None,
            tls_name: None,
        }
    }

    #[tokio::test]
    async fn an_unprotected_connection_leaves_this_machine_never() {
        // 192.0.2.1 is a documentation address: were it dialled, the test would wait for the time limit.
        let error = connect(&server("192.0.2.1", Security::Plain))
            .await
            .unwrap_err();
        assert!(
            matches!(error, ConnectError::PlainToOthers { .. }),
            "{error}"
        );
        assert!(!error.is_retriable());
        assert!(error.to_string().contains("security = \"tls\""), "{error}");
    }

    #[tokio::test]
    async fn a_closed_port_is_worth_another_try() {
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let error = connect(&Server {
            port: free,
            ..server("127.0.0.1", Security::Plain)
        })
        .await
        .unwrap_err();
        assert!(error.is_retriable(), "{error}");
    }

    #[test]
    fn an_authority_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(
            client_config(Some(&path))
                .unwrap_err()
                .to_string()
                .contains("ca.pem")
        );
        std::fs::write(&path, "nothing here").unwrap();
        assert!(
            client_config(Some(&path))
                .unwrap_err()
                .to_string()
                .contains("BEGIN CERTIFICATE")
        );
    }
}
