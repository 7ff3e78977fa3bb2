from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignLaunch(CampaignCase):
    """The audience is that of the launch; who is kept out or withdrawn gets nothing."""

    def make_audience(self):
        """Do what the cron does, on the cursor of the test."""
        while self.campaign.is_launching:
            self.env["crm.campaign.launcher"]._plan_range(self.campaign.sudo())

    def test_everybody_gets_it_once(self):
        self.bring_to("live")
        self.assertEqual(set(self.enrolments().mapped("state")), {"planned"})
        self.send("promotion")
        self.assertEqual(self.recipients(), sorted(self.customers.mapped("email")))
        rows = self.enrolments()
        self.assertEqual(set(rows.mapped("state")), {"sent"})
        self.assertTrue(all(rows.mapped("sent_date")))
        touches = self.env["crm.touch"].search(
            [("partner_id", "in", self.customers.ids), ("purpose", "=", "promotion")]
        )
        self.assertEqual(len(touches), 3)
        # Making the audience again makes nothing.
        self.campaign._decision_set(position=0, is_launching=True)
        self.make_audience()
        self.assertEqual(len(self.messages()), 3)

    def test_frozen(self):
        """Who enters or leaves after the launch changes nothing, between ranges."""
        late = self.make_customers(1)
        with self.in_ranges_of(1):
            self.bring_to("live")
            self.assertEqual(len(self.enrolments()), 1)
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE crm_campaign SET launch_date = launch_date - interval '5 s'"
            )
            self.env.cr.execute(
                "UPDATE crm_segment_member SET date_in = date_in - interval '1 h' "
                "WHERE segment_id = %s",
                [self.segment.id],
            )
            self.env.invalidate_all()
            self.segment._remove_partners(self.customers[1:].ids)
            self.segment._add_partners(late.ids)
            self.make_audience()
        self.assertEqual(self.enrolments().partner_id, self.customers)

    def test_ranges_end_as_one(self):
        with self.in_ranges_of(2):
            self.bring_to("live")
            self.assertTrue(self.campaign.is_launching)
            self.make_audience()
        self.assertEqual(len(self.messages()), 3)
        self.assertFalse(self.campaign.is_launching)

    def test_holdout_gets_nothing(self):
        more = self.make_customers(60)
        self.segment._add_partners(more.ids)
        campaign = self.campaign = self.new_campaign(holdout_percent=50)
        self.bring_to("live")
        kept_out = self.enrolments().filtered(lambda r: r.arm == "holdout")
        self.assertGreater(len(kept_out), 10)
        self.assertLess(len(kept_out), 53)
        self.assertEqual(set(kept_out.mapped("reason")), {"holdout"})
        self.send("promotion")
        self.assertFalse(set(kept_out.mapped("address")) & set(self.recipients()))
        self.assertEqual(len(self.recipients()), 63 - len(kept_out))
        # The lot stays in a campaign and is another in the next.
        again = self.new_campaign(holdout_percent=50)
        arms = []
        for each in (campaign, campaign, again):
            rows = self.env.execute_query(
                self.env["crm.campaign.audience"]._audience_sql(
                    each.sudo(), self.env.cr.now().replace(tzinfo=None, year=2100)
                )
            )
            arms.append({row[0] for row in rows if row[3] == "holdout"})
        self.assertEqual(arms[0], arms[1])
        self.assertNotEqual(arms[0], arms[2])

    def test_holdout_is_refused_at_the_last_moment(self):
        """Even a message planned past everything does not leave."""
        self.bring_to("live")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_campaign_enrolment SET arm = 'holdout' WHERE partner_id = %s",
            [self.customers[0].id],
        )
        self.env.invalidate_all()
        self.send("promotion")
        self.assertEqual(self.recipients(), sorted(self.customers[1:].mapped("email")))
        self.assertEqual(self.enrolments()[0].reason, "holdout")

    def test_pause_and_resume(self):
        self.bring_to("live")
        self.decide("pause", "segmentation")
        self.send("promotion")
        self.assertFalse(self.recipients())
        reasons = set(self.enrolments().mapped("reason"))
        self.assertEqual(reasons, {"campaign_paused"})
        self.decide("resume", "campaign")
        self.send("promotion")
        self.assertEqual(len(self.recipients()), 3)

    def test_pause_reaches_who_is_in_hand(self):
        """A message claimed before the pause is asked once more."""
        self.bring_to("live")
        self.campaign._decision_set(state="paused")
        self.send("promotion")
        self.assertFalse(self.recipients())
        self.assertEqual(set(self.enrolments().mapped("state")), {"held"})
        self.decide("resume", "channel")
        self.send("promotion")
        self.assertEqual(len(self.recipients()), 3)

    def test_stop(self):
        with self.in_ranges_of(2):
            self.bring_to("live")
            self.decide("stop", "vp")
        self.assertFalse(self.campaign.is_launching)
        self.assertEqual(set(self.messages().mapped("state")), {"skipped"})
        self.send("promotion")
        self.assertFalse(self.recipients())

    def test_in_the_middle(self):
        """Archived, without an address, or on the blacklist: nothing, and why."""
        self.bring_to("live")
        self.customers[0].active = False
        self.customers[1].email = False
        self.env["mail.blacklist"]._add(self.customers[2].email)
        self.send("promotion")
        self.assertFalse(self.recipients())
        rows = self.enrolments().with_context(active_test=False)
        self.assertEqual(set(rows.mapped("state")), {"skipped"})
        self.assertTrue(all(rows.mapped("text")))

    @mute_logger("odoo.addons.base.partner.merge")
    def test_merged(self):
        self.bring_to("live")
        one, two, three = self.customers
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((one | two).ids, one)
        rows = self.enrolments()
        self.assertEqual(rows.partner_id, one | three)
        self.assertEqual(len(rows), 2)
        self.send("promotion")
        self.assertEqual(len(self.recipients()), 2)

    @mute_logger("odoo.addons.base.partner.merge")
    def test_merged_with_who_is_kept_out(self):
        """A customer in both groups gets nothing more and is compared in neither."""
        contact = self.env["res.partner"].create(
            {
                "name": "Person",
                "email": "person@c.example",
                "parent_id": self.customers[0].id,
            }
        )
        self.campaign.recipient_rule = "all"
        self.bring_to("live")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_campaign_enrolment SET arm = 'holdout' WHERE partner_id = %s",
            [self.customers[1].id],
        )
        self.env.invalidate_all()
        one, two, three = self.customers
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (one | two).ids, one
        )
        rows = self.enrolments().filtered(lambda r: r.partner_id == one)
        self.assertFalse(any(rows.mapped("is_eligible")))
        self.send("promotion")
        self.assertEqual(self.recipients(), [three.email])
        self.assertEqual(
            rows.filtered(lambda r: r.contact_id == contact).reason, "merged"
        )

    def _ann_and_bob(self, firm):
        """Return two contact persons of a firm; the second has called."""
        people = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "email": f"{name}@c.example",
                    "function": function,
                    "parent_id": firm.id,
                }
                for name, function in (("ann", "Purchasing"), ("bob", "Owner"))
            ]
        )
        _ann, bob = people
        self.env["crm.touch"]._log(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": bob.id,
                    "channel_id": self.channels["phone"].id,
                    "direction": "in",
                }
            ]
        )
        return people

    def test_recipient_rules(self):
        firm = self.customers[0]
        people = self._ann_and_bob(firm)
        ann, bob = people
        wanted = {
            "company": firm,
            "function": ann,
            "all": firm | people,
            "best": bob,
        }
        for rule, who in wanted.items():
            with self.subTest(rule):
                campaign = self.new_campaign(recipient_rule=rule, function="purchas")
                self.bring_to("live", campaign)
                rows = self.enrolments(campaign)
                mine = rows.filtered(lambda r: r.partner_id == firm)
                self.assertEqual(mine.contact_id, who)
                others = rows - mine
                if rule == "function":
                    self.assertEqual(set(others.mapped("reason")), {"no_contact"})
                else:
                    self.assertEqual(set(others.mapped("state")), {"planned"})
                self.assertEqual(len(mine.filtered("is_head")), 1)

    def test_best_may_be_written_to(self):
        """The best one is among those no rule forbids."""
        firm = self.customers[0]
        person = self.env["res.partner"].create(
            {"name": "P", "email": "p@c.example", "parent_id": firm.id}
        )
        self.env["mail.blacklist"]._add(firm.email)
        campaign = self.new_campaign(recipient_rule="best")
        self.bring_to("live", campaign)
        row = self.enrolments(campaign).filtered(lambda r: r.partner_id == firm)
        self.assertEqual((row.contact_id, row.state), (person, "planned"))

    def test_same_address_once(self):
        """Also where it comes up again in another range."""
        self.customers[2].email = self.customers[0].email
        with self.in_ranges_of(1):
            self.bring_to("live")
            self.make_audience()
        self.send("promotion")
        self.assertEqual(len(self.recipients()), 2)
        self.assertIn("same_address", self.enrolments().mapped("reason"))

    def test_clicks_come_back(self):
        self.bring_to("live")
        self.send("promotion")
        row = self.enrolments()[0]
        [message] = [m for _s, [to], m in self.smtp.taken if to == row.address]
        body = message.get_body(("html",)).get_content()
        token = self.env["crm.campaign.text"]._token(row.id)
        self.assertIn(f"/crm/click/{token}/", body)
        self.assertNotIn("shop.example", body)
        links = self.env["link.tracker"].search(
            [("campaign_id", "=", self.campaign.utm_campaign_id.id)]
        )
        self.assertEqual(links.url, "https://shop.example/polish")
        text = self.env["crm.campaign.text"]
        for forged in ("x", "1", f"{row.id}-{'0' * 20}", f"{row.id + 1}-{token[-20:]}"):
            text._clicked(forged)
        touches = self.env["crm.touch"].search(
            [
                ("source_model", "=", "crm.outbox"),
                ("partner_id", "=", row.contact_id.id),
            ]
        )
        self.assertEqual(touches.response, "none")
        text._clicked(token)
        self.assertEqual(touches.response, "clicked")

    def test_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        text = self.offer.rendering_ids.filtered(lambda t: t.kind == "email")
        text.copy({"lang": "fr_FR", "subject": "Bonjour", "offer_id": self.offer.id})
        self.customers[1].lang = "fr_FR"
        self.assertEqual(self.offer.state, "ready", self.offer.problems)
        self.bring_to("live")
        self.send("promotion")
        subjects = {to: m["Subject"] for _s, [to], m in self.smtp.taken}
        self.assertEqual(subjects[self.customers[1].email], "Bonjour")
        self.assertEqual(subjects[self.customers[0].email], "Floor polish")

    def test_launch_needs(self):
        self.bring_to("approved")
        self.segment.sudo().is_change_large = True
        with self.assertRaisesRegex(UserError, "more than a fifth"):
            self.decide("launch", "channel")
        self.segment.sudo().is_change_large = False
        self.segment.sudo().state = "stopped"
        with self.assertRaisesRegex(UserError, "not up to date"):
            self.decide("launch", "channel")

    def test_queries_do_not_grow(self):
        def queries(number):
            customers = self.make_customers(number)
            segment = self.segment.copy({"kind": "manual"})
            segment._add_partners(customers.ids)
            campaign = self.new_campaign(segment_id=segment.id)
            self.bring_to("approved", campaign)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.decide("launch", "channel", campaign)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(1)
        few = queries(2)
        self.assertLessEqual(queries(50), few + 3)
