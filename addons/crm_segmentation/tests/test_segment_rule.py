from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestSegmentRule(SegmentationCommon):
    """A rule is data, and asks nothing its owner may not ask."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rich = cls._add_profile("Rich", 10, 9, 5000.0)

    def test_possible_rules(self):
        for rule in (
            "[]",
            "[('revenue_total', '>', 5)]",
            "['|', ('rfm_recency', '>=', 4), ('last_purchase_date', '>=', '-30d')]",
            "[('last_purchase_date', '>=', 'today -1m')]",
            "[('last_purchase_date.month_number', '=', 3)]",
            "[('user_id', '=', False)]",
            "[('user_id', 'in', [1, 2])]",
            "[('partner_id.country_id.code', '=', 'DE')]",
            "[('partner_id.category_id', 'ilike', 'gold')]",
            "[('partner_id', 'any', [('city', '=', 'Bonn')])]",
            "[('segment_ids', 'ilike', 'x')]",
            "[('rfm_score_ids', 'any', [('m', '=', 5)])]",
            "[('partner_id.ref', '=', False)]",
        ):
            with self.subTest(rule=rule):
                segment = self._create_segment(domain=rule)
                self.assertEqual(segment.state, "ready", segment.state_message)

    def test_refused_rules(self):
        for rule in (
            # secrets and users
            "[('create_uid.password', 'like', 'a')]",
            "[('user_id.login', '=', 'admin')]",
            "[('user_id', 'ilike', 'admin')]",
            "[('user_id', 'any', [('login', '=', 'admin')])]",
            "[('partner_id.user_ids.totp_secret', '!=', False)]",
            "[('partner_id.user_ids', 'any', [])]",
            "[('partner_id.bank_ids.acc_number', 'like', '1')]",
            "[('partner_id.message_ids.body', 'like', 'secret')]",
            # fields of groups the owner is not in
            "[('partner_id.signup_type', '=', 'reset')]",
            "[('partner_id', 'any', [('signup_type', '=', 'reset')])]",
            # what is no column
            "[('partner_id.contact_address', 'like', 'x')]",
            "[('partner_id.properties.x', '=', 1)]",
            "[('no_such_field', '=', 1)]",
            "[('revenue_total.month_number', '=', 1)]",
            "[('last_purchase_date.secret', '=', 1)]",
            # what is no rule
            "[('partner_id', 'any!', [('id', '>', 0)])]",
            "[('partner_id', 'not any!', [('id', '>', 0)])]",
            "[('revenue_total', '>', uid)]",
            "[('id', 'in', __import__('os').listdir('.'))]",
            "[('revenue_total', '>', 5)",
            "('revenue_total', '>', 5)",
            "{'a': 1}",
            "[('revenue_total', '~', 5)]",
            "[" * 3000,
            "['" + "x" * 30000 + "']",
        ):
            with self.subTest(rule=rule[:60]), self.assertRaises(UserError):
                self._create_segment(domain=rule)

    def test_refusal_names_the_field(self):
        with self.assertRaisesRegex(UserError, "user_id.login"):
            self._create_segment(domain="[('user_id.login', '=', 'admin')]")

    def test_rule_sees_what_the_owner_sees(self):
        """A rule over opportunities counts the owner's own ones only."""
        self.env["crm.lead"].create(
            {
                "name": "Secret deal",
                "partner_id": self.rich.partner_id.id,
                "company_id": self.company.id,
                "user_id": False,
                "type": "opportunity",
            }
        )
        rule = "[('partner_id.opportunity_ids', 'any', [('name', 'like', 'Secret')])]"
        # Nobody of ours may read leads without a sales role.
        with self.assertRaises(UserError):
            self._create_segment(domain=rule)
        self.manager.group_ids |= self.env.ref(
            "sales_team.group_sale_salesman_all_leads"
        )
        segment = self._create_segment(domain=rule)
        self.assertEqual(self._member_names(segment), {"Rich"})
        # The right is taken away: the segment stops instead of asking as somebody else.
        self.manager.group_ids -= self.env.ref(
            "sales_team.group_sale_salesman_all_leads"
        ) | self.env.ref("sales_team.group_sale_salesman")
        with self.assertRaises(UserError):
            segment.action_refresh()
        segment.sudo().env["crm.segment.refresh"]._refresh(segment)
        self.assertEqual(segment.state, "stopped")
        self.assertTrue(segment.state_message)
        self.assertEqual(self._member_names(segment), {"Rich"}, "left as it was")

    def test_refreshed_by_another_it_sees_with_the_owner_eyes(self):
        other = self._new_user("seg_other", "group_segmentation", self.other_company)
        foreign = self._add_profile("Foreign", company_id=self.other_company.id)
        segment = self._create_segment(domain="[]")
        # The scheduler sees all companies; the segment does not.
        self.env["crm.segment.refresh"].sudo()._refresh(segment)
        self.assertEqual(self._member_names(segment), {"Rich"})
        self.assertTrue(foreign and other)

    def test_owner_archived(self):
        segment = self._create_segment(domain="[]")
        self.manager.active = False
        self.env["crm.segment.refresh"]._refresh(segment)
        self.assertEqual(segment.sudo().state, "stopped")
        self.assertIn(self.manager.name, segment.sudo().state_message)
        second = self._new_user("seg_second", "group_segmentation")
        segment.with_user(second).action_take_over()
        self.assertEqual(segment.sudo().state, "ready")
        self.assertEqual(segment.sudo().user_id, second)

    def test_owner_without_the_company(self):
        segment = self._create_segment(domain="[]")
        self.manager.write(
            {
                "company_id": self.other_company.id,
                "company_ids": [(6, 0, self.other_company.ids)],
            }
        )
        self.env["crm.segment.refresh"]._refresh(segment)
        self.assertEqual(segment.sudo().state, "stopped")
        self.assertIn(self.company.name, segment.sudo().state_message)

    def test_nobody_lends_somebody_elses_eyes(self):
        second = self._new_user("seg_second", "group_segmentation")
        segment = self._create_segment(domain="[]")
        # Another's rule is changed: from now on it is the changer's.
        segment.with_user(second).domain = "[('revenue_total', '>', 1)]"
        self.assertEqual(segment.user_id, second)
        # Nobody is made an owner by somebody else, however it is tried.
        with self.assertRaises(AccessError):
            segment.with_user(second).user_id = self.manager
        with self.assertRaises(AccessError):
            self._create_segment(user_id=self.env.user.id)
        sly = self.env["crm.segment"].with_user(self.manager)
        sly = sly.with_context(default_user_id=self.env.user.id)
        created = sly.create({"name": "Sly", "company_id": self.company.id})
        self.assertEqual(created.user_id, self.manager)
        with self.assertRaises(AccessError):
            segment.with_user(second).copy({"user_id": self.manager.id})
        self.assertEqual(segment.with_user(self.manager).copy().user_id, self.manager)

    def test_outcome_cannot_be_forged(self):
        segment = self._create_segment(domain="[]")
        for values in (
            {"member_count": 7},
            {"state": "ready"},
            {"is_change_large": False},
            {"next_refresh": "2050-01-01"},
        ):
            with self.assertRaises(AccessError):
                segment.write(values)
        sly = self.env["crm.segment"].with_user(self.manager)
        sly = sly.with_context(default_member_count=7, default_state="stopped")
        created = sly.create({"name": "Sly", "company_id": self.company.id})
        self.assertEqual((created.member_count, created.state), (1, "ready"))

    def test_preview_asks_as_the_user(self):
        values = {
            "kind": "rule",
            "company_id": self.company.id,
            "domain": "[('revenue_total', '>', 1)]",
        }
        Segment = self.env["crm.segment"].with_user(self.manager)
        preview = Segment.preview(values)
        self.assertEqual(preview, {"count": 1, "names": ["Rich"]})
        values["company_id"] = self.other_company.id
        self.assertEqual(Segment.preview(values)["count"], 0)
        values["domain"] = "[('user_id.login', '=', 'admin')]"
        self.assertIn("user_id.login", Segment.preview(values)["message"])
        with self.assertRaises(AccessError):
            self.env["crm.segment"].with_user(self.salesman).preview(values)
        self._run()
        rfm = {
            "kind": "rfm",
            "company_id": self.company.id,
            "rfm_scheme_id": self.scheme.id,
            "rfm_cell_ids": self.scheme.cell_ids.ids,
        }
        self.assertEqual(Segment.preview(rfm)["count"], 1)
