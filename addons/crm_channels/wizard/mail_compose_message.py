from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize_all

from ..models.crm_contact_reservation import recipient_reference
from ..models.crm_core_promotion import Held, Party

# More names of who is refused are no help.
MOST_NAMES = 20


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    crm_promotion = fields.Boolean(
        string="Promotion",
        help="A promotion obeys the customer's consent and the contact policy, and is "
        "in the contact ledger. What a customer is told because of an order or a "
        "question is none.",
    )

    def _crm_company(self):
        mailing = self.mass_mailing_id
        return mailing._crm_company() or self.record_company_id or self.env.company

    def _crm_is_promotion(self) -> bool:
        """Tell whether these mails are a promotion: mailings are, unless they are for
        those on the blacklist as well, which only what people must know may be."""
        if self.mass_mailing_id:
            return self.use_exclusion_list
        return self.crm_promotion

    def _crm_ledger(self) -> bool:
        """Tell whether these mails become contacts in the ledger."""
        return bool(self.mass_mailing_id or self.crm_promotion)

    # ---- in masses ------------------------------------------------------------------

    def _crm_parties(self, values_all: dict) -> tuple[dict, dict]:
        """Return whom mails are for and all their addresses, by record id."""
        emails = {}
        for res_id, found in self._get_recipients_data(values_all).items():
            known = [*found["mail_to"], values_all[res_id].get("email_cc")]
            emails[res_id] = _addresses(known)
        first = {res_id: (found or [""])[0] for res_id, found in emails.items()}
        promotion = self.env["crm.core.promotion"]
        return promotion._parties(self.model, list(values_all), first), emails

    def _process_mail_values_state(self, mail_values_dict):
        # EXTENDS 'mail': who must not be written to is left out, by name of the rule.
        values_all = super()._process_mail_values_state(mail_values_dict)
        if not (self._crm_is_promotion() and self.model):
            return values_all
        going = {i: vals for i, vals in values_all.items() if not vals.get("state")}
        parties, emails = self._crm_parties(going)
        promotion = self.env["crm.core.promotion"]
        refusals = promotion._judge(
            self._crm_company(),
            "email",
            parties,
            emails,
            since=self.mass_mailing_id.crm_held_since or None,
        )
        can_wait = isinstance(self.env.context.get("crm_held"), Held)
        for res_id, refusal in refusals.items():
            if refusal.until and can_wait:
                going[res_id]["crm_hold"] = refusal.until
                continue
            going[res_id].update(
                state="cancel",
                failure_type=refusal.failure,
                failure_reason=refusal.text,
                is_notification=False,
            )
        return values_all

    def _prepare_mail_values_mailing_traces(self, mail_values_all):
        # EXTENDS 'mass_mailing': the statistics of a mailing tell why.
        traces = super()._prepare_mail_values_mailing_traces(mail_values_all)
        for res_id, values in mail_values_all.items():
            if traces.get(res_id) and values.get("failure_reason"):
                traces[res_id]["failure_reason"] = values["failure_reason"]
        return traces

    def _manage_mail_values(self, mail_values_all):
        # EXTENDS 'mail': those who wait are none of this run; the others are noted.
        if self.composition_mode == "comment" and self.crm_promotion:
            self._crm_check_comments(mail_values_all)
        results = super()._manage_mail_values(mail_values_all)
        held = self.env.context.get("crm_held")
        kept = {}
        for res_id, values in results.items():
            if until := values.pop("crm_hold", None):
                held.moments.append(until)
            else:
                kept[res_id] = values
        if self.composition_mode == "mass_mail" and self.model and self._crm_ledger():
            self._crm_hand_over(kept)
        return kept

    def _crm_hand_over(self, values_all: dict) -> None:
        if not values_all:
            return
        parties, emails = self._crm_parties(values_all)
        self.env["crm.core.promotion"]._hand_over(
            self._crm_company(),
            "email",
            parties,
            {res_id: values["message_id"] for res_id, values in values_all.items()},
            addresses=emails,
            # What is cancelled or has failed may be sent again by hand.
            idle={i for i, values in values_all.items() if values.get("state")},
            purpose="promotion" if self._crm_is_promotion() else "service",
            subject=self.mass_mailing_id.subject or self.subject,
            user_id=(self.mass_mailing_id.user_id or self.env.user).id,
        )

    # ---- by hand --------------------------------------------------------------------

    def _action_schedule_message(self):
        # EXTENDS 'mail': what is sent later is judged when it leaves, and nobody sits
        # before the screen then.
        for wizard in self:
            if wizard.crm_promotion:
                raise UserError(wizard._crm_no_later_text())
        return super()._action_schedule_message()

    def _action_send_mail_comment(self, res_ids):
        # EXTENDS 'mail': somebody sits before the screen and is told who is refused.
        if not self.crm_promotion:
            return super()._action_send_mail_comment(res_ids)
        # It is for whom it is addressed to, not for all who follow the page.
        self.notify_skip_followers = True
        messages = super()._action_send_mail_comment(res_ids)
        self._crm_note_comments(messages)
        return messages

    def _crm_check_comments(self, values_all: dict) -> None:
        """Refuse if anybody one of these messages is for must not be written to."""
        later = self.env["mail.thread"]._is_notification_scheduled
        if any(later(values.get("scheduled_date")) for values in values_all.values()):
            raise UserError(self._crm_no_later_text())
        partners = self.env["res.partner"].browse(
            partner_id
            for values in values_all.values()
            for partner_id in values.get("partner_ids") or []
        )
        refusals = self.env["crm.core.promotion"]._judge(
            self._crm_company(),
            "email",
            {number: Party(partner.id) for number, partner in enumerate(partners)},
            {
                number: email_normalize_all(partner.email)
                for number, partner in enumerate(partners)
            },
        )
        if refusals:
            raise UserError(self._crm_refusal_text(partners, refusals))

    def _crm_note_comments(self, messages) -> None:
        """Note what recipients get. Who reads it here has it; a mail takes its place
        until it has left."""
        notified = self.env["mail.notification"].sudo()
        notified = notified.search([("mail_message_id", "in", messages.ids)])
        partners = notified.res_partner_id
        parties = {n.id: Party(n.res_partner_id.id) for n in notified}
        sources = {n.id: ("mail.message", str(n.mail_message_id.id)) for n in notified}
        references = {
            n.id: recipient_reference(n.mail_message_id.message_id, n.res_partner_id.id)
            for n in notified
        }
        emails = {p: email_normalize_all(p.email) for p in partners}
        self.env["crm.core.promotion"]._hand_over(
            self._crm_company(),
            "email",
            parties,
            references,
            addresses={n.id: emails[n.res_partner_id] for n in notified},
            subjects={n.id: n.mail_message_id.subject for n in notified},
            idle=notified.filtered(lambda n: n.notification_status == "exception").ids,
            user_id=self.env.uid,
        )
        done = notified.filtered(
            lambda n: n.notification_type == "inbox" or n.notification_status == "sent"
        )
        self.env["crm.contact.reservation"]._left(
            {references[n.id]: sources[n.id] for n in done}
        )

    def _crm_no_later_text(self) -> str:
        return self.env._(
            "A promotion cannot be scheduled here: whether a customer may be written "
            "to is decided when it leaves. Send it when it may leave, or make it a "
            "mailing or a campaign; those wait by themselves."
        )

    def _crm_refusal_text(self, partners, refusals: dict) -> str:
        """Return who must not be written to and why, and what to do.

        :param refusals: by place among the partners
        """
        lines = {}
        for place, refusal in refusals.items():
            who = partners[place].sudo()
            lines.setdefault(who.id, f"{who.name}: {refusal.text}")
        names = list(lines.values())
        if len(names) > MOST_NAMES:
            more = self.env._("… and %s more", len(names) - MOST_NAMES)
            names = [*names[:MOST_NAMES], more]
        return self.env._(
            "This promotion must not be sent now to:\n%(lines)s\n\nTake them off the "
            "recipients, or send it later. If this is no promotion but something the "
            "customer has to know, remove the mark “Promotion”.",
            lines="\n".join(names),
        )


def _addresses(texts) -> list[str]:
    """Return all addresses in some texts, each once, in their order."""
    return list(dict.fromkeys(a for text in texts for a in email_normalize_all(text)))
