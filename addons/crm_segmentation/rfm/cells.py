"""Named regions of the grid recency × frequency, as data.

The eleven regions cover the 25 squares without gap or overlap. They are a start: every
scheme has its own copy that people may rename, move and merge.
"""

from collections.abc import Iterable
from typing import NamedTuple

#: Scores run from 1 to BINS in each direction.
BINS = 5


class NamedCell(NamedTuple):
    """A rectangle of the grid, both ends included."""

    code: str
    r_from: int
    r_to: int
    f_from: int
    f_to: int


NAMED_CELLS = (
    NamedCell("champions", r_from=5, r_to=5, f_from=4, f_to=5),
    NamedCell("loyal", r_from=3, r_to=4, f_from=4, f_to=5),
    NamedCell("potential", r_from=4, r_to=5, f_from=2, f_to=3),
    NamedCell("new", r_from=5, r_to=5, f_from=1, f_to=1),
    NamedCell("promising", r_from=4, r_to=4, f_from=1, f_to=1),
    NamedCell("attention", r_from=3, r_to=3, f_from=3, f_to=3),
    NamedCell("about_to_sleep", r_from=3, r_to=3, f_from=1, f_to=2),
    NamedCell("cannot_lose", r_from=1, r_to=1, f_from=4, f_to=5),
    NamedCell("at_risk", r_from=2, r_to=2, f_from=4, f_to=5),
    NamedCell("hibernating", r_from=1, r_to=2, f_from=2, f_to=3),
    NamedCell("lost", r_from=1, r_to=2, f_from=1, f_to=1),
)


def squares() -> list[tuple[int, int]]:
    """Return the 25 squares as (recency, frequency), from (1, 1) on."""
    scores = range(1, BINS + 1)
    return [(r, f) for r in scores for f in scores]


def cells_by_square(cells: Iterable) -> list:
    """Return the cell of each of :func:`squares`; None where no cell covers it.

    :param cells: anything with ``r_from, r_to, f_from, f_to``; the first one wins
    """
    cells = list(cells)

    def find(r, f):
        for cell in cells:
            if cell.r_from <= r <= cell.r_to and cell.f_from <= f <= cell.f_to:
                return cell
        return None

    return [find(r, f) for r, f in squares()]
