"""Promises, holds and reminders of the customers of the receivables' benchmark."""

from odoo.tools import SQL

from . import seed

OWN = {"company_id": "%(company)s", "currency_id": "%(currency)s"}
PROMISE = {
    **OWN,
    "partner_id": "customer_id",
    "user_id": "1",
    "date_made": "CURRENT_DATE - 20",
    "date": "CURRENT_DATE + 5 - n %% 2 * 10",
    "last_date": "CURRENT_DATE + 5 - n %% 2 * 10",
    "amount": "100",
    # A quarter is about a part of the debt: what it holds is summed up.
    "owed_before": "CASE n %% 4 WHEN 0 THEN 900 ELSE 100 END",
    "state": "CASE n %% 2 WHEN 0 THEN 'open' ELSE 'broken' END",
    "judged_date": "CASE n %% 2 WHEN 1 THEN CURRENT_DATE - 4 END",
}
HOLD = {
    "company_id": "%(company)s",
    "root_company_id": "%(company)s",
    "partner_id": "customer_id",
    "user_id": "1",
    "reason": "'dispute'",
    "state": "'active'",
    "whole_customer": "n %% 2 = 0",
}
RUN = {
    "company_id": "%(company)s",
    "date": "CURRENT_DATE - 3",
    "user_id": "1",
    "state": "'confirmed'",
}
REMINDER = {
    **OWN,
    "run_id": "(SELECT MAX(id) FROM crm_reminder_run)",
    "date": "CURRENT_DATE - 3",
    "partner_id": "customer_id",
    "recipient_id": "customer_id",
    "level_id": "%(level)s",
    "channel_id": "%(channel)s",
    "amount": "100",
    "state": "'sent'",
}
ITEM = {
    **OWN,
    "reminder_id": "w.id",
    "line_id": "l.id",
    "line_key": "l.id",
    "level_id": "%(level)s",
    "rank": "%(rank)s",
    "date": "w.date",
    "due": "l.date_maturity",
    "amount": "l.amount_residual",
    "live": "TRUE",
}
SOME = "FROM bench_buyer WHERE n %% {} = {} ORDER BY n"
ASKED = """FROM crm_reminder w
           JOIN res_partner p ON p.commercial_partner_id = w.partner_id
           JOIN account_move_line l ON l.partner_id = p.id
           JOIN account_account a ON a.id = l.account_id
          WHERE a.account_type = 'asset_receivable' AND NOT l.reconciled"""
LINES = """INSERT INTO %s (%s, line_id)
           SELECT x.id, l.id FROM %s x
             JOIN res_partner p ON p.commercial_partner_id = x.partner_id
             JOIN account_move_line l ON l.partner_id = p.id
             JOIN account_account a ON a.id = l.account_id
            WHERE a.account_type = 'asset_receivable' AND NOT l.reconciled
              AND (to_jsonb(x) ->> 'whole_customer') IS DISTINCT FROM 'true'"""


def seed_collection(env) -> None:
    """Add profiles, promises (running and broken), holds and a run of reminders."""
    cr, company = env.cr, env.company
    metrics = env["crm.customer.metrics"]
    metrics._write_profiles(metrics._everybody_scope(company))
    ids = {"company": company.id, "currency": company.currency_id.id}
    seed.insert(cr, "crm_payment_promise", SOME.format(9, 4), PROMISE, **ids)
    whole = {**HOLD, "whole_customer": "TRUE"}
    seed.insert(cr, "crm_collection_block", SOME.format(40, 7), HOLD, **ids)
    seed.insert(cr, "crm_collection_block", SOME.format(40, 20), whole, **ids)
    for table, column, source in (
        ("crm_payment_promise_line_rel", "promise_id", "crm_payment_promise"),
        ("crm_collection_block_line_rel", "block_id", "crm_collection_block"),
    ):
        cr.execute(SQL(LINES, *map(SQL.identifier, (table, column, source))))
    _reminders(env, ids)
    seed.vacuum(cr)


def _reminders(env, ids) -> None:
    """Remind every second customer of all it owes."""
    level = env["crm.dunning.level"].sudo()._create_usual(env.company)[0]
    ids |= {"level": level.id, "channel": level.channel_id.id, "rank": level.days}
    seed.insert(env.cr, "crm_reminder_run", "", RUN, **ids)
    half = "FROM bench_buyer WHERE n %% 2 = 0 ORDER BY n"
    seed.insert(env.cr, "crm_reminder", half, REMINDER, **ids)
    seed.insert(env.cr, "crm_reminder_item", ASKED, ITEM, **ids)
