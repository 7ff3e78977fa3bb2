from odoo import models

from ..core.mail_headers import is_automatic


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _message_route_process(self, message, message_dict, routes):
        # EXTENDS 'mail': a mail from a customer is a contact. Here and not where the
        # message is posted, because only the raw mail tells who wrote it: a person, or
        # a machine that is away until Monday.
        message_id = message_dict.get("message_id")
        automatic = message_dict.get("is_bounce") or is_automatic(message)
        thread_id = super()._message_route_process(message, message_dict, routes)
        if message_id and routes and not automatic:
            posted = self.env["mail.message"].sudo()
            posted = posted.search([("message_id", "=", message_id)], order="id")
            recorder = self.env["crm.touch.recorder"].sudo()
            for received in posted:
                recorder._record_mail(received)
                self._note_answer(received, recorder)
        return thread_id

    def _routing_handle_bounce(self, email_message, message_dict):
        # EXTENDS 'mail': core marks the address; the contact made with it reached
        # nobody.
        result = super()._routing_handle_bounce(email_message, message_dict)
        bounced = message_dict.get("bounced_message")
        if bounced:
            touches = self.env["crm.touch"].sudo()
            touches.search([("message_id", "in", bounced.ids)])._respond("bounced")
        return result

    def _note_answer(self, received, recorder) -> None:
        """Note on the contact we made that a mail answers it."""
        author = received.author_id
        if received.parent_id and not (author and recorder._is_own(author)):
            made = [
                ("message_id", "=", received.parent_id.id),
                ("direction", "=", "out"),
            ]
            touches = self.env["crm.touch"].sudo().search(made)
            touches._respond("replied", received.date)
