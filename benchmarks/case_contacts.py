"""The contact ledger: writing it, and what profiles and pages cost beside it."""

from datetime import UTC, datetime, timedelta

from odoo.tools import SQL

from . import case_metrics, case_reads, seed
from .stopwatch import Book, clock, explain, rounds

CUSTOMERS = 100_000
TOUCHES = 1_000_000
CALL = 1_000
ROUNDS = 5

TOUCH = {
    "company_id": "%(company)s",
    "partner_id": "b.partner_id",
    "partner_key": "b.partner_id",
    "user_id": "2",
    "date": "(CURRENT_DATE - %(days)s) "
    "+ interval '1 day' * (i * %(days)s::float / %(rows)s)",
    "direction": "CASE WHEN i %% 4 = 0 THEN 'in' ELSE 'out' END",
    "channel_id": "%(channel)s",
    "purpose": "CASE WHEN i %% 3 = 0 THEN 'promotion' ELSE 'relationship' END",
    "subject": "'Bench ' || i",
    "response": "'none'",
    "is_contact": "i %% 3 != 0",
    "source_model": "'bench'",
    "source_key": "i::text",
}


def touches(env, rows: int) -> None:
    """Add contacts of three years, customers mixed, in the order they happened."""
    with seed.without_indexes(env.cr, "crm_touch"):
        seed.insert(
            env.cr,
            "crm_touch",
            """FROM generate_series(1, %(rows)s) i
               JOIN bench_buyer b ON b.n = 1 + i * 7919::bigint %% %(count)s""",
            TOUCH,
            rows=rows,
            count=CUSTOMERS,
            days=seed.DAYS,
            company=env.company.id,
            channel=_phone(env),
        )


def _phone(env) -> int:
    return env.ref("crm_relationship.crm_channel_phone").id


def contacts(env, book: Book) -> None:
    """A ledger of a million contacts."""
    seed.customers(env.cr, CUSTOMERS)
    seed.sales(env.cr, CUSTOMERS, CUSTOMERS)
    seed.purchases(env.cr, env.company)
    env.cr.commit()
    _log(env, book, "empty ledger")
    touches(env, TOUCHES)
    seed.vacuum(env.cr)
    _log(env, book, "1,000,000 contacts")
    _metrics(env, book)
    _pages(env, book)


def _log(env, book: Book, beside: str) -> None:
    """Compare a call of 1,000 rows with making the same rows one by one."""
    partners = env["res.partner"].search([("ref", "=like", "bench%")], limit=CALL).ids
    channel = _phone(env)
    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    api, turn = env["crm.api"], iter(range(1_000_000))

    def call() -> float:
        number = next(turn)
        rows = [
            {
                "partner": partner,
                "channel": "phone",
                "date": (now - timedelta(minutes=n)).isoformat(),
                "subject": "Bench",
                "source": beside,
                "ref": f"{number}-{n}",
            }
            for n, partner in enumerate(partners)
        ]
        return _committed(env, lambda: api.touch_log(rows, f"{beside} {number}"))

    def one_by_one() -> float:
        number = next(turn)
        rows = [
            {
                "partner_id": partner,
                "channel_id": channel,
                "date": now - timedelta(minutes=n),
                "subject": "Bench",
                "source_model": f"one {beside}",
                "source_key": f"{number}-{n}",
            }
            for n, partner in enumerate(partners)
        ]
        return _committed(env, lambda: _create_each(env, rows))

    found = rounds(ROUNDS, call=call, one=one_by_one)
    fast = book.timed(f"touch_log of 1,000 rows, {beside}", found["call"])
    slow = book.timed(f"1,000 rows created one by one, {beside}", found["one"])
    book.judge(f"touch_log / one by one, {beside}", fast / slow, 0.2)


def _create_each(env, rows: list[dict]) -> None:
    for row in rows:
        env["crm.touch"].sudo().create(row)


def _committed(env, work) -> float:
    """Return the seconds of work and its commit, with nothing remembered before; what
    follows the commit is not part of it."""
    env.invalidate_all()

    def all_of_it():
        work()
        env.flush_all()
        env.cr.flush()

    seconds = clock(all_of_it)
    env.cr.postcommit.clear()
    env.cr.commit()
    return seconds


def _metrics(env, book: Book) -> None:
    """Compare what the ledger adds to profiles with the least it takes to read it."""
    metrics = env["crm.customer.metrics"]
    provider = env["crm.metric.provider"]
    scope = metrics._everybody_scope(env.company)
    plain = SQL(
        """SELECT partner_id, MAX(date) FILTER (WHERE direction = 'in'),
                  MAX(date) FILTER (WHERE direction = 'out'),
                  COUNT(*) FILTER (WHERE is_contact AND date >= %s), MIN(date)
             FROM crm_touch WHERE company_id = %s AND partner_id IS NOT NULL
         GROUP BY partner_id""",
        scope.window_start,
        env.company.id,
    )
    queries = {"plain": plain, "engine": provider._contact_metrics(scope)}
    found = rounds(
        ROUNDS,
        **{
            name: lambda query=query: explain(env.cr, query)[0]
            for name, query in queries.items()
        },
    )
    least = book.timed("contacts summed by partner, by hand", found["plain"])
    engine = book.timed("contact columns of all profiles", found["engine"])
    book.plan("Contact columns", explain(env.cr, queries["engine"], timing=True)[1])
    # The engine also rolls persons up to their firm and finds the day of expiry.
    book.judge("contact columns / by hand", engine / least, 2.5)
    case_metrics.full_run(env, env.company)
    env.cr.commit()


def _pages(env, book: Book) -> None:
    """Time the list of contacts, as a person with rules."""
    person = case_reads.reader(env)
    ledger = person["crm.touch"]
    names = ("date", "direction", "channel_id", "customer_id", "subject", "user_id")
    specification = {name: {} for name in names}

    def first(domain=()):
        ledger.web_search_read(
            list(domain), specification, limit=80, count_limit=10_001
        )

    mine = [("user_id", "=", 2)]
    found = rounds(
        ROUNDS,
        all=lambda: case_reads.page(person, first),
        mine=lambda: case_reads.page(person, lambda: first(mine)),
    )
    book.timed("Contacts, first 80", found["all"])
    book.timed("Contacts of one person, first 80", found["mine"])
