#!/usr/bin/env python3
"""Pages to articles side by side with Python's trafilatura: pace and agreement with the true bodies.

    pip install trafilatura lxml_html_clean
    cargo build --release --bench articles
    benches/articles.py PAGES        PAGES holds truth.json {ID: {"url", "articleBody"}} and html/ID.html.gz

Both run in one process on the same core, round after round, metadata included; each one's fastest round counts. F1 is made
of the precision and recall of 4-word shingles, averaged over the pages. On a busy machine compare the time on the CPU.
"""

import collections
import gzip
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parent.parent
ROUNDS = 3


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    truth = json.loads((folder / "truth.json").read_text())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    first = ours(folder)
    others, bodies = trafilatura(folder, truth)
    again = ours(folder)
    mine = tuple(max(a, b) for a, b in zip(first[0], again[0]))
    for name, (wall, cpu), text in [("dateline", mine, first[1]), ("trafilatura", others, bodies)]:
        precision, recall, f1 = agreement(truth, text)
        print(f"{name:12} {wall:6.0f} pages/s   {cpu:6.0f} pages/s of CPU   "
              f"precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}")
    print(f"{mine[0] / others[0]:.1f} times as fast, {mine[1] / others[1]:.1f} times by CPU time")


def ours(folder):
    """Pages a second, by the clock and by CPU time, and the body of each page."""
    built = sorted(TREE.glob("target/release/deps/articles-*"), key=lambda p: p.stat().st_mtime)
    binary = [p for p in built if os.access(p, os.X_OK) and not p.suffix][-1:]
    if not binary:
        sys.exit("not built: cargo build --release --bench articles")
    with tempfile.TemporaryDirectory() as out:
        records = pathlib.Path(out) / "records.jsonl"
        said = subprocess.run([binary[0], folder, records], capture_output=True, text=True, check=True).stdout
        articles = [json.loads(line) for line in records.read_text().splitlines()]
    wall, cpu = (float(re.search(pattern, said)[1]) for pattern in [r"(\d+) pages/s,", r"(\d+|inf) pages/s of CPU"])
    return (wall, cpu), {a["page"]: body(a["article"]) for a in articles}


def body(article):
    text = article["text"]
    return "\n".join(text[b["start"]:b["end"]] for b in article["blocks"] if b["kind"] not in ("headline", "caption"))


def trafilatura(folder, truth):
    from trafilatura import bare_extraction

    pages = {page: gzip.decompress((folder / f"html/{page}.html.gz").read_bytes()) for page in truth}
    walls, cpus, bodies = [], [], {}
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        for page, html in pages.items():
            found = bare_extraction(html, url=truth[page]["url"], with_metadata=True)
            bodies[page] = (found.text if found else None) or ""
        walls.append(len(pages) / (time.perf_counter() - wall))
        cpus.append(len(pages) / (time.process_time() - cpu))
    return (max(walls), max(cpus)), bodies


def shingles(text, n=4):
    words = re.findall(r"\w+", text)
    return collections.Counter(tuple(words[i:i + n]) for i in range(max(1, len(words) - n + 1))) if words else collections.Counter()


def agreement(truth, bodies):
    precisions, recalls = [], []
    for page, told in truth.items():
        want, got = shingles(told["articleBody"]), shingles(bodies[page])
        both = sum((want & got).values())
        if got:
            precisions.append(both / sum(got.values()))
        if want:
            recalls.append(both / sum(want.values()))
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    return precision, recall, 2 * precision * recall / (precision + recall)


main()
