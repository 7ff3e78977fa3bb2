from odoo import fields, models


class MailNotification(models.Model):
    _inherit = "mail.notification"

    failure_type = fields.Selection(
        selection_add=[("crm_refused", "Consent or contact policy")]
    )

    def _crm_refuse(self, refusal) -> None:
        """Say that a rule has forbidden the messages."""
        self.write(
            {
                "notification_status": "canceled",
                "failure_type": refusal.failure,
                "failure_reason": refusal.text,
            }
        )
