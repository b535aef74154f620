//! A schema registry for tests: the one named by `DATELINE_TEST_REGISTRY`, or one started by `deploy/registry/registry.sh`.

use std::io::Write;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Returns the URL of the registry that this test binary shares. `None`, with a message, if there is none and none can
/// be started. A watchdog of the script stops it when the process has ended.
pub fn url() -> Option<String> {
    static SHARED: Mutex<Option<String>> = Mutex::new(None);
    if let Ok(url) = std::env::var("DATELINE_TEST_REGISTRY") {
        return Some(url);
    }
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if shared.is_none() {
        *shared = start();
    }
    shared.clone()
}

fn start() -> Option<String> {
    let runs =
        |program: &str, argument: &str| Command::new(program).arg(argument).output().is_ok_and(|o| o.status.success());
    if !runs("java", "-version") || !runs("mvn", "-v") {
        let words = "tests with a schema registry need Java 17 and Maven, or DATELINE_TEST_REGISTRY=http://…";
        writeln!(std::io::stderr(), "\n*** LEFT OUT: {words} ***\n").expect("stderr is open");
        return None;
    }
    let dir = tempfile::Builder::new().prefix("dateline-registry-").tempdir().expect("a temporary folder").keep();
    let port =
        std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).expect("a free port").port();
    let output = Command::new(crate::repository("deploy/registry/registry.sh"))
        .args(["start", "--port", &port.to_string(), "--watch", &std::process::id().to_string(), "--dir"])
        .arg(&dir)
        .output()
        .expect("bash runs");
    let out = String::from_utf8_lossy(&output.stdout);
    let url = out.lines().find_map(|line| line.strip_prefix("url=")).map(str::to_owned);
    Some(url.unwrap_or_else(|| panic!("registry.sh: {}", String::from_utf8_lossy(&output.stderr))))
}
