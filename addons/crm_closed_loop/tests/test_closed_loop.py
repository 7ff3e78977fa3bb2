from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_receivables.tests.collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestClosedLoop(CollectionCommon):
    """Who owes overdue money or broke a promise gets no promotion, and all else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.env["res.partner"].create(
            {"name": "Person", "parent_id": cls.customer.id, "email": "p@c.example"}
        )
        # Consent is not the subject here.
        cls.env["crm.consent"].search([]).unlink()

    def owes(self, partner, purpose="promotion", company=None):
        """Tell whether the rule refuses a mail to a partner."""
        self._work_off_queue()
        rules = self.env["crm.outbox.rules"]
        spared = rules._spared_sql(SQL("%s::int", (company or self.company).id))
        [(found,)] = self.env.execute_query(
            SQL(
                """SELECT %s = 'promotion' AND %s FROM res_partner p
                    WHERE p.id = %s""",
                purpose,
                spared,
                partner.id,
            )
        )
        return found

    def rule(self, partner, purpose):
        rules = self.env["crm.outbox.rules"]
        sql = rules._rule_sql(
            SQL("'email'::varchar"),
            SQL("%s::varchar", purpose),
            SQL("NULL::varchar"),
            SQL("%s::int", self.company.id),
        )
        [(rule,)] = self.env.execute_query(
            SQL("SELECT %s FROM res_partner p WHERE p.id = %s", sql, partner.id)
        )
        return rule

    def test_overdue(self):
        invoice = self.invoice(100)
        self.assertTrue(self.owes(self.customer))
        self.assertTrue(self.owes(self.person))
        self.assertFalse(self.owes(self.other_customer))
        self.assertNotEqual(self.rule(self.customer, "service"), "owes")
        self.assertNotEqual(self.rule(self.customer, "dunning"), "owes")
        self.pay(invoice)
        self.assertFalse(self.owes(self.customer))

    def test_not_due_yet(self):
        self.invoice(100, late=-3)
        self.assertFalse(self.owes(self.customer))

    def test_broken_promise(self):
        invoice = self.invoice(100, late=-30)
        self.promise(1, line_ids=self.items(invoice).ids)
        self.assertFalse(self.owes(self.customer))
        self.pass_day(2)
        self.assertTrue(self.owes(self.customer))
        self.pay(invoice)
        self.assertFalse(self.owes(self.customer))

    def test_of_the_company(self):
        other = self.setup_other_company()["company"]
        self.invoice(100)
        self.assertFalse(self.owes(self.customer, company=other))

    def test_another_choice(self):
        self.invoice(100)
        self.company.crm_spared_customers = "[('receivable_overdue', '>', 500)]"
        self.assertFalse(self.owes(self.customer))
        self.company.crm_spared_customers = "[]"
        self.assertFalse(self.owes(self.customer))
        self.company.crm_spared_customers = "nonsense("
        with self.assertRaises(ValidationError):
            self.company._get_crm_spared_domain()

    def test_sentence(self):
        self.assertIn("owes", self.env["crm.outbox.rules"]._rule_sentences())
