//! Indirect speech that contains words in quotation marks.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    (
        "Tomas Reyes said the levee was \"in great danger\" after the storm.",
        "Mixed|Tomas Reyes|the levee was \"in great danger\" after the storm",
    ),
    (
        "Tomas Reyes said that the levee was \u{201c}in great danger\u{201d} after the storm.",
        "Mixed|Tomas Reyes|that the levee was \u{201c}in great danger\u{201d} after the storm",
    ),
    (
        "Tomas Reyes warned that the town faced \"a long and bitter winter\".",
        "Mixed|Tomas Reyes|that the town faced \"a long and bitter winter\"",
    ),
    (
        "Tomas Reyes told reporters the plan was \"dead on arrival\".",
        "Mixed|Tomas Reyes|the plan was \"dead on arrival\"",
    ),
    (
        "The levee was \"in great danger\" after the storm, Tomas Reyes said.",
        "Mixed|Tomas Reyes|The levee was \"in great danger\" after the storm",
    ),
    (
        "Tomas Reyes described the levee as \"a disgrace to the town\".",
        "Mixed|Tomas Reyes|the levee as \"a disgrace to the town\"",
    ),
    (
        "Tomas Reyes called the levee \"a disgrace to the town\".",
        "Mixed|Tomas Reyes|the levee \"a disgrace to the town\"",
    ),
    (
        "Tomas Reyes insisted he had \"no plans to step down\" before the election.",
        "Mixed|Tomas Reyes|he had \"no plans to step down\" before the election",
    ),
    (
        "According to Tomas Reyes, the levee was \"in great danger\" after the storm.",
        "Mixed|Tomas Reyes|the levee was \"in great danger\" after the storm",
    ),
    (
        "Tomas Reyes said he was \"deeply sorry\" and would \"make amends\".",
        "Mixed|Tomas Reyes|he was \"deeply sorry\" and would \"make amends\"",
    ),
    ("Tomas Reyes claimed the report was \"full of errors\".", "Mixed|Tomas Reyes|the report was \"full of errors\""),
    (
        "Tomas Reyes added that the work would be \"slow and costly\".",
        "Mixed|Tomas Reyes|that the work would be \"slow and costly\"",
    ),
    ("Tomas Reyes says the tax is \"an insult to farmers\".", "Mixed|Tomas Reyes|the tax is \"an insult to farmers\""),
    (
        "Tomas Reyes has said the tax is \"an insult to farmers\".",
        "Mixed|Tomas Reyes|the tax is \"an insult to farmers\"",
    ),
    (
        "Tomas Reyes argued that the tax was \"an insult to farmers\" and should be dropped.",
        "Mixed|Tomas Reyes|that the tax was \"an insult to farmers\" and should be dropped",
    ),
];
