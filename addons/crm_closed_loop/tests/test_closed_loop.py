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
        cls.company.crm_consent_default = "allowed"

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
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            self.company.crm_spared_customers = "nonsense("

    def test_choice_has_become_unreadable(self):
        """As by a module that is no longer there: the default holds, mail leaves."""
        self.invoice(100)
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE res_company SET crm_spared_customers = %s WHERE id = %s
                RETURNING id""",
                "[('gone', '=', 1)]",
                self.company.id,
            )
        )
        self.company.invalidate_recordset()
        with self.assertLogs("odoo.addons.crm_closed_loop", "WARNING"):
            self.assertTrue(self.owes(self.customer))
            self.assertEqual(self.rule(self.customer, "promotion"), "owes")

    def test_refused_when_it_leaves(self):
        """Who becomes overdue after the planning is left out, and the list says why."""
        outbox = self.env["crm.outbox"].sudo()
        channel = self.env["crm.channel"].search([("kind", "=", "email")], limit=1)
        outbox._plan(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": self.customer.id,
                    "channel_id": channel.id,
                    "purpose": "promotion",
                    "origin_model": "res.partner",
                    "origin_key": self.customer.id,
                }
            ]
        )
        row = outbox.search([("partner_id", "=", self.customer.id)])
        rules = self.env["crm.outbox.rules"]
        self.assertNotIn(row.id, rules._refusals(row.ids))
        self.invoice(100)
        self._work_off_queue()
        code, sentence = rules._refusals(row.ids)[row.id]
        self.assertEqual(code, "owes")
        self.assertIn("overdue money", sentence)
