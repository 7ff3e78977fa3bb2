from datetime import datetime
from typing import NamedTuple

from odoo import api, models

from ..core import policy
from .crm_contact_gate import Asking, Recipient

# What core calls some of the rules; its own statistics count them.
CORE_FAILURES = {
    "email": {"blacklisted": "mail_bl", "same_address": "mail_dup"},
    "sms": {"blacklisted": "sms_blacklist", "same_address": "sms_duplicate"},
}
REFUSED = "crm_refused"


class Party(NamedTuple):
    """Whom a record of any model stands for.

    :param partner_id: id of ``res.partner``, 0 if nobody
    :param lead_id: id of a ``crm.lead`` without a contact, 0 if none
    """

    partner_id: int = 0
    lead_id: int = 0


class Refusal(NamedTuple):
    """Why a message of core must not leave now.

    :param failure: core's name of the failure
    :param text: sentence for people
    :param until: naive UTC; it may leave from then on. None: it is left out
    """

    failure: str
    text: str
    until: datetime | None = None


class Held:
    """Recipients of one run of a mailing that wait. An object of this process: what a
    client puts into a context is never one."""

    def __init__(self):
        self.moments: list[datetime] = []


class CrmCorePromotion(models.AbstractModel):
    """Promotion that Odoo sends by itself: mailings, text messages in masses, mails
    written by hand. It obeys the rules everything else obeys."""

    _name = "crm.core.promotion"
    _description = "Promotion Sent by Odoo"

    @api.model
    def _parties(self, model: str, ids, emails: dict[int, str]) -> dict[int, Party]:
        """Return whom records stand for.

        A record without a contact, such as one of a mailing list, stands for the
        contact with its e-mail address, if there is one.
        """
        records = self.env[model].sudo().browse(ids)
        found = {}
        if hasattr(records, "_mail_get_partners"):
            for record_id, partners in records._mail_get_partners().items():
                if partners:
                    found[record_id] = Party(partners[0].id)
        wanted = {emails.get(i) for i in ids if i not in found} - {None, ""}
        by_email = self._by_email(sorted(wanted))
        for record_id in ids:
            if record_id not in found:
                partner_id = by_email.get(emails.get(record_id), 0)
                lead_id = 0 if partner_id or model != "crm.lead" else record_id
                found[record_id] = Party(partner_id, lead_id)
        return found

    @api.model
    def _by_email(self, emails: list[str]) -> dict[str, int]:
        if not emails:
            return {}
        partners = self.env["res.partner"].sudo()
        found = partners.search_fetch(
            [("email_normalized", "in", emails)], ["email_normalized"], order="id desc"
        )
        return {partner.email_normalized: partner.id for partner in found}

    @api.model
    def _judge(
        self, company, kind: str, parties: dict[int, Party], addresses: dict[int, str]
    ) -> dict[int, Refusal]:
        """Reserve places for promotions and return which must not leave now.

        :param parties: by number of the message
        :param addresses: where each goes; empty for the contact's own
        """
        gate = self.env["crm.contact.gate"].sudo()
        recipients = [
            Recipient(number, party.partner_id, addresses.get(number) or "")
            for number, party in parties.items()
        ]
        if not recipients:
            return {}
        gate._reserve(company, kind, recipients)
        asking = Asking(
            company, kind, "promotion", gate._now(), silence=self._silence(company)
        )
        answers = gate._ask(asking, recipients)
        checker = self.env["crm.contact.checker"]
        names, refusals = CORE_FAILURES.get(kind, {}), {}
        for number, answer in answers.items():
            if answer.verdict == policy.SEND:
                continue
            held = answer.verdict == policy.HOLD
            refusals[number] = Refusal(
                names.get(answer.rule, REFUSED),
                checker._why(answer.rule),
                answer.at if held else None,
            )
        return refusals

    @api.model
    def _silence(self, company) -> bool:
        """Tell whether Odoo's own mailings go to who never said anything: as before,
        until the company has chosen whom it writes to unasked. Installing this must
        not empty the mailings of people who have not heard of it."""
        return not company.sudo().root_id.crm_consent_default

    @api.model
    def _hand_over(self, company, kind, parties, references, **values) -> None:
        """Note promotions handed over to core's queues.

        :param references: by number, how core's queue names each
        :param values: for all of them; ``addresses`` by number
        """
        addresses = values.pop("addresses", {})
        values.setdefault("purpose", "promotion")
        self.env["crm.contact.reservation"].sudo()._hand_over(
            [
                {
                    "company_id": company.id,
                    "kind": kind,
                    "partner_id": parties[number].partner_id,
                    "lead_id": parties[number].lead_id,
                    "address": addresses.get(number),
                    "reference": reference,
                    **values,
                }
                for number, reference in references.items()
            ]
        )
