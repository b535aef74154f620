//! Checks settings beyond their types: each section by itself, then what must hold between sections.

use std::collections::BTreeMap;

use super::error::{ConfigErrors, Place};
use super::section::site;
use super::settings::Settings;
use crate::journal::{ValueFormat, kafka};
use crate::options::{Checks, InvalidOption};

/// Reports the values that cannot work, at the place where each was set.
pub(super) fn check(settings: &Settings, origins: &BTreeMap<String, Place>, errors: &mut ConfigErrors) {
    let Settings {
        feeds: _,
        topics,
        fetch,
        schedule,
        pipeline,
        articles,
        duplicates,
        commit,
        store,
        kafka,
        extract,
        serve,
        websub,
        telemetry,
        log: _,
        rules,
        site,
        rule: _,
    } = settings;
    let sections = [
        ("schedule", schedule.check()),
        ("fetch", fetch.check()),
        ("pipeline", pipeline.check()),
        ("commit", commit.check()),
        ("duplicates", duplicates.check()),
        ("articles", articles.check(duplicates.window)),
        ("topics", topics.check()),
        ("store", store.check()),
        ("kafka", kafka.as_ref().map(kafka::Options::check).unwrap_or_default()),
        ("serve", serve.check()),
        ("websub", websub.check()),
        ("telemetry", telemetry.check()),
        ("extract", extract.check()),
        ("rules", rules.check()),
    ];
    let within = |(section, invalid): (&str, Vec<InvalidOption>)| {
        let mut checks = Checks::default();
        checks.nested(section, invalid);
        checks.finish()
    };
    for InvalidOption { key, message } in sections.into_iter().flat_map(within).chain(between_sections(settings)) {
        let place = origins.get(&key).cloned().unwrap_or(Place::Default);
        errors.add(place, format!("`{key}` {message}"));
    }
    site::check(site, origins, errors);
}

fn between_sections(settings: &Settings) -> Vec<InvalidOption> {
    let mut checks = Checks::default();
    let registry = settings.kafka.as_ref().and_then(|kafka| kafka.registry.as_ref());
    checks.require(
        settings.topics.format == ValueFormat::Json || registry.is_some(),
        "topics.format",
        "needs `url` in [kafka.registry] for \"avro\"; the embedded store keeps JSON",
    );
    checks.require(
        settings.websub.callback.is_none() || settings.serve.enabled,
        "websub.callback",
        "needs `enabled = true` in [serve], which receives what hubs push",
    );
    checks.finish()
}
