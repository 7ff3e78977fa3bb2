"""What other systems may send and what they are sent, without Odoo.

Arguments may be any JSON value; those of the wrong kind are refused with a reason.
Results are what XML-RPC and JSON both can carry, and mean the same in both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

MAX_INT = 2**31 - 1
"""Largest id or count: XML-RPC has 32-bit integers."""

MAX_TEXT = 1000
"""Longest text accepted as an argument."""

# C0 controls (but not tab and newline), DEL, C1 controls, halves of a surrogate pair,
# and the two code points XML has no way to write.
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Refused(ValueError):
    """An argument cannot be used.

    :param reason: ``integer``, ``text``, ``list``, ``item``, ``partner``
    :param details: what a sentence about it needs, e.g. the argument's ``name``
    """

    def __init__(self, reason: str, **details: Any):
        super().__init__(reason, details)
        self.reason = reason
        self.details = details


class PartnerReference(NamedTuple):
    """How a caller names a customer: by exactly one of these.

    :param id: id of the partner; 0 if named otherwise
    :param source: code of an outside system, with ``ref`` its reference there
    :param ref: reference of the partner, or its reference in ``source``
    """

    id: int = 0
    source: str = ""
    ref: str = ""


def check_integer(value: Any, name: str, low: int = 1, high: int = MAX_INT) -> int:
    """Return ``value`` if it is an integer from ``low`` to ``high``."""
    # A boolean is an integer to Python, not to people.
    if type(value) is not int or not low <= value <= high:
        raise Refused("integer", name=name, low=low, high=high)
    return value


def check_text(value: Any, name: str, longest: int = MAX_TEXT) -> str:
    """Return ``value`` without outer blanks if it is a text that can be searched."""
    if not isinstance(value, str) or len(value) > longest:
        raise Refused("text", name=name, longest=longest)
    value = value.strip()
    if not value or _UNSENDABLE.search(value):
        raise Refused("text", name=name, longest=longest)
    return value


def check_choices(value: Any, name: str, known: Collection[str]) -> list[str]:
    """Return ``value`` if it is a list of codes out of ``known``."""
    if not isinstance(value, list | tuple) or len(value) > MAX_TEXT:
        raise Refused("list", name=name, known=known)
    for item in value:
        if not isinstance(item, str) or item not in known:
            raise Refused("item", name=name, item=shorten(item), known=known)
    return list(dict.fromkeys(value))


def check_partner(value: Any) -> PartnerReference:
    """Return how ``value`` names a customer.

    Accepted: an id, ``{"external": [source, reference]}``, ``{"ref": reference}``.
    """
    if isinstance(value, dict) and len(value) == 1:
        [(key, named)] = value.items()
        if key == "ref":
            return PartnerReference(ref=check_text(named, "partner.ref"))
        if key == "external" and isinstance(named, list | tuple) and len(named) == 2:
            return PartnerReference(
                source=check_text(named[0], "partner.external[0]"),
                ref=check_text(named[1], "partner.external[1]"),
            )
    elif type(value) is int:
        return PartnerReference(id=check_integer(value, "partner"))
    raise Refused("partner")


def shorten(value: Any, longest: int = 60) -> str:
    """Return a short, sendable text that shows ``value`` in a message."""
    text = value if isinstance(value, str) else type(value).__name__
    text = _UNSENDABLE.sub("", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def plain(value: Any) -> Any:
    """Return ``value`` as plain JSON that XML-RPC can carry as well.

    Nothing is left out of a mapping or list as None: the key or item is dropped.
    Dates become ``YYYY-MM-DD``, naive UTC datetimes ``YYYY-MM-DDTHH:MM:SSZ``; texts
    lose the characters that XML has no way to write.

    :raise ValueError: a number that is not finite or, if whole, beyond 32 bits
    :raise TypeError: a value that is none of these
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _UNSENDABLE.sub("", value.replace("\r\n", "\n"))
    if isinstance(value, int | float):
        return _plain_number(value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {
            plain(str(key)): plain(item)
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list | tuple):
        return [plain(item) for item in value if item is not None]
    raise TypeError(f"{type(value).__name__} is not plain")


def _plain_number(value: int | float) -> int | float:
    if isinstance(value, int):
        if not -MAX_INT - 1 <= value <= MAX_INT:
            raise ValueError("an integer beyond 32 bits")
        return int(value)
    if not math.isfinite(value):
        raise ValueError("a number that is not finite")
    return float(value) + 0.0  # minus zero is zero
