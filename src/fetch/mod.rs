//! One polite HTTP client.
