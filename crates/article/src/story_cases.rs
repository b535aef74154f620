//! Small pages with text around the article, and the blocks that must be kept.

use dateline_feed::{Entry, Feed};
use dateline_record::{Article, BlockKind};
use url::Url;

use super::{SiteContext, from_entry, from_page};

const FIRST: &str = "The council of the harbour town voted on Monday to raise the sea wall by a metre, after two floods in one winter \
                     closed the shops on the quay for weeks.";
const SECOND: &str = "Work will begin in spring, the mayor told the meeting, and it will take two years until the last stone is laid \
                      on the old pier.";
const THIRD: &str = "The bill of nine million has to be met by the harbour dues, which will rise by a tenth for every ship that calls \
                     at the northern quay.";

/// Returns the article of a page with this body.
fn page(body: &str) -> Article {
    let html = format!(
        "<html><head><title>Town raises its wall - World Wire</title><meta property=og:site_name content='World Wire'>\
         <meta property=og:title content='Town raises its wall'></head><body><header><a href=/>World Wire</a>\
         <nav><a href=/coast/>Coast</a></nav></header>{body}<footer><p>© World Wire</p></footer></body></html>"
    );
    from_page(
        &html,
        Some(&Url::parse("https://worldwire.example/coast/wall").unwrap()),
        None,
        None,
        &SiteContext::default(),
    )
}

/// Returns the blocks after the headline, subheadings marked with `#`.
fn blocks(article: &Article) -> Vec<String> {
    let letters: Vec<char> = article.text.chars().collect();
    let blocks = article.blocks.iter().filter(|block| block.kind != BlockKind::Headline);
    blocks
        .map(|block| {
            let text: String = letters[block.start..block.end].iter().collect();
            if block.kind == BlockKind::Subheading { format!("# {text}") } else { text }
        })
        .collect()
}

#[test]
fn a_lead_under_the_headline_is_the_first_paragraph() {
    let lead = "The town raises its old sea wall by a metre, and the ships will pay.";
    for box_ in [
        format!("<h2>{lead}</h2>"),
        format!("<p class=byline>By Ada Reyes</p><h3>{lead}</h3>"),
        format!("<h2 class=lead>{lead}</h2>"),
        format!("<div class=standfirst><p>{lead}</p></div>"),
        format!("<p class='article__intro'>{lead}</p>"),
        format!("<div class=teaser><p>{lead}</p></div>"),
        format!("<div class=article-lead><strong>{lead}</strong></div>"),
        format!("<h4>{lead}</h4><p>12 March 2019</p>"),
    ] {
        for page in [
            page(&format!(
                "<article><h1>Town raises its wall</h1>{box_}<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></article>"
            )),
            page(&format!(
                "<article><header><h1>Town raises its wall</h1>{box_}</header><div class=body><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div></article>"
            )),
        ] {
            assert_eq!(blocks(&page), [lead, FIRST, SECOND, THIRD], "{box_}");
        }
    }
}

#[test]
fn titles_under_the_headline_are_not_lead() {
    for title in [
        "<h2>Floods closed the shops for weeks</h2>",
        "<h2>Who pays for the wall?</h2>",
        "<h3>Coast</h3>",
        "<h2>World Wire.</h2>",
        "<div class=teaser><p><a href=/other>The ferry was late again on Monday, and nobody knew why it was.</a></p></div>",
    ] {
        let page = page(&format!(
            "<article><h1>Town raises its wall</h1>{title}<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></article>"
        ));
        assert_eq!(blocks(&page), [FIRST, SECOND, THIRD], "{title}");
    }
}

#[test]
fn further_headings_of_the_first_level_are_subheadings() {
    for (head, first, second) in [
        ("<h1>Town raises its wall</h1>", "<h1>Who pays</h1>", "<h1>What the shops say</h1>"),
        ("<header><h1>Town raises its wall</h1></header>", "<h1 class=x>Who pays</h1>", "<h2>What the shops say</h2>"),
        (
            "<h1>Town raises its wall</h1>",
            "<h1>Who <em>pays</em></h1>",
            "<h1>What the shops say</h1><h1>Town raises its wall</h1>",
        ),
        ("<h1>World Wire</h1><h2>Town raises its wall</h2>", "<h1>Who pays</h1>", "<h1>What the shops say</h1>"),
        ("<h1>World Wire</h1><h1>Town raises its wall</h1>", "<h1>Who pays</h1>", "<h1>What the shops say</h1>"),
    ] {
        let page =
            page(&format!("<article>{head}<p>{FIRST}</p>{first}<p>{SECOND}</p>{second}<p>{THIRD}</p></article>"));
        let expected = [FIRST, "# Who pays", SECOND, "# What the shops say", THIRD];
        assert_eq!(page.headline.as_deref(), Some("Town raises its wall"));
        assert_eq!(blocks(&page), expected, "{head} {first}");
    }
    let logo = format!(
        "<div><h1>World Wire</h1></div><article><h2>Town raises its wall</h2><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></article><h1>More of the coast</h1>"
    );
    assert_eq!(blocks(&page(&logo)), [FIRST, SECOND, THIRD]);
}

#[test]
fn authors_of_other_articles_are_not_the_articles() {
    let own = "<div class=article__byline>by <a href=/author/ada>Ada Reyes</a> (<a href=https://social.example/@ada>@ada</a>)</div>";
    let story = format!("<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>");
    let other = "<span class=byline><time>1 hour ago</time> <a rel=author href=/jo>Jo Lind</a></span> <a href=/jo-story>A new café on the pier</a>";
    let by = "<p>By Mo Adeyemi</p><h3><a href=/mo-story>Why the tide tables are wrong</a></h3>";
    for (before, after) in [
        ("", format!("<aside class=river><h2>Latest</h2><ul><li>{other}</li><li>{other}</li></ul></aside>")),
        ("", format!("<section><h2>Latest</h2><ul><li>{other}</li></ul></section>")),
        ("", format!("<div class=related-teasers><article>{by}</article><article>{other}</article></div>")),
        ("", format!("<div class=x1><article>{other}</article><article>{by}</article></div>")),
        ("", "<section id=comments><p>By <span class=comment-author>Jo Lind</span></p></section>".to_owned()),
        ("", "<footer><a rel=author href=/jo>Jo Lind</a></footer>".to_owned()),
    ]
    .into_iter()
    .chain([(other, String::new()), (by, String::new())])
    {
        for own in [own, "<p>By Ada Reyes</p>", "<p class=author>Ada Reyes</p>"] {
            let page = page(&format!(
                "<div>{before}<article><header><h1>Town raises its wall</h1>{own}</header>{story}</article>{after}</div>"
            ));
            let authors: Vec<&str> = page.authors.iter().map(|a| a.name.as_str()).collect();
            assert_eq!(authors, ["Ada Reyes"], "{before} {own} {after}");
        }
    }
    let unsigned = page(&format!(
        "<article><h1>Town raises its wall</h1>{story}</article><aside><ul><li>{other}</li></ul></aside><article>{by}</article>"
    ));
    assert!(unsigned.authors.is_empty(), "{:?}", unsigned.authors);
}

#[test]
fn lines_that_lead_to_other_articles_are_cut() {
    for line in [
        "<p><strong>Mehr zum Thema</strong> – <a href=/inland/lohn>Tag der Arbeit: Die Küste bleibt Niedriglohnland</a></p>",
        "<p><b>Lesen Sie auch:</b> <a href=/kultur>Das Buch des Leuchtturmwärters</a></p>",
        "<p><b>Lesen Sie auch: <a href=/kultur>Das Buch</a></b></p>",
        "<p><a href=/x>Lire aussi : Qui paiera le mur ?</a></p>",
        "<div><p><em>Leia também: <a href=/x>A ponte fecha</a></em></p></div>",
        "<ul><li>Читайте также: <a href=/x>Мост закроют</a></li></ul>",
        "<p>Lees ook</p><p><a href=/x>De brug gaat zes weken dicht</a></p>",
        "<p>Czytaj także: <a href=https://other.example/x>Most będzie zamknięty</a></p>",
        "<p>Vor Ort: <a href=/x>Die Küste bleibt auch künftig Niedriglohnland</a></p>",
    ] {
        let page = page(&format!(
            "<article><h1>Town raises its wall</h1><p>{FIRST}</p>{line}<p>{SECOND}</p>{line}<p>{THIRD}</p></article>"
        ));
        assert_eq!(blocks(&page), [FIRST, SECOND, THIRD], "{line}");
        let entry = Entry { content: Some(format!("<p>{FIRST}</p>{line}<p>{SECOND}</p>")), ..Entry::default() };
        let cut = blocks(&from_entry(&entry, &Feed::default(), "wire"));
        assert!(!line.contains("auch:") || cut == [FIRST, SECOND], "{cut:?}");
    }
    for line in [
        "Read the long <a href=/x>statement</a> of the board, and you will know no more.",
        "Best picture: <a href=https://films.example/x>A film with a very long title</a>",
        "The board's answer: <a href=/x>no</a>.",
        "“We must act,” <a href=/x>Ames said</a>.",
        "See <a href=/x>Hale v Ames</a>, the case of 1988.",
    ] {
        let page = page(&format!(
            "<article><h1>Town raises its wall</h1><p>{FIRST}</p><p>{line}</p><p>{SECOND}</p><p>{THIRD}</p></article>"
        ));
        assert_eq!(blocks(&page).len(), 4, "{line}");
    }
}

#[test]
fn a_short_statement_is_the_article_beside_a_long_notice() {
    let notice = "<h2>Our use of cookies</h2><p>We use necessary cookies to make our site work (for example, to manage your session). \
                  We would also like to use some cookies that are not, to help us improve the site, and to remember what you have \
                  chosen before.</p><p>By clicking on this banner, you accept our use of optional cookies. You can change your mind at \
                  any time by following the link at the foot of every page.</p><p>Necessary cookies enable functions such as security \
                  and accessibility, and cannot be switched off in our systems at all.</p><button>Accept</button>";
    let first = "The town closes the old bridge tonight.";
    let second = "Nobody was hurt, and the ferry runs as it did before.";
    for (open, close) in [
        ("<div class=cookie__consent role=region>", "</div>"),
        ("<div class=cookie-banner><div class=container>", "</div></div>"),
        ("<div id=onetrust-consent-sdk><div class=ot-sdk-row>", "</div></div>"),
        ("<section class=gdpr-consent>", "</section>"),
        ("<div class='CookieNotice is-open'>", "</div>"),
        ("<div id=CybotCookiebotDialog>", "</div>"),
        ("<div role=dialog aria-label=Privacy>", "</div>"),
        ("<div class=newsletter-signup>", "</div>"),
        ("<div class=c-newsletterBox>", "</div>"),
        ("<div class=latest-news>", "</div>"),
    ] {
        for at_end in [false, true] {
            let notice = format!("{open}{notice}{close}");
            let (before, after) = if at_end { ("", notice.as_str()) } else { (notice.as_str(), "") };
            let page = page(&format!(
                "{before}<main><div class=page-content><h1>Town raises its wall</h1><div class=block><p>{first}</p><p>{second}</p></div></div></main>{after}"
            ));
            assert_eq!(blocks(&page), [first, second], "{open} {at_end}");
        }
    }
    // What holds the headline is not a notice, whatever it is called.
    let page = page(&format!(
        "<div class='page cookie-notice-open'><h1>Town raises its wall</h1><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div>"
    ));
    assert_eq!(blocks(&page), [FIRST, SECOND, THIRD]);
}

#[test]
fn rows_of_teasers_are_not_part_of_the_article() {
    let story = format!("<article><h1>Town raises its wall</h1><p>{FIRST}</p><p>{SECOND}</p>");
    let teaser = |n: usize| {
        format!(
            "<div class=c{n}><h3><a href=/other/{n}>Ferry fares rise for the {n}th time</a></h3><p>Passengers will pay a tenth more \
             from May, the ferry company said on day {n} after a long meeting with the board.</p></div>"
        )
    };
    let teasers: String = (4..12).map(teaser).collect();
    let text = page(&format!("{story}<div>{teasers}</div></article>")).text;
    assert!(!text.contains("Passengers will pay"), "{text}");
    // Two alone may be sections of the article.
    let sections: String = ["costs", "goes round"]
        .map(|what| {
            format!(
                "<h3><a href=/tags/{what}>Who {what}</a></h3><p>The county will pay two thirds of what the wall {what}, the mayor \
                 told the meeting on Monday.</p>"
            )
        })
        .concat();
    let text = page(&format!("{story}{sections}<p>{THIRD}</p></article>")).text;
    assert!(text.contains("The county will pay two thirds of what the wall costs"), "{text}");
}
