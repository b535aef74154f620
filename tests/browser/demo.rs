//! Runs the demo as a process, and checks the rules that every page must follow.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use test_support::browser::Browser;
use test_support::daemon::program;

/// The running demo.
pub struct Demo {
    process: Child,
    /// `127.0.0.1:PORT`
    pub server: String,
}

impl Demo {
    pub fn start() -> Self {
        let mut process = Command::new(program())
            .args(["demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("http://"))).unwrap();
        let server = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop)); // so it can go on writing
        Self { process, server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server)
    }

    /// Checks that the console shows no errors and that no request left the server.
    #[track_caller]
    pub fn check(&self, browser: &Browser) {
        assert_eq!(browser.complaints(), [""; 0]);
        let own = |url: &String| url.starts_with(&format!("http://{}/", self.server));
        let begun = |url: &String| url.starts_with("data:") || url.starts_with("chrome") || url.starts_with("about:");
        let foreign: Vec<String> = browser.requests().into_iter().filter(|url| !own(url) && !begun(url)).collect();
        assert_eq!(foreign, [""; 0]);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Ends it with a signal, so it removes its folder.
        let _ = Command::new("kill").arg("-INT").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
