#!/usr/bin/env python3
"""F1 of a checkpoint on gold-tokenised dev sets: python3 measure.py --data FOLDER CHECKPOINT [--part 0.2] [--eight-bits]"""
import argparse
import os

import numpy as np
import torch

from data import LABELS, Pieces, packs, read
from eight_bits import in_eight_bits
from model import Tagger, tensors
from score import best_path, f1
from train import minilm

DEV = {"conll2003.dev": None, "worldwide.dev": None, "uner-ewt.dev": ("PER", "ORG", "LOC"), "wnut17.dev": None}


def scored(model, docs, pieces):
    """A row of scores for each word: {(document, sentence, word): scores}"""
    todo = [(d, p) for d, doc in enumerate(docs) for p in packs(doc, pieces)]
    todo.sort(key=lambda x: len(x[1].ids))
    rows = {}
    with torch.no_grad():
        for i in range(0, len(todo), 8):
            group = todo[i : i + 8]
            scores = iter(model(tensors([p for _, p in group])).numpy())
            for d, p in group:
                for s, w in p.places:
                    rows[d, s, w] = next(scores)
    return rows


def measure(model, data, part=1.0):
    model.eval()
    pieces = Pieces(os.path.join(minilm(), "vocab.txt"))
    out = {}
    for name, types in DEV.items():
        docs = read(os.path.join(data, name + ".conll"))
        docs = docs[:: max(1, round(1 / part))]
        rows = scored(model, docs, pieces)
        gold, found = [], []
        for d, doc in enumerate(docs):
            for s, (words, labels) in enumerate(doc):
                gold.append(labels)
                found.append([LABELS[i] for i in best_path(np.stack([rows[d, s, w] for w in range(len(words))]))])
        out[name] = round(f1(gold, found, types), 4)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--part", type=float, default=1.0)
    parser.add_argument("--eight-bits", action="store_true", help="with the arithmetic of the program")
    parser.add_argument("checkpoint")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = Tagger()
    model.load_state_dict(torch.load(args.checkpoint))
    if args.eight_bits:
        in_eight_bits(model)
    print(measure(model, args.data, args.part))


if __name__ == "__main__":
    main()
