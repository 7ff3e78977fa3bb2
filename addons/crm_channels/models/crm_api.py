from datetime import UTC, datetime

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.core import api_values
from odoo.addons.crm_relationship.models.crm_touch import PURPOSES

EARLIEST, LATEST = 2000, 2100


class CrmApi(models.AbstractModel):
    _inherit = "crm.api"

    @api.model
    @api.readonly
    def contact_check(self, partner, channel, purpose="promotion", at=None) -> dict:
        """Tell whether a customer may be contacted, when, and if not, why.

        Reserves nothing: who sends is checked again.

        :param partner: see :meth:`customer_get`; a contact person means that person
        :param channel: code of a channel
        :param purpose: ``promotion``, ``service``, ``relationship``, ``transactional``
            or ``dunning``; only promotion is ever refused by the contact policy
        :param at: ISO moment in UTC; nothing for now
        :return: ``allowed``; ``from``: the moment (UTC) from which it may leave, unless
            it must not at all; ``rule`` (short name) of what forbids or makes wait;
            ``text``, a sentence in the caller's language
        """
        found = self._api_partner(partner)
        kind = self._api_channel(channel).kind
        purposes = [value for value, _label in PURPOSES]
        choose = api_values.check_choices
        [purpose] = self._api_check(choose, [purpose], "purpose", purposes)
        moment = self._api_moment(at)
        checker = self.env["crm.contact.checker"]
        company = self.env.company
        answer = checker._answer(found, company, kind, purpose, moment)
        result = {
            "allowed": answer.verdict == "send",
            "rule": answer.rule,
            "text": checker._sentence(answer, found, company),
        }
        if answer.verdict != "drop":
            result["from"] = answer.at
        return self._api_plain(result)

    @api.model
    def consent_set(self, changes, idempotency_key) -> dict:
        """Enter what customers said about being written to: all of it or nothing.

        What holds is the newest by the moment it was said, whenever it is sent; a
        withdrawal wins a tie. Every change stays as proof, with the caller as witness.

        :param changes: up to 1,000: ``partner`` (see :meth:`customer_get`), ``address``
            or both; ``channel`` (``email``, ``phone``, ``sms``, ``letter``; without
            ``address`` also ``all``), ``purpose`` (``promotion``, ``relationship``,
            ``service`` or ``all``), ``change`` (``granted``, ``withdrawn``, ``lifted``:
            takes a withdrawal back, ``paused``, ``resumed``); optional ``date`` (ISO
            moment in UTC it was said, not in the future; now), ``until`` (ISO moment,
            with ``paused``), ``source`` (where; needed with ``granted``),
            ``text_version`` (of what they read), ``note``
        :param idempotency_key: see :meth:`purchase_import`
        :return: ``recorded``; of these ``late`` (something newer is known) and
            ``suppressed`` (the person was erased on request: stays refused); or
            ``errors`` (the first 100, with ``row`` from 1, ``field``, ``reason``) and
            ``error_count``, and nothing was recorded
        """
        service = self.env["crm.consent.service"]
        service._check_rights()
        service._check_rows(changes)
        return self.env["crm.idempotency"]._answer_once(
            "consent_set",
            idempotency_key,
            changes,
            lambda: self._api_plain(service._set_rows(changes, "api")),
            keep=lambda answer: not answer["error_count"],
        )

    @api.model
    @api.readonly
    def campaign_get(self, campaign) -> dict:
        """Return a campaign with how far it is and what came of it.

        :param campaign: id
        :return: ``id``, ``name``, ``company``, ``state``, ``segment``, ``channel``
            (code), ``utm_campaign`` (by which orders name it), ``holdout_percent``,
            ``budget``, ``currency``, ``counts`` (recipients by state, and
            ``kept_out`` by lot); where there is
            one ``goal``, ``offer``, ``launched`` (UTC), ``learning``, ``simulation``
            (of the content as it is) and ``result``: the last read-out, with
            ``treated`` and ``holdout`` (``customers``, ``buyers``, ``purchases``,
            ``revenue``, ``margin``), ``verdict`` (``few``, ``more``, ``none``,
            ``less``) and, with enough cases, ``effect``: ``buyers`` and ``margin`` more
            than without the campaign (``value``, ``low``, ``high``), ``net``
        """
        self._api_check_caller()
        found = self._api_check(api_values.check_integer, campaign, "campaign")
        record = self.env["crm.campaign"].search([("id", "=", found)])
        if not record:
            raise UserError(
                self.env._("There is no campaign %s, or you may not see it.", found)
            )
        return self._api_plain(self.env["crm.campaign.reader"]._read_out(record))

    @api.model
    def _api_channel(self, code):
        """Return the channel with a code, the company's own before the shared."""
        code = self._api_check(api_values.check_text, code, "channel")
        channels = self.env["crm.channel"].search(
            [("code", "=", code), ("company_id", "in", [self.env.company.id, False])],
            order="company_id",
            limit=1,
        )
        if not channels:
            raise UserError(self.env._("There is no channel with the code “%s”.", code))
        return channels

    @api.model
    def _api_moment(self, value) -> datetime | None:
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
        except (TypeError, ValueError, OverflowError):
            moment = None
        if not moment or not EARLIEST <= moment.year < LATEST:
            raise UserError(
                self.env._(
                    "“at” must be an ISO moment in UTC, e.g. 2026-03-10T09:30:00."
                )
            )
        return moment
