//! The command line as users see it: exit statuses, faults with their place, data on stdout.

use std::process::Command;

use test_support::daemon::{program, run, stderr};

#[track_caller]
fn ends(args: &[&str], input: &str, status: i32) -> (String, String) {
    let output = run(args, input);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(status), "{args:?}\n{out}\n{err}");
    (out, err)
}

#[test]
fn every_command_has_help() {
    let (out, _) = ends(&["--help"], "", 0);
    for command in [
        "demo",
        "run",
        "check",
        "feeds",
        "parse",
        "article",
        "extract",
        "knowledge",
        "models",
        "topics",
        "tail",
        "health",
        "replay",
        "schema",
        "completions",
    ] {
        assert!(out.contains(command), "{command}");
        let (help, _) = ends(&[command, "--help"], "", 0);
        assert!(help.len() > 100, "{command}: {help}");
    }
    assert!(out.contains("Exit status") && out.contains("Examples"));
    let (version, _) = ends(&["--version"], "", 0);
    assert!(version.starts_with("dateline ") && version.contains(" ("), "{version}: no commit id");
    assert!(
        ends(&["health", "--url", "http://127.0.0.1:1"], "", 1)
            .1
            .contains("no answer from http://127.0.0.1:1/health/ready")
    );
}

#[test]
fn invalid_command_lines_exit_with_status_two() {
    for args in [
        &["nonsense"][..],
        &["tail"],
        &["tail", "nonsense"],
        &["extract", "--model", "nonsense"],
        &["extract", "--quotes", "nonsense"],
        &["schema", "nonsense"],
        &["run", "--config", "/no/such.toml"],
    ] {
        let (out, err) = ends(args, "", 2);
        assert!(out.is_empty() && !err.is_empty(), "{args:?}");
    }
}

#[test]
fn config_errors_name_the_line_and_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("dateline.toml");
    std::fs::write(&config, "[schedule]\nintervall = \"5m\"\n").unwrap();
    std::fs::write(folder.path().join("feeds.toml"), "[[feed]]\nurl = \"https://example.org/rss\"\n").unwrap();
    let path = config.display().to_string();
    let (_, err) = ends(&["check", "--config", &path], "", 2);
    assert!(
        err.contains(&format!("{path}:2:1: unknown key `intervall` in [schedule]; did you mean `interval`?")),
        "{err}"
    );
    std::fs::write(&config, "[extract]\nentities = \"accurat\"\n").unwrap();
    let (_, err) = ends(&["check", "--config", &path], "", 2);
    assert!(err.contains(":2:") && err.contains("must be \"fast\" or \"accurate\", not `accurat`"), "{err}");
    std::fs::write(&config, "").unwrap();
    let (out, _) = ends(&["check", "--config", &path], "", 0);
    assert!(out.contains("feeds: 1"), "{out}");
    let (out, _) = ends(&["feeds", "list", "--config", &path], "", 0);
    assert_eq!(out.trim(), "example.org-rss     10m  https://example.org/rss");
}

#[test]
fn texts_and_documents_are_read_from_standard_input() {
    let feed = "<rss version=\"2.0\"><channel><title>T</title><item><title>A</title><link>https://example.org/a</link></item></channel></rss>";
    let (out, _) = ends(&["parse"], feed, 0);
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[0]["feed"]["title"], &lines[1]["entry"]["link"]),
        (&"T".into(), &"https://example.org/a".into())
    );
    assert!(ends(&["parse"], "<html><body>no feed</body></html>", 1).1.contains("no list of links"));

    let page = "<html lang=en><head><title>Bridge opens</title></head><body><article><h1>Bridge opens</h1><p>The bridge was opened on \
                Tuesday by the mayor and a brass band from the next town.</p></article></body></html>";
    let (out, _) = ends(&["article", "--url", "https://example.org/bridge"], page, 0);
    let article: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(article["headline"], "Bridge opens");
    assert_eq!(article["id"], dateline::record::article_id("https://example.org/bridge").to_string());

    let (out, _) = ends(&["article", "--explain", "--url", "https://example.org/bridge"], page, 0);
    assert!(
        out.contains("* blocks of the page: ") && out.contains("paragraph  The bridge was opened on Tuesday"),
        "{out}"
    );
    assert!(out.lines().any(|line| line.starts_with("- ") && line.ends_with("Bridge opens")), "{out}");

    let texts = "{\"id\": 1, \"text\": \"\u{1f600} \\\"We must act,\\\" Maria Keller said.\"}\n\n{\"id\": \"b\", \"text\": \"\"}\n";
    let (out, _) = ends(&["extract"], texts, 0);
    let answers: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((answers.len(), &answers[0]["id"], &answers[1]["id"]), (2, &1.into(), &"b".into()));
    assert_eq!(answers[0]["quotes"][0]["speaker"]["name"], "Maria Keller");
    assert_eq!(answers[0]["entities"][0]["mentions"][0]["start"], 17, "offsets count code points");
    let german = "{\"id\": 3, \"text\": \"Der Rat der Stadt hat das Budget mit einer Stimme Mehrheit nicht angenommen, sagte Maria Keller.\"}";
    let (out, _) = ends(&["extract", "--model", "fast"], german, 0);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&answer["language"], &answer["extractor"]["language"]), (&"de".into(), &"de".into()));
    assert_eq!(answer["quotes"][0]["speaker"]["name"], "Maria Keller");
    // There is no model for Finnish.
    let finnish = "{\"id\": 4, \"text\": \"Kaupunginvaltuusto hylk\u{e4}si talousarvion yhden \u{e4}\u{e4}nen enemmist\u{f6}ll\u{e4}, sanoi Maria Keller torstaina.\"}";
    let (out, _) = ends(&["extract", "--model", "fast"], finnish, 0);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&answer["entities"], &answer["quotes"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert_eq!((&answer["language"], &answer["extractor"]), (&"fi".into(), &serde_json::Value::Null));
    let (out, err) = ends(&["extract"], "{\"id\": 1, \"text\": \"ok\"}\nnonsense\n", 1);
    assert!(out.lines().count() == 1 && err.contains("line 2"), "{err}");
}

#[test]
fn schemas_and_completions_are_printed() {
    for name in ["article", "entities", "quote", "dead-letter", "feed-event"] {
        let (json, _) = ends(&["schema", name], "", 0);
        let (avro, _) = ends(&["schema", name, "--avro"], "", 0);
        assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["properties"].is_object());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&avro).unwrap()["type"], "record");
    }
    assert!(ends(&["completions", "bash"], "", 0).0.contains("_dateline"));
}

#[test]
fn models_are_listed_with_the_terms_of_their_data() {
    let (out, _) = ends(&["models"], "", 0);
    assert!(out.contains("ner-accurate, 23.2 MB") && out.contains("PolNeAR 1.0: published for research"), "{out}");
    assert!(out.contains("research or non-commercial use only"), "{out}");
    let (json, _) = ends(&["models", "--json"], "", 0);
    let models: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = models.iter().filter_map(|model| model["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "names-fast",
            "ner-accurate",
            "quotes-fast",
            "quotes-accurate",
            "names-european",
            "names-european-accurate",
            "quotes-de",
            "quotes-de-accurate",
            "language-trigrams",
            "article-blocks"
        ]
    );
    assert_eq!((&models[1]["bytes"], &models[1]["data"][1]["restricted"]), (&23_155_815.into(), &true.into()));
}

#[test]
fn entities_are_linked_to_a_base_made_from_a_dump() {
    let item = |id: &str, name: &str, about: &str, class: &str| {
        let says = |text: &str| serde_json::json!({ "en": { "language": "en", "value": text } });
        let class = serde_json::json!({ "mainsnak": { "datavalue": { "value": { "id": class } } }, "rank": "normal" });
        serde_json::json!({
            "type": "item", "id": id, "labels": says(name), "descriptions": says(about), "aliases": [],
            "claims": { "P31": [class] }, "sitelinks": { "enwiki": { "title": name }, "dewiki": { "title": name } },
        })
    };
    let mayor = item("Q9001", "Maria Keller", "mayor of Springfield", "Q5");
    let firm = item("Q9002", "Acme Widgets", "maker of widgets", "Q4830453");
    let (table, message) =
        ends(&["knowledge", "--least", "2"], &format!("[\n{mayor},\n{firm},\n{{\"id\":7}},\n]\n"), 0);
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(message.contains("2 items written; 1 invalid lines skipped"), "{message}");
    let (_, advice) = ends(&["knowledge"], "nonsense\n", 1);
    assert!(advice.contains("one item per line"), "{advice}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("knowledge.tsv");
    std::fs::write(&file, table).unwrap();
    let text = r#"{"id":1,"text":"Maria Keller, the mayor, praised Acme Widgets in Berlin."}"#;
    let linked = |args: &[&str]| {
        let (line, _) = ends(args, text, 0);
        let answer: serde_json::Value = serde_json::from_str(&line).unwrap();
        let pair = |entity: &serde_json::Value| Some(format!("{}={}", entity["name"], entity["wikidata"].as_str()?));
        answer["entities"].as_array().unwrap().iter().filter_map(pair).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(linked(&["extract"]), "\"Berlin\"=Q64");
    let path = file.to_str().unwrap();
    assert_eq!(linked(&["extract", "--knowledge", path]), "\"Maria Keller\"=Q9001 \"Acme Widgets\"=Q9002");
    std::fs::write(&file, "Q1\ttown\t1\tX\t\t\n").unwrap();
    let (_, fault) = ends(&["extract", "--knowledge", path], text, 2);
    assert!(fault.contains("line 1: `town` is not a type; write person"), "{fault}");
}

#[test]
fn a_file_feed_must_be_allowed_by_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let story =
        "Maria Keller opened the old harbour of Wexcombe on Monday after a year of work by forty people. ".repeat(4);
    let feed = format!(
        "<rss version='2.0'><channel><title>Wire</title><item><title>Harbour opens</title>\
         <guid>w1</guid><description>{story}</description></item></channel></rss>"
    );
    std::fs::write(place("wire.xml"), feed).unwrap();
    std::fs::write(place("feeds.toml"), format!("[[feed]]\nurl = \"file://{}\"\n", place("wire.xml").display()))
        .unwrap();
    let config = place("dateline.toml");
    let path = config.to_str().unwrap();
    std::fs::write(&config, "").unwrap();
    let (_, fault) = ends(&["check", "--config", path], "", 2);
    assert!(fault.contains("write `files = true` under [fetch]"), "{fault}");
    std::fs::write(&config, "[fetch]\nfiles = true\n[extract]\nknowledge = \"none.tsv\"\n").unwrap();
    let (_, fault) = ends(&["run", "--once", "--config", path], "", 2);
    assert!(fault.contains("extract.knowledge") && fault.contains("none.tsv"), "{fault}");
    std::fs::write(&config, "[fetch]\nfiles = true\n").unwrap();
    ends(&["run", "--once", "--config", path], "", 0);
    let (articles, _) = ends(&["tail", "articles", "--config", path], "", 0);
    assert!(articles.lines().count() == 1 && articles.contains("Harbour opens"), "{articles}");
}

#[test]
fn site_rules_select_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("dateline.toml");
    std::fs::write(&config, "[[site]]\nhost = \"isles.example\"\ntake = [\".b\"]\ndrop = [\"i\"]\n").unwrap();
    std::fs::write(folder.path().join("feeds.toml"), "").unwrap();
    let path = config.display().to_string();
    let (out, _) = ends(&["check", "--config", &path], "", 0);
    assert!(out.contains("site: isles.example, 1 selectors in `take` and 1 in `drop`"), "{out}");
    let page = "<html><body><div class=a><p>The ferry stays in harbour until Monday.</p></div>\
                <div class=b><p>The bus <i>(advertisement)</i> runs twice an hour.</p></div></body></html>";
    let text = |url: &str, args: &[&str]| {
        let (out, _) = ends(&[&["article", "--url", url], args].concat(), page, 0);
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["text"].clone()
    };
    assert_eq!(text("https://www.isles.example/a", &["--config", &path]), "The bus runs twice an hour.");
    let plain = text("https://www.isles.example/a", &[]);
    assert_ne!(plain, "The bus runs twice an hour.");
    assert_eq!(text("https://other.example/a", &["--config", &path]), plain);
}

#[test]
fn check_warns_of_a_low_file_descriptor_limit() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("dateline.toml");
    std::fs::write(&config, "[feeds]\nfiles = []\n").unwrap();
    for (limits, warns) in
        [("ulimit -n 256", true), ("ulimit -Sn 256; ulimit -Hn 2048", false), ("ulimit -n 4096", false)]
    {
        // The program raises a soft limit to the hard one.
        let script = format!("{limits}; exec \"$0\" check --config \"$1\"");
        let output = Command::new("bash").args(["-c", &script]).arg(program()).arg(&config).output();
        let output = output.unwrap();
        let words = stderr(&output);
        assert!(output.status.success(), "{words}");
        assert_eq!(
            words.contains("the limit of 256 file descriptors allows 10 requests at once"),
            warns,
            "{limits}: {words}"
        );
    }
}
