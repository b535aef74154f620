//! A schema registry for tests: the one named by `DATELINE_TEST_REGISTRY`, or one started by `deploy/registry/registry.sh`.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::daemon::stderr;
use crate::{free_port, repository, runs};

/// Returns the URL of the registry that this test binary shares. A watchdog of the script stops it when the process has ended.
pub fn url() -> String {
    static SHARED: Mutex<Option<String>> = Mutex::new(None);
    if let Ok(url) = std::env::var("DATELINE_TEST_REGISTRY") {
        return url;
    }
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.get_or_insert_with(start).clone()
}

fn start() -> String {
    let is_installed = runs("java", "-version") && runs("mvn", "-v");
    assert!(is_installed, "this test needs Java 17 and Maven, or DATELINE_TEST_REGISTRY=http://…");
    let dir = tempfile::Builder::new().prefix("dateline-registry-").tempdir().expect("a temporary folder").keep();
    let output = Command::new(repository("deploy/registry/registry.sh"))
        .args(["start", "--port", &free_port().to_string(), "--watch", &std::process::id().to_string(), "--dir"])
        .arg(&dir)
        .output()
        .expect("bash runs");
    let out = String::from_utf8_lossy(&output.stdout);
    let url = out.lines().find_map(|line| line.strip_prefix("url=")).map(str::to_owned);
    url.unwrap_or_else(|| panic!("registry.sh: {}", stderr(&output)))
}
