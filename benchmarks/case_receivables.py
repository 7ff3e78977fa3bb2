"""What all customers owe, by age, and what could be lost."""

from datetime import date, timedelta

from odoo.tools import SQL

from . import case_collection, seed
from .stopwatch import Book, clock, rounds

CUSTOMERS, OVERDUE, PAID = 20_000, 100_000, 50_000
ASKED = 100


def receivables(env, book: Book) -> None:
    """Exposure and ageing of 20,000 customers with 100,000 overdue invoices."""
    _seed(env)
    company = env.company
    position, exposure = env["crm.receivable.position"], env["crm.receivable.exposure"]
    customers = env["res.partner"].search([("ref", "=like", "bench%")])
    few = customers[:: len(customers) // ASKED][:ASKED].ids
    day = date.today() - timedelta(days=200)

    def everything():
        exposure._exposure(company)
        position._ageing(company, net=True)

    def statements():
        env.execute_query(position._sorted_sql(company, customers=few))

    found = rounds(
        5,
        all=lambda: clock(everything),
        past=lambda: clock(position._ageing, company, day),
        statements=lambda: clock(statements),
        months=lambda: clock(_months, env),
        items=lambda: clock(_pivot, env),
    )
    before = env.cr.sql_log_count
    everything()
    queries = env.cr.sql_log_count - before
    book.note(
        f"{len(customers):,} customers, {OVERDUE:,} overdue and {PAID:,} paid "
        "invoices, as many orders, one in five not invoiced."
    )
    least = book.timed("exposure and ageing of all", found["all"], queries=queries)
    book.judge("exposure and ageing of all", least, 1.5, "s")
    book.judge("their queries", queries, 10, "")
    book.timed("ageing of all 200 days ago", found["past"])
    least = book.timed(f"open items of {ASKED} customers by age", found["statements"])
    book.judge(f"statement values of {ASKED} customers", least, 0.1, "s")
    book.timed("24 months of days sales outstanding", found["months"])
    book.timed("ageing on the screen: customers by bucket", found["items"])
    _core(env, book, customers)
    case_collection.measure(env, book)


def _months(env) -> None:
    env["crm.receivable.month"].search_fetch([], ["dso", "cei"])


def _pivot(env) -> None:
    """Ask what the pivot of the ageing asks."""
    env.invalidate_all()
    env["crm.receivable.item"].formatted_read_group(
        [], ["customer_id", "bucket_id"], ["amount:sum"]
    )


def _core(env, book: Book, customers) -> None:
    """Measure what Odoo itself takes for the balance of every customer."""
    env.invalidate_all()
    before = env.cr.sql_log_count
    seconds = clock(lambda: [customer.credit for customer in customers])
    queries = env.cr.sql_log_count - before
    book.timed(f"the yardstick: core's balances ({queries} queries)", [seconds])


def _seed(env) -> None:
    """Book overdue invoices, and paid ones with their payments, matched."""
    cr = env.cr
    seed.customers(cr, CUSTOMERS)
    seed.sales(cr, CUSTOMERS, OVERDUE + PAID)
    cr.execute(
        """UPDATE bench_sale
              SET refund = FALSE, signed = amount,
                  day = LEAST(day, CURRENT_DATE - 45),
                  residual = CASE i % 3 WHEN 0 THEN 0 ELSE amount END"""
    )
    with seed.without_indexes(cr, "account_move", "account_move_line"):
        seed.invoices(cr, env.company)
        seed.payments(cr, env.company)
    seed.orders(cr, env.company)
    cr.execute(
        SQL(
            """INSERT INTO account_partial_reconcile
                      (debit_move_id, credit_move_id, amount, debit_amount_currency,
                       credit_amount_currency, debit_currency_id, credit_currency_id,
                       company_id, max_date)
               SELECT d.id, c.id, d.balance, d.balance, d.balance, %(currency)s,
                      %(currency)s, %(company)s, c.date
                 FROM account_move_line d
                 JOIN account_move_line c
                   ON c.move_name = 'BPAY/' || substr(d.move_name, 6)
                  AND c.account_id = d.account_id
                WHERE d.move_name LIKE 'BINV/%%' AND d.reconciled""",
            currency=env.company.currency_id.id,
            company=env.company.id,
        )
    )
    seed.vacuum(cr)
