//! Secrets of the config, which are never printed.

use std::cell::Cell;

use serde::{Deserialize, Serialize, Serializer};

/// A password, a token or a URL that may hold one. Its value does not appear in `Debug` output, and in serialized settings
/// only where [`revealed`] asks for it.
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct SecretString(pub String);

/// What is shown instead of a secret.
const MASK: &str = "\u{2026}";

thread_local! {
    static IS_REVEALED: Cell<bool> = const { Cell::new(false) };
}

/// Returns what `serialize` makes of settings, with the secrets in them.
pub fn revealed<T>(serialize: impl FnOnce() -> T) -> T {
    struct Hide(bool);
    impl Drop for Hide {
        fn drop(&mut self) {
            IS_REVEALED.set(self.0);
        }
    }
    let _hide = Hide(IS_REVEALED.replace(true));
    serialize()
}

impl Serialize for SecretString {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(if IS_REVEALED.get() { &self.0 } else { MASK })
    }
}

impl std::fmt::Debug for SecretString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretString(\u{2026})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_serialized_only_where_that_is_asked_for() {
        let secret = SecretString("hunter2".into());
        let json = || serde_json::to_string(&secret).unwrap();
        assert_eq!(
            (json(), revealed(json), json()),
            ("\"\u{2026}\"".into(), "\"hunter2\"".into(), "\"\u{2026}\"".into())
        );
    }
}
