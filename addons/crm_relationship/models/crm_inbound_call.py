from collections.abc import Callable

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize

from ..core.events import Event
from .crm_inbound_processor import Unsuited

LONGEST_TEXT = 5000
LONGEST_NAME = 200
MOST_MINUTES = 24 * 60
# What names the caller, the surest first.
NAMES = ("external", "ref", "email", "phone")


class CrmInboundCall(models.AbstractModel):
    """What telephone systems tell of calls that took place."""

    _name = "crm.inbound.call"
    _description = "Call Events"

    @api.model
    def _kinds(self) -> dict[str, Callable]:
        return {"call.inbound": self._on_call, "call.outbound": self._on_call}

    @api.model
    def _on_call(self, row, event: Event) -> tuple[int | None, str]:
        """Record a call in the ledger, see ``_event_kinds``."""
        partner = self._partner(row, event)
        recorder = self.env["crm.touch.recorder"]
        if recorder._is_own(partner):
            return None, self.env._("A call among colleagues.")
        channel = recorder._channel_of_kind("phone", row.company_id)
        if not channel:
            raise Unsuited(self.env._("There is no channel of the kind “Telephone”."))
        user = self._user(row, event)
        touch = self.env["crm.touch"]._log(
            [
                {
                    "company_id": row.company_id.id,
                    "partner_id": partner.id,
                    "channel_id": channel.id,
                    "direction": "in" if event.kind == "call.inbound" else "out",
                    "date": event.date,
                    "duration": self._minutes(event),
                    "subject": self._text(event, "subject", LONGEST_NAME),
                    "note": self._text(event, "note", LONGEST_TEXT),
                    "outcome_id": self._outcome(row, event).id,
                    "user_id": user.id,
                    # Of this source's event, whatever becomes of the row about it.
                    "source_model": row._name,
                    "source_key": f"{row.source_id.id}/{event.id}",
                }
            ]
        )
        return partner.id, touch.display_name

    # ---- who ----------------------------------------------------------------------

    @api.model
    def _partner(self, row, event: Event):
        """Return the contact the event names; the surest name given is the one."""
        name = next((name for name in NAMES if event.data.get(name)), None)
        if name is None:
            raise Unsuited(
                self.env._("The call names nobody: give external, ref, email or phone.")
            )
        value = self._text(event, name, LONGEST_NAME)
        found = getattr(self, f"_by_{name}")(row, value)
        if len(found) > 1 and len(found.commercial_partner_id) == 1:
            # Several people of one firm share a number: the firm called.
            found = found.commercial_partner_id
        if len(found) == 1:
            return found
        if found:
            raise Unsuited(
                self.env._(
                    "Several customers have the %(name)s “%(value)s”.",
                    name=name,
                    value=value,
                )
            )
        raise Unsuited(
            self.env._(
                "Nobody here has the %(name)s “%(value)s”.", name=name, value=value
            )
        )

    @api.model
    def _partners(self, row, domain):
        """Search contacts of the company and of all companies."""
        companies = [False, row.company_id.id, row.company_id.root_id.id]
        domain = Domain(domain) & Domain("company_id", "in", companies)
        return self.env["res.partner"].search(domain, limit=20)

    @api.model
    def _by_external(self, row, value: str):
        refs = self.env["crm.external.ref"].search(
            [
                ("company_id", "=", row.company_id.id),
                ("source", "=", row.source_id.code),
                ("ref", "=", value),
            ]
        )
        return refs.partner_id

    @api.model
    def _by_ref(self, row, value: str):
        return self._partners(row, [("ref", "=", value)])

    @api.model
    def _by_email(self, row, value: str):
        address = email_normalize(value)
        return self._partners(row, [("email_normalized", "=", address or value)])

    @api.model
    def _by_phone(self, row, value: str):
        number = row._phone_format(
            number=value, country=row.company_id.country_id or self.env.ref("base.us")
        )
        return self._partners(row, [("phone_sanitized", "=", number or value)])

    @api.model
    def _user(self, row, event: Event):
        """Return the colleague who talked; nobody for a name we do not know."""
        login = self._text(event, "user", LONGEST_NAME)
        users = self.env["res.users"]
        if not login:
            return users
        return users.search(
            [
                ("login", "=", login),
                ("share", "=", False),
                ("company_ids", "in", row.company_id.ids),
            ],
            limit=1,
        )

    # ---- what ---------------------------------------------------------------------

    @api.model
    def _outcome(self, row, event: Event):
        outcomes = self.env["crm.touch.outcome"]
        code = self._text(event, "outcome", LONGEST_NAME)
        if not code:
            return outcomes
        found = outcomes.search(
            [("code", "=", code), ("company_id", "in", [False, row.company_id.id])],
            order="company_id, id",
            limit=1,
        )
        if not found:
            raise Unsuited(self.env._("There is no outcome with the code “%s”.", code))
        return found

    @api.model
    def _minutes(self, event: Event) -> int:
        value = event.data.get("minutes", 0)
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or not 0 <= value <= MOST_MINUTES:
            raise Unsuited(self.env._("“minutes” must be a number from 0 to 1440."))
        return round(value)

    @api.model
    def _text(self, event: Event, name: str, longest: int) -> str | bool:
        value = event.data.get(name)
        if value is None:
            return False
        if not isinstance(value, str):
            raise Unsuited(self.env._("“%s” must be a text.", name))
        return value.strip()[:longest] or False
