from odoo import models
from odoo.exceptions import AccessError


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _make_access_error(self, operation, records):
        error = super()._make_access_error(operation, records)
        if records._name == "crm.customer.profile" and operation == "read":
            return self._make_foreign_customer_error(records) or error
        return error

    def _make_foreign_customer_error(self, profiles) -> AccessError | None:
        """Say whose customer it is and what to do; None if that is not the reason."""
        profile = profiles.sudo()[:1]
        owner = profile.user_id
        mine = profile.company_id in self.env.companies.root_id
        if not mine or not owner or owner == self.env.user:
            return None
        return AccessError(
            self.env._(
                "%(owner)s looks after %(customer)s, and your access rights cover your "
                "own customers and those nobody looks after. %(owner)s or a sales "
                "manager can assign it to you.",
                owner=owner.name,
                customer=profile.partner_id.name,
            )
        )
