//! Dates whose meaning depends on the document.

use chrono::{DateTime, Utc};

use crate::{Hints, parse};

/// A feed's language and site, the dates of its items, and the days they are, `-` for none.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a str);

fn check(rows: &[Row]) {
    let now: DateTime<Utc> = "2024-11-20T12:00:00Z".parse().unwrap();
    let mut wrong = Vec::new();
    for (language, site, dates, wanted) in rows {
        let item = |date: &&str| format!("<item><title>T</title>{}</item>", dated(date));
        let items: String = dates.iter().map(item).collect();
        let language = if language.is_empty() { String::new() } else { format!("<language>{language}</language>") };
        let head = "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>T</title>";
        let feed = format!("{head}<link>https://{site}/</link>{language}{items}</channel></rss>");
        let read = parse(feed.as_bytes(), &Hints { now: Some(now), ..Hints::default() }).unwrap();
        let day = |at: Option<DateTime<Utc>>| at.map_or("-".to_owned(), |at| at.format("%m-%d").to_string());
        let days: Vec<String> = read.entries.iter().map(|entry| day(entry.published)).collect();
        if days.join(" ") != *wanted {
            wrong.push(format!("{language} {site} {dates:?}: {days:?}, not {wanted}"));
        }
        for entry in &read.entries {
            assert_eq!(entry.published.is_none(), entry.published_raw.is_some(), "{dates:?}");
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// Returns the element of a date, or the two of `A | B`.
fn dated(words: &str) -> String {
    match words.split_once(" | ") {
        Some((first, second)) => format!("<pubDate>{first}</pubDate><dc:date>{second}</dc:date>"),
        None => format!("<pubDate>{words}</pubDate>"),
    }
}

const SITE: &str = "isles.example";

#[test]
fn the_order_of_day_and_month_needs_evidence() {
    check(&[
        ("", SITE, &["08/10/2024"], "-"),
        ("en", SITE, &["08/10/2024 10:09", "03-09-2024"], "- -"),
        ("", SITE, &["Tue, 08/10/2024 - 10:09"], "10-08"),
        ("", SITE, &["Thursday, 08/10/2023"], "08-10"),
        ("en-US", SITE, &["Tue, 08/10/2024 - 10:09"], "10-08"),
        // One date decides for all.
        ("en-US", SITE, &["08/10/2024", "23/09/2024"], "10-08 09-23"),
        ("en-GB", SITE, &["08/10/2024", "07/28/2024"], "08-10 07-28"),
        ("", SITE, &["08/10/2024", "Wed, 02/10/2024", "01/10/2024"], "10-08 10-02 10-01"),
        ("", SITE, &["08-10-24", "23-09-24"], "- -"),
        ("", SITE, &["24-10-08", "24-09-30", "24-09-02"], "10-08 09-30 09-02"),
        // The dates contradict each other.
        ("", SITE, &["08/10/2024", "23/09/2024", "09/24/2024"], "- 09-23 09-24"),
        ("en-GB", SITE, &["08/10/2024", "23/09/2024", "09/24/2024"], "10-08 09-23 09-24"),
        // Dots and years in front are plain, and say nothing of strokes.
        ("", SITE, &["08.10.2024", "08/10/2024"], "10-08 -"),
        ("en-US", SITE, &["08.10.2024", "2024/10/08", "2024-10-08"], "10-08 10-08 10-08"),
        // Another date of the same entry.
        ("", SITE, &["08/10/2024 | 2024-10-08T10:09:00Z", "05/10/2024"], "10-08 10-05"),
        // None is of the future.
        ("", SITE, &["11/12/2024", "03/04/2024"], "11-12 03-04"),
        ("", SITE, &["05/12/2024", "04/11/2024"], "05-12 04-11"),
        ("", SITE, &["12/05/2024", "11/04/2024"], "05-12 04-11"),
        // Newest or oldest first.
        ("", SITE, &["02/11/2024", "12/10/2024", "08/10/2024", "09/09/2024"], "11-02 10-12 10-08 09-09"),
        ("", SITE, &["03/08/2024", "04/09/2024", "07/10/2024", "08/01/2024"], "03-08 04-09 07-10 08-01"),
        ("", SITE, &["02/11/2024", "01/11/2024"], "- -"),
    ]);
}

#[test]
fn language_and_country_come_last() {
    check(&[
        ("en-US", SITE, &["08/10/2024"], "08-10"),
        ("en_us", SITE, &["08/10/2024"], "08-10"),
        ("en-GB", SITE, &["08/10/2024"], "10-08"),
        ("en-AU", SITE, &["08/10/2024"], "10-08"),
        ("en-CA", SITE, &["08/10/2024"], "-"),
        ("de", SITE, &["08/10/2024"], "10-08"),
        ("fr-CA", SITE, &["08/10/2024"], "10-08"),
        ("es-MX", SITE, &["08/10/2024"], "10-08"),
        ("pt-BR", SITE, &["08-10-2024"], "10-08"),
        ("fil", SITE, &["08/10/2024"], "08-10"),
        ("ja", SITE, &["08/10/2024"], "-"),
        ("en", "isles.co.uk", &["08/10/2024"], "10-08"),
        ("", "isles.fr", &["08/10/2024"], "10-08"),
        ("", "isles.ca", &["08/10/2024"], "-"),
        // Sold everywhere.
        ("en", "isles.io", &["08/10/2024"], "-"),
        // Software says en-US unasked.
        ("en-US", "isles.co.uk", &["08/10/2024"], "-"),
        ("ko", SITE, &["24. 10. 08."], "10-08"),
        ("de", SITE, &["08.10.24"], "10-08"),
    ]);
}

#[test]
fn names_of_several_months_need_evidence() {
    check(&[
        ("", SITE, &["3 listopad 2024"], "-"),
        ("cs", SITE, &["3. listopad 2023"], "11-03"),
        ("pl", SITE, &["3 listopada 2024", "3 lip 2024", "3 lis 2024"], "11-03 07-03 11-03"),
        ("hr-HR", SITE, &["3. listopada 2024.", "3. lip 2024.", "3. srp 2024."], "10-03 06-03 07-03"),
        ("", SITE, &["niedziela, 3 listopada 2024"], "11-03"),
        // The weekday's name is Polish and Croatian; 5 November was a Tuesday, 5 October a Saturday.
        ("", SITE, &["Sub, 05 Lis 2024"], "10-05"),
        // The other dates are Czech.
        ("", SITE, &["3 listopad 2024", "30. srpna 2024", "5. června 2024"], "11-03 08-30 06-05"),
        ("", SITE, &["3 lis 2024", "30 rujna 2024"], "10-03 09-30"),
        ("fi", SITE, &["Ti, 05 Mar 2024"], "11-05"),
        ("fi", SITE, &["05 Mar 2024 10:00:00 +0200", "Ke, 16 Lok 2024"], "11-05 10-16"),
        ("", SITE, &["Ti, 05 Mar 2024", "Ke, 16 Lok 2024"], "11-05 10-16"),
        ("fi", SITE, &["Tue, 05 Mar 2024 10:00:00 +0200"], "03-05"),
        ("lt", SITE, &["Pn, 05 Sau 2024", "Pn, 01 Kov 2024", "Kt, 01 Rgp 2024"], "01-05 03-01 08-01"),
        ("fi", SITE, &["05 Mar 2024 10:00:00 +0200"], "03-05"),
        ("sv", SITE, &["30 maj 2024", "tis, 05 mar 2024"], "05-30 03-05"),
    ]);
}
