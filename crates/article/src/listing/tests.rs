//! Section pages with the shapes that publishers use: `tests/fixtures/sections`, each page with the articles that a reader
//! would say it lists.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use dateline_feed::{Document, Hints};

use super::{ListingError, ListingSelectors, read_listing};
use crate::hostile::Numbers;

/// A link that a page must show.
struct Expected {
    link: String,
    title: String,
    published: Option<DateTime<Utc>>,
}

/// A page with its address and its links.
struct Fixture {
    name: String,
    url: String,
    html: Vec<u8>,
    links: Vec<Expected>,
}

fn fixtures(folder: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "html"))
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let table = std::fs::read_to_string(path.with_extension("tsv")).unwrap();
        let (url, rows) = table.split_once('\n').unwrap();
        let link = |row: &str| {
            let cells: Vec<&str> = row.split('\t').collect();
            Expected { link: cells[0].into(), title: cells[1].into(), published: cells[2].parse().ok() }
        };
        Fixture {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            url: url.trim_start_matches("# ").to_owned(),
            html: std::fs::read(&path).unwrap(),
            links: rows.lines().map(link).collect(),
        }
    };
    files.into_iter().map(read).collect()
}

fn hints(url: &str) -> Hints<'_> {
    Hints { url: Some(url), content_type: None, now: "2026-06-04T00:00:00Z".parse().ok() }
}

/// What was found of the links of pages.
#[derive(Debug, Default)]
struct Figures {
    wanted: usize,
    found: usize,
    wrong: usize,
    titles: usize,
    dated: usize,
    dates: usize,
    report: String,
}

impl Figures {
    fn add(&mut self, page: &Fixture, document: &Document) {
        let link = |entry: &dateline_feed::Entry| entry.link.clone().unwrap_or_default();
        let found: Vec<String> = document.entries.iter().map(link).collect();
        let missing: Vec<&Expected> = page.links.iter().filter(|wanted| !found.contains(&wanted.link)).collect();
        let wrong: Vec<&String> =
            found.iter().filter(|link| page.links.iter().all(|wanted| wanted.link != **link)).collect();
        self.wanted += page.links.len();
        self.found += page.links.len() - missing.len();
        self.wrong += wrong.len();
        writeln!(
            self.report,
            "{}: {} of {}, {} wrong",
            page.name,
            page.links.len() - missing.len(),
            page.links.len(),
            wrong.len()
        )
        .unwrap();
        for missing in missing {
            writeln!(self.report, "  missing {}", missing.link).unwrap();
        }
        for wrong in wrong {
            writeln!(self.report, "  wrong {wrong}").unwrap();
        }
        for wanted in &page.links {
            let Some(entry) = document.entries.iter().find(|entry| link(entry) == wanted.link) else { continue };
            let title = entry.title.as_deref().unwrap_or_default();
            self.titles += usize::from(title == wanted.title);
            if title != wanted.title {
                writeln!(self.report, "  title {title:?}, not {:?}", wanted.title).unwrap();
            }
            self.dated += usize::from(wanted.published.is_some());
            let second = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
            let is_right = second(entry.published) == second(wanted.published);
            self.dates += usize::from(wanted.published.is_some() && is_right);
            if !is_right {
                writeln!(
                    self.report,
                    "  published {:?} {:?}, not {:?}: {title}",
                    entry.published, entry.published_raw, wanted.published
                )
                .unwrap();
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures are for people")]
fn measure(folder: &str) -> Figures {
    let mut figures = Figures::default();
    for page in fixtures(folder) {
        match read_listing(&page.html, &hints(&page.url), None) {
            Ok(document) => figures.add(&page, &document),
            Err(error) => {
                figures.wanted += page.links.len();
                writeln!(figures.report, "{}: {error}", page.name).unwrap();
            }
        }
    }
    println!("{}", figures.report);
    println!(
        "{folder}: {} of {} links found, {} wrong; {} titles, {} of {} dates right",
        figures.found, figures.wanted, figures.wrong, figures.titles, figures.dates, figures.dated
    );
    figures
}

#[test]
fn the_links_of_section_pages_are_found() {
    let figures = measure("sections");
    assert!(figures.found * 100 >= figures.wanted * 95, "{}", figures.report);
    assert!(figures.wrong * 100 <= figures.found * 2, "{}", figures.report);
    assert!(figures.titles * 100 >= figures.found * 95, "{}", figures.report);
    assert!(figures.dates * 100 >= figures.dated * 95, "{}", figures.report);
}

fn links(html: &str, select: Option<&ListingSelectors>) -> Vec<String> {
    let document = read_listing(html.as_bytes(), &hints("https://isles.example/news"), select);
    document.map(|document| document.entries.into_iter().filter_map(|entry| entry.link).collect()).unwrap_or_default()
}

/// A page with this list in it.
fn page(list: &str) -> String {
    format!(
        "<html lang=en><body><nav><a href=/>Home</a> <a href=/politics>Politics</a></nav><main>{list}</main></body></html>"
    )
}

#[test]
fn each_kind_of_link_is_read_or_left_out() {
    let good = "<li><a href=/news/the-ferry-is-late-again-1001>The ferry is late again</a></li>\
                <li><a href=/news/the-harbour-is-full-of-ice-1002>The harbour is full of ice</a></li>\
                <li><a href=/news/the-mayor-opens-the-new-pier-1003>The mayor opens the new pier</a></li>";
    let wanted = ["1001", "1002", "1003"];
    for more in [
        "<li><a href=/tag/ice-on-the-harbour-wall>Ice on the harbour wall</a></li>",
        "<li><a href=https://other.example/news/the-ferry-is-late-again-1009>The ferry is late again elsewhere</a></li>",
        "<li><a href=/news?page=2>Older articles of the last week</a></li>",
        "<li><a href=/news/the-ferry-is-late-again-1001?utm_source=x#top>The ferry is late</a></li>",
        "<li><a href=/news/the-ferry-is-late-again-1001/comments>All comments on the late ferry</a></li>",
        "<li><a rel=sponsored href=/news/the-best-boots-for-the-harbour-1004>The best boots for the harbour</a></li>",
        "<li><a href='javascript:void(0)'>Show me more of this list</a></li>",
        "</ul><h2>Most read</h2><ul><li><a href=/news/a-gull-steals-the-chain-of-office-900>A gull steals the chain of office</a></li>\
         <li><a href=/news/a-man-rows-to-norway-by-mistake-901>A man rows to Norway by mistake</a></li>",
        "</ul><h2>Most read in the isles</h2><ul><li><a href=/news/a-gull-steals-the-chain-of-office-900>A gull steals the chain of office</a></li>\
         <li><a href=/news/a-man-rows-to-norway-by-mistake-901>A man rows to Norway by mistake</a></li>",
        "</ul><div class=most-read><a href=/news/a-gull-steals-the-chain-of-office-900>A gull steals the chain of office</a></div><ul>",
        "<li><a href=/files/the-fares-of-the-ferry-from-june-on.pdf>The fares of the ferry from June on</a></li>",
        "<li><a href=/news/a-gull-steals-the-chain-of-office-900#comment-77>The gull was hungry, I was there</a></li>",
        "</ul><ol class=five><li><b>1</b> <a href=/news/a-gull-steals-the-chain-of-office-900>A gull steals the chain of office</a>\
         <li><b>2</b> <a href=/news/a-man-rows-to-norway-by-mistake-901>A man rows to Norway by mistake</a>\
         <li><b>3</b> <a href=/news/the-best-chips-of-the-isles-902>The best chips of the isles</a></ol><ul>",
        "<!-- <li><a href=/news/the-mayor-closes-the-old-pier-1005>The mayor closes the old pier</a></li> -->",
    ] {
        let found = links(&page(&format!("<ul>{good}{more}</ul>")), None);
        let ids: Vec<&str> = found.iter().map(|link| &link[link.len() - 4..]).collect();
        assert_eq!(ids, wanted, "{more}");
    }
}

#[test]
fn lists_are_found_in_other_places_and_of_other_kinds() {
    let list = |link: fn(usize) -> String| (110..122).map(link).collect::<String>();
    for (html, count) in [
        (
            format!(
                "<form><table>{}</table></form>",
                list(|n| format!(
                    "<tr><td><a href='/index.php?option=com_content&view=article&id={n}:x'>The ferry number {n} is late</a>\
                     <td>12.05.2026"
                ))
            ),
            12,
        ),
        // A list of files.
        (list(|n| format!("<li><a href=/files/{n}.pdf>The fares of ferry number {n}</a><time>12.05.2026</time>")), 12),
        // The page's own name is not the label of another list.
        (
            format!(
                "<div><h1>Archive</h1></div>{}",
                list(|n| format!("<li><a href=/news/the-ferry-is-late-again-{n}>The ferry is late {n} times</a>"))
            ),
            12,
        ),
        // Short words among long ones.
        (
            format!(
                "{}<li><a href=/p/soil>Soil</a><time datetime=2026-05-12></time>",
                list(|n| format!(
                    "<li><a href=/news/the-ferry-is-late-again-{n}>The ferry is late {n} times</a>\
                     <time datetime=2026-05-12></time>"
                ))
            ),
            13,
        ),
    ] {
        assert_eq!(links(&page(&html), None).len(), count, "{html}");
    }
}

#[test]
fn a_page_without_a_list_says_so() {
    for (html, error) in [
        (" \n", ListingError::Empty),
        ("<p>Nothing.</p>", ListingError::NoLinks),
        (
            "<ul><li><a href=/politics>Politics</a><li><a href=/sport>Sport</a><li><a href=/life>Life</a></ul>",
            ListingError::NoLinks,
        ),
    ] {
        assert_eq!(read_listing(html.as_bytes(), &hints("https://isles.example/"), None).unwrap_err(), error, "{html}");
    }
    let select = ListingSelectors::new("ol a", None, None, None).unwrap();
    let html = page("<ul><li><a href=/news/the-ferry-is-late-again-1001>The ferry is late again</a></ul>");
    let read = read_listing(html.as_bytes(), &hints("https://isles.example/"), Some(&select));
    assert_eq!(read.unwrap_err(), ListingError::NotSelected);
}

#[test]
fn selectors_decide_links_titles_dates_and_summaries() {
    let html = page(
        "<div class=row><b>One</b> <a class=go href=/1>More</a><i>12.05.2026</i><u>First words of the row</u></div>\
         <div class=row><b>Two</b> <a class=go href=https://other.example/2>More</a><i>13.05.2026</i><u>Second words of the row</u></div>",
    );
    for links in [".go", ".row"] {
        let select = ListingSelectors::new(links, Some("b"), Some("i"), Some("u")).unwrap();
        let document = read_listing(html.as_bytes(), &hints("https://isles.example/news"), Some(&select)).unwrap();
        let entries: Vec<_> = document
            .entries
            .iter()
            .map(|entry| {
                let day = entry.published.map(|at| at.format("%d").to_string());
                (
                    entry.link.as_deref().unwrap(),
                    entry.title.as_deref().unwrap(),
                    day.unwrap(),
                    entry.summary.as_deref().unwrap(),
                )
            })
            .collect();
        let wanted = [
            ("https://isles.example/1", "One", "12".to_owned(), "First words of the row"),
            ("https://other.example/2", "Two", "13".to_owned(), "Second words of the row"),
        ];
        assert_eq!(entries, wanted, "{links}");
    }
    for wrong in ["", "a >", "p{"] {
        assert!(ListingSelectors::new(wrong, None, None, None).is_err());
        assert!(ListingSelectors::new("a", None, Some(wrong), None).is_err());
    }
}

/// Reads a page, and checks what holds for every page.
fn check(html: &str) {
    for select in [None, Some(ListingSelectors::new("li, a", Some("h3"), Some("time"), Some("p")).unwrap())] {
        let read = read_listing(html.as_bytes(), &hints("https://isles.example/news"), select.as_ref());
        let Ok(document) = read else { continue };
        assert!(!document.entries.is_empty() && document.entries.len() <= super::MAX_ENTRIES);
        let mut guids: Vec<&String> = document.entries.iter().filter_map(|entry| entry.guid.as_ref()).collect();
        guids.sort_unstable();
        guids.dedup();
        assert_eq!(guids.len(), document.entries.len(), "each page is one entry");
        for entry in &document.entries {
            assert!(entry.link.as_ref().unwrap().starts_with("http"));
            assert!(entry.title.as_ref().is_none_or(|title| title.len() <= 1_000 && !title.trim().is_empty()));
            assert!(entry.summary.as_ref().is_none_or(|summary| summary.len() <= 2_000));
        }
    }
}

#[test]
fn random_markup_is_read_within_its_limits() {
    const PIECES: [&str; 44] = [
        "<ul>",
        "</ul>",
        "<li>",
        "</li>",
        "<div class=card>",
        "</div>",
        "<article>",
        "</article>",
        "<h2>",
        "</h2>",
        "<h3>",
        "</h3>",
        "<p>",
        "</p>",
        "<a href=/news/the-ferry-is-late-again-",
        "<a href='/2026/05/12/",
        "<a href=/a?id=",
        "<a href=//isles.example/x/",
        "</a>",
        ">The ferry is late again",
        "'>A long headline of many words",
        "12 May 2026",
        "<time datetime=2026-05-12T10:00:00Z>",
        "</time>",
        "14:32",
        "Most read",
        "Read more",
        "<table><tr><td>",
        "</td></tr></table>",
        "<dl><dt>",
        "</dt><dd>",
        "</dd></dl>",
        "<br>",
        "<nav>",
        "</nav>",
        "<aside>",
        "</aside>",
        "北浜港の新しい防波堤",
        "<script type=application/ld+json>{\"@type\":\"ItemList\",\"itemListElement\":[{\"url\":\"/news/the-ferry-is-late-again-",
        "\"}]}</script>",
        "&amp;",
        "\u{0}",
        "<a",
        "<!--",
    ];
    let mut numbers = Numbers(0x5eed);
    for round in 0..400 {
        let html: String = (0..numbers.below(400))
            .map(|_| {
                let piece = PIECES[numbers.below(PIECES.len())];
                if piece.ends_with(['-', '/', '=']) {
                    format!("{piece}{}", numbers.below(900))
                } else {
                    piece.to_owned()
                }
            })
            .collect();
        check(&html);
        let fixture = &fixtures("sections")[round % 10].html;
        let text = String::from_utf8_lossy(fixture);
        let (from, to) = (numbers.below(text.len()), numbers.below(text.len()));
        let cut = |at: usize| text.floor_char_boundary(at);
        if round % 8 == 0 {
            check(&format!("{}{}", &text[..cut(from)], &text[cut(to)..]));
        }
    }
}

#[test]
fn pages_made_to_be_slow_take_linear_time() {
    fn link(n: usize) -> String {
        format!("<li><a href=/news/the-ferry-is-late-again-{n}>The ferry number {n} is late again</a></li>")
    }
    fn links(n: usize) -> String {
        (0..n).map(link).collect()
    }
    let shapes: [fn(usize) -> String; 12] = [
        links,
        |n| format!("{}{}", "<div>".repeat(n), links(n)),
        |n| "<h2>Most read</h2>".repeat(n),
        |n| format!("{}{}", "<h2>Most read</h2><p>x</p>".repeat(n), links(n)),
        |n| format!("{}{}", "<p>Most read</p>".repeat(n), links(n)),
        |n| format!("<a href=/news/one-two-three-four-1>{}</a>", "<h2>A ferry</h2><p>is late</p>".repeat(n)),
        |n| (0..n).map(|at| format!("<p>12 May 2026</p><div><div><p>{at} May</p></div></div>{}", link(at))).collect(),
        |n| format!("{}<a href=/{}b>A long headline of many words</a>", links(n), "a/".repeat(n)),
        |n| "<a href=/news/one-two-three-four-1><a href=/news/one-two-three-four-2>".repeat(n),
        |n| (0..n).map(|at| format!("<p>12 May 20{:02}</p>{}", at % 100, link(at))).collect(),
        |n| (0..n).map(|at| format!("<a href=/{}>{at} words of a headline</a>", "a/".repeat(at % 60))).collect(),
        |n| {
            let items: Vec<String> =
                (0..n).map(|at| format!("{{\"url\":\"/news/a-ferry-is-late-again-{at}\"}}")).collect();
            let list = items.join(",");
            format!(
                "<script type='application/ld+json'>{{\"@type\":\"ItemList\",\"itemListElement\":[{list}]}}</script>"
            )
        },
    ];
    let time = |html: String| {
        let started = std::time::Instant::now();
        check(&html);
        started.elapsed()
    };
    for (at, shape) in shapes.into_iter().enumerate() {
        let (short, long) = (time(shape(1_500)), time(shape(6_000)));
        let slack = std::time::Duration::from_secs(2);
        assert!(long < short * 10 + slack, "shape {at}: {short:?}, four times as long {long:?}");
    }
    check(&links(60_000));
}

/// Pages that were written after the rules; docs/pages-as-feeds.md has what the first reading of them found.
#[test]
fn the_links_of_later_section_pages_are_found() {
    for folder in ["sections-later", "sections-third", "sections-fourth", "sections-fifth"] {
        let figures = measure(folder);
        assert!(figures.found * 100 >= figures.wanted * 95, "{}", figures.report);
        assert!(figures.wrong * 100 <= figures.found * 2, "{}", figures.report);
    }
}
