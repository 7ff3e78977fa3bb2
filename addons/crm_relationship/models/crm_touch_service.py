from typing import Any

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..core.touch_rows import MAX_TOUCHES, BadRow, TouchRow, read_rows

ERRORS_SHOWN = 100


class CrmTouchService(models.AbstractModel):
    """Takes contacts of other systems into the ledger, with the caller's rights.

    Rows are read, everything they name is looked up, and only then written, with a
    number of queries that does not depend on the number of rows: all of them or none.
    """

    _name = "crm.touch.service"
    _description = "Contacts of Other Systems"

    @api.model
    def _check_rights(self) -> None:
        if not self.env["crm.touch.quick"].has_access("create"):
            raise AccessError(
                self.env._(
                    "Only salespeople and customer readers may log contacts. An "
                    "administrator can give the right."
                )
            )

    @api.model
    def _check_rows(self, touches) -> None:
        if not isinstance(touches, list) or not 0 < len(touches) <= MAX_TOUCHES:
            raise UserError(
                self.env._(
                    "“touches” must be a list of 1 to %s contacts; send more in "
                    "several calls, each with a key of its own.",
                    MAX_TOUCHES,
                )
            )

    @api.model
    def _log_rows(self, touches: list) -> dict[str, Any]:
        """Write contacts and tell what became of them; see ``crm.api.touch_log``."""
        rows, bad = read_rows(touches, fields.Datetime.now())
        vals_list = self._look_up(rows, bad)
        if bad:
            return self._answer([], 0, bad)
        sources = [(v["source_model"], v["source_key"]) for v in vals_list]
        writer = self.env["crm.touch.writer"].sudo()
        self.env.flush_all()
        known = writer._find_sources(source for source in sources if source[0])
        logged = self.env["crm.touch"]._log(vals_list)
        return self._answer(logged.ids, len(set(logged.ids) - set(known.values())), [])

    @api.model
    def _answer(self, ids: list[int], logged: int, bad: list[BadRow]) -> dict:
        bad.sort(key=lambda row: row.number)
        return {
            "logged": logged,
            "known": len(set(ids)) - logged,
            "ids": ids,
            "errors": [
                {"row": row.number, "field": row.field, "reason": self._reason(row)}
                for row in bad[:ERRORS_SHOWN]
            ],
            "error_count": len(bad),
        }

    # ---- looking up ---------------------------------------------------------------

    @api.model
    def _look_up(self, rows: list[TouchRow], bad: list[BadRow]) -> list[dict]:
        """Return values for the ledger; rows that name what is not there go to
        ``bad``."""
        channels = self._by_code("crm.channel", [row.channel for row in rows])
        outcomes = self._by_code("crm.touch.outcome", [r.outcome for r in rows])
        partners = self._partners([row.partner for row in rows if row.partner])
        leads = self._leads({row.lead for row in rows if row.lead})
        own = self._own_partners(partners)
        vals_list = []
        for row in rows:
            found = partners.get(row.partner, self.env["res.partner"])
            lead = leads.get(row.lead, self.env["crm.lead"])
            problem = (
                self._bad_party(row, found, lead, own)
                or self._bad_code(row, "channel", channels)
                or (row.outcome and self._bad_code(row, "outcome", outcomes))
            )
            if problem:
                bad.append(problem)
                continue
            partner = found or lead.partner_id
            vals_list.append(
                self._vals(row, partner, lead, channels[row.channel])
                | {"outcome_id": row.outcome and outcomes[row.outcome]}
            )
        return vals_list

    @api.model
    def _vals(self, row: TouchRow, partner, lead, channel_id: int) -> dict:
        company = self.env.company
        vals = {
            "company_id": company.id,
            "partner_id": partner.id,
            "lead_id": lead.id,
            "channel_id": channel_id,
            "direction": row.direction,
            "date": row.date,
            "purpose": row.purpose,
            "subject": row.subject,
            "note": row.note,
            "duration": row.duration,
            "user_id": self.env.uid,
            "source_model": None,
            "source_key": None,
        }
        if row.address:
            vals["address"] = row.address
        if row.source:
            # Another company may know the same system.
            source, ref = row.source
            vals["source_model"] = f"external:{source}"
            vals["source_key"] = f"{company.id}:{ref}"
        return vals

    @api.model
    def _by_code(self, model: str, codes: list[str | None]) -> dict[str, int]:
        """Return channels or outcomes by code, the company's own before the shared."""
        wanted = sorted({code for code in codes if code})
        domain = Domain("code", "in", wanted)
        domain &= Domain("company_id", "in", [self.env.company.id, False])
        found = self.env[model].search_fetch(domain, ["code", "company_id"])
        found = found.sorted(lambda record: bool(record.company_id))
        return {record.code: record.id for record in found}

    @api.model
    def _partners(self, references: list) -> dict:
        """Return the partners the caller may read, by how they were named."""
        Partner = self.env["res.partner"].with_context(active_test=False)
        found = {}
        ids = {named.id for named in references if named.id}
        by_id = {p.id: p for p in Partner.search([("id", "in", sorted(ids))])}
        refs = sorted({n.ref for n in references if n.ref and not n.source})
        by_ref = Partner.search([("ref", "in", refs)]).grouped("ref") if refs else {}
        outside = self._external({(n.source, n.ref) for n in references if n.source})
        for named in references:
            if named.id:
                found[named] = by_id.get(named.id, Partner)
            elif named.source:
                found[named] = outside.get((named.source, named.ref), Partner)
            else:
                found[named] = by_ref.get(named.ref, Partner)
        return found

    @api.model
    def _external(self, names: set[tuple[str, str]]) -> dict:
        if not names:
            return {}
        sources, refs = zip(*names, strict=True)
        domain = Domain("source", "in", sorted(set(sources)))
        domain &= Domain("ref", "in", sorted(set(refs)))
        known = self.env["crm.external.ref"].search(domain)
        readable = known.partner_id.with_context(active_test=False)
        readable = readable._filtered_access("read")
        found = {}
        for row in known:
            if row.partner_id in readable:
                name = (row.source, row.ref)
                found[name] = found.get(name, readable.browse()) | row.partner_id
        return found

    @api.model
    def _leads(self, ids: set[int]) -> dict:
        Lead = self.env["crm.lead"].with_context(active_test=False)
        if not ids or not Lead.has_access("read"):
            return {}
        return {lead.id: lead for lead in Lead.search([("id", "in", sorted(ids))])}

    @api.model
    def _own_partners(self, partners: dict) -> set[int]:
        """Return which of the partners are colleagues or companies of the group."""
        everybody = self.env["res.partner"].union(*partners.values()).sudo()
        users = self.env["res.users"].sudo().with_context(active_test=False)
        inside = users.search(
            [("partner_id", "in", everybody.ids), ("share", "=", False)]
        )
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        group = companies.search(
            [("partner_id", "in", everybody.commercial_partner_id.ids)]
        ).partner_id
        ours = everybody.filtered(lambda p: p.commercial_partner_id in group)
        return {*inside.partner_id.ids, *ours.ids}

    # ---- refusing -----------------------------------------------------------------

    @api.model
    def _bad_party(self, row: TouchRow, partner, lead, own) -> BadRow | None:
        if row.partner and not partner:
            return BadRow(row.number, "partner", "unknown_partner", {})
        if len(partner) > 1:
            ids = ", ".join(map(str, partner[:10].ids))
            return BadRow(row.number, "partner", "several", {"hits": ids})
        if partner.id in own:
            return BadRow(row.number, "partner", "own", {})
        if row.lead and not lead:
            return BadRow(row.number, "lead", "unknown_lead", {})
        return None

    @api.model
    def _bad_code(self, row: TouchRow, name: str, known: dict) -> BadRow | None:
        code = getattr(row, name)
        if code in known:
            return None
        return BadRow(row.number, name, "unknown_code", {"item": code})

    @api.model
    def _reason(self, bad: BadRow) -> str:
        details = dict(bad.details)
        known = ", ".join(details.get("known") or ())
        texts = {
            "row": self.env._("A contact is a set of names and values."),
            "column": self.env._("There is no such field. Known: %s.", known),
            "nobody": self.env._("Name a “partner” or a “lead”."),
            "missing": self.env._("This is needed."),
            "source": self.env._("“source” and “ref” belong together."),
            "choice": self.env._("Must be one of: %s.", known),
            "moment": self.env._(
                "Must be a moment like 2026-03-10T09:30:00Z, from 1970 on."
            ),
            "future": self.env._(
                "This is still to come: plan it instead of logging it."
            ),
            "unknown_partner": self.env._(
                "There is no such customer, or you may not read it."
            ),
            "several": self.env._(
                "Several customers are called so: %s. Name one by its id.",
                details.get("hits"),
            ),
            "own": self.env._("A colleague or a company of the group is no customer."),
            "unknown_lead": self.env._(
                "There is no such lead, or you may not read it."
            ),
            "unknown_code": self.env._(
                "There is no such code: %s.", details.get("item")
            ),
        }
        if bad.reason in texts:
            return texts[bad.reason]
        return self.env["crm.api"]._api_reason_of(bad.reason, details)
