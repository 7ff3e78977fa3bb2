"""Who is reminded of what, and how firmly. Integers of the smallest unit; no Odoo.

The same functions decide when reminders are proposed and again when one leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

# Why nobody is reminded of an item, or a customer of nothing.
NET_CREDITOR, COVERED, SMALL = "net_creditor", "covered", "small"
PAID, TOO_SOON, NOTHING_NEW = "paid", "too_soon", "nothing_new"


class Level(NamedTuple):
    """How firmly somebody is reminded.

    :param key: identifies it
    :param rank: order, from 1
    :param days: days after the due date from which it applies
    :param gap: days that must have passed since the customer's last reminder
    :param in_turn: whether the level before must have been sent first
    """

    key: int
    rank: int
    days: int
    gap: int = 0
    in_turn: bool = False


class Item(NamedTuple):
    """An open item of a customer.

    :param key: identifies it
    :param currency: key of its currency
    :param amount: open, in the smallest unit of its currency; below 0 for credits
    :param value: the same in the smallest unit of the company's currency
    :param days: days since the due date; not above 0: not overdue
    :param rank: of the highest level it was reminded of; 0: never
    :param hold: the rule that keeps people from being reminded of it
    """

    key: int
    currency: int
    amount: int
    value: int
    days: int = 0
    rank: int = 0
    hold: str | None = None


class Letter(NamedTuple):
    """A reminder to one customer.

    :param level: whose text it has: the highest of its items
    :param items: the items it reminds of, each with the level it is reminded at
    """

    level: Level
    items: tuple[tuple[int, Level], ...]


def next_level(levels: Sequence[Level], item: Item) -> Level | None:
    """Return the level an item is due for, None: none, or none yet.

    The highest the days allow and no level twice or backwards, so that what is very
    late in the first run is not treated as if it were a day late.

    :param levels: by rank
    """
    found = None
    previous = 0
    for level in levels:
        turn = not level.in_turn or item.rank >= previous
        if level.rank > item.rank and level.days <= item.days and turn:
            found = level
        previous = level.rank
    return found


def _can_ask(item: Item) -> bool:
    return item.amount > 0 and item.value >= 0 and item.days > 0 and not item.hold


def refusal(items: Collection[Item], minimum: int = 0) -> str | None:
    """Return the rule by which a customer is reminded of nothing at all, else None.

    All open credits and payments not yet matched stand against what is overdue, as
    the customer would count: who has paid too much elsewhere owes nothing.

    :param items: all open items of the customer in a company
    :param minimum: least amount worth a reminder, in the company's smallest unit
    """
    overdue = sum(item.value for item in items if _can_ask(item))
    credit = -sum(item.value for item in items if item.value < 0)
    if overdue <= credit:
        return NET_CREDITOR if overdue or credit else NOTHING_NEW
    return SMALL if overdue - credit < minimum else None


def _uncovered(items: Collection[Item]) -> set[int]:
    """Return the currencies in which more is overdue than open credits cover."""
    nets: dict[int, int] = {}
    for item in items:
        if _can_ask(item) or item.amount < 0:
            nets[item.currency] = nets.get(item.currency, 0) + item.amount
    return {currency for currency, net in nets.items() if net > 0}


def letter(
    items: Collection[Item],
    levels: Sequence[Level],
    since: int | None = None,
    minimum: int = 0,
) -> Letter | str:
    """Return what to remind a customer of, or the rule by which of nothing.

    :param items: all open items of the customer
    :param levels: by rank
    :param since: days since the customer's last reminder, None: never
    """
    if rule := refusal(items, minimum):
        return rule
    currencies = _uncovered(items)
    if not currencies:
        return COVERED
    found = [
        (item.key, level)
        for item in items
        if _can_ask(item) and item.currency in currencies
        if (level := next_level(levels, item))
    ]
    if not found:
        return NOTHING_NEW
    level = max((level for _key, level in found), key=lambda level: level.rank)
    # Each lists all that is overdue: a second one on a day would say it again.
    if since is not None and since < max(level.gap, 1):
        return TOO_SOON
    return Letter(level, tuple(found))


def dropped(
    items: Iterable[Item], asked: Iterable[int], minimum: int = 0
) -> dict[int, str]:
    """Return which items of a letter nobody must be reminded of any more, with rules.

    Asked right before it leaves: something may have been paid, promised or held since.

    :param items: all open items of the customer now
    :param asked: the items of the letter
    """
    items, asked = list(items), list(asked)
    if rule := refusal(items, minimum):
        # What was paid or promised says more than that nothing is left to ask for.
        reasons = {k: r for k, r in _reasons(items, asked).items() if r != COVERED}
        return {key: reasons.get(key, rule) for key in asked}
    return _reasons(items, asked)


def _reasons(items: list[Item], asked: list[int]) -> dict[int, str]:
    by_key = {item.key: item for item in items}
    currencies = _uncovered(items)
    found = {}
    for key in asked:
        item = by_key.get(key)
        if item is None or item.amount <= 0 or item.days <= 0:
            found[key] = PAID
        elif item.hold:
            found[key] = item.hold
        elif item.currency not in currencies:
            found[key] = COVERED
    return found
