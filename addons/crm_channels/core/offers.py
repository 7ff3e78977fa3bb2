"""Do the texts of an offer say what the offer is? Plain rules over plain text.

An offer is said on many touch points. Each text must contain every mandatory fact, and
must not contain another price or percentage than the offer's: one company image.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_NUMBER = r"\d+(?:[.,'\u2019 ]\d{3})*(?:[.,]\d+)?"
_PERCENT = re.compile(rf"({_NUMBER})\s*(?:%|％|percent)")


@dataclass(frozen=True)
class Fact:
    """Something every text of an offer must say, in one of several forms."""

    code: str
    label: str
    forms: tuple[str, ...]


def plain(text: str) -> str:
    """Return what a reader sees: no tags, one kind of space, no upper case.

    Full-width digits and letters count as the usual ones (Unicode NFKC).
    """
    seen = html.unescape(_TAG.sub(" ", text or ""))
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", seen)).strip().casefold()


def missing(text: str, facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts a text does not say, in their order.

    A form that begins or ends with a digit must not be part of a longer number: 100
    is not said by 1,100.00.
    """
    seen = plain(text)
    return [fact for fact in facts if not any(_says(seen, f) for f in fact.forms)]


def _says(seen: str, form: str) -> bool:
    sought = plain(form)
    if not sought:
        return False
    before = r"(?<![\d.,])" if sought[0].isdigit() else ""
    after = r"(?!\d|[.,]\d)" if sought[-1].isdigit() else ""
    return bool(re.search(before + re.escape(sought) + after, seen))


def other_percentages(text: str, offered: Collection[float]) -> list[str]:
    """Return percentages a text names that are not among those offered."""
    found = dict.fromkeys(match[1] for match in _PERCENT.finditer(plain(text)))
    return [f"{number}%" for number in found if not _is_among(number, offered)]


def other_amounts(text: str, marks: Collection[str], offered: Collection[float]):
    """Return amounts of money a text names that are not among those offered.

    :param marks: signs and codes of the currency, e.g. ("$", "USD")
    :return: as written, without the mark
    """
    sought = "|".join(re.escape(plain(mark)) for mark in marks if mark)
    if not sought:
        return []
    pattern = re.compile(
        rf"(?:{sought})\s*({_NUMBER})|(?<![\d.,])({_NUMBER})\s*(?:{sought})"
    )
    found = [match[1] or match[2] for match in pattern.finditer(plain(text))]
    return [n for n in dict.fromkeys(found) if not _is_among(n, offered)]


def _is_among(written: str, offered: Collection[float]) -> bool:
    """A number may be written with a comma or a point as either separator."""
    return any(
        abs(reading - value) < 0.005
        for reading in _readings(written)
        for value in offered
    )


def _readings(written: str) -> set[float]:
    digits = re.sub(r"['\u2019 ]", "", written)
    readings = set()
    for thousands, decimal in ((",", "."), (".", ",")):
        candidate = digits.replace(thousands, "").replace(decimal, ".")
        if candidate.count(".") <= 1:
            readings.add(float(candidate))
    return readings
