//! Nothing is lost, repeated, out of order or wrong, whatever fails: three instances on three real brokers, a publisher that
//! publishes, changes and withdraws stories by a script, and a reader of what is committed, which is compared with the script.
//!
//! Each test run plays every fault in short. The long run: `DATELINE_CHAOS=long cargo test --release --test chaos -- --nocapture`;
//! `DATELINE_CHAOS_FAULT=killed` plays one fault alone. `DATELINE_TEST_SEED` plays a run again.

#[path = "../support/kafka.rs"]
mod kafka;
#[path = "../support/mod.rs"]
mod support;

mod faults;
mod fleet;
mod ledger;
mod proxy;
mod world;

use std::io::Write;

use world::{Scale, Stage, World};

#[test]
fn nothing_is_lost_and_nothing_repeated_whatever_fails() {
    let long = std::env::var("DATELINE_CHAOS").is_ok_and(|how| how == "long");
    let scale = if long { Scale { feeds: 300, hosts: 60, pace: 10 } } else { Scale { feeds: 36, hosts: 12, pace: 5 } };
    let only = std::env::var("DATELINE_CHAOS_FAULT").ok();
    let Some(stage) = Stage::start() else { return };
    let mut failed = Vec::new();
    say("fault | injected | expected | seen | lost | repeated | out of order | wrong | recovered p50 | max");
    for (name, play) in faults::ALL.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        let mut world = World::new(&stage, scale, name);
        play(&mut world, long);
        let verdict = world.verdict();
        let (median, most) = world.recovery();
        say(&format!(
            "{name} | {} | {} | {} | {} | {} | {} | {} | {:.1} s | {:.1} s",
            world.faults.len(),
            verdict.expected,
            verdict.seen,
            verdict.lost,
            verdict.repeated,
            verdict.disordered,
            verdict.wrong,
            median.as_secs_f64(),
            most.as_secs_f64()
        ));
        if !verdict.is_clean() {
            failed.push(format!("{name}: {verdict:#?}\n{}", world.last_words()));
        }
    }
    stage.cluster.stop();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Straight to stderr: the table of a run that passes is to be seen as well.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("stderr is open");
}
