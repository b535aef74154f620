//! All faults, each in a short and a long form.

use std::time::Duration;

use super::fleet::{Copy, Instance};
use super::world::World;

/// A fault: its name and what it does to the world; `long` selects the form of the long run.
pub type Fault = (&'static str, fn(&mut World<'_>, bool));

/// The fault whose world has clocks that can be set.
pub const CLOCK: &str = "clock jumps";

/// In the order in which they are played.
pub const ALL: &[Fault] = &[
    ("killed", killed),
    ("stopped past the session", stopped),
    ("network cut", network_cut),
    ("network slow", network_slow),
    ("instances come and go", storm),
    ("one broker gone", one_broker_gone),
    ("brokers restarted in turn", rolling_restart),
    ("all brokers gone", all_brokers_gone),
    (CLOCK, clock_jumps),
    ("local copies of the state changed", copies_changed),
];

/// The faults that CI plays, where time is short.
pub const FEW: &[&str] = &["killed", "stopped past the session", CLOCK];

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn times(long: bool, short: usize, often: usize) -> usize {
    if long { often } else { short }
}

fn killed(world: &mut World<'_>, long: bool) {
    for _ in 0..times(long, 10, 200) {
        let wait = world.random.below(2_000);
        world.live(Duration::from_millis(wait));
        let victim = world.random.below(3) as usize;
        world.broke();
        world.instances[victim].kill();
        // With its local copy of the state, or without.
        if world.random.below(2) == 0 {
            world.instances[victim].restore(&Copy::default());
        }
        world.instances[victim].restart();
    }
}

fn stopped(world: &mut World<'_>, long: bool) {
    for _ in 0..times(long, 2, 20) {
        let pause = world.plan.session + Duration::from_millis(1_000 + world.random.below(3_000));
        let victim = world.random.below(3) as usize;
        world.instances[victim].signal("STOP");
        world.broke();
        world.live(pause);
        world.instances[victim].signal("CONT");
        world.live(seconds(3));
    }
}

fn network_cut(world: &mut World<'_>, long: bool) {
    for n in 0..times(long, 1, 6) {
        world.broke();
        world.stage.network.cut();
        // Shorter and longer than the limits of transactions and sessions.
        world.live(seconds([8, 2, 4, 15][n % 4]));
        world.stage.network.delay(Duration::ZERO);
        // Time to recover before the next fault; otherwise the recovery time could not be measured.
        world.live(seconds(if long { 20 } else { 5 }));
    }
}

fn network_slow(world: &mut World<'_>, long: bool) {
    for n in 0..times(long, 1, 4) {
        world.broke();
        world.stage.network.delay(Duration::from_millis([150, 40, 400, 80][n % 4]));
        world.live(seconds(10));
        world.stage.network.delay(Duration::ZERO);
        world.live(seconds(3));
    }
}

fn storm(world: &mut World<'_>, long: bool) {
    let mut guests: Vec<Instance> = Vec::new();
    for n in 0..times(long, 4, 24) {
        world.broke();
        if n % 2 == 0 {
            guests.push(Instance::start(world.plan.instance(&format!("guest-{n}"), false)));
        } else if let Some(mut guest) = guests.pop() {
            if n % 4 == 1 { guest.stop() } else { guest.kill() }
        }
        world.live(seconds(5));
    }
}

fn one_broker_gone(world: &mut World<'_>, long: bool) {
    let node = 1 + world.random.below(3) as usize;
    world.broke();
    world.stage.cluster.kill(node);
    world.live(seconds(if long { 30 } else { 8 }));
    world.stage.cluster.restart(node);
    world.live(seconds(5));
}

fn rolling_restart(world: &mut World<'_>, long: bool) {
    for node in (1..=3).cycle().take(times(long, 3, 6)) {
        world.broke();
        world.stage.cluster.restart(node);
        world.live(seconds(8));
    }
}

fn all_brokers_gone(world: &mut World<'_>, long: bool) {
    world.broke();
    (1..=3).for_each(|node| world.stage.cluster.kill(node));
    world.live(seconds(if long { 60 } else { 8 }));
    // Restarts them together: one node alone has no quorum.
    let cluster = &world.stage.cluster;
    std::thread::scope(|scope| (1..=3).for_each(|node| drop(scope.spawn(move || cluster.restart(node)))));
    world.live(seconds(5));
}

/// Makes the clock of each instance jump.
fn clock_jumps(world: &mut World<'_>, long: bool) {
    for n in 0..times(long, 3, 12) {
        world.broke();
        world.instances[n % 3].set_clock([3_600, -3_600, 86_400, -30, 0][n % 5]);
        world.live(seconds(4));
    }
}

/// Deletes, truncates, exchanges or restores from an old backup the local copies of the state while instances are down.
fn copies_changed(world: &mut World<'_>, long: bool) {
    let mut backups: Vec<Copy> = world.instances.iter().map(Instance::copy).collect();
    for n in 0..times(long, 5, 40) {
        world.live(seconds(2));
        let (victim, other) = (n % 3, (n + 1) % 3);
        world.broke();
        world.instances[victim].kill();
        match n % 5 {
            0 => world.instances[victim].restore(&Copy::default()),
            1 => world.instances[victim].truncate_copy(),
            2 => {
                world.instances[other].kill();
                let (one, two) = (world.instances[victim].copy(), world.instances[other].copy());
                world.instances[victim].restore(&two);
                world.instances[other].restore(&one);
                world.instances[other].restart();
            }
            3 => {
                let old = std::mem::replace(&mut backups[victim], world.instances[victim].copy());
                world.instances[victim].restore(&old);
            }
            _ => backups[victim] = world.instances[victim].copy(),
        }
        world.instances[victim].restart();
        world.live(seconds(3));
    }
}
