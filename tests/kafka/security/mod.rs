//! Logins and permissions on a real Kafka: set by `[kafka.properties]`, revoked and granted again at run time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dateline::journal::kafka::{KafkaJournal, KafkaSettings};
use dateline::journal::{Batch, Change, Journal, JournalError, StateChange};
use dateline::options::SecretString;
use test_support::kafka;
use test_support::repository;
use test_support::wait::{DEADLINE, wait_until_async};

fn certificates() -> PathBuf {
    repository("tests/fixtures/tls")
}

/// Returns options for TLS brokers with these properties, which may also set TLS without a login.
fn options(brokers: &str, prefix: &str, properties: &[(&str, String)]) -> KafkaSettings {
    let ca = certificates().join("ca.pem").display().to_string();
    let tls = [("security.protocol", "SASL_SSL".to_owned()), ("ssl.ca.location", ca)];
    let all = tls.iter().chain(properties).map(|(key, value)| ((*key).to_owned(), SecretString(value.clone())));
    let mut options = crate::options(brokers, prefix);
    options.topics.partitions = 2;
    options.kafka.transaction_timeout = Duration::from_secs(5);
    options.kafka.properties = all.collect();
    options
}

fn mark(n: u32) -> Vec<Batch> {
    let change =
        StateChange { key: format!("mark-{n}"), value: Some(b"set".to_vec()), site: format!("site-{n}.example") };
    vec![Batch { state: vec![change], ..Batch::default() }]
}

/// Commits, after applying pending changes, until it succeeds; counts the errors on the way and returns them.
async fn commit_at_last(journal: &KafkaJournal, group: &[Batch], errors: &AtomicUsize) -> Vec<JournalError> {
    let until = Instant::now() + DEADLINE;
    let mut said = Vec::new();
    loop {
        let error = match journal.commit(group).await {
            Ok(()) => return said,
            Err(JournalError::Disowned) => {
                let change = tokio::time::timeout_at(until.into(), journal.change()).await.expect("a change comes");
                match change {
                    Ok(Change::Revoked(partitions)) => match journal.release(&partitions).await {
                        Ok(()) => continue,
                        Err(error) => error,
                    },
                    Ok(_) => continue,
                    Err(error) => error,
                }
            }
            Err(error @ JournalError::Reset(_)) => journal.restore().await.err().unwrap_or(error),
            Err(error) => error,
        };
        assert!(Instant::now() < until && !matches!(error, JournalError::Fatal(_)), "{error:?} {said:?}");
        said.push(error);
        errors.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn commits_wait_for_rights_that_were_revoked() {
    let cluster = kafka::secure(&certificates(), None);
    let with = |password: &str| {
        let own = [("sasl.mechanism", "SCRAM-SHA-512"), ("sasl.username", "dateline"), ("sasl.password", password)];
        options(&cluster.brokers, "test", &own.map(|(key, value)| (key, value.to_owned())))
    };
    let rights = |what: &[&str]| kafka::admin(&cluster.internal, what);

    let wrong = KafkaJournal::new(with("guessed")).expect("valid");
    let error = wrong.restore().await.expect_err("the password is wrong");
    let words = format!("{error:#}");
    assert!(words.to_lowercase().contains("authentication") && !words.contains("guessed"), "{words}");

    let journal = KafkaJournal::new(with("dateline")).expect("valid");
    let refused = journal.restore().await;
    assert!(matches!(refused, Err(JournalError::Refused(_))), "nothing was granted yet: {refused:?}");
    rights(&["grant", "test"]);
    wait_until_async("the rights count", async || journal.restore().await.is_ok()).await;
    journal.commit(&mark(1)).await.expect("committed");

    for what in ["TOPIC", "GROUP"] {
        rights(&["deny", "test", what]);
        // It takes a moment until the broker enforces it.
        wait_until_async("a refusal", async || journal.commit(&mark(2)).await.is_err()).await;
        let errors = AtomicUsize::new(0);
        let again = async {
            wait_until_async("two more refusals", async || errors.load(Ordering::SeqCst) >= 2).await;
            tokio::task::block_in_place(|| rights(&["allow", "test", what]));
        };
        let group = mark(3);
        tokio::join!(commit_at_last(&journal, &group, &errors), again);
    }
    journal.close().await;
    cluster.stop();
}
