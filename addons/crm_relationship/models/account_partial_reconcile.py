from odoo import models


class AccountPartialReconcile(models.Model):
    _name = "account.partial.reconcile"
    _inherit = ["account.partial.reconcile", "crm.customer.change.mixin"]

    _customer_change_fields = frozenset({"amount", "debit_move_id", "credit_move_id"})

    def _customer_change_pairs(self):
        # OVERRIDE: the partners on both sides; what they owe changes.
        lines = self.sudo().debit_move_id | self.sudo().credit_move_id
        return [(line.company_id.id, line.partner_id.id) for line in lines]
