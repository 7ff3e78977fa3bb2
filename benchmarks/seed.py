"""Fills a database set-based: customers, imported purchases, invoices, orders.

What is written is what Odoo would have stored, as far as anything here reads it. Rows
lie on disk in the order in which a business would have made them: by date, customers
mixed. The random numbers are the same in every run.
"""

import contextlib

from odoo.tools import SQL

from benchmarks.shapes import ORDER, ORDER_LINE, PERSON

DAYS = 3 * 365
# Columns of most tables.
STAMPS = {
    "create_date": "now() AT TIME ZONE 'UTC'",
    "write_date": "now() AT TIME ZONE 'UTC'",
    "create_uid": "1",
    "write_uid": "1",
}


def insert(cr, table: str, source: str, columns: dict[str, str], /, **values) -> None:
    """Run INSERT ... SELECT; ``columns`` are SQL expressions by column name.

    Columns of modules that are not installed are left out.
    """
    cr.execute(
        SQL(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s",
            table,
        )
    )
    known = {name for (name,) in cr.fetchall()}
    columns = {k: v for k, v in {**columns, **STAMPS}.items() if k in known}
    select = ", ".join(f"{text} AS {name}" for name, text in columns.items())
    statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {select} {source}"
    cr.execute(SQL(statement, **values))
    # The next step joins this table: without statistics it would take hours.
    cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


@contextlib.contextmanager
def without_indexes(cr, *tables: str):
    """Build the indexes that guard nothing after the rows: several times faster."""
    cr.execute(
        SQL(
            """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
                 FROM pg_index i WHERE i.indrelid = ANY(%s::regclass[])
                  AND NOT i.indisunique""",
            list(tables),
        )
    )
    indexes = cr.fetchall()
    for name, _definition in indexes:
        cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
    yield
    for _name, definition in indexes:
        cr.execute(definition)


def vacuum(cr) -> None:
    """Settle statistics and visibility of all tables, as a quiet night would."""
    cr.commit()
    cr._cnx.autocommit = True
    try:
        cr.execute("VACUUM ANALYZE")
    finally:
        cr._cnx.autocommit = False


def customers(cr, count: int) -> None:
    """Add customers, a third of them firms; some of these buy through a contact.

    ``bench_buyer(n, partner_id, customer_id)`` names who buys for customer ``n``.
    """
    insert(
        cr, "res_partner", "FROM generate_series(1, %(count)s) n", PERSON, count=count
    )
    cr.execute(
        """UPDATE res_partner SET commercial_partner_id = id
            WHERE ref LIKE 'bench%' AND commercial_partner_id IS NULL"""
    )
    contact = {
        **PERSON,
        "name": "'Bench contact ' || n",
        "complete_name": "f.complete_name || ', Bench contact ' || n",
        "is_company": "FALSE",
        "parent_id": "f.id",
        "commercial_partner_id": "f.id",
        "ref": "'contact' || n",
    }
    firms = """FROM (SELECT id, complete_name, substr(ref, 6)::int AS n
                       FROM res_partner WHERE ref LIKE 'bench%%') f WHERE n %% 15 = 3"""
    insert(cr, "res_partner", firms, contact)
    cr.execute(
        """CREATE TABLE bench_buyer AS
           SELECT substr(p.ref, 6)::int AS n, COALESCE(c.id, p.id) AS partner_id,
                  p.id AS customer_id
             FROM res_partner p
        LEFT JOIN res_partner c ON c.parent_id = p.id
            WHERE p.ref LIKE 'bench%';
           ALTER TABLE bench_buyer ADD PRIMARY KEY (n)"""
    )


def sales(cr, count: int, rows: int) -> None:
    """Draw ``bench_sale``: who bought what, when, and whether it was paid.

    Everybody buys at least once, a few very often; amounts are skewed.
    """
    cr.execute(SQL("SELECT setseed(0.4711)"))
    cr.execute(
        SQL(
            """CREATE TABLE bench_sale AS
    WITH drawn AS (
        SELECT i, CASE WHEN i %% %(step)s = 0
                       THEN 1 + (i / %(step)s * 7919::bigint %% %(count)s)::int
                       ELSE 1 + floor(%(count)s * power(random(), 2))::int END AS n,
               CURRENT_DATE - (%(days)s * (1 - i::float / %(rows)s))::int AS day,
               round((20 * exp(4.4 * random() * random()))::numeric, 2) AS amount,
               i %% 40 = 9 AS refund, random() AS luck
          FROM generate_series(1, %(rows)s) i
    )
    SELECT d.*, CASE WHEN refund THEN -amount ELSE amount END AS signed,
           CASE WHEN luck < 0.9 AND day < CURRENT_DATE - 30 THEN 0
                WHEN luck > 0.97 THEN round(amount / 2, 2) ELSE amount END AS residual,
           b.partner_id, b.customer_id
      FROM drawn d JOIN bench_buyer b USING (n) ORDER BY i;
    ALTER TABLE bench_sale ADD PRIMARY KEY (i)""",
            step=rows // count,
            count=count,
            days=DAYS,
            rows=rows,
        )
    )


def purchases(cr, company) -> None:
    """Import the drawn sales as purchases from another system."""
    cr.execute(
        SQL(
            """INSERT INTO crm_purchase_source (name, code, company_id, active)
               VALUES ('Bench', 'bench', %s, TRUE) RETURNING id""",
            company.id,
        )
    )
    [source] = cr.fetchone()
    insert(
        cr,
        "crm_purchase_history",
        "FROM bench_sale ORDER BY i",
        {
            "company_id": "%(company)s",
            "source_id": "%(source)s",
            "external_ref": "'B' || i",
            "partner_id": "partner_id",
            "date": "day",
            "state": "CASE WHEN i %% 50 = 7 THEN 'cancelled' ELSE 'done' END",
            "currency_id": "%(currency)s",
            "amount_untaxed": "signed",
            "amount_company": "signed",
            "currency_rate": "1",
        },
        company=company.id,
        source=source,
        currency=company.currency_id.id,
    )


def _accounts(cr, company) -> dict[str, int]:
    """Return the ids of journals and accounts to book on."""
    env = company.env
    journal = env["account.journal"].with_company(company)
    account = env["account.account"].with_company(company)
    mine = ("company_id", "=", company.id)
    found = {
        "company": company,
        "currency": company.currency_id,
        "sale": journal.search([("type", "=", "sale"), mine], limit=1),
        "bank": journal.search([("type", "=", "bank"), mine], limit=1),
    }
    kinds = {"income": "income", "cash": "asset_cash", "debt": "asset_receivable"}
    for name, kind in kinds.items():
        found[name] = account.search(
            [("account_type", "=", kind), ("company_ids", "in", company.ids)], limit=1
        )
    return {name: record.id for name, record in found.items()}


MOVE = {
    "company_id": "%(company)s",
    "currency_id": "%(currency)s",
    "state": "'posted'",
    "auto_post": "'no'",
    "partner_id": "partner_id",
    "commercial_partner_id": "customer_id",
    "amount_tax": "0",
    "amount_total": "amount",
    "checked": "TRUE",
    "posted_before": "TRUE",
}
LINE = {
    "company_id": "%(company)s",
    "company_currency_id": "%(currency)s",
    "currency_id": "%(currency)s",
    "partner_id": "s.partner_id",
    "parent_state": "'posted'",
    "quantity": "1",
    "price_unit": "amount",
    "discount": "0",
    "no_followup": "FALSE",
    "move_id": "m.id",
    "journal_id": "m.journal_id",
    "move_name": "m.name",
    "name": "m.name",
    "date": "m.date",
}


def _line(account: str, balance: str, kind: str, **more: str) -> dict[str, str]:
    """Return the columns of a journal item with a balance."""
    return {
        **LINE,
        "account_id": account,
        "balance": balance,
        "amount_currency": balance,
        "debit": f"GREATEST({balance}, 0)",
        "credit": f"GREATEST(-({balance}), 0)",
        "display_type": f"'{kind}'",
        "price_subtotal": "amount",
        **more,
    }


def invoices(cr, company) -> None:
    """Post the drawn sales as invoices and credit notes; most have been paid."""
    ids = _accounts(cr, company)
    invoice = {
        **MOVE,
        "journal_id": "%(sale)s",
        "name": "'BINV/' || i",
        "sequence_prefix": "'BINV/'",
        "sequence_number": "i",
        "move_type": "CASE WHEN refund THEN 'out_refund' ELSE 'out_invoice' END",
        "date": "day",
        "invoice_date": "day",
        "invoice_date_due": "day + 30",
        "payment_state": "CASE WHEN residual = 0 THEN 'paid' ELSE 'not_paid' END",
        "amount_untaxed": "amount",
        "amount_untaxed_signed": "signed",
        "amount_untaxed_in_currency_signed": "signed",
        "amount_total_signed": "signed",
        "amount_total_in_currency_signed": "signed",
        "amount_residual": "residual",
        "amount_residual_signed": "sign(signed) * residual",
        "invoice_currency_rate": "1",
    }
    insert(cr, "account_move", "FROM bench_sale ORDER BY i", invoice, **ids)
    # The two items of an invoice lie side by side, as Odoo writes them.
    booked = """FROM (SELECT * FROM bench_sale, (VALUES (1), (2)) side(k)) s
                JOIN account_move m ON m.name = 'BINV/' || s.i ORDER BY s.i, s.k"""
    owed = "CASE k WHEN 2 THEN sign(signed) * residual ELSE 0 END"
    item = _line(
        "CASE k WHEN 1 THEN %(income)s ELSE %(debt)s END",
        "CASE k WHEN 1 THEN -signed ELSE signed END",
        "product",
        display_type="CASE k WHEN 1 THEN 'product' ELSE 'payment_term' END",
        date_maturity="CASE k WHEN 2 THEN s.day + 30 END",
        amount_residual=owed,
        amount_residual_currency=owed,
        reconciled="k = 2 AND residual = 0",
    )
    insert(cr, "account_move_line", booked, item, **ids)


def payments(cr, company) -> None:
    """Book the money that came in for the invoices, reconciled."""
    ids = _accounts(cr, company)
    entry = {
        **MOVE,
        "journal_id": "%(bank)s",
        "name": "'BPAY/' || i",
        "sequence_prefix": "'BPAY/'",
        "sequence_number": "i",
        "move_type": "'entry'",
        "date": "day + 20",
        "payment_state": "'not_paid'",
        "amount_untaxed_signed": "0",
        "amount_total_signed": "amount",
    }
    paid = "FROM bench_sale WHERE residual = 0 ORDER BY i"
    insert(cr, "account_move", paid, entry, **ids)
    booked = """FROM (SELECT * FROM bench_sale, (VALUES (1), (2)) side(k)) s
                JOIN account_move m ON m.name = 'BPAY/' || s.i ORDER BY s.i, s.k"""
    item = _line(
        "CASE k WHEN 1 THEN %(cash)s ELSE %(debt)s END",
        "CASE k WHEN 1 THEN signed ELSE -signed END",
        "product",
        date_maturity="m.date",
        amount_residual="0",
        amount_residual_currency="0",
        reconciled="k = 2",
    )
    insert(cr, "account_move_line", booked, item, **ids)


def orders(cr, company) -> None:
    """Add the confirmed orders the invoices came from; one in five is not invoiced.

    In one order of twenty somebody else pays: the order's buyer is another customer
    than the invoice's.
    """
    ids = _accounts(cr, company)
    buyers = """FROM bench_sale s
           LEFT JOIN bench_buyer b ON s.i %% 20 = 0 AND b.n = 1 + s.i %% 1000
               WHERE NOT s.refund ORDER BY s.i"""
    insert(cr, "sale_order", buyers, ORDER, **ids)
    booked = "FROM sale_order o WHERE o.name LIKE 'BSO%%' ORDER BY o.id"
    insert(cr, "sale_order_line", booked, ORDER_LINE)
    cr.execute(
        """INSERT INTO sale_order_line_invoice_rel (order_line_id, invoice_line_id)
           SELECT l.id, i.id
             FROM sale_order o
             JOIN sale_order_line l ON l.order_id = o.id
             JOIN account_move m ON m.name = 'BINV/' || substr(o.name, 4)
             JOIN account_move_line i
               ON i.move_id = m.id AND i.display_type = 'product'
            WHERE o.name LIKE 'BSO%' AND o.invoice_status = 'invoiced'"""
    )


def messages(cr, company, rows: int, partner_id: int, mine: int) -> None:
    """Add messages on customers, ``mine`` of them on one partner."""
    reader = company.env["mail.message.subtype"].search([("name", "=", "Discussions")])
    insert(
        cr,
        "mail_message",
        """FROM (SELECT i, CASE WHEN i <= %(mine)s THEN %(partner)s
                               ELSE (SELECT partner_id FROM bench_buyer
                                      WHERE n = 1 + i %% 90000) END AS partner_id
                  FROM generate_series(1, %(rows)s) i) m""",
        {
            "message_type": "'comment'",
            "subtype_id": "%(subtype)s",
            "model": "'res.partner'",
            "res_id": "m.partner_id",
            "author_id": "(SELECT partner_id FROM res_users WHERE id = 2)",
            "subject": "'Bench ' || i",
            "body": "'<p>Bench</p>'",
            "date": "now() AT TIME ZONE 'UTC' - i * interval '1 minute'",
            "message_id": "'<bench' || i || '@example.com>'",
            "is_internal": "FALSE",
        },
        rows=rows,
        partner=partner_id,
        mine=mine,
        subtype=reader[:1].id,
    )
