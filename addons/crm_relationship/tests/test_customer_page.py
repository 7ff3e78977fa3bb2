from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .timeline_common import TimelineCommon


@tagged("post_install", "-at_install")
class TestCustomerPage(TimelineCommon):
    def _open(self, partner=None, user=None):
        """Return what the button on a contact opens, and the action."""
        partner = (partner or self.customer).with_user(user or self.env.user)
        action = partner.action_open_crm_customer()
        page = partner.env[action["res_model"]].browse(action["res_id"])
        self.assertTrue(page.has_access("read"))
        return page, action

    def _opened(self, page, counter):
        """Return the records a counter opens."""
        action = page.with_context(page_counter=counter).action_open_page_records()
        return page.env[action["res_model"]].search(action["domain"])

    # ---- counters ----------------------------------------------------------------

    def test_counters_open_what_they_count(self):
        self._create_everything(count=2)
        late = self._create_invoice(self.customer, 10.0, date="2026-03-01")
        late.invoice_date_due = "2026-03-01"
        self._profile(self.customer)
        expected = {
            "page_quotation_count": 2,
            "page_order_count": 2,
            "page_invoice_count": 3,
            "page_overdue_count": 1,
            "page_lead_count": 2,
            "page_history_count": 2,
            "page_meeting_count": 2,
        }
        page, _action = self._open()
        self.assertEqual(page._name, "crm.customer.profile")
        for record in (page, self.customer):
            for counter, count in expected.items():
                with self.subTest(page=record._name, counter=counter):
                    self.assertEqual(record[counter], count)
                    self.assertEqual(len(self._opened(record, counter)), count)

    def test_counters_are_the_readers(self):
        """A salesperson counts the own documents; others see nothing to count."""
        for user in (self.salesperson, self.colleague, self.colleague):
            self._create_order(self.customer, 10.0, confirm=False, user_id=user.id)
        counts = {self.salesperson: 1, self.colleague: 2, self.analyst: 0}
        for user, count in counts.items():
            customer = self.customer.with_user(user)
            self.assertEqual(customer.page_quotation_count, count)
            if count:
                opened = self._opened(customer, "page_quotation_count")
                self.assertEqual(len(opened), count)

    def test_counters_of_a_company(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids += other
        self._create_order(self.customer, 10.0, confirm=False)
        self._create_order(
            self.customer, 10.0, company=other, confirm=False, order_line=False
        )
        self._profile(self.customer)
        page, _action = self._open()
        allowed = {"allowed_company_ids": (self.company + other).ids}
        self.assertEqual(page.with_context(**allowed).page_quotation_count, 1)
        customer = self.customer.with_context(**allowed)
        self.assertEqual(customer.page_quotation_count, 2)

    def test_no_such_number(self):
        for counter in (None, "name", "page_order_count_"):
            with self.assertRaises(UserError):
                self._opened(self.customer, counter)
        with self.assertRaises(UserError):
            self.env["res.partner"].action_open_page_records()

    # ---- money --------------------------------------------------------------------

    def test_open_money_is_live_for_ledger_readers(self):
        """... before any refresh; others see what was computed last."""
        self._profile(self._create_invoice(self.customer, 100.0).partner_id)
        self._work_off_queue()
        page, _action = self._open()
        self._create_invoice(self.contact, 50.0)
        self.env.invalidate_all()
        self.assertTrue(page.page_money_live)
        self.assertEqual(page.page_open_amount, 150.0)
        stored = page.with_user(self.analyst)
        self.assertFalse(stored.page_money_live)
        self.assertEqual(stored.page_open_amount, 100.0)
        self._work_off_queue()
        self.assertEqual(stored.page_open_amount, 150.0)

    def test_live_and_stored_money_agree(self):
        invoice = self._create_invoice(self.customer, 100.0, date="2026-03-01")
        invoice.invoice_date_due = "2026-03-02"
        self._create_invoice(self.contact, 30.0, move_type="out_refund")
        self._create_payment(self.customer, 20.0, "2026-03-05")
        profile = self._profile(self.customer)
        page = profile.with_user(self.env.user)
        self.assertTrue(page.page_money_live)
        self.assertEqual(page.page_open_amount, 50.0)
        self.assertEqual(page.page_open_amount, profile.receivable_open)
        self.assertEqual(page.page_overdue_amount, profile.receivable_overdue)

    # ---- no profile, no right -------------------------------------------------------

    def test_contact_opens_its_customer(self):
        self._create_history(self.contact, "2026-03-01", 10.0)
        self._profile(self.customer)
        page, _action = self._open(self.contact)
        self.assertEqual(page.partner_id, self.customer)

    def test_nothing_known_yet(self):
        self.env["crm.profile.run"].sudo().search([]).write({"state": "done"})
        page, action = self._open(user=self.analyst)
        self.assertEqual(page, self.customer)
        self.assertIn("There are no figures yet", page.page_notice)
        self.assertIn(self.company.name, page.page_notice)
        view = self.env["ir.ui.view"].browse(action["views"][0][0])
        self.assertIn("page_notice", view.arch)

    def test_being_computed(self):
        self.env["crm.profile.run"]._request_full(self.company)
        page, _action = self._open(user=self.analyst)
        self.assertIn("being computed (0 %)", page.page_notice)

    def test_foreign_customer_of_a_salesperson(self):
        """Same page, without figures; it says whose the customer is."""
        self.customer.user_id = self.colleague
        mine = self._create_order(
            self.customer, 10.0, confirm=False, user_id=self.salesperson.id
        )
        self._create_order(
            self.customer, 10.0, confirm=False, user_id=self.colleague.id
        )
        self._profile(self.customer)
        page, _action = self._open(user=self.salesperson)
        self.assertEqual(page, self.customer)
        self.assertIn(self.colleague.name, page.page_notice)
        self.assertEqual(self._opened(page, "page_quotation_count"), mine)
        self.assertEqual(
            self._keys(user=self.salesperson, kinds=["quotation"]),
            [("quotation", mine.id)],
        )
        page, _action = self._open(user=self.colleague)
        self.assertEqual(page._name, "crm.customer.profile")
        # Who follows a colleague's link to it is told the same.
        self.env.invalidate_all()
        with self.assertRaisesRegex(AccessError, "looks after .* can assign it to you"):
            page.with_user(self.salesperson).read(["revenue_total"])

    def test_no_right_to_figures(self):
        self._create_invoice(self.customer, 100.0)
        self._profile(self.customer)
        page, _action = self._open(user=self.accountant)
        self.assertEqual(page, self.customer)
        self.assertIn("access rights do not include", page.page_notice)
        self.assertEqual(page.page_open_amount, 100.0)

    def test_own_company(self):
        page, _action = self._open(self.company.partner_id, user=self.analyst)
        self.assertIn("own companies", page.page_notice)

    def test_buttons_on_none_or_several(self):
        partners = self.customer | self.other_customer
        for records in (partners, partners.browse()):
            with self.assertRaises(UserError):
                records.action_open_crm_customer()

    # ---- views ----------------------------------------------------------------------

    def test_pages_open_for_everybody_who_may(self):
        """Every field of both pages can be read by each role."""
        self._create_everything()
        self.customer.category_id = [Command.create({"name": "Tag"})]
        profile = self._profile(self.customer)
        view = "crm_relationship.crm_customer_profile_view_form"
        for user in (self.analyst, self.salesperson):
            Form(profile.with_user(user), view)
        view = "crm_relationship.res_partner_view_form_customer_page"
        for user in (self.analyst, self.salesperson, self.accountant):
            Form(self.customer.with_user(user), view)

    def test_profiles_are_read_only(self):
        profile = self._profile(self._create_order(self.customer, 1.0).partner_id)
        profile = profile.with_user(self.analyst)
        for verb in (
            lambda: profile.write({"user_id": self.analyst.id}),
            lambda: profile.write({"email": "x@example.com"}),
            lambda: profile.unlink(),
            lambda: profile.copy(),
        ):
            with self.assertRaises(AccessError):
                verb()

    def test_list_sorts_groups_and_filters_by_the_customers_data(self):
        """The customer's own data are sorted, searched and grouped in SQL."""
        (self.customer | self.other_customer).country_id = self.env.ref("base.be")
        self.customer.write({"city": "Aalst", "email": "z@example.com"})
        self.other_customer.write({"city": "Zele", "email": "a@example.com"})
        for partner in (self.customer, self.other_customer):
            self._create_history(partner, "2026-03-01", 10.0)
        profiles = self._profile(self.customer) | self._profile(self.other_customer)
        Profile = self.env["crm.customer.profile"]
        domain = [("id", "in", profiles.ids)]
        for field in ("city", "email"):
            ordered = Profile.search(domain, order=f"{field} desc")
            self.assertEqual(
                ordered.mapped(field), sorted(profiles.mapped(field), reverse=True)
            )
        found = Profile.search([*domain, ("city", "=", "Zele")])
        self.assertEqual(found.partner_id, self.other_customer)
        groups = Profile._read_group(domain, ["country_id"], ["__count"])
        self.assertEqual(groups, [(self.env.ref("base.be"), 2)])
