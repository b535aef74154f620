//! `dateline completions`: completion scripts for shells.

use clap::CommandFactory;

use super::{Cli, CliError};

/// Prints completions for a shell.
///
/// bash: dateline completions bash > ~/.local/share/bash-completion/completions/dateline
/// zsh:  dateline completions zsh > "${fpath[1]}/_dateline"
/// fish: dateline completions fish > ~/.config/fish/completions/dateline.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// bash, zsh, fish, elvish or powershell.
    pub shell: clap_complete::Shell,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dateline", &mut script);
    super::print_line(&mut std::io::stdout().lock(), format_args!("{}", String::from_utf8_lossy(&script)))
}
