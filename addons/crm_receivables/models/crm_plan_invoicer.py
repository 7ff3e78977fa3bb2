from odoo import api, models
from odoo.exceptions import UserError


class CrmPlanInvoicer(models.AbstractModel):
    """Makes invoices of payment plan lines, by Odoo's own down payments.

    All lines but the last are down payments of their amount; the last one invoices
    what the order allows and deducts them. The invoices are drafts, due on the day of
    their line, and remembered by it.
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
        others = line.plan_id.line_ids - line
        is_last = all(
            other.amount <= other.invoiced_amount or self._drafts(other)
            for other in others
        )
        wizard = self.env["sale.advance.payment.inv"].with_company(line.company_id)
        wizard = wizard.create(
            {
                "sale_order_ids": [(6, 0, order.ids)],
                "advance_payment_method": "delivered" if is_last else "fixed",
                "fixed_amount": 0.0 if is_last else line.amount - line.invoiced_amount,
            }
        )
        invoices = wizard._create_invoices(order)
        due = line.date_due or line.date_planned
        today = line._today()
        invoices.sudo().write(
            # A payment term would cut one payment of the plan into several.
            {
                "invoice_payment_term_id": False,
                "invoice_date_due": max(due, today) if due else today,
            }
        )
        line.sudo().invoice_ids |= invoices
        return order.action_view_invoice(invoices=invoices)

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
