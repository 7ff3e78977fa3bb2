from datetime import date, datetime, timedelta
from typing import Any

from odoo import api, models
from odoo.tools import consteq

from ..core.consent import (
    GRANTED,
    PAUSED,
    PURPOSES,
    RESUMED,
    WITHDRAWN,
    mask,
)

# What this link is signed for: no other link of ours can be used as one.
USE = "preferences"
TEXT_VERSION = "preferences-1"
LONGEST_REST = timedelta(days=366)


class CrmPreferences(models.AbstractModel):
    """Links by which customers see and say, without a login, how they want to be
    written to: signed, without an address in them, valid as long as the contact is."""

    _name = "crm.preferences"
    _description = "Preference Page"

    # ---- links ----------------------------------------------------------------------

    @api.model
    def _link(self, partner, company) -> str:
        """Return the link to a contact's page in a company's name."""
        return (
            f"{partner.get_base_url()}/crm/preferences/{self._token(partner, company)}"
        )

    @api.model
    def _token(self, partner, company) -> str:
        named = f"{USE}.{partner.id}.{company.root_id.id}"
        return f"{named}.{self.env['crm.unsubscribe']._signature(named)}"

    @api.model
    def _read_token(self, token: str):
        """Return contact and company of a link; None for one that is not ours, or
        whose contact is gone or was erased: nobody learns which."""
        named, _dot, signature = token.rpartition(".")
        use, _dot, numbers = named.partition(".")
        numbers = numbers.split(".")
        if use != USE or len(numbers) != 2:
            return None
        if not all(n.isascii() and n.isdecimal() and len(n) < 10 for n in numbers):
            return None
        try:
            if not consteq(signature, self.env["crm.unsubscribe"]._signature(named)):
                return None
        except (ValueError, TypeError):
            return None
        partner = self.env["crm.merged.contact"]._contact(int(numbers[0]))
        company = self.env["res.company"].sudo().browse(int(numbers[1])).exists()
        # After an erasure there is nobody left to ask.
        if not partner or not company or not self._places(partner):
            return None
        return partner, company

    # ---- the page -------------------------------------------------------------------

    @api.model
    def _page(self, partner, company) -> dict[str, Any]:
        """Return what the page shows."""
        places = self._places(partner)
        # What Odoo's lists say is shown, whether or not it was written down already.
        self.env["crm.consent.takeover"]._take_addresses(places.values())
        held = self._held(places, company)
        pauses = [row.pause_until for row in held.values() if row.pause_until]
        now = self.env.cr.now().replace(tzinfo=None)
        until = max((p for p in pauses if p > now), default=None)
        asked = self._unasked(places, partner, company)
        return {
            "company": company,
            "partner": partner,
            "places": {kind: mask(kind, key) for kind, key in places.items()},
            "choices": {
                (kind, purpose): self._is_allowed(
                    held.get((kind, purpose)), purpose, asked.get(kind)
                )
                for kind in places
                for purpose in PURPOSES
            },
            "until": until and until.date().isoformat(),
            "first_day": (now.date() + timedelta(days=1)).isoformat(),
            "last_day": (now.date() + LONGEST_REST).isoformat(),
            "langs": self.env["res.lang"].sudo().get_installed(),
            "lang": partner.lang,
        }

    @api.model
    def _places(self, partner) -> dict[str, str]:
        """Return the contact's addresses by kind, as consents know them."""
        carrier = self.env["crm.consent.carrier"].sudo()
        found = carrier._addresses(partner.ids, always=True)
        return {kind: key for (_id, kind), key in found.items()}

    @api.model
    def _held(self, places: dict[str, str], company) -> dict[tuple[str, str], Any]:
        """Return the consents that hold, by kind and purpose."""
        rows = self.env["crm.consent"].sudo()
        rows = rows.search(
            [
                ("company_id", "=", company.id),
                ("address", "in", sorted(set(places.values()))),
            ]
        )
        return {
            (row.kind, row.purpose): row
            for row in rows
            if places.get(row.kind) == row.address
        }

    @api.model
    def _unasked(self, places: dict[str, str], partner, company) -> dict[str, bool]:
        """Return by kind whether promotion is sent to somebody who said nothing."""
        consents = self.env["crm.consent"].sudo()
        return {
            kind: consents._is_allowed_unasked(kind, key, partner, company)
            for kind, key in places.items()
        }

    @api.model
    def _is_allowed(self, row, purpose: str, unasked: bool) -> bool:
        if row and row.state != "unknown":
            return row.state == "granted"
        return purpose != "promotion" or bool(unasked)

    # ---- saying ---------------------------------------------------------------------

    @api.model
    def _save(self, partner, company, said: dict[str, str], ip: str | None) -> None:
        """Record what differs from what held; a second click changes nothing.

        :param said: fields of the form
        """
        page = self._page(partner, company)
        places = self._places(partner)
        changes = [
            {"kind": kind, "purpose": purpose, "change": change}
            for (kind, purpose), allowed in page["choices"].items()
            for change in [GRANTED if said.get(f"{kind}.{purpose}") else WITHDRAWN]
            if (change == GRANTED) != allowed
        ]
        changes += self._rest(said.get("until") or "", page)
        self.env["crm.consent.recorder"]._record(
            [
                {
                    **change,
                    "company_id": company.id,
                    "address": places[change["kind"]],
                    "partner_id": partner.id,
                    "how": "preferences",
                    "source": self.env._("Preference page"),
                    "text_version": TEXT_VERSION,
                    "ip": ip,
                }
                for change in changes
            ]
        )
        self._set_lang(partner, said.get("lang"))

    @api.model
    def _rest(self, until: str, page: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the changes that begin or end a rest for all ways and purposes."""
        try:
            day = self._day(until)
        except ValueError:
            return []
        if (day.isoformat() if day else None) == page["until"]:
            return []
        change = {"change": PAUSED if day else RESUMED}
        if day:
            # To the end of that day wherever they live: better a few hours longer.
            change["until"] = datetime(day.year, day.month, day.day, 23, 59, 59)
        return [
            {"kind": kind, "purpose": purpose, **change}
            for kind, purpose in page["choices"]
        ]

    @api.model
    def _day(self, text: str) -> date | None:
        """Return the last day of a rest, None for no rest.

        :raise ValueError: this is no day
        """
        if not text:
            return None
        day, today = date.fromisoformat(text), self.env.cr.now().date()
        return min(day, today + LONGEST_REST) if day > today else None

    @api.model
    def _set_lang(self, partner, lang: str | None) -> None:
        known = {code for code, _name in self.env["res.lang"].sudo().get_installed()}
        if lang in known and lang != partner.lang:
            partner.sudo().lang = lang

    @api.model
    def _labels(self) -> dict[str, dict[str, str]]:
        """Return the names of ways and purposes in the reader's language."""
        columns = self.env["crm.consent"]._fields
        return {
            name: dict(columns[name]._description_selection(self.env))
            for name in ("kind", "purpose")
        }
