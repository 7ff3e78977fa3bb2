"""Every screen of ours opens in the browser, for every role, also with many rows."""

import json
import os

from odoo.tests import HttpCase, tagged

from .bulk import Bulk
from .ground import GroundCase, our_models, our_records
from .rows import COUNTED

ROWS = 10_000
DEADLINE = 30  # seconds for one screen, on a machine that does other things, too
# All of them in the full run; else whoever sees the most, and whoever sees the least.
EVERYBODY = (
    *("analyst", "segmentation", "information", "vp", "campaign", "channel", "reader"),
    *("sales_own", "sales_all", "accountant", "settings", "internal"),
)
VISITORS = EVERYBODY if os.environ.get("CRM_LONG") else ("segmentation", "sales_own")

# The client opens a page of its own first; begun later than ours, it would replace it.
READY = (
    "odoo.isReady === true && "
    "!!document.querySelector('.o_action_manager > .o_action, .o_action_manager > div')"
)
WALK = """
(async () => {
    const env = odoo.__WOWL_DEBUG__.root.env;
    const {action, orm} = env.services;
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const settled = async (where) => {
        const end = Date.now() + 20000;
        const busy = ".o_loading_indicator, .o_view_sample_data, .o_blockUI";
        do {
            await sleep(30);
        } while (document.querySelector(busy) && Date.now() < end);
        const bad = document.querySelector(
            ".o_error_dialog, .o_notification .bg-danger, .modal .alert-warning"
        );
        if (bad) {
            throw new Error(`${where}: ${bad.textContent.slice(0, 300)}`);
        }
    };
    const within = async (where, promise) => {
        let timer;
        const late = new Promise((resolve, reject) => {
            const error = new Error(`${where}: no answer within DEADLINE s`);
            timer = setTimeout(() => reject(error), DEADLINE * 1000);
        });
        await Promise.race([promise, late]);
        clearTimeout(timer);
        await settled(where);
    };
    await settled("start page");
    for (const [id, name] of ACTIONS) {
        await within(name, action.doAction(id, {clearBreadcrumbs: true}));
        const {action: opened, view} = action.currentController;
        if (!view) {
            continue;
        }
        const kinds = opened.views.map(([, kind]) => kind);
        for (const kind of kinds.filter((kind) => kind !== "search")) {
            let props = {};
            if (kind === "form") {
                const domain = opened.domain || [];
                const [resId] = await orm.search(opened.res_model, domain, {limit: 1});
                if (!resId) {
                    continue;
                }
                props = {resId};
            }
            await within(`${name} ${kind}`, action.switchView(kind, props));
        }
    }
    console.log("test successful");
})().catch((error) => console.error(error.message || String(error)));
"""


@tagged("post_install", "-at_install")
class TestScreens(GroundCase, HttpCase):
    def test_screens_with_many_rows(self):
        """Menus, view types and a record of each; an error in the console fails."""
        bulk = Bulk(self.env, ROWS)
        for model in our_models(self.env):
            if self.env[model]._auto and not self.env[model]._transient:
                row = self.rows.make(model, self.company_a)
                if model not in COUNTED:
                    bulk.copy(row)
        for actor in VISITORS:
            with self.subTest(actor):
                actions = self._actions(actor)
                if actor not in ("internal", "accountant", "settings"):
                    self.assertTrue(actions, "no menu at all")
                if actions:
                    self._walk(actor, actions)

    def _actions(self, actor: str) -> list[tuple[int, str]]:
        """Return id and name of the actions of menus of ours that somebody sees."""
        ours = our_records(self.env, "ir.ui.menu")
        seen = self.env["ir.ui.menu"].with_user(self.actors[actor]).load_menus(False)
        return [
            (seen[menu.id]["action_id"], menu.complete_name)
            for menu in ours
            if menu.id in seen and seen[menu.id]["action_id"]
        ]

    def _walk(self, actor: str, actions: list[int]):
        self.browser_js(
            "/odoo",
            WALK.replace("ACTIONS", json.dumps(actions)).replace(
                "DEADLINE", str(DEADLINE)
            ),
            READY,
            login=self.actors[actor].login,
            timeout=600,
        )
