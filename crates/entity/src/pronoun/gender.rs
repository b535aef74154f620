//! The gender of pronouns and persons.

use dateline_model::{Gender, lexicon};
use dateline_record::{Entity, EntityType};
use dateline_text::Document;

/// Returns a pronoun of a person: gender, and whether its form is that of an object alone.
pub(super) fn pronoun(word: &str) -> Option<(Gender, bool)> {
    if !word.starts_with(['h', 'H', 's', 'S']) {
        return None;
    }
    // "He" begins sentences, "HE" is a headline's
    let (gender, is_object) = match word.to_ascii_lowercase().as_str() {
        "he" | "his" | "himself" => (Gender::Male, false),
        "him" => (Gender::Male, true),
        "she" | "her" | "hers" | "herself" => (Gender::Female, false),
        _ => return None,
    };
    Some((gender, is_object))
}

/// Returns the gender of a person, by a title or a role before the name, else by the first name; `None` where neither tells.
pub(super) fn gender(document: &Document, entity: &Entity) -> Option<Gender> {
    const FEMALE: [&str; 24] = [
        "mrs",
        "mrs.",
        "ms",
        "ms.",
        "miss",
        "madam",
        "lady",
        "queen",
        "princess",
        "spokeswoman",
        "congresswoman",
        "chairwoman",
        "actress",
        "wife",
        "mother",
        "daughter",
        "sister",
        "businesswoman",
        "councilwoman",
        "baroness",
        "duchess",
        "widow",
        "girlfriend",
        "sen\u{f1}ora",
    ];
    const MALE: [&str; 24] = [
        "mr",
        "mr.",
        "sir",
        "lord",
        "king",
        "prince",
        "spokesman",
        "congressman",
        "chairman",
        "actor",
        "husband",
        "father",
        "son",
        "brother",
        "businessman",
        "councilman",
        "baron",
        "duke",
        "pope",
        "fr.",
        "boyfriend",
        "imam",
        "archbishop",
        "bishop",
    ];
    if entity.r#type != EntityType::Person {
        return None;
    }
    for mention in entity.mentions.iter().take(40) {
        let token = document.token_at(mention.start);
        if token > 0 {
            let before = document.word(token - 1).to_lowercase();
            if FEMALE.contains(&before.as_str()) {
                return Some(Gender::Female);
            }
            if MALE.contains(&before.as_str()) {
                return Some(Gender::Male);
            }
        }
    }
    let first = entity.name.split_whitespace().next()?;
    lexicon().first_names.get(first).copied().flatten()
}
