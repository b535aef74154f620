//! The roles that a text gives to persons: "Foreign Ministry spokesman", "mayor of Springfield".

use std::ops::Range;

use dateline_model::lexicon;
use dateline_record::{Entity, EntityType, MentionKind};
use dateline_text::Document;

use super::occupation::{is_person_noun, is_qualifier, is_role, with_both_marks};

/// Words of the longest role.
const MAX_WORDS: usize = 10;
/// Words of a clause, which says more than what somebody is.
const CLAUSE: [&str; 10] = ["who", "whose", "whom", "which", "is", "was", "has", "had", "said", "says"];
/// Sets the role of each person to which the text gives one: before the name, or in commas after it; the first that stands.
pub(super) fn attach(document: &Document, entities: &mut [Entity]) {
    let mut named: Vec<bool> = vec![false; document.tokens().len()];
    for entity in entities.iter() {
        for tokens in names(document, entity) {
            named[tokens].fill(true);
        }
    }
    for entity in entities.iter_mut().filter(|entity| entity.r#type == EntityType::Person) {
        let role = names(document, entity).find_map(|name| {
            let sentence = document.sentences().partition_point(|sentence| sentence.end <= name.start);
            let sentence = document.sentences().get(sentence)?;
            before(document, sentence, &name, &named).or_else(|| behind(document, sentence, &name))
        });
        entity.role = role;
    }
}

/// Returns the tokens of an entity's names.
pub(super) fn names<'a>(document: &'a Document, entity: &'a Entity) -> impl Iterator<Item = Range<usize>> + 'a {
    let names = entity.mentions.iter().filter(|mention| mention.kind == MentionKind::Name);
    let tokens = |start: usize, end: usize| document.token_at(start)..document.token_at(end - 1) + 1;
    names.map(move |mention| tokens(mention.start, mention.end)).filter(|tokens| tokens.end <= document.tokens().len())
}

/// "Foreign Ministry spokesman" before "Heorhii Tykhyi".
fn before(document: &Document, sentence: &Range<usize>, name: &Range<usize>, named: &[bool]) -> Option<String> {
    let mut start = name.start;
    if start == sentence.start || !is_role(document.word(start - 1)) {
        return None;
    }
    while start > sentence.start && name.start - start < MAX_WORDS {
        let word = document.word(start - 1);
        let belongs = is_role(word)
            || is_qualifier(word)
            || named[start - 1]
            || start - 1 > sentence.start && is_proper(word)
            || word == "'s" && start - 1 > sentence.start && named[start - 2];
        if !belongs {
            break;
        }
        start -= 1;
    }
    Some(document.words(&(start..name.start)).to_owned())
}

/// Returns whether a word has a capital that neither the start of the sentence nor the calendar explains: "Software" in "Senior Software Engineer".
fn is_proper(word: &str) -> bool {
    let lower = word.to_lowercase();
    word.starts_with(char::is_uppercase) && !lexicon().common.contains(&*lower)
}

/// "the mayor of Springfield" after "Maria Keller,".
fn behind(document: &Document, sentence: &Range<usize>, name: &Range<usize>) -> Option<String> {
    let within = |token: usize| sentence.contains(&token);
    if !within(name.end + 1) || document.word(name.end) != "," {
        return None;
    }
    let first = name.end + 1;
    let close = (first..sentence.end.min(first + MAX_WORDS + 1))
        .find(|&token| matches!(document.word(token), "," | "." | ";" | "\u{2014}" | "\u{2013}"));
    let close = close.or_else(|| (sentence.end <= first + MAX_WORDS).then_some(sentence.end))?;
    let start = first + usize::from(matches!(document.word(first), "the" | "a" | "an" | "The"));
    // The role's own word stands before any "of" or "at", and nothing before it tells what somebody does.
    let head_end =
        (start..close).find(|&token| matches!(document.word(token), "of" | "at" | "for" | "in" | "to" | "from"));
    if (start..close).any(|token| CLAUSE.contains(&document.word(token))) {
        return None;
    }
    let head = head_end.unwrap_or(close).checked_sub(1).filter(|&head| head >= start)?;
    let word = document.word(head);
    let fits = word.chars().all(|c| c.is_lowercase() || c == '-') || !word.chars().any(char::is_lowercase);
    (fits && (is_role(word) || is_person_noun(word))).then(|| with_both_marks(document.words(&(start..close))))
}

#[cfg(test)]
mod tests {
    use crate::fast_entities;
    use dateline_text::{Document, paragraphs};

    #[test]
    fn the_text_tells_what_somebody_is() {
        for (text, want) in [
            ("Foreign Ministry spokesman Heorhii Tykhyi said no.", "Foreign Ministry spokesman"),
            ("Russian President Vladimir Putin left. Putin is president.", "Russian President"),
            ("Maria Keller, the mayor of Springfield, spoke.", "mayor of Springfield"),
            ("Maria Keller, a former minister, spoke.", "former minister"),
            ("Maria Keller, who is mayor, spoke.", ""),
            ("Mr. Keller spoke.", ""),
            ("Maria Keller, 34, spoke.", ""),
            ("This morning Anna Silva, a nurse, spoke.", "nurse"),
            ("In Boston Joan Bell, a teacher, spoke.", "teacher"),
            ("Joan Bell, a Boston harbour pilot, spoke.", "Boston harbour pilot"),
            ("On Monday Prime Minister Joan Bell spoke.", "Prime Minister"),
            ("Joan Bell, host of \u{201c}Morning Tide,\u{201d} spoke.", "host of \u{201c}Morning Tide\u{201d}"),
            ("Joan Bell, this Monday, spoke.", ""),
            ("The Labour MP Joan Bell spoke.", "Labour MP"),
            ("He met Senior Software Engineer Mia Wong.", "Senior Software Engineer"),
            ("Keller spoke. Deputy Prime Minister Maria Keller left.", "Deputy Prime Minister"),
        ] {
            let found = fast_entities(&Document::new(text, &paragraphs(text)));
            let role = found.iter().find_map(|entity| entity.role.as_deref()).unwrap_or_default();
            assert_eq!(role, want, "{text} {found:#?}");
        }
    }
}
