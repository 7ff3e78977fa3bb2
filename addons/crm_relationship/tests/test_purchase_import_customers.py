from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .purchase_common import PurchaseImportCommon

WHO = {
    "customer_name": "Mary Miller",
    "customer_email": "Mary@Example.com",
    "customer_phone": "+1 555 0100",
    "customer_street": "12 Oak Street",
    "customer_city": "Springfield",
    "customer_zip": "62701",
    "customer_country": "us",
    "customer_region": "il",
    "customer_birth_date": "1986-05-14",
    "customer_sex": "F",
    "customer_occupation": "Teacher",
    "customer_income_band": "30,000-50,000",
}


@tagged("post_install", "-at_install")
class TestPurchaseImportCustomers(PurchaseImportCommon):
    def partner(self, **values):
        return self.env["res.partner"].create({"name": "Known", **values})

    def test_new_customer(self):
        industry = self.env["res.partner.industry"].create({"name": "Imp Schools"})
        row = self.row(**WHO, customer_industry="imp schools")
        self.assertEqual(self.run_import([row])["customers_created"], 1)
        self.assertRecordValues(
            self.customer(),
            [
                {
                    "name": "Mary Miller",
                    "is_company": False,
                    "email": "mary@example.com",
                    "email_normalized": "mary@example.com",
                    "street": "12 Oak Street",
                    "zip": "62701",
                    "country_id": self.env.ref("base.us").id,
                    "state_id": self.env.ref("base.state_us_14").id,
                    "industry_id": industry.id,
                    "crm_sex": "female",
                    "crm_occupation": "Teacher",
                    "crm_income_band": "30,000-50,000",
                    "company_id": False,
                }
            ],
        )
        self.assertEqual(str(self.customer().crm_birth_date), "1986-05-14")
        self.assertEqual(self.counts(self.run_import([row])), {"unchanged": 1})

    def test_name_is_the_reference_until_somebody_tells(self):
        self.run_import([self.row()])
        self.assertEqual(self.customer().name, "C1")
        row = self.row(customer_name="Mary")
        self.assertEqual(self.run_import([row])["customers_updated"], 1)
        self.assertEqual(self.customer().name, "Mary")
        self.run_import([self.row(customer_name="Else")])
        self.assertEqual(self.customer().name, "Mary")

    def test_input_of_people_is_not_overwritten(self):
        self.run_import([self.row(**WHO)])
        partner = self.customer()
        partner.write({"city": "Chicago", "zip": False, "phone": False})
        result = self.run_import([self.row(**WHO, customer_is_company=True)])
        self.assertEqual(result["customers_updated"], 1)
        self.assertRecordValues(
            partner,
            [
                {
                    # The ZIP of another city would make up an address.
                    "city": "Chicago",
                    "zip": False,
                    "phone": "+1 555 0100",
                    "is_company": False,
                }
            ],
        )

    def test_many_empty_contacts_filled(self):
        refs = [f"C{number}" for number in range(6)]
        self.run_import([self.row(ref, customer_ref=ref) for ref in refs])
        rows = [
            self.row(ref, customer_ref=ref, customer_city=f"City {number % 2}")
            for number, ref in enumerate(refs)
        ]
        self.assertEqual(self.run_import(rows)["customers_updated"], 6)
        self.assertEqual(self.customer("C3").city, "City 1")

    def test_filling_does_what_writing_does(self):
        self.run_import([self.row()])
        partner = self.customer()
        lead = self.env["crm.lead"].create({"name": "L", "partner_id": partner.id})
        row = self.row(**{**WHO, "customer_name": ""})
        self.assertEqual(self.run_import([row])["customers_updated"], 1)
        self.assertRecordValues(
            partner,
            [{"email_normalized": "mary@example.com", "write_uid": self.analyst.id}],
        )
        self.assertEqual(partner.state_id, self.env.ref("base.state_us_14"))
        self.assertIn("Springfield", partner.contact_address)
        self.assertEqual(lead.email_from, "mary@example.com")
        found = self.env["res.partner"].search([("email", "=", "mary@example.com")])
        self.assertEqual(found, partner)

    def test_children_follow_their_parent(self):
        firm = self.partner(is_company=True)
        child = self.partner(name="Child", parent_id=firm.id)
        self.run_import([self.row(customer_id=firm.id, customer_city="Springfield")])
        self.assertEqual((firm.city, child.city), ("Springfield", "Springfield"))

    def test_contacts_of_users_stay_as_they_are(self):
        for user in (self.information, self.analyst):
            user.partner_id.write({"email": False, "phone": False})
            row = self.row(
                customer_id=user.partner_id.id,
                customer_ref="",
                **{
                    "customer_email": "thief@example.com",
                    "customer_phone": "1",
                },
            )
            result = self.run_import([row])
            self.assertEqual(result["error_count"] + result["customers_updated"], 0)
            self.assertFalse(user.partner_id.email or user.partner_id.phone)

    def test_unknown_customers(self):
        rows = [self.row(), self.row("B", customer_ref="", customer_email="a@b.cc")]
        result = self.run_import(rows, create_missing=False)
        self.assertEqual(
            self.reasons(result), [(1, "customer_ref"), (2, "customer_email")]
        )
        self.assertIn("“C1”", result["errors"][0]["reason"])
        nobody = self.row("C", customer_ref="")
        self.assertEqual(self.reasons(self.run_import([nobody])), [(1, "customer_ref")])

    def test_who_may_not_create_contacts(self):
        user = new_test_user(
            self.env,
            login="imp_limited",
            groups="crm_relationship.group_analyst",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        user.group_ids -= self.env.ref("base.group_partner_manager")
        if self.env["res.partner"].with_user(user).has_access("create"):
            self.skipTest("the role includes creating contacts")
        result = self.run_import([self.row()], user=user)
        self.assertEqual(self.reasons(result), [(1, "customer_ref")])
        self.assertIn("may not create", result["errors"][0]["reason"])

    def test_by_id(self):
        known = self.partner()
        row = self.row(customer_ref="", customer_id=known.id)
        self.assertEqual(self.counts(self.run_import([row])), {"created": 1})
        self.assertEqual(self.history("A").partner_id, known)
        gone = self.partner()
        gone.unlink()
        for number in (gone.id, 2**31 - 1):
            row = self.row("B", customer_ref="", customer_id=number)
            self.assertEqual(self.reasons(self.run_import([row])), [(1, "customer_id")])

    def test_id_and_reference_make_a_mapping(self):
        known, other = self.partner(), self.partner(name="Other")
        self.run_import([self.row(customer_id=known.id)])
        self.assertEqual(self.customer(), known)
        self.run_import([self.row("B")])
        self.assertEqual(self.history("B").partner_id, known)
        result = self.run_import([self.row("C", customer_id=other.id)])
        self.assertEqual(self.reasons(result), [(1, "customer_ref")])

    def test_by_email(self):
        known = self.partner(email='"Mary" <MARY@imp.example>')
        row = self.row(customer_ref="", customer_email="mary@IMP.example")
        self.assertEqual(self.counts(self.run_import([row])), {"created": 1})
        self.assertEqual(self.history("A").partner_id, known)
        # From now on the source's word for the contact, whatever its address becomes.
        known.email = "mary@new.example"
        self.partner(email="mary@imp.example")
        self.assertEqual(self.counts(self.run_import([row])), {"unchanged": 1})
        self.partner(email="twin@imp.example")
        self.partner(email="twin@imp.example")
        row = self.row("B", customer_ref="", customer_email="twin@imp.example")
        result = self.run_import([row])
        self.assertEqual(self.reasons(result), [(1, "customer_email")])
        row = self.row("C", customer_ref="", customer_email="new@imp.example")
        self.assertEqual(self.run_import([row])["customers_created"], 1)

    def test_address_and_reference_of_the_same_text(self):
        rows = [
            self.row(customer_ref="x@imp.example"),
            self.row("B", customer_ref="", customer_email="x@imp.example"),
        ]
        self.assertEqual(self.run_import(rows)["customers_created"], 1)
        self.assertEqual(len(self.history().partner_id), 1)

    def test_archived_contact_stays_the_customer(self):
        self.run_import([self.row()])
        partner = self.customer()
        partner.active = False
        self.run_import([self.row("B"), self.row("C", customer_id=partner.id)])
        self.assertEqual(self.history("B").partner_id, partner)

    def test_merged_contact_stays_the_customer(self):
        self.run_import([self.row(customer_ref="C1"), self.row("B", customer_ref="C2")])
        first, second = self.customer("C1"), self.customer("C2")
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((first | second).ids, first)
        self.assertEqual(self.customer("C2"), first)
        self.assertEqual(
            self.counts(self.run_import([self.row("B", customer_ref="C2")])),
            {"unchanged": 1},
        )

    def test_unknown_names(self):
        rows = [
            self.row("A", customer_country="USA"),
            self.row("B", customer_country="US", customer_region="Nowhere"),
            self.row("C", customer_region="IL"),
            self.row("D", customer_industry="Imp Unheard"),
        ]
        result = self.run_import(rows, on_error="skip")
        self.assertEqual(
            self.reasons(result),
            [
                (1, "customer_country"),
                (2, "customer_region"),
                (3, "customer_region"),
                (4, "customer_industry"),
            ],
        )
        result = self.run_import([rows[3]], user=self.information)
        self.assertEqual(result["created"], 1)
        self.assertEqual(self.customer().industry_id.name, "Imp Unheard")

    def test_personal_data_need_the_right(self):
        user = self.user("imp_sys", "base.group_system")
        with self.assertRaisesRegex(AccessError, "customer_sex"):
            self.run_import([self.row(customer_sex="m")], user=user)
        self.assertFalse(self.history())

    def test_contact_refused_by_a_rule_of_its_own(self):
        def create(records, vals_list):
            if any(vals["name"] == "C2" for vals in vals_list):
                raise refusal
            return origin(records, vals_list)

        text = "C2 is on a list"
        refusal = ValidationError(text)
        Partner = self.env.registry["res.partner"]
        origin = Partner.create
        rows = [self.row(), self.row("B", customer_ref="C2")]
        with patch.object(Partner, "create", create):
            result = self.run_import(rows)
            self.assertEqual(self.reasons(result), [(2, "customer_ref")])
            self.assertIn("on a list", result["errors"][0]["reason"])
            self.assertFalse(self.history() or self.customer())
            result = self.run_import(rows, on_error="skip")
        self.assertEqual(
            self.counts(result),
            {"created": 1, "skipped": 1, "customers_created": 1, "error_count": 1},
        )
