//! One article, one owner: an article belongs to the site of its canonical URL, and so to the instance that owns the
//! site's partition. An instance that finds an entry of another instance's site hands it over, in the transaction that
//! marks the entry as seen; the owner fetches the page at the site's pace, publishes the article and revisits it.
//!
//! An entry can need several steps: its link may lead to a second site, and the page there may state a URL of a third
//! one. `docs/exactly-once.md` says why none is lost or repeated.

mod claims;
mod commit;
mod feed;
pub(super) mod intake;
mod message;
pub(super) mod question;
mod rounds;
mod routes;
pub(super) mod shared_sketch;
#[cfg(test)]
mod simulation;

pub(super) use self::commit::{Currency, WITHDRAWN, currency, further_sites};
pub(super) use self::message::{
    FeedAnswer, FeedQuestion, HandedEntry, HandedFeed, HandedPage, HandoffFeed, HandoffMessage, HandoffStep, MAX_HOPS,
};
pub(super) use self::rounds::{Finding, Round, Rounds};
pub(super) use self::routes::{Routes, RoutesGuard, name_in};
