"""What an import changes: purchases as given beside purchases as stored.

Plain dicts in, plain dicts out. A purchase that comes out as it went in is left alone,
so that the same rows a second time write nothing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# A dict of these is a stored header; amounts in the purchase's currency except
# amount_company. currency_rate is company currency per unit of the purchase's.
HEAD = (
    "date",
    "partner_id",
    "currency_id",
    "channel_id",
    "state",
    "amount_untaxed",
    "currency_rate",
    "amount_company",
)
LINE = (
    "state",
    "product_id",
    "product_code",
    "product_name",
    "product_category",
    "category_id",
    "quantity",
    "list_amount",
    "discount_amount",
    "amount_untaxed",
    "cost",
    "has_cost",
)
_MONEY = ("list_amount", "discount_amount", "amount_untaxed", "cost")

Round = Callable[[float], float]


class StoredLine(NamedTuple):
    """A line in the database; ``values`` has the keys of ``LINE``."""

    id: int
    values: dict[str, Any]


@dataclass(slots=True)
class StoredPurchase:
    """A purchase in the database; ``values`` has the keys of ``HEAD``."""

    id: int
    values: dict[str, Any]
    lines: dict[str, StoredLine] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A purchase as it will be once the import is through."""

    ref: str
    stored: StoredPurchase | None
    head: dict[str, Any]
    lines: dict[str, dict[str, Any]]

    @property
    def new_lines(self) -> dict[str, dict[str, Any]]:
        """Lines to be added, by their reference."""
        old = self.stored.lines if self.stored else {}
        return {ref: values for ref, values in self.lines.items() if ref not in old}

    @property
    def changed_lines(self) -> dict[int, dict[str, Any]]:
        """Stored lines that differ, by their id."""
        old = self.stored.lines if self.stored else {}
        return {
            old[ref].id: values
            for ref, values in self.lines.items()
            if ref in old and old[ref].values != values
        }

    @property
    def keeps_rate(self) -> bool:
        """A rate is looked up once: history is not valued again at newer rates."""
        return (
            self.stored is not None
            and bool(self.stored.values["currency_rate"])
            and self.stored.values["date"] == self.head["date"]
            and self.stored.values["currency_id"] == self.head["currency_id"]
        )

    @property
    def status(self) -> str:
        """``created``, ``cancelled``, ``updated`` or ``unchanged``."""
        if self.stored is None:
            return "created"
        if (
            self.head == self.stored.values
            and not self.new_lines
            and not self.changed_lines
        ):
            return "unchanged"
        if self.head["state"] == "cancelled" != self.stored.values["state"]:
            return "cancelled"
        return "updated"

    @property
    def partners(self) -> set[int]:
        """Whose figures change: the buyer, and who was the buyer before."""
        if self.status == "unchanged":
            return set()
        before = {self.stored.values["partner_id"]} if self.stored else set()
        return before | {self.head["partner_id"]}


def merge(
    ref: str,
    head: dict[str, Any],
    lines: dict[str, dict[str, Any]],
    stored: StoredPurchase | None,
    *,
    cancel_all: bool = False,
) -> Draft:
    """Lay what is given over what is stored; what is not given stays.

    :param head: given keys of ``HEAD``; a new purchase needs date, partner, currency
    :param lines: per line reference the given keys of ``LINE``, ``state`` among them
    :param cancel_all: stored lines that ``lines`` does not name are cancelled too
    """
    old = stored.lines if stored else {}
    merged = {line_ref: dict(line.values) for line_ref, line in old.items()}
    if cancel_all:
        for values in merged.values():
            values["state"] = "cancelled"
    for line_ref, given in lines.items():
        if line_ref in old:
            merged[line_ref].update(given)
        # A purchase cancelled as a whole names no line: it must not get one by that.
        elif not (cancel_all and old and given["state"] == "cancelled"):
            merged[line_ref] = dict.fromkeys(LINE) | given
    before = stored.values if stored else dict.fromkeys(HEAD)
    return Draft(ref, stored, before | head, merged)


def settle(
    draft: Draft,
    rate: float,
    *,
    round_money: Round,
    round_company: Round,
    round_quantity: Round,
) -> None:
    """Work out what follows from the lines: amounts, state, value in company currency.

    :param rate: company currency per unit of the purchase's currency on its date;
        unused when the stored rate stays
    """
    live = []
    for line_ref, values in draft.lines.items():
        if draft.stored and line_ref in draft.stored.lines:
            if values == draft.stored.lines[line_ref].values:
                if values["state"] == "done":
                    live.append(values["amount_untaxed"] or 0.0)
                continue
        for name in _MONEY:
            if values[name] is not None:
                values[name] = round_money(values[name]) + 0.0
        if values["quantity"] is not None:
            values["quantity"] = round_quantity(values["quantity"]) + 0.0
        values["amount_untaxed"] = values["amount_untaxed"] or 0.0
        values["has_cost"] = values["cost"] is not None
        if values["state"] == "done":
            live.append(values["amount_untaxed"])
    head = draft.head
    if not draft.keeps_rate:
        head["currency_rate"] = rate
    head["state"] = "done" if live else "cancelled"
    head["amount_untaxed"] = round_money(math.fsum(live)) + 0.0
    head["amount_company"] = (
        round_company(head["amount_untaxed"] * head["currency_rate"]) + 0.0
    )


def lines_left_behind(draft: Draft, given: set[str]) -> set[str]:
    """Return the live lines that a change of currency would silently revalue."""
    if draft.stored is None:
        return set()
    if draft.stored.values["currency_id"] == draft.head["currency_id"]:
        return set()
    return {
        ref
        for ref, values in draft.lines.items()
        if values["state"] == "done" and ref not in given
    }
