from collections.abc import Iterable
from typing import Any

from odoo import api, models
from odoo.tools import SQL

from ..core.consent import KINDS, PAUSED, WITHDRAWN, Standing, strictest

Places = dict[tuple[int, str], str]
"""Where contacts are reached: by id of the contact and kind of channel."""


class CrmConsentCarrier(models.AbstractModel):
    """Takes refusals along when somebody is reached elsewhere or known twice.

    An objection is the person's, not the address's; consent was given for an address
    and stays with it.
    """

    _name = "crm.consent.carrier"
    _description = "Refusals Taken Along"

    @api.model
    def _addresses(self, partner_ids: Iterable[int], always: bool = False) -> Places:
        """Return where contacts are reached, as consents know it; nothing if there is
        no consent at all, unless ``always``."""
        ids = [partner_id for partner_id in partner_ids if isinstance(partner_id, int)]
        if not ids or not (always or self._any()):
            return {}
        partners = self.env["res.partner"]
        partners.browse(ids).flush_recordset()
        rules = self.env["crm.outbox.rules"]
        kind = SQL("k.kind")
        reach = rules._reach_sql(kind, SQL("NULL::varchar"))
        rows = self.env.execute_query(
            SQL(
                """SELECT p.id, k.kind, %s
                     FROM res_partner p, unnest(%s::varchar[]) AS k(kind)
                    WHERE p.id = ANY(%s) AND %s IS NOT NULL""",
                self.env["crm.consent"]._key_sql(
                    kind, rules._consent_reach_sql(kind, reach)
                ),
                list(KINDS),
                ids,
                reach,
            )
        )
        return {(partner_id, of_kind): key for partner_id, of_kind, key in rows if key}

    @api.model
    def _any(self) -> bool:
        [(found,)] = self.env.execute_query(
            SQL(
                """SELECT EXISTS (SELECT FROM crm_consent)
                       OR EXISTS (SELECT FROM crm_consent_takeover
                                   WHERE position < last_entry)"""
            )
        )
        return found

    @api.model
    def _carry_along(self, before: Places) -> None:
        """Let refusals follow contacts whose addresses were other ones before."""
        after = self._addresses({partner_id for partner_id, _kind in before})
        moves = [
            (partner_id, kind, {old}, after[partner_id, kind])
            for (partner_id, kind), old in before.items()
            if after.get((partner_id, kind), old) != old
        ]
        self._spread(moves, "address")

    @api.model
    def _merge_consents(self, src_ids: list[int], dst_id: int) -> None:
        """Let the strictest of what merged contacts said hold for the one left."""
        places = self._addresses([*src_ids, dst_id])
        moves = []
        for kind in KINDS:
            olds = {places[s, kind] for s in src_ids if (s, kind) in places}
            # Without an address of its own the destination gets a source's.
            targets = {places[dst_id, kind]} if (dst_id, kind) in places else olds
            moves += [(dst_id, kind, olds, target) for target in sorted(targets)]
        self._spread(moves, "merge")

    @api.model
    def _spread(self, moves: list[tuple], how: str) -> None:
        """Record at new addresses what was refused at old ones.

        :param moves: contact, kind, old addresses, new address
        """
        olds = {old for move in moves for old in move[2]}
        if not olds:
            return
        self.env["crm.consent.takeover"]._take_addresses(olds)
        found = self.env["crm.consent"].search([("address", "in", sorted(olds))])
        by_key = found.grouped(lambda r: (r.company_id.id, r.kind, r.purpose))
        rows = []
        for partner_id, kind, sources, target in moves:
            for (company_id, of_kind, purpose), consents in by_key.items():
                if of_kind != kind:
                    continue
                said = consents.filtered(lambda r, s=sources: r.address in s)
                standing = strictest(map(_standing, said))
                rows += [
                    {
                        "company_id": company_id,
                        "kind": kind,
                        "address": target,
                        "purpose": purpose,
                        "partner_id": partner_id,
                        "how": how,
                        **change,
                    }
                    for change in _changes(standing, how)
                ]
        known = self.env["crm.consent.core"]._known({row["address"] for row in rows})
        self.env["crm.consent.recorder"]._record(
            [row for row in rows if _is_news(row, known)]
        )


def _standing(consent) -> Standing:
    return Standing(
        consent.state,
        consent.state_date or None,
        consent.pause_until or None,
        consent.pause_date or None,
    )


def _changes(standing: Standing, how: str) -> list[dict[str, Any]]:
    """Return what makes an address as strict.

    With a new address it counts as said when it was said: what is newer there holds.
    Of merged contacts the strictest holds, so there it counts as said now.
    """
    said = how == "address"
    changes = []
    if standing.state == WITHDRAWN:
        changes.append(
            {"change": WITHDRAWN, "event_date": standing.since if said else None}
        )
    if standing.pause_until is not None:
        changes.append(
            {
                "change": PAUSED,
                "until": standing.pause_until,
                "event_date": standing.pause_said if said else None,
            }
        )
    return changes


def _is_news(row: dict[str, Any], known: dict[tuple, tuple]) -> bool:
    key = tuple(row[name] for name in ("company_id", "kind", "address", "purpose"))
    return row["change"] != WITHDRAWN or known.get(key, ("",))[0] != WITHDRAWN
