#!/usr/bin/env python3
"""Stories labelled by the accurate tagger, for the fast one to learn from.

    training/silver.py EVERY STORIES.jsonl[.gz]… > DATA/silver.train.conll

Of each file every EVERYth line is taken, a JSON object with a `text`. The words are cut at white space and signs; the labels are
those of `dateline extract --model accurate`.
"""
import gzip
import itertools
import json
import pathlib
import re
import subprocess
import sys

BINARY = pathlib.Path(__file__).resolve().parent.parent / "target/release/dateline"
# Lines of old agency copy that end a story.
SIGNED_OFF = ("REUTER", "Reuter")
KINDS = {"person": "PER", "organisation": "ORG", "place": "LOC"}
TAIL = r"['\u2019](?:s|S|re|ve|ll|d|m)\b"
# French and Italian articles and pronouns that lose their vowel before a word.
ELIDED = r"\b(?i:[cdjlmnst]|qu|un|(?:d|n|s)?all|d[ae]ll|nell|coll|quell|sant)['\u2019](?=\w)"
WORD = (
    r"[A-Z](?:\.[A-Z])+\.?|\w+(?=n['\u2019]t\b)|n['\u2019]t\b|\w+(?:[.,&-]\w+|(?!" + TAIL + r")['\u2019]\w+)*|" + TAIL + r"|\S"
)
TOKEN = re.compile(WORD)
TOKEN_OF = dict.fromkeys(["fr", "it"], re.compile(ELIDED + "|" + WORD))
SENTENCE_END = re.compile(r"(?<=[.!?\"\u201d])\s+(?=[\"\u201cA-Z])|\n+")


def sentences(text):
    """Start and end of each sentence."""
    start = 0
    for gap in SENTENCE_END.finditer(text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def main():
    every, paths = int(sys.argv[1]), sys.argv[2:]
    stories = []
    for path in paths:
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
            stories += [json.loads(line) for line in itertools.islice(file, 0, None, every)]
    lines = "".join(json.dumps({"id": n, "text": story["text"]}) + "\n" for n, story in enumerate(stories))
    command = [BINARY, "extract", "--model", "accurate"]
    answers = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout
    for story, answer in zip(stories, answers.split("\n")):
        labels, answer = {}, json.loads(answer)
        for entity in answer["entities"]:
            for mention in (mention for mention in entity["mentions"] if mention["kind"] == "name"):
                labels[mention["start"]] = (mention["end"], KINDS.get(entity["type"], "MISC"))
        tokens = TOKEN_OF.get(answer.get("language"), TOKEN)
        print("-DOCSTART-\tO\n")
        for start, end in sentences(story["text"]):
            if story["text"][start:end].strip() in SIGNED_OFF:
                continue
            name_end, kind = 0, None
            for token in tokens.finditer(story["text"], start, end):
                label = "O"
                if token.start() in labels:
                    name_end, kind = labels[token.start()]
                    label = f"B-{kind}"
                elif token.start() < name_end:
                    label = f"I-{kind}"
                word = token.group().replace("\u2019", "'")
                print(f"{word}\t{label}")
            print()


if __name__ == "__main__":
    main()
