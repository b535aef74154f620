//! Speech in quotation marks.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    (
        "\"The levee will hold through the night,\" Tomas Reyes said.",
        "Direct|Tomas Reyes|The levee will hold through the night,",
    ),
    (
        "\u{201c}The levee will hold through the night,\u{201d} said Tomas Reyes, the chief engineer.",
        "Direct|Tomas Reyes|The levee will hold through the night,",
    ),
    (
        "Tomas Reyes said, \"The levee will hold through the night.\"",
        "Direct|Tomas Reyes|The levee will hold through the night.",
    ),
    (
        "\"The levee will hold,\" Tomas Reyes said on Tuesday, \"but the bridge may not.\"",
        "Direct|Tomas Reyes|The levee will hold but the bridge may not.",
    ),
    (
        "\"The levee will hold,\" said Tomas Reyes. \"The bridge may not.\"",
        "Direct|Tomas Reyes|The levee will hold. The bridge may not.",
    ),
    ("\"Who approved this?\" demanded Tomas Reyes.", "Direct|Tomas Reyes|Who approved this?"),
    ("\"Get out of the way!\" Tomas Reyes yelled.", "Direct|Tomas Reyes|Get out of the way!"),
    ("\"We lost everything,\" sobbed Tomas Reyes.", "Direct|Tomas Reyes|We lost everything,"),
    (
        "\"We lost everything,\" Tomas Reyes recalled in an interview with The Times.",
        "Direct|Tomas Reyes|We lost everything,",
    ),
    ("\"We lost everything,\" fumed Tomas Reyes, who owns the shop.", "Direct|Tomas Reyes|We lost everything,"),
    (
        "Tomas Reyes tweeted: \"We lost everything in the flood.\"",
        "Direct|Tomas Reyes|We lost everything in the flood.",
    ),
    (
        "Tomas Reyes wrote on Facebook, \"We lost everything in the flood.\"",
        "Direct|Tomas Reyes|We lost everything in the flood.",
    ),
    ("Later that day, Tomas Reyes replied: \"We lost everything.\"", "Direct|Tomas Reyes|We lost everything."),
    ("\"We lost everything,\" Tomas Reyes told the BBC.", "Direct|Tomas Reyes|We lost everything,"),
    (
        "\"We lost everything,\" Tomas Reyes told reporters in Lagos on Friday.",
        "Direct|Tomas Reyes|We lost everything,",
    ),
    (
        "In a statement, Tomas Reyes said: \"We lost everything in the flood.\"",
        "Direct|Tomas Reyes|We lost everything in the flood.",
    ),
    ("\"We lost everything,\" Tomas Reyes said in a statement on Monday.", "Direct|Tomas Reyes|We lost everything,"),
    ("\"We lost everything,\" Tomas Reyes added.", "Direct|Tomas Reyes|We lost everything,"),
    (
        "\"It was loud,\" Tomas Reyes said, \"and then it was quiet. Nobody moved.\"",
        "Direct|Tomas Reyes|It was loud and then it was quiet. Nobody moved.",
    ),
    (
        "\u{2018}The levee will hold through the night,\u{2019} Tomas Reyes said.",
        "Direct|Tomas Reyes|The levee will hold through the night,",
    ),
    (
        "\"He told me, 'Go home,' and I went,\" Tomas Reyes said.",
        "Direct|Tomas Reyes|He told me, 'Go home,' and I went,",
    ),
    (
        "\u{201c}The mayor said \u{2018}never again\u{2019} and meant it,\u{201d} Tomas Reyes said.",
        "Direct|Tomas Reyes|The mayor said \u{2018}never again\u{2019} and meant it,",
    ),
    ("\"We will appeal,\" Tomas Reyes vowed.", "Direct|Tomas Reyes|We will appeal,"),
    ("\"I am not resigning,\" Tomas Reyes insisted.", "Direct|Tomas Reyes|I am not resigning,"),
    (
        "\"The vote was fair,\" concluded Tomas Reyes, \"and the count was right.\"",
        "Direct|Tomas Reyes|The vote was fair and the count was right.",
    ),
    ("\"The vote was fair,\" Tomas Reyes said as he left the hall.", "Direct|Tomas Reyes|The vote was fair,"),
    ("\"The vote was fair,\" according to Tomas Reyes.", "Direct|Tomas Reyes|The vote was fair,"),
    (
        "Tomas Reyes put it this way: \"The vote was fair and the count was right.\"",
        "Direct|Tomas Reyes|The vote was fair and the count was right.",
    ),
    (
        "\"We lost everything in the flood.\" \u{2014} Tomas Reyes",
        "Direct|Tomas Reyes|We lost everything in the flood.",
    ),
];
