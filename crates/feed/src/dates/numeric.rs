//! The numbers of a date: decides which is the day, the month and the year.

use chrono::NaiveDate;

use super::names::{Languages, Meaning};
use super::order::Order;
use super::{Clock, Day, YEARS, century};

/// A number of a date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub value: u32,
    /// How many digits it is written with.
    pub digits: usize,
    /// The separator before it: a mark, `w` for a word, or none.
    pub mark: Option<char>,
}

impl Number {
    /// Returns the year of four digits or of two.
    fn year(self) -> Option<i32> {
        let value = self.value.cast_signed();
        match self.digits {
            2 => century(value),
            4 => Some(value).filter(|year| YEARS.contains(year)),
            _ => None,
        }
    }
}

fn date(year: Number, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.year()?, month, day)
}

/// Returns the days that three numbers may mean.
pub(super) fn days(numbers: &[Number]) -> Vec<Day> {
    let (a, b, c) = match *numbers {
        // 240603
        [Number { value, digits: 6, .. }] => {
            let part = |divisor: u32, mark| Number { value: value / divisor % 100, digits: 2, mark };
            (part(10_000, None), part(100, Some('-')), part(1, Some('-')))
        }
        [a, b, c, ..] => (a, b, c),
        _ => return Vec::new(),
    };
    if a.digits == 4 {
        let day = date(a, b.value, c.value).or_else(|| date(a, c.value, b.value));
        return day.map(Day::plain).into_iter().collect();
    }
    let day_first = date(c, b.value, a.value);
    let month_first = date(c, a.value, b.value).filter(|day| Some(*day) != day_first);
    let year_first = if c.digits <= 2 { date(a, b.value, c.value) } else { None };
    let sense = |date: Option<NaiveDate>, order: Option<Order>, usual: bool| {
        date.map(|date| Day { date, order, languages: Languages::default(), usual })
    };
    // Twice the same number says nothing of the order.
    let either = |order: Order| (a.value != b.value).then_some(order);
    let senses = match b.mark {
        // `3 de 6 de 2024`: nobody says the month first so.
        Some('w') => [sense(day_first, None, true), None, None],
        // Dots put the day first, unless the weekday beside them says otherwise or the language puts the year first.
        Some('.') => {
            [sense(day_first, None, true), sense(month_first, None, false), sense(year_first, Some(Order::Ymd), false)]
        }
        mark => [
            sense(day_first, either(Order::Dmy), true),
            sense(month_first, either(Order::Mdy), true),
            sense(year_first, Some(Order::Ymd), mark == Some('-')),
        ],
    };
    senses.into_iter().flatten().collect()
}

/// Returns the days that numbers beside the name of a month may mean, and a time of day that was written as a plain number after them.
pub(super) fn days_of_months(numbers: &[Number], months: &[Meaning]) -> Option<(Vec<Day>, Option<Clock>)> {
    let is_year = |number: &Number| number.digits == 4 || number.value > 31;
    let (year, day) = match *numbers {
        _ if months.is_empty() => return None,
        // A whole date in numbers beside a name: the name is not a month's.
        [_, b, c, ..] if matches!(b.mark, Some('.' | '/' | '-')) && matches!(c.mark, Some('.' | '/' | '-')) => {
            return None;
        }
        [year] if is_year(&year) => (year, 1),
        [year, day, ..] if is_year(&year) => (year, day.value),
        [day, year, ..] => (year, day.value),
        _ => return None,
    };
    let sense = |month: &Meaning| {
        let date = date(year, u32::from(month.number), day)?;
        Some(Day { date, order: None, languages: month.languages, usual: month.usual })
    };
    let late = numbers.get(2).filter(|number| number.digits == 4);
    let late = late.map(|late| Clock { hour: late.value / 100, minute: late.value % 100, ..Clock::default() });
    Some((months.iter().filter_map(sense).collect(), late))
}
