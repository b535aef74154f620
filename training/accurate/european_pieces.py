#!/usr/bin/env python3
"""Chooses the pieces that the languages beside English need: python3 european_pieces.py --data FOLDER --words FILE… --texts FILE… --out PIECES

FOLDER holds the labelled corpora, of which those of `european.py` count; lists of words count once a word; texts (CSV, TSV, or
JSON lines with a `text`, also compressed) as often as a word is in them."""
import argparse
import csv
import gzip
import json
import os
import re
from collections import Counter

import e5
from european import CORPORA

# Words that are also read in capitals and with a capital, as headlines write them.
COMMON = 30000
WORD = re.compile(r"\w[\w\-'’.]*\w|\w|[^\w\s]")
LISTED = re.compile(r"[\w\-'’.]+")


def opened(path):
    return gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")


def text_of(path):
    with opened(path) as file:
        name = path.removesuffix(".gz")
        if name.endswith(".csv"):
            return " ".join(cell for row in csv.reader(file, delimiter=";") for cell in row)
        if name.endswith(".jsonl"):
            return " ".join(json.loads(line)["text"] for line in file)
        return file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--words", nargs="*", default=[])
    parser.add_argument("--texts", nargs="*", default=[])
    parser.add_argument("--most", type=int, default=50000)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    words = Counter()
    for name in CORPORA:
        with open(os.path.join(args.data, name + ".conll"), encoding="utf-8") as lines:
            words.update(word for line in lines if (word := line.split("\t")[0].strip()))
    for path in args.texts:
        words.update(WORD.findall(text_of(path)))
    for path in args.words:
        words.update(LISTED.findall(text_of(path)))
    for word, _ in words.most_common(COMMON):
        if word.isalpha():
            words.update((word.upper(), word.capitalize()))
    file = e5.File(e5.package_file())
    ids = e5.choose(file, words, args.most)
    with open(args.out, "w", encoding="utf-8") as out:
        json.dump(ids, out)
    print(args.out, len(ids), "pieces")


if __name__ == "__main__":
    main()
