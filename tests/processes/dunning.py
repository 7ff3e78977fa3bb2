"""What the tests of reminders build on: customers with an overdue invoice each, a
confirmed run, and people who pay in processes of their own."""

import time

from . import outbox

SEED = """
def main(env, port, customers):
    from datetime import timedelta
    port, customers = int(port), int(customers)
    env["res.company"].search([]).write({"crm_tz": "UTC"})
    company = env["account.journal"].search([("type", "=", "sale")], limit=1).company_id
    env = env(context=dict(env.context, allowed_company_ids=company.ids))
    company = company.with_env(env)
    domain = env["mail.alias.domain"].search([], limit=1) or env[
        "mail.alias.domain"].create({"name": "ground.example"})
    company.write({"alias_domain_id": domain.id, "email": "office@ground.example"})
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create(
        {"name": "Ground", "smtp_host": "127.0.0.1", "smtp_port": port})
    env["crm.send.lane"].search([]).write({"breaker_errors": 100000})
    for cron in ("crm_relationship.ir_cron_refresh", "crm_receivables.ir_cron_collect"):
        env.ref(cron).active = False
    env.cr.execute("DELETE FROM crm_outbox")
    partners = env["res.partner"].create([
        {"name": f"Debtor {n}", "email": f"debtor{n}@customer.example",
         "is_company": True} for n in range(customers)])
    today = env["crm.collection.ledger"]._today(company)
    day = today - timedelta(days=10)
    invoices = env["account.move"].create([
        {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": day,
         "invoice_date_due": day, "invoice_payment_term_id": False,
         "company_id": company.id,
         "invoice_line_ids": [(0, 0, {"name": "Goods", "quantity": 1,
                                      "price_unit": 100 + number, "tax_ids": False})]}
        for number, partner in enumerate(partners)])
    invoices.action_post()
    run = env["crm.reminder.run"].create({"company_id": company.id, "date": today})
    planner = env["crm.reminder.planner"]
    planner._propose(run)
    # Odoo's demo customers owe something, too.
    run.reminder_ids.filtered(lambda r: r.partner_id not in partners).unlink()
    planner._confirm(run)
    env.cr.commit()
    print(run.id)
"""
PAY = """
import time


def main(env, pause, *partners):
    for partner in [int(p) for p in partners]:
        for attempt in range(20):
            try:
                pay(env, partner)
                env.cr.commit()
                break
            except Exception:
                env.cr.rollback()
                env.clear()
                if attempt == 19:
                    raise
        print(partner, time.monotonic(), flush=True)
        time.sleep(float(pause))


def pay(env, partner):
    lines = env["account.move.line"].search([
        ("partner_id", "=", partner), ("account_type", "=", "asset_receivable"),
        ("parent_state", "=", "posted"), ("reconciled", "=", False)])
    company = lines.company_id
    env = env(context={"allowed_company_ids": company.ids,
                       "active_model": "account.move",
                       "active_ids": lines.move_id.ids})
    journal = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
    wizard = env["account.payment.register"].create({"journal_id": journal.id})
    wizard._create_payments()
"""
AGAIN = """
def main(env, run_id):
    run = env["crm.reminder.run"].browse(int(run_id))
    again = run.copy({"state": "draft"})
    env["crm.reminder.planner"]._propose(again)
    mine = again.reminder_ids.filtered(
        lambda r: r.partner_id.name.startswith("Debtor "))
    (again.reminder_ids - mine).unlink()
    if again.reminder_ids:
        env["crm.reminder.planner"]._confirm(again)
    env.cr.commit()
    print(*mine.partner_id.ids)
"""
STATES = """SELECT r.partner_id, o.state FROM crm_outbox o
              JOIN crm_reminder r ON r.id = o.origin_key
             WHERE o.origin_model = 'crm.reminder'"""


def seed(suite, database, smtp, customers: int) -> int:
    """Make customers who owe something and a confirmed run; return the run's id."""
    printed = suite.run(database, SEED, smtp.port, customers)
    outbox.lease(suite, database, 2)
    # Small batches: a dead sender keeps few of them waiting.
    suite.sql(database, "UPDATE crm_send_lane SET batch_size = 5")
    return int(printed.split()[-1])


def states(suite, database) -> dict[int, str]:
    """Return the state of the message to each customer."""
    return dict(suite.sql(database, STATES))


def pay(suite, database, partners, pause: float = 0.0) -> dict[int, float]:
    """Let customers pay, each in a transaction of its own, in another process; return
    when each payment was committed (monotonic)."""
    printed = suite.run(database, PAY, str(pause), *map(str, partners))
    rows = [line.split() for line in printed.splitlines() if line.strip()]
    return {int(partner): float(when) for partner, when in rows}


def again(suite, database, run_id: int) -> list[int]:
    """Propose and confirm once more; return who would be reminded again."""
    return [int(p) for p in suite.run(database, AGAIN, str(run_id)).split()]


def addresses(suite, database) -> dict[str, int]:
    """Return the customers by address."""
    return dict(
        suite.sql(
            database,
            "SELECT email, id FROM res_partner WHERE name LIKE 'Debtor %%'",
        )
    )


def mailed(suite, database, smtp) -> dict[int, list[float]]:
    """Return when (monotonic) a mail to each customer was taken."""
    known = addresses(suite, database)
    found: dict[int, list[float]] = {}
    for taken in smtp.taken:
        for recipient in taken.recipients:
            if partner := known.get(recipient):
                found.setdefault(partner, []).append(taken.when)
    return found


def wait_done(suite, database, seconds: float = 120) -> None:
    """Return when no reminder waits or is being sent any more."""
    end = time.monotonic() + seconds
    while set(states(suite, database).values()) & set(outbox.OPEN_STATES):
        assert time.monotonic() < end, states(suite, database)
        time.sleep(0.1)
