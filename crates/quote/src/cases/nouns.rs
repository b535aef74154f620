//! Nouns that introduce speech: their agent speaks, not the person who rejects or repeats the claim.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    (
        "Officials rejected the claim by Anna Lindqvist that the bridge was unsafe.",
        "Indirect|Anna Lindqvist|that the bridge was unsafe",
    ),
    (
        "The minister dismissed a warning from the harbour board that the gates would fail.",
        "Indirect|the harbour board|that the gates would fail",
    ),
    (
        "The court heard the allegation by Anna Lindqvist that the firm had hidden the leak.",
        "Indirect|Anna Lindqvist|that the firm had hidden the leak",
    ),
    (
        "Tomas Reyes repeated a statement by the union that no worker had been paid.",
        "Indirect|the union|that no worker had been paid",
    ),
    (
        "According to a warning from the weather office, the river will rise on Monday.",
        "Indirect|the weather office|the river will rise on Monday",
    ),
    ("Tomas Reyes denied Anna Lindqvist's claim that he had lied.", "Indirect|Anna Lindqvist|that he had lied"),
];
