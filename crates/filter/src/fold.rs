//! The form in which texts and words are compared: lowercase, without accents, with single spaces.

use unicode_normalization::UnicodeNormalization;

/// Appends the folded text. Folding works character by character, so a text that contains another one still contains it
/// when both are folded.
pub(crate) fn fold_into(out: &mut String, text: &str) {
    out.reserve(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            c if c.is_whitespace() => push_space(out),
            c if c.is_ascii() => out.push(c),
            c => fold_char(out, c),
        }
    }
}

/// Returns the folded text.
pub(crate) fn folded(text: &str) -> String {
    let mut out = String::new();
    fold_into(&mut out, text);
    out
}

fn push_space(out: &mut String) {
    if !out.ends_with(' ') {
        out.push(' ');
    }
}

fn fold_char(out: &mut String, c: char) {
    match c {
        // Invisible: soft hyphen, zero-width characters, the byte order mark.
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' => out.push('\''),
        '\u{201c}'..='\u{201f}' | '«' | '»' => out.push('"'),
        'ß' | 'ẞ' => out.push_str("ss"),
        // A letter of its own, unlike ё.
        'й' | 'Й' => out.push('й'),
        c => {
            for part in std::iter::once(c).nfkd().filter(|part| !is_accent(*part)) {
                for lower in part.to_lowercase() {
                    match lower {
                        'ς' => out.push('σ'),
                        lower if lower.is_whitespace() => push_space(out),
                        lower if !is_accent(lower) => out.push(lower),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Returns whether a mark only decorates its letter: accents, and the vowel points of Hebrew and Arabic. The marks of
/// other scripts distinguish words.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Returns whether the words at `range` of a folded text begin and end where words do.
pub(crate) fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let joined = |one: Option<char>, other: Option<char>| {
        one.zip(other).is_some_and(|(one, other)| is_of_word(one) && is_of_word(other))
    };
    let words = &text[start..end];
    !joined(text[..start].chars().next_back(), words.chars().next())
        && !joined(words.chars().next_back(), text[end..].chars().next())
}

/// Returns whether the character is joined with its neighbours to a word. Scripts without spaces between words join
/// nothing.
fn is_of_word(c: char) -> bool {
    let is_spaceless = matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    c.is_alphanumeric() && !is_spaceless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_spacing_do_not_count() {
        for (text, wanted) in [
            ("Économie\u{a0} \n PME", "economie pme"),
            ("STRASSE Straße", "strasse strasse"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("Ёлка йод", "елка йод"),
            ("it\u{2019}s \u{201c}so\u{201d}", "it's \"so\""),
            ("Kriegs\u{ad}ende", "kriegsende"),
            ("İstanbul", "istanbul"),
            ("バス", "ハ\u{3099}ス"),
            ("हिन्दी", "हिन्दी"),
        ] {
            assert_eq!(folded(text), wanted, "{text}");
        }
    }

    #[test]
    fn words_end_where_letters_end_except_in_scripts_without_spaces() {
        let is_whole = |text: &str, words: &str| {
            let start = text.find(words).unwrap();
            is_whole(text, start, start + words.len())
        };
        assert!(is_whole("https://a.example/sport/1", "sport"));
        assert!(!is_whole("https://a.example/transport/1", "sport"));
        assert!(is_whole("https://a.example/transport/", "/transport/"));
        assert!(is_whole("a c++ b", "c++"));
        assert!(!is_whole("the cats", "cat"));
        assert!(is_whole("総選挙が", "選挙"));
    }
}
