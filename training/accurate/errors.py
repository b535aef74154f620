#!/usr/bin/env python3
"""The largest classes of errors of a checkpoint: python3 errors.py --data FOLDER CHECKPOINT [--part 0.2]"""
import argparse
import os
from collections import Counter

import numpy as np
import torch

from data import LABELS, Pieces, read
from measure import DEV, scored
from model import Tagger
from score import best_path, spans
from train import minilm


def classes(gold, found):
    """What is wrong with a sentence: (kind of error, gold type, found type)."""
    gold, found = set(spans(gold)), set(spans(found))
    out = []
    for start, end, kind in sorted(gold - found):
        over = [f for f in found if f[0] < end and start < f[1]]
        same = [f for f in over if f[:2] == (start, end)]
        if same:
            out.append(("type", kind, same[0][2]))
        elif over:
            out.append(("border", kind, over[0][2]))
        else:
            out.append(("missed", kind, ""))
    for start, end, kind in sorted(found - gold):
        if not any(g[0] < end and start < g[1] for g in gold):
            out.append(("invented", "", kind))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--part", type=float, default=1.0)
    parser.add_argument("checkpoint")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = Tagger()
    model.load_state_dict(torch.load(args.checkpoint))
    model.eval()
    pieces = Pieces(os.path.join(minilm(), "vocab.txt"))
    for name in DEV:
        docs = read(os.path.join(args.data, name + ".conll"))[:: max(1, round(1 / args.part))]
        rows = scored(model, docs, pieces)
        count = Counter()
        for d, doc in enumerate(docs):
            for s, (words, labels) in enumerate(doc):
                path = best_path(np.stack([rows[d, s, w] for w in range(len(words))]))
                count.update(classes(labels, [LABELS[i] for i in path]))
        print(name, sum(count.values()))
        for (what, gold, found), n in count.most_common(10):
            print(f"{n:6} {what:9} {gold:5} {found}")


if __name__ == "__main__":
    main()
