from datetime import timedelta

from odoo import Command, fields
from odoo.tests import TransactionCase, new_test_user


class SegmentationCommon(TransactionCase):
    """A company of its own with profiles written as the refresher would."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Segment Ltd"})
        cls.company.crm_tz = "UTC"
        cls.other_company = cls.env["res.company"].create({"name": "Other Ltd"})
        cls.env.user.company_ids |= cls.company | cls.other_company
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": [cls.company.id],
                "tracking_disable": True,
            }
        )
        cls.scheme = cls.env["crm.rfm.scheme"].search(
            [("company_id", "=", cls.company.id)]
        )
        cls.manager = cls._new_user("seg_manager", "group_segmentation")
        cls.analyst = cls._new_user("seg_analyst", "group_analyst")
        cls.reader = cls._new_user("seg_reader", "group_reader")
        cls.salesman = new_test_user(
            cls.env,
            login="seg_salesman",
            groups="sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.today = cls.env["crm.customer.metrics"]._today(cls.company)

    @classmethod
    def _new_user(cls, login, group, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,base.group_allow_export,crm_relationship.{group}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def _add_profile(cls, name, days=1, frequency=1, revenue=10.0, **values):
        """Create a customer who bought ``frequency`` times, last ``days`` ago."""
        partner = cls.env["res.partner"].create(
            {"name": name, **values.pop("partner", {})}
        )
        profile = {
            "company_id": cls.company.id,
            "partner_id": partner.id,
            "active": True,
            "last_purchase_date": cls.today - timedelta(days=days),
            "purchase_day_count": frequency,
            "purchase_count": frequency,
            "revenue_total": revenue,
            "revenue_12m": revenue if days < 365 else 0.0,
            **values,
        }
        return cls.env["crm.customer.profile"].sudo().create(profile)

    @classmethod
    def _run(cls, scheme=None):
        return cls.env["crm.rfm.run"]._run(scheme or cls.scheme, trigger="button")

    def _scores(self, scheme=None):
        """Return ``{partner: (r, f, m)}`` as stored."""
        scores = self.env["crm.rfm.score"].search(
            [("scheme_id", "=", (scheme or self.scheme).id)]
        )
        return {score.partner_id: (score.r, score.f, score.m) for score in scores}

    def _create_segment(self, user=None, **values):
        """Create a segment as a user (default: the segmentation manager)."""
        Segment = self.env["crm.segment"].with_user(user or self.manager)
        return Segment.create({"name": "Some", "company_id": self.company.id, **values})

    def _member_names(self, segment):
        members = segment.sudo().member_ids.filtered(lambda m: not m.date_out)
        return set(members.partner_id.mapped("name"))

    def _yesterday(self):
        return fields.Datetime.now() - timedelta(days=1)

    def _run_segment_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "crm_segmentation.ir_cron_segment_refresh"
            ).method_direct_trigger()
        self.env.invalidate_all()
