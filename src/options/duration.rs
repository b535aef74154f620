//! Durations as people write them: `500ms`, `30s`, `10m`, `2h`, `30d`.
//!
//! Not read by `humantime`: it reads `10M` as ten months, and prints `1d` as `1day` and `90s` as `1m 30s`. A feed list
//! that the program rewrites, and the API, would then show durations differently from how they were set.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Parses `500ms`, `30s`, `10m`, `2h` or `30d`.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let wrong =
        || format!("`{text}` is not a duration; write a number and a unit, as in `500ms`, `30s`, `10m`, `2h`, `30d`");
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit_ms: u64 = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit_ms).map(Duration::from_millis).ok_or_else(wrong)
}

/// Returns the shortest exact form that [`parse`] reads back.
pub fn format(duration: Duration) -> String {
    let ms = duration.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let (size, name) = units.into_iter().find(|(size, _)| ms > 0 && ms.is_multiple_of(*size)).unwrap_or((1, "ms"));
    format!("{}{name}", ms / size)
}

/// Writes a duration as text.
pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format(*duration))
}

/// Reads a duration from text.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// Serializes `Option<Duration>`.
pub mod optional {
    use super::{Deserialize, Deserializer, Duration, Error, Serializer};

    /// Writes an optional duration as text.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => to.serialize_str(&super::format(*duration)),
            None => to.serialize_none(),
        }
    }

    /// Reads an optional duration from text.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Option::<String>::deserialize(from)?.map(|text| super::parse(&text).map_err(D::Error::custom)).transpose()
    }
}

/// Serializes `Vec<Duration>`.
pub mod list {
    use super::{Deserialize, Deserializer, Duration, Error, Serializer};

    /// Writes durations as texts.
    pub fn serialize<S: Serializer>(durations: &[Duration], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(durations.iter().map(|duration| super::format(*duration)))
    }

    /// Reads durations from texts.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Duration>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| super::parse(text).map_err(D::Error::custom)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_round_trip() {
        for text in ["500ms", "30s", "10m", "2h", "30d", "0ms", "90s"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        for wrong in ["", "10", "s", "-1s", "1.5h", "99999999999999999999d", "18446744073709551615d"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
