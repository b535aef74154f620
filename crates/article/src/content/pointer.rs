//! Lines within the text that lead to another article: "Read also: LINK", "Mehr zum Thema – LINK".

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::phrases::entries;

/// The placeholder of a link in the outline of a line (see [`Pointer::of`]).
pub(crate) const LINK: char = '\u{fffc}';

/// The longest line, in bytes.
pub(crate) const MAX_LINE: usize = 400;
/// The maximum number of words that a label may have after a known one, where that is one word and where it is more.
const MAX_MORE: [usize; 2] = [3, 6];
/// The maximum number of words of a label that is not known, and the fewest of a title after it.
const MAX_LABEL: usize = 3;
const MIN_TITLE: usize = 5;

/// Known labels in lower case.
static LABELS: LazyLock<HashSet<&str>> = LazyLock::new(|| entries(include_str!("../data/pointers.txt")).collect());

/// How a line is known to lead elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pointer {
    /// A known label and links.
    Known,
    /// A short label with a colon or dash, and a title that is a link, but the label is not known.
    Shaped,
}

impl Pointer {
    /// Reads a line: `outline` is its text with [`LINK`] in place of each link. A sentence with links in it is none.
    pub(crate) fn of(outline: &str, text: &str) -> Option<Self> {
        if text.len() > MAX_LINE || !outline.contains(LINK) {
            return None;
        }
        let outline = outline.split_whitespace().collect::<Vec<_>>().join(" ");
        let (label, links) = outline.split_once(LINK)?;
        if links.chars().any(char::is_alphanumeric) {
            return None;
        }
        if !label.chars().any(char::is_alphanumeric) {
            // The label is a part of the link.
            let (label, title) = text.split_once([':', '：', '|', '–', '—']).or_else(|| text.split_once(" - "))?;
            return (is_known(label, true) && !title.trim().is_empty()).then_some(Self::Known);
        }
        let is_parted = label.trim_end().ends_with(|c: char| ":：–—―-|»›>→►▶▸•".contains(c));
        if is_known(label, is_parted) {
            return Some(Self::Known);
        }
        let words = label.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
        let title = text.get(label.len()..).unwrap_or_default().trim_start();
        let is_title = title.split_whitespace().count() >= MIN_TITLE
            && title.starts_with(|c: char| !c.is_lowercase())
            && links.trim().is_empty();
        let is_label = words <= MAX_LABEL && label.starts_with(char::is_uppercase);
        (is_label && is_title && label.trim_end().ends_with([':', '–', '—', '|'])).then_some(Self::Shaped)
    }
}

/// Returns whether a line is a known label alone, as it stands above a link.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() <= 60 && is_known(text, false)
}

/// Returns whether a label is known. Where a mark parts it from what follows, a known label may continue for some words.
fn is_known(label: &str, is_parted: bool) -> bool {
    let label = label.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if LABELS.contains(label.as_str()) {
        return is_parted || label.contains(' ') || !label.is_ascii() && label.chars().all(is_unspaced);
    }
    let known = label.match_indices(' ').map(|(at, _)| at).rfind(|&end| LABELS.contains(&label[..end]));
    is_parted
        && known.is_some_and(|end| {
            label[end..].split_whitespace().count() <= MAX_MORE[usize::from(label[..end].contains(' '))]
        })
}

/// Returns whether a character is of a script that sets no spaces.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Pointer> {
        // A link stands in brackets here.
        let text = line.replace(['[', ']'], "");
        let mut outline = String::new();
        let mut inside = false;
        for c in line.chars() {
            match c {
                '[' => {
                    inside = true;
                    outline.push(LINK);
                }
                ']' => inside = false,
                _ if inside => {}
                c => outline.push(c),
            }
        }
        Pointer::of(&outline, &text)
    }

    #[test]
    fn labels_with_a_link_lead_elsewhere_in_any_language() {
        for line in [
            "Read also: [Rowing club wins at last]",
            "READ MORE ON THE BRIDGE: [Who has to go round]",
            "Mehr zum Thema – [Tag der Arbeit: Die Küste bleibt Niedriglohnland]",
            "Lesen Sie auch [Das Buch des Leuchtturmwärters]",
            "Lesen Sie hier unser Interview mit der Ministerin: [„Wir haben keine Wahl.“]",
            "[Lesen Sie auch: Wer bezahlt die neue Brücke?]",
            "→ Mehr dazu: [Die Fähre]",
            "Lire aussi : [Le pont sera fermé six semaines]",
            "À lire également – [Le pont], [Le port]",
            "Lea también: [El puente cierra] | [El puerto abre]",
            "Te puede interesar: [El puente]",
            "Leggi anche > [Il ponte chiude]",
            "Per approfondire: [Il ponte chiude]",
            "LEIA TAMBÉM: [A ponte fecha]",
            "Lees ook: [De brug gaat dicht].",
            "Läs också: [Bron stängs i sex veckor]",
            "Les også: [Broen stenges]",
            "Læs også: [Broen lukkes]",
            "Lue myös: [Silta suljetaan]",
            "Czytaj także: [Most będzie zamknięty]",
            "Čtěte také: [Most se zavře]",
            "Читайте также: [Мост закроют на шесть недель]",
            "(Читайте також: [Міст закриють])",
            "Olvassa el ezt is: [Lezárják a hidat]",
            "Διαβάστε επίσης: [Η γέφυρα κλείνει]",
            "Baca juga: [Jembatan ditutup]",
            "関連記事：[橋が閉鎖される]",
            "اقرأ أيضا: [إغلاق الجسر]",
        ] {
            assert_eq!(read(line), Some(Pointer::Known), "{line}");
        }
        for line in [
            "Vor Ort: [Die Küste bleibt auch künftig Niedriglohnland]",
            "La playlist – [Dix chansons pour traverser le pont]",
        ] {
            assert_eq!(read(line), Some(Pointer::Shaped), "{line}");
        }
    }

    #[test]
    fn sentences_with_links_are_not_pointers() {
        for line in [
            "The board said in a [statement] that it would close the bridge.",
            "Read also the [report of the board], which names the wheels.",
            "Mehr als vierzig Händler kamen, sagte [Ann Hale].",
            "Lesen Sie auch den [Bericht der Kommission] im Archiv.",
            "More than forty came, [the board said].",
            "Mehr als vierzig Händler kamen, sagte: [Ann Hale]",
            "Her verdict: [no].",
            "The verdict of the old harbour board on it: [A bridge that nobody really needs any more]",
            "Ames: “[We] must act.”",
            "See [Hale v Ames].",
            "He reads: [a] b",
            "[The bridge: who has to go round]",
            "No link here: nothing",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
