//! Speech over several paragraphs.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    ("Anna Lindqvist was angry.\n\n\"The price will fall,\" she said.", "Direct|Anna Lindqvist|The price will fall,"),
    (
        "\"The price will fall,\" said Anna Lindqvist.\n\nThe market opened at nine.",
        "Direct|Anna Lindqvist|The price will fall,",
    ),
    (
        "Anna Lindqvist said: \"The price will fall.\n\n\"It always does.\"",
        "Direct|Anna Lindqvist|The price will fall. It always does.",
    ),
    (
        "Anna Lindqvist said the price would fall.\n\nJames Okafor said it would rise.",
        "Indirect|Anna Lindqvist|the price would fall\nIndirect|James Okafor|it would rise",
    ),
    (
        "\"The price will fall,\" said Anna Lindqvist.\n\n\"It will rise,\" said James Okafor.",
        "Direct|Anna Lindqvist|The price will fall,\nDirect|James Okafor|It will rise,",
    ),
    (
        "Anna Lindqvist said:\n\n\"The price will fall, and soon.\"",
        "Direct|Anna Lindqvist|The price will fall, and soon.",
    ),
    (
        "\u{201c}The price will fall,\u{201d} Anna Lindqvist said. \u{201c}I have seen it before. It always does.\u{201d}",
        "Direct|Anna Lindqvist|The price will fall. I have seen it before. It always does.",
    ),
];
