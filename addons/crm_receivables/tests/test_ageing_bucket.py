from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .position_common import PositionCommon

AT = date(2026, 6, 30)


@tagged("post_install", "-at_install")
class TestAgeingBucket(PositionCommon):
    """Buckets are data; whatever they are, they hold everything once."""

    def test_usual_ones(self):
        buckets = self.env["crm.ageing.bucket"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(
            buckets.mapped("days_to"),
            ["Not due", "1–30 days", "31–60 days", "61–90 days", "More than 90 days"],
        )
        made = self.env["res.company"].create({"name": "Newly founded"})
        self.assertEqual(
            self.env["crm.ageing.bucket"].search_count([("company_id", "=", made.id)]),
            5,
        )

    def test_names_of_several_companies(self):
        made = self.env["res.company"].create({"name": "Newly founded"})
        both = self.company | made
        buckets = self.env["crm.ageing.bucket"].with_context(
            allowed_company_ids=both.ids
        )
        [own, theirs] = [
            buckets.search([("company_id", "=", c.id), ("days_from", "=", 1)])
            for c in both
        ]
        self.assertEqual(theirs.display_name, "1–30 days (Newly founded)")
        self.assertNotEqual(own.display_name, theirs.display_name)
        self.assertEqual(own._caption(), theirs._caption())

    def test_items_by_age(self):
        for amount, due in (
            (100, "2026-06-30"),
            (20, "2026-06-29"),
            (3, "2026-05-31"),
            (4, "2026-05-30"),
            (500, "2026-01-01"),
            (-30, "2026-04-15"),
        ):
            self._invoice(self.customer, amount, "2026-01-01", due)
        self.assertEqual(
            self._age(self.customer, AT), {0: 100, 1: 23, 31: 4, 61: -30, 91: 500}
        )
        self.assertEqual(
            self._age(self.customer, AT, net=True), {0: 100, 1: 23, 31: 4, 91: 470}
        )
        # A month earlier the same items were younger.
        self.assertEqual(
            self._age(self.customer, date(2026, 5, 31)),
            {0: 123, 1: 4, 31: -30, 91: 500},
        )

    def test_changed_buckets_sort_anew(self):
        self._invoice(self.customer, 100, "2026-01-01", "2026-06-20")
        self.assertEqual(self._age(self.customer, AT), {1: 100})
        made = self.env["crm.ageing.bucket"].create(
            {"days_from": 8, "company_id": self.company.id}
        )
        self.buckets = {**self.buckets, 8: made.id}
        self.assertEqual(self._age(self.customer, AT), {8: 100})
        first = self.env["crm.ageing.bucket"].browse(self.buckets[1])
        self.assertEqual(first._caption(), "1–7 days")
        made.unlink()
        self.assertEqual(self._age(self.customer, AT), {1: 100})

    def test_one_is_needed(self):
        buckets = self.env["crm.ageing.bucket"].search(
            [("company_id", "=", self.company.id)]
        )
        buckets[1:].unlink()
        self._invoice(self.customer, 5, "2026-01-01", "2026-09-20")
        self.assertEqual(self._age(self.customer, AT), {0: 5})
        self.assertEqual(buckets[:1]._caption(), "Everything")
        with self.assertRaises(UserError):
            buckets[:1].unlink()

    def test_no_day_twice(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["crm.ageing.bucket"].create(
                {"days_from": 31, "company_id": self.company.id}
            )

    def test_branches_have_those_of_their_root(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        with self.assertRaises(UserError):
            self.env["crm.ageing.bucket"].create(
                {"days_from": 7, "company_id": branch.id}
            )
