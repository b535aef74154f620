#!/usr/bin/env python3
"""Measures the quotations of `dateline extract` against a gold file (one JSON object a line: `id`, `text`, `quotes`).

    cargo build --release
    benches/quotes.py GOLD.jsonl [--quotes accurate] [--model accurate] [--worst 20]

Prints exact, overlap and joint figures, recall by type beside the floors, the confusion of types, how often a sure speaker
is right, and the documents with most faults. A match is an overlap of half the characters (intersection over union), one to
one, best first; gold marked `ignore` (attitudes) costs nothing either way.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import unicodedata

TREE = pathlib.Path(__file__).resolve().parent.parent
FLOORS = {
    "fast": {
        "exact": 0.56,
        "overlap": 0.74,
        "joint": 0.66,
        "speaker": 0.88,
        "direct": (0.97, 0.86),
        "mixed": (0.84, 0.74),
        "indirect": (0.62, 0.55),
        "sure": 0.90,
    },
    "accurate": {
        "exact": 0.62,
        "overlap": 0.79,
        "joint": 0.72,
        "speaker": 0.92,
        "direct": (0.98, 0.92),
        "mixed": (0.88, 0.80),
        "indirect": (0.70, 0.64),
        "sure": 0.90,
    },
}


def outer(c):
    return c.isspace() or unicodedata.category(c)[0] == "P" or c in "`´"


def segments(text, quote):
    """The segments without marks at their ends, joined where only marks stand between."""
    spans = []
    for segment in quote["segments"]:
        start, end = (segment["start"], segment["end"]) if isinstance(segment, dict) else segment
        while start < end and outer(text[start]):
            start += 1
        while end > start and outer(text[end - 1]):
            end -= 1
        if start < end:
            spans.append((start, end))
    joined = []
    for start, end in sorted(spans):
        if joined and all(outer(c) for c in text[joined[-1][1] : start]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def last_word(text):
    words = "".join(c if c.isalnum() else " " for c in text or "").split()
    return words[-1].lower() if words else ""


def right(gold, found):
    """Whether the speaker's mention or name is the gold's."""
    want, got = gold.get("speaker"), found.get("speaker")
    if not want:
        return True
    if not got:
        return False
    mention = got.get("start") is not None and min(want["end"], got["end"]) > max(want["start"], got["start"])
    return mention or bool(got.get("name")) and last_word(got["name"]) == last_word(want["text"])


def match(text, golds, founds):
    """Pairs of gold and found quotations."""
    with_characters = lambda quotes: [{i for s, e in segments(text, q) for i in range(s, e)} for q in quotes]
    wanted, got = with_characters(golds), with_characters(founds)
    pairs = []
    for i, a in enumerate(wanted):
        for j, b in enumerate(got):
            if a & b and len(a & b) / len(a | b) >= 0.5:
                pairs.append((len(a & b) / len(a | b), i, j))
    to, used = {}, set()
    for _, i, j in sorted(pairs, reverse=True):
        if i not in to and j not in used:
            to[i] = j
            used.add(j)
    ignored = set().union(*[c for c, q in zip(wanted, golds) if q.get("ignore")])
    counted = set().union(*[c for c, q in zip(wanted, golds) if not q.get("ignore")])
    free = {j for i, j in to.items() if golds[i].get("ignore")}
    free |= {j for j, c in enumerate(got) if j not in used and c & ignored and not c & counted}
    return to, free


def f1(hits, found, gold):
    return 2 * hits / (found + gold) if found + gold else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=pathlib.Path)
    parser.add_argument("--model", default="fast", help="what finds the names")
    parser.add_argument("--quotes", help="what finds the quotations; the same when left out")
    parser.add_argument("--worst", type=int, default=20)
    args = parser.parse_args()
    documents = [json.loads(line) for line in args.gold.read_text(encoding="utf-8").splitlines()]
    lines = "".join(json.dumps({"id": d["id"], "text": d["text"]}) + "\n" for d in documents)
    binary = TREE / "target/release/dateline"
    quotes = args.quotes or args.model
    floors = FLOORS[quotes]
    command = [binary, "extract", "--model", args.model, "--quotes", quotes]
    out = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout
    answers = [json.loads(line)["quotes"] for line in out.split("\n") if line]
    counts, kinds, confusion, worst = collections.Counter(), collections.defaultdict(collections.Counter), collections.Counter(), []
    for document, founds in zip(documents, answers):
        golds = document["quotes"]
        to, free = match(document["text"], golds, founds)
        hits = 0
        for i, gold in enumerate(golds):
            if gold.get("ignore"):
                continue
            kind = kinds[gold["type"]]
            kind["gold"] += 1
            if i not in to:
                confusion[gold["type"], "missed"] += 1
                continue
            found = founds[to[i]]
            said = right(gold, found)
            hits += said
            kind["overlap"] += 1
            kind["joint"] += said
            counts["exact"] += segments(document["text"], gold) == segments(document["text"], found)
            confusion[gold["type"], found["type"]] += 1
            if gold.get("speaker"):
                counts["spoken"] += 1
                counts["speaker"] += said
                if found["confidence"] >= 0.9:
                    counts["sure"] += 1
                    counts["sure right"] += said
        for j, found in enumerate(founds):
            if j not in to.values() and j not in free:
                confusion["none", found["type"]] += 1
        number = len(founds) - len(free)
        counts["found"] += number
        gold = sum(not q.get("ignore") for q in golds)
        worst.append((number + gold - 2 * hits, f1(hits, number, gold), document["id"]))
    total = {name: sum(kind[name] for kind in kinds.values()) for name in ("gold", "overlap", "joint")}
    total["exact"] = counts["exact"]
    print(f"{len(documents)} documents, {total['gold']} quotations, {counts['found']} found")
    for name in ("exact", "overlap", "joint"):
        print(f"{name:9} F1 {f1(total[name], counts['found'], total['gold']):.3f}  floor {floors[name]:.2f}")
    print(f"speaker right, of matched {counts['speaker'] / max(1, counts['spoken']):.3f}  floor {floors['speaker']:.2f}")
    sure = counts["sure right"] / max(1, counts["sure"])
    print(f"speaker right, of the {counts['sure']} matched that are 0.9 sure {sure:.3f}  floor {floors['sure']:.2f}")
    for name in ("direct", "mixed", "indirect"):
        kind, floor = kinds[name], floors[name]
        of = max(1, kind["gold"])
        print(f"{name:9} overlap {kind['overlap'] / of:.3f} (floor {floor[0]:.2f})  joint {kind['joint'] / of:.3f} (floor {floor[1]:.2f})")
    columns = ("direct", "mixed", "indirect", "missed")
    print("\ngold \\ found" + "".join(f"{name:>10}" for name in columns))
    for row in ("direct", "mixed", "indirect", "none"):
        print(f"{row:12}" + "".join(f"{confusion[row, column]:>10}" for column in columns))
    print("\nfaults  joint F1  document")
    for faults, score, name in sorted(worst, reverse=True)[: args.worst]:
        print(f"{faults:6}  {score:8.3f}  {name}")


if __name__ == "__main__":
    main()
