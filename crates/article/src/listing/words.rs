//! How much a text says, in any script.

/// Returns the number of words; two signs of a script that writes words together count as one.
pub(super) fn words(text: &str) -> usize {
    text.split_whitespace()
        .map(|word| {
            let signs = word.chars().filter(|&c| is_unspaced(c)).count();
            if signs > 0 { signs.div_ceil(2) } else { usize::from(word.chars().any(char::is_alphanumeric)) }
        })
        .sum()
}

/// Returns how much a text is like a headline: from -1, one short word, to 3.
pub(super) fn headline_score(text: &str) -> i32 {
    let by_words = match words(text) {
        0 | 1 => -1,
        2 => 0,
        3 => 1,
        4 => 2,
        _ => 3,
    };
    // Compounds make few words of much.
    let by_length = match text.chars().count() {
        0..18 => -1,
        18..28 => 1,
        28..40 => 2,
        _ => 3,
    };
    by_words.max(by_length)
}

/// Returns whether a character is of a script that does not part words by spaces.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_spaces_have_words_too() {
        for (text, wanted) in
            [("Ferry strike – day 3", 4), ("北浜港の新しい防波堤が完成", 7), ("ランキング", 3), ("–", 0)]
        {
            assert_eq!(words(text), wanted, "{text}");
        }
        assert!(headline_score("Waldbrandgefahr: Grillplätze bleiben geschlossen") > headline_score("Politik"));
    }
}
