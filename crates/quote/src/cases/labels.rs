//! Labels, dashes and colons that name who speaks.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    (
        "Anna Lindqvist, mayor of Wexcombe: \u{201c}Nobody has asked you to.\u{201d}",
        "Direct|Anna Lindqvist|Nobody has asked you to.",
    ),
    (
        "The board met.\n\nAnd from Chairwoman Anna Lindqvist:\n\n\u{201c}We shall keep the gates shut until spring.\u{201d}",
        "Direct|Anna Lindqvist|We shall keep the gates shut until spring.",
    ),
    (
        "From Tomas Reyes:\n\n\u{201c}It was the best night of my life, and the worst.\u{201d}",
        "Direct|Tomas Reyes|It was the best night of my life, and the worst.",
    ),
    (
        "From the desk of Tomas Reyes, chief analyst:\n\n\u{201c}These tools have become ever more important.\u{201d}",
        "Direct|Tomas Reyes|These tools have become ever more important.",
    ),
    (
        "Statement by Finance Minister Anna Lindqvist:\n\n\u{201c}The budget will be balanced next year.\u{201d}",
        "Direct|Anna Lindqvist|The budget will be balanced next year.",
    ),
    ("Tomas Reyes: we must act before winter", "Indirect|Tomas Reyes|we must act before winter"),
    (
        "Anna Lindqvist: We will not pay twice\n\nThe mayor spoke on Monday.",
        "Indirect|Anna Lindqvist|We will not pay twice",
    ),
    (
        "\u{201c}The bridge will open in May.\u{201d} \u{2014} Tomas Reyes, chief engineer",
        "Direct|Tomas Reyes|The bridge will open in May.",
    ),
    (
        "\u{201c}The bridge will open in May.\u{201d} \u{2014} Commissioner Anna Lindqvist",
        "Direct|Anna Lindqvist|The bridge will open in May.",
    ),
    ("The mayor of Wexcombe said the bridge was safe.", "Indirect|The mayor of Wexcombe|the bridge was safe"),
    ("Anna Lindqvist: \u{2018}I Am Sick Of This Bridge\u{2019}", "Direct|Anna Lindqvist|I Am Sick Of This Bridge"),
    ("Motto: we must act", ""),
    ("Update: we will have more soon.", ""),
];
