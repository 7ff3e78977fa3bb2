from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SegmentationCommon

RICH = "[('revenue_total', '>=', 1000)]"


@tagged("post_install", "-at_install")
class TestSegment(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rich = cls._add_profile("Rich", 10, 9, 5000.0)
        cls.poor = cls._add_profile("Poor", 200, 1, 50.0)
        cls.middle = cls._add_profile("Middle", 30, 4, 1200.0)

    def test_rule(self):
        segment = self._create_segment(domain=RICH)
        self.assertEqual(self._member_names(segment), {"Rich", "Middle"})
        self.assertRecordValues(
            segment,
            [
                {
                    "state": "ready",
                    "member_count": 2,
                    "added_count": 2,
                    "removed_count": 0,
                    "is_change_large": False,
                    "user_id": self.manager.id,
                }
            ],
        )

    def test_members_follow_by_difference(self):
        segment = self._create_segment(domain=RICH)
        first = segment.sudo().member_ids
        self.poor.sudo().revenue_total = 2000.0
        self.rich.sudo().revenue_total = 1.0
        segment.action_refresh()
        self.assertEqual(self._member_names(segment), {"Poor", "Middle"})
        self.assertRecordValues(
            segment,
            [{"member_count": 2, "added_count": 1, "removed_count": 1}],
        )
        left = first.filtered("date_out")
        self.assertEqual(left.partner_id, self.rich.partner_id)
        stayed = first - left
        self.assertIn(stayed, segment.sudo().member_ids, "the same row as before")
        # Who comes back has a second stay; the first one is kept.
        self.rich.sudo().revenue_total = 5000.0
        segment.action_refresh()
        stays = segment.sudo().member_ids.filtered(
            lambda m: m.partner_id == self.rich.partner_id
        )
        self.assertEqual(len(stays), 2)
        self.assertEqual(len(stays.filtered(lambda m: not m.date_out)), 1)

    def test_refresh_without_change_writes_no_member(self):
        segment = self._create_segment(domain=RICH)
        before = segment.sudo().member_ids.mapped("date_in")
        segment.action_refresh()
        self.assertEqual(segment.sudo().member_ids.mapped("date_in"), before)
        self.assertEqual((segment.added_count, segment.removed_count), (0, 0))

    def test_large_change_is_flagged_until_confirmed(self):
        segment = self._create_segment(domain=RICH)
        self.poor.sudo().revenue_total = 2000.0
        segment.action_refresh()
        self.assertTrue(segment.is_change_large)
        self.assertEqual(segment.change_percent, 50.0)
        segment.action_refresh()
        self.assertTrue(segment.is_change_large, "nobody has looked at it")
        segment.action_confirm_change()
        self.assertFalse(segment.is_change_large)

    def test_relative_dates(self):
        segment = self._create_segment(domain="[('last_purchase_date', '<', '-90d')]")
        self.assertEqual(self._member_names(segment), {"Poor"})
        self.poor.sudo().last_purchase_date = self.today
        segment.action_refresh()
        self.assertFalse(self._member_names(segment))

    def test_related_records(self):
        self.rich.partner_id.city = "Isfahan"
        self.manager.group_ids |= self.env.ref(
            "sales_team.group_sale_salesman_all_leads"
        )
        segment = self._create_segment(domain="[('partner_id.city', '=', 'Isfahan')]")
        self.assertEqual(self._member_names(segment), {"Rich"})
        orders = "[('partner_id.sale_order_ids', 'any', [('state', '=', 'sale')])]"
        segment.domain = orders
        self.assertFalse(self._member_names(segment))

    def test_archived_customers_leave(self):
        segment = self._create_segment(domain=RICH)
        self.rich.sudo().active = False
        segment.action_refresh()
        self.assertEqual(self._member_names(segment), {"Middle"})

    def test_rfm_cells_and_squares(self):
        self._run()
        scores = self._scores()
        r, f, _m = scores[self.rich.partner_id]
        segment = self._create_segment(
            kind="rfm", rfm_scheme_id=self.scheme.id, rfm_squares=f"{r}{f}"
        )
        self.assertEqual(self._member_names(segment), {"Rich"})
        cell = self.env["crm.rfm.score"].search(
            [("partner_id", "=", self.poor.partner_id.id)]
        )
        cell = cell.filtered(lambda s: s.scheme_id == self.scheme).cell_id
        segment.rfm_cell_ids = cell
        self.assertLessEqual({"Rich", "Poor"}, self._member_names(segment))

    def test_rfm_follows_the_next_run(self):
        self._run()
        r, f, _m = self._scores()[self.rich.partner_id]
        segment = self._create_segment(
            kind="rfm", rfm_scheme_id=self.scheme.id, rfm_squares=f"{r}{f}"
        )
        self.rich.sudo().write({"last_purchase_date": self.today - timedelta(900)})
        self._run()
        self.assertLessEqual(segment.sudo().next_refresh, fields.Datetime.now())
        self._run_segment_cron()
        self.assertNotIn("Rich", self._member_names(segment))

    def test_rfm_needs_cells_of_its_scheme(self):
        with self.assertRaises(ValidationError):
            self._create_segment(kind="rfm", rfm_scheme_id=self.scheme.id)
        for squares in ("61", "5", "5a", "55,54"):
            with self.assertRaises(ValidationError):
                self._create_segment(
                    kind="rfm", rfm_scheme_id=self.scheme.id, rfm_squares=squares
                )
        other = self.scheme.copy()
        with self.assertRaises(ValidationError):
            self._create_segment(
                kind="rfm",
                rfm_scheme_id=self.scheme.id,
                rfm_cell_ids=other.cell_ids[0].ids,
            )

    def test_used_cell_cannot_be_deleted(self):
        self._run()
        cell = self.scheme.cell_ids[0]
        self._create_segment(
            kind="rfm", rfm_scheme_id=self.scheme.id, rfm_cell_ids=cell.ids
        )
        with mute_logger("odoo.sql_db"), self.assertRaises(Exception):  # noqa: B017
            cell.unlink()

    def test_picked_by_hand(self):
        segment = self._create_segment(kind="manual")
        wizard = self.env["crm.segment.add"].with_user(self.manager)
        wizard = wizard.create(
            {
                "segment_id": segment.id,
                "profile_ids": (self.rich | self.poor).ids,
                "company_id": self.company.id,
            }
        )
        wizard.action_add()
        wizard.action_add()
        self.assertEqual(self._member_names(segment), {"Rich", "Poor"})
        self.assertEqual(segment.member_count, 2)
        member = segment.member_ids.filtered(
            lambda m: m.partner_id == self.rich.partner_id
        )
        member.action_remove()
        self.assertEqual(self._member_names(segment), {"Poor"})
        self.assertTrue(member.date_out)
        self._run_segment_cron()
        self.assertEqual(self._member_names(segment), {"Poor"})

    def test_customers_of_another_company_are_not_picked(self):
        segment = self._create_segment(kind="manual")
        foreign = self._add_profile("Foreign", company_id=self.other_company.id)
        wizard = self.env["crm.segment.add"].create(
            {"segment_id": segment.id, "profile_ids": foreign.ids}
        )
        with self.assertRaisesRegex(UserError, "Foreign"):
            wizard.action_add()

    def test_rule_members_are_not_picked(self):
        segment = self._create_segment(domain=RICH)
        with self.assertRaises(UserError):
            segment.member_ids[0].action_remove()

    def test_number_opens_the_same_customers(self):
        segment = self._create_segment(domain=RICH)
        action = segment.action_view_customers()
        found = self.env["crm.customer.profile"].with_user(self.reader)
        found = found.search(action["domain"])
        self.assertEqual(len(found), segment.member_count)
        self.assertEqual(found, self.rich | self.middle)

    def test_movements_add_up_to_the_members(self):
        segment = self._create_segment(domain=RICH)
        self.rich.sudo().revenue_total = 1.0
        segment.action_refresh()
        [(change, entered, left)] = self.env["crm.segment.movement"]._read_group(
            [("segment_id", "=", segment.id)],
            [],
            ["change:sum", "entered:sum", "left:sum"],
        )
        self.assertEqual((change, entered, left), (segment.member_count, 2, 1))

    def test_changes_reach_the_feed(self):
        segment = self._create_segment(domain=RICH)
        self.rich.sudo().revenue_total = 1.0
        segment.action_refresh()
        feed = self.env["crm.change.feed"].sudo()
        rows = feed.search([("kind", "=", "segment"), ("res_key", "=", segment.id)])
        self.assertEqual(
            sorted((row.action, row.partner_key) for row in rows),
            sorted(
                [
                    ("entered", self.rich.partner_id.id),
                    ("entered", self.middle.partner_id.id),
                    ("left", self.rich.partner_id.id),
                ]
            ),
        )

    def test_form(self):
        form = Form(self.env["crm.segment"].with_user(self.manager))
        form.name = "By form"
        form.domain = RICH
        segment = form.save()
        self.assertEqual(segment.company_id, self.company)
        self.assertEqual(segment.member_count, 2)
        form = Form(segment)
        form.kind = "rfm"
        self.assertEqual(form.rfm_scheme_id, self.scheme)

    def test_merge_unites_memberships(self):
        segment = self._create_segment(kind="manual")
        both, one = self.rich.partner_id, self.poor.partner_id
        segment._add_partners((both | one).ids)
        other = self._create_segment(kind="manual", name="Other")
        other._add_partners(one.ids)
        first = self._yesterday()
        segment.sudo().member_ids.filtered(lambda m: m.partner_id == one).write(
            {"date_in": first}
        )
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        wizard._merge((both | one).ids, both)
        self.env.invalidate_all()
        members = segment.sudo().member_ids
        self.assertEqual((members.partner_id, len(members)), (both, 1))
        self.assertEqual(members.date_in, first, "a member since the first of them was")
        self.assertEqual(segment.member_count, 1)
        self.assertEqual(other.sudo().member_ids.partner_id, both)
