"""The columns of a flat purchase row, and the reading of one value.

Amounts are untaxed, in the purchase's currency; dates are days without a time zone.
"""

import datetime
import math
import re
import unicodedata
from typing import Any, NamedTuple

TEXT, REF, NUMBER, ID, FLAG, DAY, BIRTHDAY, CHOICE, EMAIL = range(9)

MAX_TEXT = 255
MAX_AMOUNT = 1e12
MAX_ID = 2**31 - 1
EARLIEST = datetime.date(1900, 1, 1)

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


class Column(NamedTuple):
    """One column: its kind, and for a choice what each spelling means."""

    kind: int
    choices: dict[str, str] | None = None


WHO = {
    "customer_name": Column(TEXT),
    "customer_is_company": Column(FLAG),
    "customer_email": Column(EMAIL),
    "customer_phone": Column(TEXT),
    "customer_street": Column(TEXT),
    "customer_city": Column(TEXT),
    "customer_zip": Column(REF),
    "customer_country": Column(TEXT),
    "customer_region": Column(TEXT),
    "customer_industry": Column(TEXT),
    "customer_birth_date": Column(BIRTHDAY),
    "customer_sex": Column(
        CHOICE,
        {"f": "female", "female": "female", "m": "male", "male": "male"}
        | {"o": "other", "other": "other"},
    ),
    "customer_occupation": Column(TEXT),
    "customer_income_band": Column(TEXT),
}
LINE = {
    "product_code": Column(REF),
    "product_name": Column(TEXT),
    "product_category": Column(TEXT),
    "quantity": Column(NUMBER),
    "list_amount": Column(NUMBER),
    "discount": Column(NUMBER),
    "amount": Column(NUMBER),
    "cost": Column(NUMBER),
}
COLUMNS = {
    "external_ref": Column(REF),
    "line_ref": Column(REF),
    "date": Column(DAY),
    "customer_id": Column(ID),
    "customer_ref": Column(REF),
    "currency": Column(TEXT),
    "channel": Column(TEXT),
    "state": Column(
        CHOICE,
        {"done": "done", "cancelled": "cancelled", "canceled": "cancelled"},
    ),
    **WHO,
    **LINE,
}


class Refused(Exception):
    """A value that cannot be used."""

    def __init__(self, code: str, **params):
        super().__init__(code)
        self.code = code
        self.params = params


def shorten(value: Any) -> str:
    """Return a harmless, short picture of a value for an error message."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "1e38…"
    if isinstance(value, int | float):
        return repr(value)
    if not isinstance(value, str):
        return type(value).__name__
    text = "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(char) in ("Cc", "Cs")
        else char
        for char in value[:61]
    )
    return text if len(text) < 61 else text[:60] + "…"


def _read_text(value: Any, kind: int) -> str | None:
    if kind == REF and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**18:
            raise Refused("huge")
        value = str(value)
    if not isinstance(value, str):
        raise Refused("not_text", value=shorten(value))
    if len(value) > 4 * MAX_TEXT:
        raise Refused("long", limit=MAX_TEXT)
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    value = value.strip()
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise Refused("control", value=shorten(value))
    if len(value) > MAX_TEXT:
        raise Refused("long", limit=MAX_TEXT)
    if kind == EMAIL and value:
        if not _EMAIL.fullmatch(value):
            raise Refused("not_email", value=shorten(value))
        value = value.lower()
    return value or None


def _read_number(value: Any, kind: int) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("not_number", value=shorten(value))
    if kind == ID:
        if not isinstance(value, int) or not 0 < value <= MAX_ID:
            raise Refused("not_id", value=shorten(value))
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("not_finite")
    if abs(value) > MAX_AMOUNT:
        raise Refused("huge")
    # + 0.0 turns a negative zero into zero, or the same row would look changed.
    return float(value) + 0.0


def _read_day(value: Any, kind: int, today: datetime.date) -> datetime.date:
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value.strip()):
        raise Refused("not_date", value=shorten(value))
    try:
        day = datetime.date.fromisoformat(value.strip())
    except ValueError:
        raise Refused("no_such_date", value=shorten(value)) from None
    if day < EARLIEST:
        raise Refused("date_early", value=shorten(value))
    # Where the day starts earlier, tomorrow's purchase has been made already.
    if day > today + datetime.timedelta(days=0 if kind == BIRTHDAY else 1):
        raise Refused("date_late", value=shorten(value))
    return day


def read_value(name: str, value: Any, today: datetime.date) -> Any:
    """Return the usable form of one value, None when it is empty.

    :raises Refused: when it is of the wrong type or out of bounds
    """
    kind, choices = COLUMNS[name]
    if value is None or (isinstance(value, str) and not value.strip(" \t\r\n")):
        return None
    if kind in (TEXT, REF, EMAIL):
        return _read_text(value, kind)
    if kind in (NUMBER, ID):
        return _read_number(value, kind)
    if kind in (DAY, BIRTHDAY):
        return _read_day(value, kind, today)
    if kind == FLAG:
        if not isinstance(value, bool):
            raise Refused("not_flag", value=shorten(value))
        return value
    choice = choices.get(value.strip().lower()) if isinstance(value, str) else None
    if choice is None:
        raise Refused(
            "not_choice",
            value=shorten(value),
            choices=", ".join(sorted(set(choices.values()))),
        )
    return choice
