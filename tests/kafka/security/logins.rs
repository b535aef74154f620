//! Every way of logging in that docs/operations.md names, at a real broker: the right secret, a wrong one, tokens that expire.

use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use dateline::journal::kafka::{KafkaJournal, logins, ping};
use dateline::journal::{Journal, JournalError};
use dateline::options::SecretString;
use futures_util::future::join_all;
use test_support::checker::check;
use test_support::daemon::{Daemon, stderr};
use test_support::issuer::{Issuer, SECRET};
use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::wait::{DEADLINE, wait_until_async};

use super::{certificates, commit_at_last, mark, options};

/// How long a token lives where one is to expire.
const LIFE: Duration = Duration::from_secs(8);

/// What [kafka.properties] needs for OIDC.
fn oidc(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let ca = certificates().join("ca.pem").display().to_string();
    [
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.method", "oidc"),
        ("sasl.oauthbearer.token.endpoint.url", &issuer.token_url),
        ("sasl.oauthbearer.client.id", "dateline"),
        ("sasl.oauthbearer.client.secret", SECRET),
        ("sasl.oauthbearer.scope", "news"),
        ("sasl.oauthbearer.extensions", "traceId=1"),
        ("https.ca.location", &ca),
    ]
    .map(|(key, value)| (key, value.to_owned()))
    .into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn each_login_accepts_the_right_secret_and_no_other() {
    let issuer = Issuer::start(Duration::from_secs(600)).await;
    let cluster = kafka::secure(&certificates(), Some(&issuer.url));
    kafka::admin(&cluster.internal, &["grant", "login"]);
    let password = |mechanism: &str| {
        let own = [("sasl.mechanism", mechanism), ("sasl.username", "dateline"), ("sasl.password", "dateline")];
        own.map(|(key, value)| (key, value.to_owned())).to_vec()
    };
    let file = |name: &str| certificates().join(name).display().to_string();
    let certificate = vec![
        ("security.protocol", "SSL".to_owned()),
        ("ssl.certificate.location", file("client.pem")),
        ("ssl.key.location", file("client.key")),
    ];
    let ways = [
        ("plain", &cluster.brokers, password("PLAIN"), "sasl.password"),
        ("scram-256", &cluster.brokers, password("SCRAM-SHA-256"), "sasl.password"),
        ("scram-512", &cluster.brokers, password("SCRAM-SHA-512"), "sasl.password"),
        ("oidc", &cluster.brokers, oidc(&issuer), "sasl.oauthbearer.client.secret"),
        ("mtls", &cluster.mtls, certificate, ""),
    ];
    let tries = ways.iter().map(async |(name, brokers, own, secret)| {
        let prefix = format!("login-{name}");
        let with = |own: &[(&str, String)]| options(brokers, &prefix, own);
        let wrong: Vec<(&str, String)> = match *secret {
            "" => own[..1].to_vec(),
            secret => own
                .iter()
                .map(|(key, value)| (*key, if *key == secret { "guessed".into() } else { value.clone() }))
                .collect(),
        };
        let error = ping(&with(&wrong)).await.expect_err("the secret is wrong");
        let is_refused = matches!(error, JournalError::Refused(_)) || *name == "mtls";
        let words = format!("{error:#}");
        assert!(is_refused && !words.contains("guessed") && !words.contains(SECRET), "{name}: {error:?}");
        let journal = KafkaJournal::new(with(own)).expect("valid");
        journal.restore().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        journal.commit(&mark(1)).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        journal.close().await;
        (*name, words)
    });
    let words: Vec<(&str, String)> = join_all(tries).await;
    for (name, part) in
        [("plain", "Invalid username or password"), ("scram-512", "invalid credentials"), ("oidc", "no such client")]
    {
        let message = &words.iter().find(|(way, _)| *way == name).expect("it was tried").1;
        assert!(message.contains(part), "{name}: {message}");
    }
    // A token endpoint whose certificate nobody vouches for.
    let stranger: Vec<_> = oidc(&issuer).into_iter().filter(|(key, _)| *key != "https.ca.location").collect();
    let error = ping(&options(&cluster.brokers, "login-oidc", &stranger)).await.expect_err("a certificate of its own");
    assert!(format!("{error:#}").contains("certificate"), "{error:?}");
    // And one that is unreachable is waited for, like brokers.
    let mut away = oidc(&issuer);
    away.push(("sasl.oauthbearer.token.endpoint.url", "https://127.0.0.1:9/token".into()));
    let error = ping(&options(&cluster.brokers, "login-oidc", &away)).await.expect_err("nobody is there");
    assert!(matches!(error, JournalError::Retriable(_)) && format!("{error:#}").contains("token"), "{error:?}");
    cluster.stop();
}

/// A daemon whose tokens expire every few seconds; its log, as talkative as can be, holds no secret.
#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn the_daemon_outlives_its_tokens() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let issuer = runtime.block_on(Issuer::start(LIFE));
    let cluster = kafka::secure(&certificates(), Some(&issuer.url));
    kafka::admin(&cluster.internal, &["grant", "test"]);
    let given = options(&cluster.brokers, "test", &oidc(&issuer));
    let lines = given.kafka.properties.iter().map(|(key, SecretString(value))| format!("{key:?} = {value:?}\n"));
    let settings = format!(
        "[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\n\n[topics]\nprefix = \"test\"\npartitions = 2\n\n[kafka]\nbrokers = {:?}\n\n\
         [kafka.properties]\n\"debug\" = \"all\"\n{}",
        cluster.brokers,
        lines.collect::<String>()
    );
    let publisher = Publisher::start(2, 1, Duration::ZERO);
    let mut daemon = Daemon::new(&publisher.feed_list(), &settings);
    daemon.env.push(("DATELINE__LOG__LEVEL".into(), "info,dateline::journal=trace".into()));
    let message = String::from_utf8(daemon.output(&["check"]).stdout).expect("text");
    assert!(message.contains(&format!("Kafka logins: {}", logins())), "{message}");

    publisher.publish(1);
    let mut running = daemon.start(&[]);
    let all_are_committed =
        || daemon.try_tail("articles").map_or(0, |articles| articles.len()) == publisher.stories().len();
    daemon.wait_until("the first articles", all_are_committed);
    let working = Instant::now();
    while working.elapsed() < 3 * LIFE {
        publisher.publish(0);
        std::thread::sleep(Duration::from_secs(2));
    }
    publisher.publish(1);
    daemon.wait_until("the last articles", all_are_committed);
    assert!(running.is_running(), "{}", daemon.log());
    running.stop();
    check(&daemon, &publisher);

    let (log, issued) = (daemon.log(), issuer.issued());
    assert!(issued.len() > 6, "each client fetches a token again and again: {}", issued.len());
    assert!(!log.contains("nothing can be committed"), "{log}");
    assert!(log.contains("OAUTHBEARER") && !log.contains(SECRET), "the client's secret is in the log");
    // Their first part says nothing and is the same in all.
    let message = issued.iter().flat_map(|token| token.split('.').skip(1)).find(|part| log.contains(part));
    assert!(message.is_none(), "a token is in the log");
    cluster.stop();
}

/// An issuer that refuses for a while: the journal says why it waits, and goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn commits_wait_for_an_issuer_that_refuses() {
    let issuer = Issuer::start(LIFE).await;
    let cluster = kafka::secure(&certificates(), Some(&issuer.url));
    kafka::admin(&cluster.internal, &["grant", "test"]);
    let journal = KafkaJournal::new(options(&cluster.brokers, "test", &oidc(&issuer))).expect("valid");
    wait_until_async("a first login", async || journal.restore().await.is_ok()).await;
    let errors = AtomicUsize::new(0);
    commit_at_last(&journal, &mark(1), &errors).await;
    issuer.refuse(true);
    let refused = Instant::now();
    let error = loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        match journal.commit(&mark(2)).await {
            Ok(()) => assert!(refused.elapsed() < DEADLINE, "no token was needed"),
            Err(error) => break error,
        }
    };
    assert!(!matches!(error, JournalError::Fatal(_)), "{error:?}");
    issuer.refuse(false);
    let said = commit_at_last(&journal, &mark(3), &errors).await;
    assert!(said.iter().all(|error| !format!("{error:#}").contains(SECRET)), "{said:?}");
    journal.close().await;
    cluster.stop();
}

#[test]
fn the_build_names_the_logins_it_supports() {
    let message = logins();
    assert!(
        message.starts_with(
            "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER (OIDC), TLS client certificates (librdkafka "
        ),
        "{message}"
    );
    for mechanism in dateline::journal::kafka::SASL_MECHANISMS {
        assert!(message.contains(mechanism), "{mechanism}");
    }
    // Whatever librdkafka's own list says.
    let kerberos = [("sasl.mechanism", "GSSAPI".to_owned())];
    let error =
        tokio::runtime::Runtime::new().expect("a runtime").block_on(ping(&options("127.0.0.1:9", "test", &kerberos)));
    assert!(format!("{:#}", error.expect_err("not built in")).contains("GSSAPI"));
}

#[test]
fn a_fault_in_kafka_properties_names_its_line() {
    for (line, fault) in [
        ("\"sasl.pasword\" = \"hunter2\"", "`kafka.properties.sasl.pasword` is unknown to librdkafka"),
        (
            "\"compression.type\" = \"hunter2\"",
            "`kafka.properties.compression.type` is unknown to librdkafka, or its value",
        ),
        ("\"acks\" = \"1\"", "`kafka.properties.acks` cannot be set: exactly-once requires `all`"),
    ] {
        let daemon = Daemon::new("", &format!("[kafka.properties]\n{line}\n"));
        let output = daemon.output(&["check"]);
        let message = stderr(&output);
        let row = std::fs::read_to_string(daemon.config()).expect("a config").lines().count();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(&format!("dateline.toml:{row}:1: {fault}")) && !message.contains("hunter2"), "{message}");
    }
}
