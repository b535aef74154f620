//! The built program: runs it, kills it, and reads what it committed.

use std::io::Write;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::wait::{wait_or_show, wait_until};

/// Returns the path of the built program, which Cargo passes to the tests that it runs.
pub fn program() -> PathBuf {
    std::env::var_os("CARGO_BIN_EXE_dateline").expect("Cargo runs the tests").into()
}

/// Runs the program to its end with this input.
pub fn run(args: &[&str], input: &str) -> Output {
    let mut command = Command::new(program());
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Returns what a finished process wrote to its standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a config, and the program to run on it.
pub struct Daemon {
    pub folder: TempDir,
    /// The environment of `run`.
    pub env: Vec<(String, String)>,
}

/// A running daemon, killed when dropped.
pub struct Running(Child);

impl Running {
    /// Makes the daemon drain and stop, and expects success.
    #[track_caller]
    pub fn stop(mut self) {
        signal(&self, "TERM");
        wait_until("the daemon's end", || !self.is_running());
        let status = self.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// Kills the daemon as a crash would (SIGKILL).
    pub fn crash(mut self) {
        self.kill().unwrap();
        self.wait().unwrap();
    }

    /// Returns whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.try_wait().unwrap().is_none()
    }
}

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    /// Writes the config (with `extra` at its end) and the feed list.
    pub fn new(feed_list: &str, extra: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[fetch]\nper_host = 16\n\n[commit]\nlinger = \"20ms\"\n\n[log]\nlevel = \"warn\"\n\n[store]\npath = \"store.db\"\n\n{extra}"
        );
        std::fs::write(folder.path().join("dateline.toml"), config).unwrap();
        std::fs::write(folder.path().join("feeds.toml"), feed_list).unwrap();
        Self { folder, env: Vec::new() }
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("dateline.toml")
    }

    /// Returns a command of the program on this config.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args).arg("--config").arg(self.config()).stdin(Stdio::null());
        command
    }

    /// Starts the daemon; its log goes to a file in the folder.
    pub fn start(&self, args: &[&str]) -> Running {
        self.spawn(self.command(&[&["run"], args].concat()))
    }

    /// Starts the daemon with a limited number of file descriptors.
    pub fn start_limited(&self, descriptors: usize) -> Running {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" run --config \"$1\"")]);
        command.arg(program()).arg(self.config()).stdin(Stdio::null());
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Running {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        Running(command.envs(self.env.iter().cloned()).stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }

    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Returns the log of all runs so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Runs `run --once` to its end and expects success.
    #[track_caller]
    pub fn once(&self) {
        let status = self.start(&["--once"]).wait().unwrap();
        assert!(status.success(), "{status}\n{}", self.log());
    }

    /// Runs a command to its end.
    pub fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Waits until the condition holds; a failure shows the log.
    #[track_caller]
    pub fn wait_until(&self, what: &str, condition: impl FnMut() -> bool) {
        wait_or_show(what, || self.log(), condition);
    }

    /// Returns the records of a topic, as `tail` prints them, in order.
    pub fn tail(&self, topic: &str) -> Vec<Value> {
        self.try_tail(topic).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Does the same for a store that may not exist yet.
    pub fn try_tail(&self, topic: &str) -> Result<Vec<Value>, String> {
        let output = self.output(&["tail", topic]);
        if !output.status.success() {
            return Err(stderr(&output));
        }
        let lines = String::from_utf8(output.stdout).unwrap();
        Ok(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

/// Sends a signal by name to a child.
#[track_caller]
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

/// Returns the process's peak memory in kB (Linux).
pub fn peak_memory_kb(child: &Child) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(child.id().to_string()).join("status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Returns the CPU time of the process, including the kernel's work for it (Linux).
pub fn cpu_time(child: &Child) -> std::time::Duration {
    let stat = std::fs::read_to_string(Path::new("/proc").join(child.id().to_string()).join("stat")).unwrap();
    // After the name in brackets, user and system time are the 12th and 13th field, in hundredths of a second.
    let fields = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    std::time::Duration::from_millis(ticks * 10)
}
