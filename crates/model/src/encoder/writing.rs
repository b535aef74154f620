//! How the words of a text are written elsewhere in it. For a word that opens a sentence or stands in a headline, this
//! tells whether its capital belongs to a name. `training/accurate/data.py` does the same.

use std::collections::HashMap;
use std::ops::Range;

use dateline_text::Document;

use super::pieces::{Shape, shape};

/// Added to the number of a word in a headline.
const HEADLINE: u8 = 4;

/// The writing of a text's words.
pub(super) struct Writing {
    /// For each word in lower case, how often it is written in lower case, with a capital and in capitals.
    seen: HashMap<String, [u32; 3]>,
}

impl Writing {
    /// Counts the words inside ordinary sentences.
    pub(super) fn new(document: &Document) -> Self {
        let mut seen: HashMap<String, [u32; 3]> = HashMap::new();
        for sentence in document.sentences().iter().filter(|sentence| !is_headline(document, sentence)) {
            for word in sentence.clone().skip(1).map(|at| document.word(at)) {
                let slot = match shape(word) {
                    Shape::Lower | Shape::Mixed => 0,
                    Shape::Title | Shape::Camel | Shape::Single => 1,
                    Shape::Upper => 2,
                    Shape::Other | Shape::Digit | Shape::Alnum => continue,
                };
                seen.entry(word.to_lowercase()).or_default()[slot] += 1;
            }
        }
        Self { seen }
    }

    /// 0: not seen; 1, 2, 3: mostly in lower case, with a capital, in capitals; 4 more in a headline.
    pub(super) fn of(&self, word: &str, in_headline: bool) -> u8 {
        let mostly = self.seen.get(&word.to_lowercase()).map_or(0, |counts| {
            let most = counts.iter().max();
            (1..).zip(counts).find(|(_, count)| Some(*count) == most).map_or(0, |(number, _)| number)
        });
        mostly + if in_headline { HEADLINE } else { 0 }
    }
}

/// Returns whether most words of a sentence begin with a capital, so a capital tells nothing.
pub(super) fn is_headline(document: &Document, sentence: &Range<usize>) -> bool {
    let (mut long, mut capital) = (0, 0);
    for word in sentence.clone().map(|at| document.word(at)) {
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        let first = letters.next();
        if letters.count() >= 3 {
            long += 1;
            capital += usize::from(first.is_some_and(char::is_uppercase));
        }
    }
    long >= 2 && 10 * capital > 7 * long
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline_text::paragraphs;

    #[test]
    fn writing_elsewhere_is_known() {
        let text = "STORM HITS NORTHERN VALE\nThe storm reached Vale on Monday. In Vale, NATO waited. Storm Ada left.";
        let document = Document::new(text, &paragraphs(text));
        let headlines: Vec<bool> = document.sentences().iter().map(|s| is_headline(&document, s)).collect();
        assert_eq!(headlines, [true, false, false, false]);
        let writing = Writing::new(&document);
        for (word, headline, want) in
            [("STORM", true, 5), ("Vale", false, 2), ("VALE", true, 6), ("nato", false, 3), ("hits", false, 0)]
        {
            assert_eq!(writing.of(word, headline), want, "{word}");
        }
    }
}
