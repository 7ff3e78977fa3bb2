"""The three rules by which customers get scores from 1 (worst) to 5 (best).

``quantile_edges``
    Four edges are the type-7 quantiles at 20, 40, 60 and 80 % of all customers; the
    score is 1 + the number of edges strictly below the value. Equal values always get
    equal scores: where half the customers bought once, they all have frequency 1.
``equal_count``
    ceil(5 · rank / n): five groups of the same size, whatever the values. Ties are
    broken by the last purchase and then by the customer's id.
``r_package``
    The edges are the same quantiles plus 1, and the score is 1 + the number of edges
    not above the value. It reproduces the scores that R's ``rfm`` package publishes and
    is kept for comparison.

Recency is measured in days before the reference day and reversed (6 − score), so that
5 is the most recent for every method.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

QUANTILE_EDGES = "quantile_edges"
EQUAL_COUNT = "equal_count"
R_PACKAGE = "r_package"
METHODS = (QUANTILE_EDGES, EQUAL_COUNT, R_PACKAGE)

#: Where the four edges lie.
PROBABILITIES = (0.2, 0.4, 0.6, 0.8)


class Customer(NamedTuple):
    """What is known of one customer: id, last purchase, purchase days, money."""

    key: int
    last_date: date
    frequency: int
    monetary: float

    def days(self, today: date) -> int:
        """Return the days since the last purchase; a date to come counts as today."""
        return max((today - self.last_date).days, 0)

    @property
    def spent(self) -> float:
        """Return the money that is ranked: more returned than bought counts as none."""
        return max(self.monetary, 0.0)


class Scores(NamedTuple):
    """Scores from 1 (worst) to 5 (best)."""

    recency: int
    frequency: int
    monetary: int


class Edges(NamedTuple):
    """Four ascending edges a dimension; recency in days. Empty without customers."""

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]


def quantile(ordered: Sequence[float], probability: float) -> float:
    """Return the type-7 quantile (linear interpolation) of ascending values.

    The order of the floating point operations is PostgreSQL's ``percentile_cont``, so
    that both give the same bits.

    :raises ValueError: when there are no values
    """
    if not ordered:
        raise ValueError("a quantile needs at least one value")
    position = probability * (len(ordered) - 1)
    low, high = math.floor(position), math.ceil(position)
    below = float(ordered[low])
    if low == high:
        return below
    return below + (position - low) * (float(ordered[high]) - below)


def edges_of(values: Iterable[float], method: str) -> tuple[float, ...]:
    """Return the four edges of one dimension under a method that has edges."""
    ordered = sorted(values)
    if not ordered:
        return ()
    shift = 1.0 if method == R_PACKAGE else 0.0
    return tuple(quantile(ordered, p) + shift for p in PROBABILITIES)


def score_by_edges(value: float, edges: Sequence[float], method: str) -> int:
    """Return the score of a value against frozen edges, before any reversing."""
    count = bisect_right if method == R_PACKAGE else bisect_left
    return 1 + count(edges, value)


def equal_count(ranked: Sequence) -> dict:
    """Return ``{key: score}`` for keys given from worst to best."""
    total = len(ranked)
    return {key: -(-5 * rank // total) for rank, key in enumerate(ranked, 1)}


def score_customers(
    customers: Iterable[Customer], method: str, today: date
) -> tuple[dict[int, Scores], Edges]:
    """Score all customers at once.

    :param today: the reference day, in the company's time zone
    :return: scores by customer key, and the edges that were used; ``equal_count``
        has none
    :raises ValueError: for an unknown method
    """
    customers = list(customers)
    if method not in METHODS:
        raise ValueError(f"unknown RFM method: {method}")
    if method == EQUAL_COUNT:
        return _score_equal_count(customers, today)
    edges = Edges(
        edges_of((c.days(today) for c in customers), method),
        edges_of((c.frequency for c in customers), method),
        edges_of((c.spent for c in customers), method),
    )
    scores = {
        c.key: Scores(
            6 - score_by_edges(c.days(today), edges.recency, method),
            score_by_edges(c.frequency, edges.frequency, method),
            score_by_edges(c.spent, edges.monetary, method),
        )
        for c in customers
    }
    return scores, edges


def _score_equal_count(
    customers: list[Customer], today: date
) -> tuple[dict[int, Scores], Edges]:
    def ranked(value):
        ordered = sorted(customers, key=lambda c: (value(c), c.last_date, c.key))
        return equal_count([c.key for c in ordered])

    recency = ranked(lambda c: -c.days(today))
    frequency = ranked(lambda c: c.frequency)
    monetary = ranked(lambda c: c.spent)
    scores = {
        c.key: Scores(recency[c.key], frequency[c.key], monetary[c.key])
        for c in customers
    }
    return scores, Edges((), (), ())
