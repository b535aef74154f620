//! Speakers.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    ("The police said two men had been arrested.", "Indirect|The police|two men had been arrested"),
    ("Officials said the road was closed.", "Indirect|Officials|the road was closed"),
    ("Two officials said the road was closed.", "Indirect|Two officials|the road was closed"),
    (
        "A senior official, who spoke on condition of anonymity, said the road was closed.",
        "Indirect|A senior official|the road was closed",
    ),
    ("The White House said the road was closed.", "Indirect|White House|the road was closed"),
    ("The World Bank said the loan had been repaid.", "Indirect|World Bank|the loan had been repaid"),
    ("Beijing said the ships had left.", "Indirect|Beijing|the ships had left"),
    ("Witnesses said the ships had left.", "Indirect|Witnesses|the ships had left"),
    ("Analysts say the price will fall.", "Indirect|Analysts|the price will fall"),
    ("The report said the price would fall.", "Indirect|The report|the price would fall"),
    ("Anna Lindqvist arrived late. She said the price would fall.", "Indirect|Anna Lindqvist|the price would fall"),
    ("Anna Lindqvist arrived late. \"The price will fall,\" she said.", "Direct|Anna Lindqvist|The price will fall,"),
    ("James Okafor arrived late. \"The price will fall,\" he said.", "Direct|James Okafor|The price will fall,"),
    ("\"The price will fall,\" said Finance Minister Anna Lindqvist.", "Direct|Anna Lindqvist|The price will fall,"),
    ("\"The price will fall,\" said Anna Lindqvist, a trader in Oslo.", "Direct|Anna Lindqvist|The price will fall,"),
    (
        "\"The price will fall,\" Lindqvist said. Anna Lindqvist trades oil in Oslo.",
        "Direct|Anna Lindqvist|The price will fall,",
    ),
    (
        "\"The price will fall,\" Mrs. Lindqvist said. Anna Lindqvist trades oil in Oslo.",
        "Direct|Anna Lindqvist|The price will fall,",
    ),
    ("\"The price will fall,\" a trader said.", "Direct|a trader|The price will fall,"),
    ("\"The price will fall,\" one resident told The Guardian.", "Direct|one resident|The price will fall,"),
    ("\"We want our money back,\" protesters chanted.", "Direct|protesters|We want our money back,"),
    ("Critics say the law goes too far.", "Indirect|Critics|the law goes too far"),
    ("The company said in a statement that the plant would close.", "Indirect|The company|that the plant would close"),
    ("The lawsuit alleges that the company hid the leak.", "Indirect|The lawsuit|that the company hid the leak"),
    ("The ministry said it would not comment on the case.", "Indirect|The ministry|it would not comment on the case"),
    ("They said the roads were safe.", "Indirect||the roads were safe"),
    ("The mayor, Anna Lindqvist, said the roads were safe.", "Indirect|Anna Lindqvist|the roads were safe"),
    ("Both sides said the truce had held.", "Indirect|Both sides|the truce had held"),
    ("Russia says the truce has held.", "Indirect|Russia|the truce has held"),
];
