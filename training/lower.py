#!/usr/bin/env python3
"""Lists the words that news writes in lower case, one a line: training/lower.py STORIES.jsonl… > crates/model/weights/lower-words.txt

A word counts where a word or comma stands before it, outside headlines. It is listed when it is found in lower case LEAST
times or more, and SHARE of the times it is found at all. Stories are JSON Lines with a `text`, gzipped or not.
"""

import collections
import gzip
import json
import re
import sys

LEAST, SHARE = 4, 0.9
WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\S")


def texts(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def main():
    lower, capital = collections.Counter(), collections.Counter()
    for text in (text for path in sys.argv[1:] for text in texts(path)):
        for sentence in re.split(r"\n|(?<=[.!?])\s+", text):
            words = WORD.findall(sentence)
            long = [word for word in words if word[0].isalpha() and len(word) > 3]
            if long and sum(word[0].isupper() for word in long) >= 0.6 * len(long):
                continue
            for before, word in zip(words, words[1:]):
                if word[0].isalpha() and (before[0].isalnum() or before == ","):
                    (lower if word[0].islower() else capital)[word.lower()] += 1
    for word in sorted(lower):
        count = lower[word]
        if count >= LEAST and count >= SHARE * (count + capital[word]) and word.isalpha():
            print(word)


main()
