"""The encoder of the languages beside English: the lower layers of multilingual-e5-small, and a label for each word."""
import numpy as np
import torch
from torch import nn

from data import LABELS
from model import Layer, WIDTH, scores


class Tagger(nn.Module):
    """`heads`: how many corpora have a head of their own, used in training only."""

    def __init__(self, vocabulary, layers, heads=0, positions=128):
        super().__init__()
        self.words = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(positions, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.head = nn.Linear(WIDTH, len(LABELS))
        self.corpus_heads = nn.ModuleList(nn.Linear(WIDTH, len(LABELS)) for _ in range(heads))
        self.drop = nn.Dropout(0.1)
        for part in self.corpus_heads:
            nn.init.zeros_(part.weight)
            nn.init.zeros_(part.bias)

    def encode(self, ids, mask, firsts, resting=0):
        """The rows of the words' first pieces; `resting`: the layers that do not learn."""
        mask = None if bool(mask.all()) else mask[:, None, None, :]
        with torch.no_grad():
            x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
            for layer in self.layers[:resting]:
                x = layer(x, mask)
        for layer in self.layers[resting:-1]:
            x = layer(x, mask)
        return self.layers[-1](x, mask, firsts)

    def forward(self, batch, heads=None, resting=0):
        """Scores of the labels, a row for each word of the batch; `heads`: the corpus head of each word's pack."""
        x = self.drop(self.encode(batch["ids"], batch["mask"], batch["firsts"], resting))
        return scores(self, x, heads)


def from_e5(file, ids, layers, heads=0):
    """A tagger on the published weights with these pieces; the token type, always the same, goes into the positions."""
    tagger = Tagger(len(ids), layers, heads)
    number = lambda name: torch.from_numpy(file.floats(name))
    matrix = lambda name, width=WIDTH: torch.from_numpy(file.rows(name, width))
    with torch.no_grad():
        tagger.words.weight.copy_(torch.from_numpy(file.rows("emb.word", WIDTH, ids)))
        positions = file.floats("emb.pos").reshape(-1, WIDTH)[: len(tagger.positions.weight)]
        tagger.positions.weight.copy_(torch.from_numpy(positions + file.floats("emb.type").reshape(-1, WIDTH)[0]))
        norms = [(tagger.norm, "emb.ln")]
        for i, layer in enumerate(tagger.layers):
            layer.qkv.weight.copy_(torch.cat([matrix(f"l{i}.{x}.w") for x in "qkv"]))
            layer.qkv.bias.copy_(torch.cat([number(f"l{i}.{x}.b") for x in "qkv"]))
            for part, name, width in ((layer.out, "ao", WIDTH), (layer.up, "fi", WIDTH), (layer.down, "fo", file.inner)):
                part.weight.copy_(matrix(f"l{i}.{name}.w", width))
                part.bias.copy_(number(f"l{i}.{name}.b"))
            norms += [(layer.norm1, f"l{i}.aln"), (layer.norm2, f"l{i}.oln")]
        for norm, name in norms:
            norm.weight.copy_(number(name + ".w"))
            norm.bias.copy_(number(name + ".b"))
    return tagger


def tensors(batch):
    """A list of packs as padded tensors."""
    size = max(len(p.ids) for p in batch)
    rows = np.ones((len(batch), size), dtype=np.int64)
    mask = np.zeros((len(batch), size), dtype=bool)
    for row, pack in enumerate(batch):
        rows[row, : len(pack.ids)] = pack.ids
        mask[row, : len(pack.ids)] = True
    return {
        "ids": torch.from_numpy(rows),
        "mask": torch.from_numpy(mask),
        "firsts": torch.tensor([row * size + f for row, p in enumerate(batch) for f in p.firsts]),
        "labels": torch.tensor([label for p in batch for label in p.labels]),
    }
