//! `pairpost login`: a login by token, for providers that take no passwords.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::mail::account::{Login, MailboxSettings, SendingSettings};
use crate::mail::oauth::{Grant, OAuth};

/// Log in to the mailbox by a code, where the provider takes no password (oauth in pairpost.toml)
///
/// It shows a code and the address of the provider's page. Type the code in there, on any device, while you are logged in
/// as the programme's mailbox. Run it as the user that runs the daemon.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:\n  pairpost login --config my-programme")]
pub struct Args {}

pub fn run(_: &Args, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let config = super::load(config)?;
    let mailbox = match &config.mailbox {
        MailboxSettings::Imap { login, .. } => Some(login),
        MailboxSettings::Maildir { .. } => None,
    };
    let sending = match &config.sending {
        SendingSettings::Smtp { login, .. } => login.as_ref(),
        SendingSettings::Maildir { .. } => None,
    };
    let mut logins: Vec<&OAuth> = [mailbox, sending]
        .into_iter()
        .flatten()
        .filter_map(|login| match login {
            Login::Token { oauth, .. } if oauth.grant != Grant::ClientCredentials => {
                Some(oauth.as_ref())
            }
            _ => None,
        })
        .collect();
    // Mailbox and sending are usually one account: one login does for both.
    logins.dedup();
    anyhow::ensure!(
        !logins.is_empty(),
        "neither [mailbox] nor [sending] logs in by a person's token: there is nothing to do. For a provider without \
         passwords write oauth = \"microsoft\" or \"google\" in pairpost.toml"
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for oauth in logins {
        if let Grant::RefreshToken(file) = &oauth.grant
            && let Some(folder) = file.parent()
        {
            super::make_private_folder(folder)?;
        }
        runtime.block_on(async {
            let code = oauth.begin_login().await?;
            println!(
                "Open {} and type in this code: {}",
                code.page, code.user_code
            );
            println!("Waiting for you ...");
            oauth.end_login(&code).await
        })?;
        println!("Logged in. The daemon uses this login from now on.");
    }
    Ok(ExitCode::SUCCESS)
}
