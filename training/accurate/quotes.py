#!/usr/bin/env python3
"""Trains the network of quotations on the shared encoder's lower layers: python3 quotes.py --data FOLDER --tagger tagger.pt --out quotes.pt

FOLDER/train and FOLDER/dev hold what `quote-states` wrote. Seeded; one process."""
import argparse
import json
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from model import HEADS, LAYERS, WIDTH, Layer

SHARED = 4  # Layers of the encoder that both tasks use; the stored states have passed them.
HIDDEN, FAR, LABELS, MARKS = 128, 40, 5, 4


class Upper(Layer):
    """A layer with dropout, so a small corpus is not memorized."""

    def __init__(self, forget):
        super().__init__()
        self.drop = nn.Dropout(forget)

    def forward(self, x, mask):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.norm1(x + self.drop(self.out(mixed.transpose(1, 2).reshape(b, n, WIDTH))))
        inner = F.gelu(self.up(x), approximate="tanh")
        return self.norm2(x + self.drop(self.down(inner)))


class Spans(nn.Module):
    """Labels of a token as a cue sees it: from both their states, the way between them, and how the token stands to marks."""

    def __init__(self):
        super().__init__()
        self.token = nn.Linear(WIDTH, HIDDEN)
        self.cue = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.way = nn.Embedding(2 * FAR + 1, HIDDEN)
        self.mark = nn.Embedding(MARKS, HIDDEN)
        self.label = nn.Linear(HIDDEN, LABELS)
        self.drop = nn.Dropout(0.1)
        for part in (self.way, self.mark):
            nn.init.normal_(part.weight, std=0.05)

    def forward(self, x, tokens, cues, ways, marks):
        z = self.token(x)[tokens] + self.cue(x)[cues] + self.way(ways) + self.mark(marks)
        return self.label(self.drop(F.gelu(z, approximate="tanh")))


class Speech(nn.Module):
    def __init__(self, forget=0.1):
        super().__init__()
        self.layers = nn.ModuleList(Upper(forget) for _ in range(LAYERS - SHARED))
        self.is_cue = nn.Linear(WIDTH, 1)
        self.content = Spans()
        self.source = Spans()
        self.drop = nn.Dropout(0.1)

    def forward(self, batch):
        x, mask = batch["states"], batch["mask"]
        for layer in self.layers:
            x = layer(x, mask)
        x = self.drop(x.reshape(-1, WIDTH))
        cue = self.is_cue(x[batch["may"]])[:, 0]
        given = (batch["tokens"], batch["cues"], batch["ways"], batch["marks"])
        return cue, self.content(x, *given), self.source(x, *given)


def start(path):
    """The tagger of names' layers as the first values."""
    old = torch.load(path)
    model = Speech()
    for i, layer in enumerate(model.layers, SHARED):
        name = f"layers.{i}."
        layer.load_state_dict({k.removeprefix(name): v for k, v in old.items() if k.startswith(name)})
    return model


def read(folder):
    """The windows of all stories, each with what the model must learn of it."""
    states = np.memmap(os.path.join(folder, "states.f32"), dtype=np.float32, mode="r").reshape(-1, WIDTH)
    windows, at = [], 0
    for line in open(os.path.join(folder, "stories.jsonl")):
        story = json.loads(line)
        told = {}
        for one in story["told"]:
            told.setdefault(one["cue"], []).append(one)
        for window in story["windows"]:
            place = {token: first for first, token in window["words"]}
            may = [(place[t], story["kinds"][t]) for t in place if story["kinds"][t] >= 0]
            pairs = []
            for cue in place:
                for one in told.get(cue, ()):
                    for i, (content, source) in enumerate(zip(one["content"], one["source"])):
                        token = one["start"] + i
                        if token in place:
                            way = max(-FAR, min(FAR, token - cue)) + FAR
                            # What is content is not a source, whatever the network says.
                            pairs.append((place[token], place[cue], way, story["marks"][token], content, -1 if content else source))
            windows.append((at, window["pieces"], np.array(may, dtype=np.int64).reshape(-1, 2), np.array(pairs, dtype=np.int64).reshape(-1, 6)))
            at += window["pieces"]
    return states, windows


def tensors(states, batch):
    size = max(count for _, count, _, _ in batch)
    rows = np.zeros((len(batch), size, WIDTH), dtype=np.float32)
    mask = np.zeros((len(batch), size), dtype=bool)
    may, pairs = [], []
    for row, (at, count, own_may, own_pairs) in enumerate(batch):
        rows[row, :count] = states[at : at + count]
        mask[row, :count] = True
        may.append(own_may + [row * size, 0])
        pairs.append(own_pairs + [row * size, row * size, 0, 0, 0, 0])
    may, pairs = torch.from_numpy(np.concatenate(may)), torch.from_numpy(np.concatenate(pairs))
    return {
        "states": torch.from_numpy(rows),
        "mask": None if mask.all() else torch.from_numpy(mask)[:, None, None, :],
        "may": may[:, 0],
        "is_cue": may[:, 1].float(),
        "tokens": pairs[:, 0],
        "cues": pairs[:, 1],
        "ways": pairs[:, 2],
        "marks": pairs[:, 3],
        "content": pairs[:, 4],
        "source": pairs[:, 5],
    }


def losses(model, batch):
    cue, content, source = model(batch)
    return (
        F.binary_cross_entropy_with_logits(cue, batch["is_cue"], reduction="sum"),
        F.cross_entropy(content, batch["content"], reduction="sum"),
        F.cross_entropy(source, batch["source"], reduction="sum", ignore_index=-1),
    )


def batches(windows, budget, rng):
    """Windows of like length together, in any order."""
    order = sorted(windows, key=lambda w: w[1] + rng.random() * 8)
    out, now, size = [], [], 0
    for window in order:
        if now and size + window[1] > budget:
            out.append(now)
            now, size = [], 0
        now.append(window)
        size += window[1]
    out.append(now)
    rng.shuffle(out)
    return out


@torch.no_grad()
def measure(model, states, windows):
    model.eval()
    sums = np.zeros(3)
    for batch in batches(windows, 1500, random.Random(0)):
        sums += [loss.item() for loss in losses(model, tensors(states, batch))]
    model.train()
    told = len({(w[0], c) for w in windows for c in w[3][:, 1]})
    return sums / told


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--tagger", required=True, help="the checkpoint whose layers the carried file holds")
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--budget", type=int, default=1000, help="pieces of a batch")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    states, windows = read(os.path.join(args.data, "train"))
    dev_states, dev = read(os.path.join(args.data, "dev"))
    model = start(args.tagger)
    heads = [p for part in (model.is_cue, model.content, model.source) for p in part.parameters()]
    groups = [{"params": model.layers.parameters(), "lr": args.rate, "weight_decay": 0.01}, {"params": heads, "lr": args.rate * 5, "weight_decay": 0.01}]
    for group in groups:
        group["peak"] = group["lr"]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
    learned = {n: p for n, p in model.named_parameters() if p.requires_grad}
    moving = {n: p.detach().clone() for n, p in learned.items()}
    rng = random.Random(args.seed)
    steps = args.epochs * len(batches(windows, args.budget, random.Random(0)))
    step, started = 0, time.time()
    for epoch in range(args.epochs):
        sums = np.zeros(3)
        for batch in batches(windows, args.budget, rng):
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * min(1.0, (step + 1) / 100) * max(0.02, 1 - step / steps)
            given = tensors(states, batch)
            cue, content, source = losses(model, given)
            loss = cue / 20 + (content + source) / 60
            sums += [cue.item(), content.item(), source.item()]
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned.values(), 1.0)
            optimizer.step()
            step += 1
            if step % 4 == 0:
                with torch.no_grad():
                    for name, p in learned.items():
                        moving[name].lerp_(p, 1 - 0.98)
            if step % 100 == 0:
                print(f"step {step} of {steps} {time.time() - started:.0f} s", flush=True)
        # What is measured and kept is the moving average.
        own = {n: p.detach().clone() for n, p in learned.items()}
        with torch.no_grad():
            for name, p in learned.items():
                p.copy_(moving[name])
            count = sum(len(set(w[3][:, 1])) for w in windows)
            print(f"epoch {epoch + 1}: train {np.round(sums / count, 3)} dev {np.round(measure(model, dev_states, dev), 3)}", flush=True)
            torch.save(model.state_dict(), args.out + ".new")
            os.replace(args.out + ".new", args.out)
            for name, p in learned.items():
                p.copy_(own[name])


if __name__ == "__main__":
    main()
