//! Reads the config again while the daemon runs.

use std::path::PathBuf;

use tracing::warn;

use super::daemon::{self, LiveParts};
use super::{CliError, logs};
use crate::config::{self, ConfigErrors, Loaded, Origin, SettingsUpdate};
use crate::serve::Reloaded;

/// What a reload needs.
pub(super) struct Reloader {
    /// The config file, as the command line names it.
    pub path: Option<PathBuf>,
    /// The parts of the daemon that a reload replaces.
    pub live: LiveParts,
}

impl Reloader {
    /// Reads the config and prepares everything that may fail, so that a reload applies completely or not at all.
    /// Blocks.
    pub(super) fn read(&self) -> Result<Reloaded, ConfigErrors> {
        let loaded = config::load(self.path.as_deref())?;
        loaded.warnings.lines().for_each(|warning| warn!("{warning}"));
        let live = self.live.clone();
        let running = live.settings.get();
        let SettingsUpdate { settings, changed, after_restart } = SettingsUpdate::new(&running, &loaded.settings);
        let is_changed = |part: &str| changed.iter().any(|change| change.key.starts_with(part));
        let failed = |key: &str, error: &CliError| ConfigErrors::one(origin(&loaded, key), error.to_string());
        daemon::hide_requests(&loaded);
        daemon::hide_secrets(&settings);
        let clients = if is_changed("fetch.") || settings.fetch.ca_file.is_some() {
            let proxies = daemon::proxies(&settings.fetch).map_err(|error| failed("fetch.proxy", &error))?;
            let renew = |client: &crate::fetch::Client| {
                let client = client.with_options(settings.fetch.clone(), proxies.clone());
                client.map_err(|error| ConfigErrors::one(origin(&loaded, "fetch.ca_file"), error.to_string()))
            };
            Some((renew(&live.client.get())?, renew(&live.discovery.get())?))
        } else {
            None
        };
        let extractor = if is_changed("extract.") {
            Some(daemon::extractor(&settings).map_err(|error| failed("extract.knowledge", &error))?)
        } else {
            None
        };
        let log_filter = if is_changed("log.level") {
            Some(logs::filter(&settings.log).map_err(|error| failed("log.level", &error))?)
        } else {
            None
        };
        if is_changed("topics.route") {
            let routes =
                tokio::runtime::Handle::current().block_on(live.journal.prepare_routes(&settings.topics.route));
            routes.map_err(|error| ConfigErrors::one(origin(&loaded, "topics.route"), format!("{error:#}")))?;
        }
        let rules = settings.site_rules();
        let filter = loaded.entry_filter();
        let files = settings.feeds.files.clone();
        let apply = move || {
            live.rules.set(rules);
            daemon::note_rules(&live.stats, &filter, &settings);
            live.filter.set(filter);
            live.sites.replace(settings.site_requests());
            live.stats.count_labels(&settings.telemetry.labels);
            if let Some((client, discovery)) = clients {
                client.apply_limits();
                live.client.set(client);
                live.discovery.set(discovery);
            }
            if let Some(extractor) = extractor {
                live.extractor.set(extractor);
            }
            if let Some(filter) = log_filter {
                logs::replace_filter(filter);
            }
            live.journal.set_store_limits(&settings.store);
            live.settings.set(settings);
        };
        Ok(Reloaded { feeds: loaded.feeds, files: Some(files), changed, after_restart, apply: Box::new(apply) })
    }
}

/// Returns where a key was set, else the config file.
fn origin(loaded: &Loaded, key: &str) -> Origin {
    let within = || loaded.origins.range(key.to_owned()..).next().filter(|(set, _)| set.starts_with(key));
    let set = loaded.origins.get(key).or_else(|| within().map(|(_, place)| place));
    set.cloned().unwrap_or_else(|| loaded.file.clone().map_or(Origin::Default, |file| Origin::File(file, None)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A daemon that is not running, and its config file.
    async fn reloader(folder: &std::path::Path) -> Reloader {
        let file = folder.join("dateline.toml");
        std::fs::write(folder.join("feeds.toml"), "").unwrap();
        std::fs::write(&file, "").unwrap();
        let loaded = config::load(Some(&file)).unwrap();
        let daemon = daemon::Daemon::build(&loaded, Arc::new(|_| {})).await.unwrap();
        Reloader { path: Some(file), live: daemon.live() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reload_replaces_every_part_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let reloader = reloader(folder.path()).await;
        let live = reloader.live.clone();
        let page = url::Url::parse("https://www.varholm.example/a").unwrap();
        let site = "[[site]]\nhost = \"varholm.example\"\ntake = [\".story\"]\n";
        let (client, extractor) = (live.client.get(), live.extractor.get());
        for (text, error, has_rules, per_host) in [
            (format!("{site}[fetch]\nper_host = 7\n"), None, true, 7),
            (
                format!("{}[fetch]\nper_host = 9\n", site.replace(".story", "..")),
                Some("is not a CSS selector"),
                true,
                7,
            ),
            ("[fetch]\nper_host = 9\nca_file = \"no.pem\"\n".into(), Some("no.pem"), true, 7),
            ("[fetch]\nper_host = 9\n[extract]\nknowledge = \"no\"\n".into(), Some("knowledge"), true, 7),
            ("[fetch]\nper_host = 9\n[log]\nlevel = \"a=b=c\"\n".into(), Some("log.level"), true, 7),
            (String::new(), None, false, 2),
        ] {
            std::fs::write(folder.path().join("dateline.toml"), &text).unwrap();
            let read = tokio::task::block_in_place(|| reloader.read());
            let failed = read.map(|reloaded| (reloaded.apply)()).err().map(|errors| errors.to_string());
            let is_expected = |failed: &String| error.is_some_and(|error| failed.contains(error));
            assert!(failed.as_ref().map_or(error.is_none(), is_expected), "{text}\n{failed:?}");
            assert_eq!(live.rules.get().of(&page).is_some(), has_rules, "{text}");
            assert_eq!(live.settings.get().fetch.per_host, per_host, "{text}");
        }
        assert!(!Arc::ptr_eq(&client, &live.client.get()), "the client was replaced");
        assert!(Arc::ptr_eq(&extractor, &live.extractor.get()), "its settings did not change");
    }
}
