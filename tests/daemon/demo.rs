//! Checks that the demo ends by itself and shows what it promises.

use test_support::daemon::{run, stderr};

#[test]
fn the_demo_shows_stories_names_and_attributed_quotations() {
    let output = run(&["demo", "--once"], "");
    assert!(output.status.success(), "{}", stderr(&output));
    let shown = String::from_utf8(output.stdout).unwrap();
    for part in [
        "Ferry operator cancels night crossings after engine fire",
        "Maria Keller said (direct) \u{201c}Nobody who grew up in this town",
        "revision 2",
        "same story as",
        "broken-bugle: dead letter from `feed`",
        "Storm warning for the western coast",
        "(mixed)",
        "(indirect)",
        "Kestrel Valley",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    assert_eq!(shown.matches("\u{25cf}").count(), 15, "13 stories, one new and one changed\n{shown}");
}
