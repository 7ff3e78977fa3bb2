from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    # Sales of a customer go by the firm at posting, as its journal items do. Core has
    # no index that finds them.
    _crm_sales_idx = models.Index(
        """(commercial_partner_id)
        WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')"""
    )

    def write(self, vals):
        # EXTENDS 'account': posted, back to draft or cancelled, what is owed changes,
        # and with it plans and promises.
        result = super().write(vals)
        if "state" in vals:
            self.env["crm.plan.follow"]._remember_moves(self.ids)
            items = self.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            self.env["crm.promise.judge"]._remember_items(items.ids)
        return result

    def unlink(self):
        # Afterwards nothing leads from here to an order any more.
        follow = self.env["crm.plan.follow"]
        orders = follow._plans_of([], self.ids).order_id
        result = super().unlink()
        follow._remember_orders(orders.ids)
        return result
