//! A Kafka for tests: the one named by `DATELINE_TEST_KAFKA`, or one started by `deploy/kafka/kafka.sh`.
//!
//! A test binary shares one cluster of each size; a watchdog of the script stops it and removes its data when the
//! process has ended in any way.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dateline::journal::TopicOptions;
use dateline::journal::kafka::{KafkaSettings, Options};

/// A running cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// The same brokers at addresses other than the advertised ones, if there are any.
    #[allow(dead_code)]
    pub internal: String,
    /// The listener for clients with a certificate, on a secure cluster.
    #[allow(dead_code)]
    pub mtls: String,
    /// The script's folder; `None` for an external cluster.
    dir: Option<PathBuf>,
}

impl Cluster {
    /// Returns whether its nodes may be stopped: not for an external cluster.
    #[allow(dead_code)]
    pub fn is_ours(&self) -> bool {
        self.dir.is_some()
    }

    /// Kills a node (from 1) as a crash would.
    #[allow(dead_code)]
    pub fn kill(&self, node: usize) {
        self.script("kill", node);
    }

    /// Restarts a node with its data.
    #[allow(dead_code)]
    pub fn restart(&self, node: usize) {
        self.script("restart", node);
    }

    /// Stops all nodes and removes their data before the test binary ends.
    #[allow(dead_code)]
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

/// Returns options of an instance `1` with three partitions per topic, under this prefix; tests change what they need.
#[allow(dead_code)]
pub fn options(brokers: &str, prefix: &str) -> KafkaSettings {
    KafkaSettings {
        kafka: Options { brokers: brokers.to_owned(), session_timeout: Duration::from_secs(6), ..Options::default() },
        topics: TopicOptions { prefix: prefix.to_owned(), partitions: 3, ..TopicOptions::default() },
    }
}

/// Returns the shared cluster of one or three nodes. If there is none and none can be started: `None` with a message,
/// or a panic if `CI=true`. A cluster named by `DATELINE_TEST_KAFKA` counts as one node, and also as three if it has
/// three brokers.
#[allow(dead_code)]
pub fn broker(nodes: usize) -> Option<Cluster> {
    static ONE: Mutex<Option<Cluster>> = Mutex::new(None);
    static THREE: Mutex<Option<Cluster>> = Mutex::new(None);
    if let Ok(brokers) = std::env::var("DATELINE_TEST_KAFKA") {
        if brokers.split(',').count() >= nodes {
            return Some(Cluster { internal: brokers.clone(), mtls: String::new(), brokers, dir: None });
        }
        left_out(&format!("DATELINE_TEST_KAFKA names fewer than {nodes} brokers"));
        return None;
    }
    let shared = if nodes == 1 { &ONE } else { &THREE };
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.is_none() {
        *shared = start(nodes, &[]);
    }
    shared.clone()
}

/// Starts a cluster for this test alone, for tests that stop its nodes.
#[allow(dead_code)]
pub fn own(nodes: usize) -> Option<Cluster> {
    if std::env::var_os("DATELINE_TEST_KAFKA").is_some() {
        left_out("the nodes of DATELINE_TEST_KAFKA are not stopped by tests");
        return None;
    }
    start(nodes, &[])
}

/// Does the same; node n is advertised to clients at port `via` + n - 1.
#[allow(dead_code)]
pub fn behind(nodes: usize, via: u16) -> Option<Cluster> {
    if std::env::var_os("DATELINE_TEST_KAFKA").is_some() {
        left_out("the nodes of DATELINE_TEST_KAFKA are not stopped by tests");
        return None;
    }
    start(nodes, &[format!("--via={via}")])
}

/// Starts one node that requires TLS and a secret from its clients, accepts tokens of this issuer too, and checks permissions.
#[allow(dead_code)]
pub fn secure(certificates: &Path, issuer: Option<&str>) -> Option<Cluster> {
    let mut how = vec![format!("--secure={}", certificates.display())];
    how.extend(issuer.map(|url| format!("--issuer={url}")));
    start(1, &how)
}

fn start(nodes: usize, how: &[String]) -> Option<Cluster> {
    if !runs("java", "-version") || !runs("mvn", "-v") {
        let words = "Kafka tests need Java 17 and Maven, or DATELINE_TEST_KAFKA=host:port";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{words}");
        left_out(words);
        return None;
    }
    let dir = tempfile::Builder::new().prefix("dateline-kafka-").tempdir().expect("a temporary folder").keep();
    // Another process may take the ports between finding them free and using them.
    for attempt in 1.. {
        let output = Command::new(script())
            .args(["start", "--nodes", &nodes.to_string(), "--port", &free_ports(4 * nodes).to_string()])
            .args(how)
            .args(["--watch", &std::process::id().to_string(), "--dir"])
            .arg(&dir)
            .output()
            .expect("bash runs");
        let out = String::from_utf8_lossy(&output.stdout);
        let line = |name| out.lines().find_map(|line| line.strip_prefix(name)).map(ToOwned::to_owned);
        if let Some(brokers) = line("brokers=") {
            let internal = line("internal=").unwrap_or_else(|| brokers.clone());
            let mtls = line("mtls=").unwrap_or_default();
            return Some(Cluster { brokers, internal, mtls, dir: Some(dir) });
        }
        let taken = String::from_utf8_lossy(&output.stderr).contains("is taken");
        if !taken || attempt == 5 {
            check(&output);
        }
    }
    None
}

/// Writes straight to stderr: the output of `eprintln!` in a passing test is not shown.
fn left_out(why: &str) {
    writeln!(std::io::stderr(), "\n*** LEFT OUT: {why} ***\n").expect("stderr is open");
}

/// Returns the first of several consecutive free ports, below the range from which the system assigns ports.
pub fn free_ports(count: usize) -> u16 {
    let seed = u16::try_from(uuid::Uuid::new_v4().as_u128() % 8_000).expect("small");
    let free = |base: u16| (0..).take(count).all(|i| TcpListener::bind(("127.0.0.1", base + i)).is_ok());
    (0..1_000).map(|i| 20_000 + (seed + i * 8) % 12_000).find(|base| free(*base)).expect("free ports")
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|o| o.status.success())
}

/// Changes permissions or quotas through Kafka's own client; `Admin.java` lists the arguments.
#[allow(dead_code)]
pub fn admin(brokers: &str, what: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/Admin.java");
    let jars = format!("{}/*", jars().display());
    let output = Command::new("java").args(["-cp", &jars]).arg(&source).arg(brokers).args(what).output();
    let output = output.expect("java runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns Kafka's own libraries, as installed by the script.
#[allow(dead_code)]
fn jars() -> PathBuf {
    let output = Command::new(script()).arg("jars").output().expect("bash runs");
    check(&output);
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kafka/kafka.sh")
}

fn check(output: &Output) {
    assert!(output.status.success(), "kafka.sh: {}", String::from_utf8_lossy(&output.stderr));
}
