//! Why a journal operation failed.

use std::error::Error;
use std::fmt;

/// An error that caused another one.
type Cause = Box<dyn Error + Send + Sync>;

/// Why a journal operation failed. `{}` formats what happened and what to do, `{:#}` also the causes.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Nothing was committed; retrying the same group may succeed (broker unreachable, disk full).
    #[error(transparent)]
    Retriable(Reason),
    /// A permission or a secret is missing. Nothing was committed; a retry succeeds once somebody has granted it.
    #[error(transparent)]
    Refused(Reason),
    /// The outcome of the commit is unknown, or this instance was fenced: the state must be restored before the next
    /// commit.
    #[error(transparent)]
    Reset(Reason),
    /// Some batches belong to partitions that another instance owns now. Nothing was committed; the other batches can be
    /// committed without them.
    #[error("some partitions of the group belong to another instance now")]
    Disowned,
    /// A person must intervene: wrong settings, a damaged file, a second instance.
    #[error(transparent)]
    Fatal(Reason),
}

impl JournalError {
    /// Creates an error that a retry may resolve.
    pub fn retriable(reason: impl Into<Reason>) -> Self {
        Self::Retriable(reason.into())
    }

    /// Creates an error that requires the state to be restored.
    pub fn reset(reason: impl Into<Reason>) -> Self {
        Self::Reset(reason.into())
    }

    /// Creates an error that a person must resolve.
    pub fn fatal(reason: impl Into<Reason>) -> Self {
        Self::Fatal(reason.into())
    }
}

/// What happened, what to do, and what caused it. `{}` leaves out the causes, which follow as the error's sources; `{:#}`
/// formats them too.
#[derive(Debug)]
pub struct Reason {
    message: String,
    advice: Option<String>,
    cause: Option<Cause>,
}

impl Reason {
    /// Creates a reason that another error caused.
    pub fn new(message: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self { message: message.into(), advice: None, cause: Some(cause.into()) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<String> for Reason {
    fn from(message: String) -> Self {
        Self { message, advice: None, cause: None }
    }
}

impl From<&str> for Reason {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if f.alternate() {
            // A cause that is a reason too formats its own causes and its advice.
            let mut cause = self.source();
            while let Some(error) = cause {
                write!(f, ": {error:#}")?;
                cause = if formats_causes(error) { None } else { error.source() };
            }
        }
        self.advice.iter().try_for_each(|advice| write!(f, "; {advice}"))
    }
}

fn formats_causes(error: &(dyn Error + 'static)) -> bool {
    error.is::<Reason>() || error.is::<JournalError>()
}

impl Error for Reason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn causes_are_sources_and_shown_on_request_before_the_advice() {
        let full = Reason::new("cannot write", io::Error::other("disk full")).advise("free some space");
        let error = JournalError::fatal(Reason::new("cannot open the store", JournalError::Retriable(full)));
        assert_eq!(error.to_string(), "cannot open the store");
        assert_eq!(format!("{error:#}"), "cannot open the store: cannot write: disk full; free some space");
        let cause = error.source().expect("the cause");
        assert_eq!(cause.source().expect("its cause").to_string(), "disk full");
    }
}
