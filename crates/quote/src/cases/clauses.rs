//! Where a reported clause begins and ends; who spoke in transcripts and signed statements.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    (
        "Anna Lindqvist said the levee was \u{201c}doomed\u{201d} and urged families to leave.",
        "Mixed|Anna Lindqvist|the levee was \u{201c}doomed\u{201d}\nIndirect|Anna Lindqvist|families to leave",
    ),
    (
        "Anna Lindqvist is telling a crowd that the levee is \"doomed\" and says she will rebuild it.",
        "Mixed|Anna Lindqvist|that the levee is \"doomed\"\nIndirect|Anna Lindqvist|she will rebuild it",
    ),
    (
        "Anna Lindqvist told a small crowd in the old harbour that it was \"too late\".",
        "Mixed|Anna Lindqvist|that it was \"too late\"",
    ),
    (
        "Tomas Reyes described the plan as a \u{201c}disgrace\u{201d} after a long meeting.",
        "Mixed|Tomas Reyes|the plan as a \u{201c}disgrace\u{201d}",
    ),
    (
        "Tomas Reyes called the rival a \"bad loser,\" a \"bully\" and a \"fraud\".",
        "Mixed|Tomas Reyes|the rival a \"bad loser,\" a \"bully\" and a \"fraud\"",
    ),
    (
        "\"We are in a critical state after the vote,\" Mayor Anna Lindqvist told reporters after the long meeting that was held in part on a boat.",
        "Direct|Anna Lindqvist|We are in a critical state after the vote,",
    ),
    (
        "Tomas Reyes calls the rival a \"bully,\" and runs the harbour alone.",
        "Mixed|Tomas Reyes|the rival a \"bully,\"",
    ),
    (
        "Tomas Reyes said that the film gave no \"absolute proof,\" but he said that the rest \"supports the report\" on the storm.",
        "Mixed|Tomas Reyes|that the film gave no \"absolute proof,\"\nMixed|Tomas Reyes|that the rest \"supports the report\" on the storm",
    ),
    (
        "\"I love the town,\" Tomas Reyes said, but \"when it comes to the harbour, we disagree.\"",
        "Mixed|Tomas Reyes|I love the town but \"when it comes to the harbour, we disagree.\"",
    ),
    (
        "When asked why he had not paid for years, Tomas Reyes replied, \u{201c}That makes me smart.\u{201d}",
        "Indirect||why he had not paid for years\nDirect|Tomas Reyes|That makes me smart.",
    ),
    (
        "LINDQVIST: We are ready for the winter.\n\nREYES: Are you sure?\n\nLINDQVIST: I am. Anna Lindqvist keeps her word.",
        "Direct|Anna Lindqvist|We are ready for the winter.\nDirect|REYES|Are you sure?\nDirect|Anna Lindqvist|I am. Anna Lindqvist keeps her word.",
    ),
    ("UPDATE: The storm has passed.", ""),
    (
        "\u{201c}We lost everything in one night.\u{201d} \u{2015} Tomas Reyes",
        "Direct|Tomas Reyes|We lost everything in one night.",
    ),
    (
        "\u{201c}I would rather live in what he calls \u{201c}ruin\u{201d} than leave this town,\u{201d} said Anna Lindqvist.",
        "Direct|Anna Lindqvist|I would rather live in what he calls \u{201c}ruin\u{201d} than leave this town,",
    ),
];
