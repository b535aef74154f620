//! Splits captions from the credits of pictures.

use std::sync::LazyLock;

use regex::Regex;

/// Names that stand as a credit by themselves.
const AGENCIES: &str = r"Reuters|AFP|AP|Associated Press|Getty(?: Images)?|Agence France-Presse|EPA(?:-EFE)?|EFE|PA(?: Wire| Media| Images)?|Press Association|TASS|Xinhua|Anadolu(?: Agency)?|AA|DPA|dpa|ANSA|Kyodo(?: News)?|Yonhap|Bloomberg|NurPhoto|Shutterstock|Alamy|iStock|Rex(?: Features)?|ZUMA(?: Press)?|UPI|CP|The Canadian Press|AAP|Sputnik|Unsplash|Flickr|Wikimedia Commons|Pool|Handout|File(?: [Pp]hoto)?";

/// "(AP Photo/Jane Doe)", "[Reuters]" at the end.
static IN_BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"\s*[(\[](?P<c>(?:(?i:photos?|photographs?|images?|pictures?|credit|courtesy|source|via|©)\b?[^()\[\]]{{0,150}})|[^()\[\]]{{0,100}}\b(?:{AGENCIES})\b[^()\[\]]{{0,100}})[)\]]\.?$"
    ))
    .expect("a fixed pattern")
});
/// "Photograph: Jane Doe/Reuters", "Credit: …", "© Reuters" at the end, after a sentence or alone.
static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[.!?…)\]”’|–—-]\s*|\s[|–—-]\s+|\s{1}(?P<mid>))(?P<l>(?i:photographs?|photos?|images?|pictures?|file photo|image credit|photo credit|picture credit|credits?|image source|photo source|illustration|photo by|image by|picture by|photograph by|courtesy(?: of)?)\s*(?::|\bby\b|courtesy of)|©|\(c\)|(?i:copyright\b:?))\s*(?P<c>[^.]{2,120}(?:\.[^.\s]{1,10})*)\.?$")
        .expect("a fixed pattern")
});
/// "… in Moscow. – Reuters", "… in Moscow | AP Photo/Jane Doe" at the end.
static AFTER_DASH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"\s*(?:\s[–—―-]{{1,2}}|\||\s/|[.!?”’]\s[–—-])\s*(?P<c>(?:[^.!?|–—]{{0,60}}[/\s,(])?(?:{AGENCIES})(?:[/\s,][^.!?|–—]{{0,60}})?)\.?$"
    ))
    .expect("a fixed pattern")
});
/// "… in Moscow. Jane Doe/AFP via Getty Images" at the end: after a sentence's end, with an agency at one end.
static AFTER_STOP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"[.!?”’]\s+(?P<c>(?:[^.!?:;]{{1,60}}\s?/\s?)?(?:{AGENCIES})(?:\s?/\s?[^.!?:;]{{1,60}}|\s(?:via|Photo|Images?)\b[^.!?:;]{{0,60}})?)\.?$"
    ))
    .expect("a fixed pattern")
});

/// "… in Moscow. – Jane Doe", "… in Moscow. – Jane Doe/The Paper" at the end: a name after a sentence's end and a dash.
static NAME_AFTER_DASH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[.!?”’]\s[–—-]\s+(?P<c>\p{Lu}[\p{L}'’.-]+(?:\s\p{Lu}[\p{L}'’.-]+){1,3}(?:\s?/\s?[^.!?/]{2,60})?)$")
        .expect("a fixed pattern")
});

/// Returns a caption's words without its credit, and the credit without its label ("Photograph:", "©") and brackets.
pub(crate) fn split(caption: &str) -> (String, Option<String>) {
    // Captions are short; a long one is prose and pays no search for credits beyond its end.
    let tail_start = caption.floor_char_boundary(caption.len().saturating_sub(400));
    let tail = &caption[tail_start..];
    for pattern in [&*IN_BRACKETS, &*LABELLED, &*AFTER_STOP, &*AFTER_DASH, &*NAME_AFTER_DASH] {
        if let Some(found) = pattern.captures(tail)
            && let Some(credit) = found.name("c")
        {
            let cut = found.name("l").map_or_else(|| cut_at(tail, &found), |label| label.start());
            let rest =
                caption[..tail_start + cut].trim_end().trim_end_matches([' ', '|', '–', '—', '―', '-', '/', '(', '[']);
            return (rest.to_owned(), unlabel(credit.as_str()));
        }
    }
    (caption.to_owned(), None)
}

/// Returns where the credit's separator starts: a sentence's own end stays with the caption.
fn cut_at(tail: &str, found: &regex::Captures) -> usize {
    let whole = found.get(0).expect("group 0 is the match");
    match tail[whole.start()..].chars().next() {
        Some(c @ ('.' | '!' | '?' | '”' | '’')) => whole.start() + c.len_utf8(),
        _ => whole.start(),
    }
}

/// Returns a credit without label and brackets: "Photograph: Jane Doe/Reuters" is "Jane Doe/Reuters".
pub(crate) fn unlabel(credit: &str) -> Option<String> {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?i:(?:(?:image|photo|picture|photograph|file photo)\s+)?(?:credits?|source|copyright)\b|photographs?\b|photos?\b|pictures?\b|images?\b|file photo\b|courtesy of\b|©|\(c\))\s*(?::|\bby\b|©)?\s*")
            .expect("a fixed pattern")
    });
    let bare = credit.trim().trim_matches(['(', ')', '[', ']', '|', '–', '—', ' ']);
    // "Photo/Jane Doe" and "Images of …" lose nothing but a true label.
    let label = LABEL.find(bare).map_or(0, |m| m.end());
    let rest = if label > 0
        && (bare[..label].contains([':', '©'])
            || bare[..label].ends_with("by ")
            || bare[..label].to_ascii_lowercase().contains("credit")
            || bare[..label].to_ascii_lowercase().contains("copyright")
            || bare[..label].to_ascii_lowercase().contains("courtesy"))
    {
        &bare[label..]
    } else {
        bare
    };
    let rest = rest.trim().trim_end_matches(['.', '|']).trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_cut_off_captions() {
        for (caption, text, credit) in [
            ("Leaders meet in Geneva. – Reuters", "Leaders meet in Geneva.", Some("Reuters")),
            ("Leaders meet in Geneva – AFP", "Leaders meet in Geneva", Some("AFP")),
            ("Leaders meet in Geneva. (AP Photo/Jane Doe)", "Leaders meet in Geneva.", Some("AP Photo/Jane Doe")),
            (
                "Leaders meet in Geneva [File: Jane Doe/Reuters]",
                "Leaders meet in Geneva",
                Some("File: Jane Doe/Reuters"),
            ),
            ("A bridge at dawn. Photograph: Jane Doe/The Paper", "A bridge at dawn.", Some("Jane Doe/The Paper")),
            ("A bridge at dawn. Credit: Jane Doe", "A bridge at dawn.", Some("Jane Doe")),
            ("A bridge at dawn. Photo by Jane Doe", "A bridge at dawn.", Some("Jane Doe")),
            ("A bridge at dawn © Jane Doe", "A bridge at dawn", Some("Jane Doe")),
            (
                "A bridge at dawn. Jane Doe/AFP via Getty Images",
                "A bridge at dawn.",
                Some("Jane Doe/AFP via Getty Images"),
            ),
            ("A bridge at dawn. Getty Images", "A bridge at dawn.", Some("Getty Images")),
            ("A bridge at dawn | Reuters", "A bridge at dawn", Some("Reuters")),
            ("A bridge at dawn. – Jane Doe", "A bridge at dawn.", Some("Jane Doe")),
            ("A bridge at dawn. – Jane Doe/The Paper", "A bridge at dawn.", Some("Jane Doe/The Paper")),
            ("Photo: Jane Doe", "", Some("Jane Doe")),
            ("The minister (left) with his wife", "The minister (left) with his wife", None),
            ("The fire-damaged bridge – before the repair", "The fire-damaged bridge – before the repair", None),
            ("The minister speaks to Reuters", "The minister speaks to Reuters", None),
            ("He takes pictures of birds.", "He takes pictures of birds.", None),
        ] {
            assert_eq!(split(caption), (text.to_owned(), credit.map(str::to_owned)), "{caption}");
        }
    }
}
