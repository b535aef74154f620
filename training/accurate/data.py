"""Corpora in CoNLL form to packs of word pieces: what the encoder reads, in training and in measuring alike.

`pieces.rs`, `writing.rs` and `window.rs` in `crates/model/src/encoder/` do the same in Rust, with tests on the same cases."""
import random
import unicodedata

TYPES = ("PER", "ORG", "LOC", "MISC")
LABELS = ["O"] + [f"{bi}-{t}" for t in TYPES for bi in "BI"]
LABEL_ID = {label: i for i, label in enumerate(LABELS)}

PAD, UNK, CLS, SEP = 0, 100, 101, 102
# A window holds this many pieces, [CLS] and the closing [SEP] among them.
WINDOW = 128
# A word gives at most this many pieces; the rest of it says nothing new about its kind.
WORD_PIECES = 12

# Which corpora there are: share of its packs drawn in a round, head (0: the one used when tagging),
# and whether a word without a label may still be MISC (the corpus did not mark nationalities or the like).
CORPORA = {
    "conll2003.train": (1.0, 0, False),
    "worldwide.train": (0.75, 0, False),
    "uner-ewt.train": (0.5, 1, True),
    "btc.all": (0.25, 2, True),
    "wnut17.train": (0.4, 3, True),
    "re3d.train": (1.0, 4, True),
    "crossner-politics.train": (1.0, 5, False),
}


def read(path):
    """Documents of sentences of (words, labels); without -DOCSTART-, every 20 sentences make a document."""
    docs, doc, words, labels, marked = [], [], [], [], False
    with open(path, encoding="utf-8") as lines:
        for line in [*lines, ""]:
            line = line.rstrip("\n")
            if line.startswith("-DOCSTART-"):
                marked = True
                if doc:
                    docs.append(doc)
                doc, words, labels = [], [], []
            elif not line.strip():
                if words:
                    doc.append((words, labels))
                words, labels = [], []
                if not marked and len(doc) == 20:
                    docs.append(doc)
                    doc = []
            else:
                cols = line.split("\t")
                words.append(cols[0])
                labels.append(cols[-1])
    if doc:
        docs.append(doc)
    return docs


# --- word pieces -----------------------------------------------------------------------------------------------------


def is_punctuation(char):
    code = ord(char)
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return True
    return unicodedata.category(char).startswith("P")


def is_ideograph(char):
    code = ord(char)
    return 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x2FA1F


def chunks(word):
    """Runs of letters and digits, each other sign alone: the uncased reading looks into words no further than this."""
    out, run = [], ""
    for char in word:
        if is_punctuation(char) or is_ideograph(char):
            if run:
                out.append(run)
            out.append(char)
            run = ""
        else:
            run += char
    if run:
        out.append(run)
    return out


SHAPES = ("other", "lower", "title", "single", "upper", "camel", "mixed", "digit", "alnum")


def shape(chunk):
    """How a run is written, which the uncased pieces do not tell."""
    letters = [c for c in chunk if c.isalpha()]
    digits = any(c.isdigit() for c in chunk)
    upper = sum(c.isupper() for c in letters)
    if not letters:
        return "digit" if digits else "other"
    if digits:
        return "alnum"
    if not any(c.isupper() or c.islower() for c in letters):
        return "other"
    if upper == 0:
        return "lower"
    if upper == len(letters):
        return "single" if upper == 1 else "upper"
    if letters[0].isupper():
        return "title" if upper == 1 else "camel"
    return "mixed"


class Pieces:
    """The uncased WordPiece vocabulary."""

    open, close, is_cased = CLS, SEP, False

    def __init__(self, path):
        with open(path, encoding="utf-8") as lines:
            self.ids = {line.rstrip("\n"): i for i, line in enumerate(lines)}
        self.cache = {}

    def word(self, word):
        """[(piece id, shape id * 2 + whether it opens the word)]"""
        if word not in self.cache:
            out = []
            for chunk in chunks(word):
                kind = SHAPES.index(shape(chunk))
                plain = "".join(c for c in unicodedata.normalize("NFD", chunk.lower()) if unicodedata.category(c)[0] != "M")
                out += [(piece, kind * 2) for piece in self.split(plain)]
                if len(out) >= WORD_PIECES:
                    break
            out = out[:WORD_PIECES] or [(UNK, 0)]
            self.cache[word] = [(out[0][0], out[0][1] + 1)] + out[1:]
        return self.cache[word]

    def split(self, chunk):
        """The longest pieces from the left; a chunk that cannot be covered is unknown as a whole."""
        if len(chunk) > 100:
            return [UNK]
        out, start = [], 0
        while start < len(chunk):
            end = len(chunk)
            while end > start:
                piece = chunk[start:end] if start == 0 else "##" + chunk[start:end]
                if piece in self.ids:
                    break
                end -= 1
            if end == start:
                return [UNK]
            out.append(self.ids[piece])
            start = end
        return out


# --- how a word is written elsewhere in its document -----------------------------------------------------------------


def starts_upper(word):
    for char in word:
        if char.isalpha():
            return char.isupper()
    return False


def is_headline(words):
    """Most words begin with a capital, so a capital carries no information."""
    long = [w for w in words if sum(c.isalpha() for c in w) >= 4]
    return len(long) >= 2 and 10 * sum(starts_upper(w) for w in long) > 7 * len(long)


def elsewhere(doc):
    """For each word of each sentence: 0 (not seen), 1 (lower), 2 (capitalised), 3 (upper): how it is mostly written
    where the writing tells something, that is inside ordinary sentences; 4 more in a headline."""
    seen = {}
    headline = [is_headline(words) for words in doc]
    for words, head in zip(doc, headline):
        if head:
            continue
        for word in words[1:]:
            kind = shape(word)
            slot = {"lower": 0, "mixed": 0, "title": 1, "camel": 1, "single": 1, "upper": 2}.get(kind)
            if slot is not None:
                seen.setdefault(word.lower(), [0, 0, 0])[slot] += 1
    out = []
    for words, head in zip(doc, headline):
        row = []
        for word in words:
            counts = seen.get(word.lower())
            row.append((0 if counts is None else 1 + counts.index(max(counts))) + 4 * head)
        out.append(row)
    return out


# --- packs -----------------------------------------------------------------------------------------------------------


class Pack:
    """Sentences of one document in one window: pieces, their features, and where each word begins."""

    __slots__ = ("ids", "shapes", "others", "firsts", "labels", "places", "corpus", "close")

    def __init__(self, corpus, pieces):
        self.ids, self.shapes, self.others, self.firsts, self.labels, self.places = [pieces.open], [0], [0], [], [], []
        self.corpus, self.close = corpus, pieces.close

    def close_sentence(self):
        self.ids.append(self.close)
        self.shapes.append(0)
        self.others.append(0)


def packs(doc, pieces, corpus="", limit=WINDOW, first=None):
    """Fills windows with whole sentences; one that is longer than a window is cut (training; Rust overlaps them)."""
    out, pack = [], Pack(corpus, pieces)
    room = first or limit
    writing = [[0] * len(words) for words, _ in doc] if pieces.is_cased else elsewhere([w for w, _ in doc])
    for s, ((words, labels), others) in enumerate(zip(doc, writing)):
        size = sum(len(pieces.word(w)) for w in words) + 1
        if pack.firsts and len(pack.ids) + size > room:
            out.append(pack)
            pack, room = Pack(corpus, pieces), limit
        for w, (word, label, other) in enumerate(zip(words, labels, others)):
            parts = pieces.word(word)
            if len(pack.ids) + len(parts) + 1 > limit:
                pack.close_sentence()
                out.append(pack)
                pack, room = Pack(corpus, pieces), limit
            pack.firsts.append(len(pack.ids))
            pack.labels.append(LABEL_ID.get(label, 0))
            pack.places.append((s, w))
            for piece, kind in parts:
                pack.ids.append(piece)
                pack.shapes.append(kind)
                pack.others.append(other)
        pack.close_sentence()
    if pack.firsts:
        out.append(pack)
    return out


def rewritten(doc, rng):
    """Sometimes a sentence as a headline or a careless writer would write it."""
    out = []
    for words, labels in doc:
        draw = rng.random()
        if draw < 0.03:
            words = [w.upper() for w in words]
        elif draw < 0.05:
            words = [w.lower() for w in words]
        elif draw < 0.06:
            words = [w[:1].upper() + w[1:] for w in words]
        out.append((words, labels))
    return out


def one_round(corpora, pieces, rng, known=CORPORA):
    """The packs of a round, drawn again: shares, window borders and rewritings differ from round to round."""
    out = []
    for name, docs in corpora.items():
        share = known[name][0]
        for doc in docs:
            for pack in packs(rewritten(doc, rng), pieces, name, first=rng.randrange(40, WINDOW + 1)):
                bare = not any(pack.labels)
                if rng.random() < share * (0.5 if bare else 1.0):
                    out.append(pack)
    return out


def batches(all_packs, budget, rng):
    """Packs of about one length together, at most `budget` pieces with their padding."""
    order = sorted(all_packs, key=lambda p: len(p.ids) + rng.random() * 8)
    out, batch = [], []
    for pack in order:
        if batch and (len(batch) + 1) * max(len(pack.ids), len(batch[-1].ids)) > budget:
            out.append(batch)
            batch = []
        batch.append(pack)
    if batch:
        out.append(batch)
    rng.shuffle(out)
    return out
