//! Health, metrics, pages.
