//! The scenes: what a site does, and what the daemon must do.

use chrono::{TimeDelta, Timelike};

use super::pages::{Feed, hours, start};
use super::script::{Asked, Reply, Scene, Seen};

const HOURLY: i64 = 60;

fn scene(
    name: &'static str,
    what: &'static str,
    reply: fn(&Asked) -> Reply,
    check: fn(&Seen) -> Result<String, String>,
) -> Scene {
    Scene { name, what, reply, check, feeds: vec![|_| {}], once: true }
}

fn holds(condition: bool, done: impl Into<String>) -> Result<String, String> {
    let done = done.into();
    if condition { Ok(done) } else { Err(done) }
}

/// Every article of a feed with this interval in minutes was committed once, except those after the last poll.
fn every_story_once(seen: &Seen, every: i64) -> Result<String, String> {
    let mut numbers: Vec<i64> =
        seen.stories.iter().filter_map(|title| title.strip_prefix("Story ")?.parse().ok()).collect();
    let all = numbers.len();
    numbers.sort_unstable();
    let last = seen.at("/feed.xml").last().map_or(0, |asked| Feed::every(every).newest(asked.at));
    let expected: Vec<i64> = (1..=last).collect();
    holds(
        numbers == expected || numbers == expected[..expected.len().saturating_sub(1)],
        format!("{all} articles, each once"),
    )
}

fn spaced(seen: &Seen, least: TimeDelta) -> Result<String, String> {
    let (spacing, polls) = (seen.spacing(), seen.at("/feed.xml").len());
    holds(polls > 3 && spacing >= least, format!("{polls} polls, {} min apart at least", spacing.num_minutes()))
}

/// No request for the feed came within the pause after each answer that asked for one.
fn patient(seen: &Seen, pause: TimeDelta) -> Result<String, String> {
    let feed = seen.at("/feed.xml");
    let early =
        feed.windows(2).filter(|pair| pair[0].reply.header("retry-after").is_some() && pair[1].at - pair[0].at < pause);
    let asked = feed.iter().filter(|asked| asked.reply.header("retry-after").is_some()).count();
    let early = early.count();
    holds(
        early == 0 && asked > 0 && feed.len() > asked,
        format!("asked to wait {asked} times, {early} polls too early"),
    )
}

/// Returns whether requests fail in this hour, for everyone.
fn bad_hour(asked: &Asked) -> bool {
    asked.at.hour() % 12 == 5
}

pub fn scenes() -> Vec<Scene> {
    let mut all = validators();
    all.extend(pace());
    all.extend(failures());
    all.extend(places());
    all.extend(entries());
    all
}

fn validators() -> Vec<Scene> {
    let mut stops = scene(
        "stops-sending",
        "sends validators for two days, then none",
        |asked| {
            let feed = Feed::every(HOURLY);
            if hours(start(), asked.at) < 48 { feed.plain(asked) } else { feed.honest(asked, false, false) }
        },
        |seen| {
            let late = seen.asked.iter().filter(|asked| hours(start(), asked.at) >= 48).skip(1);
            let kept = late.filter(|asked| asked.is_conditional()).count();
            holds(kept == 0, format!("validators dropped after the first answer without them; {kept} sent afterwards"))
        },
    );
    stops.once = false;
    let mut lies = scene(
        "lying-etag",
        "says \"not changed\" whatever happens; `full_fetch = true` in the feed list",
        |asked| {
            let same = asked.header("if-none-match").is_some();
            let reply = if same { Reply::new(304, "") } else { Reply::new(200, Feed::every(HOURLY).body(asked)) };
            reply.with("etag", "\"forever\"")
        },
        |seen| every_story_once(seen, HOURLY),
    );
    lies.feeds = vec![|feed| feed.full_fetch = true];
    lies.once = false;
    let mut caught = scene(
        "lying-etag-found-out",
        "the same, and nothing in the feed list",
        |asked| {
            let same = asked.header("if-none-match").is_some();
            let reply = if same { Reply::new(304, "") } else { Reply::new(200, Feed::every(HOURLY).body(asked)) };
            reply.with("etag", "\"forever\"")
        },
        |seen| {
            let whole = seen.asked.iter().skip(1).find(|asked| !asked.is_conditional());
            let days = whole.map_or(0, |asked| hours(start(), asked.at) / 24);
            let caught = seen.state.audit.is_some_and(|audit| audit.caught);
            holds(
                caught && days == 3,
                format!("read in full after {days} days of silence, detected, and read in full since"),
            )
        },
    );
    caught.once = false;
    vec![
        scene(
            "both-validators",
            "honest, ETag (weak, odd) and Last-Modified",
            |asked| Feed::every(HOURLY).plain(asked),
            |seen| every_story_once(seen, HOURLY),
        ),
        scene(
            "etag-only",
            "honest, ETag alone",
            |asked| Feed::every(HOURLY).honest(asked, true, false),
            |seen| every_story_once(seen, HOURLY),
        ),
        scene(
            "date-only",
            "honest, Last-Modified alone",
            |asked| Feed::every(HOURLY).honest(asked, false, true),
            |seen| every_story_once(seen, HOURLY),
        ),
        scene(
            "new-etag-each-time",
            "a new ETag at each request, even with the same body",
            |asked| Reply::new(200, Feed::every(HOURLY).body(asked)).with("etag", format!("\"{}\"", asked.n)),
            |seen| every_story_once(seen, HOURLY),
        ),
        scene(
            "etag-changes-on-304",
            "a 304 brings another ETag",
            |asked| {
                let fresh = asked.at.minute() < 30 || asked.header("if-none-match").is_none();
                let reply = if fresh { Reply::new(200, Feed::every(HOURLY).body(asked)) } else { Reply::new(304, "") };
                reply.with("etag", format!("\"{}-{}\"", asked.n, asked.at.minute()))
            },
            |seen| holds(seen.asked.len() > 20, "the newest one sent back each time"),
        ),
        stops,
        lies,
        caught,
    ]
}

fn pace() -> Vec<Scene> {
    vec![
        scene(
            "own-rhythm",
            "asks for nothing; an article every two hours",
            |asked| Feed::every(120).plain(asked),
            |seen| spaced(seen, TimeDelta::minutes(30)),
        ),
        scene(
            "max-age",
            "Cache-Control: max-age=7200, of which Age has used 600",
            |asked| Feed::every(HOURLY).plain(asked).with("cache-control", "public, max-age=7200").with("age", "600"),
            |seen| spaced(seen, TimeDelta::minutes(110)),
        ),
        scene(
            "expires",
            "Expires in three hours",
            |asked| {
                let expires = super::script::http_date(asked.at + TimeDelta::hours(3));
                Feed::every(HOURLY).plain(asked).with("expires", expires)
            },
            |seen| spaced(seen, TimeDelta::minutes(179)),
        ),
        scene(
            "no-cache",
            "Cache-Control: no-cache, max-age=7200, which says nothing about the pace",
            |asked| Feed::every(HOURLY).plain(asked).with("cache-control", "no-cache, max-age=7200"),
            |seen| holds(seen.spacing() < TimeDelta::minutes(60), "polled by its update frequency"),
        ),
        scene(
            "ttl",
            "ttl of 180 minutes",
            |asked| Feed::every(HOURLY).with("<ttl>180</ttl>").plain(asked),
            |seen| spaced(seen, TimeDelta::minutes(180)),
        ),
        scene(
            "update-period",
            "sy:updatePeriod daily, four times",
            |asked| {
                let period = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>";
                Feed::every(HOURLY).with(period).plain(asked)
            },
            |seen| spaced(seen, TimeDelta::hours(6)),
        ),
        scene(
            "update-base",
            "sy:updatePeriod daily, four times, from 2000-01-01T02:00Z: at 2, 8, 14 and 20 o'clock",
            |asked| {
                let period = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>\
                              <sy:updateBase>2000-01-01T02:00+00:00</sy:updateBase>";
                Feed::every(HOURLY).with(period).plain(asked)
            },
            |seen| {
                let late = seen.at("/feed.xml").iter().skip(1).filter(|asked| asked.at.hour() % 6 != 2).count();
                let polls = seen.at("/feed.xml").len();
                holds(late == 0 && polls > 12, format!("{polls} polls, {late} outside the hours from 2, 8, 14 and 20"))
            },
        ),
        scene(
            "skip-hours",
            "skipHours 0 to 5 and 13",
            |asked| {
                let hours = "<skipHours><hour>0</hour><hour>1</hour><hour>2</hour><hour>3</hour><hour>4</hour>\
                             <hour>5</hour><hour>13</hour></skipHours>";
                Feed::every(HOURLY).with(hours).plain(asked)
            },
            |seen| {
                let skipped = seen.asked.iter().filter(|asked| asked.at.hour() <= 5 || asked.at.hour() == 13).count();
                holds(skipped == 0 && seen.asked.len() > 50, format!("{skipped} polls in skipped hours"))
            },
        ),
        scene(
            "skip-days",
            "skipDays Thursday",
            |asked| Feed::every(HOURLY).with("<skipDays><day>Thursday</day></skipDays>").plain(asked),
            |seen| {
                let skipped = seen.asked.iter().filter(|asked| asked.at.format("%a").to_string() == "Thu").count();
                holds(skipped == 0 && seen.asked.len() > 50, format!("{skipped} polls on skipped days"))
            },
        ),
        scene(
            "all-hints",
            "ttl 60, sy: every two hours, max-age three hours, skipHours 0 to 3, and 429 with Retry-After 5 h at times",
            |asked| {
                if asked.at.hour() == 4 {
                    return Reply::new(429, "").with("retry-after", "18000");
                }
                let channel = "<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>12</sy:updateFrequency>\
                               <skipHours><hour>0</hour><hour>1</hour><hour>2</hour><hour>3</hour></skipHours>";
                Feed::every(HOURLY).with(channel).plain(asked).with("cache-control", "max-age=10800")
            },
            |seen| {
                let skipped = seen.asked.iter().filter(|asked| asked.at.hour() <= 3).count();
                spaced(seen, TimeDelta::minutes(180))?;
                let patient = patient(seen, TimeDelta::hours(5))?;
                holds(skipped == 0, format!("all respected: 180 min, {patient}, {skipped} polls in skipped hours"))
            },
        ),
    ]
}

fn failures() -> Vec<Scene> {
    vec![
        scene(
            "retry-after-seconds",
            "429 with Retry-After: 7200 at times",
            |asked| {
                if bad_hour(asked) {
                    return Reply::new(429, "").with("retry-after", "7200");
                }
                Feed::every(HOURLY).plain(asked)
            },
            |seen| {
                let reported = seen.reported();
                let done = patient(seen, TimeDelta::hours(2))?;
                holds(reported.contains(&"throttled") && reported.contains(&"recovered"), done + ", reported")
            },
        ),
        scene(
            "retry-after-date",
            "503 with a date two hours ahead, by a clock that is an hour wrong",
            |asked| {
                let date = |hours| super::script::http_date(asked.at + TimeDelta::hours(hours));
                if bad_hour(asked) {
                    return Reply::new(503, "").with("date", date(1)).with("retry-after", date(3));
                }
                Feed::every(HOURLY).plain(asked)
            },
            |seen| patient(seen, TimeDelta::hours(2)),
        ),
        scene(
            "retry-after-on-200",
            "Retry-After: 10800 with every successful answer",
            |asked| Feed::every(HOURLY).plain(asked).with("retry-after", "10800"),
            |seen| spaced(seen, TimeDelta::hours(3)),
        ),
        scene(
            "throttles",
            "429 without `Retry-After`, for half a day",
            |asked| {
                if hours(start(), asked.at) / 12 == 2 { Reply::new(429, "") } else { Feed::every(240).plain(asked) }
            },
            |seen| {
                let bad = seen.asked.iter().filter(|asked| asked.reply.status == 429).count();
                holds(
                    seen.reported() == ["throttled", "recovered"] && bad <= 6,
                    format!("{bad} polls in twelve hours, reported"),
                )
            },
        ),
        scene(
            "server-error",
            "500 for a day, then a feed",
            |asked| {
                let broken = hours(start(), asked.at) / 24 == 1;
                if broken { Reply::new(500, "oops") } else { Feed::every(240).plain(asked) }
            },
            |seen| {
                let bad = seen.asked.iter().filter(|asked| asked.reply.status == 500).count();
                let reported = seen.reported();
                let as_reported = reported.starts_with(&["failing", "recovered"]);
                holds(
                    as_reported && bad <= 12,
                    format!("{bad} polls while it lasted, reported: {}", reported.join(", ")),
                )
            },
        ),
        scene(
            "not-found",
            "404, always",
            |_| Reply::new(404, "no such page"),
            |seen| {
                holds(
                    seen.reported() == ["failing"] && (5..=11).contains(&seen.asked.len()),
                    format!("{} polls, reported", seen.asked.len()),
                )
            },
        ),
        scene(
            "gone",
            "410, always",
            |_| Reply::new(410, "gone"),
            |seen| {
                holds(
                    seen.reported() == ["gone"] && seen.asked.len() <= 6,
                    format!("{} polls, reported", seen.asked.len()),
                )
            },
        ),
        scene(
            "forbidden",
            "403 for two days, then a feed",
            |asked| {
                if hours(start(), asked.at) < 48 { Reply::new(403, "no") } else { Feed::every(HOURLY).plain(asked) }
            },
            |seen| {
                let bad = seen.asked.iter().filter(|asked| asked.reply.status == 403).count();
                holds(
                    seen.reported() == ["blocked", "recovered"] && bad <= 9,
                    format!("{bad} polls while it lasted, reported"),
                )
            },
        ),
        scene(
            "cf-mitigated",
            "a challenge, by its header",
            |_| Reply::new(503, "<html></html>").with("cf-mitigated", "challenge"),
            |seen| {
                holds(
                    seen.reported() == ["blocked"] && seen.asked.len() <= 10,
                    format!("{} polls, reported", seen.asked.len()),
                )
            },
        ),
        scene(
            "challenge-page",
            "a challenge with status 200",
            |_| {
                let page = "<html><head><title>Just a moment...</title></head></html>";
                Reply::new(200, page).with("content-type", "text/html")
            },
            |seen| {
                holds(
                    seen.reported() == ["blocked"] && seen.asked.len() <= 10,
                    format!("{} polls, reported", seen.asked.len()),
                )
            },
        ),
        scene(
            "slow-body",
            "a body that never ends",
            |_| Reply { hangs: true, ..Reply::new(200, "<rss><channel>") },
            |seen| {
                holds(
                    seen.reported().first() == Some(&"failing") && seen.asked.len() < 45,
                    format!("aborted each time, {} polls", seen.asked.len()),
                )
            },
        ),
    ]
}

fn places() -> Vec<Scene> {
    vec![
        scene(
            "portal-lie",
            "for half a day 301 to a page that is not a feed",
            |asked| {
                let portal = hours(start(), asked.at) / 12 == 3;
                match asked.path.as_str() {
                    "/feed.xml" if portal => Reply::new(301, "").with("location", format!("{}/portal", asked.base)),
                    "/portal" => Reply::new(200, "<html>Please log in</html>").with("content-type", "text/html"),
                    _ => Feed::every(HOURLY).plain(asked),
                }
            },
            |seen| {
                let moved = seen.reported().contains(&"moved");
                let back = seen.asked.last().is_some_and(|asked| asked.path == "/feed.xml");
                holds(!moved && back, "not stored; polled at its own URL")
            },
        ),
        scene(
            "moved",
            "301 to another path, permanently",
            |asked| match asked.path.as_str() {
                "/feed.xml" => Reply::new(301, "").with("location", format!("{}/new.xml", asked.base)),
                _ => Feed::every(HOURLY).plain(asked),
            },
            |seen| {
                let old = seen.at("/feed.xml");
                let last = old.last().map_or(0, |asked| hours(start(), asked.at));
                let newest = seen.at("/new.xml").last().map_or(0, |asked| hours(start(), asked.at));
                holds(
                    seen.reported() == ["moved"] && (48..60).contains(&last) && newest > 80,
                    format!("stored after {last} hours, reported; then polled at its new URL"),
                )
            },
        ),
        scene(
            "found",
            "302 to another path",
            |asked| match asked.path.as_str() {
                "/feed.xml" => Reply::new(302, "").with("location", "elsewhere.xml"),
                _ => Feed::every(HOURLY).plain(asked),
            },
            |seen| {
                let (old, new) = (seen.at("/feed.xml").len(), seen.at("/elsewhere.xml").len());
                holds(seen.reported().is_empty() && old == new, "followed each time, not stored")
            },
        ),
        scene(
            "loop",
            "a redirect loop",
            |asked| {
                Reply::new(301, "").with("location", if asked.path == "/feed.xml" { "other.xml" } else { "feed.xml" })
            },
            |seen| {
                holds(
                    seen.reported() == ["failing"] && seen.at("/feed.xml").len() < 25,
                    format!("{} polls, reported", seen.at("/feed.xml").len()),
                )
            },
        ),
        {
            let mut two = scene(
                "two-feeds-one-url",
                "one URL under two ids in the feed list",
                |asked| Feed::every(HOURLY).plain(asked),
                |seen| {
                    spaced(seen, TimeDelta::minutes(15))?;
                    every_story_once(seen, HOURLY).map(|done| format!("one fetch for both; {done}"))
                },
            );
            two.feeds.push(|feed| feed.id = "the-other".into());
            two
        },
        {
            let mut robots = scene(
                "robots",
                "robots.txt forbids half of the pages and names a Crawl-delay; the feed itself is forbidden too",
                |asked| match asked.path.as_str() {
                    "/robots.txt" => {
                        let rules = "User-agent: *\nDisallow: /robots/\nAllow: /robots/*1$\nCrawl-delay: 600\n";
                        let sitemap = asked.base.replace("/robots", "/gap-filled-by-sitemap/news.xml");
                        Reply::new(200, format!("{rules}Sitemap: {sitemap}\n")).with("content-type", "text/plain")
                    }
                    "/feed.xml" => Feed::every(HOURLY).plain(asked),
                    _ => Reply::new(200, "<html><body>A page.</body></html>").with("content-type", "text/html"),
                },
                |seen| {
                    let pages: Vec<_> = seen.asked.iter().filter(|asked| asked.path.starts_with("/story")).collect();
                    let forbidden = pages.iter().filter(|asked| !asked.path.ends_with('1')).count();
                    let files = seen.at("/robots.txt").len();
                    let done = format!(
                        "{} pages, {forbidden} forbidden ones; robots.txt fetched {files} times in four days",
                        pages.len()
                    );
                    every_story_once(seen, HOURLY)?;
                    holds(forbidden == 0 && pages.len() > 5 && (4..=6).contains(&files), done)
                },
            );
            robots.feeds = vec![|feed| feed.pages = Some(dateline::config::Pages::Always)];
            robots
        },
    ]
}

fn entries() -> Vec<Scene> {
    vec![
        scene(
            "gap",
            "five entries shown, one a minute",
            |asked| Feed { shown: 5, ..Feed::every(1) }.plain(asked),
            |seen| {
                let gaps = seen.reported().iter().filter(|reported| **reported == "gap").count();
                let feed = seen.at("/feed.xml");
                let last = feed.last().map(|asked| asked.at).unwrap_or_default();
                let late = feed.iter().filter(|asked| last - asked.at < TimeDelta::hours(2)).count();
                holds(gaps > 0 && late > 20, format!("{gaps} gaps reported, then {late} polls in two hours"))
            },
        ),
        scene(
            "gap-filled",
            "one entry shown, three come between two polls; older pages (RFC 5005) show two each",
            |asked| {
                let feed = Feed { shown: 1, ..Feed::every(HOURLY) };
                let page = asked.path.strip_prefix("/older/").and_then(|number| number.parse::<i64>().ok());
                let (newest, shown) = page.map_or((feed.newest(asked.at), 1), |newest| (newest, 2));
                let items = feed.items((newest - shown + 1..=newest).rev(), &asked.base, |n| format!("guid-{n}"));
                let next = format!("{}/older/{}", asked.base, newest - shown);
                let link = format!("<link xmlns='http://www.w3.org/2005/Atom' rel='next' href='{next}'/>");
                Reply::new(200, feed.channel(&(link + &items))).with("cache-control", "max-age=10800")
            },
            |seen| {
                let numbers = seen.stories.iter().filter_map(|title| title.strip_prefix("Story ")?.parse::<i64>().ok());
                let mut numbers: Vec<i64> = numbers.collect();
                numbers.sort_unstable();
                // The page that shows the tenth article, already known, also reveals the ninth.
                let whole: Vec<i64> = (9..).take(numbers.len()).collect();
                let gaps = seen.events.iter().filter(|event| event.event.name() == "gap");
                let closed =
                    gaps.clone().filter(|gap| gap.reason.as_ref().is_some_and(|r| r.contains("nothing is missed")));
                let (gaps, closed) = (gaps.count(), closed.count());
                holds(
                    numbers.len() > 80 && numbers == whole && gaps > 20 && closed == gaps,
                    format!("{gaps} gaps reported, {closed} filled; {} articles, each once", numbers.len()),
                )
            },
        ),
        scene(
            "gap-filled-by-sitemap",
            "two entries shown, three come between two polls; no older pages, but robots.txt names a news sitemap of the last ten",
            |asked| {
                let feed = Feed { shown: 2, ..Feed::every(HOURLY) };
                let newest = feed.newest(asked.at);
                if asked.path == "/news.xml" {
                    return Reply::new(200, feed.sitemap((newest - 9..=newest).rev(), &asked.base));
                }
                feed.plain(asked).with("cache-control", "max-age=10800")
            },
            |seen| {
                let gaps = seen.events.iter().filter(|event| event.event.name() == "gap");
                let filled = |reason: &String| reason.contains("the site's news sitemap, nothing is missed");
                let closed = gaps.clone().filter(|gap| gap.reason.as_ref().is_some_and(filled)).count();
                let (gaps, sitemaps) = (gaps.count(), seen.at("/news.xml").len());
                let mut numbers: Vec<i64> =
                    seen.stories.iter().filter_map(|title| title.strip_prefix("Story ")?.parse().ok()).collect();
                numbers.sort_unstable();
                let whole: Vec<i64> = (9..).take(numbers.len()).collect();
                holds(
                    numbers == whole && gaps > 20 && closed == gaps,
                    format!(
                        "{gaps} gaps reported, {closed} filled by {sitemaps} fetches of the sitemap; {} articles, each once",
                        numbers.len()
                    ),
                )
            },
        ),
        scene(
            "changing-guids",
            "other guids at every poll",
            |asked| {
                let feed = Feed::every(HOURLY);
                let newest = feed.newest(asked.at);
                let items = feed.items((newest - 9..=newest).rev(), &asked.base, |n| format!("{n}-{}", asked.n));
                Reply::new(200, feed.channel(&items))
            },
            |seen| {
                let done = every_story_once(seen, HOURLY)?;
                holds(seen.state.basis_reason.is_some(), done + ", identified by their links")
            },
        ),
        scene(
            "shuffled-dates",
            "the entries in another order at every poll, every second one without a date",
            |asked| {
                let feed = Feed::every(HOURLY);
                let newest = feed.newest(asked.at);
                let turn = i64::try_from(asked.n).unwrap();
                let numbers = (0..10).map(|i| newest - (i * 7 + turn) % 10);
                let mut body = feed.channel(&feed.items(numbers, &asked.base, |n| format!("guid-{n}")));
                for n in (newest - 9..=newest).filter(|n| n % 2 == 0) {
                    let date = super::script::http_date(feed.time(n));
                    body = body.replace(&format!("<pubDate>{date}</pubDate>"), "");
                }
                Reply::new(200, body)
            },
            |seen| every_story_once(seen, HOURLY),
        ),
        scene(
            "comes-back",
            "an entry disappears for a day and comes back",
            |asked| {
                let feed = Feed { shown: 200, ..Feed::every(HOURLY) };
                let body = feed.body(asked);
                let gone = hours(start(), asked.at) / 24 == 1;
                let at = body.find("<item><title>Story 3<").unwrap_or_default();
                let end = at + body[at..].find("</item>").map_or(0, |end| end + 7);
                Reply::new(200, if gone { body[..at].to_owned() + &body[end..] } else { body })
            },
            |seen| {
                let third = seen.stories.iter().filter(|title| *title == "Story 3").count();
                holds(third == 1, "published once")
            },
        ),
        scene(
            "new-entries-alone",
            "answers `A-IM: feed` with 226 and only the new entries",
            |asked| {
                let feed = Feed::every(HOURLY);
                let newest = feed.newest(asked.at);
                let had =
                    asked.header("if-none-match").and_then(|tag| tag.split(['"', ' ']).nth(1)?.parse::<i64>().ok());
                match had {
                    Some(had) if had < newest && asked.header("a-im").as_deref() == Some("feed") => {
                        let body =
                            feed.channel(&feed.items((had + 1..=newest).rev(), &asked.base, |n| format!("guid-{n}")));
                        Reply::new(226, body).with("im", "feed").with("etag", feed.etag(asked.at))
                    }
                    _ => feed.honest(asked, true, false),
                }
            },
            |seen| {
                let partial = seen.asked.iter().filter(|asked| asked.reply.status == 226).count();
                let done = every_story_once(seen, HOURLY)?;
                holds(partial > 20 && seen.reported().is_empty(), format!("{partial} partial answers, {done}, no gap"))
            },
        ),
    ]
}
