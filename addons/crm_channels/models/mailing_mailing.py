from odoo import fields, models

from .crm_core_promotion import Held


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    crm_company_id = fields.Many2one(
        comodel_name="res.company",
        string="In the name of",
        default=lambda self: self.env.company,
        help="The company whose consents and contact policy are asked. Left empty: the "
        "company of who is responsible.",
    )
    crm_held_since = fields.Datetime(
        string="Customers wait since",
        readonly=True,
        copy=False,
        help="When the contact policy made customers wait for the first time. Who "
        "waits longer than the policy's patience is left out.",
    )

    def write(self, vals):
        # EXTENDS 'mass_mailing': who begins anew has waited for nothing.
        if vals.get("state") == "draft":
            vals = {**vals, "crm_held_since": False}
        return super().write(vals)

    def _action_send_mail(self, res_ids=None):
        # EXTENDS 'mass_mailing': who sleeps is written to when the night is over.
        for mailing in self:
            held = mailing._crm_held()
            super(
                MailingMailing, mailing.with_context(crm_held=held)
            )._action_send_mail(res_ids)
            mailing._crm_wait_for(held)
        return True

    def action_send_sms(self, res_ids=None):
        # EXTENDS 'mass_mailing_sms'
        for mailing in self:
            held = mailing._crm_held()
            super(MailingMailing, mailing.with_context(crm_held=held)).action_send_sms(
                res_ids
            )
            mailing._crm_wait_for(held)
        return True

    def _crm_held(self) -> Held | None:
        """Return where to put who waits; the part of an A/B test is drawn anew with
        each run, so nobody can wait there."""
        testing = self.ab_testing_enabled and not self.ab_testing_is_winner_mailing
        return None if testing else Held()

    def _crm_company(self):
        """Return the company in whose name a mailing is sent, or none."""
        return self.crm_company_id or self.user_id.company_id

    def _crm_wait_for(self, held: Held | None) -> None:
        """Send the mailing again when the first of those who wait may be written to;
        whoever has it already does not get it twice."""
        if not held:
            return
        if not held.moments:
            self.filtered("crm_held_since").crm_held_since = False
            return
        first = min(held.moments)
        now = self.env["crm.contact.gate"]._now()
        self.write(
            {
                "state": "in_queue",
                "schedule_date": first,
                # Each run sets Odoo's own date of sending anew.
                "crm_held_since": self.crm_held_since or now,
            }
        )
        self.env.ref("mass_mailing.ir_cron_mass_mailing_queue").sudo()._trigger(first)
