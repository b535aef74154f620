//! The order of a date's numbers.

/// The order of day, month and year in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Order {
    Dmy,
    Mdy,
    /// With a two-digit year; a four-digit one is unambiguous.
    Ymd,
}
