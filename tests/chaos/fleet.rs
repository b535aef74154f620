//! Starts, kills, stops and continues the instances.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use test_support::daemon::{Daemon, Running, cpu_time, peak_memory_kb, signal};

/// The configuration of the instances.
pub struct Plan {
    pub feed_list: String,
    pub brokers: String,
    pub prefix: String,
    pub session: Duration,
    pub interval: Duration,
    pub partitions: i32,
    /// A library that makes the clocks of instances settable.
    pub clock: Option<PathBuf>,
}

/// Compiles `clock.c` into the folder. Programs preload such libraries on Linux only.
pub fn clock_library(folder: &Path) -> PathBuf {
    let library = folder.join("clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chaos/clock.c");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(compiled.expect("a C compiler").success());
    library
}

impl Plan {
    /// Creates an instance of this name.
    pub fn instance(&self, name: &str, is_static: bool) -> Daemon {
        let (brokers, prefix, partitions) = (&self.brokers, &self.prefix, self.partitions);
        let (session, interval) = (self.session.as_secs(), self.interval.as_millis());
        let settings = format!(
            "[schedule]\ninterval = \"{interval}ms\"\nmin_interval = \"{interval}ms\"\nrhythm = false\n\n\
             [articles]\nrevisit = []\n\n[topics]\nprefix = \"{prefix}\"\npartitions = {partitions}\n\n\
             [kafka]\nbrokers = \"{brokers}\"\ninstance = \"{name}\"\nsession_timeout = \"{session}s\"\n\
             transaction_timeout = \"5s\"\nstatic_membership = {is_static}\n"
        );
        let mut daemon = Daemon::new(&self.feed_list, &settings);
        // At the defaults: the test measures what users get.
        let config = std::fs::read_to_string(daemon.config()).unwrap();
        let fetch = format!("per_host = 16\nhost_delay = \"0s\"\ncontact = \"https://{name}.example/\"");
        let config = config.replace("per_host = 16", &fetch);
        let config = config.replace("[commit]\nlinger = \"20ms\"\n\n", "").replace("\"warn\"", "\"info\"");
        std::fs::write(daemon.config(), config).unwrap();
        if let Some(library) = &self.clock {
            let file = clock_of(&daemon);
            std::fs::write(&file, 0_i64.to_ne_bytes()).unwrap();
            let set = [("LD_PRELOAD", library), ("DATELINE_TEST_CLOCK", &file)];
            daemon.env = set.map(|(key, path)| (key.to_owned(), path.to_str().unwrap().to_owned())).to_vec();
        }
        daemon
    }
}

fn clock_of(daemon: &Daemon) -> PathBuf {
    daemon.folder.path().join("clock")
}

/// The files of a local copy of the state.
const PARTS: [&str; 2] = ["", "-wal"];

fn part(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// A local copy of the state as it lay on disk.
#[derive(Default)]
pub struct Copy([Option<Vec<u8>>; 2]);

/// A running instance.
pub struct Instance {
    pub daemon: Daemon,
    running: Running,
}

impl Instance {
    pub fn start(daemon: Daemon) -> Self {
        let running = daemon.start(&[]);
        Self { daemon, running }
    }

    /// Kills the instance as a crash would.
    pub fn kill(&mut self) {
        self.running.kill().unwrap();
        self.running.wait().unwrap();
    }

    pub fn restart(&mut self) {
        self.running = self.daemon.start(&[]);
    }

    pub fn signal(&self, name: &str) {
        signal(&self.running, name);
    }

    /// Sets the instance's clock this many seconds ahead of ours.
    pub fn set_clock(&self, ahead: i64) {
        // Written in place: the instance has the file mapped into its memory.
        let mut file = std::fs::OpenOptions::new().write(true).open(clock_of(&self.daemon)).unwrap();
        file.write_all(&ahead.to_ne_bytes()).unwrap();
    }

    /// Returns the file of the local copy of the state, which there is after the first start.
    fn copy_file(&self) -> Option<PathBuf> {
        let files = std::fs::read_dir(self.daemon.folder.path().join("data")).ok()?;
        files.filter_map(|file| Some(file.ok()?.path())).find(|path| path.to_string_lossy().ends_with(".state.db"))
    }

    /// Returns the local copy of the state as it lies on disk.
    pub fn copy(&self) -> Copy {
        let Some(file) = self.copy_file() else { return Copy::default() };
        Copy(PARTS.map(|end| std::fs::read(part(&file, end)).ok()))
    }

    /// Replaces the local copy of the state.
    pub fn restore(&self, copy: &Copy) {
        let Some(file) = self.copy_file() else { return };
        for (end, bytes) in PARTS.iter().zip(&copy.0) {
            match bytes {
                Some(bytes) => std::fs::write(part(&file, end), bytes).unwrap(),
                None => drop(std::fs::remove_file(part(&file, end))),
            }
        }
    }

    /// Cuts the local copy of the state in half.
    pub fn truncate_copy(&self) {
        let Some(file) = self.copy_file() else { return };
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    }

    /// Makes the instance drain and stop.
    pub fn stop(&mut self) {
        self.signal("TERM");
        self.running.wait().unwrap();
    }

    /// Returns its processor time since it was started.
    pub fn cpu_time(&self) -> Duration {
        cpu_time(&self.running)
    }

    /// Returns its peak memory in kB.
    pub fn peak_memory_kb(&self) -> u64 {
        peak_memory_kb(&self.running)
    }

    /// Returns whether the instance still runs; no instance may end by itself.
    pub fn is_up(&mut self) -> bool {
        self.running.is_running()
    }

    /// Returns the end of the instance's log.
    pub fn last_words(&self) -> String {
        let log = self.daemon.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(folder) = std::env::var_os("DATELINE_CHAOS_LOGS") {
            let name = self.daemon.folder.path().file_name().unwrap_or_default();
            let _ = std::fs::copy(self.daemon.log_file(), Path::new(&folder).join(name));
        }
    }
}
