//! Marks and deeds that quote nobody.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    ("The price fell on Monday.", ""),
    ("He was reading \"The Old Road\" when the train left.", ""),
    ("The so-called \"miracle\" ended in March.", ""),
    ("Robert \"Bobby\" Hale runs a bakery in the town.", ""),
    ("The film \"Long Winter\" opens on Friday.", ""),
    ("The band played \"Blue Moon\" twice.", ""),
    ("The town voted for the new bridge.", ""),
    ("The road was closed for repairs.", ""),
    ("James Okafor won the race on Sunday.", ""),
    ("The ship left the port at dawn.", ""),
    ("Police arrested two men on Friday.", ""),
    ("The shop sells \"vintage\" shoes.", ""),
    ("Shares of the company rose by three percent.", ""),
    ("Anna Lindqvist met James Okafor in Oslo.", ""),
    ("The storm destroyed forty houses.", ""),
    ("The museum opens at ten.", ""),
    ("Her second novel, \"The Glass Tower\", won a prize.", ""),
    ("The army attacked the town on Monday.", ""),
];
