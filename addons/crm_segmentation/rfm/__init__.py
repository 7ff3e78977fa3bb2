"""Recency, frequency and monetary scores: plain Python, no Odoo, no database.

What a score means is decided here and proved here; the SQL of ``crm.rfm.run`` is the
same rules for any number of customers and is held against this package by tests.
"""

from .cells import BINS, NAMED_CELLS, NamedCell, cells_by_square, squares
from .engine import (
    EQUAL_COUNT,
    METHODS,
    QUANTILE_EDGES,
    R_PACKAGE,
    Customer,
    Edges,
    Scores,
    edges_of,
    equal_count,
    quantile,
    score_by_edges,
    score_customers,
)

__all__ = [
    "BINS",
    "EQUAL_COUNT",
    "METHODS",
    "NAMED_CELLS",
    "QUANTILE_EDGES",
    "R_PACKAGE",
    "Customer",
    "Edges",
    "NamedCell",
    "Scores",
    "cells_by_square",
    "edges_of",
    "equal_count",
    "quantile",
    "score_by_edges",
    "score_customers",
    "squares",
]
