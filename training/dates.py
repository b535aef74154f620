#!/usr/bin/env python3
"""Writes what dates are read by: the names of months and weekdays in every language of CLDR, the words between them, and in
which order a country writes day and month.

  pip install Babel==2.19.0
  python3 training/dates.py crates/feed/src/dates

The data are those of the Unicode Common Locale Data Repository (Unicode-3.0), as Babel (BSD-3-Clause) carries them.
"""
import collections, pathlib, re, sys, unicodedata

import babel
from babel import Locale, localedata
from babel.core import get_cldr_version, get_global

HEADER = """\
# {what}
# Source: Unicode CLDR {cldr}, read from Babel {babel}. Licence: Unicode-3.0 (LICENSE.unicode). Made by:
#   python3 training/dates.py crates/feed/src/dates
"""

# Abbreviations of C libraries and of earlier versions of CLDR, which software still writes.
EARLIER = [("de", "month", 3, "mrz"), ("en", "month", 9, "sept"), ("lt", "month", 8, "rgp"), ("lt", "month", 9, "rgs"),
           ("lt", "month", 12, "grd"), ("en", "weekday", 2, "tues"), ("en", "weekday", 4, "thur"), ("en", "weekday", 4, "thurs"),
           ("da", "weekday", 1, "man"), ("nb", "weekday", 1, "man")]
# The share of a language's countries that must agree on an order before the language alone says it.
AGREED = 0.8
QUOTED = re.compile(r"'([^']*)'")


def locales():
    for name in sorted(localedata.locale_identifiers()):
        if name != "root":
            yield Locale.parse(name)


def words(text):
    """A name as the reader sees it: lower case, normal form C, its words parted by one blank, without marks."""
    # Lower case of İ is i with a dot, which nobody else writes.
    text = unicodedata.normalize("NFC", text.lower()).replace("\u0307", "")
    joined = lambda c: unicodedata.category(c)[0] in "LM" or c in "\u200c\u200d"
    return " ".join("".join(c if joined(c) else " " for c in text).split())


def patterns(locale):
    kinds = [locale.date_formats[width].pattern for width in ("full", "long", "medium", "short")]
    # "Week 35 of 2024" is not a date.
    skeletons = [pattern for key, pattern in locale.datetime_skeletons.items() if "w" not in key.lower()]
    joined = [*locale.datetime_formats.values(), *skeletons]
    return kinds + [str(getattr(pattern, "pattern", pattern)) for pattern in joined]


def names(locale):
    """The names of months and weekdays; months also as patterns glue letters to them (`d בMMMM`, `MMMM'ren'`)."""
    spread = lambda pattern: QUOTED.sub(lambda found: re.sub("[A-Za-z]", lambda c: chr(ord(c[0]) + 0xE000), found[1]), pattern)
    clean = lambda text: "".join(chr(ord(c) - 0xE000) if 0xE000 <= ord(c) < 0xE100 else c for c in text)
    glue = {("", "")}
    letters = r"[^\W\d_A-Za-z]|[\uE000-\uE0FF]"
    for pattern in patterns(locale):
        for found in re.finditer(rf"((?:{letters})*)(?:MMMM?|LLLL?)((?:{letters})*)", spread(pattern)):
            glue.add((clean(found[1]), clean(found[2])))
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for month, name in locale.months[context][width].items():
                for before, after in glue:
                    yield "month", month, before + name + after
        for width in ("wide", "abbreviated", "short"):
            for day, name in locale.days[context][width].items():
                yield "weekday", day + 1, name


def between(locale):
    """Words that stand between the parts of a date and its time."""
    for pattern in patterns(locale):
        for literal in QUOTED.findall(pattern):
            yield from words(literal).split()
        for literal in re.findall(r"[^\W\d_A-Za-z]+", QUOTED.sub(" ", pattern)):
            yield from words(literal).split()


def order(locale):
    """`D` or `M` where day or month comes first in numbers that end in the year, `Y` where the year is first with two digits,
    `?` where both are usual, nothing where the year is first in full."""
    def first(pattern):
        parts = re.sub(r"[^dMy]", "", QUOTED.sub("", pattern))
        parts = re.sub(r"(.)\1*", r"\1", parts)
        return {"dMy": "D", "Mdy": "M"}.get(parts)
    short, long = locale.date_formats["short"].pattern, locale.date_formats["long"].pattern
    if re.match(r"yy\b", short):
        return "Y"
    numeric = {first(short)} - {None}
    skeleton = locale.datetime_skeletons.get("yMd")
    if skeleton is not None:
        numeric |= {first(skeleton.pattern)} - {None}
    if not numeric:
        # Nobody who writes the day first in words writes it second in numbers.
        return "D" if first(long) == "D" else ""
    if len(numeric) > 1 or numeric == {"D"} and first(long) == "M":
        return "?"
    return numeric.pop()


def is_official(language, country):
    status = get_global("territory_languages").get(country, {}).get(language, {}).get("official_status")
    return status in ("official", "de_facto_official")


def orders():
    """The order by language and country, by language, and by country (`und-GB`)."""
    by_language, by_country, said = collections.defaultdict(list), collections.defaultdict(set), {}
    for locale in sorted(locales(), key=lambda locale: locale.script is not None):
        tag = f"{locale.language}-{locale.territory}"
        if locale.territory and not locale.variant and tag not in said:
            said[tag] = order(locale)
            by_language[locale.language].append(order(locale))
            if is_official(locale.language, locale.territory):
                by_country[locale.territory].add(order(locale))
    for country, found in by_country.items():
        said[f"und-{country}"] = (found - {""}).pop() if len(found - {""}) == 1 else "?"
    for locale in locales():
        if not locale.territory and not locale.script and not locale.variant:
            own, all_ = order(locale), by_language[locale.language]
            said[locale.language] = own if not all_ or all_.count(own) >= AGREED * len(all_) else "?"
    return said


def is_complete(language):
    """Whether CLDR's data of a language are more than a beginning: they name nearly all countries and many languages."""
    data = localedata.load(language)
    return len(data.get("territories", ())) >= 250 and len(data.get("languages", ())) >= 200


def write(path, what, lines):
    head = HEADER.format(what="\n# ".join(what), cldr=get_cldr_version(), babel=babel.__version__)
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def main():
    target = pathlib.Path(sys.argv[1])
    fillers = {word for locale in locales() for word in between(locale)}
    meanings = collections.defaultdict(set)
    for locale in locales():
        for kind, number, name in names(locale):
            if not any(c.isdigit() for c in name):
                # "de gener", "d’abril": "de" stands between day and month.
                first, _, rest = words(name).partition(" ")
                name = rest if rest and first in ("d", "de") else words(name)
                meanings[name, kind, number].add(locale.language)
    for language, kind, number, name in EARLIER:
        meanings[name, kind, number].add(language)
    lines = collections.defaultdict(list)
    for (name, kind, number), languages in sorted(meanings.items()):
        if name:
            lines[kind].append(f"{name}\t{number}\t{' '.join(sorted(languages))}")
    for kind, what in [("month", "1 is January"), ("weekday", "1 is Monday")]:
        write(target / f"{kind}s.txt", [f"Names of {kind}s: the name, its number ({what}), the languages that have it."], lines[kind])
    zeros = [chr(c) for c in range(0x80, 0x110000) if unicodedata.category(chr(c)) == "Nd" and unicodedata.digit(chr(c)) == 0]
    complete = sorted({locale.language for locale in locales() if is_complete(locale.language)})
    by_order = collections.defaultdict(list)
    for tag, found in sorted(orders().items()):
        if found:
            by_order[found].append(tag)
    write(target / "customs.txt", [
        "Customs of writing dates. `D`, `M`: where the day, the month comes first in numbers, `Y` the year with two digits, `?` now",
        "one, now the other. `complete`: languages whose names count without a sign of the language. `words`: what stands between the",
        "parts of a date. `zeros`: the zero of every script's decimal digits."],
        [f"{key}\t{' '.join(value)}" for key, value in
         [*sorted(by_order.items()), ("complete", complete), ("words", sorted(fillers)), ("zeros", zeros)]])


main()
