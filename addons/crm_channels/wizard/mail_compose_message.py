from odoo import fields, models
from odoo.exceptions import UserError

from ..models.crm_core_promotion import Held, Party


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
        return mailing.user_id.company_id or self.record_company_id or self.env.company

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
        """Return whom mails are for and their addresses, by record id."""
        data = self._get_recipients_data(values_all)
        emails = {
            res_id: (found["mail_to_normalized"] or [""])[0]
            for res_id, found in data.items()
        }
        promotion = self.env["crm.core.promotion"]
        return promotion._parties(self.model, list(values_all), emails), emails

    def _process_mail_values_state(self, mail_values_dict):
        # EXTENDS 'mail': who must not be written to is left out, by name of the rule.
        values_all = super()._process_mail_values_state(mail_values_dict)
        if not (self._crm_is_promotion() and self.model):
            return values_all
        going = {i: vals for i, vals in values_all.items() if not vals.get("state")}
        parties, emails = self._crm_parties(going)
        promotion = self.env["crm.core.promotion"]
        refusals = promotion._judge(self._crm_company(), "email", parties, emails)
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
        going = {i: vals for i, vals in values_all.items() if not vals.get("state")}
        if not going:
            return
        parties, emails = self._crm_parties(going)
        self.env["crm.core.promotion"]._hand_over(
            self._crm_company(),
            "email",
            parties,
            {res_id: values["message_id"] for res_id, values in going.items()},
            addresses=emails,
            purpose="promotion" if self._crm_is_promotion() else "service",
            subject=self.mass_mailing_id.subject or self.subject,
            user_id=(self.mass_mailing_id.user_id or self.env.user).id,
        )

    # ---- by hand --------------------------------------------------------------------

    def _action_send_mail_comment(self, res_ids):
        # EXTENDS 'mail': somebody sits before the screen and is told who is refused.
        if not self.crm_promotion:
            return super()._action_send_mail_comment(res_ids)
        partners = self.partner_ids
        parties = {partner.id: Party(partner.id) for partner in partners}
        company = self._crm_company()
        promotion = self.env["crm.core.promotion"]
        refusals = promotion._judge(company, "email", parties, {})
        if refusals:
            raise UserError(self._crm_refusal_text(refusals))
        messages = super()._action_send_mail_comment(res_ids)
        for message in messages:
            promotion._hand_over(
                company,
                "email",
                parties,
                dict.fromkeys(parties, message.message_id),
                addresses={p.id: p.email_normalized for p in partners},
                subject=message.subject,
                user_id=self.env.uid,
            )
            self.env["crm.contact.reservation"]._left(
                {message.message_id: ("mail.message", str(message.id))}, message
            )
        return messages

    def _crm_refusal_text(self, refusals: dict) -> str:
        """Return who must not be written to and why, and what to do."""
        names = self.env["res.partner"].sudo().browse(refusals)
        lines = [f"{who.name}: {refusals[who.id].text}" for who in names]
        return self.env._(
            "This promotion must not be sent now to:\n%(lines)s\n\nTake them off the "
            "recipients, or send it later. If this is no promotion but something the "
            "customer has to know, remove the mark “Promotion”.",
            lines="\n".join(lines),
        )
