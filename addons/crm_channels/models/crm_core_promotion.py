from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from odoo import api, models

from ..core import policy
from .crm_contact_gate import Answer, Asking, Recipient

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
    :param country: two letters, of who is no contact
    """

    partner_id: int = 0
    lead_id: int = 0
    country: str = ""


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

        :param emails: the first address of each
        """
        records = self.env[model].sudo().browse(ids)
        found = {}
        if hasattr(records, "_mail_get_partners"):
            for record_id, partners in records._mail_get_partners().items():
                if partners:
                    found[record_id] = Party(partners[0].id)
        wanted = {emails.get(i) for i in ids if i not in found} - {None, ""}
        by_email = self._by_email(sorted(wanted))
        countries = self._countries(model, [i for i in ids if i not in found])
        for record_id in ids:
            if record_id not in found:
                partner_id = by_email.get(emails.get(record_id), 0)
                lead_id = 0 if partner_id or model != "crm.lead" else record_id
                found[record_id] = Party(partner_id, lead_id, countries[record_id])
        return found

    @api.model
    def _countries(self, model: str, ids) -> dict[int, str]:
        """Return the countries of records that know one, such as leads, else ''."""
        records = self.env[model].sudo().browse(ids)
        if "country_id" not in records._fields:
            return dict.fromkeys(ids, "")
        return {record.id: record.country_id.code or "" for record in records}

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
        self,
        company,
        kind: str,
        parties: dict[int, Party],
        addresses: dict[int, list[str]],
        since: datetime | None = None,
        without: Iterable[str] = (),
    ) -> dict[int, Refusal]:
        """Reserve places for promotions and return which must not leave now.

        Who has several addresses in one field gets the message at all of them: the
        strictest answer counts.

        :param parties: by number of the message
        :param addresses: where each goes; none for the contact's own
        :param since: since when they wait, if they do
        :param without: how core's queue names these messages, if they are in it
        """
        gate = self.env["crm.contact.gate"].sudo()
        rounds = self._rounds(parties, addresses)
        if not rounds:
            return {}
        gate._reserve(company, kind, list(chain(*rounds)))
        asking = Asking(
            company,
            kind,
            "promotion",
            gate._now(),
            since=since,
            silence=self._silence(company),
            without=tuple(without),
        )
        strictest = {}
        for recipients in rounds:
            for number, answer in gate._ask(asking, recipients).items():
                known = strictest.get(number, answer)
                strictest[number] = max(known, answer, key=_strictness)
        return self._refusals(kind, strictest)

    @api.model
    def _rounds(self, parties: dict, addresses: dict) -> list[list[Recipient]]:
        """Return the recipients of messages, one of each message at a time: what a
        message says to one address takes no place from itself."""
        rounds = []
        for number, party in parties.items():
            for place, address in enumerate(addresses.get(number) or [""]):
                if place == len(rounds):
                    rounds.append([])
                rounds[place].append(
                    Recipient(number, party.partner_id, address, party.country)
                )
        return rounds

    @api.model
    def _refusals(self, kind: str, answers: dict) -> dict[int, Refusal]:
        """Return answers that are no in core's words; the sentences are made once."""
        why = self.env["crm.contact.checker"]._why
        rules = {found.rule for found in answers.values()} - {None}
        texts = {rule: why(rule) for rule in rules}
        names = CORE_FAILURES.get(kind, {})
        return {
            number: Refusal(
                names.get(answer.rule, REFUSED),
                texts.get(answer.rule, ""),
                answer.at if answer.verdict == policy.HOLD else None,
            )
            for number, answer in answers.items()
            if answer.verdict != policy.SEND
        }

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
        :param values: for all of them; by number ``addresses`` (all of each) and
            ``subjects``; ``idle``: numbers of those that do not leave as they are
        """
        addresses = values.pop("addresses", {})
        subjects = values.pop("subjects", {})
        idle = values.pop("idle", ())
        values.setdefault("purpose", "promotion")
        rows = []
        for number, reference in references.items():
            party = parties[number]
            first, *others = addresses.get(number) or [""]
            row = {
                "company_id": company.id,
                "kind": kind,
                "country": party.country,
                "reference": reference,
                "idle": number in idle,
                **values,
                "subject": subjects.get(number) or values.get("subject"),
            }
            rows.append(
                {
                    **row,
                    "partner_id": party.partner_id,
                    "lead_id": party.lead_id,
                    "address": first,
                }
            )
            rows += [{**row, "address": other} for other in others]
        self.env["crm.contact.reservation"].sudo()._hand_over(rows)


def _strictness(answer: Answer) -> tuple:
    order = (policy.SEND, policy.HOLD, policy.DROP)
    return order.index(answer.verdict), answer.at
