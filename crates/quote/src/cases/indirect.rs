//! Indirect speech.

/// Text, and its quotations as `type|speaker|text`.
pub(super) const CASES: &[(&str, &str)] = &[
    ("Tomas Reyes said that the levee would hold.", "Indirect|Tomas Reyes|that the levee would hold"),
    (
        "Tomas Reyes said the levee would hold through the night.",
        "Indirect|Tomas Reyes|the levee would hold through the night",
    ),
    ("Tomas Reyes said on Tuesday that the levee would hold.", "Indirect|Tomas Reyes|that the levee would hold"),
    ("Tomas Reyes told lawmakers that the levee would hold.", "Indirect|Tomas Reyes|that the levee would hold"),
    ("Tomas Reyes told Reuters the levee would hold.", "Indirect|Tomas Reyes|the levee would hold"),
    (
        "The levee would hold through the night, Tomas Reyes said.",
        "Indirect|Tomas Reyes|The levee would hold through the night",
    ),
    (
        "The levee would hold through the night, said Tomas Reyes, an engineer.",
        "Indirect|Tomas Reyes|The levee would hold through the night",
    ),
    (
        "The levee will hold through the night, according to Tomas Reyes.",
        "Indirect|Tomas Reyes|The levee will hold through the night",
    ),
    (
        "According to Tomas Reyes, the levee will hold through the night.",
        "Indirect|Tomas Reyes|the levee will hold through the night",
    ),
    ("Tomas Reyes warned that the levee might break.", "Indirect|Tomas Reyes|that the levee might break"),
    ("Tomas Reyes announced that the levee would be rebuilt.", "Indirect|Tomas Reyes|that the levee would be rebuilt"),
    ("Tomas Reyes argued that the levee was too old.", "Indirect|Tomas Reyes|that the levee was too old"),
    ("Tomas Reyes admitted that the levee was too old.", "Indirect|Tomas Reyes|that the levee was too old"),
    ("Tomas Reyes denied that the levee was too old.", "Indirect|Tomas Reyes|that the levee was too old"),
    ("Tomas Reyes acknowledged that mistakes had been made.", "Indirect|Tomas Reyes|that mistakes had been made"),
    ("Tomas Reyes claims the election was stolen.", "Indirect|Tomas Reyes|the election was stolen"),
    ("Tomas Reyes insisted that the talks had not failed.", "Indirect|Tomas Reyes|that the talks had not failed"),
    ("Tomas Reyes added that the talks had not failed.", "Indirect|Tomas Reyes|that the talks had not failed"),
    ("Tomas Reyes noted that the talks had not failed.", "Indirect|Tomas Reyes|that the talks had not failed"),
    ("Tomas Reyes suggested that the talks had failed.", "Indirect|Tomas Reyes|that the talks had failed"),
    ("Tomas Reyes asked whether the talks had failed.", "Indirect|Tomas Reyes|whether the talks had failed"),
    ("Tomas Reyes explained how the talks had failed.", "Indirect|Tomas Reyes|how the talks had failed"),
    ("Tomas Reyes predicted that the talks would fail.", "Indirect|Tomas Reyes|that the talks would fail"),
    ("Tomas Reyes promised that the talks would go on.", "Indirect|Tomas Reyes|that the talks would go on"),
    ("Tomas Reyes wrote that the talks would go on.", "Indirect|Tomas Reyes|that the talks would go on"),
    ("Tomas Reyes tweeted that the talks would go on.", "Indirect|Tomas Reyes|that the talks would go on"),
    ("Tomas Reyes has said the talks would go on.", "Indirect|Tomas Reyes|the talks would go on"),
    ("Tomas Reyes also said the talks would go on.", "Indirect|Tomas Reyes|the talks would go on"),
    ("Tomas Reyes did not say whether the talks would go on.", "Indirect|Tomas Reyes|whether the talks would go on"),
    ("Tomas Reyes, who chairs the board, said the talks would go on.", "Indirect|Tomas Reyes|the talks would go on"),
    ("In a letter to the board, Tomas Reyes said the talks would go on.", "Indirect|Tomas Reyes|the talks would go on"),
    (
        "The talks, Tomas Reyes said, would go on until Friday.",
        "Indirect|Tomas Reyes|The talks would go on until Friday",
    ),
    ("Tomas Reyes left the room, saying that the talks had failed.", "Indirect|Tomas Reyes|that the talks had failed"),
    (
        "Tomas Reyes testified that he had never met the lawyer.",
        "Indirect|Tomas Reyes|that he had never met the lawyer",
    ),
    (
        "Tomas Reyes reiterated that the border would stay closed.",
        "Indirect|Tomas Reyes|that the border would stay closed",
    ),
    (
        "Tomas Reyes confirmed that the border would stay closed.",
        "Indirect|Tomas Reyes|that the border would stay closed",
    ),
    ("Tomas Reyes said he would resign if the vote failed.", "Indirect|Tomas Reyes|he would resign if the vote failed"),
];
