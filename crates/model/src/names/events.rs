//! Recognizes events among the names that are neither persons, organisations nor places, since the corpora do not
//! distinguish them.

/// Last words of events' names.
const LAST: [&str; 31] = [
    "Olympics",
    "Games",
    "Cup",
    "Championship",
    "Championships",
    "Tournament",
    "Trophy",
    "Masters",
    "Marathon",
    "Prix",
    "Bowl",
    "Derby",
    "Rally",
    "War",
    "Wars",
    "Revolution",
    "Uprising",
    "Intifada",
    "Massacre",
    "Genocide",
    "Holocaust",
    "Election",
    "Elections",
    "Referendum",
    "Festival",
    "Summit",
    "Expo",
    "Biennale",
    "Carnival",
    "Ramadan",
    "Christmas",
];
/// First words of events' names.
const FIRST: [&str; 7] = ["Hurricane", "Typhoon", "Cyclone", "Operation", "Olympic", "Battle", "Eurovision"];

/// Returns whether the name is an event's.
pub(super) fn is_event(name: &str) -> bool {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default();
    let last = words.next_back();
    LAST.contains(&last.unwrap_or(first)) || last.is_some() && FIRST.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_by_their_first_and_last_words() {
        for (name, want) in [
            ("World Cup", true),
            ("Second World War", true),
            ("Hurricane Ines", true),
            ("Christmas", true),
            ("Hurricane", false),
            ("Russian", false),
            ("Windows 95", false),
            ("", false),
        ] {
            assert_eq!(is_event(name), want, "{name}");
        }
    }
}
