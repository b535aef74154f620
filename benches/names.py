#!/usr/bin/env python3
"""Measures the names of `dateline extract` against gold files in CoNLL form (token, tab, BIO label).

    cargo build --release
    benches/names.py FOLDER/*.dev.conll [--model fast] [--errors 10] [--written]

Prints precision, recall and F1 by exact span and type, tokens a second of one core, the most memory, and the largest classes of errors with
examples. Documents are marked by -DOCSTART-, else twenty sentences make one; sentences are lines. Tokens are joined as
English is written, or with --written as the corpus's language is, by which its file name begins (`fr-…`). Where a corpus marks no
MISC, MISC costs nothing.
"""

import argparse
import collections
import json
import os
import pathlib
import resource
import subprocess
import time

import spacing

TREE = pathlib.Path(__file__).resolve().parent.parent
KINDS = {"person": "PER", "organisation": "ORG", "place": "LOC"}


def documents(path):
    """The documents of a file: sentences of (token, label)."""
    found, document, sentence, marked = [], [], [], False
    for line in path.read_text().splitlines() + [""]:
        if line.startswith("-DOCSTART-"):
            marked = True
            if document:
                found.append(document)
            document = []
        elif line.strip():
            columns = line.split("\t")
            sentence.append((columns[0], columns[-1]))
        elif sentence:
            document.append(sentence)
            sentence = []
            if not marked and len(document) == 20:
                found.append(document)
                document = []
    return found + [document] if document else found


def running(document, spaced):
    """A document's text, its tokens' places and its gold names; `spaced` yields the tokens of a sentence with the space before each."""
    text, places, spans = "", [], set()
    for number, sentence in enumerate(document):
        text += "\n" if number else ""
        name = None
        for space, token, label in spaced(sentence):
            text += space
            start, end = len(text), len(text) + len(token)
            text += token
            places.append((start, end))
            if name and not (label[0] == "I" and label[2:] == name[2]):
                spans.add(name)
                name = None
            if label != "O":
                name = (name[0] if name else start, end, label[2:])
        if name:
            spans.add(name)
    return text, places, spans


def classes(text, gold, got):
    """Each error as (class, example)."""
    near = lambda span: text[max(0, span[0] - 30) : span[1] + 30].replace("\n", " ¶ ")
    for span in gold - got:
        same = [other for other in got - gold if other[:2] == span[:2]]
        over = [other for other in got - gold if other[0] < span[1] and span[0] < other[1]]
        if same:
            yield f"{span[2]} taken for {same[0][2]}", text[span[0] : span[1]], near(span)
        elif over:
            yield f"{span[2]} cut otherwise", text[over[0][0] : over[0][1]] + " | " + text[span[0] : span[1]], near(span)
        else:
            yield f"{span[2]} missed", text[span[0] : span[1]], near(span)
    for span in got - gold:
        if not any(other[0] < span[1] and span[0] < other[1] for other in gold):
            yield f"{span[2]} where no name is", text[span[0] : span[1]], near(span)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=pathlib.Path)
    parser.add_argument("--model", default="fast")
    parser.add_argument("--binary", default=TREE / "target/release/dateline")
    parser.add_argument("--errors", type=int, default=0, help="how many classes of errors to show")
    parser.add_argument("--written", action="store_true", help="join tokens as the corpus's language is written")
    args = parser.parse_args()
    for path in args.gold:
        language = path.name.split("-")[0]
        spaced = (lambda sentence: spacing.written(sentence, language)) if args.written else spacing.english
        texts = [running(document, spaced) for document in documents(path)]
        lines = "".join(json.dumps({"id": n, "text": text[0]}) + "\n" for n, text in enumerate(texts))
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
        command = [args.binary, "extract", "--model", args.model]
        out = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, env=os.environ).stdout
        usage, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.time() - started
        spent = usage.ru_utime + usage.ru_stime - before.ru_utime - before.ru_stime
        hits, extra, missed = collections.Counter(), collections.Counter(), collections.Counter()
        errors, examples, foreign = collections.Counter(), collections.defaultdict(list), 0
        marks_misc = any(span[2] == "MISC" for _, _, gold in texts for span in gold)
        for (text, _, gold), line in zip(texts, out.split("\n")):
            answer = json.loads(line)
            foreign += "extractor" in answer and answer["extractor"] is None
            got = {(m["start"], m["end"], KINDS.get(e["type"], "MISC")) for e in answer["entities"] for m in e["mentions"]}
            if not marks_misc:
                got = {span for span in got if span[2] != "MISC"}
            hits.update(span[2] for span in gold & got)
            extra.update(span[2] for span in got - gold)
            missed.update(span[2] for span in gold - got)
            for name, words, where in classes(text, gold, got):
                errors[name] += 1
                examples[name].append(f"{words}  [{where}]")
        tokens = sum(len(places) for _, places, _ in texts)
        print(f"{path.name}: {len(texts)} documents, {foreign} without a model; {tokens} tokens, {tokens / spent:,.0f} a second of CPU"
              f" ({tokens / wall:,.0f} by the clock), {usage.ru_maxrss / 1024:.0f} MB")
        rows = {kind: [kind] for kind in sorted(hits | missed)}
        for name, kinds in (rows | {"PER+ORG+LOC": ["PER", "ORG", "LOC"], "all": list(rows)}).items():
            h, e, m = (sum(c[kind] for kind in kinds) for c in (hits, extra, missed))
            print(f"  {name:11} precision {h / max(1, h + e):.4f} recall {h / max(1, h + m):.4f} F1 {2 * h / max(1, 2 * h + e + m):.4f}")
        for name, count in errors.most_common(args.errors):
            print(f"  {count:5} {name}")
            step = max(1, len(examples[name]) // 12)
            for example in examples[name][::step][:12]:
                print(f"          {example}")


if __name__ == "__main__":
    main()
