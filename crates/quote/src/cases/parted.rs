//! Speech that its cue interrupts, and its `text`.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    (
        "\u{201c}The tide is at the sea wall,\u{201d} Anna Lindqvist said. \u{201c}The waves look slow.\u{201d}",
        "Direct|Anna Lindqvist|The tide is at the sea wall. The waves look slow.",
    ),
    (
        "\u{201c}The tide is at the sea wall,\u{201d} Anna Lindqvist said, \u{201c}and the waves look slow.\u{201d}",
        "Direct|Anna Lindqvist|The tide is at the sea wall and the waves look slow.",
    ),
    (
        "\u{201c}Is the tide in?\u{201d} Anna Lindqvist asked. \u{201c}I saw it.\u{201d}",
        "Direct|Anna Lindqvist|Is the tide in? I saw it.",
    ),
    (
        "\u{201c}The tide is in!\u{201d} Anna Lindqvist shouted. \u{201c}Run for the hill.\u{201d}",
        "Direct|Anna Lindqvist|The tide is in! Run for the hill.",
    ),
    (
        "\u{201c}The tide \u{2014}\u{201d} Anna Lindqvist said, \u{201c}it is in.\u{201d}",
        "Direct|Anna Lindqvist|The tide \u{2014} it is in.",
    ),
    (
        "\u{201c}When the tide is in,\u{201d} Anna Lindqvist said, \u{201c}I stay away.\u{201d}",
        "Direct|Anna Lindqvist|When the tide is in I stay away.",
    ),
    (
        "\u{201c}When the tide is in,\u{201d} Anna Lindqvist said, \u{201c}Tomas Reyes stays away.\u{201d}",
        "Direct|Anna Lindqvist|When the tide is in Tomas Reyes stays away.",
    ),
    (
        "\u{201c}The tide is in,\u{201d} Anna Lindqvist said. \u{201c}I stay away.\u{201d}",
        "Direct|Anna Lindqvist|The tide is in. I stay away.",
    ),
    (
        "\u{201c}The tide is in,\u{201d} Anna Lindqvist said, \u{201c}The waves look slow.\u{201d}",
        "Direct|Anna Lindqvist|The tide is in. The waves look slow.",
    ),
    (
        "\u{2018}The tide is in\u{2019}, Anna Lindqvist said. \u{2018}The waves look slow.\u{2019}",
        "Direct|Anna Lindqvist|The tide is in. The waves look slow.",
    ),
    (
        "\u{201c}We lost a lot,\u{201d} Anna Lindqvist said, \u{201c}10 boats in all.\u{201d}",
        "Direct|Anna Lindqvist|We lost a lot 10 boats in all.",
    ),
];
