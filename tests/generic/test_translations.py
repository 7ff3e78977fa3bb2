"""The templates of terms follow the code, and zh_CN arrives where people see it."""

import io

from crmsuite import pofiles

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import code_translations, trans_export

from .ground import MODULES

LANGUAGE = "zh_CN"


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    """What pure tests cannot see: the registry's terms and what a user reads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.modules = sorted(MODULES & cls.env.registry._init_modules)

    def test_templates_are_up_to_date(self):
        """Exporting now gives the terms, and the places, of the checked-in files."""
        for module in self.modules:
            with self.subTest(module):
                export = io.BytesIO()
                trans_export(None, [module], export, "po", self.env)
                now = self._places(pofiles.template(export.getvalue().decode()))
                kept = self._places(pofiles.read(pofiles.path(module)))
                lines = [f"new: {term}" for term in sorted(now.keys() - kept.keys())]
                lines += [f"gone: {term}" for term in sorted(kept.keys() - now.keys())]
                lines += [
                    f"elsewhere: {term}"
                    for term in sorted(now.keys() & kept.keys())
                    if now[term] != kept[term]
                ]
                if lines:
                    self.fail("\n".join([*lines, "run `make translations`"]))

    def _places(self, terms) -> dict[str, list]:
        return {entry.msgid: sorted(entry.occurrences) for entry in terms}

    def test_people_read_their_language(self):
        """Views, records, messages of the server and of the browser are translated."""
        self.env["res.lang"]._activate_lang(LANGUAGE)
        self.env["ir.module.module"]._load_module_terms(self.modules, [LANGUAGE])
        chinese = self.env(context=dict(self.env.context, lang=LANGUAGE))
        profile = chinese["crm.customer.profile"]
        arch = profile.get_view(view_type="search")["arch"]
        self.assertIn("我的客户", arch)
        self.assertNotIn("My customers", arch)
        fields = profile.fields_get(["last_purchase_date"], ["string"])
        self.assertEqual(fields["last_purchase_date"]["string"], "最近购买")
        menu = chinese.ref("crm_relationship.menu_customers")
        self.assertEqual(menu.name, "客户")
        with self.assertRaisesRegex(UserError, "没有客户"):
            chinese["crm.api"].customer_get(partner=2**31 - 1)
        terms = code_translations.get_web_translations("crm_relationship", LANGUAGE)
        browser = {term["id"]: term["string"] for term in terms["messages"]}
        self.assertEqual(browser["Show earlier"], "显示更早的动态")
