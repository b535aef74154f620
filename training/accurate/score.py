"""Best label paths and exact-span F1, for measuring while training; what counts is measured through `dateline extract`."""
import numpy as np

from data import LABELS

# Which label may follow which: I-X only after B-X or I-X.
ALLOWED = np.array([[b[0] != "I" or (a != "O" and a[2:] == b[2:]) for b in LABELS] for a in LABELS])
BARRED = np.where(ALLOWED, 0.0, -1e9)
START = np.array([-1e9 if label[0] == "I" else 0.0 for label in LABELS])


def best_path(scores):
    """The likeliest allowed labels of one sentence (rows: words)."""
    best, back = scores[0] + START, []
    for row in scores[1:]:
        steps = best[:, None] + BARRED
        back.append(steps.argmax(0))
        best = steps.max(0) + row
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def spans(labels):
    out, start = [], None
    for i, label in enumerate([*labels, "O"]):
        if start is not None and (label[0] != "I" or label[2:] != labels[start][2:]):
            out.append((start, i, labels[start][2:]))
            start = None
        if label != "O" and start is None:
            start = i
    return out


def f1(gold, found, types=None):
    """Both: lists of label lists."""
    right = wanted = got = 0
    for g, f in zip(gold, found):
        g = {s for s in spans(g) if not types or s[2] in types}
        f = {s for s in spans(f) if not types or s[2] in types}
        right, wanted, got = right + len(g & f), wanted + len(g), got + len(f)
    return 2 * right / max(1, wanted + got)
