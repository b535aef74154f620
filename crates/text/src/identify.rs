//! Recognizes the language of a text among those that have rules, by its groups of three letters. A text in any other language, or in
//! none (a list of names, a table), is recognized by the same groups, by whatlang and by small words.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::language::language;
use super::languages::Language;
use super::words::WordCounts;

/// The length of the examined text, in bytes.
const SAMPLE: usize = 1200;
/// Groups of letters from which a text is long enough to be judged by how common its groups are.
const ENOUGH: u32 = 30;
/// The greatest weight of a hundred groups of a text in its language.
const MOST: u32 = 300;
/// The same where the language is ahead of all others by so much.
const MOST_AHEAD: u32 = 430;
const AHEAD_OF_ALL: u32 = 40;
/// The weight of a group that is in no list.
const UNKNOWN: u32 = 12;
/// The weight of a hundred groups from which a text is in none of the languages, not even a list of names.
const MOST_ANY: u32 = 550;
/// The weight by which another language must be ahead of English if no small words show it.
const AHEAD: u32 = 16;
/// The weight per hundred groups by which a language must be ahead of every other, for a text that overrules the language that it is said to be in.
const SURELY_AHEAD: u32 = 50;

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identified {
    /// The language, if it has rules. English also for a text that may be English.
    pub language: Option<Language>,
    /// The ISO 639 code of the language, `und` if it is uncertain: also that of a text that may be English or none.
    pub code: &'static str,
    /// Whether the text is long and plain enough to overrule what is declared.
    pub is_sure: bool,
}

/// The weights of groups of letters: how much less likely each is in a language than where it is likeliest.
struct Groups {
    /// The ISO 639-1 codes of the languages; not all of them have rules.
    codes: Vec<&'static str>,
    weights: HashMap<[char; 3], u64>,
}

static GROUPS: LazyLock<Groups> = LazyLock::new(|| {
    let mut lines = include_str!("../weights/language-trigrams.txt").lines();
    let codes = lines.next().unwrap_or_default().split_whitespace().skip(1).collect();
    let weights = lines.filter_map(|line| {
        let mut chars = line.chars();
        let group = [chars.next()?, chars.next()?, chars.next()?].map(|c| if c == '_' { ' ' } else { c });
        Some((group, u64::from_str_radix(chars.as_str(), 16).ok()?))
    });
    Groups { codes, weights: weights.collect() }
});

/// What the groups of a text weigh in each language.
struct Weights {
    sums: Vec<u32>,
    /// Groups, and how many of them are in the list.
    all: u32,
    known: u32,
}

impl Weights {
    fn of(text: &str) -> Self {
        let groups = &*GROUPS;
        let width = groups.codes.len();
        let mut weights = Self { sums: vec![0; width], all: 0, known: 0 };
        let mut last = [' ', ' '];
        let sample = &text[..text.floor_char_boundary(SAMPLE)];
        for c in sample.chars().flat_map(char::to_lowercase).chain([' ']) {
            let c = if c.is_alphabetic() { c } else { ' ' };
            if c == ' ' && last[1] == ' ' {
                continue;
            }
            // A word of one letter has one group; before it there is none.
            if last[1] != ' ' {
                weights.all += 1;
                if let Some(row) = groups.weights.get(&[last[0], last[1], c]) {
                    weights.known += 1;
                    for (at, sum) in weights.sums.iter_mut().enumerate() {
                        *sum += (row >> ((width - 1 - at) * 4) & 15) as u32;
                    }
                }
            }
            last = [last[1], c];
        }
        weights
    }

    /// Returns the weight in a language.
    fn of_code(&self, code: &str) -> u32 {
        GROUPS.codes.iter().position(|known| *known == code).map_or(u32::MAX, |at| self.sums[at])
    }

    /// Returns the code of the language in which the text is likeliest.
    fn best(&self) -> &'static str {
        let best = (0..self.sums.len()).min_by_key(|&at| self.sums[at]);
        best.map_or("en", |at| GROUPS.codes[at])
    }

    /// Returns whether a language is ahead of all that are not akin to it by this weight per hundred groups.
    fn is_ahead(&self, best: &str, by: u32) -> bool {
        let others = GROUPS.codes.iter().zip(&self.sums).filter(|(code, _)| !are_akin(code, best));
        let next = others.map(|(_, sum)| *sum).min().unwrap_or(0);
        next.saturating_sub(self.of_code(best)) * 100 >= by * self.all
    }

    /// Returns the weight of a hundred groups in a language.
    fn average(&self, code: &str) -> u32 {
        (self.of_code(code) + (self.all - self.known) * UNKNOWN) * 100 / self.all.max(1)
    }

    /// Returns whether the groups of the text are common in a language; with many foreign names they are less so, but then the
    /// language is far ahead of the others.
    fn are_common(&self, best: &str) -> bool {
        let average = self.average(best);
        self.all < ENOUGH || average <= MOST || average <= MOST_AHEAD && self.is_ahead(best, AHEAD_OF_ALL)
    }
}

/// Returns whether two languages are the same, or so similar that a text in one may pass for the other.
fn are_akin(one: &str, other: &str) -> bool {
    let danish_or_norwegian = |code: &str| matches!(code, "da" | "nb");
    one == other || danish_or_norwegian(one) && danish_or_norwegian(other)
}

/// Returns the language of a text.
pub fn identify(text: &str) -> Identified {
    let weights = Weights::of(text);
    let words = WordCounts::of(text);
    let detected = LazyCell::new(|| language(text));
    let has_no_rules = |code: &&'static str| Language::of(code).is_none();
    let without_rules = |code, is_sure| Identified { language: None, code, is_sure };
    if words.are_in_another_script() {
        return without_rules(detected.filter(has_no_rules).unwrap_or("und"), words.are_surely_in_another_script());
    }
    if words.have_unusual_letters() && detected.is_none_or(|code| has_no_rules(&code)) {
        return without_rules(detected.unwrap_or("und"), true);
    }

    let best = weights.best();
    let is_common = weights.are_common(best);
    let is_long = weights.all >= 2 * ENOUGH;
    // The language by whatlang of a text whose small words are not English.
    let foreign = words.are_foreign().then(|| detected.filter(|code| *code != "en").unwrap_or("und"));
    let is_sure = is_long && weights.is_ahead(best, SURELY_AHEAD);
    // Without small words of other languages, names alone must not look like Welsh.
    let is_unlike = foreign.is_some() || weights.all >= 4 * ENOUGH && !is_common && words.lack_english();
    let is_other = is_long && is_unlike && detected.is_some_and(|code| has_no_rules(&code));
    // What is surely like Finnish, such as Estonian, has no rules either.
    let is_surely_other = is_other || is_sure && has_no_rules(&best);
    let other = |code| without_rules(if has_no_rules(&code) { code } else { "und" }, is_surely_other);
    let may_be_english = || {
        let is_sure = is_sure && best == "en";
        let shows =
            is_sure || words.are_english() || best == "en" && weights.all >= ENOUGH && weights.average("en") <= MOST;
        Identified { language: Some(Language::ENGLISH), code: if shows { "en" } else { "und" }, is_sure }
    };
    let is_strange = is_long && weights.average(best) > MOST_ANY;
    if is_strange || is_long && !is_common && (best != "en" || is_other) {
        let found = foreign.or(*detected).filter(has_no_rules);
        if is_strange || found.is_some() {
            return other(found.unwrap_or("und"));
        }
    }
    let is_ahead = weights.of_code("en").saturating_sub(weights.of_code(best)) >= AHEAD;
    if best == "en" || foreign.is_none() && !is_ahead || foreign != Some(best) && !is_common {
        return foreign.map_or_else(may_be_english, other);
    }
    // Catalan, Afrikaans and others look like one of the languages; whatlang knows them.
    if let Some(code) = detected.filter(|code| has_no_rules(code) && *code != best) {
        return other(code);
    }
    Identified { language: Language::of(best), code: best, is_sure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_with_rules_are_recognized_in_short_texts() {
        for (want, text) in [
            ("en", "The mayor opened the bridge on Monday."),
            ("de", "Der B\u{fc}rgermeister er\u{f6}ffnete am Montag die Br\u{fc}cke."),
            ("fr", "Le maire a inaugur\u{e9} le pont lundi."),
            ("es", "El alcalde inaugur\u{f3} el puente el lunes."),
            ("it", "Il sindaco ha inaugurato il ponte luned\u{ec}."),
            ("nl", "De burgemeester opende maandag de brug."),
            ("pt", "O prefeito inaugurou a ponte na segunda-feira."),
            // A foreign sentence within a text does not change its language.
            (
                "de",
                "Der Minister sagte: \u{201e}We shall never give up, and we will win in the end.\u{201c} Danach verlie\u{df} er \
                 den Saal, ohne Fragen der Journalisten zu beantworten, die lange gewartet hatten.",
            ),
            // Names and figures alone may be of any language.
            ("en", "1. Maria Keller 2:05.1\n2. Ana Ruiz 2:06"),
            ("en", ""),
        ] {
            let found = identify(text);
            assert_eq!(found.language.map(Language::code), Some(want), "{text}: {found:?}");
        }
    }

    #[test]
    fn other_languages_have_no_model() {
        for text in [
            "Minister powiedzia\u{142}, \u{17c}e rozmowy w stolicy b\u{119}d\u{105} kontynuowane w przysz\u{142}ym tygodniu, a rz\u{105}d \
             przedstawi nowy plan dla mieszka\u{144}c\u{f3}w.",
            "Ministr \u{159}ekl, \u{17e}e jedn\u{e1}n\u{ed} v hlavn\u{ed}m m\u{11b}st\u{11b} budou pokra\u{10d}ovat p\u{159}\u{ed}\u{161}t\u{ed} \
             t\u{fd}den a vl\u{e1}da p\u{159}edlo\u{17e}\u{ed} nov\u{fd} pl\u{e1}n.",
            "Bakan, ba\u{15f}kentteki g\u{f6}r\u{fc}\u{15f}melerin gelecek hafta s\u{fc}rece\u{11f}ini ve h\u{fc}k\u{fc}metin halk i\u{e7}in \
             yeni bir plan sunaca\u{11f}\u{131}n\u{131} s\u{f6}yledi.",
            "Ministrul a declarat c\u{103} discu\u{21b}iile din capital\u{103} vor continua s\u{103}pt\u{103}m\u{e2}na viitoare, iar \
             guvernul va prezenta un nou plan.",
            "El ministre va dir que les converses a la capital continuaran la setmana vinent i que el govern presentar\u{e0} un \
             nou pla per als habitants de la ciutat.",
            "Die minister het ges\u{ea} dat die gesprekke in die hoofstad volgende week sal voortgaan en dat die regering 'n nuwe \
             plan vir die inwoners sal voorl\u{ea}.",
            "A miniszter azt mondta, hogy a f\u{151}v\u{e1}rosi t\u{e1}rgyal\u{e1}sok j\u{f6}v\u{151} h\u{e9}ten folytat\u{f3}dnak, \
             \u{e9}s a korm\u{e1}ny \u{fa}j tervet terjeszt el\u{151}.",
            "\u{41c}\u{438}\u{43d}\u{438}\u{441}\u{442}\u{440} \u{441}\u{43a}\u{430}\u{437}\u{430}\u{43b}, \u{447}\u{442}\u{43e} \
             \u{43f}\u{435}\u{440}\u{435}\u{433}\u{43e}\u{432}\u{43e}\u{440}\u{44b} \u{431}\u{443}\u{434}\u{443}\u{442} \
             \u{43f}\u{440}\u{43e}\u{434}\u{43e}\u{43b}\u{436}\u{435}\u{43d}\u{44b}.",
        ] {
            assert_eq!(identify(text).language, None, "{text}: {:?}", identify(text));
        }
    }
}
