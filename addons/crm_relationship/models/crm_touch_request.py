from datetime import UTC, datetime

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..core import api_values

MAX_CUSTOMERS = 1000
MAX_BODY = 100_000
PURPOSES = ("service", "relationship")
EXAMPLE = "2026-03-01T08:00:00Z"


class CrmTouchRequest(models.AbstractModel):
    """Requests of other systems to write to or call customers: each becomes a service
    message of the caller, confirmed at once."""

    _name = "crm.touch.request"
    _description = "Requests for Contacts"

    @api.model
    def _request(self, partners, channel, subject, body, due, purpose) -> dict:
        """Plan a message and return what :meth:`_state` says about it."""
        Mail = self.env["crm.service.mail"]
        Mail.check_access("create")
        customers = self._customers(partners)
        mail = Mail.create(
            {
                "channel_id": self._channel(channel).id,
                "subject": self._text(subject, "subject", 200),
                "body": plaintext2html(self._text(body, "body", MAX_BODY)),
                "purpose": self._purpose(purpose),
                "due": self._moment(due),
                "audience": repr([("partner_id", "in", customers.ids)]),
            }
        )
        if missing := self._without_profile(mail, customers):
            raise UserError(
                self.env._(
                    "These are no customers of %(company)s, or you may not see them: "
                    "%(names)s.",
                    company=mail.company_id.name,
                    names=", ".join(map(str, missing[:10])),
                )
            )
        mail.action_confirm()
        return self._state(mail)

    @api.model
    def _state(self, mail) -> dict:
        """Return how far a message is, and what became of it for each customer."""
        mail.check_access("read")
        rows = self.env["crm.service.mail.recipient"].search(
            [("mail_id", "=", mail.id)], limit=MAX_CUSTOMERS
        )
        states = ("planned", "sent", "failed", "skipped", "unknown")
        return {
            "id": mail.id,
            "state": mail.state,
            "counts": {state: mail[f"{state}_count"] for state in states},
            "customers": [
                {
                    "partner_id": row.partner_key,
                    "state": row.state,
                    "reason": row.reason or None,
                    "text": row.text or None,
                }
                for row in rows
            ],
        }

    @api.model
    def _find(self, mail_id):
        """Return the message a caller asks about."""
        api = self.env["crm.api"]
        mail_id = api._api_check(api_values.check_integer, mail_id, "id")
        self.env["crm.service.mail"].check_access("read")
        mail = self.env["crm.service.mail"].search([("id", "=", mail_id)])
        if not mail:
            raise UserError(
                self.env._("There is no request %s, or you may not see it.", mail_id)
            )
        return mail

    # ---- arguments ------------------------------------------------------------------

    @api.model
    def _customers(self, partners):
        if not isinstance(partners, list) or not 1 <= len(partners) <= MAX_CUSTOMERS:
            raise UserError(
                self.env._("“partners” must be a list of 1 to %s.", MAX_CUSTOMERS)
            )
        api = self.env["crm.api"]
        found = self.env["res.partner"]
        ids = [partner for partner in partners if type(partner) is int]
        if len(ids) == len(partners):
            for partner in ids:
                api._api_check(api_values.check_integer, partner, "partner")
            known = found.with_context(active_test=False).search([("id", "in", ids)])
            if missing := sorted(set(ids) - set(known.ids)):
                api._api_partner(missing[0])
            return known.commercial_partner_id
        for partner in partners:
            found |= api._api_partner(partner).commercial_partner_id
        return found

    @api.model
    def _without_profile(self, mail, customers) -> list[int]:
        profiles = self.env["crm.customer.profile"].with_context(active_test=False)
        seen = profiles.search(
            [
                ("partner_id", "in", customers.ids),
                ("company_id", "=", mail.company_id.root_id.id),
            ]
        )
        return sorted(set(customers.ids) - set(seen.partner_id.ids))

    @api.model
    def _channel(self, code):
        api = self.env["crm.api"]
        code = api._api_check(api_values.check_text, code, "channel")
        known = self.env["crm.channel"].search(
            [
                ("kind", "in", ("email", "phone", "letter")),
                ("company_id", "in", [self.env.company.id, False]),
            ],
            order="company_id, sequence, id",
        )
        found = known.filtered(lambda channel: channel.code == code)[:1]
        if not found:
            raise UserError(
                self.env._(
                    "“channel” must be one of: %s.", ", ".join(known.mapped("code"))
                )
            )
        return found

    @api.model
    def _text(self, value, name: str, longest: int) -> str:
        api = self.env["crm.api"]
        return api._api_check(api_values.check_text, value, name, longest)

    @api.model
    def _purpose(self, value) -> str:
        if value not in PURPOSES:
            raise UserError(
                self.env._("“purpose” must be one of: %s.", ", ".join(PURPOSES))
            )
        return value

    @api.model
    def _moment(self, value) -> datetime | bool:
        if value is None:
            return False
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo:
                moment = moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            moment = None
        if not moment or moment.year < 2000 or moment.year > 2200:
            raise UserError(
                self.env._("“due” must be an ISO moment in UTC, e.g. %s.", EXAMPLE)
            )
        return moment.replace(tzinfo=None, microsecond=0)
