"""Planning a campaign: who may be written to, of very many."""

import resource
from datetime import timedelta

from odoo.tools import SQL

from . import case_contacts, seed
from .stopwatch import Book, clock, explain, rounds

MANY, MOST = 100_000, 1_000_000
CHECKED = 20_000
TOUCHES = 1_000_000
LARGEST_MB = 500

RULES = (
    {"kind": "quiet", "quiet_from": 21.0, "quiet_to": 8.0},
    {"kind": "gap", "scope": "person", "length": 1, "unit": "hour"},
    {"kind": "cap", "scope": "person", "max_count": 3, "length": 1, "unit": "week"},
    {"kind": "cap", "scope": "firm", "max_count": 6, "length": 4, "unit": "week"},
)


def planner(env, book: Book) -> None:
    """A campaign to a million customers beside a million contacts."""
    seed.customers(env.cr, MOST)
    case_contacts.touches(env, TOUCHES)
    seed.vacuum(env.cr)
    policy = env["crm.contact.policy"]
    policy.search([]).active = False
    env.flush_all()
    made = policy.create({"name": "Bench", "company_id": env.company.root_id.id})
    made.rule_ids = [(0, 0, values) for values in RULES]
    env.cr.commit()
    book.note(
        f"{MOST:,} customers, {TOUCHES:,} contacts of three years; quiet hours, a "
        "distance, a cap per person and one per firm."
    )
    _check(env, book)
    for count, limit in ((MANY, 10), (MOST, 100)):
        seconds = _plan(env, book, count)
        book.judge(f"planning {count:,} recipients", seconds, limit, "s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    book.judge("memory of the planning process", peak, LARGEST_MB, "MB")


def _candidates(count: int) -> SQL:
    """Return buyers, which are firms' contact persons and customers themselves."""
    return SQL(
        """SELECT n AS key, partner_id, NULL::text AS address FROM bench_buyer
            WHERE n <= %s""",
        count,
    )


def _plan(env, book: Book, count: int) -> float:
    channel = env.ref("crm_relationship.crm_channel_email")
    summary = {}

    def plan():
        summary.update(
            env["crm.contact.planner"]._plan(
                env.company, _candidates(count), channel, "promotion"
            )
        )

    seconds = clock(plan)
    env.cr.rollback()
    book.timed(f"planning {count:,} recipients", [seconds])
    book.note(
        f"{count:,} recipients: "
        + ", ".join(f"{verdict} {n:,}" for (verdict, _rule), n in summary.items())
    )
    assert sum(summary.values()) == count
    return seconds


def _check(env, book: Book) -> None:
    """Time what the caps ask the ledger: who of some recipients heard of us lately."""
    made = env["crm.contact.policy"]._policy_of(env.company)
    length = timedelta(seconds=made._rules("email").longest)
    now = env["crm.contact.gate"]._now()
    ledger, *_planned = env["crm.contact.ledger"]._contact_sources(
        SQL("(SELECT partner_id AS id FROM bench_buyer WHERE n <= %s)", CHECKED),
        env.company.ids,
        now - length,
        now + length,
    )
    counted = SQL(
        "SELECT partner_id, kind, count(*) FROM (%s) c GROUP BY partner_id, kind",
        ledger,
    )
    found = rounds(5, check=lambda: explain(env.cr, counted)[0])
    book.plan("Cap check", explain(env.cr, counted, timing=True)[1])
    least = book.timed(f"cap check of {CHECKED:,} recipients", found["check"])
    book.judge(f"cap check of {CHECKED:,} over {TOUCHES:,}", least, 0.1, "s")
