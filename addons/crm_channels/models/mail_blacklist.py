from odoo import api, models

from ..core.consent import PURPOSES


class MailBlacklist(models.Model):
    _inherit = "mail.blacklist"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'mail': whoever is blocked refused everything.
        records = super().create(vals_list)
        records._consent_follow()
        return records

    def write(self, vals):
        # EXTENDS 'mail'
        if {"active", "email"}.isdisjoint(vals):
            return super().write(vals)
        takeover = self.env["crm.consent.takeover"]
        takeover._take_addresses(self.sudo().mapped("email"))
        result = super().write(vals)
        self._consent_follow()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_lifts(self):
        self._consent_lift(self)

    def _consent_follow(self) -> None:
        """Let the consents follow."""
        core = self.env["crm.consent.core"].sudo()
        if core._is_step():
            return
        blocked = self.sudo().filtered("active")
        if blocked:
            core._refused_in_core(
                {"email": PURPOSES}, blocked.mapped("email"), "blacklist"
            )
        self._consent_lift(self - blocked)

    @api.model
    def _consent_lift(self, records) -> None:
        core = self.env["crm.consent.core"].sudo()
        if records and not core._is_step():
            emails = records.sudo().mapped("email")
            core._lifted_in_core({"email"}, emails, "blacklist")
