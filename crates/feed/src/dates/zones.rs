//! Time zones: offsets and names.

/// Seconds east of Greenwich that a whole zone says, such as `Z`, `+02:00`, `GMT-5`, `EST`, `+0200 (CEST)`; none stated is UTC.
pub(super) fn parse(zone: &str) -> Option<i32> {
    let zone = zone.trim().trim_matches(['(', ')', '[', ']', '.']);
    if zone.is_empty() {
        return Some(0);
    }
    let letters = zone.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 {
        let end = zone.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(zone.len());
        return offset(&zone[..end]);
    }
    let named = named(&zone[..letters].to_ascii_lowercase())?;
    match zone[letters..].trim() {
        "" => Some(named),
        rest => offset(rest),
    }
}

/// `+hh`, `+hhmm`, `+hh:mm`, signs of any kind.
pub(super) fn offset(text: &str) -> Option<i32> {
    let sign = if text.starts_with('+') { 1 } else { -1 };
    let text = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match text.split_once(':') {
        Some((hours, minutes)) => (hours, minutes.split(':').next().unwrap_or("0")),
        None if text.len() > 2 => text.split_at_checked(text.len().min(4) - 2)?,
        None => (text, "0"),
    };
    let number = |text: &str| text.parse::<i32>().ok().filter(|n| (0..100).contains(n));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Seconds east of Greenwich of a zone's name in lower case. Where a name has several meanings, the one of RFC 822, else the
/// most spoken in news feeds.
pub(super) fn named(name: &str) -> Option<i32> {
    if let [letter @ b'a'..=b'z'] = name.as_bytes() {
        // Military zones as they are, not with RFC 822's famous wrong sign; J is local time.
        let hours = match letter {
            b'a'..=b'i' => i32::from(letter - b'a') + 1,
            b'k'..=b'm' => i32::from(letter - b'k') + 10,
            b'n'..=b'y' => -(i32::from(letter - b'n') + 1),
            _ => 0,
        };
        return Some(hours * 3600);
    }
    let quarters = match name {
        "gmt" | "ut" | "utc" | "uct" | "wet" | "zulu" | "greenwich" | "etc" => 0,
        "bst" | "west" | "cet" | "met" | "mez" | "wat" => 4,
        "cest" | "mest" | "mesz" | "eet" | "sast" | "cat" => 8,
        "eest" | "msk" | "eat" | "trt" => 12,
        "msd" | "samt" | "gst" => 16,
        "irst" => 14,
        "ist" => 22,
        "pkt" | "yekt" | "uzt" => 20,
        "npt" => 23,
        "almt" | "omst" => 24,
        "ict" | "wib" | "krat" | "hovt" => 28,
        "sgt" | "hkt" | "myt" | "awst" | "pht" | "wita" | "irkt" => 32,
        "jst" | "kst" | "wit" | "yakt" => 36,
        "acst" => 38,
        "acdt" => 42,
        "aest" | "vlat" | "chst" => 40,
        "aedt" | "magt" => 44,
        "nzst" | "fjt" => 48,
        "nzdt" => 52,
        "nst" => -14,
        "ndt" => -10,
        "ast" | "at" | "edt" | "clt" | "bot" | "vet" => -16,
        "adt" | "brt" | "art" | "clst" | "uyt" => -12,
        "brst" => -8,
        "est" | "et" | "cdt" | "cot" | "pet" | "ect" => -20,
        "cst" | "ct" | "mdt" => -24,
        "mst" | "mt" | "pdt" => -28,
        "pst" | "pt" | "akdt" => -32,
        "akst" | "hdt" => -36,
        "hst" | "hast" => -40,
        "sst" => -44,
        _ => return None,
    };
    Some(quarters * 900)
}
