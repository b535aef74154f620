#!/usr/bin/env python3
"""Trains the accurate tagger of the languages beside English: python3 european.py --data FOLDER --pieces PIECES --out CHECKPOINT

PIECES is what `european_pieces.py` chose. One core; the lowest layers rest, since they know the language already."""
import argparse
import json
import os
import random
import time

import numpy as np
import torch

import e5
from data import LABELS, batches, one_round, packs, read
from european_model import from_e5, tensors
from score import best_path, f1
from train import loss_of

# As in data.py: share of the packs drawn in a round, head (0: the one used when tagging), whether MISC was not marked.
CORPORA = {
    "de-conll2003.train": (1.0, 0, False),
    "de-germeval2014.train": (1.0, 0, False),
    "de-smartdata.train": (0.8, 1, True),
    "es-conll2002.train": (0.8, 0, False),
    "nl-conll2002.train": (1.0, 0, False),
    "fr-winer.train": (0.6, 0, False),
    "it-kind-wikinews.train": (0.8, 0, True),
    "pt-uner-bosque.train": (1.0, 0, True),
    "sv-webbnyheter.train": (0.4, 0, False),
    "sv-uner.train": (0.2, 2, True),
    "da-uner.train": (0.4, 0, True),
    "nb-norne.train": (0.2, 0, False),
}
DEV = ("de-conll2003", "de-germeval2014", "es-conll2002", "nl-conll2002", "fr-winer", "it-kind-wikinews", "pt-uner-bosque")
MARKED = ("PER", "ORG", "LOC")


def rates(model, peak, resting):
    """Embeddings and the lowest layers rest; lower layers move less than upper ones, the heads most."""
    for part in (model.words, model.positions, model.norm, *model.layers[:resting]):
        part.requires_grad_(False)
    groups = []
    for i, layer in enumerate(model.layers):
        if i < resting:
            continue
        rate = peak * 0.9 ** (len(model.layers) - 1 - i)
        plain = [p for n, p in layer.named_parameters() if n.endswith("weight") and "norm" not in n]
        rest = [p for n, p in layer.named_parameters() if not (n.endswith("weight") and "norm" not in n)]
        groups += [{"params": plain, "lr": rate, "weight_decay": 0.01}, {"params": rest, "lr": rate, "weight_decay": 0.0}]
    groups.append({"params": list(model.head.parameters()), "lr": peak * 5, "weight_decay": 0.01})
    groups.append({"params": list(model.corpus_heads.parameters()), "lr": peak * 5, "weight_decay": 0.1})
    for group in groups:
        group["peak"] = group["lr"]
    return groups


@torch.no_grad()
def measure(model, data, pieces, part):
    """F1 of the network alone on gold tokens, for each dev set."""
    model.eval()
    out = {}
    for name in DEV:
        docs = read(os.path.join(data, name + ".dev.conll"))[:: max(1, round(1 / part))]
        todo = [(d, p) for d, doc in enumerate(docs) for p in packs(doc, pieces)]
        todo.sort(key=lambda x: len(x[1].ids))
        rows = {}
        for i in range(0, len(todo), 8):
            group = todo[i : i + 8]
            scores = iter(model(tensors([p for _, p in group])).numpy())
            rows |= {(d, *place): next(scores) for d, p in group for place in p.places}
        gold, found = [], []
        for d, doc in enumerate(docs):
            for s, (words, labels) in enumerate(doc):
                gold.append(labels)
                found.append([LABELS[i] for i in best_path(np.stack([rows[d, s, w] for w in range(len(words))]))])
        out[name] = round(f1(gold, found, MARKED), 4)
    model.train()
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of NAME.conll files")
    parser.add_argument("--pieces", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--start", help="a checkpoint to begin with instead of the published weights")
    parser.add_argument("--steps", type=int, help="how many steps; the rate falls to nothing until then")
    parser.add_argument("--minutes", type=float, default=60, help="without --steps: how long to train")
    parser.add_argument("--layers", type=int, default=7)
    parser.add_argument("--resting", type=int, default=3, help="layers that do not learn")
    parser.add_argument("--budget", type=int, default=768, help="pieces of a batch")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--keep", type=float, default=0.9, help="of the moving average, every 8 steps")
    parser.add_argument("--measure", type=float, default=0.06, help="part of the dev sets measured on the way")
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    file = e5.File(e5.package_file())
    with open(args.pieces, encoding="utf-8") as chosen:
        ids = json.load(chosen)
    pieces = e5.Pieces([file.pieces[i] for i in ids], file.scores[ids])
    corpora = {name: read(os.path.join(args.data, name + ".conll")) for name in CORPORA}
    model = from_e5(file, ids, args.layers, max(head for _, head, _ in CORPORA.values()))
    if args.start:
        model.load_state_dict(torch.load(args.start)["model"])
    optimizer = torch.optim.AdamW(rates(model, args.rate, args.resting), betas=(0.9, 0.98), fused=True)
    learned = {n: p for n, p in model.named_parameters() if p.requires_grad}
    moving = {n: p.detach().clone() for n, p in learned.items()}
    model.train()
    step, number, count, loss_sum, measured, saved = 0, 0, 0, 0.0, 0, 0.0
    at = 0.0
    while at < 1:
        rng = random.Random(f"{args.seed}/{number}")
        number += 1
        for batch in batches(one_round(corpora, pieces, rng, CORPORA), args.budget, rng):
            if not step:
                started = time.time()
            at = step / args.steps if args.steps else (time.time() - started) / (60 * args.minutes)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * min(1.0, (step + 1) / 80) * max(0.01, 1 - at)
            given = tensors(batch)
            own = [CORPORA[p.corpus][1] if rng.random() < 0.5 else 0 for p in batch]
            heads = torch.tensor([h for h, p in zip(own, batch) for _ in p.labels])
            open_misc = torch.tensor([CORPORA[p.corpus][2] for p in batch for _ in p.labels])
            loss = loss_of(model(given, heads, args.resting), given["labels"], open_misc)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned.values(), 1.0)
            optimizer.step()
            step += 1
            count += sum(len(p.ids) for p in batch)
            loss_sum += loss.item()
            with torch.no_grad():
                if step % 8 == 0:
                    for name, p in learned.items():
                        moving[name].lerp_(p, 1 - min(args.keep, step / (step + 80)))
            if step % 50 == 0:
                spent = time.time() - started
                print(f"step {step} round {number} at {at:.3f} pieces {count} loss {loss_sum / 50:.4f} {count / spent:.0f}/s", flush=True)
                loss_sum = 0.0
            if at >= 1 or at - saved > 0.04:
                saved = at
                own = {n: p.detach().clone() for n, p in learned.items()}
                model.load_state_dict(moving, strict=False)
                torch.save({"model": model.state_dict(), "pieces": ids}, args.out + ".new")
                os.replace(args.out + ".new", args.out)
                if at >= 1 or at > 0.2 * (measured + 1):
                    measured += 1
                    print(f"at {at:.3f}", measure(model, args.data, pieces, args.measure), flush=True)
                model.load_state_dict(own, strict=False)
            if at >= 1:
                break


if __name__ == "__main__":
    main()
