"""Who may decide what: transitions as data, people, and the rules between them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

# Transitions of these names guard what Odoo offers on every record. Their target is
# empty: the state stays. A model that does not declare one refuses the act.
ARCHIVE, UNARCHIVE, DELETE, MOVE = "archive", "unarchive", "delete", "company"
ACTS = frozenset({ARCHIVE, UNARCHIVE, DELETE, MOVE})


@dataclass(frozen=True)
class Transition:
    """One way from one state to another.

    :param name: what is decided, unique in its model
    :param sources: states it may be taken in
    :param target: state it leads to; empty for the acts on a record (``ACTS``)
    :param label: what a button says, translated
    :param groups: external ids of groups of which one is needed
    :param persons: also those may decide whom the document names
    :param needs_reason: a text of the decider's own is needed
    :param two_person: whoever had a hand in the content may not decide
    :param asked: somebody is asked for it as soon as a source is reached
    :param due_hours: time for whoever is asked
    :param voids_to: state the document falls back to when its content changes
    :param bars: transitions nobody can take on this document any more
    :param style: ``primary``, ``secondary`` or ``danger``
    """

    name: str
    sources: tuple[str, ...]
    target: str = ""
    label: str = ""
    groups: tuple[str, ...] = ()
    persons: bool = False
    needs_reason: bool = False
    two_person: bool = False
    asked: bool = False
    due_hours: int = 0
    voids_to: str = ""
    bars: tuple[str, ...] = ()
    style: str = "secondary"


@dataclass(frozen=True)
class Capacity:
    """Somebody's own right to decide, or the one lent by somebody absent."""

    user_id: int
    groups: frozenset[str]


@dataclass(frozen=True)
class Subject:
    """What is known of a document when somebody decides on it.

    :param state: where it stands
    :param authors: ids of users who had a hand in its content
    :param persons: ids of users the document names for this transition
    :param barred: transitions a final decision has closed
    :param allow_self: the company lets people decide on their own content
    """

    state: str
    authors: frozenset[int] = frozenset()
    persons: frozenset[int] = frozenset()
    barred: frozenset[str] = frozenset()
    allow_self: bool = False


@dataclass(frozen=True)
class Verdict:
    """In whose place somebody decides, and whether on content of their own."""

    user_id: int
    self_approved: bool = False


class Refused(ValueError):
    """Somebody may not take a transition.

    ``rule`` is one of ``state``, ``final``, ``role``, ``two_person``, ``reason``.
    """

    def __init__(self, rule: str):
        super().__init__(rule)
        self.rule = rule


def judge(
    transition: Transition,
    capacities: list[Capacity],
    subject: Subject,
    reason: str | None,
) -> Verdict:
    """Return in which capacity the transition is taken.

    :param capacities: the decider's own first, then those lent to them
    :raise Refused: the first rule that is broken
    """
    if subject.state not in transition.sources:
        raise Refused("state")
    if transition.name in subject.barred:
        raise Refused("final")
    able = [c for c in capacities if _is_able(transition, c, subject)]
    if not able:
        raise Refused("role")
    verdict = _two_person(transition, capacities[0], able, subject)
    if transition.needs_reason and not (reason and reason.strip()):
        raise Refused("reason")
    return verdict


def _is_able(transition: Transition, capacity: Capacity, subject: Subject) -> bool:
    if transition.persons and capacity.user_id in subject.persons:
        return True
    if not transition.groups and not transition.persons:
        return True
    return not capacity.groups.isdisjoint(transition.groups)


def _two_person(
    transition: Transition, own: Capacity, able: list[Capacity], subject: Subject
) -> Verdict:
    """Neither an author decides nor somebody in an author's place."""
    if not transition.two_person:
        return Verdict(able[0].user_id)
    if own.user_id not in subject.authors:
        for capacity in able:
            if capacity.user_id not in subject.authors:
                return Verdict(capacity.user_id)
    if subject.allow_self:
        return Verdict(able[0].user_id, self_approved=True)
    raise Refused("two_person")


def content_hash(content: Mapping) -> str:
    """Return a number that stands for content given as plain values.

    The order of keys does not matter; that of lists does.
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
