#!/usr/bin/env python3
"""Texts in other languages than English, without labels, for `european_names.sh`.

    training/european_stories.py DE_WIKINEWS.jsonl MEANTIME.jsonl.gz SIB200 OUT

DE_WIKINEWS: JSON objects with a `text`, German. MEANTIME: JSON objects with `lang` and `sentences`, whose signs are apart. SIB200: a
folder of `sib200.*_train.tsv`, a sentence a line; ten of them make a story. Writes OUT/CODE.jsonl for each language.
"""

import gzip
import json
import pathlib
import re
import sys

SIB200 = {"de": "deu_Latn", "es": "spa_Latn", "fr": "fra_Latn", "it": "ita_Latn", "nl": "nld_Latn", "pt": "por_Latn"}


def joined(sentences, language):
    """Returns the sentences as they were written."""
    text = " ".join(sentences)
    text = re.sub(r" ([.,;:!?)\]’»])", r"\1", text)
    text = re.sub(r"([(\[«]) ", r"\1", text)
    if language == "it":
        text = re.sub(r"(['’]) (?=\w)", r"\1", text)
    return re.sub(r'" ([^"]*) "', r'"\1"', text)


def main():
    wikinews, meantime, sib200, out = map(pathlib.Path, sys.argv[1:])
    stories = {language: [] for language in SIB200}
    stories["de"] = [json.loads(line)["text"] for line in wikinews.open(encoding="utf-8")]
    for line in gzip.open(meantime, "rt", encoding="utf-8"):
        story = json.loads(line)
        if story["lang"] in stories:
            stories[story["lang"]].append(joined(story["sentences"], story["lang"]))
    for language, name in SIB200.items():
        lines = (sib200 / f"sib200.{name}_train.tsv").read_text(encoding="utf-8").splitlines()[1:]
        rows = [line.split("\t")[2] for line in lines]
        stories[language] += ["\n\n".join(rows[start : start + 10]) for start in range(0, len(rows), 10)]
    out.mkdir(exist_ok=True)
    for language, texts in stories.items():
        lines = (json.dumps({"text": text}) + "\n" for text in texts)
        (out / f"{language}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
