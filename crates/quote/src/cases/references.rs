//! Pronouns as speakers: the person they refer to, or nobody.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    ("Residents fled on Monday. They said the water came at night.", "Indirect|Residents|the water came at night"),
    ("Acme Widgets closed its plant. It said demand had fallen.", "Indirect|Acme Widgets|demand had fallen"),
    ("Tomas Reyes met a homeless man who said he had lost his shoes.", "Indirect|a homeless man|he had lost his shoes"),
    ("The ferry is run by Anna Lindqvist, who said it would sail.", "Indirect|Anna Lindqvist|it would sail"),
    ("It said the storm would pass.", "Indirect||the storm would pass"),
    ("They said the storm would pass.", "Indirect||the storm would pass"),
    (
        "\u{201c}Same again last night, and then somebody ran,\u{201d} said a homeless man who goes by the name \u{201c}Shorty.\u{201d}",
        "Direct|Shorty|Same again last night, and then somebody ran,",
    ),
];
