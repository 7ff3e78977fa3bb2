from odoo.tests import tagged
from odoo.tools import SQL

from .consent_common import ConsentCase


@tagged("post_install", "-at_install")
class TestConsentPlanner(ConsentCase):
    """Consent in the planner of many, where several people said different things."""

    def test_each_by_what_they_said(self):
        people = self.env["res.partner"].browse()
        for change in ("withdrawn", "granted", "paused", None, "granted"):
            person = self.person()
            people += person
            if change:
                until = self.now.replace(year=self.now.year + 1)
                self.say(change, partner=person, until=until)
        # Sent to an address that is not the contact's own one.
        other = self.person(email="said.no@c.example")
        self.say(partner=other)
        candidates = SQL(
            """SELECT id AS key, id AS partner_id,
                      CASE WHEN id = %s THEN 'said.no@c.example' END::varchar AS address
                 FROM res_partner WHERE id = ANY(%s)""",
            people[4].id,
            people.ids,
        )
        channel = self.env["crm.channel"].search([("kind", "=", "email")], limit=1)
        planner = self.env["crm.contact.planner"]
        planner._plan(self.company, candidates, channel, "promotion")
        found = self.env.execute_query(
            SQL("SELECT verdict, rule FROM crm_plan_verdict ORDER BY key")
        )
        self.assertEqual(
            found,
            [
                ("drop", "withdrawn"),
                ("send", None),
                ("drop", "paused"),
                ("drop", "no_consent"),
                ("drop", "withdrawn"),
            ],
        )
