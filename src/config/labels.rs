//! The labels of a feed: short words by which feeds are grouped.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::record::is_same_label;

/// The maximum number of labels that a list gives a feed.
const MAX_LABELS: usize = 20;
/// The maximum length of a label, in bytes.
pub(super) const MAX_LABEL_BYTES: usize = 100;

/// The labels that a list gives a feed, in its order. Feeds with the same labels share them, so a feed's labels take
/// one word of memory.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Labels(Option<Arc<Vec<Box<str>>>>);

/// Why labels are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// A label has no characters.
    #[error("a label is empty; remove it")]
    Empty,
    /// There are too many labels.
    #[error("{0} labels, {MAX_LABELS} at most")]
    TooMany(usize),
    /// A label is too long.
    #[error("the label `{0}…` has more than {MAX_LABEL_BYTES} bytes; choose a shorter one")]
    TooLong(String),
    /// A label contains a comma, which separates labels in OPML.
    #[error("the label `{0}` contains a comma; write two labels: [\"a\", \"b\"]")]
    Comma(String),
    /// A label contains a control character, for example a line break.
    #[error("the label {0:?} contains a control character; remove it")]
    Control(String),
    /// Two labels are equal, or differ only in case.
    #[error("the label `{0}` repeats `{1}`; remove one")]
    Repeated(String, String),
}

impl Labels {
    /// Checks and trims labels.
    pub fn new<T: AsRef<str>>(written: impl IntoIterator<Item = T>) -> Result<Self, LabelError> {
        let mut labels: Vec<Box<str>> = Vec::new();
        let mut count = 0;
        for label in written {
            let label = checked(label.as_ref())?;
            if let Some(known) = labels.iter().find(|known| is_same_label(known, label)) {
                return Err(LabelError::Repeated(label.to_owned(), known.to_string()));
            }
            count += 1;
            if count <= MAX_LABELS {
                labels.push(label.into());
            }
        }
        if count > MAX_LABELS { Err(LabelError::TooMany(count)) } else { Ok(Self::of(labels)) }
    }

    /// Adds further labels, of a list that another program wrote. Leaves out those that are here already, and returns
    /// why others are left out.
    pub(super) fn extend<T: AsRef<str>>(&mut self, further: impl IntoIterator<Item = T>) -> Vec<LabelError> {
        let mut labels: Vec<Box<str>> = self.0.take().map(Arc::unwrap_or_clone).unwrap_or_default();
        let (mut faults, mut over) = (Vec::new(), 0);
        for label in further {
            match checked(label.as_ref()) {
                Err(LabelError::Empty) => {}
                Err(fault) => faults.push(fault),
                Ok(label) if labels.iter().any(|known| is_same_label(known, label)) => {}
                Ok(_) if labels.len() == MAX_LABELS => over += 1,
                Ok(label) => labels.push(label.into()),
            }
        }
        if over > 0 {
            faults.push(LabelError::TooMany(MAX_LABELS + over));
        }
        *self = Self::of(labels);
        faults
    }

    fn of(mut labels: Vec<Box<str>>) -> Self {
        labels.shrink_to_fit();
        Self((!labels.is_empty()).then(|| Arc::new(labels)))
    }

    /// Returns the labels in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|labels| labels.iter()).map(|label| &**label)
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns whether the label is one of these, in any case.
    pub fn has(&self, label: &str) -> bool {
        self.iter().any(|known| is_same_label(known, label))
    }
}

/// Trims a label and checks it.
fn checked(written: &str) -> Result<&str, LabelError> {
    let label = written.trim();
    if label.is_empty() {
        return Err(LabelError::Empty);
    }
    if label.len() > MAX_LABEL_BYTES {
        return Err(LabelError::TooLong(label.chars().take(40).collect()));
    }
    if label.contains(',') {
        return Err(LabelError::Comma(label.to_owned()));
    }
    if label.chars().any(char::is_control) {
        return Err(LabelError::Control(label.to_owned()));
    }
    Ok(label)
}

impl TryFrom<Vec<String>> for Labels {
    type Error = LabelError;

    fn try_from(written: Vec<String>) -> Result<Self, LabelError> {
        Self::new(written)
    }
}

impl From<Labels> for Vec<String> {
    fn from(labels: Labels) -> Self {
        labels.iter().map(str::to_owned).collect()
    }
}

impl std::fmt::Debug for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_trimmed_bounded_and_different() {
        let labels = Labels::new([" politics ", "de", "Źródła"]).unwrap();
        assert_eq!(labels.iter().collect::<Vec<_>>(), ["politics", "de", "Źródła"]);
        assert!(labels.has("Politics") && labels.has("źRÓDŁA") && !labels.has("polit"));
        let many: Vec<String> = (0..25).map(|n| format!("l{n}")).collect();
        let long = "ü".repeat(51);
        for (written, message) in [
            (vec!["a", " "], "a label is empty; remove it"),
            (vec!["a", "b", "A"], "the label `A` repeats `a`; remove one"),
            (vec!["a,b"], "contains a comma; write two labels"),
            (vec!["a\nb"], "contains a control character"),
            (vec![long.as_str()], "has more than 100 bytes"),
            (many.iter().map(String::as_str).collect(), "25 labels, 20 at most"),
        ] {
            let error = Labels::new(written).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert!(Labels::new(Vec::<String>::new()).unwrap().is_empty());
    }

    #[test]
    fn what_other_programs_write_is_read_as_far_as_possible() {
        let mut labels = Labels::new(["Art"]).unwrap();
        assert!(labels.extend(["art", "", " music"]).is_empty());
        assert_eq!(labels.iter().collect::<Vec<_>>(), ["Art", "music"]);
        let faults = labels.extend((0..30).map(|n| format!("l{n}")).chain(["x".repeat(200)]));
        assert_eq!((labels.iter().count(), faults.len()), (MAX_LABELS, 2));
        assert_eq!(faults[1], LabelError::TooMany(32));
    }

    #[test]
    fn labels_take_one_word() {
        assert_eq!(size_of::<Labels>(), size_of::<usize>());
    }
}
