"""What a rule hides is hidden on every way there is to read it."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .ground import ALL_ROLES, EXPORT, QUIET, GroundCase, our_models, our_records
from .rows import company_field


@tagged("post_install", "-at_install")
class TestIsolation(GroundCase):
    """One user with every role in company A; the rows of company B and of others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = f"{ALL_ROLES},{EXPORT},sales_team.group_sale_manager,base.group_system"
        groups += ",crm_receivables.group_collector"
        cls.insider = cls._make_users({"insider": groups})
        cls.env.flush_all()

    def test_other_company(self):
        """No row of company B reaches a user of company A, who has every role."""
        for model in our_models(self.env):
            # Odoo itself shows a row of a dialog to nobody but its maker.
            if not company_field(self.env[model]) or self.env[model]._transient:
                continue
            with self.subTest(model):
                own = self.rows.make(model, self.company_a, self.insider)
                foreign = self.rows.make(model, self.company_b, self.insider)
                self._check_hidden(own, foreign, self.insider)
                self._check_company_not_taken(foreign)

    def test_other_salesperson(self):
        """No row of another salesperson reaches one with the right to own documents."""
        other = self.actors["sales_all"]
        user = self.actors["sales_own"]
        rules = self.env["ir.rule"].sudo()
        group = self.env.ref("sales_team.group_sale_salesman")
        for model in our_models(self.env):
            ruled = rules.search(
                [("model_id.model", "=", model), ("groups", "=", group.id)]
            )
            if not ruled:
                continue
            with self.subTest(model):
                own = self.rows.make(model, self.company_a, user)
                foreign = self.rows.make(model, self.company_a, other)
                self._check_hidden(own, foreign, user)

    def test_each_global_rule_matters(self):
        """Without a rule, the row it hides is seen: none of them is idle."""
        rules = our_records(self.env, "ir.rule").filtered("global")
        self.assertTrue(rules)
        for rule in rules:
            model = rule.model_id.model
            if not self.env[model]._auto:
                continue
            with self.subTest(rule.get_external_id()[rule.id]):
                other = self.actors["company_b"]
                foreign = self.rows.make(model, self.company_b, other)
                as_insider = foreign.with_user(self.insider)
                if not rule.perm_read:
                    self._check_write_rule(rule, model)
                    continue
                self.assertFalse(as_insider.has_access("read"))
                rule.active = False
                self.assertTrue(as_insider.has_access("read"))

    def _check_write_rule(self, rule, model: str) -> None:
        """A rule about writing alone keeps from a colleague's row what one may read."""
        colleague = self.actors["sales_all"]
        theirs = self.rows.make(model, self.company_a, colleague)
        # Somebody without a rule of a group's that says the same once more.
        as_reader = theirs.with_user(self.actors["reader"])
        self.assertTrue(as_reader.has_access("read"))
        self.assertFalse(as_reader.has_access("write"))
        rule.active = False
        self.assertTrue(as_reader.has_access("write"))

    # ---- ways to read -------------------------------------------------------------

    def _check_hidden(self, own, foreign, user):
        """Look for two rows in every way; only the first may be found."""
        self.assertTrue(own and foreign)
        model = self.env[own._name].with_user(user).with_context(active_test=False)
        if not model.has_access("read"):
            return
        domain = [("id", "in", (own + foreign).ids)]
        self.env.invalidate_all()
        self.assertEqual(model.search(domain).ids, own.ids)
        self.assertEqual(model.search_count(domain), 1)
        found = model.search_read(domain, ["display_name"])
        self.assertEqual([row["id"] for row in found], own.ids)
        found = model.web_search_read(domain, {"display_name": {}})
        self.assertEqual([row["id"] for row in found["records"]], own.ids)
        self.assertEqual(model._read_group(domain, [], ["__count"]), [(1,)])
        found = model.formatted_read_group(domain, ["id"], ["__count"])
        self.assertEqual(sum(group["__count"] for group in found), 1)
        names = model.name_search("", domain, limit=None)
        self.assertEqual([row_id for row_id, _name in names], own.ids)
        self._check_refused(foreign.with_env(model.env))

    def _check_refused(self, foreign):
        """Ask for a row by its id."""
        stored = [n for n, f in foreign._fields.items() if f.store and f.column_type]
        ways = {
            "read": lambda: foreign.read(["display_name"]),
            "web_read": lambda: foreign.web_read({"display_name": {}}),
            "field": lambda: foreign[stored[-1]],
            "export_data": lambda: foreign.export_data(["display_name"]),
            "copy": lambda: foreign.copy(),
            "onchange": lambda: foreign.onchange({}, [], {"display_name": {}}),
        }
        for way, call in ways.items():
            self.env.invalidate_all()
            savepoint = self.cr.savepoint(flush=False)
            try:
                found = call()
            except UserError:
                continue
            finally:
                self.env.cr.clear()
                savepoint.close(rollback=True)
            self.assertFalse(found, f"{way} shows a hidden row of {foreign._name}")

    def _check_company_not_taken(self, foreign):
        """Naming another company in the context gives no right to it."""
        context = dict(QUIET, allowed_company_ids=self.company_b.ids)
        model = self.env[foreign._name].with_user(self.insider).with_context(context)
        with self.assertRaises(AccessError):
            model.search([("id", "=", foreign.id)]).read(["display_name"])
