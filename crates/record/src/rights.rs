//! What a publisher reserves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the publisher says about the use of an article: its notice for people, its reservations for machines, and what was left
/// out of the record because of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rights {
    /// The copyright notice of the entry or its feed.
    #[serde(default)]
    pub notice: Option<String>,
    /// The directives for robots of the resource that the text comes from (`X-Robots-Tag`, `<meta name="robots">`), in lower case, such as
    /// `noarchive` or `max-snippet:0`; those for other robots are omitted.
    #[serde(default)]
    pub robots: Vec<String>,
    /// The reservation of text and data mining; `null` if none is stated.
    #[serde(default)]
    pub tdm: Option<TdmReservation>,
    /// What was left out of the records; `null` if nothing was.
    #[serde(default)]
    pub withheld: Option<Withheld>,
}

/// A statement of the TDM Reservation Protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TdmReservation {
    /// Whether the rights are reserved; `false` if the publisher states that they are not.
    pub reserved: bool,
    /// The URL of the publisher's policy, which says how to obtain a licence.
    #[serde(default)]
    pub policy: Option<String>,
    /// Where the statement was found.
    pub source: TdmSource,
}

/// The places of a TDM reservation, in the order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TdmSource {
    /// The page's head.
    Meta,
    /// The header of the response.
    Header,
    /// The origin's `/.well-known/tdmrep.json`.
    File,
}

/// What was left out of the records of an article because the publisher reserves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withheld {
    /// The part.
    pub part: WithheldPart,
    /// The statements that reserve it, such as `tdm-reservation` or `noai`.
    pub because: Vec<String>,
}

/// The parts that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithheldPart {
    /// The text, and with it entities and quotations.
    Text,
    /// Entities and quotations.
    Extraction,
}

impl Rights {
    /// Returns whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether this part was left out.
    pub fn withholds(&self, part: WithheldPart) -> bool {
        self.withheld.as_ref().is_some_and(|withheld| withheld.part == part || withheld.part == WithheldPart::Text)
    }
}
