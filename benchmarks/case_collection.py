"""The collector's list, and orders from ordered to paid: lists over whole books."""

from odoo import api
from odoo.tools import SQL

from . import seed
from .stopwatch import Book, clock, rounds

ROUNDS = 5
CASES = ("customer_id", "status", "to_ask", "overdue", "days_late", "promise_date")
CASES += ("broken_count", "reminder_date", "last_contact_date", "next_date", "phone")
ITEMS = ("customer_id", "move_id", "due", "days_late", "amount", "value", "hold")
ITEMS += ("level_id", "reminder_date")
ORDERS = ("date_order", "order_id", "partner_id", "ordered", "delivered_percent")
ORDERS += ("billed_percent", "received_percent", "delivered_not_billed")
ORDERS += ("paid_not_delivered", "billed_not_paid")
LATE = [("days_late", ">", 0), ("amount", ">", 0)]
TO_DO = [("status", "in", ("broken", "overdue"))]


def measure(env, book: Book) -> None:
    """Ask what the screens ask, as a collector with rules."""
    _seed(env)
    env = _collector(env)
    cases, items = env["crm.collection.customer"], env["crm.collection.item"]
    cash = env["crm.order.cash"]
    one = cases.search(TO_DO, limit=1)
    ledger = env["crm.collection.ledger"].sudo()
    found = rounds(
        ROUNDS,
        sql=lambda: _page(env, lambda: cases.search(TO_DO, limit=80)),
        cases=lambda: _page(env, lambda: _list(cases, TO_DO, CASES)),
        status=lambda: _page(
            env,
            lambda: cases.formatted_read_group([], ["status"], ["overdue:sum"]),
        ),
        one=lambda: _page(env, lambda: _form(cases.browse(one.id))),
        opens=lambda: _page(
            env, lambda: ledger._opens(env.company, one.customer_id.ids)
        ),
        items=lambda: _page(env, lambda: _list(items, LATE, ITEMS)),
        propose=lambda: _page(env, lambda: ledger._opens(env.company)),
        cash=lambda: _page(
            env, lambda: _list(cash, [("date_order", ">=", "-12m")], ORDERS)
        ),
        unbilled=lambda: _page(
            env, lambda: _list(cash, [("delivered_not_billed", ">", 0.005)], ORDERS)
        ),
        undelivered=lambda: _page(
            env, lambda: _list(cash, [("paid_not_delivered", ">", 0.005)], ORDERS)
        ),
    )
    book.timed("the collector's list: its query", found["sql"])
    book.timed("the collector's list: the screen, 80 rows", found["cases"])
    book.timed("the collector's list grouped by status", found["status"])
    book.timed("one customer to collect from: the screen", found["one"])
    book.timed("one customer's open items with holds", found["opens"])
    book.timed("items to collect: the screen, 80 rows", found["items"])
    book.timed("everybody's open items with holds, for a run", found["propose"])
    book.timed("order to cash, 12 months: the screen, 80 rows", found["cash"])
    book.timed("delivered, not billed: the screen, 80 rows", found["unbilled"])
    book.timed("paid, not delivered: the screen, 80 rows", found["undelivered"])


def _collector(env):
    user = env["res.users"].create(
        {
            "name": "Bench collector",
            "login": "bench",
            "company_id": env.company.id,
            "company_ids": [(6, 0, env.company.ids)],
            "group_ids": [
                (4, env.ref("crm_receivables.group_collector").id),
                (4, env.ref("account.group_account_invoice").id),
            ],
        }
    )
    env.cr.commit()
    context = {"allowed_company_ids": env.company.ids, "lang": "en_US"}
    return api.Environment(env.cr, user.id, context)


def _page(env, function) -> float:
    """Return the seconds of a call with nothing of earlier calls remembered."""
    env.invalidate_all()
    return clock(function)


def _fields(model, names) -> dict:
    """Return what the web client asks for these columns."""
    return {
        name: {"fields": {"display_name": {}}}
        if model._fields[name].type == "many2one"
        else {}
        for name in names
    }


def _list(model, domain, names) -> None:
    model.web_search_read(domain, _fields(model, names), limit=80, count_limit=10_001)


def _form(case) -> None:
    items = {"fields": _fields(case.item_ids, ITEMS)}
    case.web_read({**_fields(case, CASES), "item_ids": items})


def _seed(env) -> None:
    """Add profiles, promises (running and broken), holds and a run of reminders."""
    cr, company = env.cr, env.company
    metrics = env["crm.customer.metrics"]
    metrics._write_profiles(metrics._everybody_scope(company))
    ids = {"company": company.id, "currency": company.currency_id.id}
    promise = {
        "company_id": "%(company)s",
        "currency_id": "%(currency)s",
        "partner_id": "customer_id",
        "user_id": "1",
        "date_made": "CURRENT_DATE - 20",
        "date": "CURRENT_DATE + 5 - n %% 2 * 10",
        "last_date": "CURRENT_DATE + 5 - n %% 2 * 10",
        "amount": "100",
        "state": "CASE n %% 2 WHEN 0 THEN 'open' ELSE 'broken' END",
        "judged_date": "CASE n %% 2 WHEN 1 THEN CURRENT_DATE - 4 END",
    }
    some = "FROM bench_buyer WHERE n %% {} = {} ORDER BY n"
    insert = seed.insert
    insert(cr, "crm_payment_promise", some.format(9, 4), promise, **ids)
    hold = {
        "company_id": "%(company)s",
        "root_company_id": "%(company)s",
        "partner_id": "customer_id",
        "user_id": "1",
        "reason": "'dispute'",
        "state": "'active'",
        "whole_customer": "n %% 2 = 0",
    }
    insert(cr, "crm_collection_block", some.format(40, 7), hold, **ids)
    insert(
        cr,
        "crm_collection_block",
        some.format(40, 20),
        {**hold, "whole_customer": "TRUE"},
        **ids,
    )
    for table, column, source in (
        ("crm_payment_promise_line_rel", "promise_id", "crm_payment_promise"),
        ("crm_collection_block_line_rel", "block_id", "crm_collection_block"),
    ):
        cr.execute(
            SQL(
                """INSERT INTO %s (%s, line_id)
                   SELECT x.id, l.id FROM %s x
                     JOIN res_partner p ON p.commercial_partner_id = x.partner_id
                     JOIN account_move_line l ON l.partner_id = p.id
                     JOIN account_account a ON a.id = l.account_id
                    WHERE a.account_type = 'asset_receivable' AND NOT l.reconciled
                      AND (to_jsonb(x) ->> 'whole_customer') IS DISTINCT FROM 'true'
                   """,
                SQL.identifier(table),
                SQL.identifier(column),
                SQL.identifier(source),
            )
        )
    _reminders(env, ids)
    seed.vacuum(cr)


def _reminders(env, ids) -> None:
    """Remind every second customer of all it owes."""
    cr = env.cr
    level = env["crm.dunning.level"].sudo()._create_usual(env.company)[0]
    ids |= {"level": level.id, "channel": level.channel_id.id, "rank": level.days}
    run = {
        "company_id": "%(company)s",
        "date": "CURRENT_DATE - 3",
        "user_id": "1",
        "state": "'confirmed'",
    }
    seed.insert(cr, "crm_reminder_run", "", run, **ids)
    reminder = {
        "run_id": "(SELECT MAX(id) FROM crm_reminder_run)",
        "company_id": "%(company)s",
        "currency_id": "%(currency)s",
        "date": "CURRENT_DATE - 3",
        "partner_id": "customer_id",
        "recipient_id": "customer_id",
        "level_id": "%(level)s",
        "channel_id": "%(channel)s",
        "amount": "100",
        "state": "'sent'",
    }
    half = "FROM bench_buyer WHERE n %% 2 = 0 ORDER BY n"
    seed.insert(cr, "crm_reminder", half, reminder, **ids)
    item = {
        "reminder_id": "w.id",
        "company_id": "%(company)s",
        "currency_id": "%(currency)s",
        "line_id": "l.id",
        "line_key": "l.id",
        "level_id": "%(level)s",
        "rank": "%(rank)s",
        "date": "w.date",
        "due": "l.date_maturity",
        "amount": "l.amount_residual",
        "live": "TRUE",
    }
    asked = """FROM crm_reminder w
               JOIN res_partner p ON p.commercial_partner_id = w.partner_id
               JOIN account_move_line l ON l.partner_id = p.id
               JOIN account_account a ON a.id = l.account_id
              WHERE a.account_type = 'asset_receivable' AND NOT l.reconciled"""
    seed.insert(cr, "crm_reminder_item", asked, item, **ids)
