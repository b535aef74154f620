#!/usr/bin/env python3
"""Writes the names of countries in each language from Unicode CLDR.

  pip install babel==2.19.0
  python3 training/countries.py crates/model/src/data/countries.txt crates/text/languages

A line has the published English name, as in the first file, and the names in the language: the usual one, then others. Lines that
are already there keep what was added to them by hand: further names, and words for the people of the country. Comments are kept too.
"""
import pathlib
import sys

from babel import Locale

# English names here that CLDR does not use.
CODES = {"United States": "US", "United Kingdom": "GB", "Turkey": "TR", "Burma": "MM", "Myanmar": "MM", "Ivory Coast": "CI", "Hong Kong": "HK",
         "Democratic Republic of Congo": "CD", "Congo": "CG", "Macedonia": "MK", "North Macedonia": "MK", "Czech Republic": "CZ", "Palestine": "PS",
         "Swaziland": "SZ", "East Timor": "TL", "Cape Verde": "CV", "Macau": "MO", "Trinidad and Tobago": "TT", "Saint Lucia": "LC",
         "Bosnia and Herzegovina": "BA", "Antigua and Barbuda": "AG", "Sao Tome and Principe": "ST", "Vatican": "VA"}

HEAD = "# Published English name | names in this language | words for its people and things (training/countries.py)"


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    english = [line.split("|")[0].strip() for line in source.read_text(encoding="utf-8").splitlines() if line.strip() and line[0] != "#"]
    codes = {name: code for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()} | CODES
    for folder in sorted(path for path in target.iterdir() if path.name != "en"):
        locale = Locale("no" if folder.name == "nb" else folder.name)
        path = folder / "countries.txt"
        written = path.read_text(encoding="utf-8").splitlines() if path.exists() else [HEAD]
        known = dict(line.split("|", 1) for line in written if "|" in line and line[0] != "#")
        lines = [line for line in written if line.startswith("#")]
        for name in english:
            code = codes.get(name)
            if code is None:
                continue
            lines.append(f"{name}|{known.get(name, locale.territories[code] + '|')}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(folder.name, len(lines), file=sys.stderr)


main()
