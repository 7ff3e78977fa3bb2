"""Demo data from order to cash: plans, late payments, promises, holds, reminders.

Made as the people do it whose part it is. Nothing leaves: see ``demo_work``.
"""

from datetime import date, timedelta
from typing import NamedTuple

import demo_work
from demo_work import ACME, AZURE, FIRMS, GEMINI, READY_MAT

from odoo import Command, fields

LUMBER, DECO, GENERAL = f"{FIRMS}18", f"{FIRMS}5", f"{FIRMS}6"


class Deal(NamedTuple):
    """An order of the demo, and how far it has come.

    :param ago: days since it was ordered
    :param paid: share of the invoice that was paid, as money
    :param late: days the money came after the due date
    :param shipped: days after the order the goods left; None: they are still here
    """

    firm: str
    amount: float
    ago: int
    paid: float = 1.0
    late: int = 0
    shipped: int | None = 5


DEALS = (
    Deal(ACME, 4200, 170),
    Deal(ACME, 3900, 110, late=3),
    Deal(ACME, 5100, 62, paid=0.0),
    Deal(GEMINI, 2600, 150, late=21),
    Deal(GEMINI, 3100, 95, paid=0.4, shipped=16),
    Deal(GEMINI, 1900, 48, paid=0.0),
    Deal(AZURE, 7400, 140, late=12),
    Deal(AZURE, 8200, 80, paid=0.0, shipped=20),
    Deal(DECO, 1250, 75, paid=0.0),
    Deal(DECO, 990, 40, paid=0.0),
    Deal(GENERAL, 2050, 130, late=-4),
    Deal(GENERAL, 2300, 55, paid=0.0),
    Deal(LUMBER, 6400, 90, late=30),
    Deal(LUMBER, 5800, 9, paid=0.0, shipped=None),
)
TERM_DAYS = 30
ANSWER = "We never got the invoice of last month. Please send it once more."
# A machine delivered and paid in three steps.
STEPS = (("On signature", 30.0), ("On delivery", 50.0), ("On acceptance", 20.0))


def fill(env, background_work) -> None:
    """Let orders have gone to cash, or not; a second time does nothing.

    :param background_work: runs our crons
    """
    if env["crm.payment.plan"].search_count([], limit=1):
        return
    product = _product(env)
    _stock(env, product)
    for deal in DEALS:
        _go_through(env, deal, product)
    env.cr.commit()
    for step in (_milestones, _term_plan, _abroad, _promises, _hold):
        step(env, product)
        env.cr.commit()
    background_work(env)  # what became overdue, and the figures
    _reminders(env)
    background_work(env)


def _as(env, records, login: str):
    return records.with_user(demo_work.user(env, login))


def _product(env):
    return env["product.product"].create(
        {
            "name": "Listening station",
            "type": "consu",
            "is_storable": True,
            "invoice_policy": "delivery",
            "list_price": 100.0,
            "standard_price": 61.0,
        }
    )


def _stock(env, product) -> None:
    """Enough to ship, and nobody is told of it by text message: nothing leaves."""
    if "stock_text_confirmation" in env.company._fields:
        env.company.stock_text_confirmation = False
    place = (
        env["stock.warehouse"]
        .search([("company_id", "=", env.company.id)], limit=1)
        .lot_stock_id
    )
    env["stock.quant"]._update_available_quantity(product, place, 2000)


# ---- orders -------------------------------------------------------------------------


def _order(env, firm: str, product, amount: float, ago: int, **values):
    """Return a confirmed order of so many days ago."""
    seller = demo_work.user(env, "salesperson")
    order = env["sale.order"].create(
        {
            "partner_id": env.ref(firm).id,
            "user_id": seller.id,
            "payment_term_id": env.ref("account.account_payment_term_30days").id,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": 10,
                        "price_unit": amount / 10,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
            **values,
        }
    )
    order.action_confirm()
    when = fields.Datetime.now() - timedelta(days=ago)
    order.date_order = when
    # Promised a week after the order.
    order.picking_ids.move_ids.date_deadline = when + timedelta(days=7)
    return order


def _go_through(env, deal: Deal, product) -> None:
    order = _order(env, deal.firm, product, deal.amount, deal.ago)
    if deal.shipped is None:
        return
    _ship(order, deal.ago - deal.shipped)
    _invoice(order, deal.ago - deal.shipped)
    if deal.paid:
        after = deal.shipped + TERM_DAYS + deal.late
        _pay(order.invoice_ids, deal.paid * deal.amount, deal.ago - after)


def _ship(order, ago: int) -> None:
    pickings = order.picking_ids
    pickings.move_ids.write({"quantity": 10, "picked": True})
    pickings._action_done()
    when = fields.Datetime.now() - timedelta(days=ago)
    pickings.date_done = when
    pickings.move_ids.date = when


def _invoice(order, ago: int):
    """Post what can be invoiced, with the date of so many days ago."""
    invoices = order._create_invoices(final=True)
    invoices.invoice_date = date.today() - timedelta(days=ago)
    invoices.action_post()
    return invoices


def _pay(invoices, amount: float, ago: int) -> None:
    register = invoices.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoices.ids
    )
    day = date.today() - timedelta(days=max(ago, 0))
    register.create({"payment_date": day, "amount": amount})._create_payments()


# ---- plans --------------------------------------------------------------------------


def _milestones(env, product) -> None:
    """An order in three steps: agreed by two people, the first paid by half."""
    order = _order(env, READY_MAT, product, 12000.0, 70)
    plans = _as(env, env["crm.payment.plan"], "salesperson")
    plan = plans.create(
        {
            "order_id": order.id,
            "note": "Acceptance after four weeks without a failure.",
            "line_ids": [
                Command.create(
                    {
                        "name": name,
                        "percent": percent,
                        "trigger": "milestone",
                        "sequence": number,
                        "days": 14,
                        "date_planned": date.today() + timedelta(days=30 * number - 90),
                    }
                )
                for number, (name, percent) in enumerate(STEPS, 1)
            ],
        }
    )
    plan.action_decide("propose")
    _as(env, plan, "manager").action_decide("approve")
    first = plan.line_ids[0]
    first.sudo().milestone_date = date.today() - timedelta(days=60)
    _as(env, first, "manager").action_invoice()
    invoice = first.sudo().invoice_ids
    invoice.invoice_date = date.today() - timedelta(days=58)
    invoice.invoice_date_due = date.today() - timedelta(days=44)
    invoice.action_post()
    _pay(invoice, invoice.amount_total / 2, 40)


def _term_plan(env, product) -> None:
    """Three payments by the payment term; another plan is proposed instead."""
    term = env["account.payment.term"].create(
        {
            "name": "A third now, a third after 30 and 60 days",
            "line_ids": [
                Command.create(
                    {"value": "percent", "value_amount": share, "nb_days": days}
                )
                for share, days in ((34, 0), (33, 30), (33, 60))
            ],
        }
    )
    order = _order(env, DECO, product, 3600.0, 45, payment_term_id=term.id)
    env.flush_all()
    env.cr.commit()
    plan = _as(env, order, "salesperson").crm_plan_id
    change = plan.browse(plan.action_revise()["res_id"])
    change.line_ids[-1].date_planned += timedelta(days=45)
    change.note = "Their new branch opens a month later."
    change.action_decide("propose")


def _abroad(env, product) -> None:
    """Two invoices in another currency, one overdue; a credit note stands open."""
    other = env.ref("base.EUR")
    if other == env.company.currency_id:
        other = env.ref("base.USD")
    other.active = True
    lists = env["product.pricelist"].create(
        {"name": f"Prices in {other.name}", "currency_id": other.id}
    )
    for amount, ago in ((2900.0, 66), (1700.0, 20)):
        order = _order(env, GENERAL, product, amount, ago, pricelist_id=lists.id)
        _ship(order, ago - 4)
        _invoice(order, ago - 4)
    credited = env["account.move"].search(
        [("partner_id", "=", env.ref(LUMBER).id), ("move_type", "=", "out_invoice")]
        + [("payment_state", "in", ("paid", "in_payment"))],
        limit=1,
    )
    note = credited._reverse_moves([{"invoice_date": date.today()}])
    note.invoice_line_ids[:1].quantity = 1
    note.action_post()


# ---- promises, holds, reminders -----------------------------------------------------


def _promise(env, firm: str, days: int, ago: int = 0, **values):
    """Return a promise to pay in so many days, taken so many days ago."""
    promises = _as(env, env["crm.payment.promise"], "collector")
    # A day that is over is refused: taken today, and moved back afterwards.
    today = env["crm.collection.ledger"]._today(env.company)
    day = today + timedelta(days=max(days, 0))
    promise = promises.create({"partner_id": env.ref(firm).id, "date": day, **values})
    if ago:
        made, day = (today + timedelta(days=n) for n in (-ago, days))
        promise.sudo().write({"date_made": made, "date": day, "last_date": day})
    return promise


def _promises(env, _product) -> None:
    """One runs, one was broken, one was kept."""
    _promise(env, ACME, 6, note="Ms Parker pays with the next run of her bank.")
    _promise(env, GEMINI, -9, ago=20, note="Waits for money of its own customers.")
    _promise(env, READY_MAT, -15, ago=25)
    kept = _promise(env, GENERAL, 5, amount=900.0).sudo()
    home = kept.line_ids.filtered(lambda line: line.currency_id == kept.currency_id)
    _pay(home.move_id[:1], 900.0, 0)


def _hold(env, _product) -> None:
    """One customer disputes an invoice."""
    _as(env, env["crm.collection.block"], "collector").create(
        {
            "partner_id": env.ref(AZURE).id,
            "reason": "dispute",
            "note": "Two of ten stations came with a scratched cover.",
            "date_until": date.today() + timedelta(days=21),
        }
    )


def _reminders(env) -> None:
    """A run that was sent, with an answer; the next one is proposed."""
    runs = _as(env, env["crm.reminder.run"], "collector")
    run = runs.browse(runs.action_begin()["res_id"])
    if run.reminder_count:
        run.action_confirm()
        demo_work.send(env, "dunning", {})
        sent = [("origin_model", "=", "crm.reminder"), ("state", "=", "sent")]
        message = env["crm.outbox"].search(sent, limit=1)
        demo_work.answer(env, message, "Your account", ANSWER)
    env.cr.commit()
