"""Run one case in the configured database: `main(env, case, result file)`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import case_metrics
from benchmarks.stopwatch import Book

CASES = {
    "purchases": case_metrics.purchases,
    "invoices": case_metrics.invoices,
    "orders": case_metrics.orders,
}


def main(env, case: str, result: str) -> None:
    """Measure, and keep the results."""
    book = Book(Path(result), case)
    company = env.ref("base.main_company")
    CASES[case](env(context={"allowed_company_ids": company.ids}), book)
    book.save()
