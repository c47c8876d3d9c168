//! Passwords: where they come from and how they are kept from leaking.
//! A secret is read anew at each login, so that it can be changed while we run. Nothing here logs, and no error
//! contains a secret or what a program printed.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use super::account::SecretSource;

/// No password is longer; a bigger file is surely the wrong file.
const SECRET_MAX_BYTES: u64 = 64 * 1024;
/// A password program may have to ask a key ring, but not a person.
const COMMAND_TIME_OUT: Duration = Duration::from_secs(30);

/// A password or token. It is shown as `***` wherever it is printed and wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The secret itself: for the login and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a secret could not be had, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read the password file {path}: {reason}")]
    Unreadable {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error(
        "the password file {path} may be read by others (mode {mode:04o}); run: chmod 600 {path}"
    )]
    ReadableByOthers { path: PathBuf, mode: u32 },
    #[error("{origin} holds no password: its first line is empty")]
    Empty { origin: String },
    #[error("{origin} is no password: it is not UTF-8 text of one line, or longer than 64 KiB")]
    NotText { origin: String },
    #[error("the environment variable {0} with the password is not set")]
    NotInEnvironment(String),
    #[error(
        "the systemd credential {0:?} is not there: add LoadCredential={0}:/path/to/file to the unit, \
         or use password_file when not run by systemd"
    )]
    NoCredential(String),
    #[error("the password program {program:?} {reason}; run it by hand to see what it says")]
    Command { program: String, reason: String },
}

/// Reads the secret from its source. The first line counts; the line end is not part of it.
pub async fn read(source: &SecretSource) -> Result<Secret, SecretError> {
    match source {
        SecretSource::File(path) => from_file(path, Guarded::ByItsMode),
        SecretSource::Environment(name) => match std::env::var(name) {
            Ok(value) => first_line(value.into_bytes(), || {
                format!("the environment variable {name}")
            }),
            Err(std::env::VarError::NotPresent) => Err(SecretError::NotInEnvironment(name.clone())),
            Err(std::env::VarError::NotUnicode(_)) => Err(SecretError::NotText {
                origin: format!("the environment variable {name}"),
            }),
        },
        SecretSource::Command(words) => from_command(words, COMMAND_TIME_OUT).await,
        SecretSource::SystemdCredential(name) => {
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
            from_credential(folder.map(PathBuf::from).as_deref(), name)
        }
    }
}

/// Who sees to it that no one else reads a file.
#[derive(PartialEq)]
enum Guarded {
    /// The file's own mode, which we check.
    ByItsMode,
    /// systemd, which keeps credentials in a folder of the unit's own.
    BySystemd,
}

fn from_file(path: &Path, guarded: Guarded) -> Result<Secret, SecretError> {
    let unreadable = |reason| SecretError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(unreadable)?;
    // The mode of the opened file, not of the path, so that nothing can be swapped in between.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if guarded == Guarded::ByItsMode && mode & 0o077 != 0 {
        return Err(SecretError::ReadableByOthers {
            path: path.to_owned(),
            mode,
        });
    }
    let mut bytes = Vec::new();
    file.take(SECRET_MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    first_line(bytes, || format!("the password file {}", path.display()))
}

fn from_credential(folder: Option<&Path>, name: &str) -> Result<Secret, SecretError> {
    // A credential's name is a file name; anything with a slash would leave systemd's folder.
    let Some(folder) = folder.filter(|_| !name.contains('/') && name != ".." && !name.is_empty())
    else {
        return Err(SecretError::NoCredential(name.to_owned()));
    };
    let path = folder.join(name);
    if !path.exists() {
        return Err(SecretError::NoCredential(name.to_owned()));
    }
    from_file(&path, Guarded::BySystemd)
}

/// Runs the program without a shell and without input; nothing of ours but the configured words reaches it.
async fn from_command(words: &[String], time_out: Duration) -> Result<Secret, SecretError> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(SecretError::Command {
            program: String::new(),
            reason: "is not named".into(),
        });
    };
    let failed = |reason: String| SecretError::Command {
        program: program.clone(),
        reason,
    };
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be started ({error})")))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(failed("has no output".into()));
    };
    let run = async {
        let mut bytes = Vec::new();
        stdout
            .take(SECRET_MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .await?;
        Ok::<_, std::io::Error>((bytes, child.wait().await?))
    };
    match tokio::time::timeout(time_out, run).await {
        Err(_) => Err(failed(format!(
            "gave no password within {} seconds",
            time_out.as_secs()
        ))),
        Ok(Err(error)) => Err(failed(format!("cannot be read ({error})"))),
        Ok(Ok((_, status))) if !status.success() => Err(failed(format!("failed ({status})"))),
        Ok(Ok((bytes, _))) => first_line(bytes, || {
            format!("the output of the password program {program:?}")
        }),
    }
}

fn first_line(bytes: Vec<u8>, origin: impl Fn() -> String) -> Result<Secret, SecretError> {
    let bytes = Zeroizing::new(bytes);
    if bytes.len() as u64 > SECRET_MAX_BYTES {
        return Err(SecretError::NotText { origin: origin() });
    }
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok("") => Err(SecretError::Empty { origin: origin() }),
        // NUL ends a PLAIN login early and CR would start a new command: neither belongs to a password.
        Ok(text) if text.contains(['\0', '\r']) => Err(SecretError::NotText { origin: origin() }),
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => Err(SecretError::NotText { origin: origin() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file_with(mode: u32, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    fn command(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| word.to_string()).collect()
    }

    #[tokio::test]
    async fn the_first_line_of_a_private_file_is_the_password() {
        let (_folder, path) = file_with(0o600, b"open sesame \r\nsecond line\n");
        let secret = read(&SecretSource::File(path)).await.unwrap();
        assert_eq!(secret.reveal(), "open sesame ");
    }

    #[tokio::test]
    async fn a_file_that_others_may_read_is_refused_with_the_way_to_mend_it() {
        for mode in [0o640, 0o604, 0o644, 0o660] {
            let (_folder, path) = file_with(mode, b"secret");
            let message = read(&SecretSource::File(path.clone()))
                .await
                .unwrap_err()
                .to_string();
            assert!(message.contains(&format!("mode {mode:04o}")), "{message}");
            assert!(
                message.contains(&format!("chmod 600 {}", path.display())),
                "{message}"
            );
        }
    }

    #[tokio::test]
    async fn empty_missing_binary_and_huge_files_are_told_apart() {
        let (_a, empty) = file_with(0o600, b"\nnot here");
        let (_b, binary) = file_with(0o600, b"\xff\xfe");
        let (_c, huge) = file_with(0o600, &vec![b'x'; 70_000]);
        let (folder, _) = file_with(0o600, b"");
        assert!(matches!(
            read(&SecretSource::File(empty)).await,
            Err(SecretError::Empty { .. })
        ));
        assert!(matches!(
            read(&SecretSource::File(binary)).await,
            Err(SecretError::NotText { .. })
        ));
        assert!(matches!(
            read(&SecretSource::File(huge)).await,
            Err(SecretError::NotText { .. })
        ));
        let missing = SecretSource::File(folder.path().join("nowhere"));
        assert!(matches!(
            read(&missing).await,
            Err(SecretError::Unreadable { .. })
        ));
    }

    #[tokio::test]
    async fn a_program_gives_the_password_without_a_shell_reading_its_words() {
        let words = command(&["printf", "%s\\nmore", "$HOME; `id`"]);
        let secret = from_command(&words, COMMAND_TIME_OUT).await.unwrap();
        assert_eq!(secret.reveal(), "$HOME; `id`");
    }

    #[tokio::test]
    async fn a_program_that_fails_hangs_or_is_missing_is_named_but_never_quoted() {
        let failing = command(&["sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"]);
        let message = from_command(&failing, COMMAND_TIME_OUT)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("\"sh\"") && message.contains("exit status: 3"),
            "{message}"
        );
        assert!(!message.contains("hunter2"), "{message}");

        let hanging = command(&["sleep", "60"]);
        let message = from_command(&hanging, Duration::from_millis(50))
            .await
            .unwrap_err()
            .to_string();
        assert!(message.contains("no password within"), "{message}");

        let missing = command(&["/nowhere/at/all"]);
        let message = from_command(&missing, COMMAND_TIME_OUT)
            .await
            .unwrap_err()
            .to_string();
        assert!(message.contains("cannot be started"), "{message}");
        assert!(from_command(&[], COMMAND_TIME_OUT).await.is_err());
    }

    #[tokio::test]
    async fn an_environment_variable_may_hold_the_password() {
        // PATH is the one variable that every test machine has; tests must not change the environment.
        let secret = read(&SecretSource::Environment("PATH".into()))
            .await
            .unwrap();
        assert_eq!(secret.reveal(), std::env::var("PATH").unwrap());
        let unset = SecretSource::Environment("PAIRPOST_NO_SUCH_VARIABLE".into());
        let message = read(&unset).await.unwrap_err().to_string();
        assert!(message.contains("PAIRPOST_NO_SUCH_VARIABLE"), "{message}");
    }

    #[test]
    fn a_systemd_credential_is_read_from_its_folder_and_nowhere_else() {
        // systemd's files may have a group's mode; the folder protects them.
        let (folder, _) = file_with(0o440, b"token\n");
        assert_eq!(
            from_credential(Some(folder.path()), "password")
                .unwrap()
                .reveal(),
            "token"
        );
        for name in ["missing", "", "..", "../password", "/etc/hostname"] {
            let error = from_credential(Some(folder.path()), name).unwrap_err();
            assert!(
                matches!(error, SecretError::NoCredential(_)),
                "{name}: {error}"
            );
        }
        assert!(from_credential(None, "password").is_err());
    }

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }
}
