//! Checks settings beyond their types.

use std::collections::BTreeMap;

use super::fault::{Faults, Place};
use super::settings::{Settings, ValueFormat};
use super::site;
use crate::fetch::{HostList, proxy_url};
use crate::options::SecretString;

/// Reports the rules that the settings break, at the place where each value was set.
pub(super) fn check(settings: &Settings, origins: &BTreeMap<String, Place>, faults: &mut Faults) {
    let mut must = |holds: bool, key: &str, message: &str| {
        if !holds {
            let place = origins.get(key).cloned().unwrap_or(Place::Default);
            faults.add(place, format!("`{key}` {message}"));
        }
    };
    let schedule = &settings.schedule;
    must((0.0..=0.5).contains(&schedule.jitter), "schedule.jitter", "must be between 0 and 0.5; write 0.1");
    must(!schedule.min_interval.is_zero(), "schedule.min_interval", "must not be zero; write \"60s\"");
    must(schedule.min_interval <= schedule.max_interval, "schedule.max_interval", "must not be below `min_interval`");
    let fits = (schedule.min_interval..=schedule.max_interval).contains(&schedule.interval);
    must(fits, "schedule.interval", "must lie between `min_interval` and `max_interval`");

    let fetch = &settings.fetch;
    let contact = ["http://", "https://", "mailto:"].iter().any(|scheme| fetch.contact.starts_with(scheme));
    must(
        contact,
        "fetch.contact",
        "must be a page or mail address; write \"https://example.org/our-bot\" or \"mailto:bot@example.org\"",
    );
    must(fetch.contact.is_ascii(), "fetch.contact", "must be plain ASCII, since it is sent in a header");
    for (key, value) in [
        ("fetch.per_host", fetch.per_host),
        ("fetch.concurrency", fetch.concurrency),
        ("pipeline.open_polls", settings.pipeline.open_polls),
        ("pipeline.stories_per_feed", settings.pipeline.stories_per_feed),
        ("pipeline.channel", settings.pipeline.channel),
        ("pipeline.max_entries", settings.pipeline.max_entries),
        ("commit.max_records", settings.commit.max_records),
        ("commit.max_bytes", settings.commit.max_bytes),
    ] {
        must(value > 0, key, "must be at least 1");
    }
    for (key, value) in [
        ("fetch.connect_timeout", fetch.connect_timeout),
        ("fetch.read_timeout", fetch.read_timeout),
        ("fetch.total_timeout", fetch.total_timeout),
    ] {
        must(!value.is_zero(), key, "must not be zero; write \"20s\"");
    }
    let proxy = fetch.proxy.as_ref().map(|SecretString(url)| proxy_url(url)).transpose();
    must(proxy.is_ok(), "fetch.proxy", proxy.err().unwrap_or_default());
    for (key, hosts) in [("fetch.no_proxy", fetch.no_proxy.as_deref().unwrap_or_default()), ("fetch.deny", &fetch.deny)]
    {
        let wrong = HostList::parse(hosts.iter().map(String::as_str)).err();
        must(
            wrong.is_none(),
            key,
            &wrong.map(|error| format!("has an entry that is wrong: {error}")).unwrap_or_default(),
        );
    }
    must(fetch.max_body_bytes > 0, "fetch.max_body_bytes", "must be at least 1");
    must(
        fetch.max_decoded_bytes >= fetch.max_body_bytes,
        "fetch.max_decoded_bytes",
        "must not be below `max_body_bytes`",
    );

    let (articles, duplicates) = (&settings.articles, &settings.duplicates);
    must(!duplicates.window.is_zero(), "duplicates.window", "must not be zero; write \"72h\"");
    must(duplicates.max_articles > 0, "duplicates.max_articles", "must be at least 1");
    let ages = &articles.revisit;
    let rise = ages.first().is_none_or(|first| first.as_secs() > 0) && ages.windows(2).all(|pair| pair[0] < pair[1]);
    must(
        rise && ages.len() <= 16 && ages.last().is_none_or(|last| *last <= duplicates.window),
        "articles.revisit",
        "must be up to 16 ages, each above the one before, from 1 s to `duplicates.window`; write [\"15m\", \"1h\", \"6h\", \"24h\"], or [] to switch it off",
    );

    let prefix = &settings.topics.prefix;
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fine = !prefix.is_empty() && prefix.len() <= 200 && prefix.chars().all(legal);
    must(fine, "topics.prefix", "must be letters, digits, `.`, `_` and `-`, as Kafka's topic names are");
    must(!settings.topics.retention.is_zero(), "topics.retention", "must not be zero; write \"30d\"");
    let path = &settings.store.path;
    must(!path.as_os_str().is_empty(), "store.path", "must name a file; write \"data/dateline.db\"");
    must(
        settings.store.retention.is_none_or(|age| age.as_secs() >= 3600),
        "store.retention",
        "must be an hour at least; write \"365d\", or leave it out to keep all",
    );
    must(
        settings.store.max_bytes.is_none_or(|bytes| bytes >= 1 << 20),
        "store.max_bytes",
        "must be a mebibyte at least; write 10000000000, or leave it out",
    );
    must(settings.topics.partitions > 0, "topics.partitions", "must be at least 1");
    must(
        (0..=99).contains(&settings.topics.replication),
        "topics.replication",
        "must be 0 (the broker's default) or more",
    );
    if let Some(kafka) = &settings.kafka {
        let brokers = kafka.brokers.split(',').all(|broker| {
            broker.trim().rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        });
        must(brokers, "kafka.brokers", "must be host:port, comma-separated; write \"kafka-1:9092,kafka-2:9092\"");
        must(
            !kafka.instance.is_empty(),
            "kafka.instance",
            "must not be empty; give each running instance its own name",
        );
        if let Some(registry) = &kafka.registry {
            let known = url::Url::parse(&registry.url)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty());
            must(
                known,
                "kafka.registry.url",
                "must be where the registry's API begins, without user and password; write \"http://registry:8081\"",
            );
            let once = registry.token.is_none() || registry.user.is_none() && registry.password.is_none();
            must(once, "kafka.registry.token", "stands instead of `user` and `password`; leave one out");
            let whole = registry.user.is_some() == registry.password.is_some();
            must(whole, "kafka.registry.user", "and `password` go together");
        }
        if let Some((key, fault)) = kafka.login_fault() {
            must(false, &format!("kafka.properties.{key}"), &fault);
        }
        must(!kafka.transaction_timeout.is_zero(), "kafka.transaction_timeout", "must not be zero; write \"10s\"");
    }
    let registry = settings.kafka.as_ref().and_then(|kafka| kafka.registry.as_ref());
    must(
        settings.topics.format == ValueFormat::Json || registry.is_some(),
        "topics.format",
        "needs `url` in [kafka.registry] for \"avro\"; the embedded store keeps JSON",
    );
    must(
        settings.serve.token.as_ref().is_none_or(|token| {
            (16..=512).contains(&token.0.len()) && token.0.bytes().all(|byte| byte.is_ascii_graphic())
        }),
        "serve.token",
        "must be 16 to 512 visible ASCII characters; `openssl rand -hex 24` makes one",
    );
    must(settings.serve.stories > 0, "serve.stories", "must be at least 1");
    if let Some(callback) = &settings.websub.callback {
        let public = url::Url::parse(callback).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
        });
        must(public, "websub.callback", "must be where hubs reach this daemon; write \"https://news.example.org\"");
        must(
            settings.serve.enabled,
            "websub.callback",
            "needs `enabled = true` in [serve], which takes what is pushed",
        );
    }
    must(settings.websub.lease.as_secs() > 0, "websub.lease", "must be a second at least; write \"10d\"");
    if let Some(endpoint) = &settings.telemetry.otlp_endpoint {
        let fine =
            url::Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        must(fine, "telemetry.otlp_endpoint", "must be a collector's base URL; write \"http://127.0.0.1:4318\"");
    }
    let taggers = crate::config::settings::TAGGERS;
    for (key, tagger) in
        [("extract.entities", &settings.extract.entities), ("extract.quotes", &settings.extract.quotes)]
    {
        let known = format!("`{tagger}` is no tagger of this build; write \"{}\"", taggers.join("\" or \""));
        must(taggers.contains(&tagger.as_str()), key, &known);
    }
    site::check(&settings.site, origins, faults);
}
