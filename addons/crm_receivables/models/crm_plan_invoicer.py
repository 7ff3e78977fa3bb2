from odoo import api, models
from odoo.exceptions import UserError


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
        """Make the draft invoice of a line and return the action that shows it.

        :raise UserError: there is nothing to invoice, or an invoice already
        """
        self.env["crm.plan.follow"]._follow_now()
        self._check(line)
        order = line.order_id
        wanted = line.amount - line.invoiced_amount
        closes = self._is_last(line) and self._allows(order, wanted)
        wizard = self.env["sale.advance.payment.inv"].with_company(line.company_id)
        wizard = wizard.create(
            {
                "sale_order_ids": [(6, 0, order.ids)],
                "advance_payment_method": "delivered" if closes else "fixed",
                "fixed_amount": 0.0 if closes else wanted,
            }
        )
        invoices = wizard._create_invoices(order)
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
        return order.action_view_invoice(invoices=invoices)

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
                    "%(line)s has a draft invoice already: post or delete it first.",
                    line=line.name,
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
