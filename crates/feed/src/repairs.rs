//! The repairs that a document needed.

/// The repairs, in order of appearance, without duplicates.
#[derive(Debug, Default)]
pub(super) struct Repairs(Vec<String>);

impl Repairs {
    /// Notes a repair.
    pub(crate) fn note(&mut self, repair: &str) {
        if !self.0.iter().any(|known| known == repair) {
            self.0.push(repair.to_owned());
        }
    }

    /// Returns all of them.
    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0
    }
}
