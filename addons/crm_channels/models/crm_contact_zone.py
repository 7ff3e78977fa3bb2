from datetime import datetime

import pytz

from odoo import api, models
from odoo.tools import SQL

from ..core import policy


class CrmContactZone(models.AbstractModel):
    """Time zones of recipients."""

    _name = "crm.contact.zone"
    _description = "Time Zones of Recipients"

    @api.model
    def _zones(self, zone: str | None, country: str | None, company) -> tuple[str, ...]:
        """Return the zones a contact may be in (``core/policy/zones.py``)."""
        return policy.recipient_zones(
            zone, country, company._get_crm_tz(), pytz.country_timezones
        )

    @api.model
    def _openings(
        self, pairs: list[tuple], at: datetime, rules: policy.Rules, company
    ) -> list[tuple]:
        """Return (zone, country, first open moment or None, number of the rule) for
        pairs of zone and country."""
        found, result = {}, []
        for zone, country in pairs:
            zones = self._zones(zone, country, company)
            if zones not in found:
                found[zones] = policy.next_open(at, zones, rules.quiet)
            result.append((zone, country, *found[zones]))
        return result

    @api.model
    def _place_sql(self, partner: SQL, firm: SQL) -> SQL:
        """Return zone and country of partners, as two columns."""
        return SQL(
            """%(partner)s.tz AS zone,
               (SELECT code FROM res_country
                 WHERE id = COALESCE(%(partner)s.country_id, %(firm)s.country_id)
               ) AS country""",
            partner=partner,
            firm=firm,
        )
