"""Run one case in the configured database: `main(env, case, result file)`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import (
    case_contacts,
    case_metrics,
    case_planner,
    case_reads,
    case_receivables,
    case_sending,
)
from benchmarks.stopwatch import Book

CASES = {
    "purchases": case_metrics.purchases,
    "invoices": case_metrics.invoices,
    "orders": case_metrics.orders,
    "segments": case_reads.segments,
    "timeline": case_reads.timeline,
    "list": case_reads.customers_list,
    "imports": case_reads.imports,
    "contacts": case_contacts.contacts,
    "sending": case_sending.sending,
    "planner": case_planner.planner,
    "receivables": case_receivables.receivables,
}


def main(env, case: str, result: str) -> None:
    """Measure, and keep the results, also of a case that breaks off."""
    function = CASES[case]
    book = Book(Path(result), case, function.__doc__)
    company = env.ref("base.main_company")
    try:
        function(env(context={"allowed_company_ids": company.ids}), book)
    finally:
        book.save()
