//! A Kafka for tests: the one named by `DATELINE_TEST_KAFKA`, or one started by `deploy/kafka/kafka.sh`.
//!
//! A test binary shares one cluster of each size; a watchdog of the script stops it and removes its data when the
//! process has ended in any way.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use crate::daemon::stderr;
use crate::{free_ports, runs};

/// A running cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// The same brokers at addresses other than the advertised ones, if there are any.
    pub internal: String,
    /// The listener for clients with a certificate, on a secure cluster.
    pub mtls: String,
    /// The script's folder; `None` for an external cluster.
    dir: Option<PathBuf>,
}

impl Cluster {
    /// Kills a node (from 1) as a crash would.
    pub fn kill(&self, node: usize) {
        self.script("kill", node);
    }

    /// Restarts a node with its data.
    pub fn restart(&self, node: usize) {
        self.script("restart", node);
    }

    /// Stops all nodes and removes their data before the test binary ends.
    pub fn stop(&self) {
        if let Some(dir) = &self.dir {
            check(&Command::new(script()).args(["stop", "--purge", "--dir"]).arg(dir).output().expect("bash runs"));
        }
    }

    fn script(&self, command: &str, node: usize) {
        let dir = self.dir.as_ref().expect("a cluster of our own");
        check(
            &Command::new(script()).args([command, &node.to_string(), "--dir"]).arg(dir).output().expect("bash runs"),
        );
    }
}

/// Returns the shared cluster of one or three nodes. A cluster named by `DATELINE_TEST_KAFKA` counts as one node, and also as
/// three if it has three brokers.
pub fn broker(nodes: usize) -> Cluster {
    static ONE: Mutex<Option<Cluster>> = Mutex::new(None);
    static THREE: Mutex<Option<Cluster>> = Mutex::new(None);
    if let Ok(brokers) = std::env::var("DATELINE_TEST_KAFKA")
        && brokers.split(',').count() >= nodes
    {
        return Cluster { internal: brokers.clone(), mtls: String::new(), brokers, dir: None };
    }
    let shared = if nodes == 1 { &ONE } else { &THREE };
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    shared.get_or_insert_with(|| start(nodes, &[])).clone()
}

/// Starts a cluster for this test alone, for tests that stop its nodes.
pub fn own(nodes: usize) -> Cluster {
    start(nodes, &[])
}

/// Does the same; node n is advertised to clients at port `via` + n - 1.
pub fn behind(nodes: usize, via: u16) -> Cluster {
    start(nodes, &[format!("--via={via}")])
}

/// Starts one node that requires TLS and a secret from its clients, accepts tokens of this issuer too, and checks permissions.
pub fn secure(certificates: &Path, issuer: Option<&str>) -> Cluster {
    let mut how = vec![format!("--secure={}", certificates.display())];
    how.extend(issuer.map(|url| format!("--issuer={url}")));
    start(1, &how)
}

fn start(nodes: usize, how: &[String]) -> Cluster {
    let is_installed = runs("java", "-version") && runs("mvn", "-v");
    assert!(is_installed, "this test needs Java 17 and Maven, or DATELINE_TEST_KAFKA=host:port");
    let dir = tempfile::Builder::new().prefix("dateline-kafka-").tempdir().expect("a temporary folder").keep();
    let mut output = None;
    // Another process may take the ports between finding them free and using them.
    for _ in 0..5 {
        let started = Command::new(script())
            .args(["start", "--nodes", &nodes.to_string(), "--port", &free_ports(4 * nodes).to_string()])
            .args(how)
            .args(["--watch", &std::process::id().to_string(), "--dir"])
            .arg(&dir)
            .output()
            .expect("bash runs");
        let out = String::from_utf8_lossy(&started.stdout);
        let line = |name| out.lines().find_map(|line| line.strip_prefix(name)).map(ToOwned::to_owned);
        if let Some(brokers) = line("brokers=") {
            let internal = line("internal=").unwrap_or_else(|| brokers.clone());
            let mtls = line("mtls=").unwrap_or_default();
            return Cluster { brokers, internal, mtls, dir: Some(dir) };
        }
        let is_taken = stderr(&started).contains("is taken");
        output = Some(started);
        if !is_taken {
            break;
        }
    }
    panic!("kafka.sh: {}", output.map(|output| stderr(&output)).unwrap_or_default());
}

/// Changes permissions or quotas through Kafka's own client; `Admin.java` lists the arguments.
pub fn admin(brokers: &str, what: &[&str]) {
    let source = crate::repository("tests/support/Admin.java");
    let jars = format!("{}/*", jars().display());
    let output = Command::new("java").args(["-cp", &jars]).arg(&source).arg(brokers).args(what).output();
    let output = output.expect("java runs");
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Returns Kafka's own libraries, as installed by the script.
fn jars() -> PathBuf {
    let output = Command::new(script()).arg("jars").output().expect("bash runs");
    check(&output);
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn script() -> PathBuf {
    crate::repository("deploy/kafka/kafka.sh")
}

fn check(output: &Output) {
    assert!(output.status.success(), "kafka.sh: {}", stderr(output));
}
