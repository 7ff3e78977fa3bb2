"""The profile engine against a plain aggregate, on purchases and on invoices."""

from odoo.tools import SQL

from . import reference, seed
from .stopwatch import Book, clock, explain, rounds

CUSTOMERS = 100_000
CHANGED = 100


def computing(env, company) -> SQL:
    """Return the engine's statement without the writing."""
    env["res.company"].invalidate_model()
    metrics = env["crm.customer.metrics"]
    profile = env["crm.customer.profile"]
    scope = metrics._everybody_scope(company)
    computed = metrics._computed_sql(scope, profile._metric_columns())
    return SQL("WITH %s SELECT * FROM computed", computed)


def full_run(env, company) -> None:
    """Run through all ranges as the cron does."""
    env["crm.profile.run"]._request_full(company)
    env.cr.commit()
    for _done in env["crm.customer.refresh"]._batches(company):
        pass
    env.invalidate_all()


def queued(env, company) -> None:
    """Work off the queue as the hook after a commit does."""
    env["crm.customer.refresh"]._drain(company, batch=200, timeout=0)


def first_fill(env, company) -> None:
    """Empty the profiles and fill them again."""
    empty(env)
    return clock(full_run, env, company)


def empty(env) -> None:
    """Remove all profiles, as before the first fill."""
    env.cr.execute("TRUNCATE crm_customer_profile, crm_change_feed CASCADE")
    env.cr.commit()


def plain_insert(env, query: SQL) -> float:
    """Return the seconds of INSERT ... SELECT of ready rows into the profile table."""
    empty(env)
    names = [SQL.identifier(n) for n in env["crm.customer.profile"]._metric_columns()]
    columns = SQL(", ").join([SQL("company_id"), SQL("partner_id"), *names])
    env.cr.execute(SQL("CREATE TEMP TABLE ready ON COMMIT DROP AS %s", query))
    statement = SQL(
        """INSERT INTO crm_customer_profile (%(columns)s,
               create_date, create_uid, write_date, write_uid)
           SELECT %(columns)s, now(), 1, now(), 1
             FROM (SELECT %(company)s AS company_id, * FROM ready) r""",
        columns=columns,
        company=env.company.id,
    )
    taken = clock(env.cr.execute, statement)
    env.cr.commit()
    return taken


def change(env, table: str, column: str) -> None:
    """Change a document of some customers behind Odoo's back, and queue them."""
    env.cr.execute(
        SQL(
            """WITH picked AS (
                   SELECT b.partner_id FROM bench_buyer b
                    ORDER BY random() LIMIT %(count)s
               ), docs AS (
                   UPDATE %(table)s t SET %(column)s = %(column)s + 1
                     FROM picked WHERE t.partner_id = picked.partner_id
               )
               INSERT INTO crm_customer_change (company_key, partner_key)
               SELECT %(company)s, partner_id FROM picked""",
            count=CHANGED,
            table=SQL.identifier(table),
            column=SQL.identifier(column),
            company=env.company.id,
        )
    )
    env.cr.commit()


def measure(env, book: Book, table: str, column: str, source="invoiced") -> None:
    """Take all figures of the engine on the data there is."""
    company, cr = env.company, env.cr
    queries = {
        "reference": reference.aggregate(env, company, source),
        "computing": computing(env, company),
    }
    cr.commit()
    times = rounds(5, **{k: lambda q=q: explain(cr, q)[0] for k, q in queries.items()})
    for name, query in queries.items():
        book.plan(name, explain(cr, query, timing=True)[1])
    least = book.timed("plain aggregate by partner (reference)", times["reference"])
    engine = book.timed("computing all profile columns", times["computing"])
    book.judge("computing / reference", engine / least, 3)
    times = rounds(
        3,
        insert=lambda: plain_insert(env, queries["computing"]),
        fill=lambda: first_fill(env, company),
        again=lambda: clock(full_run, env, company),
    )
    insert = book.timed("INSERT … SELECT of ready rows", times["insert"])
    fill = book.timed("first fill, in ranges", times["fill"])
    again = book.timed("full run that changes nothing", times["again"])
    book.judge("first fill / (computing + insert)", fill / (engine + insert), 2)
    book.judge("unchanged run / computing", again / engine, 2)
    seed.vacuum(cr)
    seconds = []
    for _turn in range(6):
        change(env, table, column)
        seconds.append(clock(queued, env, company))
    few = book.timed(f"{CHANGED} changed customers", seconds[1:])
    book.judge("changed customers / first fill", 100 * few / fill, 2, "%")


def seed_invoices(env) -> None:
    """Make customers with invoices, most of them paid."""
    seed.customers(env.cr, CUSTOMERS)
    seed.sales(env.cr, CUSTOMERS, 300_000)
    with seed.without_indexes(env.cr, "account_move", "account_move_line"):
        seed.invoices(env.cr, env.company)
        seed.payments(env.cr, env.company)


def purchases(env, book: Book) -> None:
    """100,000 customers with 1,000,000 imported purchases."""
    seed.customers(env.cr, CUSTOMERS)
    seed.sales(env.cr, CUSTOMERS, 1_000_000)
    seed.purchases(env.cr, env.company)
    seed.vacuum(env.cr)
    measure(env, book, "crm_purchase_history", "amount_company")


def invoices(env, book: Book) -> None:
    """100,000 customers with 300,000 posted invoices, most of them paid."""
    seed_invoices(env)
    seed.vacuum(env.cr)
    measure(env, book, "account_move", "amount_untaxed_signed")


def orders(env, book: Book) -> None:
    """The same invoices, made from 300,000 orders; one in twenty paid by another."""
    seed_invoices(env)
    with seed.without_indexes(env.cr, "sale_order", "sale_order_line"):
        seed.orders(env.cr, env.company)
    seed.vacuum(env.cr)
    measure(env, book, "account_move", "amount_untaxed_signed")
