from typing import Any

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import email_normalize

from odoo.addons.crm_relationship.core.touch_rows import BadRow

from ..core.consent_rows import MAX_CHANGES, ConsentRow, read_rows

ERRORS_SHOWN = 100


class CrmConsentService(models.AbstractModel):
    """Takes what customers said from people, files and other systems, with the
    caller's rights. Rows are read, everything they name is looked up, and only then
    they are recorded: all of them or none."""

    _name = "crm.consent.service"
    _description = "Consents from Elsewhere"

    @api.model
    def _check_rights(self) -> None:
        if not self.env["crm.consent.change"].has_access("create"):
            raise AccessError(
                self.env._(
                    "Only salespeople and customer readers may enter what customers "
                    "said. An administrator can give the right."
                )
            )

    @api.model
    def _check_rows(self, changes) -> None:
        if not isinstance(changes, list) or not 0 < len(changes) <= MAX_CHANGES:
            raise UserError(
                self.env._(
                    "“changes” must be a list of 1 to %s changes; send more in several "
                    "calls, each with a key of its own.",
                    MAX_CHANGES,
                )
            )

    @api.model
    def _set_rows(self, changes: list, how: str) -> dict[str, Any]:
        """Record changes and tell what became of them; see ``crm.api.consent_set``."""
        recorder = self.env["crm.consent.recorder"]
        now = self.env.cr.now().replace(tzinfo=None)
        rows, bad = read_rows(changes, now)
        vals_list = self._look_up(rows, bad, how)
        if bad:
            return self._answer({"recorded": 0, "late": 0, "suppressed": 0}, bad)
        return self._answer(recorder._record(vals_list), [])

    @api.model
    def _answer(self, counts: dict[str, int], bad: list[BadRow]) -> dict:
        bad.sort(key=lambda row: row.number)
        return {
            **counts,
            "errors": [
                {"row": row.number, "field": row.field, "reason": self._reason(row)}
                for row in bad[:ERRORS_SHOWN]
            ],
            "error_count": len(bad),
        }

    @api.model
    def _about(self, customer) -> Domain:
        """Return the consents of a customer: said by it or its contacts, or about an
        address one of them has."""
        family = self.env["res.partner"].with_context(active_test=False)
        family = family.search([("id", "child_of", customer.ids)])
        carrier = self.env["crm.consent.carrier"].sudo()
        addresses = set(carrier._addresses(family.ids).values())
        return Domain("partner_id", "in", family.ids) | Domain(
            "address", "in", sorted(addresses)
        )

    # ---- looking up -----------------------------------------------------------------

    @api.model
    def _look_up(self, rows: list[ConsentRow], bad: list[BadRow], how: str) -> list:
        """Return values for the recorder; rows that name what is not there go to
        ``bad``."""
        contacts = self.env["crm.touch.service"]
        partners = contacts._partners([row.partner for row in rows if row.partner])
        ids = {partner.id for found in partners.values() for partner in found}
        carrier = self.env["crm.consent.carrier"].sudo()
        places = carrier._addresses(ids, always=True)
        nobody = self.env["res.partner"]
        vals_list = []
        for row in rows:
            partner = partners.get(row.partner, nobody)
            if row.partner and len(partner) != 1:
                hits = ", ".join(map(str, partner[:10].ids))
                reason = "several" if partner else "unknown_partner"
                bad.append(BadRow(row.number, "partner", reason, {"hits": hits}))
                continue
            found = self._addresses(row, partner, places)
            if not found:
                field = "address" if row.address else "partner"
                bad.append(BadRow(row.number, field, "address", {}))
            for kind, address in found.items():
                vals_list += self._vals(row, partner, kind, address, how)
        return vals_list

    @api.model
    def _addresses(self, row: ConsentRow, partner, places: dict) -> dict[str, str]:
        """Return the addresses a row is about, by kind."""
        if not row.address:
            return {
                kind: places[partner.id, kind]
                for kind in row.kinds
                if (partner.id, kind) in places
            }
        [kind] = row.kinds
        address = self._normal(kind, row.address)
        return {kind: address} if address else {}

    @api.model
    def _normal(self, kind: str, address: str) -> str:
        """Return an address as Odoo keeps it; empty for what is none."""
        if kind == "email":
            return email_normalize(address) or ""
        if kind == "letter":
            return address
        company = self.env.company
        number = company.partner_id._phone_format(
            number=address, country=company.country_id
        )
        return number or (address if any(map(str.isdigit, address)) else "")

    @api.model
    def _vals(self, row: ConsentRow, partner, kind, address, how) -> list[dict]:
        return [
            {
                "company_id": self.env.company.id,
                "kind": kind,
                "address": address,
                "purpose": purpose,
                "change": row.change,
                "until": row.until,
                "event_date": row.date,
                "partner_id": partner.id,
                "user_id": self.env.uid,
                "how": how,
                "source": row.source,
                "text_version": row.text_version,
                "note": row.note,
            }
            for purpose in row.purposes
        ]

    # ---- refusing -------------------------------------------------------------------

    @api.model
    def _reason(self, bad: BadRow) -> str:
        texts = {
            "row": self.env._("A change is a set of names and values."),
            "nobody": self.env._("Name a “partner” or an “address”."),
            "one_channel": self.env._("An address belongs to one channel: name it."),
            "proof": self.env._(
                "Say where the consent was given: without that it proves nothing."
            ),
            "until": self.env._("“paused”, and nothing else, has an “until”."),
            "address": self.env._("There is no such address."),
            "moment": self.env._("Must be a moment like 2026-03-10T09:30:00Z."),
            "future": self.env._("This is still to come: it was not said yet."),
        }
        if bad.reason in texts:
            return texts[bad.reason]
        return self.env["crm.touch.service"]._reason(bad)
