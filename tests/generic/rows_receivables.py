"""Rows from order to cash: they come from orders and from entries in the books."""

from datetime import timedelta
from itertools import count

from odoo import Command, fields

SERIAL = count(1)


def _order(rows, company, user, fixed, **values):
    """Make an order, for the partner and salesperson asked for."""
    partner_id = fixed.pop("partner_id", None) or rows.partner(user).id
    orders = rows.env["sale.order"].sudo().with_company(company)
    values |= {"partner_id": partner_id, "company_id": company.id}
    return orders.create({**values, "user_id": user and user.id})


def _payment_plan(rows, company, user, fixed):
    """Make a payment plan: whose it is, its order says."""
    order = _order(rows, company, user, fixed)
    plans = rows.env["crm.payment.plan"].sudo()
    return plans.create({"order_id": order.id, **fixed})


def _payment_plan_line(rows, company, user, fixed):
    partner = {"partner_id": fixed.pop("partner_id", None)}
    if "plan_id" not in fixed:
        fixed["plan_id"] = _payment_plan(rows, company, user, partner).id
    lines = rows.env["crm.payment.plan.line"].sudo()
    return lines.create({"name": f"ground {next(SERIAL)}", **fixed})


def _payment_plan_receipt(rows, company, user, fixed):
    plan = _payment_plan(rows, company, user, {})
    plan.env.flush_all()
    values = {
        "plan_id": plan.id,
        "company_id": company.id,
        "currency_id": company.currency_id.id,
        "kind": "money",
        "date": fields.Date.today(),
    }
    return rows.env["crm.payment.plan.receipt"].sudo().create(values | fixed)


def _order_cash(rows, company, user, fixed):
    order = _order(rows, company, user, fixed, state="sale")
    rows.env.flush_all()
    return rows.env["crm.order.cash"].sudo().browse(order.id)


def _account(rows, company, kind: str):
    accounts = rows.env["account.account"].sudo().with_company(company)
    found = accounts.search(
        [("company_ids", "in", company.ids), ("account_type", "=", kind)], limit=1
    )
    values = {"name": kind, "code": f"ground{next(SERIAL)}", "account_type": kind}
    return found or accounts.create({**values, "company_ids": company.ids})


def owed(rows, company, user, fixed):
    """Book what a customer owes since ten days; return the journal item."""
    root = company.root_id
    partner_id = fixed.get("partner_id") or rows.partner(user).id
    journals = rows.env["account.journal"].sudo().with_company(root)
    own = [("company_id", "=", root.id), ("type", "=", "general")]
    values = {"name": "Ground", "code": "GRO", "type": "general"}
    journal = journals.search(own, limit=1) or journals.create(
        {**values, "company_id": root.id}
    )
    day = fields.Date.today() - timedelta(days=10)
    sides = (("asset_receivable", 100.0), ("income", -100.0))
    move = rows.env["account.move"].sudo().with_company(company)
    move = move.create(
        {
            "move_type": "entry",
            "journal_id": journal.id,
            "company_id": company.id,
            "date": day,
            "line_ids": [
                Command.create(
                    {
                        "account_id": _account(rows, root, kind).id,
                        "partner_id": partner_id,
                        "balance": amount,
                        "date_maturity": day,
                    }
                )
                for kind, amount in sides
            ],
        }
    )
    move.action_post()
    rows.env.flush_all()
    return move.line_ids.filtered("debit")


def _of_item(model: str):
    """Return the recipe of a view that has a row for each open item, by its id."""

    def recipe(rows, company, user, fixed):
        item = owed(rows, company, user, fixed)
        return rows.env[model].sudo().browse(item.id)

    return recipe


def _debtor(rows, company, user, fixed):
    """Make a customer of a collector's list; its id is that of the profile."""
    item = owed(rows, company, user, fixed)
    profiles = rows.env["crm.customer.profile"].sudo()
    known = profiles.search(
        [("partner_id", "=", item.partner_id.id), ("company_id", "=", company.id)]
    )
    profile = known or rows.make(
        "crm.customer.profile", company, user, partner_id=item.partner_id.id
    )
    rows.env.flush_all()
    return rows.env["crm.collection.customer"].sudo().browse(profile.id)


def _month(rows, company, user, fixed):
    owed(rows, company, user, fixed)
    months = rows.env["crm.receivable.month"].sudo()
    months = months.with_context(allowed_company_ids=company.ids)
    return months.search([("company_id", "=", company.id)], limit=1)


def _promise(rows, company, user, fixed):
    item = owed(rows, company, user, fixed)
    values = {
        "partner_id": item.partner_id.id,
        "company_id": company.id,
        "date": fields.Date.today() + timedelta(days=3),
        "line_ids": [Command.set(item.ids)],
    }
    promises = rows.env["crm.payment.promise"].sudo()
    return promises.create({**values, **fixed})


def _delivery(rows, company, user, fixed):
    """Make an order line that waits to be delivered."""
    order = _order(rows, company, user, fixed, state="sale")
    product = rows.env["product.product"].sudo().search([], limit=1)
    line = rows.env["sale.order.line"].sudo()
    line = line.create(
        {"order_id": order.id, "product_id": product.id, "product_uom_qty": 2}
    )
    places = rows.env["stock.location"].sudo()
    move = rows.env["stock.move"].sudo()
    move.create(
        {
            "product_id": product.id,
            "product_uom_qty": 2,
            "product_uom": product.uom_id.id,
            "location_id": places.search([("usage", "=", "supplier")], limit=1).id,
            "location_dest_id": places.search([("usage", "=", "customer")], limit=1).id,
            "company_id": company.id,
            "sale_line_id": line.id,
            "state": "confirmed",
        }
    )
    rows.env.flush_all()
    return rows.env["crm.delivery.line"].sudo().browse(line.id)


RECIPES = {
    "crm.collection.customer": _debtor,
    "crm.collection.item": _of_item("crm.collection.item"),
    "crm.delivery.line": _delivery,
    "crm.order.cash": _order_cash,
    "crm.payment.plan": _payment_plan,
    "crm.payment.plan.line": _payment_plan_line,
    "crm.payment.plan.receipt": _payment_plan_receipt,
    "crm.payment.promise": _promise,
    "crm.receivable.item": _of_item("crm.receivable.item"),
    "crm.receivable.month": _month,
}
