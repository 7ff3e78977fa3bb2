"""Two payments of one order at the same moment: its plan knows both."""

SEED = """
def main(env):
    env["res.company"].search([]).write({"crm_tz": "UTC"})
    journal = env["account.journal"].search([("type", "=", "sale")], limit=1)
    env = env(context=dict(env.context, allowed_company_ids=journal.company_id.ids))
    term = env["account.payment.term"].create({"name": "In parts", "line_ids": [
        (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days})
        for days in (0, 30)]})
    partner = env["res.partner"].create({"name": "Pays twice", "is_company": True})
    product = env["product.product"].create(
        {"name": "Work", "type": "service", "invoice_policy": "order"})
    order = env["sale.order"].create({
        "partner_id": partner.id, "company_id": journal.company_id.id,
        "payment_term_id": term.id,
        "order_line": [(0, 0, {"product_id": product.id, "price_unit": 1000,
                               "tax_ids": False})]})
    order.action_confirm()
    env.cr.commit()
    lines = env["crm.payment.plan.line"].search([("order_id", "=", order.id)])
    for line in lines:
        line.action_invoice()
        line.invoice_ids.action_post()
    tills = env["account.journal"].create([
        {"name": code, "code": code, "type": "cash",
         "company_id": journal.company_id.id} for code in ("TILL1", "TILL2")])
    env.cr.commit()
    print(order.id, *lines.invoice_ids.ids, *tills.ids)
"""
# Both have paid before either commits, so neither sees the other's payment. Different
# journals: the number of the payment is not what they meet on.
PAY = """
import threading
import psycopg2
from odoo import api


def main(env, *ids):
    both = threading.Barrier(2, timeout=60)
    one, other, till, other_till = map(int, ids)
    jobs = [(one, till), (other, other_till)]
    env.cr.commit()
    failed = []

    def work(invoice, journal):
        try:
            print(invoice, pay(env.registry, env.uid, invoice, journal, both))
        except Exception as error:
            failed.append(error)
            both.abort()

    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def pay(registry, uid, invoice, journal, both):
    for attempt in range(20):
        with registry.cursor() as cr:
            try:
                register(api.Environment(cr, uid, {}), invoice, journal)
                if attempt == 0:
                    both.wait()
                cr.commit()
                return attempt
            except (psycopg2.errors.SerializationFailure,
                    psycopg2.errors.DeadlockDetected):
                cr.rollback()
    raise AssertionError("never committed")


def register(env, invoice, journal):
    move = env["account.move"].browse(invoice)
    wizard = env["account.payment.register"].with_context(
        allowed_company_ids=move.company_id.ids,
        active_model="account.move", active_ids=move.ids)
    wizard.create({"journal_id": journal})._create_payments()
    env.flush_all()
"""


def test_both_payments_are_in_the_plan(suite, database):
    order, *ids = suite.run(database, SEED).split()
    attempts = suite.run(database, PAY, *ids).split()[1::2]
    # One of them met the other one, and did it again.
    assert sorted(attempts)[0] == "0" and sorted(attempts)[1] != "0", attempts
    plans = suite.sql(
        database,
        "SELECT paid_amount, open_amount FROM crm_payment_plan WHERE order_id = %s",
        [int(order)],
    )
    assert plans == [(1000, 0)]
    lines = suite.sql(
        database,
        "SELECT paid_amount, settlement FROM crm_payment_plan_line WHERE order_id = %s",
        [int(order)],
    )
    assert lines == [(500, "paid")] * 2
    receipts = suite.sql(
        database,
        "SELECT SUM(r.amount) FROM crm_payment_plan_receipt r "
        "JOIN crm_payment_plan p ON p.id = r.plan_id WHERE p.order_id = %s",
        [int(order)],
    )
    assert receipts == [(1000,)]
