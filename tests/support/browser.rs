//! A real Chromium without a window, driven through WebDriver: what a person would do, and what the browser says of it.
//!
//! Not through fantoccini: what is Chromium's own (console, network log, emulation) stays by hand there too, so that the file gets
//! longer (235 lines), for 28 more crates to compile.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::ask;

/// How long anything that is waited for may take.
const PATIENCE: Duration = Duration::from_secs(40);
/// WebDriver's name for an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Tab and Enter, as WebDriver writes them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// A browser; it ends when it is dropped.
pub struct Browser {
    driver: Child,
    server: String,
    session: String,
    profile: TempDir,
}

/// Whether there is a browser. Where there is none, the test is left out loudly.
pub fn is_there() -> bool {
    let runs =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if runs("chromium") && runs("chromedriver") {
        return true;
    }
    left_out("tests of the pages need chromium and chromedriver (Debian: chromium, chromium-driver)");
    false
}

/// Straight to stderr: what a test that passes prints by `eprintln!` is not shown.
pub fn left_out(why: &str) {
    writeln!(std::io::stderr(), "\n*** LEFT OUT: {why} ***\n").expect("stderr is open");
}

impl Browser {
    /// A window of this size.
    pub fn start(width: u32, height: u32) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut browser = Self { driver, server: format!("127.0.0.1:{port}"), session: String::new(), profile };
        wait("chromedriver", || std::net::TcpStream::connect(&browser.server).is_ok());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            &format!("--window-size={width},{height}"),
            &format!("--user-data-dir={}", browser.profile.path().display()),
        ];
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments, "binary": which("chromium") },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let made = browser.call("POST", "/session", &capabilities);
        browser.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        browser
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let reply = ask(
            &self.server,
            method,
            &format!("{}{path}", self.session),
            &[("content-type", "application/json")],
            &body,
        );
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.body);
        reply.json()["value"].clone()
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.call("POST", "/url", &json!({ "url": url }));
    }

    /// Runs a script and gives what it returns; a promise is waited for.
    pub fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the script's value is true.
    #[track_caller]
    pub fn until(&self, script: &str) {
        let asked = format!("return Boolean({script})");
        let begun = Instant::now();
        while self.run(&asked) != Value::Bool(true) {
            let text = || self.run("return document.body.innerText.slice(0, 3000)").as_str().unwrap_or("").to_owned();
            assert!(begun.elapsed() < PATIENCE, "never: {script}\n{}", text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn element(&self, css: &str) -> String {
        let found = self.call("POST", "/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks as a person would: what lies under something else cannot be clicked.
    pub fn click(&self, css: &str) {
        self.call("POST", &format!("/element/{}/click", self.element(css)), &json!({}));
    }

    /// Types into a field.
    pub fn type_into(&self, css: &str, text: &str) {
        self.call("POST", &format!("/element/{}/value", self.element(css)), &json!({ "text": text }));
    }

    /// Presses keys, wherever the focus is.
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() })))
            .collect();
        self.call("POST", "/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    /// Presses Tab until the focus is on an element that the selector means.
    #[track_caller]
    pub fn tab_to(&self, css: &str) {
        for _ in 0..80 {
            if self.run(&format!("return document.activeElement.matches({})", json!(css))) == Value::Bool(true) {
                return;
            }
            self.press(TAB);
        }
        panic!("Tab does not lead to {css}");
    }

    /// Has pages think that the user prefers these colours (`light`, `dark`).
    pub fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let call = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.call("POST", "/goog/cdp/execute", &call);
    }

    /// Gives the window another size.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        let call = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": size });
        self.call("POST", "/goog/cdp/execute", &call);
    }

    /// What the console was told of as an error or a warning since the last look.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({ "type": "browser" }));
        let bad = |entry: &&Value| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        log.as_array().unwrap().iter().filter(bad).map(|entry| entry["message"].to_string()).collect()
    }

    /// The addresses that were asked for since the last look.
    pub fn requests(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({ "type": "performance" }));
        let url = |entry: &Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            (message["method"] == "Network.requestWillBeSent")
                .then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
        };
        log.as_array().unwrap().iter().filter_map(url).collect()
    }

    /// Writes a picture of the window, where `DATELINE_TEST_SHOTS` names a folder.
    pub fn shoot(&self, name: &str) {
        use base64::Engine;
        let Some(folder) = std::env::var_os("DATELINE_TEST_SHOTS") else { return };
        let picture = self.call("GET", "/screenshot", &Value::Null);
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            ask(&self.server, "DELETE", &self.session, &[], "");
        }
        // It may have ended by itself.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Waits until it is so.
#[track_caller]
pub fn wait(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn which(program: &str) -> String {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap().display().to_string()
}
