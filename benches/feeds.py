#!/usr/bin/env python3
"""Compares how feeds are read with other parsers.

    cargo build --release --example parse_feeds
    benches/feeds.py gofeed DIR       agreement by field with the parses expected beside gofeed's feeds
    benches/feeds.py feedparser DIR   side by side with Python's feedparser (pip install feedparser), and the pace of both
"""

import argparse
import collections
import html
import json
import pathlib
import re
import subprocess
import sys
import time
from datetime import datetime, timezone

TREE = pathlib.Path(__file__).resolve().parent.parent


def ours(directory):
    """What we read, by file."""
    binary = TREE / "target/release/examples/parse_feeds"
    out = subprocess.run([binary, directory], capture_output=True, text=True, check=True).stdout
    return {line["file"]: line for line in map(json.loads, out.splitlines())}


def words(markup):
    """Text without markup, blanks collapsed: how values are compared."""
    if not isinstance(markup, str):
        return markup
    for _ in range(2):
        markup = html.unescape(markup)
    return "".join(re.sub(r"<!--.*?-->|<!\[CDATA\[|\]\]>|<[/a-zA-Z][^>]*>", "", markup).split())


def instant(date):
    if not date:
        return None
    try:
        return datetime.fromisoformat(date.replace("Z", "+00:00")).astimezone(timezone.utc).replace(microsecond=0)
    except ValueError:
        return None


# --- gofeed ---------------------------------------------------------------------------------------------------------

FIELDS = ["title", "link", "id", "published", "updated", "authors", "categories", "content", "description", "enclosures",
          "image", "language"]


def person(value):
    if isinstance(value, str):
        return value
    return value.get("name") or value.get("email") or ""


def expected_fields(e, kind, entry):
    """gofeed's values for an item or feed, in our terms. `kind`: universal, rss, atom, json."""
    f = {}
    f["title"] = e.get("title")
    if kind == "atom":
        links = e.get("links") or []
        f["link"] = next((l.get("href") for l in links if l.get("rel", "alternate") == "alternate"), None)
        f["id"] = e.get("id") if entry else None
        f["published"] = e.get("publishedParsed")
        f["updated"] = e.get("updatedParsed")
        f["authors"] = [person(p) for p in e.get("authors") or []]
        f["categories"] = [c.get("label") or c["term"] for c in e.get("categories") or [] if c.get("label") or c.get("term")]
        content = e.get("content")
        f["content"] = content.get("value") if isinstance(content, dict) else content
        f["description"] = e.get("summary") or e.get("subtitle")
        f["enclosures"] = [l.get("href") for l in links if l.get("rel") == "enclosure"]
        f["image"] = e.get("logo") or e.get("icon")
        f["language"] = e.get("language")
    elif kind == "json":
        f["link"] = e.get("url") or e.get("external_url") or e.get("home_page_url")
        f["id"] = e.get("id")
        f["published"], f["updated"] = e.get("date_published"), e.get("date_modified")
        f["authors"] = [person(p) for p in (e.get("authors") or [e["author"]] if e.get("authors") or e.get("author") else [])]
        f["categories"] = e.get("tags")
        f["content"] = e.get("content_html") or e.get("content_text")
        f["description"] = e.get("summary") or e.get("description")
        f["enclosures"] = [a["url"] for a in e.get("attachments") or []]
        f["image"] = e.get("image") or e.get("banner_image") or e.get("icon") or e.get("favicon")
        f["language"] = e.get("language")
    else:
        guid = e.get("guid")
        f["link"] = e.get("link")
        f["id"] = guid.get("value") if isinstance(guid, dict) else guid
        f["id"] = f["id"] or next(iter((e.get("dcExt") or {}).get("identifier") or []), None)
        f["published"] = e.get("publishedParsed") or e.get("pubDateParsed")
        f["updated"] = e.get("updatedParsed") or e.get("lastBuildDateParsed")
        authors = e.get("authors") or [a for a in [e.get("author") or e.get("managingEditor") or e.get("webMaster")] if a]
        f["authors"] = [person(p) for p in authors]
        f["categories"] = [c.get("value") if isinstance(c, dict) else c for c in e.get("categories") or []]
        f["content"] = e.get("content")
        f["description"] = e.get("description")
        # Our `media` are enclosures and media:content alike; gofeed keeps the latter among the extensions.
        extended = ((e.get("extensions") or {}).get("media") or {}).get("content") or []
        f["enclosures"] = [x.get("url") for x in e.get("enclosures") or []] + [x["attrs"].get("url") for x in extended if entry]
        f["image"] = (e.get("image") or {}).get("url")
        f["language"] = e.get("language")
    return f


def our_fields(r):
    return {
        "title": r.get("title"), "link": r.get("link"), "id": r.get("guid"), "published": r.get("published"),
        "updated": r.get("updated"), "authors": [person({k: v for k, v in p.items() if v}) for p in r.get("authors") or []],
        "categories": r.get("categories"), "content": r.get("content"), "description": r.get("summary") or r.get("description"),
        "enclosures": [m["url"] for m in r.get("media") or []],
        "image": (r["image"] or {}).get("url") if isinstance(r.get("image"), dict) else r.get("image"),
        "language": r.get("language"),
    }


def same(field, theirs, mine):
    if field in ("published", "updated"):
        return instant(theirs) == instant(mine)
    if isinstance(theirs, list) or isinstance(mine, list):
        return [words(x) for x in theirs or []] == [words(x) for x in mine or []]
    return words(theirs) == words(mine)


def purpose(field, theirs, mine, kind, entry):
    """Why we differ, where we mean to."""
    if field == "published" and kind == "universal" and mine is None:
        return "gofeed copies `updated`, which moves with every revision, or an entry's date to its feed; we leave null"
    if field == "updated" and mine is None and not entry:
        return "gofeed takes the newest entry's date for the feed's; we leave null"
    if field == "authors" and theirs and (mine or [])[: len(theirs)] == theirs:
        return "gofeed takes the first of several dc:creators; we list all"
    if field == "authors" and theirs and mine and " ".join(theirs).replace("(", " ").find(mine[0]) >= 0:
        return "gofeed keeps name and address as one string here; we part them"
    if field == "id" and not theirs:
        return "RSS 1.0 names its items by rdf:about; gofeed drops it, feedparser takes it as we do"
    if field == "description" and not theirs:
        return "itunes:subtitle stands in for a missing description"
    if field == "description" and not mine and theirs.startswith("<img"):
        return "a feed's description is text; an image alone is none (it is taken for the feed's image)"
    if field == "link" and not mine and theirs:
        return "an Atom id is not a link (RFC 4287, 4.2.6)"
    if field == "language" and not theirs:
        return "xml:lang is inherited (XML 1.0, 2.12); gofeed reads it on the feed only"
    return None


def gofeed(directory):
    read = ours(directory)
    agree, all_ = collections.Counter(), collections.Counter()
    reasons, open_ = collections.defaultdict(list), []
    for path in sorted(pathlib.Path(directory).rglob("*")):
        expected = path.with_suffix(".json")
        if path.suffix == ".json":
            expected = path.with_name(path.stem + "_expected.json")
        if path.suffix not in (".xml", ".json") or path.name.endswith("_expected.json") or not expected.exists():
            continue
        line = read[str(path)]
        e = json.loads(expected.read_text())
        universal = "translator" in path.parts or "extensions" in path.parts or "feedType" in e
        kind = "universal" if universal else "json" if path.suffix == ".json" else "atom" if "entries" in e or "atom" in path.parts else "rss"
        name = str(path.relative_to(directory))
        if "error" in line:
            open_.append((name, "file", e, line["error"]))
            continue
        theirs = e.get("items") or e.get("entries") or []
        pairs = [(e, line["feed"], False)] + [(t, m, True) for t, m in zip(theirs, line["entries"])]
        if len(theirs) != len(line["entries"]):
            open_.append((name, "entries", len(theirs), len(line["entries"])))
        for t, m, entry in pairs:
            t, m = expected_fields(t, kind, entry), our_fields(m)
            for field in FIELDS:
                # gofeed's internal structs know nothing of other vocabularies.
                if not t[field] and (not m[field] or kind != "universal"):
                    continue
                all_[field] += 1
                if same(field, t[field], m[field]):
                    agree[field] += 1
                elif why := purpose(field, t[field], m[field], kind, entry):
                    reasons[(field, why)].append(name)
                else:
                    open_.append((name, field, t[field], m[field]))
    print("field        agree   of      share  with those on purpose")
    purposeful = collections.Counter()
    for (field, _), names in reasons.items():
        purposeful[field] += len(names)
    for field in FIELDS:
        if n := all_[field]:
            print(f"{field:12} {agree[field]:5} {n:5}   {agree[field] / n:7.2%}  {(agree[field] + purposeful[field]) / n:7.2%}")
    print("\non purpose:")
    for (field, why), names in sorted(reasons.items()):
        print(f"  {field:12} {len(names):4}  {why}")
    print("\nnot on purpose:")
    for name, field, t, m in open_:
        print(f"  {name}: {field}\n    gofeed {t!r}\n    ours   {m!r}"[:600])


# --- feedparser -----------------------------------------------------------------------------------------------------

def theirs(path):
    import feedparser

    body = path.read_bytes()
    begin = time.perf_counter()
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    return parsed, (time.perf_counter() - begin) * 1000


def date_of(entry, *names):
    for name in names:
        if parsed := dict.get(entry, name + "_parsed"):
            try:
                return datetime(*parsed[:6], tzinfo=timezone.utc)
            except ValueError:
                return None
    return None


def body_is_json(path):
    return path.read_bytes().lstrip()[:1] == b"{"


def feedparser_(directory):
    read = ours(directory)
    files = entries_same = 0
    agree, all_ = collections.Counter(), collections.Counter()
    pace_ours = pace_theirs = size = 0.0
    differ, empty, slow = [], [], []
    purposes = collections.Counter()
    for path in sorted(p for p in pathlib.Path(directory).rglob("*") if p.is_file()):
        line = read[str(path)]
        parsed, ms = theirs(path)
        pace_ours += line["ms"]
        pace_theirs += ms
        size += line["bytes"]
        files += 1
        if line["ms"] > 200:
            slow.append((path.name, line["ms"]))
        mine = line.get("entries") or []
        if not mine:
            empty.append((path.name, line.get("error") or f"{line['feed']['format']} without entries", len(parsed.entries)))
        if len(mine) == len(parsed.entries):
            entries_same += 1
        elif not parsed.entries and mine and (body_is_json(path) or path.read_bytes()[:2] == b"\x1f\x8b"):
            purposes["JSON Feed and gzip bodies, which feedparser does not read"] += 1
            entries_same += 1
            continue
        else:
            differ.append((path.name, "entries", len(parsed.entries), len(mine)))
            continue
        for t, m in zip(parsed.entries, mine):
            published, updated = date_of(t, "published", "created"), date_of(t, "updated")
            pairs = [("title", t.get("title"), m["title"]), ("link", t.get("link"), m["link"]),
                     ("published", published, instant(m["published"])), ("updated", updated, instant(m["updated"]))]
            for field, a, b in pairs:
                if not a and not b:
                    continue
                all_[field] += 1
                if field == "published" and not a and b == updated:
                    purposes["dc:date is the date of both; feedparser has it as `updated`"] += 1
                    a = b
                elif field == "link" and a and (not b or b.endswith(a.lstrip("./"))) and not re.match("https?:", a):
                    purposes["links are absolute (against the site where no base is stated), an id that is not a URL is none"] += 1
                    a = b
                if a == b or (isinstance(a, str) and words(a) == words(b or "")):
                    agree[field] += 1
                else:
                    differ.append((path.name, field, a, b))
    print(f"files with the same number of entries: {entries_same} of {files} ({entries_same / files:.1%})")
    for field, n in all_.items():
        print(f"{field:10} {agree[field]:5} of {n:5}  {agree[field] / n:7.2%}")
    print(f"pace on one core: ours {size / pace_ours / 1000:.1f} MB/s, feedparser {size / pace_theirs / 1000:.2f} MB/s: "
          f"{pace_theirs / pace_ours:.0f} times")
    print("slowest over 200 ms:", slow or "none")
    print("on purpose (counted as equal):")
    for why, n in purposes.items():
        print(f"  {n:5}  {why}")
    print("\nno entry in ours:")
    for name, why, n in empty:
        print(f"  {name}: {why} (feedparser: {n} entries)")
    print("\ndifferences:")
    for (name, field), group in by_file(differ):
        print(f"  {name}: {field} {len(group)} times\n    feedparser {group[0][2]!r}\n    ours       {group[0][3]!r}"[:500])


def by_file(differ):
    groups = collections.defaultdict(list)
    for one in differ:
        groups[one[:2]].append(one)
    return groups.items()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("other", choices=["gofeed", "feedparser"])
    arguments.add_argument("directory")
    given = arguments.parse_args()
    {"gofeed": gofeed, "feedparser": feedparser_}[given.other](given.directory)


if __name__ == "__main__":
    sys.exit(main())
