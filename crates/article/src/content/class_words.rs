//! The meanings of words in class names and ids.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::marks::Marks;
use crate::phrases::lines;

/// The longest list of names that is examined, in bytes.
const MAX_NAMES: usize = 500;
/// The maximum number of words of a name that count as one.
const MAX_WORDS: usize = 3;

/// The lists: whole words, and the starts of words, by their first letter.
struct Table {
    words: HashMap<&'static str, Marks>,
    starts: HashMap<u8, Vec<(&'static str, Marks)>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { words: HashMap::new(), starts: HashMap::new() };
    for (list, mark) in [
        (include_str!("../data/boilerplate-classes.txt"), Marks::BOILERPLATE),
        (include_str!("../data/overlay-classes.txt"), Marks::OVERLAY),
        (include_str!("../data/lead-classes.txt"), Marks::LEAD),
        (include_str!("../data/story-classes.txt"), Marks::STORY),
        (include_str!("../data/topic-classes.txt"), Marks::TOPICS),
        (include_str!("../data/box-classes.txt"), Marks::BOX),
        (include_str!("../data/media-classes.txt"), Marks::MEDIA),
        (include_str!("../data/wall-classes.txt"), Marks::WALL.and(Marks::BOILERPLATE)),
    ] {
        for word in lines(list) {
            match word.strip_suffix('*') {
                Some(start) => {
                    let first = start.bytes().next().unwrap_or_default();
                    table.starts.entry(first).or_default().push((start, mark));
                }
                None => {
                    let known = table.words.entry(word).or_default();
                    *known = known.and(mark);
                }
            }
        }
    }
    table
});

/// Returns what the names of a class or an id say. What an article is filed under (`tag-cookies`) says nothing of the element.
pub(crate) fn marks(names: &str) -> Marks {
    if names.len() > MAX_NAMES {
        return Marks::default();
    }
    of_element(names).fold(Marks::default(), |all, name| all.and(of(name)))
}

/// Returns the names of a class or an id, without those of what an article is filed under.
pub(crate) fn of_element(names: &str) -> impl Iterator<Item = &str> {
    let is_filed = |name: &&str| ["tag-", "category-"].iter().any(|filed| name.starts_with(filed));
    names.split_ascii_whitespace().filter(move |name| !is_filed(name))
}

/// Returns what a name like `story-related_links` or `authorBio` says.
fn of(name: &str) -> Marks {
    let mut marks = Marks::default();
    each_word(name, |word, rest| {
        if let Some(&found) = TABLE.words.get(word) {
            marks = marks.and(found);
        }
        let begin = rest.bytes().next().and_then(|letter| TABLE.starts.get(&letter));
        for (_, found) in begin.into_iter().flatten().filter(|(start, _)| rest.starts_with(start)) {
            marks = marks.and(*found);
        }
    });
    marks
}

/// Calls `with` for each word of a name, in lower case, and for neighbours as one word, so that `read-more` and `readMore` are
/// `readmore`; also with what follows from the word's start on. Marks and capitals part the words.
pub(crate) fn each_word(name: &str, mut with: impl FnMut(&str, &str)) {
    let mut lower = String::with_capacity(name.len());
    let mut starts = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if !before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && c.is_ascii_uppercase() {
                starts.push(lower.len());
            }
            lower.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    let end = |word: usize| starts.get(word).copied().unwrap_or(lower.len());
    for (first, &start) in starts.iter().enumerate() {
        for most in 1..=MAX_WORDS.min(starts.len() - first) {
            with(&lower[start..end(first + most)], &lower[start..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_names_are_parted_by_marks_and_capitals() {
        for (names, mark, is) in [
            ("story-related_links", Marks::BOILERPLATE, true),
            ("readMore", Marks::BOILERPLATE, true),
            ("c-read-more", Marks::BOILERPLATE, true),
            ("unrelated", Marks::BOILERPLATE, false),
            ("post-entry tag-cookies", Marks::OVERLAY, false),
            ("cookie-banner", Marks::OVERLAY, true),
            ("article__body-text", Marks::STORY, true),
            ("Standfirst_abc12", Marks::LEAD, true),
            ("infobox--blue", Marks::BOX, true),
            ("photo-gallery", Marks::MEDIA, true),
            ("", Marks::MEDIA, false),
        ] {
            assert_eq!(marks(names).has(mark), is, "{names}");
        }
    }
}
