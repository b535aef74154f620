//! The order of a date's numbers.

/// The order of day, month and year in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Order {
    Dmy,
    Mdy,
    /// With two digits of the year; four leave no question.
    Ymd,
}
