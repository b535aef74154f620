//! The roles of speakers: a title, office or relation, or none.

use super::*;

#[test]
fn a_role_is_not_a_adverbial_and_no_place() {
    let mut wrong = Vec::new();
    for (text, want) in [
        ("Last night Labour MP Joan Bell said the vote was fair.", "Labour MP"),
        ("On Monday Peter Marsh, the coach, said he would stay.", "coach"),
        ("In Boston Joan Bell, a teacher, said schools were full.", "teacher"),
        ("This morning Anna Silva, a nurse, said she was tired.", "nurse"),
        ("Earlier this week Peter Marsh said the vote was fair.", ""),
        ("In a statement Peter Marsh said the vote was fair.", ""),
        ("On Tuesday Peter Marsh said the vote was fair.", ""),
        ("\"The vote was fair,\" his brother Peter Marsh said.", "brother"),
        ("\"The vote was fair,\" said local farmer Joan Bell.", "local farmer"),
        ("\"The vote was fair,\" said the mayor of Springfield, Joan Bell.", "mayor of Springfield"),
        ("\"The vote was fair,\" a senior official said.", "senior official"),
        ("The report said the vote was fair.", ""),
        ("\"The vote was fair,\" Mr. Marsh said.", ""),
    ] {
        for tagger in [&FAST, &ACCURATE] {
            let blocks: Vec<Block> = Vec::new();
            let document = Document::new(text, &paragraphs(text));
            let (_, quotations) = read(tagger, &document, &blocks);
            let speaker = quotations.first().and_then(|quotation| quotation.speaker.as_ref());
            let role = speaker.and_then(|speaker| speaker.role.as_deref()).unwrap_or_default();
            if role != want {
                wrong.push(format!("{text}\n  want {want:?}\n  got  {role:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
