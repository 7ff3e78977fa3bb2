from odoo import api, fields, models
from odoo.fields import Domain

from .crm_core_queue import Leaving


class SmsSms(models.Model):
    _inherit = "sms.sms"

    failure_type = fields.Selection(
        selection_add=[("crm_refused", "Consent or contact policy")]
    )
    crm_hold_until = fields.Datetime(
        string="Not before", readonly=True, help="A rule of the contact policy."
    )

    def send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        # EXTENDS 'sms': all are asked about before the first leaves. Who must begin
        # again must not have sent anything.
        return super(SmsSms, self._crm_leaving()).send(
            unlink_failed=unlink_failed,
            unlink_sent=unlink_sent,
            raise_exception=raise_exception,
        )

    def _send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        # EXTENDS 'sms': promotions obey the rules of the moment they leave.
        leaving = self._crm_leaving()
        if self and not leaving:
            return None
        return super(SmsSms, leaving)._send(
            unlink_failed=unlink_failed,
            unlink_sent=unlink_sent,
            raise_exception=raise_exception,
        )

    @api.model
    def _process_queue(self):
        # EXTENDS 'sms': those that wait do not stand before the others.
        return super(SmsSms, self.with_context(crm_sms_due=True))._process_queue()

    @api.model
    def _search(self, domain, *args, **kwargs):
        # EXTENDS 'base': see _process_queue.
        if self.env.context.get("crm_sms_due"):
            due = Domain("crm_hold_until", "=", False)
            due |= Domain("crm_hold_until", "<=", fields.Datetime.now())
            domain = Domain(domain) & due
        return super()._search(domain, *args, **kwargs)

    def _crm_leaving(self):
        """Return those that leave now. The others are cancelled or wait."""
        queued = self.sudo().filtered(lambda s: s.state == "outgoing" and s.uuid)
        messages = [Leaving(sms.uuid, [sms.number or ""]) for sms in queued]
        refusals = self.env["crm.core.queue"]._ask_again("sms", messages)
        if not refusals:
            return self
        stopped = queued.filtered(lambda sms: sms.uuid in refusals)
        for refusal, same in stopped.grouped(lambda s: refusals[s.uuid]).items():
            same._crm_stop(refusal)
        return self - stopped

    def _crm_stop(self, refusal) -> None:
        """Let text messages wait or cancel them, and say why where they are counted."""
        if refusal.until:
            self.crm_hold_until = refusal.until
            cron = self.env.ref("sms.ir_cron_sms_scheduler_action").sudo()
            cron._trigger(refusal.until)
            return
        self.write({"state": "canceled", "failure_type": refusal.failure})
        self.sms_tracker_id.sudo()._action_update_from_sms_state(
            "canceled", failure_type=refusal.failure, failure_reason=refusal.text
        )
