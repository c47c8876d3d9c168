//! `pairpost pause` and `pairpost resume`: the brake and its release.

use std::path::Path;
use std::process::ExitCode;

use clap::Args as Arguments;

use crate::programme::event::CommandKind;

/// The brake: no letter leaves but those to coordinators, until `pairpost resume`
///
/// Messages are still taken and read. What falls due meanwhile waits; after `resume` what is still useful is done.
#[derive(Debug, Arguments)]
#[command(after_help = "Example:\n  pairpost pause")]
pub struct Pause {}

/// Letters leave again
#[derive(Debug, Arguments)]
#[command(after_help = "Example:\n  pairpost resume")]
pub struct Resume {}

pub fn pause(config: Option<&Path>) -> anyhow::Result<ExitCode> {
    super::act(
        &mut super::open_engine(config)?,
        CommandKind::PauseProgramme,
    )
}

pub fn resume(config: Option<&Path>) -> anyhow::Result<ExitCode> {
    super::act(
        &mut super::open_engine(config)?,
        CommandKind::ResumeProgramme,
    )
}
