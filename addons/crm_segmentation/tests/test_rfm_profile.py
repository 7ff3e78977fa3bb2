from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestRfmProfile(SegmentationCommon):
    """Real purchases, real profiles, and the scores on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = (
            cls.env["crm.purchase.source"]
            .sudo()
            .create({"name": "Shop", "code": "shop", "company_id": cls.company.id})
        )
        cls.number = 0

    def _buy(self, partner, days, amount=10.0):
        type(self).number += 1
        return (
            self.env["crm.purchase.history"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "source_id": self.source.id,
                    "external_ref": f"P{self.number}",
                    "partner_id": partner.id,
                    "date": self.today - timedelta(days=days),
                    "currency_id": self.company.currency_id.id,
                    "amount_untaxed": amount,
                    "amount_company": amount,
                    "line_ids": [
                        Command.create({"amount_untaxed": amount, "quantity": 1.0})
                    ],
                }
            )
        )

    def _refresh(self, *partners):
        ids = [partner.id for partner in partners]
        self.env["crm.customer.refresh"].sudo()._refresh_now(self.company, ids)

    def _customers(self):
        """Return a frequent recent buyer and one who bought once, long ago."""
        partners = self.env["res.partner"].create(
            [{"name": "Frequent"}, {"name": "Rare"}]
        )
        for days in (1, 20, 40, 60):
            self._buy(partners[0], days, 25.0)
        self._buy(partners[1], 700, 10.0)
        self._refresh(*partners)
        return partners

    def _profile(self, partner):
        profile = self.env["crm.customer.profile"].search(
            [("partner_id", "=", partner.id), ("company_id", "=", self.company.id)]
        )
        profile.invalidate_recordset()
        return profile

    def test_default_scheme_reaches_the_profile(self):
        frequent, rare = self._customers()
        self.assertEqual(self._profile(frequent).rfm_recency, 0)
        self._run()
        queued = self.env["crm.customer.change"].sudo()
        queued = queued.search([("company_key", "=", self.company.id)])
        self.assertLessEqual({frequent.id, rare.id}, set(queued.mapped("partner_key")))
        self._refresh(frequent, rare)
        profile = self._profile(frequent)
        scores = self._scores()
        self.assertEqual(
            (profile.rfm_recency, profile.rfm_frequency, profile.rfm_monetary),
            scores[frequent],
        )
        self.assertTrue(profile.rfm_cell_id)
        self.assertEqual(profile.rfm_cell_id, profile.rfm_score_ids.cell_id)
        self.assertLess(self._profile(rare).rfm_recency, profile.rfm_recency)

    def test_other_scheme_does_not(self):
        frequent, rare = self._customers()
        other = self.scheme.copy()
        self._run(other)
        self._refresh(frequent, rare)
        self.assertEqual(self._profile(frequent).rfm_recency, 0)
        other.action_set_default()
        self.assertFalse(self.scheme.is_default)
        self._refresh(frequent, rare)
        self.assertEqual(self._profile(frequent).rfm_recency, 5)
        other.action_archive()
        self._refresh(frequent, rare)
        self.assertEqual(self._profile(frequent).rfm_recency, 0)

    def test_default_cannot_be_forged(self):
        other = self.scheme.copy()
        with self.assertRaises(AccessError):
            other.with_user(self.manager).is_default = True

    def test_deleted_cell_leaves_the_profile(self):
        frequent, rare = self._customers()
        self._run()
        self._refresh(frequent, rare)
        self._profile(frequent).rfm_cell_id.unlink()
        self._refresh(frequent, rare)
        self.assertFalse(self._profile(frequent).rfm_cell_id)
        self.assertEqual(self._profile(frequent).rfm_recency, 5)

    def test_period_counts_its_purchases_only(self):
        frequent, rare = self._customers()
        self._buy(frequent, 800, 1000.0)
        self._refresh(frequent)
        self.scheme.write({"period": "months", "period_months": 12})
        self._run()
        score = self.env["crm.rfm.score"].search(
            [("scheme_id", "=", self.scheme.id), ("partner_id", "=", frequent.id)]
        )
        self.assertEqual((score.frequency, score.monetary), (4, 100.0))
        self.assertNotIn(rare, self._scores())

    def test_refund_is_no_purchase(self):
        frequent, rare = self._customers()
        self._buy(rare, 0, -10.0)
        self._refresh(rare)
        for period in ("all", "months"):
            self.scheme.write({"period": period, "period_months": 60})
            self._run()
            score = self.env["crm.rfm.score"].search(
                [("scheme_id", "=", self.scheme.id), ("partner_id", "=", rare.id)]
            )
            self.assertRecordValues(
                score,
                [
                    {
                        "last_date": self.today - timedelta(days=700),
                        "frequency": 1,
                        "monetary": 0.0,
                        "m": 1,
                    }
                ],
            )

    def test_search_agrees_with_the_fields(self):
        frequent, rare = self._customers()
        self._run()
        cell_profile = self._profile(frequent)
        segment = self._create_segment(kind="manual", name="Hand")
        segment._add_partners(frequent.ids)
        everybody = cell_profile | self._profile(rare) | self._add_profile("None")
        everybody.invalidate_recordset()
        domains = [
            [("rfm_score_ids", "any", [("r", "=", 5)])],
            [("rfm_score_ids", "not any", [("r", "=", 5)])],
            [("rfm_score_ids", "=", False)],
            [("rfm_score_ids", "!=", False)],
            [("rfm_score_ids", "in", cell_profile.rfm_score_ids.ids)],
            [("rfm_score_ids", "not in", cell_profile.rfm_score_ids.ids)],
            [("segment_ids", "in", segment.ids)],
            [("segment_ids", "not in", segment.ids)],
            [("segment_ids", "=", False)],
            [("segment_ids", "!=", False)],
            [("segment_ids", "ilike", "han")],
            [("segment_ids", "not ilike", "han")],
            [("segment_ids.kind", "=", "manual")],
            [("purchase_line_ids", "any", [("date", ">=", "-90d")])],
            [("purchase_line_ids", "not any", [("date", ">=", "-90d")])],
            [("purchase_line_ids", "=", False)],
            [("purchase_line_ids.amount", ">", 20)],
        ]
        for domain in domains:
            with self.subTest(domain=domain):
                found = everybody.search(
                    Domain(domain) & Domain("id", "in", everybody.ids)
                )
                kept = everybody.filtered_domain(domain)
                self.assertEqual(set(found.ids), set(kept.ids))
                self.assertIn(len(found), (1, 2))

    def _heat_map(self, user, scheme_id=None):
        return self.env["crm.rfm.heatmap"].with_user(user).heat_map(scheme_id)

    def test_heatmap(self):
        frequent, rare = self._customers()
        data = (
            self.env["crm.rfm.heatmap"].with_user(self.reader).heat_map(self.scheme.id)
        )
        self.assertFalse(data["scheme"]["run"])
        self.assertEqual(data["scheme"]["buyer_count"], 2)
        self.assertEqual(data["rights"], {"compute": False, "segment": False})
        self._run()
        data = (
            self.env["crm.rfm.heatmap"].with_user(self.manager).heat_map(self.scheme.id)
        )
        counted = [s for s in data["scheme"]["squares"] if s["count"]]
        self.assertEqual(len(data["scheme"]["squares"]), 25)
        self.assertEqual(sum(s["count"] for s in counted), 2)
        self.assertEqual(sum(s["value"] for s in counted), 110.0)
        self.assertEqual(data["rights"], {"compute": True, "segment": True})

    def test_heatmap_of_another_company(self):
        foreign = self.env["crm.rfm.scheme"].search(
            [("company_id", "=", self.other_company.id)]
        )
        with self.assertRaises(UserError):
            self._heat_map(self.reader, foreign.id)
        with self.assertRaises(AccessError):
            self._heat_map(self.salesman)

    def test_merge_keeps_the_destination_score(self):
        frequent, rare = self._customers()
        self._run()
        wanted = self._scores()[frequent]
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        wizard._merge((frequent | rare).ids, frequent)
        self.env.invalidate_all()
        self.assertEqual(self._scores(), {frequent: wanted})
