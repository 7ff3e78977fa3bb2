from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignPatience(CampaignCase):
    """A pause wears nobody's patience out, and messages ask no more than they need."""

    def test_pause_is_no_waiting(self):
        self.bring_to("live")
        self.campaign._decision_set(state="paused")
        self.send("promotion")
        rows = self.messages()
        self.assertEqual(set(rows.mapped("reason")), {"campaign_paused"})
        self.assertFalse(any(rows.mapped("held_since")))

    def test_patience_begins_anew_when_it_goes_on(self):
        self.bring_to("live")
        rows = self.messages()
        policy = self.env["crm.contact.policy"].create(
            {"name": "Policy", "company_id": self.company.id, "patience_hours": 96}
        )
        now = self.env.cr.now().replace(tzinfo=None, microsecond=0)
        policy.rule_ids.create(
            {
                "policy_id": policy.id,
                "kind": "quiet",
                "quiet_from": now.hour,
                "quiet_to": (now.hour + 2) % 24 or 24,
            }
        )
        self.customers.write({"tz": False, "country_id": False})
        self.decide("pause", "channel")
        rows.held_since = now - timedelta(days=21)
        self.decide("resume", "channel")
        self.assertFalse(any(rows.mapped("held_since")))
        self.send("promotion")
        self.assertEqual(set(rows.mapped("state")), {"planned"})
        self.assertEqual(
            {held.replace(microsecond=0) for held in rows.mapped("held_since")}, {now}
        )

    def test_sentences_are_looked_up_when_needed(self):
        """What rules say is told of those that forbid something, not for each mail."""
        self.bring_to("live")
        self.env["mail.blacklist"]._add(self.customers[0].email)
        rules = type(self.env["crm.outbox.rules"])
        asked = []

        def sentence(model, rule):
            asked.append(rule)
            return said(model, rule)

        said = rules._rule_sentence
        with (
            patch.object(rules, "_rule_sentences", side_effect=AssertionError),
            patch.object(rules, "_rule_sentence", sentence),
        ):
            self.send("promotion")
        states = self.messages().sorted("partner_id").mapped("state")
        self.assertEqual(states, ["skipped", "sent", "sent"])
        self.assertEqual(asked, ["blacklisted"])

    def test_sentence_of_each_rule(self):
        policy = self.env["crm.contact.policy"].create(
            {"name": "Policy", "company_id": self.company.id}
        )
        rule = policy.rule_ids.create(
            {"policy_id": policy.id, "kind": "cap", "max_count": 1, "length": 1}
        )
        rules = self.env["crm.outbox.rules"]
        sentences = rules._rule_sentences()
        self.assertIn(rule._code(), sentences)
        for code, text in sentences.items():
            self.assertEqual(rules._rule_sentence(code), text)
        with self.assertRaises(KeyError):
            rules._rule_sentence(f"gap_{rule.id}")

    def test_worklist_of_unknown_ones_has_an_index(self):
        lists = {w.code: w for w in self.env["crm.workbench"]._worklists()}
        query = self.env["crm.campaign.enrolment"]._search(
            lists["campaign.unknown"].domain(), order="due"
        )
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        plan = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        self.assertIn("unknown_idx", " ".join(line for (line,) in plan))
