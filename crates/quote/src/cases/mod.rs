//! Ways in which news quotes people, one short case each.

mod annotated;
mod clauses;
mod direct;
mod german;
mod indirect;
mod labels;
mod languages;
mod mixed;
mod none;
mod nouns;
mod paragraphs;
mod parted;
mod references;
mod roles;
mod speakers;

use std::sync::LazyLock;

use dateline_entity::knowledge;
use dateline_record::BlockKind;
use dateline_text::paragraphs;

use super::*;

/// Returns the quotations that the fast taggers find as `type|speaker|text`, one a line.
fn found(text: &str) -> String {
    found_by(&FAST, text)
}

/// Names by the fast tagger; quotations by the fast taggers alone, or with the network beside them.
static FAST: LazyLock<QuotationTagger> = LazyLock::new(QuotationTagger::fast);
static ACCURATE: LazyLock<QuotationTagger> = LazyLock::new(|| QuotationTagger::named("accurate").unwrap());

/// Returns the entities and the quotations of a text.
fn read(tagger: &QuotationTagger, document: &Document, blocks: &[Block]) -> (Vec<Entity>, Vec<Quotation>) {
    let output = dateline_model::fast().read(document, tagger.network(document.language()).as_ref());
    let entities = dateline_entity::entities(document, output.names, &knowledge::default());
    let quotations = tagger.extract(document, blocks, &entities, output.quotations.as_ref());
    (entities, quotations)
}

fn found_by(tagger: &QuotationTagger, text: &str) -> String {
    let blocks: Vec<Block> = paragraphs(text)
        .into_iter()
        .map(|(start, end)| Block { kind: BlockKind::Paragraph, start, end, credit: None })
        .collect();
    let spans: Vec<(usize, usize)> = blocks.iter().map(|block| (block.start, block.end)).collect();
    let document = Document::new(text, &spans);
    let (_, quotations) = read(tagger, &document, &blocks);
    valid(&document, &quotations);
    let line = |quote: &Quotation| {
        let speaker =
            quote.speaker.as_ref().and_then(|s| s.name.clone().or_else(|| s.text.clone())).unwrap_or_default();
        format!("{:?}|{speaker}|{}", quote.r#type, quote.text)
    };
    quotations.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Every offset points at its words, and nothing overlaps but what is within another quotation.
fn valid(document: &Document, quotations: &[Quotation]) {
    let mut last = 0;
    for quote in quotations {
        let outer = quote.within.as_ref().map(|id| quotations.iter().find(|outer| outer.id == *id).unwrap());
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let texts: Vec<&str> = quote.segments.iter().map(|s| document.slice(s.start, s.end)).collect();
        assert_eq!(letters(&texts.concat()), letters(&quote.text));
        for span in &quote.segments {
            assert!(span.end > span.start, "{quotations:#?}");
            match outer {
                Some(outer) => assert!(outer.segments.iter().any(|s| s.start <= span.start && span.end <= s.end)),
                None => assert!(span.start >= std::mem::replace(&mut last, span.end), "{quotations:#?}"),
            }
        }
        for span in &quote.quoted {
            assert!(quote.segments.iter().any(|s| s.start <= span.start && span.end <= s.end), "{quote:#?}");
        }
        if let Some(cue) = &quote.cue {
            assert_eq!(document.slice(cue.start, cue.end), cue.text);
        }
        if let Some(speaker) = &quote.speaker
            && let (Some(start), Some(end)) = (speaker.start, speaker.end)
        {
            assert_eq!(Some(document.slice(start, end)), speaker.text.as_deref());
        }
        assert!((0.0..=1.0).contains(&quote.confidence));
    }
}

#[test]
fn the_ways_of_quoting() {
    let themes = [
        clauses::CASES,
        direct::CASES,
        mixed::CASES,
        indirect::CASES,
        speakers::CASES,
        paragraphs::CASES,
        labels::CASES,
        nouns::CASES,
        parted::CASES,
        references::CASES,
        none::CASES,
        MANY,
    ]
    .concat();
    let mut wrong = Vec::new();
    for (tier, tagger) in [("fast", &FAST), ("accurate", &ACCURATE)] {
        for (text, want) in &themes {
            let got = found_by(tagger, text);
            if got != *want {
                wrong.push(format!("{tier}: {text}\n  want {want:?}\n  got  {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn blank_lines_change_nothing() {
    for (text, _) in [direct::CASES, paragraphs::CASES].concat() {
        assert_eq!(found(text), found(&text.replace('\n', "\n\n \n")), "{text}");
    }
}

const MANY: &[(&str, &str)] = &[
    // Direct, with the cue after, before, inside, inverted.
    ("\"We must act now,\" Maria Keller said.", "Direct|Maria Keller|We must act now,"),
    ("\u{201c}We must act now,\u{201d} said Maria Keller.", "Direct|Maria Keller|We must act now,"),
    ("Maria Keller said: \"We must act now.\"", "Direct|Maria Keller|We must act now."),
    ("Maria Keller told reporters, \"We must act now.\"", "Direct|Maria Keller|We must act now."),
    ("\"We must act,\" Maria Keller said, \"before winter.\"", "Direct|Maria Keller|We must act before winter."),
    ("\"We must act,\" Maria Keller said. \"Winter is near.\"", "Direct|Maria Keller|We must act. Winter is near."),
    ("\"Must we act?\" asked Maria Keller.", "Direct|Maria Keller|Must we act?"),
    ("\"We must act!\" Maria Keller shouted.", "Direct|Maria Keller|We must act!"),
    ("\u{2018}We must act now,\u{2019} Maria Keller said.", "Direct|Maria Keller|We must act now,"),
    ("\u{ab}We must act now,\u{bb} Maria Keller said.", "Direct|Maria Keller|We must act now,"),
    ("\u{201e}We must act now,\u{201c} Maria Keller said.", "Direct|Maria Keller|We must act now,"),
    ("Trump criticised the plan and posted on social media: \"Stop it now!\"", "Direct|Trump|Stop it now!"),
    // Names with titles, roles, appositions.
    ("\"We must act now,\" said Mayor Maria Keller of Springfield.", "Direct|Maria Keller|We must act now,"),
    ("\"We must act now,\" Maria Keller, who leads the council, said.", "Direct|Maria Keller|We must act now,"),
    ("\"We must act now,\" the mayor, Maria Keller, said.", "Direct|Maria Keller|We must act now,"),
    ("\"We must act now,\" said its director, Maria Keller, in a statement.", "Direct|Maria Keller|We must act now,"),
    // Pronouns and roles.
    ("Maria Keller spoke first. \"We must act now,\" she said.", "Direct|Maria Keller|We must act now,"),
    (
        "Spokesman James Okafor arrived. \"We must act now,\" the spokesperson said.",
        "Direct|James Okafor|We must act now,",
    ),
    ("\"We must act now,\" a senior official said.", "Direct|a senior official|We must act now,"),
    // Paragraphs.
    (
        "\"We must act now,\" Maria Keller said.\n\n\"Winter is near, and we are late.\"",
        "Direct|Maria Keller|We must act now,\nDirect|Maria Keller|Winter is near, and we are late.",
    ),
    (
        "Maria Keller said: \"We must act now.\n\n\"Winter is near.\"",
        "Direct|Maria Keller|We must act now. Winter is near.",
    ),
    // Mixed.
    (
        "Maria Keller said that the plan was \"a disaster\" for the town.",
        "Mixed|Maria Keller|that the plan was \"a disaster\" for the town",
    ),
    (
        "Maria Keller called the plan \"a disaster for us all\".",
        "Mixed|Maria Keller|the plan \"a disaster for us all\"",
    ),
    ("The plan was \"a disaster\", Maria Keller said.", "Mixed|Maria Keller|The plan was \"a disaster\""),
    // Indirect.
    ("Maria Keller said that the bridge was safe.", "Indirect|Maria Keller|that the bridge was safe"),
    ("Maria Keller said the bridge was safe.", "Indirect|Maria Keller|the bridge was safe"),
    ("Maria Keller has repeatedly said the bridge was safe.", "Indirect|Maria Keller|the bridge was safe"),
    ("Maria Keller told a news conference that the bridge was safe.", "Indirect|Maria Keller|that the bridge was safe"),
    ("Maria Keller told reporters the bridge was safe.", "Indirect|Maria Keller|the bridge was safe"),
    ("The bridge was safe, Maria Keller said.", "Indirect|Maria Keller|The bridge was safe"),
    ("The bridge was safe, according to Maria Keller.", "Indirect|Maria Keller|The bridge was safe"),
    ("According to Maria Keller, the bridge was safe.", "Indirect|Maria Keller|the bridge was safe"),
    ("Maria Keller reiterated on Monday that the bridge was safe.", "Indirect|Maria Keller|that the bridge was safe"),
    ("Moscow says Ukraine must not join NATO and has called for talks.", "Indirect|Moscow|Ukraine must not join NATO"),
    (
        "Maria Keller, who leads the council, denied that the bridge was old.",
        "Indirect|Maria Keller|that the bridge was old",
    ),
    (
        "The Ministry of Transport met. The ministry said the bridge was safe.",
        "Indirect|Ministry of Transport|the bridge was safe",
    ),
    // No quotations.
    ("Maria Keller criticised an attack on the town.", ""),
    ("He read \"War and Peace\" on the train.", ""),
    ("The so-called \"experts\" were wrong.", ""),
    ("The report was published on Monday.", ""),
    ("Robert \"Bobby\" Hale won the race.", ""),
    ("They declined to say why.", ""),
];

#[test]
fn ids_stay_when_text_moves() {
    let id = |text: &str| {
        let blocks: Vec<Block> = paragraphs(text)
            .into_iter()
            .map(|(start, end)| Block { kind: BlockKind::Paragraph, start, end, credit: None })
            .collect();
        let spans: Vec<(usize, usize)> = blocks.iter().map(|block| (block.start, block.end)).collect();
        FAST.extract(&Document::new(text, &spans), &blocks, &[], None)[0].id.clone()
    };
    assert_eq!(id("\"We must act now,\" she said."), id("A new first line.\n\"We must act now,\" she said."));
}

#[test]
fn any_text_gives_valid_quotations_in_linear_time() {
    const PARTS: [&str; 24] = [
        "\"",
        "\u{201c}",
        "\u{201d}",
        "'",
        " ",
        "\n\n",
        "Maria Keller",
        " said",
        " that ",
        ",",
        ".",
        "?",
        " he ",
        "according to ",
        "told ",
        "the plan ",
        ":",
        "\u{ab}",
        "\u{bb}",
        "\u{1f600}",
        "é",
        "NATO ",
        " and has ",
        "posted ",
    ];
    let mut seed = 42_u64;
    for _ in 0..2_000 {
        let mut text = String::new();
        for _ in 0..60 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(PARTS[(seed >> 33) as usize % PARTS.len()]);
        }
        found(&text);
        if seed.is_multiple_of(40) {
            found_by(&ACCURATE, &text);
        }
    }
    for unit in
        ["\"", "\u{201c}", "\" said ", "said ", "\"A,\" he said. ", "Keller said that ", ", ", "according to ", "he "]
    {
        let time = |length: usize| {
            let text = unit.repeat(length / unit.len());
            let started = std::time::Instant::now();
            found(&text);
            started.elapsed().max(std::time::Duration::from_millis(50))
        };
        // Quadratic work takes four times as long, at each try; other processes disturb some.
        assert!((0..3).any(|_| time(300_000) < 3 * time(150_000)), "{unit:?}: {:?}", time(300_000));
    }
}
