#!/usr/bin/env python3
"""Trains a network of quotations on the shared encoder's lower layers: python3 quotes.py --data FOLDER --tagger TAGGER --out quotes.pt

FOLDER/train and FOLDER/dev hold what `quote-states` wrote. TAGGER is the checkpoint of the tagger of names in the same language, or the
file that the program carries of it. `--folds 4 --fold 1` learns from the stories of train that are not in that fourth of them, and
measures on the others; then no dev is needed. Seeded; one process."""
import argparse
import json
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from model import HEADS, WIDTH, Layer

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
    """`without_cue`: with heads for what no cue announces: labels of sentences, and whether words in marks are a quotation. Both
    are means over the tokens, so the program needs no more than a score of each token."""

    def __init__(self, layers, without_cue, forget):
        super().__init__()
        self.layers = nn.ModuleList(Upper(forget) for _ in range(layers))
        self.is_cue = nn.Linear(WIDTH, 1)
        self.content = Spans()
        self.source = Spans()
        self.drop = nn.Dropout(0.1)
        self.without_cue = without_cue
        if without_cue:
            self.sentence = nn.Linear(WIDTH, LABELS)
            self.marked = nn.Linear(WIDTH, 1)

    def forward(self, batch):
        x, mask = batch["states"], batch["mask"]
        for layer in self.layers:
            x = layer(x, mask)
        x = self.drop(x.reshape(-1, WIDTH))
        cue = self.is_cue(x[batch["may"]])[:, 0]
        given = (batch["tokens"], batch["cues"], batch["ways"], batch["marks"])
        out = [cue, self.content(x, *given), self.source(x, *given)]
        if self.without_cue:
            out.append(self.sentence(mean(x, batch["sentence_tokens"], len(batch["sentences"]))))
            out.append(self.marked(mean(x, batch["marked_tokens"], len(batch["marked"])))[:, 0])
        return out


def mean(x, tokens, count):
    """The means of some rows of `x`; `tokens`: each one's place and the number of its mean."""
    sums = x.new_zeros(count, WIDTH).index_add(0, tokens[:, 1], x[tokens[:, 0]])
    return sums / torch.bincount(tokens[:, 1], minlength=count)[:, None]


def carried(path):
    """The layers of a file that the program carries, as in a checkpoint."""
    from safetensors.torch import load_file

    file = load_file(path)
    scaled = lambda name: file[name].float() * file[name + ".scale"][:, None]
    matrix = lambda name: name + ".scale" in file
    state = {name: file[name] for name in file if name.startswith("layers.") and not name.endswith(".scale") and not matrix(name)}
    return state | {name + ".weight": scaled(name) for name in file if name.startswith("layers.") and matrix(name)}


def start(path, layers, without_cue, forget):
    """The upper layers of the tagger of names as the first values."""
    old = carried(path) if path.endswith(".safetensors") else torch.load(path)
    old = old.get("model", old)
    below = len([name for name in old if name.startswith("layers.") and name.endswith(".qkv.weight")]) - layers
    model = Speech(layers, without_cue, forget)
    for i, layer in enumerate(model.layers, below):
        name = f"layers.{i}."
        layer.load_state_dict({k.removeprefix(name): v for k, v in old.items() if k.startswith(name)})
    return model


class Window:
    """What the model must learn of a window of the encoder."""

    def __init__(self, story, first, window):
        self.first, self.count = first, window["pieces"]
        place = {token: at for at, token in window["words"]}
        self.may = rows([(place[t], story["kinds"][t]) for t in place if story["kinds"][t] >= 0], 2)
        self.pairs = rows(self.pairs_of(story, place), 6)
        self.sentences, self.sentence_labels = self.means_of(story.get("sentences", ()), place)
        self.marked, self.marked_labels = self.means_of(story.get("marked", ()), place)

    @staticmethod
    def pairs_of(story, place):
        """Place, place of the cue, way, mark, labels in the content and in the source; -1 where nothing can be learned."""
        for one in story["told"]:
            cue = one["cue"]
            if cue not in place:
                continue
            contents = one.get("content", [-1] * len(one["source"]))
            for token, (content, source) in enumerate(zip(contents, one["source"]), one["start"]):
                if token in place:
                    way = max(-FAR, min(FAR, token - cue)) + FAR
                    # What is content is not a source, whatever the network says.
                    yield place[token], place[cue], way, story["marks"][token], content, -1 if content > 0 else source

    @staticmethod
    def means_of(spans, place):
        """The places of spans that are whole in the window, each with the number of its span; and the spans' labels."""
        tokens, labels = [], []
        for (start, end), label in spans:
            if all(token in place for token in range(start, end)):
                tokens += [(place[token], len(labels)) for token in range(start, end)]
                labels.append(label)
        return rows(tokens, 2), np.array(labels, dtype=np.int64)


def rows(values, width):
    return np.array(list(values), dtype=np.int64).reshape(-1, width)


def read(folder):
    """The windows of each story."""
    states = np.memmap(os.path.join(folder, "states.f32"), dtype=np.float32, mode="r").reshape(-1, WIDTH)
    stories, at = [], 0
    for line in open(os.path.join(folder, "stories.jsonl")):
        story = json.loads(line)
        windows = []
        for window in story["windows"]:
            windows.append(Window(story, at, window))
            at += window["pieces"]
        stories.append(windows)
    return states, stories


def tensors(states, batch):
    size = max(window.count for window in batch)
    values = np.zeros((len(batch), size, WIDTH), dtype=np.float32)
    mask = np.zeros((len(batch), size), dtype=bool)
    may, pairs, means = [], [], {"sentences": [], "marked": []}
    numbers = dict.fromkeys(means, 0)
    for row, window in enumerate(batch):
        values[row, : window.count] = states[window.first : window.first + window.count]
        mask[row, : window.count] = True
        may.append(window.may + [row * size, 0])
        pairs.append(window.pairs + [row * size, row * size, 0, 0, 0, 0])
        for name, own in (("sentences", window.sentences), ("marked", window.marked)):
            means[name].append(own + [row * size, numbers[name]])
            numbers[name] += int(own[-1, 1]) + 1 if len(own) else 0
    join = lambda arrays: torch.from_numpy(np.concatenate(arrays))
    may, pairs = join(may), join(pairs)
    return {
        "states": torch.from_numpy(values),
        "mask": None if mask.all() else torch.from_numpy(mask)[:, None, None, :],
        "may": may[:, 0],
        "is_cue": may[:, 1].float(),
        "tokens": pairs[:, 0],
        "cues": pairs[:, 1],
        "ways": pairs[:, 2],
        "marks": pairs[:, 3],
        "content": pairs[:, 4],
        "source": pairs[:, 5],
        "sentence_tokens": join(means["sentences"]),
        "sentences": join([window.sentence_labels for window in batch]),
        "marked_tokens": join(means["marked"]),
        "marked": join([window.marked_labels for window in batch]).float(),
    }


# How much a loss of each question counts: most for what is asked seldom.
SHARES = (1 / 20, 1 / 60, 1 / 60, 1 / 40, 1 / 20)


def losses(model, batch):
    cue, content, source, *rest = model(batch)
    out = [
        F.binary_cross_entropy_with_logits(cue, batch["is_cue"], reduction="sum"),
        F.cross_entropy(content, batch["content"], reduction="sum", ignore_index=-1),
        F.cross_entropy(source, batch["source"], reduction="sum", ignore_index=-1),
    ]
    if rest:
        out.append(F.cross_entropy(rest[0], batch["sentences"], reduction="sum"))
        out.append(F.binary_cross_entropy_with_logits(rest[1], batch["marked"], reduction="sum"))
    return out


def batches(windows, budget, rng):
    """Windows of like length together, in any order."""
    order = sorted(windows, key=lambda w: w.count + rng.random() * 8)
    out, now, size = [], [], 0
    for window in order:
        if now and size + window.count > budget:
            out.append(now)
            now, size = [], 0
        now.append(window)
        size += window.count
    out.append(now)
    rng.shuffle(out)
    return out


@torch.no_grad()
def measure(model, states, windows):
    model.eval()
    sums = 0
    for batch in batches(windows, 1500, random.Random(0)):
        sums += np.array([loss.item() for loss in losses(model, tensors(states, batch))])
    model.train()
    return sums / cues(windows)


def cues(windows):
    """How many cues have a content."""
    return sum(len(set(window.pairs[:, 1])) for window in windows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--tagger", required=True, help="the tagger of names whose layers the states have passed")
    parser.add_argument("--out", required=True)
    parser.add_argument("--layers", type=int, default=2, help="layers of its own, above those that the states have passed")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--budget", type=int, default=1000, help="pieces of a batch")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--forget", type=float, default=0.1, help="the share of values dropped in the layers")
    parser.add_argument("--empty", type=float, default=1.0, help="the share of windows without a quotation that are learned from")
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--fold", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    states, stories = read(os.path.join(args.data, "train"))
    if args.folds:
        dev_states, dev = states, [story for at, story in enumerate(stories) if at % args.folds == args.fold]
        stories = [story for at, story in enumerate(stories) if at % args.folds != args.fold]
    else:
        dev_states, dev = read(os.path.join(args.data, "dev"))
    windows, dev = ([window for story in part for window in story] for part in (stories, dev))
    chosen = random.Random(args.seed)
    windows = [window for window in windows if len(window.pairs) or chosen.random() < args.empty]
    print(len(windows), "windows", flush=True)
    model = start(args.tagger, args.layers, any(len(window.sentences) for window in windows), args.forget)
    heads = [p for name, p in model.named_parameters() if not name.startswith("layers.")]
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
        sums = 0
        for batch in batches(windows, args.budget, rng):
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * min(1.0, (step + 1) / 100) * max(0.02, 1 - step / steps)
            given = tensors(states, batch)
            parts = losses(model, given)
            loss = sum(share * part for share, part in zip(SHARES, parts))
            sums += np.array([part.item() for part in parts])
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
            print(f"epoch {epoch + 1}: train {np.round(sums / cues(windows), 3)} dev {np.round(measure(model, dev_states, dev), 3)}", flush=True)
            torch.save(model.state_dict(), args.out + ".new")
            os.replace(args.out + ".new", args.out)
            for name, p in learned.items():
                p.copy_(own[name])


if __name__ == "__main__":
    main()
