from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytz

from odoo import api, models
from odoo.tools import SQL, format_date, format_datetime

from ..core import policy
from .crm_contact_decider import LAST

DAYS = 14
MOST_ZONES = 4


class CrmContactPreview(models.AbstractModel):
    """Shows what the rules of a contact policy mean: which hours of the next two weeks
    are open, and the most that one customer can get in them."""

    _name = "crm.contact.preview"
    _description = "Preview of a Contact Policy"

    @api.model
    def _values(self, record, kind: str) -> dict:
        """Return what the preview's template shows of a policy, saved or not."""
        company = record.company_id or self.env.company
        rules = record._rules(kind)
        places = self._places(company)
        return {
            "calendars": [self._calendar(place, rules, company) for place in places],
            "busiest": self._busiest(rules, kind, company._get_crm_tz()),
            "zone": company._get_crm_tz(),
        }

    @api.model
    def _places(self, company) -> list[dict]:
        """Return where the customers are: at home first, then the countries most of
        them are in."""
        home = company._get_crm_tz()
        places = [{"name": self.env._("Here (%s)", home), "zones": (home,)}]
        rows = self.env.execute_query(
            SQL(
                """SELECT c.id, count(*) FROM crm_customer_profile f
                     JOIN res_partner p ON p.id = f.partner_id
                     JOIN res_country c ON c.id = p.country_id
                    WHERE f.company_id = %s AND f.active
                 GROUP BY c.id ORDER BY 2 DESC, 1 LIMIT %s""",
                company.root_id.id or None,
                MOST_ZONES,
            )
        )
        for country_id, count in rows:
            country = self.env["res.country"].browse(country_id)
            zones = policy.recipient_zones(
                None, country.code, home, pytz.country_timezones
            )
            if zones != (home,):
                name = self.env._(
                    "%(country)s, customers: %(count)s",
                    country=country.name,
                    count=count,
                )
                places.append({"name": name, "zones": zones})
        return places[:MOST_ZONES]

    @api.model
    def _calendar(self, place: dict, rules: policy.Rules, company) -> dict:
        """Return the hours of the next days by the company's clock, each ``open`` or
        not for recipients at a place."""
        here = ZoneInfo(company._get_crm_tz())
        today = datetime.now(UTC).astimezone(here).date()
        rows = []
        for number in range(DAYS):
            day = today + timedelta(days=number)
            hours = []
            for hour in range(24):
                local = datetime.combine(day, time(hour), here)
                moment = local.astimezone(UTC).replace(tzinfo=None)
                quiet = policy.is_quiet(moment, place["zones"], rules.quiet)
                hours.append({"hour": hour, "open": not quiet})
            name = format_date(self.env, day, date_format="EEE d MMM")
            rows.append({"name": name, "hours": hours})
        return {"name": place["name"], "days": rows}

    @api.model
    def _busiest(self, rules: policy.Rules, kind: str, zone: str) -> dict:
        """Return when a customer would be written to who is written to as often as the
        rules allow."""
        begin = self.env["crm.contact.gate"]._now()
        end = begin + timedelta(days=DAYS)
        patient = rules._replace(
            caps=tuple(cap._replace(waits=True) for cap in rules.caps),
            patience=DAYS * 86_400,
        )
        if not rules.caps:
            return {"limited": False, "moments": []}
        contacts, moments, at = [], [], begin
        while at < end and len(moments) < 100:
            asked = policy.Candidate(1, 1, "", kind, at, (0, LAST), (zone,))
            verdict = policy.decide(asked, contacts, patient)
            if verdict.verdict == policy.DROP or verdict.at >= end:
                break
            moments.append(
                format_datetime(
                    self.env, verdict.at, tz=zone, dt_format="EEE d MMM, HH:mm"
                )
            )
            contacts.append(policy.Contact(1, 1, "", kind, "promotion", verdict.at))
            at = verdict.at + timedelta(minutes=1)
        return {"limited": True, "moments": moments}
