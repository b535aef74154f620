"""The 8-bit arithmetic of the program, played in PyTorch: shows what the bits cost."""
import torch
import torch.nn.functional as F
from torch import nn

from export import EMBEDDING, WEIGHT, quantised


def rounded(weight, most):
    whole, scale = quantised(weight.detach().numpy(), most)
    return torch.from_numpy(whole * scale[:, None])


class Rounded(nn.Module):
    """A linear layer on rounded weights, each row of its input rounded to bytes by its own range."""

    def __init__(self, linear):
        super().__init__()
        self.weight, self.bias = rounded(linear.weight, WEIGHT), linear.bias

    def forward(self, x):
        low, high = x.amin(-1, keepdim=True).clamp(max=0), x.amax(-1, keepdim=True).clamp(min=0)
        scale = ((high - low) / 255).clamp(min=1e-9)
        zero = torch.round(-low / scale)
        bytes = (torch.round(x / scale + zero)).clamp(0, 255)
        return F.linear((bytes - zero) * scale, self.weight, self.bias)


def in_eight_bits(tagger):
    """The tagger, changed in place."""
    tagger.words.weight.data = rounded(tagger.words.weight, EMBEDDING)
    for layer in tagger.layers:
        for name in ("qkv", "out", "up", "down"):
            setattr(layer, name, Rounded(getattr(layer, name)))
    return tagger
