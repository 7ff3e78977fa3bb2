from itertools import chain

from odoo import fields, models
from odoo.tools import email_normalize_all, split_every

from .crm_contact_reservation import recipient_reference
from .crm_core_queue import Leaving

# Mails asked about at once where each commits: few enough that nobody who refuses
# meanwhile gets many, enough that the questions cost little beside the sending.
CHUNK = 50


class MailMail(models.Model):
    _inherit = "mail.mail"

    failure_type = fields.Selection(
        selection_add=[("crm_refused", "Consent or contact policy")]
    )

    # ---- when they leave ------------------------------------------------------------

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        # EXTENDS 'mail': in one transaction all are asked about before the first
        # leaves. Who must begin again must not have sent anything.
        leaving = self if auto_commit is True else self._crm_leaving()
        return super(MailMail, leaving).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        # EXTENDS 'mail': promotions obey the rules of the moment they leave.
        options = {
            "auto_commit": auto_commit,
            "raise_exception": raise_exception,
            "smtp_session": smtp_session,
            "alias_domain_id": alias_domain_id,
            "mail_server": mail_server,
            "post_send_callback": post_send_callback,
        }
        if auto_commit is not True or self.env["ir.mail_server"]._disable_send():
            return super()._send(**options)
        for ids in split_every(CHUNK, self.ids):
            chunk = self.browse(ids)
            # What others did until now counts, and nobody waits for the mail server;
            # core commits after each mail here, too.
            self.env.cr.commit()  # pylint: disable=invalid-commit
            leaving = chunk._crm_leaving()
            self.env.cr.commit()  # pylint: disable=invalid-commit
            if post_send_callback and leaving != chunk:
                post_send_callback((chunk - leaving).ids)
            if leaving:
                super(MailMail, leaving)._send(**options)
        return True

    def _crm_leaving(self):
        """Return those that leave now. The others are cancelled or wait."""
        if self.env["ir.mail_server"]._disable_send():
            return self
        mails = self.sudo().filtered(lambda m: m.state == "outgoing" and m.message_id)
        messages = [message for mail in mails for message in mail._crm_messages()]
        refusals = self.env["crm.core.queue"]._ask_again("email", messages)
        if not refusals:
            return self
        stopped = {}
        for mail in mails:
            if refusal := mail._crm_refusal(refusals):
                stopped.setdefault(refusal, []).append(mail.id)
        for refusal, ids in stopped.items():
            mails.browse(ids)._crm_stop(refusal)
        return self - self.browse(chain(*stopped.values()))

    def _crm_messages(self) -> list[Leaving]:
        """Return what a mail says to whom: in masses it is one message, of a mail from
        a page each recipient has one."""
        found = [
            Leaving(
                recipient_reference(self.message_id, partner.id),
                email_normalize_all(partner.email),
            )
            for partner in self.recipient_ids
        ]
        addresses = email_normalize_all(self.email_to)
        addresses += email_normalize_all(self.email_cc)
        addresses += [address for one in found for address in one.addresses]
        return [Leaving(self.message_id, addresses), *found]

    def _crm_refusal(self, refusals: dict):
        """Return why a mail must not leave now, or None. Whom only some of its
        recipients' refusals concern is taken off it."""
        if whole := refusals.get(self.message_id):
            return whole
        of_partner = {
            partner: refusals.get(recipient_reference(self.message_id, partner.id))
            for partner in self.recipient_ids
        }
        found = {partner: why for partner, why in of_partner.items() if why}
        left_out = {partner: why for partner, why in found.items() if not why.until}
        others = len(self.recipient_ids) > len(left_out)
        if left_out and not (others or self.email_to or self.email_cc):
            return next(iter(left_out.values()))
        for partner, why in left_out.items():
            self.recipient_ids -= partner
            self._crm_notifications(partner)._crm_refuse(why)
        held = [why for why in found.values() if why.until]
        return max(held, key=lambda why: why.until, default=None)

    def _crm_stop(self, refusal) -> None:
        """Let mails wait or cancel them, and say why wherever they are counted."""
        if refusal.until:
            self.scheduled_date = refusal.until
            cron = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
            cron._trigger(refusal.until)
            return
        why = {"failure_type": refusal.failure, "failure_reason": refusal.text}
        self.write({"state": "cancel", **why})
        self.mailing_trace_ids.write({"trace_status": "cancel", **why})
        self._crm_notifications()._crm_refuse(refusal)

    def _crm_notifications(self, partner=None):
        """Return the open notifications of mails, of one of their recipients only."""
        domain = [
            ("notification_type", "=", "email"),
            ("mail_mail_id", "in", self.ids),
            ("notification_status", "not in", ("sent", "canceled")),
        ]
        if partner:
            domain.append(("res_partner_id", "=", partner.id))
        return self.env["mail.notification"].sudo().search(domain)

    # ---- when they have left --------------------------------------------------------

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # EXTENDS 'mail': promotion that is no mailing has no statistics; it becomes a
        # contact here. Mails may be deleted by super().
        left, failed = {}, []
        for mail in self:
            if mail.mailing_id or not mail.message_id:
                continue
            source = ("mail.message", str(mail.mail_message_id.id))
            for partner in mail.recipient_ids:
                reference = recipient_reference(mail.message_id, partner.id)
                if not failure_type or partner in success_pids:
                    left[reference] = source
                else:
                    failed.append(reference)
            if failure_type:
                failed.append(mail.message_id)
            else:
                left[mail.message_id] = source
        reservations = self.env["crm.contact.reservation"]
        if left:
            reservations._left(left)
        if failed:
            reservations._release(failed)
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )
