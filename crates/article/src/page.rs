//! Makes an article of a page.

use std::collections::BTreeMap;

use dateline_address::without_user_info;
use dateline_record::{Article, BlockKind, ContentSource, PubStatus, Source};
use url::Url;

use super::content::blocks::{self, TextBlock};
use super::content::body::{self, Choice, Hints};
use super::content::shingles::Reference;
use super::content::stated;
use super::content::text_candidates::{Contest, Evidence, Origin, TextCandidate};
use super::content::truncated::{self, Around};
use super::content::walk::{self, TextPiece};
use super::content::{credit, embedded, entry_text as entries, live, overlays, parts, trim, walls};
use super::explain::Explanation;
use super::html::{dom, sanitize};
use super::learned::{self, Learned};
use super::listing;
use super::metadata::fields::MetadataSources;
use super::metadata::media::Gallery;
use super::metadata::meta::{self, Statements};
use super::metadata::sources::Sources;
use super::metadata::{byline, language};
use super::revision::reread::READING;
use super::rights::{self, Reservations};
use super::rules::{self, SiteRules};

/// The maximum number of words of an article; a longer text (a book, an archive, a transcript) is cut.
const MAX_WORDS: usize = 20_000;

/// What is known about a site before one of its pages is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct SiteContext<'a> {
    /// The user's rules for the site.
    pub rules: Option<&'a SiteRules>,
    /// Trees to use instead of the embedded ones.
    pub trees: Option<&'a body::Trees>,
    /// The blocks that repeat in the feed's articles.
    pub learned: Option<&'a Learned>,
    /// What the server said with the page about its use.
    pub sent: Option<&'a Reservations>,
}

/// The article of a page, and how it was found.
#[derive(Debug)]
pub struct PageReading {
    /// The article.
    pub article: Article,
    /// The hashes of the blocks that were removed because they repeat in the feed's articles.
    pub repeated: Vec<u64>,
    /// The explanation of the text.
    pub explanation: Explanation,
}

impl SiteContext<'_> {
    /// Returns a number that identifies how pages of the site are read: the version of the reader, combined with a hash of the rules, if there are any.
    #[allow(clippy::cast_possible_truncation, reason = "a hash is folded to 32 bits")]
    pub fn reading(&self) -> u32 {
        let folded = |hash: u64| (hash ^ hash >> 32) as u32;
        self.rules.map_or(READING, |rules| folded(rules.hash().wrapping_add(u64::from(READING))))
    }
}

/// Returns the article of a page; fields that the page does not state are taken from the entry, then from the feed. If the page contains no article, the
/// text of the entry is used (see `content_source`). `revision` is 1, `feed` and `first_seen` are empty: the caller, who
/// knows them, sets them. The id is that of the canonical URL, else of the page's URL, else of the text.
pub fn from_page(
    html: &str,
    url: Option<&Url>,
    entry: Option<&dateline_feed::Entry>,
    feed: Option<&dateline_feed::Feed>,
    context: &SiteContext,
) -> Article {
    read_page(html, url, entry, feed, context).article
}

/// Returns the article of a page like [`from_page`], with the way in which it was found.
pub fn read_page(
    html: &str,
    url: Option<&Url>,
    entry: Option<&dateline_feed::Entry>,
    feed: Option<&dateline_feed::Feed>,
    context: &SiteContext,
) -> PageReading {
    let page = dom::parse(&sanitize::sanitize(html));
    if let Some(rules) = context.rules {
        rules.drop_from(&page);
    }
    let taken = context.rules.map(|rules| rules.taken(&page)).unwrap_or_default();
    if taken.is_empty() {
        overlays::remove(&page);
    }
    let said = Statements::read(&page, url);
    let base = base_url(said.base.as_deref(), url);
    let metadata = MetadataSources { said: &said, url, entry, feed };
    let mut sources = Sources::default();

    let publisher = metadata.publisher(&mut sources);
    let site = metadata.site(publisher.as_deref());
    let headline = metadata.headline(&site, &mut sources);
    let place = said.visible.place(headline.as_deref());
    let stated_body = stated::body(&said.stated);
    if !taken.is_empty() {
        rules::keep_only(&page, &taken);
    }
    let has_paid_part = truncated::paid_part(&page, &said.stated);
    let outline = walk::outline(&page, url.and_then(Url::host_str));
    let pieces = &outline.pieces;
    let summary = metadata.summary(entry.and_then(entries::summary), &mut sources);
    let stated_words = stated_body.as_deref().map(Reference::new);
    let hints = Hints { headline: headline.as_deref(), summary: summary.as_deref(), stated: stated_words.as_ref() };
    let choice = if taken.is_empty() {
        body::story(&outline, &hints, context.trees)
    } else {
        Choice::all(pieces.iter().map(entries::is_of_text))
    };
    let mut story = choice.of(pieces);
    let behind = choice.keep.iter().rposition(|keep| *keep).map_or(&[][..], |last| &pieces[last + 1..]);
    let mut has_wall = walls::stands_before(behind.iter().map(|piece| piece.text.as_str()));
    let credits = credits(pieces, &choice.keep);
    let (byline, authors) = metadata.authorship(place, &credits, &site, &mut sources);
    trim::drop_biographies(&mut story, &authors);

    let mut gallery = Gallery::default();
    let stated_picture = said.stated.picture();
    let lead = said.meta(&["og:image", "og:image:url", "twitter:image"]).or(stated_picture.map(|(url, _)| url));
    if let Some(image) = lead {
        gallery.add(image, base.as_ref(), None, None);
    }
    let mut parts = parts::parts(&story, base.as_ref(), &mut gallery);
    // The caption under the picture precedes the description in the page's head.
    if let Some(image) = lead {
        let told = stated_picture.and_then(|(_, caption)| caption);
        let (caption, credit) = told.and_then(meta::decoded).map(|c| credit::split(&c)).unwrap_or_default();
        gallery.add(image, base.as_ref(), Some(caption).filter(|c| !c.is_empty()), credit);
    }
    has_wall |= walls::remove(&mut parts);
    let texts = parts.iter().filter(|part| part.kind != BlockKind::Caption).map(|part| part.text.as_str());
    if walls::is_wall_page(said.title.as_deref(), texts) {
        parts.clear();
    }
    let is_live = said.stated.is("LiveBlogPosting");
    let mut is_cut = false;
    let origin = if taken.is_empty() { Origin::Blocks } else { Origin::Rules };
    let evidence = Evidence::new([headline.as_deref(), summary.as_deref()]);
    let mut contest = Contest::new(&evidence, TextCandidate { origin, parts, confidence: choice.confidence });
    if taken.is_empty() {
        let stated = if is_live {
            live::instead(&said.stated, contest.parts()).map(|newest| {
                is_cut = newest.is_cut;
                (Origin::Live, newest.parts)
            })
        } else {
            let told = stated_body.as_deref().and_then(|stated| stated::instead(stated, contest.parts()));
            told.map(|parts| (Origin::JsonLd, parts))
        };
        if let Some((origin, mut parts)) = stated {
            // A wall may hide a text that JSON-LD contains.
            has_wall = walls::remove(&mut parts);
            contest.prefer(TextCandidate { origin, parts, confidence: 1.0 });
        }
        if contest.is_poor() {
            contest.extend(data(html, &hints, context.trees));
        }
    }
    if let Some(entry) = entry {
        let feed = TextCandidate { origin: Origin::Feed, parts: entries::parts(entry, &mut gallery), confidence: 1.0 };
        // A page that shows less than half of the feed's text is a teaser, or another page.
        let is_teaser = contest.words() * 2 < stated::length(&feed.parts) && entries::has_full_text(entry);
        if is_teaser { contest.prefer(feed) } else { contest.fall_back_on(feed) }
    }
    let is_believable = contest.is_believable();
    let (TextCandidate { origin, mut parts, .. }, readings) = contest.finish();
    match origin {
        Origin::JsonLd | Origin::Live => sources.note("text", Source::JsonLd),
        Origin::Data => sources.note("text", Source::Heuristics),
        _ => {}
    }
    let content_source = if origin == Origin::Feed { ContentSource::Feed } else { ContentSource::Page };
    let learned = context.learned.filter(|_| taken.is_empty() && content_source == ContentSource::Page);
    let repeated = learned.map(|learned| learned::drop_repeats(&mut parts, learned)).unwrap_or_default();
    is_cut |= blocks::cut(&mut parts, if is_live { live::MAX_WORDS } else { MAX_WORDS });
    let dateline = parts::cut_dateline(&mut parts);
    if let Some(headline) = &headline {
        parts.insert(0, TextBlock { kind: BlockKind::Headline, text: headline.clone(), credit: None });
    }
    if let Some(entry) = entry {
        gallery.add_entry(entry);
    }
    let in_dateline = dateline.as_ref().and_then(|d| d.agency.clone());
    if in_dateline.is_some() {
        sources.note("agency", Source::Heuristics);
    }
    let agency = in_dateline.or_else(|| metadata.agency(byline.as_deref(), &credits, &mut sources));
    let (first_published, modified) = metadata.times(place, &mut sources);

    let mut article = Article {
        id: uuid::Uuid::nil(),
        revision: 1,
        pubstatus: PubStatus::Usable,
        feed: None,
        publisher,
        guid: entry.and_then(|e| e.guid.clone()),
        link: entry.and_then(|e| e.link.clone()),
        summary,
        byline,
        agency,
        authors,
        section: metadata.section(headline.as_deref(), place, &site, &mut sources),
        keywords: metadata.keywords(&mut sources),
        headline,
        language: None,
        dateline,
        published: first_published,
        modified,
        first_seen: None,
        genre: None,
        content_source,
        truncated: false,
        text: String::new(),
        blocks: Vec::new(),
        media: gallery.into_media(),
        word_count: 0,
        fingerprint: None,
        duplicate_of: None,
        changes: None,
        rights: rights::of_page(&said, url, context.sent, (entry, feed), content_source),
        url: metadata.canonical(&mut sources),
        sources: BTreeMap::new(),
    };
    blocks::fill(&mut article, &parts);
    article.truncated = match (content_source, entry) {
        (ContentSource::Feed, Some(entry)) => !entries::has_full_text(entry),
        // An implausible text is never published as complete.
        _ => {
            let around = Around { has_wall, has_paid_part };
            is_cut || !is_believable || truncated::is_truncated(&said, &parts, article.word_count, around)
        }
    };
    article.genre = metadata.genre(article.word_count as usize, &mut sources);
    article.language = sources_language(&metadata, &article.text, &mut sources);
    article.id = article
        .url
        .as_deref()
        .map_or_else(|| dateline_record::content_id("", &article.text), dateline_record::article_id);
    article.sources = sources.into_map();
    listing::mark(&mut article.sources, feed);
    article.map_urls(without_user_info);
    PageReading { article, repeated, explanation: Explanation { readings, pieces: outline.pieces, choice } }
}

/// Returns the article as data in the page's scripts.
fn data(html: &str, hints: &Hints, trees: Option<&body::Trees>) -> Option<TextCandidate> {
    let page = dom::parse(&sanitize::sanitize(&embedded::markup(html)?));
    let outline = walk::outline(&page, None);
    let choice = body::story(&outline, hints, trees);
    let parts = parts::parts(&choice.of(&outline.pieces), None, &mut Gallery::default());
    Some(TextCandidate { origin: Origin::Data, parts, confidence: choice.confidence })
}

/// Returns the language that is stated, unless the text is surely in another.
fn sources_language(metadata: &MetadataSources, text: &str, sources: &mut Sources) -> Option<String> {
    let said = metadata.said;
    let stated = [
        (Source::JsonLd, said.stated.text("inLanguage")),
        (Source::OpenGraph, said.meta(&["og:locale"])),
        (Source::Meta, said.language.as_deref()),
        (Source::Meta, said.meta(&["content-language", "language"])),
        (Source::Feed, metadata.entry.and_then(|e| e.language.as_deref())),
        (Source::Feed, metadata.feed.and_then(|f| f.language.as_deref())),
    ];
    let stated = stated.into_iter().find_map(|(source, raw)| Some((source, raw.and_then(language::tag)?)));
    let language = language::language(stated.as_ref().map(|(_, tag)| tag.as_str()), text)?;
    let source = stated.filter(|(_, tag)| *tag == language).map_or(Source::Heuristics, |(source, _)| source);
    sources.note("language", source);
    Some(language)
}

/// Returns the lines about reporters and editors beside the text.
fn credits(pieces: &[TextPiece], keep: &[bool]) -> Vec<String> {
    const MOST: usize = 4;
    let Some(first) = keep.iter().position(|&k| k) else { return Vec::new() };
    pieces[first..].iter().filter(|p| byline::is_credit_line(&p.text)).take(MOST).map(|p| p.text.clone()).collect()
}

fn base_url(declared: Option<&str>, url: Option<&Url>) -> Option<Url> {
    match (declared, url) {
        (Some(href), Some(url)) => url.join(href).ok().or_else(|| Some(url.clone())),
        (Some(href), None) => Url::parse(href).ok(),
        (None, url) => url.cloned(),
    }
}
