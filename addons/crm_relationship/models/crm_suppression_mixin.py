from odoo import api, models

ADDRESSES = {"email", "email_from", "phone"}


class CrmSuppressionMixin(models.AbstractModel):
    """Records with addresses; those of erased persons are recognised and blocked."""

    _name = "crm.suppression.mixin"
    _description = "Recognises Suppressed Addresses"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._block_suppressed()
        return records

    def write(self, vals):
        result = super().write(vals)
        if not ADDRESSES.isdisjoint(vals):
            self._block_suppressed()
        return result

    def _block_suppressed(self) -> None:
        suppression = self.env["crm.suppression"].sudo()
        if suppression._any():
            records = self.sudo()
            suppression._block(
                records.mapped("email_normalized"), records.mapped("phone_sanitized")
            )
