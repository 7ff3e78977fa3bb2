from odoo import api, models


class MailingSubscription(models.Model):
    _inherit = "mailing.subscription"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'mass_mailing'
        contact_ids = {vals.get("contact_id") for vals in vals_list} - {None, False}
        self.env["mailing.contact"].browse(contact_ids)._consent_take_over()
        records = super().create(vals_list)
        records.filtered("opt_out")._consent_follow()
        return records

    def write(self, vals):
        # EXTENDS 'mass_mailing': who left all lists wants no more promotion.
        if "opt_out" in vals:
            self.contact_id._consent_take_over()
        before = self.filtered("opt_out")
        result = super().write(vals)
        back = before.filtered(lambda row: not row.opt_out)
        (self.filtered("opt_out") - before)._consent_follow()
        core = self.env["crm.consent.core"].sudo()
        if back and not core._is_step():
            emails = set(back.sudo().contact_id.mapped("email_normalized")) - {False}
            core._lifted_in_core({"email"}, emails, "list")
        return result

    def _consent_follow(self) -> None:
        """Withdraw promotion for addresses that are on no list any more. Who left one
        of several lists is left to Odoo, which looks at each."""
        core = self.env["crm.consent.core"].sudo()
        if not self or core._is_step():
            return
        self.env.flush_all()
        emails = set(self.sudo().contact_id.mapped("email_normalized")) - {False}
        staying = self.sudo().search(
            [
                ("contact_id.email_normalized", "in", sorted(emails)),
                ("opt_out", "=", False),
            ]
        )
        emails -= set(staying.contact_id.mapped("email_normalized"))
        core._refused_in_core({"email": ("promotion",)}, emails, "list")
