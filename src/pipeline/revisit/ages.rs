//! When an article's page is revisited: at set ages of the article, each shifted slightly so the articles of one
//! reading do not come due together. Missed revisits are not made up for.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// The share of the age by which a revisit is shifted either way.
const SPREAD: f64 = 0.1;
/// The longest wait that a server's `Retry-After` can impose.
const MOST_PATIENCE: TimeDelta = TimeDelta::hours(24);

/// Returns when the page of an article first seen at `first_seen` is revisited next, after `now`.
pub(in crate::pipeline) fn next(
    ages: &[Duration],
    id: Uuid,
    first_seen: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    // The shift is the same for all revisits of one article, so they keep their order and distance.
    let place = f64::from(id.as_u128() as u16) / f64::from(u16::MAX);
    let factor = 1.0 - SPREAD + 2.0 * SPREAD * place;
    let at = |age: &Duration| TimeDelta::from_std(age.mul_f64(factor)).ok().map(|age| first_seen + age);
    ages.iter().filter_map(at).find(|at| *at > now)
}

/// Returns when to revisit in order to confirm what was seen once: soon, even at the end of the schedule.
pub(in crate::pipeline) fn confirm(
    ages: &[Duration],
    id: Uuid,
    first_seen: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let soon = now + TimeDelta::from_std(*ages.first()?).ok()?;
    Some(next(ages, id, first_seen, now).map_or(soon, |next| next.min(soon)))
}

/// Returns the later of the revisit's time and what the server asked for.
pub(in crate::pipeline) fn patient(
    due: DateTime<Utc>,
    retry_after: Option<Duration>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let asked = retry_after.and_then(|pause| TimeDelta::from_std(pause).ok()).unwrap_or_default();
    due.max(now + asked.min(MOST_PATIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: [Duration; 3] = [Duration::from_secs(900), Duration::from_secs(3_600), Duration::from_secs(86_400)];

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn looks_grow_rarer_and_what_was_missed_is_left_out() {
        let id = Uuid::from_u128(0x7fff);
        let seconds = |now: i64| next(&AGES, id, at(0), at(now)).map(|at| at.timestamp());
        for (now, want) in [(0, Some(900)), (950, Some(3_600)), (4_000, Some(86_400)), (90_000, None)] {
            let close = |a: i64, b: i64| (a - b).abs() <= 2;
            match (seconds(now), want) {
                (Some(a), Some(b)) => assert!(close(a, b), "{now}: {a}"),
                (a, b) => assert_eq!(a, b, "{now}"),
            }
        }
        assert_eq!(next(&[], id, at(0), at(0)), None);
    }

    #[test]
    fn stories_of_one_reading_are_spread() {
        let times: std::collections::BTreeSet<_> =
            (0..100).filter_map(|n| next(&AGES, Uuid::from_u128(n * 655), at(0), at(0))).collect();
        assert!(times.len() > 90);
        assert!(times.iter().all(|time| (at(810)..=at(990)).contains(time)));
    }

    #[test]
    fn what_was_seen_once_is_confirmed_soon() {
        let id = Uuid::from_u128(0x7fff);
        assert_eq!(confirm(&AGES, id, at(0), at(90_000)), Some(at(90_900)));
        assert_eq!(confirm(&AGES, id, at(0), at(4_000)), Some(at(4_900)));
        assert!(confirm(&AGES, id, at(0), at(3_000)).unwrap() < at(3_700));
        assert_eq!(confirm(&[], id, at(0), at(0)), None);
    }

    #[test]
    fn a_server_may_ask_to_wait() {
        let asked = |seconds| patient(at(100), Some(Duration::from_secs(seconds)), at(50));
        assert_eq!((asked(10), asked(100)), (at(100), at(150)));
        assert_eq!(asked(10_000_000), at(50) + MOST_PATIENCE);
        assert_eq!(patient(at(100), None, at(50)), at(100));
    }
}
