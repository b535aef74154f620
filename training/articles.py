#!/usr/bin/env python3
"""Trains the trees that choose an article's blocks, and measures them on sites that they have not seen.

    pip install lightgbm==4.6.0 numpy
    training/articles.py DATA                 DATA holds publishers/, pages/ and snippets/, each with truth.json and html/ID.html.gz
    training/articles.py DATA --write         the same, and writes crates/article/weights/article-blocks.bin, trained on all pages

Blocks and what is known of them come from `training/blocks.rs`, that is from the daemon's own reading. Each block is labelled with
the share of its words that are in the page's true text (in `snippets` only those blocks are labelled that hold a sentence known to
belong or not). For each of FOLDS parts the trees are trained on the pages of all other sites; the daemon's reading then makes
whole articles with them, which are scored as in the field's benchmarks: 4-word shingles, averaged over publishers.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import unicodedata

import lightgbm
import numpy

TREE = pathlib.Path(__file__).resolve().parent.parent
SETS = ["publishers", "pages", "snippets"]
FOLDS = 20
ROUNDS = 200
# Pages of which only some sentences are known count less.
SNIPPETS = 0.5
OPTIONS = {
    "objective": "cross_entropy", "learning_rate": 0.05, "num_leaves": 24, "min_data_in_leaf": 20, "min_sum_hessian_in_leaf": 0.0,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 1.0,
    "verbosity": -1, "num_threads": 1, "seed": 7, "deterministic": True,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--worst", type=int, default=0, help="list so many of the worst pages of each set")
    parser.add_argument("--program", help="a built article-blocks, instead of cargo")
    args = parser.parse_args()
    blocks = [args.program] if args.program else ["cargo", "run", "-q", "--release", "--example", "article-blocks", "--"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pages = [page for name in SETS for page in described(blocks, args.data / name, name, folder)]
        print(f"{len(pages)} pages of {len({p['site'] for p in pages})} sites, {sum(len(p['labels']) for p in pages)} blocks")
        measure(blocks, args, pages, folder)
    if args.write:
        target = TREE / "crates/article/weights/article-blocks.bin"
        print(f"{target.relative_to(TREE)}: {write(train(pages), target, width(pages))} bytes")


def described(blocks, folder, name, out):
    """The pages of a set with their blocks, labelled."""
    out = out / f"{name}.jsonl"
    subprocess.run([*blocks, "describe", folder, out], check=True)
    truth = json.loads((folder / "truth.json").read_text())
    for line in out.open():
        page = json.loads(line)
        told = truth[page["page"]]
        texts = [text for text, _ in page["blocks"]]
        labels = marked(texts, told) if name == "snippets" else aligned(texts, unicodedata.normalize("NFC", told["articleBody"]))
        yield {
            "id": page["page"], "set": name, "site": site(told), "truth": told, "labels": labels,
            "features": numpy.array(page["features"], dtype=numpy.float32),
            "weights": weights([len(words(text)) for text in texts], labels, SNIPPETS if name == "snippets" else 1.0),
        }


def site(told):
    """What pages share that must not be learned from and measured on."""
    address = told["url"]
    if "::" in address:
        host = address.split("::")[1].split("-")[0]
    else:
        host = re.sub(r"^https?://web\.archive\.org/web/\w+/", "", address).split("://")[-1].split("/")[0]
    return re.sub(r"^www\.", "", host.lower())


def words(text):
    return re.findall(r"\w+", text or "")


def flat(text):
    return re.sub(r"\s+", " ", text)


def marked(texts, told):
    """1 for blocks with a sentence that belongs, 0 for those with one that does not, else not a number."""
    labels = numpy.full(len(texts), numpy.nan)
    for i, text in enumerate(map(flat, texts)):
        if any(flat(sentence) in text for sentence in told["with"]):
            labels[i] = 1
        if any(flat(sentence) in text for sentence in told["without"]):
            labels[i] = 0
    return labels


def aligned(texts, truth):
    """The share of each block's words that are in the true text."""
    known = set(shingles(words(truth)))
    lines = collections.Counter(tuple(words(line)) for line in truth.split("\n"))
    every = [words(text) for text in texts]
    labels = numpy.zeros(len(texts))
    for i, block in enumerate(every):
        if len(block) >= 4:
            share = statistics.mean(shingle in known for shingle in shingles(block).elements())
            labels[i] = share if share > 0.15 else 0.0
    # A block of few words must be a line of the text and stand near others of it.
    long = [i for i, block in enumerate(every) if len(block) >= 4 and labels[i] > 0.5]
    for i, block in enumerate(every):
        if 0 < len(block) < 4 and tuple(block) in lines and long and min(long) - 3 <= i <= max(long) + 1:
            labels[i] = any(abs(i - j) <= 3 for j in long)
    # Of several copies the one with most of the text around it counts, unless the text has as many: a question asked again.
    copies = collections.defaultdict(list)
    for i, block in enumerate(every):
        if labels[i] > 0.5:
            copies[tuple(block)].append(i)
    for block, same in copies.items():
        if lines[block] >= len(same):
            continue

        def around(i):
            near = range(max(0, i - 6), min(len(every), i + 7))
            return sum(labels[j] * len(every[j]) for j in near if j not in same)
        best = max(same, key=lambda i: (around(i), -i))
        labels[[i for i in same if i != best]] = 0.0
    return labels


def weights(lengths, labels, page):
    """The root of each block's words; all labelled blocks of a page weigh as much as the page."""
    roots = numpy.sqrt(numpy.maximum(1, numpy.array(lengths, dtype=float))) * ~numpy.isnan(labels)
    return roots * (page / max(roots.sum(), 1e-9))


def train(pages):
    pages = [page for page in pages if len(page["labels"])]
    features, labels, weights = (numpy.concatenate([page[key] for page in pages]) for key in ["features", "labels", "weights"])
    known = weights > 0
    scale = known.sum() / weights.sum()
    data = lightgbm.Dataset(features[known], labels[known], weight=weights[known] * scale)
    return lightgbm.train(OPTIONS, data, ROUNDS)


def width(pages):
    return next(page["features"].shape[1] for page in pages if len(page["labels"]))


def write(model, target, features):
    """Writes trees in the form that `crates/article/src/content/body/trees.rs` reads."""
    trees = model.dump_model()["tree_info"]
    out = b"BLK1" + struct.pack("<HH", features, len(trees))
    for tree in trees:
        nodes, leaves = [], []

        def walk(node):
            if "split_feature" not in node:
                leaves.append(node["leaf_value"])
                return -len(leaves)
            at = len(nodes)
            nodes.append(None)
            nodes[at] = (node["split_feature"], node["threshold"], walk(node["left_child"]), walk(node["right_child"]))
            return at

        walk(tree["tree_structure"])
        out += struct.pack("<B", len(nodes))
        out += b"".join(struct.pack("<Bfbb", *node) for node in nodes)
        out += b"".join(struct.pack("<f", leaf) for leaf in leaves)
    pathlib.Path(target).write_bytes(out)
    return len(out)


def measure(blocks, args, pages, folder):
    """Articles by trees that have not seen the page's site, scored."""
    sites = sorted({page["site"] for page in pages}, key=lambda name: hashlib.md5(name.encode()).hexdigest())
    fold = {name: i % FOLDS for i, name in enumerate(sites)}
    for i in range(FOLDS):
        write(train([page for page in pages if fold[page["site"]] != i]), folder / f"{i}.bin", width(pages))
    for name in SETS:
        own = [page for page in pages if page["set"] == name]
        named = {page["id"]: str(folder / f"{fold[page['site']]}.bin") for page in own}
        (folder / "trees.json").write_text(json.dumps(named))
        subprocess.run([*blocks, "read", args.data / name, folder / "trees.json", folder / "articles.jsonl"], check=True)
        articles = {}
        for line in (folder / "articles.jsonl").open():
            line = json.loads(line)
            articles[line["page"]] = line["article"]
        (score_sentences if name == "snippets" else score_bodies)(name, own, articles, args.worst)


def shingles(tokens):
    return collections.Counter(tuple(tokens[i:i + 4]) for i in range(max(1, len(tokens) - 3))) if tokens else collections.Counter()


def body(article):
    blocks = [b for b in article["blocks"] if b["kind"] not in ("headline", "caption")]
    return "\n\n".join(article["text"][b["start"]:b["end"]] for b in blocks)


def score_bodies(name, pages, articles, worst):
    by_publisher, rows, silent = collections.defaultdict(list), [], 0
    for page in pages:
        article = articles[page["id"]]
        true, found = shingles(words(page["truth"]["articleBody"])), shingles(words(body(article)))
        hits = (true & found).total()
        precision, recall = hits / max(1, found.total()), hits / max(1, true.total())
        by_publisher[page["truth"].get("publisher", page["id"])].append((precision, recall))
        silent += recall < 0.5 and not article["truncated"]
        rows.append((2 * precision * recall / max(1e-9, precision + recall), page["id"]))
    precision, recall = (statistics.mean(statistics.mean(x[i] for x in group) for group in by_publisher.values()) for i in (0, 1))
    share = lambda least: sum(f1 < least for f1, _ in rows) / len(rows)
    print(f"{name}, sites not seen: precision {precision:.4f} recall {recall:.4f} F1 {2 * precision * recall / (precision + recall):.4f}, "
          f"silent losses {silent}, under 0.8 {share(0.8):.3f}, under 0.5 {share(0.5):.3f}")
    for f1, page in sorted(rows)[:worst]:
        print(f"  {f1:.3f} {page}")


def score_sentences(name, pages, articles, worst):
    found = missed = wrong = 0
    rows = []
    for page in pages:
        text = flat(articles[page["id"]]["text"])
        right = sum(flat(sentence) in text for sentence in page["truth"]["with"])
        kept = sum(flat(sentence) in text for sentence in page["truth"]["without"])
        found, missed, wrong = found + right, missed + len(page["truth"]["with"]) - right, wrong + kept
        rows.append((len(page["truth"]["with"]) - right + kept, page["id"]))
    precision, recall = found / max(1, found + wrong), found / max(1, found + missed)
    print(f"{name}, sites not seen: precision {precision:.4f} recall {recall:.4f} F1 {2 * precision * recall / (precision + recall):.4f}")
    for bad, page in sorted(rows, reverse=True)[:worst]:
        print(f"  {bad} {page}")


if __name__ == "__main__":
    sys.exit(main())
