//! Tells the program from which commit it is built: `DATELINE_COMMIT` where it is set, else what git says, else `unknown`.
//! Builds for development do not ask git, so that a commit alone compiles nothing again.
//!
//! A released program has no symbols: they are a twelfth of it.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=DATELINE_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=DATELINE_COMMIT={}", commit());
    // The program alone: tests keep their symbols for backtraces. A panic names its file and line without them.
    if is_release() && std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
    }
}

fn is_release() -> bool {
    std::env::var("PROFILE").as_deref() == Ok("release")
}

fn commit() -> String {
    if let Some(commit) = std::env::var("DATELINE_COMMIT").ok().filter(|commit| !commit.trim().is_empty()) {
        return commit.trim().to_owned();
    }
    if !is_release() {
        return "development".to_owned();
    }
    // Built again when another commit is checked out, or made.
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
