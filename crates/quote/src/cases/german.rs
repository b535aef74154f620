//! German quotations beyond marks and cues: the mood of reported speech, sentences without a cue, words in marks.

use super::languages::found_in;

/// A text, and the quotations as `type|speaker|text`.
const CASES: &[(&str, &str)] = &[
    // A clause in the mood of reported speech, before and behind its cue.
    (
        "Der Plan sei gescheitert, sagte Maria Keller am Montag in Hannover.",
        "Indirect|Maria Keller|Der Plan sei gescheitert",
    ),
    ("Maria Keller sagte, der Plan sei gescheitert.", "Indirect|Maria Keller|der Plan sei gescheitert"),
    // Prepositions that name the source.
    (
        "Nach Angaben der Polizei wurden drei Menschen verletzt.",
        "Indirect|Angaben der Polizei|wurden drei Menschen verletzt",
    ),
    // What follows in the same mood is the same speaker's.
    (
        "Maria Keller sagte am Montag, der Plan sei gescheitert. Das Geld reiche nicht, und die Stadt habe zu sp\u{e4}t gehandelt. \
         Am Dienstag tagt der Rat.",
        "Indirect|Maria Keller|der Plan sei gescheitert\n\
         Indirect|Maria Keller|Das Geld reiche nicht, und die Stadt habe zu sp\u{e4}t gehandelt.",
    ),
    // Terms and titles in marks are not quotations.
    ("Die so genannte \u{201e}Nordroute\u{201c} ist seit Montag gesperrt.", ""),
    ("Das Schiff \u{201e}Seestern\u{201c} lief am Dienstag in den Hafen ein.", ""),
];

#[test]
fn german_speech_beyond_marks_and_cues() {
    let wrong: Vec<String> = CASES
        .iter()
        .map(|(text, want)| (found_in("de", text), text, want))
        .filter(|(got, _, want)| got != *want)
        .map(|(got, text, want)| format!("{text}\n  want {want:?}\n  got  {got:?}"))
        .collect();
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}
