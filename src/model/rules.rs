//! Names by rules and lists: what is written with a capital, where, and beside what.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lexicon::{Lexicon, lexicon};
use super::{Kind, Name, Tagger};
use crate::text::Document;

/// Words of a name at most; a longer run of capitals is a headline or a list.
const MAX_WORDS: usize = 8;

/// The tagger.
pub(super) struct Rules;

impl Tagger for Rules {
    fn tag(&self, document: &Document) -> Vec<Name> {
        let lexicon = lexicon();
        let mut pass =
            Pass { document, lexicon, lower: HashSet::new(), inside: HashSet::new(), persons: HashMap::new() };
        pass.learn();
        let mut names = Vec::new();
        for sentence in document.sentences() {
            pass.sentence(sentence, &mut names);
        }
        pass.surnames(names)
    }
}

struct Pass<'a> {
    document: &'a Document,
    lexicon: &'static Lexicon,
    /// Words that the text writes in lower case somewhere.
    lower: HashSet<String>,
    /// Words that the text writes with a capital within a sentence.
    inside: HashSet<&'a str>,
    /// Last words of the persons' names, and their kind elsewhere.
    persons: HashMap<&'a str, usize>,
}

fn capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn all_caps(word: &str) -> bool {
    word.chars().filter(|c| c.is_alphabetic()).count() > 1 && !word.chars().any(char::is_lowercase)
}

impl<'a> Pass<'a> {
    /// Notes how words are written where the place does not decide it.
    fn learn(&mut self) {
        for sentence in self.document.sentences() {
            if self.is_title_case(sentence) {
                continue;
            }
            for at in sentence.clone().filter(|&at| self.document.tokens()[at].is_word) {
                let word = self.document.word(at);
                if !capital(word) {
                    self.lower.insert(word.to_owned());
                } else if !self.opens(at, sentence.start) {
                    self.inside.insert(word);
                }
            }
        }
    }

    /// A headline in which (nearly) every word has a capital tells nothing about names.
    fn is_title_case(&self, sentence: &Range<usize>) -> bool {
        let words: Vec<&str> = sentence.clone().map(|at| self.document.word(at)).filter(|w| w.len() > 3).collect();
        let capitals = words.iter().filter(|word| capital(word)).count();
        words.len() >= 4 && capitals * 10 >= words.len() * 8
    }

    /// Whether the token opens a sentence or quotation, so that any word would have a capital there.
    fn opens(&self, at: usize, start: usize) -> bool {
        let before = if at > start { self.document.word(at - 1) } else { "" };
        matches!(before, "\"" | "\u{201c}" | "\u{2018}" | "'" | "``" | ":")
            || (start..at).rev().take(3).all(|at| !self.document.tokens()[at].is_word) && at - start <= 3
    }

    fn is_common(&self, word: &str) -> bool {
        self.lexicon.common.contains(word.to_lowercase().as_str())
    }

    fn sentence(&mut self, sentence: &Range<usize>, names: &mut Vec<Name>) {
        let title_case = self.is_title_case(sentence);
        let mut at = sentence.start;
        while at < sentence.end {
            if let Some(name) = self.listed(at, sentence.end) {
                // "Washington Post", "New York Times": a listed name may be the begin of a longer one.
                let run = self.run(at, sentence);
                if run.end > name.tokens.end && !title_case {
                    let longer = self.classify(run.clone(), sentence, true);
                    if let Some(longer) =
                        longer.filter(|longer| longer.tokens.start == at && longer.kind == Kind::Organisation)
                    {
                        at = longer.tokens.end;
                        names.push(longer);
                        continue;
                    }
                }
                at = name.tokens.end;
                names.push(name);
                continue;
            }
            if !self.starts_name(at, sentence, title_case) {
                at += 1;
                continue;
            }
            let run = self.run(at, sentence);
            at = run.end;
            if let Some(name) = self.classify(run.clone(), sentence, false) {
                if name.kind == Kind::Person {
                    let last = self.document.word(name.tokens.end - 1);
                    if name.tokens.len() > 1 && last.chars().count() > 2 {
                        *self.persons.entry(last).or_insert(0) += 1;
                    }
                }
                at = name.tokens.end.max(run.start + 1);
                names.push(name);
            }
        }
    }

    /// The longest listed name that begins here.
    fn listed(&self, at: usize, end: usize) -> Option<Name> {
        let first = self.document.word(at);
        if !capital(first) && !first.starts_with("al-") && first != "al" {
            return None;
        }
        let most = (end - at).min(self.lexicon.longest);
        (1..=most).rev().find_map(|length| {
            let tokens = at..at + length;
            let words = self.document.words(&tokens);
            let words = words.strip_suffix('.').filter(|w| self.lexicon.places.contains_key(w)).unwrap_or(words);
            // "Chelsea Clinton", "Jordan Peterson"
            let name_too = self.lexicon.first_names.contains_key(words) && self.next_is_surname(at + length, end);
            if name_too {
                return None;
            }
            let kind = if self.lexicon.organisations.contains(words) {
                // "Fed", "House", "Time" and their like are words too.
                let word_too = length == 1 && self.is_common(words) && !self.inside.contains(words);
                (!word_too && words != "Time" && words != "IS" && words != "Ford" && words != "Delta"
                    || all_caps(words) && words.len() > 2)
                    .then_some(Kind::Organisation)
            } else if let Some(place) = self.lexicon.places.get(words) {
                (!place.is_empty()).then_some(Kind::Place)
            } else if self.lexicon.demonyms.contains_key(words) {
                Some(Kind::Other)
            } else {
                // "Russian-backed": the people's name is not the whole word.
                None
            };
            kind.map(|kind| Name { tokens, kind })
        })
    }

    /// A capitalised word that no list knows for something else follows: "Chelsea Clinton", "Jordan Peterson".
    fn next_is_surname(&self, at: usize, end: usize) -> bool {
        let next = self.document.word(at);
        at < end
            && capital(next)
            && self.document.tokens()[at].is_word
            && !self.is_common(next)
            && !self.lexicon.organisation_words.contains(next)
            && !self.lexicon.place_words.contains(next)
            && !self.lexicon.titles.contains(next)
    }

    fn starts_name(&self, at: usize, sentence: &Range<usize>, title_case: bool) -> bool {
        let word = self.document.word(at);
        if !self.document.tokens()[at].is_word || !capital(word) || word == "I" || word.starts_with("I'") {
            return false;
        }
        let opens = self.opens(at, sentence.start) || title_case;
        let next = self.document.word(at + 1);
        let name_follows =
            at + 1 < sentence.end && capital(next) && self.document.tokens()[at + 1].is_word && !title_case;
        if !opens {
            let purposely = name_follows && !is_month_or_day(word) && !self.is_common(next);
            return !self.is_common(word) || self.lexicon.titles.contains(word) || purposely;
        }
        self.lexicon.first_names.contains_key(word)
            || self.lexicon.titles.contains(word)
            || self.inside.contains(word)
            || (!self.is_common(word) && (name_follows || !self.lower.contains(&word.to_lowercase())))
    }

    /// The run of capitalised words from here on, with the small words that names hold.
    fn run(&self, start: usize, sentence: &Range<usize>) -> Range<usize> {
        let mut end = start + 1;
        while end < sentence.end && end - start < MAX_WORDS {
            let word = self.document.word(end);
            let token = self.document.tokens()[end];
            if token.is_word && capital(word) && !is_month_or_day(word) {
                end += 1;
                continue;
            }
            // "University of Texas", "Charles de Gaulle", "Johnson & Johnson"
            let small = is_particle(word);
            let mut next = end + 1;
            // "of the", "von der"
            if small
                && next < sentence.end
                && (is_particle(self.document.word(next)) || self.document.word(next) == "the")
            {
                next += 1;
            }
            let after = self.document.word(next);
            let org_head = word != "of"
                || (start..end).any(|at| {
                    let head = self.document.word(at);
                    self.lexicon.organisation_words.contains(head) || self.lexicon.place_words.contains(head)
                });
            if small && org_head && next < sentence.end && capital(after) && self.document.tokens()[next].is_word {
                end = next + 1;
                continue;
            }
            break;
        }
        start..end
    }

    /// What a run names, with titles and common words cut off; `None` when it names nothing.
    fn classify(&self, run: Range<usize>, sentence: &Range<usize>, listed: bool) -> Option<Name> {
        let Range { mut start, end } = run;
        let word = |at: usize| self.document.word(at);
        let last = word(end - 1);
        let multi = end - start > 1;
        let organisation = multi
            && (self.lexicon.organisation_words.contains(last)
                || (start..end).any(|at| {
                    self.lexicon.organisation_words.contains(word(at))
                        && matches!(word(at + 1), "of" | "for")
                        && at + 1 < end
                }));
        if organisation && !(self.lexicon.first_names.contains_key(word(start)) && end - start == 2) {
            // "But Acme Inc.": what only opens the sentence is no part of the name.
            while start + 1 < end
                && self.is_common(word(start))
                && !listed
                && !self.lexicon.titles.contains(word(start))
                && self.opens(start, sentence.start)
            {
                start += 1;
            }
            if end - start == 1 {
                return None;
            }
            return Some(Name { tokens: start..end, kind: Kind::Organisation });
        }
        let place_begins = matches!(word(start), "Mount" | "Lake" | "Cape" | "Fort" | "Port" | "Isle" | "Gulf");
        if multi
            && (place_begins || self.lexicon.place_words.contains(last))
            && !self.lexicon.first_names.contains_key(word(start))
        {
            return Some(Name { tokens: start..end, kind: Kind::Place });
        }
        // Titles before a person.
        let mut titled = false;
        // "Energy Minister Jane Doe": the last role in the run ends the title.
        let role = (start..end.saturating_sub(1)).rev().find(|&at| {
            matches!(
                word(at),
                "Minister"
                    | "President"
                    | "Secretary"
                    | "Chancellor"
                    | "Governor"
                    | "Senator"
                    | "Director"
                    | "Chairman"
                    | "Chairwoman"
                    | "Spokesman"
                    | "Spokeswoman"
                    | "Mayor"
                    | "Ambassador"
                    | "Commissioner"
                    | "Judge"
                    | "Justice"
                    | "General"
                    | "Chief"
                    | "Captain"
                    | "Professor"
                    | "Correspondent"
                    | "Coach"
                    | "Manager"
            )
        });
        if let Some(role) = role {
            titled = true;
            start = role + 1;
        }
        while start < end {
            let here = word(start);
            let nationality = self.lexicon.demonyms.contains_key(here) || self.lexicon.places.contains_key(here);
            if self.lexicon.titles.contains(here)
                && (!self.lexicon.first_names.contains_key(here) || start + 2 < end)
                && here != "US"
                && here != "U.S."
                && here != "EU"
                && here != "UN"
            {
                titled = true;
                start += 1;
            } else if titled && nationality && start + 1 < end
                || self.is_common(here)
                    && !self.lexicon.first_names.contains_key(here)
                    && (titled || start + 1 == end || self.opens(start, sentence.start))
            {
                start += 1;
            } else {
                break;
            }
        }
        if start >= end {
            return None;
        }
        let first = word(start);
        // A listed name inside the run ends what comes before it.
        if let Some(inner) = (start + 1..end).find_map(|at| self.listed(at, end).filter(|name| name.tokens.end <= end))
        {
            let before = start..inner.tokens.start;
            let person = self.lexicon.first_names.contains_key(first) && inner.tokens.end == end && before.len() == 1;
            if !person && inner.kind == Kind::Other {
                return self.kind_of(&before, sentence, titled).map(|kind| Name { tokens: before, kind });
            }
        }
        let tokens = start..end;
        self.kind_of(&tokens, sentence, titled).map(|kind| Name { tokens, kind })
    }

    fn kind_of(&self, tokens: &Range<usize>, sentence: &Range<usize>, titled: bool) -> Option<Kind> {
        let word = |at: usize| self.document.word(at);
        let first = word(tokens.start);
        let last = word(tokens.end - 1);
        if titled && !all_caps(first) {
            return Some(Kind::Person);
        }
        if self.lexicon.first_names.contains_key(first) {
            return Some(Kind::Person);
        }
        let before = if tokens.start > sentence.start { word(tokens.start - 1) } else { "" };
        let after = word(tokens.end);
        let role_before = self.lexicon.titles.contains(titlecase(before).as_str()) && !before.is_empty();
        let speaks =
            matches!(after, "said" | "says" | "told" | "added" | "argued" | "wrote" | "tweeted" | "explained" | "who");
        let located = matches!(before, "in" | "at" | "near" | "from" | "across" | "outside" | "around");
        if tokens.len() == 1 {
            if all_caps(first) {
                let letters = first.chars().filter(|c| c.is_alphabetic()).count();
                let shouted = self.lower.contains(&first.to_lowercase());
                return ((2..=6).contains(&letters)
                    && !shouted
                    && !matches!(first, "TV" | "OK" | "AM" | "PM" | "DVD" | "PC" | "CEO"))
                .then_some(Kind::Organisation);
            }
            if first.ends_with('.') || first.chars().count() < 3 || self.lower.contains(&first.to_lowercase()) {
                return None;
            }
            // "Firefighters leave": nothing but its place gives it the capital.
            if self.opens(tokens.start, sentence.start) && !self.inside.contains(first) && !titled && !speaks {
                return None;
            }
            return if role_before || speaks {
                Some(Kind::Person)
            } else if located {
                Some(Kind::Place)
            } else {
                Some(Kind::Other)
            };
        }
        let words_are_names =
            tokens.clone().all(|at| !self.is_common(word(at)) || matches!(word(at), "of" | "de" | "la" | "al" | "the"));
        if all_caps(first) && all_caps(last) && tokens.len() > 3 {
            return None;
        }
        if located && !speaks && tokens.len() <= 2 {
            return Some(Kind::Place);
        }
        let shaped = tokens.clone().all(|at| {
            let word = word(at);
            word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\'' | '\u{2019}'))
                && (!all_caps(word) || word.contains('.'))
        });
        if words_are_names && shaped && tokens.len() <= 4 {
            let known_words = tokens.clone().filter(|&at| self.lower.contains(&word(at).to_lowercase())).count();
            return if known_words == 0 || role_before || speaks { Some(Kind::Person) } else { Some(Kind::Other) };
        }
        Some(Kind::Other)
    }

    /// A lone word that ends a person's full name in the text is that person.
    fn surnames(&self, names: Vec<Name>) -> Vec<Name> {
        let mut taken = vec![false; self.document.tokens().len()];
        for name in &names {
            taken[name.tokens.clone()].fill(true);
        }
        // A word that is a name of some kind elsewhere in the text is one everywhere.
        let mut known: HashMap<&str, Kind> = HashMap::new();
        for name in names.iter().filter(|name| name.kind != Kind::Other) {
            known.entry(self.document.words(&name.tokens)).or_insert(name.kind);
        }
        let mut all: Vec<Name> = names
            .into_iter()
            .map(|mut name| {
                if name.kind == Kind::Other {
                    name.kind = known.get(self.document.words(&name.tokens)).copied().unwrap_or(Kind::Other);
                }
                name
            })
            .map(|mut name| {
                let lone = name.tokens.len() == 1;
                if lone && name.kind != Kind::Person && self.persons.contains_key(self.document.word(name.tokens.start))
                {
                    let place = self.lexicon.places.contains_key(self.document.word(name.tokens.start));
                    if !place || self.persons[self.document.word(name.tokens.start)] > 1 {
                        name.kind = Kind::Person;
                    }
                }
                name
            })
            .collect();
        for (at, _) in taken.iter().enumerate().filter(|(_, taken)| !**taken) {
            if self.persons.contains_key(self.document.word(at)) {
                all.push(Name { tokens: at..at + 1, kind: Kind::Person });
            }
        }
        all.sort_by_key(|name| name.tokens.start);
        all
    }
}

/// Small words within names.
fn is_particle(word: &str) -> bool {
    const WORDS: [&str; 17] =
        ["of", "de", "la", "van", "von", "der", "den", "bin", "ibn", "al", "el", "del", "di", "da", "du", "dos", "&"];
    WORDS.contains(&word)
}

fn titlecase(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn is_month_or_day(word: &str) -> bool {
    const TIMES: [&str; 30] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Jan.",
        "Feb.",
        "Aug.",
        "Sept.",
        "Oct.",
        "Nov.",
        "Dec.",
        "Christmas",
        "Easter",
        "Ramadan",
        "Thanksgiving",
    ];
    TIMES.contains(&word)
}
