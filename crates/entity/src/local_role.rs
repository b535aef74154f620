//! The roles that a text in another language gives to persons: "Bundeskanzler", "ministre de l'Intérieur".

use std::ops::Range;

use dateline_record::{Entity, EntityType};
use dateline_text::Document;

use super::local::Local;
use super::role::names;
use super::role_words::{Part, RoleWords};

/// Words of the longest role.
const MAX_WORDS: usize = 10;
/// Words in lower case after a link that no list has: "professor i internasjonal politikk".
const MAX_PLAIN: usize = 2;

/// Sets the role of each person to which the text gives one: before the name, or in commas after it; the first that stands.
pub(super) fn attach(document: &Document, entities: &mut [Entity], local: &Local) {
    let mut named = vec![None; document.tokens().len()];
    for entity in entities.iter() {
        for tokens in names(document, entity) {
            named[tokens].fill(Some(entity.r#type));
        }
    }
    let roles = Roles { document, local, words: &local.roles, named };
    for entity in entities.iter_mut().filter(|entity| entity.r#type == EntityType::Person) {
        let role = names(document, entity).find_map(|name| {
            let sentence = document.sentences().partition_point(|sentence| sentence.end <= name.start);
            let sentence = document.sentences().get(sentence)?;
            roles.before(sentence, &name).or_else(|| roles.behind(sentence, &name))
        });
        entity.role = role;
    }
}

/// Finds the roles of a text.
struct Roles<'a> {
    document: &'a Document,
    local: &'a Local,
    words: &'a RoleWords,
    /// What the name is that a token belongs to.
    named: Vec<Option<EntityType>>,
}

impl Roles<'_> {
    /// "Bundeskanzler" before "Olaf Scholz"; "ministre de l'Intérieur," before "Gérald Darmanin".
    fn before(&self, sentence: &Range<usize>, name: &Range<usize>) -> Option<String> {
        let addressed = |at: &usize| *at > sentence.start && self.words.is_address(self.word(at - 1));
        let named = std::iter::successors(Some(name.start), |at| addressed(at).then(|| at - 1)).last()?;
        let has_comma = named > sentence.start && self.word(named - 1) == ",";
        let end = named - usize::from(has_comma);
        let first = sentence.start.max(end.saturating_sub(MAX_WORDS));
        let office = (first..end).rev().find(|&at| self.is_office(sentence, at))?;
        if self.reach(office, end, false) != end {
            return None;
        }
        let start = self.opening(sentence, office);
        let fits = if has_comma {
            name.len() > 1
                && (self.closes(sentence, name.end) || self.word(name.end) == "(")
                && !self.is_behind_person(sentence, start)
                && !self.is_complement(sentence, start)
        } else if end == office + 1 {
            !self.words.is_weak(self.word(office)) || self.is_shown(sentence, office)
        } else {
            self.ends_complement(end - 1)
        };
        let nominative = self.words.nominative(self.word(office));
        // "der frühere Minister", but not "des früheren Minister".
        if !fits || nominative.is_some() && start < office {
            return None;
        }
        let rest = &self.document.words(&(office..end))[nominative.map_or(0, |_| self.word(office).len())..];
        match nominative {
            Some(word) => Some(format!("{word}{rest}")),
            None => Some(self.document.words(&(start..end)).to_owned()),
        }
    }

    /// "Präsidentin der Kommission" after "Ursula von der Leyen,".
    fn behind(&self, sentence: &Range<usize>, name: &Range<usize>) -> Option<String> {
        let comma = self.apposition(name.end);
        if !sentence.contains(&(comma + 1)) || self.word(comma) != "," {
            return None;
        }
        let has_article = self.words.is_determiner(self.word(comma + 1));
        let has_genitive = self.words.is_genitive(self.word(comma + 1));
        let start = comma + 1 + usize::from(has_article || has_genitive);
        let limit = sentence.end.min(start + MAX_WORDS);
        let office = (start..limit).find(|&at| !self.words.is_qualifier(self.word(at)))?;
        if !self.words.is_office(self.word(office)) {
            return None;
        }
        let end = self.reach(office, limit, true);
        // "Neben Merkel, dem Präsidenten und dem Minister"; "avec Macron, le ministre de la Justice, Éric Martin".
        let other = has_article && self.named.get(end + 1) == Some(&Some(EntityType::Person));
        (self.closes(sentence, end) && !other).then(|| self.document.words(&(start..end)).to_owned())
    }

    /// Returns the comma before an apposition, after an age or a party: "Maria Keller, 54, Ärztin", "Lena Ek (C), minister".
    fn apposition(&self, end: usize) -> usize {
        let word = |token: usize| self.word(end + token);
        let is_age = || word(1).len() <= 3 && word(1).chars().all(|c| c.is_ascii_digit());
        match word(0) {
            "(" if word(2) == ")" => end + 3,
            "," if word(2) == "," && is_age() => end + 2,
            _ => end,
        }
    }

    fn word(&self, token: usize) -> &str {
        self.document.word(token)
    }

    /// Returns whether a token is an office; "général" is one only where nothing stands before it that it qualifies.
    fn is_office(&self, sentence: &Range<usize>, at: usize) -> bool {
        let word = self.word(at);
        let has_cases = self.document.language().has_capital_nouns();
        if !(self.words.is_office(word) || has_cases && self.words.nominative(word).is_some()) {
            return false;
        }
        let qualifies = || {
            let before = self.word(at - 1);
            let is_noun = matches!(self.words.part(before, false), Part::Plain | Part::Adjective | Part::Proper);
            let is_small = self.words.is_small(before) || self.words.is_determiner(before);
            is_noun && !is_small && !self.words.is_qualifier(before)
        };
        !(self.words.is_adjective(word) && at > sentence.start && qualifies())
    }

    /// Returns where the role around an office begins: at "stellvertretender", at "Wirtschafts- und", at another office.
    fn opening(&self, sentence: &Range<usize>, office: usize) -> usize {
        let mut start = office;
        while start > sentence.start && office - start < MAX_WORDS {
            let before = self.word(start - 1);
            let two_before = || if start > sentence.start + 1 { self.word(start - 2) } else { "" };
            let is_double = || self.words.is_qualifier(&format!("{}_{before}", two_before()));
            let is_aim = || self.words.is_aim(before) && self.words.is_office(two_before());
            if self.words.is_qualifier(before) || self.words.is_office(before) && !self.words.is_weak(before) {
                start -= 1;
            } else if is_double() || is_aim() {
                start -= 2;
            } else if start > sentence.start + 2 && self.is_open_compound(start - 2) {
                start -= 3;
            } else {
                break;
            }
        }
        start
    }

    /// Returns the end of the role that an office opens: the last place up to `limit` at which it may end.
    fn reach(&self, office: usize, limit: usize, is_behind: bool) -> usize {
        let (mut end, mut last, mut plain) = (office + 1, Part::Office, 0);
        for at in office + 1..limit {
            if self.is_open_compound(at) {
                continue;
            }
            let word = self.word(at);
            let after_link = matches!(last, Part::Link | Part::Article);
            let mut part = self.words.part(word, last == Part::Link);
            let is_first_adjective = part == Part::Adjective && after_link;
            if is_first_adjective {
                part = Part::Plain;
            }
            let open = matches!(last, Part::Link | Part::Article | Part::And);
            // After "le président" a name is that of somebody else, unless the role says whose it is.
            let is_person = self.named[at] == Some(EntityType::Person);
            let begins_person = is_person && self.named[at - 1] != Some(EntityType::Person);
            let fits = match part {
                Part::Link => !matches!(last, Part::Link | Part::Article),
                Part::Article => true,
                Part::And => !open && (last != Part::Office || self.words.is_office(self.word(at + 1))),
                Part::Adjective => !open,
                Part::Proper => !begins_person || after_link,
                Part::Plain => {
                    plain = if after_link { 1 } else { plain + 1 };
                    after_link
                        || last == Part::And && self.words.is_office(word)
                        || is_behind && (last == Part::Proper || last == Part::Plain && plain <= MAX_PLAIN)
                }
                Part::Office | Part::Outside => false,
            };
            if !fits {
                break;
            }
            if !matches!(part, Part::Link | Part::Article | Part::And) {
                end = at + 1;
            }
            if part != Part::Plain {
                plain = 0;
            }
            // "ministro della pubblica sicurezza": the noun still comes.
            last = if is_first_adjective { Part::Article } else { part };
        }
        end
    }

    /// Returns whether a word may end what belongs to an office directly before a name: "Frankreichs", "Intérieur", "américain"; not
    /// somebody else, as in "el abogado del empresario Juan García".
    fn ends_complement(&self, last: usize) -> bool {
        let word = self.word(last);
        match (self.words.part(word, false), self.named[last]) {
            (_, Some(EntityType::Person)) => false,
            // "l'avocat du Français Luc Martin"
            (_, Some(EntityType::Other)) if !self.local.demonyms.is_empty() => false,
            (Part::Adjective, _) | (Part::Proper, Some(_)) => true,
            (Part::Proper, None) => {
                !self.document.language().has_capital_nouns() && !self.local.demonyms.contains_key(word)
            }
            _ => self.words.is_field(word),
        }
    }

    /// Returns whether what stands before an office shows that it is not a verb.
    fn is_shown(&self, sentence: &Range<usize>, office: usize) -> bool {
        office > sentence.start && self.words.shows_office(self.word(office - 1))
    }

    /// Returns whether a role stands in commas after a person, to whom it may belong.
    fn is_behind_person(&self, sentence: &Range<usize>, start: usize) -> bool {
        let article = usize::from(start > sentence.start && self.words.is_determiner(self.word(start - 1)));
        let Some(comma) = (start - article).checked_sub(1).filter(|&comma| comma > sentence.start) else {
            return false;
        };
        self.word(comma) == "," && self.named[comma - 1] == Some(EntityType::Person)
    }

    /// Returns whether a role belongs to what stands before it: "la esposa del presidente", "le directeur de cabinet du président".
    fn is_complement(&self, sentence: &Range<usize>, start: usize) -> bool {
        let link = |at: usize| at > sentence.start && self.words.part(self.word(at), false) == Part::Link;
        let Some(at) = [1, 2].iter().filter_map(|back| start.checked_sub(*back)).find(|&at| link(at)) else {
            return false;
        };
        let first = sentence.start.max(at.saturating_sub(MAX_WORDS));
        let is_head = |head: &usize| self.words.is_office(self.word(*head)) || self.words.is_relation(self.word(*head));
        (first..at).rev().find(is_head).is_some_and(|head| self.reach(head, at, true) == at)
    }

    /// Returns whether a token is the hyphen of "Wirtschafts- und Klimaminister".
    fn is_open_compound(&self, at: usize) -> bool {
        let tokens = self.document.tokens();
        let is_hyphen = self.word(at) == "-" && !tokens[at].spaced && at > 0 && tokens[at - 1].is_word;
        is_hyphen && self.words.is_and(self.word(at + 1))
    }

    /// Returns whether an apposition ends at a token.
    fn closes(&self, sentence: &Range<usize>, at: usize) -> bool {
        at >= sentence.end
            || self.word(at) == "-" && self.document.tokens()[at].spaced
            || matches!(self.word(at), "," | "." | ";" | ":" | ")" | "\u{2013}" | "\u{2014}" | "!" | "?")
    }
}
