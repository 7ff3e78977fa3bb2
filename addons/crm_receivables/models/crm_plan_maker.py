from datetime import date, datetime
from zoneinfo import ZoneInfo

from odoo import Command, api, models

from ..core import plan


class CrmPlanMaker(models.AbstractModel):
    """Makes payment plans: from payment terms, and from the plan before."""

    _name = "crm.plan.maker"
    _description = "Maker of Payment Plans"

    @api.model
    def _create_from_terms(self, orders):
        """Put the payment terms of orders in force as their plans.

        Nothing is decided here: the customer ordered on these terms. Orders without a
        term, of nothing, or with a plan somebody wrote are left alone.
        """
        Plan = self.env["crm.payment.plan"].sudo()
        orders = orders.filtered(
            lambda o: (
                o.payment_term_id
                and o.currency_id.compare_amounts(o.amount_total, 0) > 0
            )
        )
        if not orders:
            return Plan
        known = Plan.search([("order_id", "in", orders.ids)])
        for former in known.filtered(lambda p: p.in_force and p.origin == "term"):
            self._renew(former)
        fresh = orders - known.order_id
        plans = self._quiet().create([self._prepare(order, "term") for order in fresh])
        for term, made in plans.grouped(lambda p: p.order_id.payment_term_id).items():
            made._decision_set(state="agreed", in_force=True, term_id=term.id)
        if plans:
            self.env["crm.plan.follow"]._remember_orders(fresh.ids)
        return plans

    @api.model
    def _quiet(self):
        """Return the model of plans nobody is told about."""
        return (
            self.env["crm.payment.plan"]
            .sudo()
            .with_context(
                mail_create_nolog=True,
                mail_create_nosubscribe=True,
                tracking_disable=True,
            )
        )

    @api.model
    def _renew(self, former) -> None:
        """Make the plan of a term anew if it says something else now: its order was a
        quotation again meanwhile, and is confirmed on another day or other terms."""
        values = self._prepare(former.order_id, "term")
        term = former.order_id.payment_term_id
        now = [
            (line["date_planned"], former._units(line["amount_planned"]))
            for line in (command[2] for command in values["line_ids"])
        ]
        before = [
            (line.date_planned, former._units(line.amount_planned))
            for line in former.line_ids
        ]
        if now == before:
            if former.term_id != term:
                former._decision_set(term_id=term.id)
            return
        values |= {"previous_id": former.id, "version": former.version + 1}
        version = self._quiet().create(values)
        self._link(version, former)
        version._decision_set(state="agreed", term_id=term.id)
        version._enter_force()

    @api.model
    def _prepare(self, order, origin: str) -> dict:
        """Return the values of a plan with the payments of an order's payment term."""
        term = order.payment_term_id.sudo()
        lines = self._prepare_lines(order, term)
        return {
            "order_id": order.id,
            "origin": origin,
            "basis": "amount" if self._is_fixed(term) else "percent",
            "line_ids": [Command.create(line) for line in lines],
        }

    @api.model
    def _is_fixed(self, term) -> bool:
        """Return whether a term names amounts; its last line is always the rest."""
        return "fixed" in term.line_ids[:-1].mapped("value")

    @api.model
    def _prepare_lines(self, order, term) -> list[dict]:
        """Return a line per payment of a term, as the invoice will have them."""
        day = self._day(order)
        total = max(order.amount_total, 0.0)
        if not term:
            name = self.env._("Payment")
            values = {"amount_planned": total, "percent": 100.0}
            return [{"name": name, "sequence": 10, "date_planned": day, **values}]
        untaxed, tax = order.amount_untaxed, order.amount_tax
        parts = term._compute_terms(
            day, order.currency_id, order.company_id, tax, tax, 1, untaxed, untaxed
        )["line_ids"]
        wanted = [part["foreign_amount"] for part in parts]
        amounts = self._within(order.currency_id, wanted, total)
        percents = self._percents(term, amounts, total)
        count = len(parts)
        return [
            {
                "sequence": 10 * n,
                "name": self.env._("Payment %(n)s of %(count)s", n=n, count=count),
                "date_planned": part["date"],
                "amount_planned": amount,
                "percent": percent,
            }
            for n, (part, amount, percent) in enumerate(
                zip(parts, amounts, percents, strict=True), start=1
            )
        ]

    @api.model
    def _day(self, order) -> date:
        """Return the day of an order where its company works, whoever confirms it."""
        zone = ZoneInfo(order.company_id._get_crm_tz())
        moment = order.date_order.replace(tzinfo=ZoneInfo("UTC"))
        return datetime.astimezone(moment, zone).date()

    @api.model
    def _within(self, currency, amounts, total: float) -> list[float]:
        """Return amounts that add up to a total, none of them negative: a term may ask
        for more than a small order is worth."""
        rounding = currency.rounding
        units = [max(plan.to_units(amount, rounding), 0) for amount in amounts]
        ceiling = max(plan.to_units(total, rounding), 0)
        followed = plan.follow_total(units, ceiling, [False] * len(units), False)
        return [plan.from_units(n, rounding) for n in followed]

    @api.model
    def _percents(self, term, amounts, total: float) -> list[float]:
        """Return the share of each payment; of percentages, those of the term itself,
        which rounded amounts only come near to."""
        if self._is_fixed(term):
            return [_share(amount, total) for amount in amounts]
        shares = term.line_ids[:-1].mapped("value_amount")
        return [*shares, max(100.0 - sum(shares), 0.0)]

    @api.model
    def _revise(self, former):
        """Write the version after a plan and return it: with the payments of the
        order's payment term if that is another one now and nothing is invoiced, else
        with those of the plan and their amounts of today."""
        values = self._prepare_revision(former)
        if self.env["crm.plan.term.hint"]._is_free(former):
            anew = self._prepare(former.order_id, "change")
            values |= {name: anew[name] for name in ("basis", "line_ids")}
        version = former.create(values)
        self._link(version, former)
        return version

    @api.model
    def _link(self, version, former) -> None:
        """Remember from which line before each line of a new version comes."""
        for line, origin in zip(version.line_ids, former.line_ids, strict=False):
            version._decision_writer(line).write({"origin_id": origin.id})

    @api.model
    def _prepare_revision(self, former) -> dict:
        """Return the values of the version after a plan, with its amounts of today."""
        copied = ("name", "sequence", "trigger", "date_planned", "days")
        total = former.order_total
        # What is invoiced beyond a lowered order cannot be planned.
        amounts = self._within(
            former.currency_id, former.line_ids.mapped("amount"), total
        )
        lines = [
            {name: line[name] for name in copied}
            | {"amount_planned": amount, "percent": _share(amount, total)}
            for line, amount in zip(former.line_ids, amounts, strict=True)
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


def _share(amount: float, total: float) -> float:
    """Return an amount in percent of a total, from 0 to 100."""
    return min(max(round(amount / total * 100, 4), 0.0), 100.0) if total > 0 else 0.0
