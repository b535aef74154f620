//! The built binary: runs it, kills it, and reads what it committed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a config, and the binary to run on it.
pub struct Daemon {
    pub folder: TempDir,
    /// The environment of `run`.
    pub env: Vec<(String, String)>,
}

/// Returns the path of the built binary, which Cargo tells the tests it runs.
pub fn program() -> PathBuf {
    std::env::var_os("CARGO_BIN_EXE_dateline").expect("tests are run by Cargo").into()
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

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args).arg("--config").arg(self.config()).stdin(Stdio::null());
        command
    }

    /// Starts the daemon; its log goes to `log` in the folder.
    pub fn start(&self, args: &[&str]) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut run = vec!["run"];
        run.extend(args);
        self.command(&run).envs(self.env.iter().cloned()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// Starts the daemon with a limited number of file descriptors.
    pub fn start_limited(&self, descriptors: usize) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new("bash");
        command.args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" run --config \"$1\"")]);
        command.arg(program()).arg(self.config()).stdin(Stdio::null());
        command.envs(self.env.iter().cloned()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Runs `run --once` to its end and expects success.
    pub fn once(&self) {
        let status = self.start(&["--once"]).wait().unwrap();
        assert!(status.success(), "{status}\n{}", std::fs::read_to_string(self.log()).unwrap());
    }

    pub fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Returns the records of a topic, as `tail` prints them, in order.
    pub fn tail(&self, topic: &str) -> Vec<Value> {
        self.try_tail(topic).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Does the same for a store that may not exist yet.
    pub fn try_tail(&self, topic: &str) -> Result<Vec<Value>, String> {
        let output = self.output(&["tail", topic]);
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let lines = String::from_utf8(output.stdout).unwrap();
        Ok(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

/// Sends a signal by name to a child.
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
