#!/usr/bin/env python3
"""Compares what `dateline article` says of pages with what a reader of them found.

    cargo build --release
    benches/metadata.py PAGES             by field: pages that are right, and each that is not
    benches/metadata.py PAGES --without-address   the same without --url

PAGES holds html/ID.html.gz and truth.json, which gives the page's "url". What was found is in articles.metadata.jsonl:
for each page the values that are right, several where the page itself allows several. `first` are the pages that the code
was written against, `second` those looked at as a check. Letters' case, kinds of quotation marks, dashes and dots, and seconds
are not compared; a date alone asks for the day.
"""

import argparse
import gzip
import json
import pathlib
import re
import subprocess
import sys
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).resolve().parent
FIELDS = ["headline", "authors", "published", "section"]
SAME = str.maketrans({**dict.fromkeys("‘’‛`´", "'"), **dict.fromkeys("“”„", '"'), **dict.fromkeys("–—", "-"), "…": "..."})


def plain(text):
    return text and re.sub(r"\s+", " ", text.translate(SAME)).strip().casefold()


def minute(time):
    return time and datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M")


def is_right(field, told, allowed):
    if field == "authors":
        return {plain(name) for name in told} in [{plain(name) for name in names} for names in allowed]
    if field == "published":
        told = minute(told)
        return any(told == right if right is None else
                   (told or "").startswith(right) if len(right) == 10 else told == minute(right) for right in allowed)
    return plain(told) in [plain(right) for right in allowed]


def article(page, url):
    command = [HERE.parent / "target/release/dateline", "article"] + (["--url", url] if url else [])
    done = subprocess.run(command, input=gzip.decompress(page.read_bytes()), capture_output=True, check=True)
    return json.loads(done.stdout)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("pages", type=pathlib.Path)
    args.add_argument("--without-address", action="store_true")
    args = args.parse_args()
    urls = {page: told["url"] for page, told in json.loads((args.pages / "truth.json").read_text()).items()}
    expected = [json.loads(line) for line in (HERE / "articles.metadata.jsonl").read_text().splitlines()]
    right = {}
    for row in expected:
        page = next(page for page in urls if page.startswith(row["page"]))
        told = article(args.pages / f"html/{page}.html.gz", None if args.without_address else urls[page])
        told["authors"] = [author["name"] for author in told.get("authors") or []]
        for field in FIELDS:
            hit = is_right(field, told.get(field), row[field])
            right.setdefault((row["set"], field), []).append(hit)
            if not hit:
                by = told.get("sources", {}).get(field)
                print(f"{row['set']} {row['page']} {field}: {told.get(field)!r} ({by}), not {row[field]!r}")
    low = False
    for part in ["first", "second"]:
        for field in FIELDS:
            hits = right[part, field]
            share = sum(hits) / len(hits)
            low |= share < 0.95
            print(f"{part:6} {field:9} {sum(hits):3} of {len(hits)}  {share:.1%}")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
