//! The `dateline` command: parses the command line and calls `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dateline::cli::main()
}
