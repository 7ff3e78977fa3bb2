from odoo.exceptions import UserError
from odoo.tests import tagged

from .collection_common import CollectionCommon


@tagged("post_install", "-at_install")
class TestDunningLevel(CollectionCommon):
    """How firmly customers are reminded."""

    def test_usual_levels_speak_every_language(self):
        """A customer is reminded in the own language, whoever makes the levels."""
        self.env["res.lang"]._activate_lang("zh_CN")
        company = self.env["res.company"].create({"name": "New Company"})
        levels = self.env["crm.dunning.level"]._create_usual(company)
        self.assertEqual(levels[0].name, "Friendly reminder")
        for level in levels:
            chinese = level.with_context(lang="zh_CN")
            for name in ("name", "subject", "body"):
                self.assertRegex(chinese[name], "[\u4e00-\u9fff]", name)
                self.assertNotRegex(level[name], "[\u4e00-\u9fff]", name)
            self.assertIn("{{ amount }}", chinese.body + chinese.subject)

    def test_a_language_installed_later(self):
        """The usual texts get it, words of somebody's own stay."""
        company = self.env["res.company"].create({"name": "New Company"})
        levels = self.env["crm.dunning.level"]._create_usual(company)
        levels[1].subject = "Pay!"
        self.env["res.lang"]._activate_lang("zh_CN")
        chinese = levels.with_context(lang="zh_CN")
        for name in ("name", "subject", "body"):
            self.assertRegex(chinese[0][name], "[\u4e00-\u9fff]", name)
        self.assertEqual(chinese[1].subject, "Pay!")
        self.assertEqual(levels[0].name, "Friendly reminder")

    def test_without_a_channel(self):
        self.env["crm.channel"].search([("kind", "=", "email")]).active = False
        company = self.env["res.company"].create({"name": "New Company"})
        with self.assertRaisesRegex(UserError, "no channel for e-mail"):
            self.env["crm.dunning.level"]._ladder(company)
