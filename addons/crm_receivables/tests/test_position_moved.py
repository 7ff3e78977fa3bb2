from odoo.tests import tagged

from .position_common import PositionCommon


@tagged("post_install", "-at_install")
class TestPositionMoved(PositionCommon):
    """Debts and sales stay with the firm they were booked for, or move both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        firms = cls.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in ("Firm One", "Firm Two")]
        )
        cls.one, cls.two = firms
        cls.conny = cls.env["res.partner"].create(
            {"name": "Conny", "parent_id": cls.one.id}
        )

    def _said(self, firm):
        """Return what is open and what was sold, as the profile says; and whether
        sales are known that these days count back to."""
        profile = self._profile(firm)
        counted = self.env["crm.receivable.month"]._count_back(self.company, firm.ids)
        return profile.receivable_open, profile.invoiced_12m, firm.id in counted

    def test_a_contact_changes_firms(self):
        self._invoice(self.conny, 1000, self._day(-60), self._day(-30))
        self.assertEqual(self._said(self.one), (1000, 1000, True))
        self.conny.parent_id = self.two
        self.assertEqual(self._said(self.one), (1000, 1000, True))
        self.assertEqual(self._said(self.two), (0, 0, False))
        self.assertGreater(self._profile(self.one).dso, 0)
        # What comes after is of the new firm.
        self._invoice(self.conny, 500, self._day(-1))
        self.assertEqual(self._said(self.one), (1000, 1000, True))
        self.assertEqual(self._said(self.two), (500, 500, True))

    def test_a_firm_becomes_part_of_another(self):
        self._invoice(self.conny, 1000, self._day(-60), self._day(-30))
        self._invoice(self.one, 200, self._day(-60), self._day(-30))
        self.one.write({"is_company": False, "parent_id": self.two.id})
        self.assertEqual(self._said(self.two), (1200, 1200, True))

    def test_back_to_draft(self):
        invoice = self._invoice(self.conny, 1000, self._day(-60), self._day(-30))
        self.conny.parent_id = self.two
        self._said(self.one)
        invoice.button_draft()
        self.assertEqual(self._said(self.one), (0, 0, False))
