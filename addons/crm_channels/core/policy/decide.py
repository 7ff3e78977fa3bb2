"""One message: may it leave, when, and if not, by which rule. No Odoo here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from .quiet import LOUD_KINDS, Quiet, next_open
from .windows import Cap, Contact, counts, free_from, is_full

SEND, HOLD, DROP = "send", "hold", "drop"

SAME_ADDRESS = -1
"""Number of the rule that an address is written to once."""

# A rule that makes wait may push into another that makes wait; this often and no more.
MOST_STEPS = 50


class Rules(NamedTuple):
    """The rules of one company.

    :param caps: in the order in which they are named when several forbid
    :param quiet: quiet hours
    :param patience: seconds a message may wait; beyond that it is left out
    """

    caps: tuple[Cap, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    patience: int = 0

    def of_kind(self, kind: str) -> Rules:
        """Return the rules that concern a kind of channel."""
        return Rules(
            tuple(cap for cap in self.caps if cap.concerns(kind)),
            tuple(quiet for quiet in self.quiet if quiet.concerns(kind)),
            self.patience,
        )

    @property
    def longest(self) -> int:
        """Return the seconds of the longest window."""
        return max((cap.seconds for cap in self.caps), default=0)


class Candidate(NamedTuple):
    """A promotion somebody wants to send.

    :param customer: number of the firm, or of the person who is a customer
    :param person: number of the contact person
    :param address: where it would go
    :param kind: kind of channel
    :param at: when, naive UTC, whole seconds
    :param rank: its weight and place among planned ones of the same weight
    :param zones: time zones it may be read in
    """

    customer: int
    person: int
    address: str
    kind: str
    at: datetime
    rank: tuple[int, int]
    zones: tuple[str, ...]


class Verdict(NamedTuple):
    """What the rules say.

    :param verdict: ``send``, ``hold`` (it waits until ``at``) or ``drop``
    :param rule: number of the rule that makes it wait or forbids; 0: none
    :param at: when it may leave, naive UTC; for ``drop`` the moment that was judged
    """

    verdict: str
    rule: int
    at: datetime


def decide(candidate: Candidate, contacts: Sequence[Contact], rules: Rules) -> Verdict:
    """Decide about one promotion.

    First it is moved to the first moment at which nothing makes it wait, then the
    caps that do not wait are asked about that moment.

    :param contacts: what else was or will be said to this customer and address; more
        than that makes no difference
    :param rules: those for the candidate's kind of channel
    """
    times = {
        cap: sorted(c.at for c in contacts if counts(cap, candidate, c))
        for cap in rules.caps
    }
    at, waited, late = _wait(candidate, times, rules)
    if late:
        return Verdict(DROP, waited, at)
    for cap in rules.caps:
        if not cap.waits and is_full(cap, at, times[cap]):
            return Verdict(DROP, cap.key, at)
    return Verdict(SEND if at == candidate.at else HOLD, waited, at)


def _wait(candidate, times: dict, rules: Rules) -> tuple[datetime, int, bool]:
    """Return the first moment at which nothing makes the candidate wait, what it
    waited for last, and whether that is too late."""
    at, waited = candidate.at, 0
    deadline = candidate.at + timedelta(seconds=rules.patience)
    for _step in range(MOST_STEPS):
        begin = at
        opened, quiet = next_open(at, candidate.zones, rules.quiet)
        if quiet:
            waited = quiet
        if opened is None or opened > deadline:
            return at, waited, True
        at = opened
        for cap in rules.caps:
            free = free_from(cap, at, times[cap]) if cap.waits else at
            if free is None or free > deadline:
                return at, cap.key, True
            if free > at:
                at, waited = free, cap.key
        if at == begin:
            return at, waited, False
    return at, waited, True


def decide_all(
    candidates: Iterable[Candidate], contacts: Iterable[Contact], rules: Rules
) -> list[Verdict]:
    """Decide about promotions one after the other; each that may leave takes the place
    it needs before the next is asked, and an address is written to once.

    Contacts are looked up by customer and by address, so this costs as much as there
    is to count, not the square of it.
    """
    found, taken, verdicts = _Book(contacts), set(), []
    by_kind = {}
    for candidate in candidates:
        kind, address = candidate.kind, candidate.address
        own = by_kind.get(kind) or by_kind.setdefault(kind, rules.of_kind(kind))
        mailbox = address and kind in LOUD_KINDS and (kind == "email", address)
        if mailbox and mailbox in taken:
            verdict = Verdict(DROP, SAME_ADDRESS, candidate.at)
        else:
            verdict = decide(candidate, found.near(candidate), own)
        verdicts.append(verdict)
        if verdict.verdict != DROP:
            taken.add(mailbox)
            found.add(
                Contact(
                    candidate.customer,
                    candidate.person,
                    address,
                    kind,
                    "promotion",
                    verdict.at,
                )
            )
    return verdicts


class _Book:
    """Contacts by customer and by address."""

    def __init__(self, contacts: Iterable[Contact]):
        self.by_customer = defaultdict(list)
        self.by_address = defaultdict(list)
        for contact in contacts:
            self.add(contact)

    def add(self, contact: Contact) -> None:
        self.by_customer[contact.customer].append(contact)
        if contact.address:
            self.by_address[contact.address].append(contact)

    def near(self, candidate: Candidate) -> list[Contact]:
        """Return the contacts with a customer, and those that others who read the
        same mailbox got."""
        near = self.by_customer.get(candidate.customer, [])
        shared = self.by_address.get(candidate.address) if candidate.address else None
        if not shared:
            return near
        return near + [c for c in shared if c.customer != candidate.customer]
