from odoo import models

# What says where somebody is reached; names are part of postal addresses.
ADDRESS_FIELDS = {"email", "phone", "name", "street", "zip", "city", "country_id"}
# Those of them that firms and their contacts share.
POSTAL_FIELDS = ("street", "zip", "city")


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

    def _update_address(self, vals):
        # EXTENDS 'base': a firm's new address is written to its contacts past
        # :meth:`write`. Who had none before, as who is just created, refused nothing.
        moving = self.filtered(lambda partner: partner._is_moved_by(vals))
        carrier = self.env["crm.consent.carrier"].sudo()
        before = carrier._addresses(moving.ids)
        result = super()._update_address(vals)
        if before:
            carrier._carry_along(before)
        return result

    def _is_moved_by(self, vals: dict) -> bool:
        """Return whether values change a postal address that is one already."""
        return any(self[name] for name in POSTAL_FIELDS) and any(
            (self[name] or "") != (vals[name] or "")
            for name in POSTAL_FIELDS
            if name in vals
        )
