"""What did a campaign cause? Treated against hold-out, with an interval.

Whoever was written to and bought would perhaps have bought anyway. What a campaign
caused is the difference to those kept out by lot, and a difference of few is chance: so
every figure has an interval, and too few cases have no figure at all.
"""

from __future__ import annotations

import math
from enum import StrEnum
from statistics import NormalDist
from typing import NamedTuple

LEVEL = 0.95
FEWEST_CUSTOMERS = 30
"""In each group; below, neither interval is worth much."""
FEWEST_BUYERS = 5
"""In both groups together."""
MOST_UNKNOWN = 10
"""Percent of purchase lines whose cost may be unknown; with more, margin says more
about which costs somebody entered than about the campaign."""


class Interval(NamedTuple):
    """An estimate with its limits."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Interval:
        """Return the interval of a multiple; ``factor`` is not negative."""
        return Interval(*(number * factor for number in self))


class Sample(NamedTuple):
    """How many, their mean, and their variance (of a sample, n - 1)."""

    count: int
    mean: float
    variance: float


class Verdict(StrEnum):
    """What an interval says about an effect."""

    FEW = "few"
    MORE = "more"
    LESS = "less"
    NONE = "none"


def enough(treated: int, holdout: int, buyers: int) -> bool:
    """Tell whether there are enough cases to say anything.

    :param treated: customers written to
    :param holdout: customers kept out
    :param buyers: how many of both bought
    """
    return min(treated, holdout) >= FEWEST_CUSTOMERS and buyers >= FEWEST_BUYERS


def costs_known(lines: int, unknown: int) -> bool:
    """Tell whether enough costs are known to speak of margin.

    :param lines: purchase lines of both groups
    :param unknown: those without a known cost
    """
    return 100 * unknown <= MOST_UNKNOWN * lines


def verdict(interval: Interval | None) -> Verdict:
    """Return what an interval says; None stands for too few cases."""
    if interval is None:
        return Verdict.FEW
    if interval.low > 0:
        return Verdict.MORE
    return Verdict.LESS if interval.high < 0 else Verdict.NONE


def wilson(successes: int, count: int, level: float = LEVEL) -> Interval:
    """Return a share with its score interval (Wilson, JASA 22, 1927)."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = successes / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return Interval(
        share, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
    )


def difference_of_shares(
    successes: int, count: int, other: int, other_count: int, level: float = LEVEL
) -> Interval:
    """Return the difference of two independent shares with its hybrid score interval
    (Newcombe, Statistics in Medicine 17, 1998, method 10)."""
    one = wilson(successes, count, level)
    two = wilson(other, other_count, level)
    value = one.value - two.value
    below = math.hypot(one.value - one.low, two.high - two.value)
    above = math.hypot(one.high - one.value, two.value - two.low)
    return Interval(value, max(-1.0, value - below), min(1.0, value + above))


def sample(count: int, total: float, squares: float) -> Sample:
    """Return a sample of its sums.

    :param total: sum of the values
    :param squares: sum of their squares
    """
    if not count:
        return Sample(0, 0.0, 0.0)
    mean = total / count
    spread = max(0.0, squares - total * mean)
    return Sample(count, mean, spread / (count - 1) if count > 1 else 0.0)


def difference_of_means(one: Sample, two: Sample, level: float = LEVEL) -> Interval:
    """Return the difference of two means with Welch's interval (Biometrika 34, 1947).

    Variances need not be equal; each sample has at least two values.
    """
    value = one.mean - two.mean
    parts = [s.variance / s.count for s in (one, two)]
    error = sum(parts)
    if error <= 0:
        return Interval(value, value, value)
    freedom = error**2 / sum(
        part**2 / (s.count - 1) for part, s in zip(parts, (one, two), strict=True)
    )
    half = student_quantile(0.5 + level / 2, freedom) * math.sqrt(error)
    return Interval(value, value - half, value + half)


def student_quantile(probability: float, freedom: float) -> float:
    """Return the quantile of Student's distribution, for 0.5 <= probability < 1."""
    low, high = 0.0, 1.0
    while _student_cdf(high, freedom) < probability:
        high *= 2
    for _step in range(100):
        middle = (low + high) / 2
        if _student_cdf(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_cdf(value: float, freedom: float) -> float:
    """For value >= 0."""
    x = freedom / (freedom + value * value)
    return 1 - _incomplete_beta(freedom / 2, 0.5, x) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    front = math.exp(
        math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(x)
        + b * math.log1p(-x)
    )
    # The fraction converges fast on one side only; the other follows by symmetry.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's
    method (Thompson and Barnett, J. Comp. Phys. 64, 1986)."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + term / c
            c = c if abs(c) > tiny else tiny
            result *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return result
