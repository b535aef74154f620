//! Keep and block rules: decide which entries of feeds become articles. The decision depends on the input alone: no
//! clock, network or disk is used.
//!
//! A [`Rule`] matches an entry if all of its conditions hold. Block rules come first: an entry that one of them matches
//! is blocked. If keep rules apply to a feed, its entries are blocked unless one of these matches. So the order of the
//! rules does not matter. A condition on the text, the language or the number of words may be unknown before the
//! article's page is read; [`EntryFilter::decide`] then says so, unless the other conditions decide.
//! docs/rules.md describes this for users.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod filter;
mod fold;
mod index;
mod pattern;
mod rule;
mod subject;

pub use filter::{Decision, EntryFilter, NamedRule, Scope};
pub use pattern::{Pattern, PatternError};
pub use rule::{Action, Conditions, Rule};
pub use subject::Subject;

/// The maximum number of rules.
pub const MAX_RULES: usize = 20_000;
/// The maximum number of values of one condition.
pub const MAX_VALUES: usize = 2_000;
/// The maximum length of a value in bytes.
pub const MAX_PATTERN_BYTES: usize = 1_000;
