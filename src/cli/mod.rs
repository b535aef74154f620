//! The commands, one file each, and how they end.

use std::process::ExitCode;

/// Why a command ended without having done its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line or the config is wrong (exit status 2); says what to write instead.
    #[error("{0}")]
    Usage(String),
    /// The work failed (exit status 1).
    #[error("{0}")]
    Work(String),
}

impl Failure {
    /// Exit status as the interface fixes it: 1 the work failed, 2 the command line or the config is wrong.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Work(_) => ExitCode::from(1),
        }
    }
}
