//! A value that is replaced while it is in use, for example the settings by a reload.

use std::sync::{Arc, PoisonError, RwLock};

/// The current value, shared by everything that uses it. Each use takes the value of that moment.
#[derive(Debug, Default)]
pub struct Live<T>(Arc<RwLock<Arc<T>>>);

impl<T> Live<T> {
    /// Creates it with its first value.
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self(Arc::new(RwLock::new(value.into())))
    }

    /// Returns the current value, which stays valid after it was replaced.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the value for all later uses.
    pub fn set(&self, value: impl Into<Arc<T>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value.into();
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_copies_have_the_value_that_was_set_last() {
        let live = Live::new(1);
        let (copy, before) = (live.clone(), live.get());
        live.set(2);
        assert_eq!((*before, *copy.get()), (1, 2));
    }
}
