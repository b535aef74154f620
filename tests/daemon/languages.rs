//! Entries in several languages of a feed that declares English: which model read each, also after a replay.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use serde_json::Value;
use test_support::daemon::Daemon;
use test_support::server::Server;

/// Guid, text, and what the records say: the language, the models of entities and of quotations.
type Case = (&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>);

const ENTRIES: &[Case] = &[
    (
        "german",
        "Das neue Gesetz hilft den Bürgern der Stadt nicht weiter. „Wir müssen jetzt handeln“, sagte Maria Keller am Montag in \
         Berlin, „bevor der Winter kommt.“ Die Ministerin Anna Brandt kündigte an, dass die Regierung einen neuen Plan vorlegen wird.",
        "de",
        Some("names-european"),
        Some("quotes-de"),
    ),
    (
        "english",
        "The new law does not help the people of the town. \u{201c}We must act now,\u{201d} said Maria Keller in Berlin on Monday, \
         \u{201c}before the winter comes.\u{201d} The government will present a new plan.",
        "en-US",
        Some("names-fast"),
        Some("quotes-fast"),
    ),
    (
        "finnish",
        "Hallitus esittää uuden suunnitelman pääkaupungin asukkaille. ”Meidän on toimittava nyt”, sanoi Maria Keller maanantaina \
         Helsingissä, ”ennen kuin talvi tulee.” Neuvottelut jatkuvat ensi viikolla.",
        "fi",
        None,
        None,
    ),
    (
        "polish",
        "Rząd przedstawi nowy plan dla mieszkańców stolicy. „Musimy działać”, powiedziała Maria Keller w poniedziałek w Warszawie.",
        "pl",
        None,
        None,
    ),
];

/// Returns the newest value of each key.
fn newest(daemon: &Daemon, topic: &str) -> BTreeMap<String, Value> {
    let records = daemon.tail(topic);
    records.into_iter().map(|record| (record["key"].as_str().unwrap().to_owned(), record["value"].clone())).collect()
}

fn assert_models(daemon: &Daemon) {
    let [articles, entities, quotes] = ["articles", "entities", "quotes"].map(|topic| newest(daemon, topic));
    for (guid, _, language, names, quotations) in ENTRIES {
        let (id, article) = articles.iter().find(|(_, article)| article["guid"] == *guid).unwrap();
        assert_eq!(article["language"], *language, "{guid}");
        let model = |record: &Value| {
            let extractor = &record["extractor"];
            // The language of the model is that of the article.
            let of = extractor["language"].as_str();
            assert!(of.is_none_or(|of| language.split('-').next() == Some(of)), "{guid}: {record}");
            extractor["name"].as_str().map(str::to_owned)
        };
        let found = &entities[id];
        assert_eq!(model(found).as_deref(), *names, "{guid}");
        assert_eq!(
            names.is_none(),
            found["extractor"].is_null() && found["entities"] == serde_json::json!([]),
            "{guid}"
        );
        let said: Vec<&Value> = quotes.iter().filter(|(key, _)| key.starts_with(id)).map(|(_, quote)| quote).collect();
        assert_eq!(said.is_empty(), quotations.is_none(), "{guid}: {said:?}");
        assert!(said.iter().all(|quote| model(quote).as_deref() == *quotations), "{guid}: {said:?}");
    }
}

#[test]
fn records_say_which_model_read_them_also_after_a_replay() {
    let server = Server::start(|_| {
        let item = |(guid, text, ..): &(&str, &str, &str, Option<&str>, Option<&str>)| {
            format!("<item><guid isPermaLink=\"false\">{guid}</guid><description>{text}</description></item>")
        };
        let items: String = ENTRIES.iter().map(item).collect();
        let feed = format!(
            "<rss version=\"2.0\"><channel><title>Harbour</title><language>en-us</language>{items}</channel></rss>"
        );
        let answer = || async move { ([(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")], feed) };
        Router::new().route("/feed.xml", get(answer))
    });
    let daemon = Daemon::new(&format!("[[feed]]\nid = \"harbour\"\nurl = \"{}/feed.xml\"\n", server.base), "");
    daemon.once();
    assert_models(&daemon);
    let published = daemon.tail("entities").len();
    let replay = daemon.output(&["replay"]);
    assert!(replay.status.success(), "{replay:?}");
    assert_eq!(daemon.tail("entities").len(), 2 * published);
    assert_models(&daemon);
}
