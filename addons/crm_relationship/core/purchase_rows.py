"""Flat purchase rows: what they say together.

A row is a dict with the columns of ``purchase_values.COLUMNS``; one row is one line of
a purchase, and rows with the same ``external_ref`` are one purchase. Nothing here knows
a database: :func:`read_rows` takes rows as a stranger may send them and gives back
purchases, what was said about their customers, and the errors.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from .purchase_values import COLUMNS, LINE, WHO, Refused, read_value, shorten

# One value a purchase: two rows that disagree cannot both be right.
_ONE_PER_PURCHASE = ("date", "customer_id", "customer_ref", "currency", "channel")


class RowError(NamedTuple):
    """Why a row cannot be used; ``code`` and ``params`` make up the sentence."""

    row: int
    field: str
    code: str
    params: dict[str, Any]


class CustomerKey(NamedTuple):
    """How a row names its customer: ``kind`` is ``id``, ``ref`` or ``email``."""

    kind: str
    value: int | str


@dataclass(slots=True)
class Line:
    """One line of a purchase; ``values`` holds the columns that were given.

    A column given empty is there as None and clears what is stored; a column left
    out keeps it.
    """

    row: int
    state: str
    values: dict[str, Any]


@dataclass(slots=True)
class Purchase:
    """The rows of one purchase, taken together."""

    ref: str
    row: int
    head: dict[str, Any] = field(default_factory=dict)
    head_rows: dict[str, int] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    emails: dict[str, int] = field(default_factory=dict)
    cancel_all: bool = False
    bad: bool = False

    @property
    def customer(self) -> CustomerKey | None:
        """Who bought: the reference, else the number, else the e-mail address."""
        for kind in ("ref", "id"):
            if value := self.head.get(f"customer_{kind}"):
                return CustomerKey(kind, value)
        return CustomerKey("email", next(iter(self.emails))) if self.emails else None


@dataclass(slots=True)
class Customer:
    """What the rows say about one customer; of two values the later purchase's wins."""

    row: int
    values: dict[str, Any] = field(default_factory=dict)
    partner_id: int | None = None
    seen: dict[str, datetime.date] = field(default_factory=dict)

    def learn(self, day: datetime.date, values: dict[str, Any]) -> None:
        """Take what a purchase of that day says, unless a later one said it."""
        for name, value in values.items():
            if value is not None and day >= self.seen.get(name, datetime.date.min):
                self.values[name] = value
                self.seen[name] = day


@dataclass(slots=True)
class Batch:
    """Everything read from one call."""

    purchases: dict[str, Purchase] = field(default_factory=dict)
    customers: dict[CustomerKey, Customer] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    unreadable: int = 0
    who: list[tuple[Purchase, int, dict[str, Any]]] = field(default_factory=list)

    def good(self) -> Iterable[Purchase]:
        """Return the purchases nothing is wrong with so far."""
        return (purchase for purchase in self.purchases.values() if not purchase.bad)

    def learn(self) -> None:
        """Gather what good purchases say about their customers.

        To be called when all bad ones are known.
        """
        for purchase, _row, who in self.who:
            if not purchase.bad and purchase.customer in self.customers:
                customer = self.customers[purchase.customer]
                customer.learn(purchase.head["date"], who)

    def refuse(self, purchase: Purchase, name: str, code: str, row: int = 0, **params):
        """Note an error and take the whole purchase out: half of it would be wrong."""
        purchase.bad = True
        row = row or purchase.head_rows.get(name) or purchase.row
        self.errors.append(RowError(row, name, code, params))


def _read_row(row: int, raw: Any, today: datetime.date, batch: Batch) -> dict | None:
    """Return the row's values, None when something in it cannot be used."""
    if not isinstance(raw, dict):
        batch.errors.append(RowError(row, "", "not_a_row", {"value": shorten(raw)}))
        return None
    known = len(batch.errors)
    values = {}
    for name, value in raw.items():
        if not isinstance(name, str) or name not in COLUMNS:
            # One is enough: a row of a thousand strange columns is one mistake.
            if all(e.code != "unknown_column" for e in batch.errors[known:]):
                params = {"value": shorten(name)}
                batch.errors.append(RowError(row, "", "unknown_column", params))
            continue
        try:
            values[name] = read_value(name, value, today)
        except Refused as refused:
            error = RowError(row, name, refused.code, refused.params)
            batch.errors.append(error)
    needed = ["external_ref", "date"]
    if values.get("state") != "cancelled":
        needed.append("amount")
    reported = {error.field for error in batch.errors[known:]}
    for name in needed:
        if values.get(name) is None and name not in reported:
            batch.errors.append(RowError(row, name, "missing", {}))
    return values if len(batch.errors) == known else None


def _add_head(batch: Batch, purchase: Purchase, row: int, values: dict) -> None:
    for name in _ONE_PER_PURCHASE:
        if name not in values or (values[name] is None and name != "channel"):
            continue
        value = values[name]
        if purchase.head.get(name) is None:
            purchase.head[name] = value
            purchase.head_rows[name] = row
        elif value is not None and value != purchase.head[name]:
            batch.refuse(
                purchase,
                name,
                "differs",
                row=row,
                value=str(value),
                other=str(purchase.head[name]),
                other_row=purchase.head_rows[name],
            )
    if email := values.get("customer_email"):
        purchase.emails.setdefault(email, row)


def _check_email(batch: Batch, purchase: Purchase) -> None:
    """Where the address is all that names the customer, there can be only one."""
    if purchase.customer.kind != "email" or len(purchase.emails) == 1:
        return
    (other, other_row), (value, row), *_more = purchase.emails.items()
    batch.refuse(
        purchase,
        "customer_email",
        "differs",
        row=row,
        value=value,
        other=other,
        other_row=other_row,
    )


def _add_line(batch: Batch, purchase: Purchase, row: int, values: dict) -> None:
    state = values.get("state") or "done"
    given = {name: values[name] for name in LINE if name in values}
    if state == "cancelled":
        # Who cancels seldom repeats the figures: empty cells must not wipe them.
        given = {name: value for name, value in given.items() if value is not None}
        if not values.get("line_ref"):
            purchase.cancel_all = True
    ref = values.get("line_ref") or "1"
    line = purchase.lines.get(ref)
    if line is None:
        purchase.lines[ref] = Line(row, state, given)
    elif (line.state, line.values) != (state, given):
        batch.refuse(
            purchase, "line_ref", "line_twice", row=row, value=ref, other_row=line.row
        )


def _mark_bad(batch: Batch, row: int, raw: Any, today: datetime.date) -> None:
    """Take out the purchase of a row that cannot be used, if it can be told."""
    try:
        ref = read_value("external_ref", raw["external_ref"], today)
    except (Refused, TypeError, KeyError):
        ref = None
    if ref is None:
        batch.unreadable += 1
    else:
        batch.purchases.setdefault(ref, Purchase(ref, row)).bad = True


def read_rows(
    rows: list, today: datetime.date, numbers: Iterable[int] | None = None
) -> Batch:
    """Read flat rows into purchases and customers.

    :param rows: what a caller sent; every value may be hostile
    :param today: the company's day; purchases may lie one day after it, not more
    :param numbers: what errors call the rows, if not 1, 2, 3…
    """
    batch = Batch()
    for row, raw in zip(numbers or count(1), rows, strict=False):
        values = _read_row(row, raw, today, batch)
        if values is None:
            _mark_bad(batch, row, raw, today)
            continue
        ref = values["external_ref"]
        purchase = batch.purchases.get(ref)
        if purchase is None:
            purchase = batch.purchases[ref] = Purchase(ref, row)
        _add_head(batch, purchase, row, values)
        _add_line(batch, purchase, row, values)
        who = {name: values[name] for name in WHO if values.get(name) is not None}
        if who:
            batch.who.append((purchase, row, who))
    _read_customers(batch)
    return batch


def _read_customers(batch: Batch) -> None:
    """Gather the customers of good purchases, and the contacts they are to be."""
    for purchase in batch.good():
        if (key := purchase.customer) is None:
            continue
        _check_email(batch, purchase)
        customer = batch.customers.get(key)
        if customer is None:
            customer = batch.customers[key] = Customer(purchase.row)
        partner_id = purchase.head.get("customer_id")
        if partner_id and key.kind == "ref":
            if customer.partner_id not in (None, partner_id):
                batch.refuse(
                    purchase,
                    "customer_id",
                    "ref_two_customers",
                    ref=key.value,
                    value=partner_id,
                    other=customer.partner_id,
                )
            customer.partner_id = customer.partner_id or partner_id
