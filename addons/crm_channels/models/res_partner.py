from odoo import models

# What says where somebody is reached; names are part of postal addresses.
ADDRESS_FIELDS = {"email", "phone", "name", "street", "zip", "city", "country_id"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        # EXTENDS 'base': who refused at an old address has refused at the new one.
        if ADDRESS_FIELDS.isdisjoint(vals):
            return super().write(vals)
        carrier = self.env["crm.consent.carrier"].sudo()
        before = carrier._addresses(self.ids)
        result = super().write(vals)
        if before:
            carrier._carry_along(before)
        return result
