//! A real headless Chromium, driven through WebDriver: does what a person would do, and returns the browser's reports.
//!
//! Not through fantoccini: Chromium-specific parts (console, network log, emulation) would still be ours, making the file
//! longer (235 lines), with 28 more crates to compile.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::ask;
use crate::wait::{wait_or_show, wait_until};
use crate::{free_port, runs, text};

/// WebDriver's name for an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Tab and Enter as WebDriver key codes.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// A browser that quits when dropped.
pub struct Browser {
    driver: Child,
    server: String,
    session: String,
    profile: TempDir,
}

impl Browser {
    /// Opens a window of this size.
    pub fn start(width: u32, height: u32) -> Self {
        let is_installed = runs("chromium", "--version") && runs("chromedriver", "--version");
        assert!(is_installed, "this test needs chromium and chromedriver (Debian: chromium, chromium-driver)");
        let profile = tempfile::tempdir().unwrap();
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut browser = Self { driver, server: format!("127.0.0.1:{port}"), session: String::new(), profile };
        wait_until("chromedriver answers", || std::net::TcpStream::connect(&browser.server).is_ok());
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

    /// Runs a script and returns its result; awaits a promise.
    pub fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the script's value is true.
    #[track_caller]
    pub fn until(&self, script: &str) {
        let asked = format!("return Boolean({script})");
        let page = || text(&self.run("return document.body.innerText.slice(0, 3000)"));
        wait_or_show(script, page, || self.run(&asked) == Value::Bool(true));
    }

    fn element(&self, css: &str) -> String {
        let found = self.call("POST", "/element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Clicks as a person would: a covered element cannot be clicked.
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

    /// Presses Tab until the focus is on an element that the selector matches.
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

    /// Emulates the user's color scheme preference (`light`, `dark`).
    pub fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let call = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.call("POST", "/goog/cdp/execute", &call);
    }

    /// Resizes the window.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        let call = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": size });
        self.call("POST", "/goog/cdp/execute", &call);
    }

    /// Returns the errors and warnings in the console since the last call.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({ "type": "browser" }));
        let bad = |entry: &&Value| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        log.as_array().unwrap().iter().filter(bad).map(|entry| entry["message"].to_string()).collect()
    }

    /// Returns the addresses requested since the last call.
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

    /// Saves a screenshot of the window if `DATELINE_TEST_SHOTS` names a folder.
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
        // The driver may have ended by itself.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn which(program: &str) -> String {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap().display().to_string()
}
