#!/usr/bin/env python3
"""Writes what languages in Latin letters are identified by: the alphabet and the 300 most frequent trigrams of each.

  cargo fetch
  python3 training/latin.py ~/.cargo/registry/src/*/whatlang-0.18.0 crates/text/src

The data are those of the whatlang crate (MIT). A test of crates/text compares the results with those of the crate.
"""
import pathlib, re, sys

HEADER = """\
# Languages in Latin letters: ISO 639-3 code, alphabet, the most frequent trigrams in order (_ is the edge of a word).
# Source: {source}. Licence: MIT, Copyright (c) 2017 Serhii Potapov. Made by training/latin.py.
"""


def main():
    source, folder = map(pathlib.Path, sys.argv[1:])
    profiles = (source / "src/trigrams/profiles.rs").read_text()
    latin = profiles[profiles.index("LATIN_LANGS"):profiles.index("CYRILLIC_LANGS")]
    alphabets = dict(re.findall(r'const ([A-Z]{3}): &str =\s+"([^"]*)"', (source / "src/alphabets/latin.rs").read_text()))
    lines = []
    for block in latin.split("Lang::")[1:]:
        trigrams = ["".join(found) for found in re.findall(r"Trigram\('(.)', '(.)', '(.)'\)", block)]
        assert len(trigrams) == 300 and not any("_" in trigram for trigram in trigrams)
        trigrams = [trigram.replace(" ", "_") for trigram in trigrams]
        lines.append(" ".join([block[:3].lower(), alphabets.pop(block[:3].upper()), *trigrams]))
    assert not alphabets
    (folder / "latin.txt").write_text(HEADER.format(source=source.name) + "\n".join(lines) + "\n")


main()
