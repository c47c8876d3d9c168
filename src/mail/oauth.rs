//! Access tokens for mailboxes that take no password (XOAUTH2): Microsoft 365, and Google where an organisation wants it.
//!
//! A token comes from the provider's token server, by a refresh token that `pairpost login` obtained (RFC 6749 section 6)
//! or by the application's own credentials (section 4.4). It is kept in memory until shortly before it ends. This is the
//! only place that speaks HTTP, and it speaks to the configured token server alone.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::account::SecretSource;
use super::secret::{self, Secret, SecretError};

/// A token server that is slower is not there.
const ANSWER_TIME_OUT: Duration = Duration::from_secs(30);
const ANSWER_MAX_BYTES: u64 = 64 * 1024;
/// A token is replaced so long before its end, lest it end on the way.
const SPARE: Duration = Duration::from_secs(120);
/// For a server that does not say how long its tokens last.
const DEFAULT_SECONDS: u64 = 600;
/// A person has so long to type the code (RFC 8628 section 3.2), unless the server says otherwise.
const DEVICE_CODE_SECONDS: u64 = 900;

/// How access tokens are had.
#[derive(Debug, Clone)]
pub struct OAuth {
    pub token_url: String,
    /// Where `pairpost login` asks for a code that a person types in (RFC 8628); none where the provider has no such way.
    pub device_url: Option<String>,
    pub client_id: String,
    pub client_secret: Option<SecretSource>,
    pub scope: String,
    pub grant: Grant,
    cached: Arc<Mutex<Option<Cached>>>,
}

/// On whose behalf a token is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Grant {
    /// A person's, who logged in once: the refresh token lies in this file.
    RefreshToken(PathBuf),
    /// The application's own (Microsoft 365, by an administrator's consent).
    ClientCredentials,
}

#[derive(Debug)]
struct Cached {
    token: Secret,
    until: Instant,
}

/// What is configured is what counts; a token that happens to be at hand does not.
impl PartialEq for OAuth {
    fn eq(&self, other: &OAuth) -> bool {
        (
            &self.token_url,
            &self.device_url,
            &self.client_id,
            &self.client_secret,
            &self.scope,
            &self.grant,
        ) == (
            &other.token_url,
            &other.device_url,
            &other.client_id,
            &other.client_secret,
            &other.scope,
            &other.grant,
        )
    }
}

/// Why there is no token. No error contains a token or a secret.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(
        "nobody has logged in yet: {0} does not exist. Run: pairpost login (as the user that runs the daemon)"
    )]
    NotLoggedIn(PathBuf),
    #[error("the token server {url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("the token server answered something that is no token: {0}")]
    Unreadable(String),
    /// The provider's own words (RFC 6749 section 5.2).
    #[error("the token server refused ({error}): {words}{remedy}")]
    Refused {
        error: String,
        words: String,
        remedy: &'static str,
    },
    #[error("the new refresh token cannot be kept in {path}: {reason}")]
    NotKept {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error("the code was not typed in in time; run pairpost login again")]
    TooLate,
    #[error("this provider has no way to log in by a code (oauth_device_url is not set)")]
    NoDeviceLogin,
}

impl OAuthError {
    /// Can trying again help by itself? If not, a person has to log in anew or mend the config.
    pub fn is_retriable(&self) -> bool {
        match self {
            OAuthError::Unreachable { .. } | OAuthError::Unreadable(_) => true,
            OAuthError::Secret(error) => matches!(error, SecretError::Command { .. }),
            OAuthError::Refused { error, .. } => {
                matches!(error.as_str(), "temporarily_unavailable" | "server_error")
            }
            _ => false,
        }
    }
}

impl OAuth {
    pub fn new(token_url: String, client_id: String, scope: String, grant: Grant) -> OAuth {
        OAuth {
            token_url,
            device_url: None,
            client_id,
            client_secret: None,
            scope,
            grant,
            cached: Arc::default(),
        }
    }

    /// A token that is good for now: the one at hand, or a new one.
    pub async fn access_token(&self) -> Result<Secret, OAuthError> {
        if let Some(token) = self.at_hand() {
            return Ok(token);
        }
        let mut form = vec![("client_id", self.client_id.clone())];
        if let Some(secret) = &self.client_secret {
            form.push(("client_secret", secret::read(secret).await?.reveal().into()));
        }
        match &self.grant {
            Grant::RefreshToken(file) => {
                if !file.exists() {
                    return Err(OAuthError::NotLoggedIn(file.clone()));
                }
                let refresh = secret::read(&SecretSource::File(file.clone())).await?;
                form.push(("grant_type", "refresh_token".into()));
                form.push(("refresh_token", refresh.reveal().into()));
            }
            Grant::ClientCredentials => {
                form.push(("grant_type", "client_credentials".into()));
                form.push(("scope", self.scope.clone()));
            }
        }
        let answer = post(self.token_url.clone(), form).await?;
        self.take(answer)
    }

    /// The server did not take the token: the next one is a new one.
    pub fn forget(&self) {
        *self.lock() = None;
    }

    fn at_hand(&self) -> Option<Secret> {
        let cached = self.lock();
        let cached = cached.as_ref()?;
        (cached.until > Instant::now()).then(|| cached.token.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Cached>> {
        self.cached
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Keeps what the server gave. A new refresh token replaces the old one, which may be void from now on.
    fn take(&self, answer: Answer) -> Result<Secret, OAuthError> {
        let Some(token) = answer.access_token else {
            return Err(OAuthError::Unreadable("it names no access_token".into()));
        };
        if let (Grant::RefreshToken(file), Some(refresh)) = (&self.grant, &answer.refresh_token) {
            keep(file, refresh).map_err(|reason| OAuthError::NotKept {
                path: file.clone(),
                reason,
            })?;
        }
        let token = Secret::new(token);
        let lasts = Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_SECONDS));
        *self.lock() = Some(Cached {
            token: token.clone(),
            until: Instant::now() + lasts.saturating_sub(SPARE),
        });
        Ok(token)
    }

    /// Asks for a code that a person types in at the provider's page: the first half of `pairpost login`.
    pub async fn begin_login(&self) -> Result<DeviceCode, OAuthError> {
        let url = self.device_url.clone().ok_or(OAuthError::NoDeviceLogin)?;
        let form = vec![
            ("client_id", self.client_id.clone()),
            ("scope", self.scope.clone()),
        ];
        let answer = post(url, form).await?;
        match (answer.device_code, answer.user_code) {
            (Some(device_code), Some(user_code)) => Ok(DeviceCode {
                device_code,
                user_code,
                page: answer
                    .verification_uri
                    .or(answer.verification_url)
                    .unwrap_or_default(),
                every: Duration::from_secs(answer.interval.unwrap_or(5).clamp(1, 60)),
                until: Instant::now()
                    + Duration::from_secs(answer.expires_in.unwrap_or(DEVICE_CODE_SECONDS)),
            }),
            _ => Err(OAuthError::Unreadable("it names no user_code".into())),
        }
    }

    /// Waits until the person has typed the code, and keeps the refresh token: the second half.
    pub async fn end_login(&self, code: &DeviceCode) -> Result<(), OAuthError> {
        let mut every = code.every;
        while Instant::now() < code.until {
            tokio::time::sleep(every).await;
            let mut form = vec![
                (
                    "grant_type",
                    "urn:ietf:params:oauth:grant-type:device_code".to_owned(),
                ),
                ("device_code", code.device_code.clone()),
                ("client_id", self.client_id.clone()),
            ];
            if let Some(secret) = &self.client_secret {
                form.push(("client_secret", secret::read(secret).await?.reveal().into()));
            }
            match post(self.token_url.clone(), form).await {
                Ok(answer) if answer.refresh_token.is_none() => {
                    return Err(OAuthError::Unreadable(
                        "it names no refresh_token; the scope may lack offline_access".into(),
                    ));
                }
                Ok(answer) => return self.take(answer).map(|_| ()),
                Err(OAuthError::Refused { error, .. }) if error == "authorization_pending" => {}
                Err(OAuthError::Refused { error, .. }) if error == "slow_down" => {
                    every += Duration::from_secs(5);
                }
                Err(error) => return Err(error),
            }
        }
        Err(OAuthError::TooLate)
    }
}

/// A code to be typed in at the provider's page.
#[derive(Debug, Clone)]
pub struct DeviceCode {
    device_code: String,
    pub user_code: String,
    /// The page's address.
    pub page: String,
    every: Duration,
    until: Instant,
}

/// Everything that a token server may say (RFC 6749 section 5, RFC 8628 section 3.2). Google says `verification_url`.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
    device_code: Option<String>,
    user_code: Option<String>,
    verification_uri: Option<String>,
    verification_url: Option<String>,
    interval: Option<u64>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Posts a form and reads the answer, on a thread that may wait.
async fn post(url: String, form: Vec<(&'static str, String)>) -> Result<Answer, OAuthError> {
    let asked = url.clone();
    let unreachable = |reason: String| OAuthError::Unreachable {
        url: asked.clone(),
        reason,
    };
    let answered = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_TIME_OUT))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("pairpost/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let mut response = agent.post(&url).send_form(form)?;
        response
            .body_mut()
            .with_config()
            .limit(ANSWER_MAX_BYTES)
            .read_to_string()
    })
    .await
    .map_err(|error| unreachable(error.to_string()))?;
    let text = answered.map_err(|error| unreachable(error.to_string()))?;
    understand(&text)
}

fn understand(text: &str) -> Result<Answer, OAuthError> {
    let answer: Answer = serde_json::from_str(text)
        .map_err(|_| OAuthError::Unreadable("it is not the JSON that RFC 6749 names".into()))?;
    let Some(error) = answer.error else {
        return Ok(answer);
    };
    let words = answer.error_description.unwrap_or_default();
    Err(OAuthError::Refused {
        remedy: match error.as_str() {
            "invalid_grant" => {
                ". The login has ended (revoked, too old, or a Google app that is still in \"testing\", whose logins end \
                 after seven days): run pairpost login again"
            }
            "invalid_client" | "unauthorized_client" => {
                ". Check oauth_client_id and oauth_client_secret_file"
            }
            _ => "",
        },
        error: super::address::clean(&error, 60),
        // Microsoft's words go on for pages after the first line.
        words: super::address::clean(words.lines().next().unwrap_or_default(), 200),
    })
}

/// Writes the refresh token where only its owner can read it; whole or not at all.
fn keep(file: &Path, token: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

    let part = file.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let mut writing = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)?;
    writeln!(writing, "{token}")?;
    // Root logs in for the service: the token belongs to whom the folder does, or the service could not read it.
    if let Some(folder) = file.parent().and_then(|folder| folder.metadata().ok())
        && folder.uid() != writing.metadata()?.uid()
    {
        std::os::unix::fs::fchown(&writing, Some(folder.uid()), Some(folder.gid()))?;
    }
    writing.sync_all()?;
    std::fs::rename(part, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_with_what_to_do() {
        let refused = |text: &str| understand(text).unwrap_err();
        let ended = refused(
            r#"{"error":"invalid_grant","error_description":"AADSTS70043: The refresh token has expired.\r\nTrace ID: 1"}"#,
        );
        let told = ended.to_string();
        assert!(
            told.contains("pairpost login") && !told.contains("Trace"),
            "{told}"
        );
        assert!(!ended.is_retriable());
        assert!(refused(r#"{"error":"temporarily_unavailable"}"#).is_retriable());
        assert!(refused("<html>busy</html>").is_retriable());
    }

    #[test]
    fn a_token_that_root_keeps_belongs_to_the_service_whose_folder_it_is() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().metadata().unwrap().uid();
        // Only root can give a folder away; for anybody else the two are the same from the start.
        let service = if own == 0 { 65_534 } else { own };
        std::os::unix::fs::chown(folder.path(), Some(service), None).unwrap();
        let file = folder.path().join("token");
        keep(&file, "one").unwrap();
        assert_eq!(file.metadata().unwrap().uid(), service);
    }

    #[test]
    fn a_refresh_token_is_kept_for_its_owner_alone_and_replaces_the_old_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        keep(&file, "one").unwrap();
        keep(&file, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "two\n");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn no_debug_output_shows_a_token() {
        let oauth = OAuth::new(
            "https://x".into(),
            "id".into(),
            String::new(),
            Grant::ClientCredentials,
        );
        let answer = Answer {
            access_token: Some("very-secret".into()),
            ..Answer::default()
        };
        assert_eq!(oauth.take(answer).unwrap().reveal(), "very-secret");
        assert!(!format!("{oauth:?}").contains("very-secret"));
        oauth.forget();
        assert!(oauth.at_hand().is_none());
    }
}
