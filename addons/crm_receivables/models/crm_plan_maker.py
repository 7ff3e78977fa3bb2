from odoo import Command, api, fields, models


class CrmPlanMaker(models.AbstractModel):
    """Makes payment plans: from payment terms, and from the plan before."""

    _name = "crm.plan.maker"
    _description = "Maker of Payment Plans"

    @api.model
    def _create_from_terms(self, orders):
        """Put the payment terms of orders in force as their plans.

        Nothing is decided here: the customer ordered on these terms. Orders without a
        term, of nothing, or with a plan already are left alone.
        """
        Plan = self.env["crm.payment.plan"].sudo()
        if not orders:
            return Plan
        planned = Plan.search([("order_id", "in", orders.ids)]).order_id
        orders = (orders - planned).filtered(
            lambda o: (
                o.payment_term_id
                and o.currency_id.compare_amounts(o.amount_total, 0) > 0
            )
        )
        quiet = Plan.with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
        )
        plans = quiet.create([self._prepare(order, "term") for order in orders])
        if plans:
            plans._decision_set(state="agreed", in_force=True)
            self.env["crm.plan.follow"]._remember_orders(orders.ids)
        return plans

    @api.model
    def _prepare(self, order, origin: str) -> dict:
        """Return the values of a plan with the payments of an order's payment term."""
        term = order.payment_term_id.sudo()
        percents = [line.value for line in term.line_ids[:-1]]
        lines = self._prepare_lines(order, term)
        return {
            "order_id": order.id,
            "origin": origin,
            "basis": "amount" if "fixed" in percents else "percent",
            "line_ids": [Command.create(line) for line in lines],
        }

    @api.model
    def _prepare_lines(self, order, term) -> list[dict]:
        """Return a line per payment of a term, as the invoice will have them."""
        day = fields.Datetime.context_timestamp(self, order.date_order).date()
        if not term:
            name = self.env._("Payment")
            total = {"amount_planned": order.amount_total, "percent": 100.0}
            return [{"name": name, "sequence": 10, "date_planned": day, **total}]
        untaxed, tax = order.amount_untaxed, order.amount_tax
        parts = term._compute_terms(
            day, order.currency_id, order.company_id, tax, tax, 1, untaxed, untaxed
        )["line_ids"]
        count, total = len(parts), order.amount_total or 1.0
        return [
            {
                "sequence": 10 * n,
                "name": self.env._("Payment %(n)s of %(count)s", n=n, count=count),
                "date_planned": part["date"],
                "amount_planned": part["foreign_amount"],
                "percent": round(part["foreign_amount"] / total * 100, 4),
            }
            for n, part in enumerate(parts, start=1)
        ]

    @api.model
    def _prepare_revision(self, former) -> dict:
        """Return the values of the version after a plan, with its amounts of today."""
        copied = ("name", "sequence", "trigger", "date_planned", "days")
        total = former.order_total or 1.0
        lines = [
            {name: line[name] for name in copied}
            | {
                "origin_id": line.id,
                "amount_planned": line.amount,
                "percent": round(line.amount / total * 100, 4),
            }
            for line in former.line_ids
        ]
        return {
            "order_id": former.order_id.id,
            "previous_id": former.id,
            "version": former.version + 1,
            "origin": "change",
            # Shares of amounts are rounded; amounts are what they are.
            "basis": "amount",
            "note": former.note,
            "line_ids": [Command.create(line) for line in lines],
        }
