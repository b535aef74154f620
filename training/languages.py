#!/usr/bin/env python3
"""Writes the groups of three letters by which the language of a text is recognized.

  python3 training/languages.py DATA/*.train.conll > crates/text/weights/language-trigrams.txt

DATA are corpora in CoNLL form; the language of a file is the code before the first "-" of its name, else English. Of each language the
NUMBER most frequent groups are kept, spaces at both ends of a word included. The first line names the languages; each other line has a
group and a digit for each language: how much less likely the group is there than where it is likeliest, in units of half a nat.
"""
import collections
import math
import pathlib
import re
import sys

NUMBER = 2000
WORD = re.compile(r"[^\W\d_]+")


def groups(text):
    for word in WORD.findall(text.lower()):
        word = f" {word} "
        for at in range(len(word) - 2):
            yield word[at : at + 3]


def main():
    counts = collections.defaultdict(collections.Counter)
    for path in map(pathlib.Path, sys.argv[1:]):
        code = path.name[:2] if path.name[2] == "-" else "en"
        for line in path.read_text(encoding="utf-8").splitlines():
            counts[code].update(groups(line.split("\t")[0]))
    codes = sorted(counts)
    totals = [counts[code].total() for code in codes]
    kept = sorted({group for code in codes for group, _ in counts[code].most_common(NUMBER)})
    print("#", *codes)
    for group in kept:
        logs = [math.log((counts[code][group] + 0.5) / (total + 0.5 * len(kept))) for code, total in zip(codes, totals)]
        digits = "".join(format(min(15, round((max(logs) - log) * 2)), "x") for log in logs)
        print(group.replace(" ", "_") + digits)


main()
