#!/usr/bin/env python3
"""Writes a checkpoint as the file that the program carries, in 8 bits: python3 export.py CHECKPOINT MODEL.safetensors

The checkpoint is that of `train.py`, `european.py` or `quotes.py`."""
import json
import os
import struct
import sys

import numpy as np
import torch

import e5
from model import VOCABULARY
from train import minilm

# Weights keep to ±63: see crates/model/src/encoder/product.rs.
WEIGHT, EMBEDDING = 63, 127


def scales(rows, most):
    """For each row the scale that loses least: large values may be cut."""
    top = np.abs(rows).max(1) / most
    best, loss = top, None
    for share in np.linspace(0.6, 1.0, 17):
        scale = np.maximum(top * share, 1e-12)
        error = ((np.clip(np.round(rows / scale[:, None]), -most, most) * scale[:, None] - rows) ** 2).sum(1)
        if loss is None:
            best, loss = scale, error
        else:
            best, loss = np.where(error < loss, scale, best), np.minimum(error, loss)
    return best.astype(np.float32)


def quantised(rows, most):
    scale = scales(rows, most)
    return np.clip(np.round(rows / scale[:, None]), -most, most).astype(np.int8), scale


def tensors(state):
    """The tensors of the file, in order."""
    state = {k: v.float().numpy() for k, v in state.items()}
    out = {}
    out["words"], out["words.scale"] = quantised(state["words.weight"], EMBEDDING)
    for name in ("positions", "shapes", "others"):
        if name + ".weight" in state:
            out[name] = state[name + ".weight"]
    layers(state, count(state), out)
    out["norm.weight"], out["norm.bias"] = state["norm.weight"], state["norm.bias"]
    out["head"], out["head.bias"] = state["head.weight"], state["head.bias"]
    return out


def count(state):
    """How many layers there are."""
    return sum(1 for name in state if name.startswith("layers.") and name.endswith(".qkv.weight"))


def layers(state, number, out):
    """Adds the tensors of so many layers."""
    for i in range(number):
        for part in ("qkv", "out", "up", "down"):
            name = f"layers.{i}.{part}"
            out[name], out[name + ".scale"] = quantised(state[name + ".weight"], WEIGHT)
            out[name + ".bias"] = state[name + ".bias"]
        for part in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"):
            out[f"layers.{i}.{part}"] = state[f"layers.{i}.{part}"]


def quotation_tensors(state):
    """The tensors of the network of quotations."""
    state = {k: v.float().numpy() for k, v in state.items()}
    out = {}
    for head in ("is_cue", "sentence", "marked"):
        if head + ".weight" in state:
            out[head], out[head + ".bias"] = state[head + ".weight"], state[head + ".bias"]
    layers(state, count(state), out)
    parts = ("content", "source")
    values = [state[f"{part}.{role}.weight"] for role in ("token", "cue") for part in parts]
    out["values"], out["values.scale"] = quantised(np.concatenate(values), WEIGHT)
    biases = [state[f"{part}.token.bias"] for part in parts]
    out["values.bias"] = np.concatenate(biases + [np.zeros_like(bias) for bias in biases])
    for part in parts:
        out[f"{part}.way"], out[f"{part}.mark"] = state[f"{part}.way.weight"], state[f"{part}.mark.weight"]
        out[f"{part}.label"], out[f"{part}.label.bias"] = state[f"{part}.label.weight"], state[f"{part}.label.bias"]
    return out


def main():
    checkpoint, target = sys.argv[1:]
    state = torch.load(checkpoint)
    vocabulary = b""
    if "is_cue.weight" in state:
        out = quotation_tensors(state)
    elif "pieces" in state:
        out = tensors(state["model"])
        file = e5.File(e5.package_file())
        out["scores"] = file.scores[state["pieces"]]
        vocabulary = "\n".join(file.pieces[i] for i in state["pieces"]).encode()
        assert vocabulary.count(b"\n") + 1 == len(state["pieces"])
    else:
        out = tensors(state)
        with open(os.path.join(minilm(), "vocab.txt"), "rb") as file:
            vocabulary = file.read().rstrip(b"\n")
        assert vocabulary.count(b"\n") + 1 == VOCABULARY
    # Floats come first, so they lie at multiples of four.
    order = sorted(out, key=lambda name: out[name].itemsize, reverse=True)
    header, at = {}, 0
    for name in order:
        header[name] = {"dtype": {4: "F32", 1: "I8"}[out[name].itemsize], "shape": list(out[name].shape), "data_offsets": [at, at + out[name].nbytes]}
        at += out[name].nbytes
    header["vocabulary"] = {"dtype": "U8", "shape": [len(vocabulary)], "data_offsets": [at, at + len(vocabulary)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(target, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(np.ascontiguousarray(out[name]).tobytes())
        file.write(vocabulary)
    print(target, os.path.getsize(target), "bytes")


if __name__ == "__main__":
    main()
