//! Compares two versions of a text word by word, and decides whether the meaning changed.

use dateline_text::diff;

use super::slips::is_misspelling;

/// More edits than this are a rewrite.
const MOST_EDITS: usize = 60;
/// More small mends than this at once are looked at as a rewrite.
const MOST_MENDS: usize = 15;

/// A word, number or mark as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// The text, with plain quotation marks, apostrophes and dashes.
    text: String,
    kind: TokenKind,
    /// Whether it opens a sentence.
    opens: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenKind {
    Word,
    Number,
    Mark,
}

/// How much the words of two texts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    /// Not at all, as far as white space and the form of quotation marks and dashes go.
    None,
    /// Spelling and punctuation.
    Small,
    /// The meaning.
    Large,
}

/// The tokens of a text, appended.
pub(super) fn tokenise(text: &str, tokens: &mut Vec<Token>) {
    let mut opens = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let plain = plain(c);
        if plain.is_whitespace() {
            continue;
        }
        let mut token = Token { text: plain.to_string(), kind: TokenKind::Mark, opens };
        let starts_number = plain.is_numeric()
            || (is_currency(plain) || matches!(plain, '-' | '+')) && chars.peek().is_some_and(|next| next.is_numeric());
        if starts_number || plain.is_alphanumeric() {
            token.kind = if starts_number { TokenKind::Number } else { TokenKind::Word };
            while let Some(&next) = chars.peek() {
                let next = self::plain(next);
                let inner = next.is_alphanumeric()
                    || token.kind == TokenKind::Word && next == '\''
                    || token.kind == TokenKind::Number && (matches!(next, '.' | ',' | ':' | '%') || is_currency(next));
                if !inner {
                    break;
                }
                token.text.push(next);
                chars.next();
            }
            // The end of a sentence or of a quotation is not a part of the word.
            let end = token.text.trim_end_matches(['.', ',', ':', '\'']).len();
            let tail = token.text.split_off(end);
            opens = false;
            tokens.push(token);
            for mark in tail.chars() {
                opens |= ends_sentence(mark);
                tokens.push(Token { text: mark.to_string(), kind: TokenKind::Mark, opens: false });
            }
            continue;
        }
        opens = opens || ends_sentence(plain);
        if plain == '…' {
            "...".clone_into(&mut token.text);
        }
        tokens.push(token);
    }
}

fn ends_sentence(mark: char) -> bool {
    matches!(mark, '.' | '!' | '?' | ':' | '"' | '…' | '。')
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '€' | '£' | '¥' | '₹' | '₽' | '₩')
}

fn plain(c: char) -> char {
    match c {
        '‘' | '’' | '‚' | '‛' | 'ʼ' | '`' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => '"',
        '–' | '—' | '‐' | '‑' | '−' | '―' => '-',
        _ => c,
    }
}

/// Compares two texts.
pub(super) fn difference(old: &[Token], new: &[Token]) -> Difference {
    let same = |a: &Token, b: &Token| a.text == b.text;
    let before = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
    let behind = old[before..].iter().rev().zip(new[before..].iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let (old_part, new_part) = (&old[before..old.len() - behind], &new[before..new.len() - behind]);
    if old_part.is_empty() && new_part.is_empty() {
        return Difference::None;
    }
    let Some(hunks) = diff::hunks(old_part, new_part, same, MOST_EDITS) else { return Difference::Large };
    let context = BothTexts { old, new };
    let is_small = |hunk: &diff::Hunk| {
        let (old_at, new_at) = (before + hunk.old.0, before + hunk.new.0);
        context.is_mend(old_at, before + hunk.old.1, new_at, before + hunk.new.1)
    };
    if hunks.len() <= MOST_MENDS && hunks.iter().all(is_small) { Difference::Small } else { Difference::Large }
}

/// Returns whether numbers or negations differ between two texts.
pub(super) fn facts_differ(old: &[Token], new: &[Token]) -> bool {
    let facts = |tokens: &[Token]| {
        let mut facts: Vec<String> = tokens.iter().filter(|t| t.is_fact()).map(|t| t.text.to_lowercase()).collect();
        facts.sort_unstable();
        facts
    };
    facts(old) != facts(new)
}

/// Returns words that are not in the other text, on the side that has more of them.
pub(super) fn words_changed(old: &[Token], new: &[Token]) -> usize {
    let alone = |these: &[Token], those: &[Token]| {
        let those: std::collections::HashSet<String> = those.iter().map(|t| t.text.to_lowercase()).collect();
        these.iter().filter(|t| t.kind != TokenKind::Mark && !those.contains(&t.text.to_lowercase())).count()
    };
    alone(old, new).max(alone(new, old))
}

impl Token {
    fn is_fact(&self) -> bool {
        self.kind == TokenKind::Number || self.kind == TokenKind::Word && is_telling(&self.text.to_lowercase())
    }

    fn is_capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// Both texts, for what stands around a difference.
struct BothTexts<'a> {
    old: &'a [Token],
    new: &'a [Token],
}

impl BothTexts<'_> {
    /// Returns whether a difference mends spelling or punctuation and leaves what is said.
    fn is_mend(&self, old_from: usize, old_to: usize, new_from: usize, new_to: usize) -> bool {
        let (old, new) = (&self.old[old_from..old_to], &self.new[new_from..new_to]);
        let both = || old.iter().chain(new);
        let quotes = |tokens: &[Token]| tokens.iter().filter(|t| t.text == "\"").count();
        if quotes(old) != quotes(new) || facts_differ(old, new) {
            return false; // other words are quoted, or other things are said
        }
        let words = |tokens: &[Token]| -> Vec<String> {
            tokens.iter().filter(|t| t.kind != TokenKind::Mark).map(|t| t.text.to_lowercase()).collect()
        };
        let (old_words, new_words) = (words(old), words(new));
        // Case, hyphens, apostrophes and marks.
        if letters(&old_words) == letters(&new_words) {
            return true;
        }
        if both().any(|token| token.kind == TokenKind::Word && self.is_name(token)) {
            return false;
        }
        match (old_words.is_empty(), new_words.is_empty()) {
            (true, false) => Self::is_small_words(self.new, new_from, new_to),
            (false, true) => Self::is_small_words(self.old, old_from, old_to),
            _ => {
                old_words.len() == new_words.len()
                    && old_words.iter().zip(&new_words).all(|(a, b)| a == b || is_misspelling(a, b))
            }
        }
    }

    /// Returns whether it is written with a capital that the beginning of a sentence does not explain.
    fn is_name(&self, token: &Token) -> bool {
        if !token.is_capital() {
            return false;
        }
        let lower = token.text.to_lowercase();
        !token.opens || !self.old.iter().chain(self.new).any(|other| other.text == lower)
    }

    /// Returns whether words that are in one text only carry nothing: an article, or a word said twice.
    fn is_small_words(tokens: &[Token], from: usize, to: usize) -> bool {
        const SMALL: [&str; 8] = ["a", "an", "the", "of", "to", "that", "and", "has"];
        let same = |a: &Token, b: &Token| a.text.eq_ignore_ascii_case(&b.text);
        (from..to).filter(|&i| tokens[i].kind == TokenKind::Word).count() <= 1
            && (from..to).filter(|&i| tokens[i].kind == TokenKind::Word).all(|i| {
                let twice = i > 0 && same(&tokens[i - 1], &tokens[i])
                    || tokens.get(i + 1).is_some_and(|next| same(next, &tokens[i]));
                twice || SMALL.contains(&tokens[i].text.to_lowercase().as_str())
            })
    }
}

fn letters(words: &[String]) -> String {
    words.iter().flat_map(|word| word.chars()).filter(|c| *c != '\'').collect()
}

/// Returns whether a word negates a sentence or is a number.
fn is_telling(word: &str) -> bool {
    const TELLING: [&str; 92] = [
        "no",
        "not",
        "never",
        "none",
        "nobody",
        "nothing",
        "nor",
        "neither",
        "without",
        "cannot",
        "hardly",
        "nicht",
        "kein",
        "keine",
        "keinen",
        "nie",
        "niemand",
        "ohne",
        "ne",
        "pas",
        "jamais",
        "sans",
        "aucun",
        "aucune",
        "nunca",
        "sin",
        "ningún",
        "mai",
        "senza",
        "não",
        "sem",
        "niet",
        "geen",
        "nooit",
        "zonder",
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "dozen",
        "dozens",
        "hundred",
        "hundreds",
        "thousand",
        "thousands",
        "million",
        "millions",
        "billion",
        "billions",
        "trillion",
        "half",
        "double",
        "triple",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "only",
        "all",
        "every",
        "some",
        "most",
    ];
    word.ends_with("n't") || TELLING.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &str, new: &str) -> Difference {
        let tokens = |text: &str| {
            let mut tokens = Vec::new();
            tokenise(text, &mut tokens);
            tokens
        };
        difference(&tokens(old), &tokens(new))
    }

    #[test]
    fn a_slip_of_the_pen_is_distinguished_from_another_word() {
        use Difference::{Large, None, Small};
        for (old, new, want) in [
            ("He said: “Go.”", "He said:  \"Go.\"", None),
            ("It is late – too late.", "It is late - too late.", None),
            ("The goverment met on Monday.", "The government met on Monday.", Small),
            ("They will recieve the money.", "They will receive the money.", Small),
            ("In teh end they left.", "In the end they left.", Small),
            ("They met at the the station.", "They met at the station.", Small),
            ("He went to station.", "He went to the station.", Small),
            ("Its a long way.", "It's a long way.", Small),
            ("They co-operate, and pay.", "They cooperate and pay.", Small),
            ("The senate met.", "The Senate met.", Small),
            ("4 dead in a fire", "5 dead in a fire", Large),
            ("It cost $1.5 million.", "It cost $15 million.", Large),
            ("It cost $3 million.", "It cost €3 million.", Large),
            ("Growth of -2 percent", "Growth of 2 percent", Large),
            ("It cost a million.", "It cost a billion.", Large),
            ("He did resign.", "He did not resign.", Large),
            ("She can go.", "She can't go.", Large),
            ("It is legal.", "It is illegal.", Large),
            ("He was fired on Friday.", "He was fined on Friday.", Large),
            ("Minister Jon Smith said so.", "Minister Jon Smyth said so.", Large),
            ("Smith said so.", "Smyth said so.", Large),
            ("The minister left.", "The ministers left.", Large),
            ("The trial begins.", "The trail begins.", Large),
            ("He called it a lie.", "He called it \"a lie\".", Large),
            ("He left.", "He left. Nobody saw him go.", Large),
            ("It is new now.", "It is new not.", Large),
            ("Sixteen people came.", "Sixty people came.", Large),
            ("Some came.", "All came.", Large),
        ] {
            assert_eq!(between(old, new), want, "{old} → {new}");
            assert_eq!(between(new, old), want, "{new} → {old}");
        }
    }

    #[test]
    fn many_differences_are_a_rewrite_and_cost_little() {
        let old: String = (0..20_000).map(|i| format!("one{i} ")).collect();
        let new: String = (0..20_000).map(|i| format!("two{i} ")).collect();
        let started = std::time::Instant::now();
        assert_eq!(between(&old, &new), Difference::Large);
        assert!(started.elapsed().as_secs() < 2);
    }
}
