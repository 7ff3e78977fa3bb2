from odoo import models

from .crm_core_promotion import Held


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

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

    def _crm_wait_for(self, held: Held | None) -> None:
        """Send the mailing again when the first of those who wait may be written to;
        whoever has it already does not get it twice."""
        if not held or not held.moments:
            return
        first = min(held.moments)
        self.write({"state": "in_queue", "schedule_date": first})
        self.env.ref("mass_mailing.ir_cron_mass_mailing_queue").sudo()._trigger(first)
