//! Quotations in other languages than English: typography, cues, speakers.

use dateline_text::Language;

use super::*;

/// Language, text, and the quotations as `type|speaker|text`.
const CASES: &[(&str, &str, &str)] = &[
    // Behind, before, within.
    (
        "de",
        "\u{201e}Wir m\u{fc}ssen handeln\u{201c}, sagte Maria Keller am Montag.",
        "Direct|Maria Keller|Wir m\u{fc}ssen handeln",
    ),
    (
        "de",
        "Maria Keller sagte: \u{201e}Wir m\u{fc}ssen jetzt handeln.\u{201c}",
        "Direct|Maria Keller|Wir m\u{fc}ssen jetzt handeln.",
    ),
    (
        "de",
        "\u{bb}Wir m\u{fc}ssen handeln\u{ab}, erkl\u{e4}rte Maria Keller.",
        "Direct|Maria Keller|Wir m\u{fc}ssen handeln",
    ),
    (
        "de",
        "\u{201e}Wir m\u{fc}ssen handeln\u{201c}, sagte Maria Keller, \u{201e}bevor der Winter kommt.\u{201c}",
        "Direct|Maria Keller|Wir m\u{fc}ssen handeln bevor der Winter kommt.",
    ),
    (
        "fr",
        "\u{ab}\u{a0}Nous devons agir maintenant\u{a0}\u{bb}, a d\u{e9}clar\u{e9} Marie Martin lundi.",
        "Direct|Marie Martin|Nous devons agir maintenant",
    ),
    (
        "fr",
        "Marie Martin a d\u{e9}clar\u{e9}\u{a0}: \u{ab}\u{a0}Nous devons agir maintenant.\u{a0}\u{bb}",
        "Direct|Marie Martin|Nous devons agir maintenant.",
    ),
    (
        "fr",
        "\u{ab}\u{a0}Le texte, a d\u{e9}clar\u{e9} Pierre Dupont, est pr\u{ea}t.\u{a0}\u{bb}",
        "Direct|Pierre Dupont|Le texte est pr\u{ea}t.",
    ),
    (
        "es",
        "\u{201c}Tenemos que actuar ahora\u{201d}, dijo Mar\u{ed}a Garc\u{ed}a el lunes.",
        "Direct|Mar\u{ed}a Garc\u{ed}a|Tenemos que actuar ahora",
    ),
    (
        "it",
        "\u{ab}Dobbiamo agire adesso\u{bb}, ha detto Maria Rossi luned\u{ec}.",
        "Direct|Maria Rossi|Dobbiamo agire adesso",
    ),
    ("nl", "\u{2018}We moeten nu handelen\u{2019}, zei Jan Jansen maandag.", "Direct|Jan Jansen|We moeten nu handelen"),
    (
        "pt",
        "\u{ab}Temos de agir agora\u{bb}, disse Maria Silva na segunda-feira.",
        "Direct|Maria Silva|Temos de agir agora",
    ),
    // The subject speaks, not the object beside the colon.
    (
        "de",
        "Holger Brandt verteidigte das Gesetz: \u{201e}Ohne diese Regeln geht es nicht.\u{201c}",
        "Direct|Holger Brandt|Ohne diese Regeln geht es nicht.",
    ),
    (
        "de",
        "Am Montag verteidigte der Minister das Gesetz: \u{201e}Ohne diese Regeln geht es nicht.\u{201c}",
        "Direct|der Minister|Ohne diese Regeln geht es nicht.",
    ),
    (
        "fr",
        "Lundi, le ministre a d\u{e9}fendu la loi\u{a0}: \u{ab}\u{a0}Rien ne marche sans ces r\u{e8}gles.\u{a0}\u{bb}",
        "Direct|le ministre|Rien ne marche sans ces r\u{e8}gles.",
    ),
    (
        "es",
        "El lunes, la ministra defendi\u{f3} la ley: \u{201c}Sin estas reglas no funciona nada.\u{201d}",
        "Direct|la ministra|Sin estas reglas no funciona nada.",
    ),
    (
        "it",
        "Maria Rossi ha difeso la legge: \u{ab}Senza queste regole non funziona niente\u{bb}.",
        "Direct|Maria Rossi|Senza queste regole non funziona niente",
    ),
    (
        "nl",
        "Maandag verdedigde de minister de wet: \u{2018}Zonder deze regels gaat het niet.\u{2019}",
        "Direct|de minister|Zonder deze regels gaat het niet.",
    ),
    (
        "pt",
        "Na segunda-feira, a ministra defendeu a lei: \u{201c}Sem estas regras nada funciona.\u{201d}",
        "Direct|a ministra|Sem estas regras nada funciona.",
    ),
    // Mixed: the reported clause with the words in marks.
    (
        "fr",
        "Marie Martin a dit que c'\u{e9}tait \u{ab}\u{a0}une honte nationale\u{a0}\u{bb}.",
        "Mixed|Marie Martin|que c'\u{e9}tait \u{ab}\u{a0}une honte nationale\u{a0}\u{bb}",
    ),
    (
        "de",
        "Maria Keller sagte, dass das Gesetz \u{201e}eine nationale Schande\u{201c} sei.",
        "Mixed|Maria Keller|dass das Gesetz \u{201e}eine nationale Schande\u{201c} sei\n\
         Direct|Maria Keller|eine nationale Schande",
    ),
    (
        "fr",
        "Selon Marie Martin, le plan est \u{ab} un d\u{e9}sastre national \u{bb}.",
        "Mixed|Marie Martin|le plan est \u{ab} un d\u{e9}sastre national \u{bb}",
    ),
    (
        "es",
        "El plan es \u{201c}un desastre nacional\u{201d}, dijo Mar\u{ed}a Garc\u{ed}a.",
        "Mixed|Mar\u{ed}a Garc\u{ed}a|El plan es \u{201c}un desastre nacional\u{201d}",
    ),
    // Dashes around a cue within the marks; one word; a subject that stands in the sentence before.
    (
        "it",
        "\u{ab}La riforma \u{2013} ha detto Maria Rossi \u{2013} \u{e8} pronta\u{bb}.",
        "Direct|Maria Rossi|La riforma \u{e8} pronta",
    ),
    ("nl", "\u{2018}Ja\u{2019}, antwoordde Jan Jansen.", "Direct|Jan Jansen|Ja"),
    (
        "es",
        "Mar\u{ed}a Garc\u{ed}a lleg\u{f3} tarde. \u{ab}No hay dinero para nada\u{bb}, afirm\u{f3}.",
        "Direct|Mar\u{ed}a Garc\u{ed}a|No hay dinero para nada",
    ),
    (
        "fr",
        "Marie Martin est venue lundi. \u{ab} Il faut agir \u{bb}, a-t-elle dit.",
        "Direct|Marie Martin|Il faut agir",
    ),
    // Dialogue, but not lists and dashes within a sentence.
    ("fr", "\u{2014} Je n'ai rien vu venir, dit Marie Martin.", "Direct|Marie Martin|Je n'ai rien vu venir"),
    (
        "es",
        "\u{2014}No lo s\u{e9} \u{2014}respondi\u{f3} Mar\u{ed}a Garc\u{ed}a\u{2014}. Pregunte ma\u{f1}ana.",
        "Direct|Mar\u{ed}a Garc\u{ed}a|No lo s\u{e9}. Pregunte ma\u{f1}ana.",
    ),
    (
        "pt",
        "\u{2014} Foi horr\u{ed}vel \u{2014} disse Maria Silva. \u{2014} Nunca vi nada assim.",
        "Direct|Maria Silva|Foi horr\u{ed}vel. Nunca vi nada assim.",
    ),
    ("it", "\u{2013} Non lo so \u{2013} rispose Maria Rossi.", "Direct|Maria Rossi|Non lo so"),
    ("es", "\u{2014} Primer punto del orden del d\u{ed}a.\n\u{2014} El alcalde, que dijo no.", ""),
    ("fr", "Le projet \u{2013} une vieille promesse \u{2013} a \u{e9}t\u{e9} abandonn\u{e9}.", ""),
    // Reported without marks.
    (
        "fr",
        "Marie Martin a annonc\u{e9} lundi que le pont \u{e9}tait s\u{fb}r.",
        "Indirect|Marie Martin|que le pont \u{e9}tait s\u{fb}r",
    ),
    (
        "pt",
        "O pa\u{ed}s vai crescer este ano, segundo Maria Silva.",
        "Indirect|Maria Silva|O pa\u{ed}s vai crescer este ano",
    ),
    ("nl", "Volgens Jan Jansen is de brug veilig.", "Indirect|Jan Jansen|is de brug veilig"),
    ("fr", "Marie Martin n'a pas dit que le pont \u{e9}tait s\u{fb}r.", ""),
    // Terms and titles are not speech.
    ("de", "Er las \u{201e}Krieg und Frieden\u{201c} im Zug.", ""),
    ("fr", "Le film \u{ab}\u{a0}La Tour de verre\u{a0}\u{bb} sort mercredi.", ""),
    ("es", "La pel\u{ed}cula \u{201c}La torre\u{201d} se estrena hoy.", ""),
];

#[test]
fn hostile_text_takes_linear_time_in_every_language() {
    for language in ["de", "fr", "es", "it", "nl", "pt"] {
        for unit in ["Aa Bb ", "aa ", "\u{201e}A\u{201c} ", "\u{ab}", "sagte, ", "dass Keller ", "- a "] {
            let time = |length: usize| {
                let text = unit.repeat(length / unit.len());
                let started = std::time::Instant::now();
                found_in(language, &text);
                started.elapsed().max(std::time::Duration::from_millis(50))
            };
            // Quadratic work takes four times as long, at each try; other processes disturb some.
            assert!((0..3).any(|_| time(200_000) < 3 * time(100_000)), "{language} {unit:?}: {:?}", time(200_000));
        }
    }
}

pub(super) fn found_in(language: &str, text: &str) -> String {
    let spans = paragraphs(text);
    let block = |&(start, end): &(usize, usize)| Block { kind: BlockKind::Paragraph, start, end, credit: None };
    let blocks: Vec<Block> = spans.iter().map(block).collect();
    let document = Document::in_language(text, &spans, Language::of(language).unwrap());
    let (_, quotations) = read(&FAST, &document, &blocks);
    valid(&document, &quotations);
    let line = |quote: &Quotation| {
        let speaker =
            quote.speaker.as_ref().and_then(|s| s.name.clone().or_else(|| s.text.clone())).unwrap_or_default();
        format!("{:?}|{speaker}|{}", quote.r#type, quote.text)
    };
    quotations.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn quotations_of_each_language() {
    let wrong: Vec<String> = CASES
        .iter()
        .map(|(language, text, want)| (found_in(language, text), language, text, want))
        .filter(|(got, _, _, want)| got != *want)
        .map(|(got, language, text, want)| format!("{language}: {text}\n  want {want:?}\n  got  {got:?}"))
        .collect();
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn any_text_gives_valid_quotations_in_every_language() {
    const PARTS: [&str; 20] = [
        "\u{ab}",
        "\u{bb}",
        "\u{201e}",
        "\u{201c}",
        "\u{201d}",
        "\"",
        "\u{2018}",
        "\u{2019}",
        " ",
        "\n\n",
        "Maria Keller",
        " sagte ",
        ", ",
        ". ",
        ": ",
        " a dit ",
        " dass ",
        " er ",
        " dijo ",
        "\u{1f600}",
    ];
    let mut seed = 7_u64;
    for round in 0..600 {
        let mut text = String::new();
        for _ in 0..60 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(PARTS[(seed >> 33) as usize % PARTS.len()]);
        }
        found_in(["de", "fr", "es", "it", "nl", "pt"][round % 6], &text);
    }
}
