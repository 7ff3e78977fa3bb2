"""Every view of ours opens, with its data, for everybody who may read its model."""

from collections import defaultdict

from lxml import etree

from odoo.tests import tagged

from .ground import GroundCase, our_models, our_records
from .views import GROUPED, filters, groupings, read_spec

VIEWERS = (
    *("analyst", "segmentation", "channel", "information", "reader"),
    *("sales_own", "sales_all", "accountant", "settings", "internal"),
)
# Forms of Odoo's that fall over for these people without any of our modules.
CORE_FALLS = {("mailing.mailing", "settings")}


@tagged("post_install", "-at_install")
class TestViews(GroundCase):
    def test_views_open(self):
        """Get each view and read what it shows, as each kind of user."""
        views = self._views_by_model()
        for model, views_of_model in views.items():
            rows = self._some_rows(model)
            for actor in VIEWERS:
                if not self.model_as(actor, model).has_access("read"):
                    continue
                if (model, actor) in CORE_FALLS:
                    continue
                for view in views_of_model:
                    with self.subTest(f"{view.xml_id or view.name} as {actor}"):
                        self._open(view, rows, actor)

    def test_menus_lead_somewhere(self):
        """Menus open lists that have an address and say what an empty one is for."""
        for menu in our_records(self.env, "ir.ui.menu").filtered("action"):
            action = menu.action
            if action._name != "ir.actions.act_window":
                continue
            if self.env[action.res_model]._transient:
                continue
            with self.subTest(menu.complete_name):
                self.assertTrue(action.help, "an empty list should say what comes here")
                self.assertTrue(action.path, "no address of its own")
                shown = {kind for _view_id, kind in action.views}
                known = self.env["ir.ui.view"].sudo()
                for kind in shown:
                    domain = [("model", "=", action.res_model), ("type", "=", kind)]
                    self.assertTrue(known.search(domain, limit=1), f"no {kind} view")

    def test_buttons_can_be_pressed(self):
        """The web client presses a button with the ids of its records: a method that
        takes none falls over."""
        pressed = 0
        for view in our_records(self.env, "ir.ui.view").filtered("model"):
            if view.model not in self.env:
                continue
            arch = etree.fromstring(view.arch)
            for button in arch.xpath("//button[@type='object']"):
                method = getattr(self.env[view.model], button.get("name"), None)
                # Inside a list of lines the button is that of another model.
                if method is None:
                    continue
                pressed += 1
                with self.subTest(f"{view.xml_id}: {button.get('name')}"):
                    self.assertFalse(getattr(method, "_api_model", False))
        self.assertGreater(pressed, 20)

    def _views_by_model(self):
        """Return the views of our models, and Odoo's views that ours extend."""
        ours = our_records(self.env, "ir.ui.view")
        own = (
            self.env["ir.ui.view"]
            .sudo()
            .search([("model", "in", our_models(self.env)), ("mode", "=", "primary")])
        )
        found = defaultdict(self.env["ir.ui.view"].sudo().browse)
        for view in own | ours:
            while view.mode != "primary":
                view = view.inherit_id
            if view.model in self.env:
                found[view.model] |= view
        return found

    def _some_rows(self, model: str):
        if model in our_models(self.env) and not self.env[model]._abstract:
            return self.rows.make(model, self.company_a)
        return self.env[model].sudo().search([], limit=2)

    def _open(self, view, rows, actor: str):
        model = self.model_as(actor, view.model)
        arch = etree.fromstring(model.get_view(view.id, view.type)["arch"])
        self.env.invalidate_all()
        if view.type in GROUPED:
            groups, sums = groupings(model, arch)
            model.formatted_read_group([], groups, sums)
        elif view.type == "search":
            for _name, domain, groups in filters(model, arch):
                model.search_count(domain)
                if groups:
                    model.web_read_group(domain, groups, ["__count"])
        elif not model._transient:
            spec = read_spec(model, arch)
            if view.type == "form" and model.has_access("create"):
                model.onchange({}, [], spec)
            mine = model.browse(rows.ids)._filtered_access("read")
            found = mine.web_read(spec)
            self.assertEqual(len(found), len(mine))
        else:
            model.onchange({}, [], read_spec(model, arch))
