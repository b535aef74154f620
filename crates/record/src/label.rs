//! The comparison of labels.

/// Returns whether two labels are the same, in any case: folders of one list say "Politics", labels of another "politics".
pub fn is_same_label(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a == b || a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}
