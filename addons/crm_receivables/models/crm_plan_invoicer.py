from odoo import api, models
from odoo.exceptions import UserError

from .crm_deal_trail import LEDGER_READERS


class CrmPlanInvoicer(models.AbstractModel):
    """Makes invoices of payment plan lines, by Odoo's own down payments.

    Lines are down payments of their amount; the last one invoices what the order
    allows and deducts them, as soon as that is enough for it: before delivery it often
    is not. The invoices are drafts, due on the day of their line, and remembered by it.
    """

    _name = "crm.plan.invoicer"
    _description = "Invoices of Payment Plans"

    @api.model
    def _invoice(self, line) -> dict:
        """Make the draft invoice of a line and return the action that shows it, or
        that names it to whom accounting does not show its documents.

        :raise AccessError: the user may neither invoice orders nor make invoices
        :raise UserError: there is nothing to invoice, or an invoice already
        """
        self.env["crm.plan.follow"]._follow_now()
        self._check(line)
        order = line.order_id
        wanted = line.amount - line.invoiced_amount
        closes = self._is_last(line) and self._allows(order, wanted)
        invoices = self._make(
            order,
            {
                "sale_order_ids": [(6, 0, order.ids)],
                "advance_payment_method": "delivered" if closes else "fixed",
                "fixed_amount": 0.0 if closes else wanted,
            },
        )
        if set(invoices.sudo().mapped("move_type")) != {"out_invoice"}:
            raise UserError(
                self.env._(
                    "What %(order)s allows to invoice now would give money back, so no "
                    "invoice of %(line)s was made. Look at its down payments first.",
                    order=order.name,
                    line=line.name,
                )
            )
        due = line.date_due or line.date_planned
        today = line._today(line.company_id)
        invoices.sudo().write(
            # A payment term would cut one payment of the plan into several.
            {
                "invoice_payment_term_id": False,
                "invoice_date_due": max(due, today) if due else today,
            }
        )
        line._remember_invoices(invoices)
        return self._shown(order, line, invoices)

    @api.model
    def _make(self, order, values: dict):
        """Return the invoices Odoo's assistant for down payments makes.

        It is the salespeople's, who write the order; to finance, who makes invoices
        anyway, it is open for this.
        """
        order = order.with_company(order.company_id)
        Wizard = self.env["sale.advance.payment.inv"].with_company(order.company_id)
        if Wizard.has_access("create"):
            return Wizard.create(values)._create_invoices(order)
        self.env["account.move"].check_access("create")
        order.check_access("write")
        invoices = Wizard.sudo().create(values)._create_invoices(order.sudo())
        return invoices.sudo(False)

    @api.model
    def _shown(self, order, line, invoices) -> dict:
        """Return the action after an invoice was made: its form reads payments, which
        only finance may."""
        if self.env.user.has_groups(LEDGER_READERS):
            return order.action_view_invoice(invoices=invoices)
        text = self.env._(
            "%(invoice)s was made for %(line)s. Accounting checks and posts it.",
            invoice=self._named(invoices),
            line=line.name,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _named(self, invoices) -> str:
        """Return invoices with their amounts, for who cannot open them."""
        return ", ".join(
            f"{move.display_name} ({move.currency_id.format(move.amount_total)})"
            for move in invoices.sudo()
        )

    @api.model
    def _is_last(self, line) -> bool:
        """Return whether all other lines are invoiced, at least by drafts."""
        return all(
            other.amount <= other.invoiced_amount or self._drafts(other)
            for other in line.plan_id.line_ids - line
        )

    @api.model
    def _allows(self, order, wanted: float) -> bool:
        """Return whether what can be invoiced of an order now, less the down payments
        that would be deducted, comes to an amount."""
        lines = order.sudo()._get_invoiceable_lines(final=True)
        lines = lines.filtered(lambda s: not s.display_type)
        allowed = sum(_to_invoice(line) for line in lines)
        # Every line of the invoice is rounded by itself.
        allowed += order.currency_id.rounding * (len(lines) + 1)
        return order.currency_id.compare_amounts(allowed, wanted) >= 0

    @api.model
    def _check(self, line) -> None:
        if not line.in_force or line.order_id.state != "sale":
            raise UserError(
                self.env._(
                    "Invoices are made from the plan in force of a confirmed order."
                )
            )
        drafts = self._drafts(line)
        if drafts:
            raise UserError(
                self.env._(
                    "%(line)s has a draft invoice already, %(invoice)s: post or delete "
                    "it first, or ask accounting to.",
                    line=line.name,
                    invoice=self._named(drafts),
                )
            )
        if line.currency_id.compare_amounts(line.amount, line.invoiced_amount) <= 0:
            raise UserError(self.env._("%s is invoiced completely.", line.name))

    @api.model
    def _drafts(self, line):
        return line.sudo().invoice_ids.filtered(lambda move: move.state == "draft")


def _to_invoice(line) -> float:
    """Return what an order line adds to the next invoice, with taxes; a down payment
    takes off what was invoiced of it."""
    if line.is_downpayment:
        items = line.invoice_lines.filtered(lambda i: i.parent_state != "cancel")
        return sum(
            item.price_total if item.move_type == "out_refund" else -item.price_total
            for item in items
        )
    if line.product_uom_qty:
        return line.price_total * line.qty_to_invoice / line.product_uom_qty
    return line.price_reduce_taxinc * line.qty_to_invoice
