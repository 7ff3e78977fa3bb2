from odoo import api, models

from .crm_consent_core import NUMBER_REFUSES


class PhoneBlacklist(models.Model):
    _inherit = "phone.blacklist"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'phone_validation': whoever is blocked refused messages.
        records = super().create(vals_list)
        records._consent_follow()
        return records

    def write(self, vals):
        # EXTENDS 'phone_validation'
        if {"active", "number"}.isdisjoint(vals):
            return super().write(vals)
        takeover = self.env["crm.consent.takeover"]
        takeover._take_addresses(self.sudo().mapped("number"))
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
            core._refused_in_core(NUMBER_REFUSES, blocked.mapped("number"), "blacklist")
        self._consent_lift(self - blocked)

    @api.model
    def _consent_lift(self, records) -> None:
        core = self.env["crm.consent.core"].sudo()
        if records and not core._is_step():
            numbers = records.sudo().mapped("number")
            core._lifted_in_core(set(NUMBER_REFUSES), numbers, "blacklist")
