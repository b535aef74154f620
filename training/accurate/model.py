"""The encoder: all-MiniLM-L6-v2 with features of writing beside its uncased pieces, and a label for each word."""
import torch
import torch.nn.functional as F
from torch import nn

from data import CORPORA, LABELS, SHAPES

LAYERS, WIDTH, HEADS, INNER, VOCABULARY, POSITIONS = 6, 384, 12, 1536, 30522, 128


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x, mask, kept=None):
        """`kept`: the only rows of the batch that are asked for."""
        b, n, _ = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        mixed = mixed.transpose(1, 2).reshape(b, n, WIDTH)
        if kept is not None:
            x, mixed = x.reshape(-1, WIDTH)[kept], mixed.reshape(-1, WIDTH)[kept]
        x = self.norm1(x + self.out(mixed))
        inner = F.gelu(self.up(x), approximate="tanh")
        return self.norm2(x + self.down(inner))


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.shapes = nn.Embedding(2 * len(SHAPES), WIDTH)
        self.others = nn.Embedding(8, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, len(LABELS))
        # What one corpus marks otherwise than the newswire; used in training only.
        heads = max(head for _, head, _ in CORPORA.values())
        self.corpus_heads = nn.ModuleList(nn.Linear(WIDTH, len(LABELS)) for _ in range(heads))
        # Few rounds over much text: no more forgetting than this is needed.
        self.drop = nn.Dropout(0.1)
        for part in (self.shapes, self.others):
            nn.init.normal_(part.weight, std=0.01)
        for part in self.corpus_heads:
            nn.init.zeros_(part.weight)
            nn.init.zeros_(part.bias)

    def encode(self, ids, shapes, others, mask):
        x = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.shapes(shapes) + self.others(others)
        x = self.norm(x)
        mask = None if bool(mask.all()) else mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def forward(self, batch, heads=None):
        """Scores of the labels, a row for each word of the batch; `heads`: the corpus head of each word's pack."""
        x = self.encode(batch["ids"], batch["shapes"], batch["others"], batch["mask"])
        x = self.drop(x.reshape(-1, WIDTH)[batch["firsts"]])
        return scores(self, x, heads)


def scores(tagger, x, heads=None):
    """Scores of the labels, a row for each of the words in `x`; `heads`: the corpus head of each word's pack."""
    scores = tagger.head(x)
    if heads is not None:
        for number, head in enumerate(tagger.corpus_heads, 1):
            chosen = heads == number
            if chosen.any():
                scores = scores + chosen[:, None] * head(x)
    return scores


def from_minilm(path):
    """A tagger on the published weights; the token type, always the same here, goes into the positions."""
    from safetensors.torch import load_file

    old = {k.removeprefix("bert."): v.float() for k, v in load_file(path).items()}
    tagger = Tagger()
    with torch.no_grad():
        tagger.words.weight.copy_(old["embeddings.word_embeddings.weight"])
        tagger.positions.weight.copy_(old["embeddings.position_embeddings.weight"][:POSITIONS] + old["embeddings.token_type_embeddings.weight"][0])
        copy(tagger.norm, old, "embeddings.LayerNorm")
        for i, layer in enumerate(tagger.layers):
            name = f"encoder.layer.{i}."
            for part in ("weight", "bias"):
                three = [old[f"{name}attention.self.{x}.{part}"] for x in ("query", "key", "value")]
                getattr(layer.qkv, part).copy_(torch.cat(three))
            copy(layer.out, old, name + "attention.output.dense")
            copy(layer.norm1, old, name + "attention.output.LayerNorm")
            copy(layer.up, old, name + "intermediate.dense")
            copy(layer.down, old, name + "output.dense")
            copy(layer.norm2, old, name + "output.LayerNorm")
    return tagger


def copy(module, old, name):
    module.weight.copy_(old[name + ".weight"])
    module.bias.copy_(old[name + ".bias"])


def tensors(batch):
    """A list of packs as padded tensors."""
    size = max(len(p.ids) for p in batch)
    pad = lambda rows: torch.tensor([row + [0] * (size - len(row)) for row in rows])
    return {
        "ids": pad([p.ids for p in batch]),
        "shapes": pad([p.shapes for p in batch]),
        "others": pad([p.others for p in batch]),
        "mask": torch.tensor([[1] * len(p.ids) + [0] * (size - len(p.ids)) for p in batch]).bool(),
        "firsts": torch.tensor([row * size + f for row, p in enumerate(batch) for f in p.firsts]),
        "labels": torch.tensor([label for p in batch for label in p.labels]),
    }
