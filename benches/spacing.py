"""Joins the tokens of a corpus to running text: as English is spaced, or as the corpus's own language is written.

A corpus cuts « l' Italie », „ Haus “ and "de o Brasil" into tokens. Joined by the rules of English they give text that nobody writes;
`written` gives back "l'Italie", „Haus“ and "do Brasil".
"""

CLOSE = set(". , ; : ! ? ) ] } % 's 're 've 'll 'd 'm n't ''".split())
OPEN = set("( [ { $ ``".split())

CLOSING, OPENING = set(". , ; : ! ? ) ] } … ...".split()), set("( [ { ¿ ¡ „ ‚".split())
ELISIONS = {"fr", "it", "pt", "es"}
APOSTROPHES = ("'", "’")
# What French keeps apart by a no-break space.
APART = {"fr": set("; : ! ? » %".split())}
NO_BREAK = "\u00a0"

CONTRACTIONS = {
    "pt": {
        **{("de", word): "d" + word for word in "o a os as ele ela eles elas este esta estes estas esse essa esses essas aquele aquela isso isto".split()},
        **{("em", word): "n" + word for word in "o a os as ele ela eles elas este esta estes estas esse essa esses essas aquele aquela isso isto".split()},
        **{("por", word): "pel" + word for word in "o a os as".split()},
        **{("a", "o"): "ao", ("a", "os"): "aos", ("a", "a"): "à", ("a", "as"): "às"},
    }
}


def english(sentence):
    """Each token of a sentence with the space before it and its label."""
    within_quotes, joined = False, True
    for token, label in sentence:
        space = not joined and token not in CLOSE
        joined = token in OPEN
        if token == '"':
            space = space and not within_quotes
            joined = within_quotes = not within_quotes
        yield " " if space else "", token, label


def contracted(sentence, language):
    """The tokens of a sentence with those of a contraction made one, unless a name begins within it."""
    contractions, found = CONTRACTIONS.get(language, {}), []
    for token, label in sentence:
        if found and not label.startswith("B-"):
            before, first = found[-1]
            whole = contractions.get((before.lower(), token.lower()))
            if whole:
                found[-1] = (whole.capitalize() if before[0].isupper() else whole, first)
                continue
        found.append((token, label))
    return found


def written(sentence, language):
    """The same as `english`, by the rules of a language."""
    apart = APART.get(language, set())
    # »ja« in German texts, « oui » elsewhere; “ closes what „ opens.
    first = next((token for token, _ in sentence if token in "«»"), "«")
    inward = language in ("de", "da") and first == "»"
    opening = OPENING | ({"»", "›"} if inward else {"«", "‹"}) | (set() if language == "de" else {"“", "‘"})
    closing = CLOSING | ({"«", "‹"} if inward else {"»", "›"}) | {"”"} | ({"“", "‘"} if language == "de" else set())
    toggled, gap = set(), ""
    for token, label in contracted(sentence, language):
        if token in ('"', "'") or token == "”" and language == "sv":
            space, after = ("", " ") if token in toggled else (gap, "")
            toggled ^= {token}
        elif token in apart:
            space, after = NO_BREAK, " "
        elif token == "/":
            space, after = "", ""
        elif token == "«" and language == "fr":
            space, after = gap, NO_BREAK
        elif language in ELISIONS and len(token) > 1 and token.endswith(APOSTROPHES) and token.lower() != "po'":
            space, after = gap, ""
        else:
            space, after = "" if token in closing else gap, "" if token in opening else " "
        yield space, token, label
        gap = after
