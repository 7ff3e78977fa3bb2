"""Every method that can be called from outside is declared, and stands bad callers."""

import json
from collections import defaultdict

from odoo.addons.rpc.controllers.xmlrpc import dumps
from odoo.service.model import call_kw
from odoo.tests import tagged

from . import tables
from .calls import CALLS, HOSTILE, deep
from .ground import MODULES, GroundCase
from .public import parameters, public_methods

MISSING = 2**31 - 1
# Done, no right, refused by a rule: anything else is a defect.
ENDS = ("yes", "-", "!")


@tagged("post_install", "-at_install")
class TestPublicMethods(GroundCase):
    """A declared method says what it does, for whom, and why it is public."""

    def setUp(self):
        super().setUp()
        self.changes = {}

    def test_declared(self):
        """Public methods, their effect and who may call them are as declared."""
        lines = []
        methods = public_methods(self.env)
        for module in sorted(MODULES & self.env.registry._init_modules):
            known = tables.read(module, "public_methods", 2)
            rows = [
                {
                    "model": method.model,
                    "method": method.name,
                    **self._describe(method),
                    "why": known.get(method.key, {}).get("why", ""),
                }
                for method in methods
                if method.module == module
            ]
            lines += tables.differences(module, "public_methods", 2, rows)
            lines += [
                f"{row['model']}/{row['method']}: say why it is public"
                for row in rows
                if not row["why"]
            ]
        self.assertFalse(lines, "\n".join([*lines, tables.HINT]))

    def test_bad_callers(self):
        """Whatever ids and arguments come: an answer or a clear refusal."""
        for method in public_methods(self.env):
            if method.overrides:
                continue
            with self.subTest(f"{method.model}.{method.name}"):
                found = defaultdict(set)
                problems = [*self._bad_ids(method), *self._bad_arguments(method)]
                for actor, what, problem in problems:
                    found[f"{what}: {problem}"].add(actor)
                lines = [f"{what} ({len(who)} actors)" for what, who in found.items()]
                self.assertFalse(lines, "\n" + "\n".join(lines))

    # ---- what a method does -------------------------------------------------------

    def _describe(self, method) -> dict[str, str]:
        """Return the effect of a valid call and the actors who may make it."""
        if method.overrides:
            return {"effect": "extends Odoo's", "who": ""}
        ids, kwargs = self._valid_call(method)
        changes = set()
        may = []
        for actor in self.actors:
            problem = self._call(method, actor, ids, kwargs)
            self.assertIn(problem, ENDS, f"{method.key} as {actor}")
            if problem != "-":
                may.append(actor)
            changes.update(self.changes)
        return {"effect": "write" if changes else "read", "who": " ".join(may) or "nobody"}

    def _valid_call(self, method) -> tuple[list[int], dict]:
        ids = []
        if not method.model_level and not self.env[method.model]._abstract:
            ids = self.rows.make(method.model, self.company_a).ids
        example = CALLS.get(method.key)
        needed = [
            name
            for name, parameter in parameters(self.env, method).items()
            if parameter.default is parameter.empty
        ]
        if needed and not example:
            self.fail(f"{method.key} needs {needed}: give an example in calls.py")
        return ids, example(self) if example else {}

    # ---- bad callers --------------------------------------------------------------

    def _bad_ids(self, method):
        """Yield (actor, ids, problem) with records that are none, gone or another's."""
        if method.model_level or self.env[method.model]._abstract:
            return
        mine, kwargs = self._valid_call(method)
        foreign = self.rows.make(method.model, self.company_b).ids
        kinds = {
            "no ids": [],
            "ids that are gone": [MISSING],
            "foreign ids": foreign,
            "several ids": mine + foreign,
            "ids of which one is gone": [*mine, MISSING],
        }
        for actor in self.actors:
            for what, ids in kinds.items():
                end = self._call(method, actor, ids, kwargs)
                if end not in ENDS:
                    yield actor, what, end
                if what == "foreign ids" and self.changes and actor != "company_b":
                    yield actor, what, f"changes {self.changes}"

    def _bad_arguments(self, method):
        """Yield (actor, argument, problem) with values of any kind and size."""
        names = parameters(self.env, method)
        if not names:
            return
        ids, kwargs = self._valid_call(method)
        effect = self._describe(method)
        may = effect["who"].split()
        for name in names:
            for value in (*HOSTILE, deep()):
                for actor in {*may[:1], "internal", "portal"}:
                    end = self._call(method, actor, ids, {**kwargs, name: value})
                    what = f"{name}={str(value)[:40]!r}"
                    if end not in ENDS:
                        yield actor, what, end
                    if self.changes and (effect["effect"] == "read" or actor not in may):
                        yield actor, what, f"changes {self.changes}"

    # ---- calling ------------------------------------------------------------------

    def _call(self, method, actor: str, ids: list[int], kwargs: dict) -> str:
        """Call as RPC does and undo it; return how it ended, or the defect.

        ``self.changes`` is then the tables in which rows were written.
        """
        model = self.model_as(actor, method.model)
        args = [] if method.model_level else [ids]
        self.changes = {}

        def call():
            before = self._written()
            result = call_kw(model, method.name, args, kwargs)
            self.env.flush_all()
            after = self._written()
            self.changes = {t: n for t, n in after.items() if n != before.get(t)}
            json.dumps(result)
            dumps((result,))  # neither None nor a large number goes over XML-RPC

        try:
            return self.outcome(call)
        except Exception as defect:
            return f"{type(defect).__name__}: {str(defect)[:200]}"

    def _written(self) -> dict[str, int]:
        """Return rows written in this transaction, by table."""
        self.cr.execute(
            """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
                 FROM pg_stat_xact_user_tables
                WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"""
        )
        return dict(self.cr.fetchall())
