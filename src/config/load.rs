//! Reads the config file, the environment and the feed lists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::{ConfigErrors, Place, Source, read_text};
use super::rules::{self, PlacedRule};
use super::settings::Settings;
use super::shared_feeds::SharedFeeds;
use super::tree::{self, Setting};
use super::{check, feed_list};
use crate::filter::{EntryFilter, Rule};

/// The place where a value was set.
pub type Origin = Place;

/// The default config file.
const DEFAULT_FILE: &str = "config/dateline.toml";
/// The environment variable that names another config file.
const FILE_VARIABLE: &str = "DATELINE_CONFIG";
/// The prefix of every overriding variable.
const PREFIX: &str = "DATELINE__";
/// The largest config file, in bytes.
const MAX_CONFIG_BYTES: u64 = 16 << 20;

/// A config without errors.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings; paths in them are absolute or relative to the working directory.
    pub settings: Settings,
    /// The feeds of all lists, in order, each with an id.
    pub feeds: SharedFeeds,
    /// What was read differently from how it is written, such as a feed that an OPML list repeats.
    pub warnings: ConfigErrors,
    /// The config file, if one was read.
    pub file: Option<PathBuf>,
    /// The origin of each value that was set, by dotted key; all others are defaults.
    pub origins: BTreeMap<String, Origin>,
}

impl Loaded {
    /// Returns the keep and block rules of the config and the feed lists, compiled.
    pub fn entry_filter(&self) -> EntryFilter {
        self.entry_filter_with(&self.settings.rule)
    }

    /// Returns the same with other rules instead of the config's.
    pub fn entry_filter_with(&self, rules: &[Rule]) -> EntryFilter {
        let of_feeds = self.feeds.configs().filter_map(|feed| Some((feed.id.as_str(), feed.rules.as_deref()?)));
        EntryFilter::new(rules, of_feeds.flat_map(|(feed, rules)| rules.iter().map(move |rule| (feed, rule))))
    }
}

/// Loads the config file at `path` (or `$DATELINE_CONFIG`, or `config/dateline.toml` if it exists), applies the
/// environment over it and reads the feed lists.
pub fn load(path: Option<&Path>) -> Result<Loaded, ConfigErrors> {
    // Other programs' variables may not be valid text. One of ours that is not is converted lossily and then reported.
    let ours = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        let name = name.into_string().ok().filter(|name| name == FILE_VARIABLE || name.starts_with(PREFIX))?;
        Some((name, value.to_string_lossy().into_owned()))
    };
    load_with(path, std::env::vars_os().filter_map(ours).collect())
}

fn load_with(path: Option<&Path>, environment: Vec<(String, String)>) -> Result<Loaded, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let named = path.map(Path::to_owned).or_else(|| {
        let variable = environment.iter().find(|(name, _)| name == FILE_VARIABLE);
        variable.map(|(_, value)| PathBuf::from(value))
    });
    let file = named.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file()));
    let (mut set, rules) = file.as_deref().map(|file| read(file, &mut errors)).unwrap_or_default();
    let known = known();
    for (name, value) in environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        set.push(from_environment(&name, &value, &known));
    }
    let base = serde_json::to_value(Settings::default()).expect("settings are plain data");
    let (settings, origins) = tree::apply::<Settings>(base, &known, set, &mut errors);
    let Some(mut settings) = settings else { return Err(errors) };
    let rules = rules::unique(rules, &mut errors);
    check::check(&settings, &origins, &mut errors);
    let folder = file.as_deref().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    settings.store.path = folder.join(&settings.store.path);
    if let Some(kafka) = &mut settings.kafka {
        kafka.state_dir = folder.join(&kafka.state_dir);
    }
    if let Some(path) = &mut settings.extract.knowledge {
        *path = folder.join(&path);
    }
    for list in &mut settings.feeds.files {
        *list = folder.join(&*list);
    }
    // Without a config file the list may be missing too.
    let lists: Vec<PathBuf> =
        settings.feeds.files.iter().filter(|list| file.is_some() || list.exists()).cloned().collect();
    let mut warnings = ConfigErrors::default();
    let feeds = feed_list::read(&lists, &mut errors, &mut warnings);
    rules::check_scopes(&rules, &feeds, &mut warnings);
    settings.rule = rules.into_iter().map(|placed| placed.rule).collect();
    let file_feed = feeds.iter().find(|feed| feed.url.starts_with("file:")).filter(|_| !settings.fetch.files);
    if let Some(feed) = file_feed {
        let place = Place::File(lists.first().cloned().unwrap_or_default(), None);
        errors
            .add(place, format!("{} is a file; write `files = true` under [fetch] to read feeds from files", feed.url));
    }
    if errors.0.is_empty() { Ok(Loaded { settings, feeds, warnings, file, origins }) } else { Err(errors) }
}

/// Returns every known key: the defaults with all optional keys.
fn known() -> Value {
    let mut known = serde_json::to_value(Settings::with_every_key()).expect("settings are plain data");
    known["site"][0]["requests"] = crate::fetch::Requests::known();
    known
}

/// Reads the settings and the rules of a file.
fn read(file: &Path, errors: &mut ConfigErrors) -> (Vec<Setting>, Vec<PlacedRule>) {
    let place = Place::File(file.to_owned(), None);
    let text = match read_text(file, MAX_CONFIG_BYTES) {
        Ok(text) => text,
        Err(error) => {
            errors.add(place, format!("{error}; name a config file with `--config FILE`"));
            return (Vec::new(), Vec::new());
        }
    };
    let source = Source::new(file, &text);
    match toml_edit::Document::parse(text.as_str()) {
        Ok(document) => {
            let rules = document.as_table().get(rules::KEY).map(|item| rules::read(item, &source, false, errors));
            let mut settings = tree::settings(document.as_table(), rules::KEY, &source, errors);
            if let Some(first) = document.as_table().get("rules").and_then(|item| item.as_array_of_tables()?.get(0)) {
                let at = source.at(first.span().unwrap_or_default().start);
                errors.add(at, "rules are tables named `rule`; write [[rule]] instead of [[rules]]");
                settings.retain(|setting| setting.path.first().is_none_or(|key| key != "rules"));
            }
            (settings, rules.unwrap_or_default())
        }
        Err(error) => {
            let at = error.span().map_or(place, |span| source.at(span.start));
            errors.add(at, format!("not valid TOML: {}", error.message()));
            (Vec::new(), Vec::new())
        }
    }
}

/// Maps a variable to a setting: `DATELINE__KAFKA__BROKERS=a:9092` sets `kafka.brokers`. In
/// `DATELINE__KAFKA__PROPERTIES__SASL_PASSWORD` the last part is a librdkafka setting with its dots written as
/// underscores.
fn from_environment(name: &str, text: &str, known: &Value) -> Setting {
    let mut path: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_ascii_lowercase).collect();
    if let [kafka, properties, setting] = path.as_mut_slice()
        && kafka == "kafka"
        && properties == "properties"
        && setting != "log_level"
    // Keeps librdkafka's only name with an underscore.
    {
        *setting = setting.replace('_', ".");
    }
    let current = path.iter().try_fold(known, |at, key| tree::inner(at, key));
    let value = match current {
        // A string stays a string, whatever it looks like; anything else is parsed as TOML.
        Some(Value::String(_)) | None => Value::String(text.to_owned()),
        Some(Value::Object(_)) if text.is_empty() => Value::Object(Map::new()),
        Some(_) => text.parse::<toml_edit::Value>().map_or_else(|_| Value::String(text.to_owned()), |v| tree::json(&v)),
    };
    Setting { path, value, place: Place::Environment(name.to_owned()) }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;

    pub(in crate::config) fn known_keys() -> Value {
        known()
    }

    fn with(config: &str, environment: &[(&str, &str)]) -> Result<Loaded, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dateline.toml");
        std::fs::write(&file, config).unwrap();
        std::fs::write(folder.path().join("feeds.toml"), "[[feed]]\nurl = \"https://example.org/rss\"\n").unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let shown = folder.path().display().to_string() + "/";
        load_with(Some(&file), environment).map_err(|errors| errors.to_string().replace(&shown, ""))
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        let loaded = with("", &[]).unwrap();
        assert_eq!(loaded.settings.schedule, Settings::default().schedule);
        assert_eq!(loaded.feeds.len(), 1);
        assert!(loaded.settings.kafka.is_none());
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let text = with("[schedule]\nintervall = \"5m\"\n", &[]).unwrap_err();
        assert_eq!(text, "dateline.toml:2:1: unknown key `intervall` in [schedule]; did you mean `interval`?");
        let text = with("[shedule]\ninterval = \"5m\"\n", &[]).unwrap_err();
        assert!(text.contains("unknown key `shedule`; did you mean `schedule`?"), "{text}");
        let text = with("[fetch]\njitter = 0.1\n", &[]).unwrap_err();
        assert!(text.contains("unknown key `jitter` in [fetch]; it belongs in [schedule]"), "{text}");
    }

    #[test]
    fn all_errors_are_reported_at_once_with_their_lines() {
        let text = with("[schedule]\ninterval = 5\njitter = 0.9\n\n[pipeline]\npages = \"some\"\n", &[]).unwrap_err();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].starts_with("dateline.toml:2:1: `schedule.interval`: "), "{text}");
        assert!(
            lines[1].starts_with("dateline.toml:6:1: `pipeline.pages`: unknown variant `some`, expected one of `auto`")
        );
        assert!(lines[2].starts_with("dateline.toml:3:1: `schedule.jitter`"), "{text}");
        assert!(with("[fetch\n", &[]).unwrap_err().starts_with("dateline.toml:1:7: not valid TOML"));
    }

    #[test]
    fn the_environment_overrides_every_kind_of_key() {
        let environment = [
            ("DATELINE__SCHEDULE__INTERVAL", "2m"),
            ("DATELINE__FETCH__PER_HOST", "7"),
            ("DATELINE__FETCH__ALLOW_PRIVATE", "[\"10.0.0.1\"]"),
            ("DATELINE__SERVE__ENABLED", "true"),
            ("DATELINE__WEBSUB__CALLBACK", "https://news.example.org"),
            ("DATELINE__KAFKA__BROKERS", "a:1,b:2"),
            ("DATELINE__KAFKA__PROPERTIES__SASL_PASSWORD", "12345"),
        ];
        let loaded = with("[schedule]\ninterval = \"5m\"\n", &environment).unwrap();
        assert_eq!(loaded.settings.schedule.interval, Duration::from_secs(120));
        assert_eq!(loaded.settings.fetch.per_host, 7);
        assert_eq!(loaded.settings.fetch.allow_private, ["10.0.0.1"]);
        assert_eq!(loaded.settings.websub.callback.as_deref(), Some("https://news.example.org"));
        let kafka = loaded.settings.kafka.unwrap();
        assert_eq!((kafka.brokers.as_str(), kafka.properties["sasl.password"].0.as_str()), ("a:1,b:2", "12345"));
        assert!(!format!("{kafka:?}").contains("12345"));
        assert_eq!(loaded.origins["fetch.per_host"], Place::Environment("DATELINE__FETCH__PER_HOST".into()));
        let text = with("", &[("DATELINE__FETCH__PERHOST", "7")]).unwrap_err();
        assert!(text.contains("environment variable DATELINE__FETCH__PERHOST: unknown key `perhost`"), "{text}");
    }

    #[test]
    fn a_callback_needs_a_server_and_an_address() {
        for (callback, serves, error) in [
            ("https://news.example.org/feeds", true, None),
            ("https://news.example.org", false, Some("needs `enabled = true` in [serve]")),
            ("news.example.org", true, Some("must be the URL at which hubs reach this daemon")),
            ("https://news.example.org/?to=us", true, Some("must be the URL at which hubs reach this daemon")),
        ] {
            let config = format!("[serve]\nenabled = {serves}\n[websub]\ncallback = \"{callback}\"\n");
            let text = with(&config, &[]).err();
            assert_eq!(text.is_some(), error.is_some(), "{text:?}");
            let is_expected = |text: String| {
                text.starts_with("dateline.toml:4:1: `websub.callback`") && text.contains(error.unwrap())
            };
            assert!(text.is_none_or(is_expected), "{callback}");
        }
    }

    #[test]
    fn a_token_is_long_can_be_in_a_file_and_is_not_printed() {
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "a-long-enough-secret\n").unwrap();
        let config = format!("[serve]\ntoken = {{ file = \"{}\" }}\n", secret.path().display());
        let serve = with(&config, &[]).unwrap().settings.serve;
        assert_eq!(serve.token.as_ref().unwrap().0, "a-long-enough-secret");
        assert!(!format!("{serve:?}").contains("secret"));
        let text = with("[serve]\ntoken = \"short\"\n", &[]).unwrap_err();
        assert!(text.starts_with("dateline.toml:2:1: `serve.token` must be") && !text.contains("short"), "{text}");
    }

    #[test]
    fn rules_for_sites_are_read_and_their_errors_have_lines() {
        let config = "[[site]]\nhost = \"News.Isles.example\"\ntake = [\".story\"]\n\n[[site]]\nhost = \"10.0.0.1\"\ndrop = [\"aside, .promo\"]\n";
        let settings = with(config, &[]).unwrap().settings;
        assert_eq!(settings.site.len(), 2);
        let rules = settings.site_rules();
        for (url, known) in
            [("https://www.news.isles.example/a", true), ("http://10.0.0.1/", true), ("https://isles.example/", false)]
        {
            assert_eq!(rules.of(&url::Url::parse(url).unwrap()).is_some(), known, "{url}");
        }
        let environment = [("DATELINE__SITE", "[{ host = \"a.example\", drop = [\"aside\"] }]")];
        assert_eq!(with("", &environment).unwrap().settings.site[0].drop, ["aside"]);
        for (config, error) in [
            ("[[site]]\n", "dateline.toml:1:1: `site.0.host` must be a host without scheme and path"),
            (
                "[[site]]\nhost = \"https://a.example\"\ntake = [\"p\"]\n",
                "dateline.toml:2:1: `site.0.host` must be a host",
            ),
            ("[[site]]\nhost = \"a.example\"\n", "dateline.toml:2:1: `site.0.take` or `drop` must select elements"),
            (
                "[[site]]\nhost = \"a.example\"\ntake = [\"p\"]\n\n[[site]]\nhost = \"b.example\"\ndrop = [\"p\", \"div..x\"]\n",
                "dateline.toml:7:1: `site.1.drop` is invalid: `div..x` is not a CSS selector",
            ),
            (
                "[[site]]\nhost = \"a.example\"\ntake = [\"p\"]\n[[site]]\nhost = \"A.example\"\ntake = [\"p\"]\n",
                "dateline.toml:5:1: `site.1.host` repeats a.example",
            ),
            (
                "[[site]]\nhost = \"a.example\"\ntakes = [\"p\"]\n",
                "dateline.toml:3:1: unknown key `takes` in [[site]]; did you mean `take`?",
            ),
            ("[[site]]\nhost = \"a.example\"\ntake = \"p\"\n", "dateline.toml:3:1: `site.0.take`: invalid type"),
            ("[site]\nhost = \"a.example\"\n", "dateline.toml:2:1: `site.host`: invalid type"),
            ("[[sites]]\nhost = \"a.example\"\n", "dateline.toml:2:1: unknown key `sites`; did you mean `site`?"),
            ("[[feeds.files]]\nx = 1\n", "dateline.toml:2:1: `feeds.files.0.x`: invalid type"),
        ] {
            let text = with(config, &[]).unwrap_err();
            assert!(text.starts_with(error), "{config}\n{text}");
        }
    }

    #[test]
    fn secrets_are_read_from_files() {
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "s3cret\n").unwrap();
        let config = format!("[kafka.properties]\n\"sasl.password\" = {{ file = \"{}\" }}\n", secret.path().display());
        assert_eq!(with(&config, &[]).unwrap().settings.kafka.unwrap().properties["sasl.password"].0, "s3cret");
        let text = with("[kafka.properties]\n\"sasl.password\" = { file = \"/no/such\" }\n", &[]).unwrap_err();
        assert!(text.starts_with("dateline.toml:2:1: cannot read the file `/no/such`"), "{text}");
    }

    #[test]
    fn a_kafka_login_that_cannot_work_is_an_error_with_its_line() {
        let oidc = "\"sasl.mechanism\" = \"OAUTHBEARER\"\n\"sasl.oauthbearer.method\" = \"oidc\"\n";
        let token = "\"sasl.oauthbearer.token.endpoint.url\" = \"https://id.example/token\"\n";
        let client = "\"sasl.oauthbearer.client.id\" = \"a\"\n\"sasl.oauthbearer.client.secret\" = \"hunter2\"\n";
        for (properties, error) in [
            ("\"security.protocol\" = \"SSL\"\n", None),
            ("\"sasl.mechanism\" = \"PLAIN\"\n", None),
            ("\"sasl.mechanisms\" = \"SCRAM-SHA-256\"\n", None),
            ("\"sasl.mechanism\" = \"GSSAPI\"\n", Some("2:1: `kafka.properties.sasl.mechanism` is GSSAPI (Kerberos)")),
            ("\"security.protocol\" = \"sasl_ssl\"\n", Some("2:1: `kafka.properties.security.protocol` needs")),
            (
                "\n\"sasl.mechanism\" = \"plain\"\n",
                Some("3:1: `kafka.properties.sasl.mechanism` must be one of PLAIN, "),
            ),
            (
                "\"sasl.mechanism\" = \"OAUTHBEARER\"\n",
                Some("2:1: `kafka.properties.sasl.mechanism` is OAUTHBEARER, which needs"),
            ),
            (
                oidc,
                Some("3:1: `kafka.properties.sasl.oauthbearer.method` needs \"sasl.oauthbearer.token.endpoint.url\""),
            ),
            (&format!("{oidc}{token}"), Some("3:1: `kafka.properties.sasl.oauthbearer.method` needs")),
            (&format!("{oidc}{token}{client}"), None),
        ] {
            let text = with(&format!("[kafka.properties]\n{properties}"), &[]).err();
            let right = |text: &String| error.is_some_and(|error| text.starts_with(&format!("dateline.toml:{error}")));
            assert!(text.as_ref().map_or(error.is_none(), right), "{properties}: {text:?}");
            assert!(!text.unwrap_or_default().contains("hunter2"));
        }
    }

    #[test]
    fn a_missing_file_says_what_to_do() {
        let text = load_with(Some(Path::new("/no/such.toml")), Vec::new()).unwrap_err().to_string();
        assert!(text.contains("/no/such.toml") && text.contains("--config FILE"), "{text}");
    }

    #[test]
    fn the_shipped_config_is_the_defaults_and_names_every_key() {
        let text = include_str!("../../config/dateline.toml");
        assert!(with(text, &[]).is_ok(), "{}", with(text, &[]).unwrap_err());
        let live = with(text, &[]).unwrap().settings;
        let plain = with("", &[]).unwrap().settings;
        let bare = |s: &Settings| Settings {
            store: crate::journal::sqlite::Options::default(),
            feeds: crate::config::Feeds::default(),
            ..s.clone()
        };
        assert_eq!(bare(&live), bare(&plain));
        for (table, keys) in known().as_object().unwrap() {
            assert!(text.contains(&format!("[{table}]")), "[{table}] is missing");
            for key in keys.get(0).unwrap_or(keys).as_object().unwrap().keys() {
                let named = text.contains(&format!("{key} = ")) || text.contains(&format!("[{table}.{key}]"));
                assert!(named, "`{table}.{key}` is missing");
            }
        }
    }
}
