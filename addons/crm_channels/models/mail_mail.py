from odoo import fields, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    failure_type = fields.Selection(
        selection_add=[("crm_refused", "Consent or contact policy")]
    )

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # EXTENDS 'mail': promotion in masses that is no mailing has no statistics; it
        # becomes a contact here. Mails may be deleted by super().
        plain = self.filtered(lambda mail: not mail.mailing_id and mail.message_id)
        references = {
            mail.message_id: ("mail.message", str(mail.mail_message_id.id))
            for mail in plain
        }
        if references:
            reservations = self.env["crm.contact.reservation"]
            if failure_type:
                reservations._forget(list(references))
            else:
                reservations._left(references)
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )
