//! A filter by labels, as queries give it: `politics,de` matches what has both.

use crate::record::is_same_label;

/// The maximum number of labels in a filter; further ones are ignored.
const MAX_LABELS: usize = 20;

/// The labels that a story must have; an empty filter matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelFilter(Vec<String>);

impl LabelFilter {
    /// Reads labels separated by commas.
    pub(super) fn new(text: &str) -> Self {
        let labels = text.split(',').map(str::trim).filter(|label| !label.is_empty()).take(MAX_LABELS);
        Self(labels.map(str::to_owned).collect())
    }

    /// Returns the labels.
    pub(super) fn labels(&self) -> &[String] {
        &self.0
    }

    /// Returns whether something with these labels matches.
    pub(super) fn matches(&self, labels: &[String]) -> bool {
        self.0.iter().all(|wanted| labels.iter().any(|label| is_same_label(label, wanted)))
    }

    /// Returns whether all labels hold.
    pub(super) fn all(&self, has: impl Fn(&str) -> bool) -> bool {
        self.0.iter().all(|label| has(label))
    }

    /// Returns the labels as the archive compares them with [`archived`], as a JSON array.
    pub(super) fn json(&self) -> String {
        let labels: Vec<String> = self.0.iter().map(|label| format!("\n{}\n", label.to_lowercase())).collect();
        serde_json::to_string(&labels).unwrap_or_else(|_| "[]".to_owned())
    }
}

/// Returns the labels of a story as the archive keeps them: in lower case, each between line breaks.
pub(super) fn archived(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!("\n{}\n", labels.join("\n").to_lowercase()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_matches_what_has_all_its_labels() {
        let labels = ["Politics".to_owned(), "de".to_owned()];
        let matches = |text: &str| LabelFilter::new(text).matches(&labels);
        assert!(matches("") && matches(" , ") && matches("politics") && matches("DE, politics"));
        assert!(!matches("pol") && !matches("de,sport"));
        assert_eq!(LabelFilter::new("De,x").json(), "[\"\\nde\\n\",\"\\nx\\n\"]");
        assert_eq!(archived(&labels), "\npolitics\nde\n");
    }
}
