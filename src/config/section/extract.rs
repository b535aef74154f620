//! The section `[extract]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// The models that `entities` and `quotes` may name.
const MODELS: [&str; 2] = ["fast", "accurate"];

/// The extraction of entities and quotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extract {
    /// The model for names.
    pub entities: String,
    /// The model for quotations.
    pub quotes: String,
    /// The table that entities are linked to, made by `dateline knowledge`; the embedded one if absent.
    pub knowledge: Option<PathBuf>,
}

impl Default for Extract {
    fn default() -> Self {
        Self { entities: "fast".into(), quotes: "fast".into(), knowledge: None }
    }
}

impl Extract {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        for (key, model) in [("entities", &self.entities), ("quotes", &self.quotes)] {
            let message = format!("must be \"{}\", not `{model}`", MODELS.join("\" or \""));
            checks.require(MODELS.contains(&model.as_str()), key, message);
        }
        checks.finish()
    }
}
