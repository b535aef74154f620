//! Checks that no fault makes records lost, repeated, out of order or wrong: three instances on three real brokers, a
//! publisher that publishes, changes and withdraws articles by a script, and a reader of committed records, which are
//! compared with the script.
//!
//! `cargo test --release --test chaos -- --include-ignored --skip measure` plays every fault in its short form; with
//! `DATELINE_CHAOS=long` in its long form (add `--nocapture` to see the table). `DATELINE_CHAOS_FAULT=killed` plays a single fault. `DATELINE_TEST_SEED` repeats a run. `DATELINE_CHAOS_LOGS` names a
//! folder for the logs of the instances.

mod faults;
mod fleet;
mod ledger;
mod proxy;
mod world;

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fleet::Instance;
use test_support::wait::wait_until;
use world::{Scale, Stage, World};

/// The scale of the runs in CI.
const SHORT: Scale = Scale { feeds: 36, hosts: 12, digests: 4, pace: 5, instances: 3, partitions: 12 };

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn no_fault_loses_or_repeats_anything() {
    let _alone = alone();
    let long = std::env::var("DATELINE_CHAOS").is_ok_and(|how| how == "long");
    let scale = if long { Scale { feeds: 300, hosts: 60, digests: 10, pace: 10, ..SHORT } } else { SHORT };
    let only = std::env::var("DATELINE_CHAOS_FAULT").ok();
    // The other faults take longer; test runs outside CI play them too.
    let few = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let stage = Stage::start();
    let mut failed = Vec::new();
    say("fault | injected | expected | seen | lost | repeated | out of order | wrong | recovered p50 | max");
    for (name, play) in faults::ALL
        .iter()
        .filter(|(name, _)| only.as_deref().map_or(!few || faults::FEW.contains(name), |only| only == *name))
    {
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
        let asked_by_two = world.publisher.asked_by_two();
        if asked_by_two > 0 {
            failed.push(format!("{name}: {asked_by_two} pages were asked for while another instance asked their site"));
        }
        if !verdict.is_clean() {
            failed.push(format!("{name}: {verdict:#?}\n{}", world.last_words()));
        }
    }
    stage.cluster.stop();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// An instance that never comes back: the others take over its feeds within its session timeout.
#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn other_instances_take_over_the_feeds_of_a_dead_one() {
    let _alone = alone();
    let stage = Stage::start();
    let mut world = World::new(&stage, SHORT, "hand-over");
    world.live(Duration::from_secs(3));
    let session = world.plan.session;
    let gone = Instant::now();
    world.instances.remove(1).kill();
    wait_until("every feed to be polled again", || {
        world.live(Duration::from_millis(200));
        world.first_polls(gone).is_some()
    });
    let longest = world.first_polls(gone).unwrap();
    say(&format!("hand-over: every feed polled again within {longest:.1?}, session timeout {session:?}"));
    let verdict = world.verdict();
    stage.cluster.stop();
    assert!(verdict.is_clean(), "{verdict:#?}\n{}", world.last_words());
    // The group notices the death when the session ends. Another wait on top, as for a transaction's timeout, would take as
    // long again several times over.
    assert!(longest < 3 * session, "{longest:?}");
}

/// Prints the time of articles from a feed's answer to their commit, with 100 articles a second and default settings, on
/// one instance and on more, and what the instances cost: `cargo test --release --test chaos measure -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn measure_latency() {
    for instances in [1, 2, 3] {
        measure_latency_of(instances);
    }
}

fn measure_latency_of(instances: usize) {
    let stage = Stage::start();
    let partitions = dateline::config::Settings::default().topics.partitions;
    let scale = Scale { feeds: 200, hosts: 100, digests: 0, pace: 100, instances, partitions };
    let mut world = World::new(&stage, scale, "latency");
    world.only_publish = true;
    // Everything that the feeds show at first arrives at once, at brokers that are still warming up.
    world.live(Duration::from_secs(20));
    let warm = Instant::now();
    let cpu_time = |world: &World| world.instances.iter().map(Instance::cpu_time).sum::<Duration>();
    let before = cpu_time(&world);
    world.live(Duration::from_secs(60));
    let spent = cpu_time(&world).saturating_sub(before);
    let memory = world.instances.iter().map(Instance::peak_memory_kb).max().unwrap_or_default();
    let verdict = world.verdict();
    let latencies = world.latencies(warm);
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    say(&format!(
        "instances {instances}, {} stories: p50 {:?}, p90 {:?}, p99 {:?}",
        latencies.len(),
        at(50),
        at(90),
        at(99)
    ));
    say(&format!(
        "processor time of all instances {spent:.1?}: {:.1?} a story; peak memory of one {} MB",
        spent / u32::try_from(latencies.len().max(1)).unwrap(),
        memory / 1024
    ));
    for instance in &mut world.instances {
        instance.stop();
        say(instance.last_words().lines().last().unwrap_or_default());
    }
    stage.cluster.stop();
    assert!(verdict.is_clean(), "{verdict:#?}\n{}", world.last_words());
}

/// Allows one world at a time: each has three brokers and three instances.
fn alone() -> MutexGuard<'static, ()> {
    static WORLD: Mutex<()> = Mutex::new(());
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes straight to stderr: the table must also be visible when the run passes.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("stderr is open");
}
