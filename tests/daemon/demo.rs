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
        "Maren Petersen sagte (direct) \u{201c}Wir warten seit elf Jahren auf diesen Tag\u{201d}",
        "Svenja Lorenz sagte (direct)",
        "Soizic Le Goff d\u{e9}clar\u{e9} (direct) \u{201c}Les gens d\u{2019}ici",
        "Marc Delaunay racont\u{e9} (direct)",
        "Herv\u{e9} Kermadec explique (direct)",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    assert_eq!(shown.matches("\u{25cf}").count(), 21, "19 stories, one new and one changed\n{shown}");
}
