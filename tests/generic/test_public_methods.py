"""Methods that can be called from outside are declared, and stand bad callers."""

import json
from collections import defaultdict

from odoo.service.model import call_kw
from odoo.tests import tagged

from odoo.addons.rpc.controllers.xmlrpc import dumps

from . import tables
from .calls import bad_versions, valid_call
from .ground import MODULES, GroundCase, actors_in_short
from .public import parameters, public_methods
from .rows import company_field

MISSING = 2**31 - 1
# Done, no right, refused by a rule: anything else is a defect.
ENDS = ("yes", "-", "!")
OUTSIDERS = ("sales_own", "internal", "portal", "company_b")


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
            rows = [
                self._row(method, tables.read(module, "public_methods", 2))
                for method in methods
                if method.module == module
            ]
            lines += tables.differences(module, "public_methods", 2, rows)
            lines += [
                f"{row['model']}/{row['method']}: say why it is public"
                for row in rows
                if not row["why"]
            ]
        if lines:
            self.fail("\n".join([*lines, tables.HINT]))

    def test_bad_callers(self):
        """Whatever ids and arguments come: an answer or a clear refusal."""
        for method in public_methods(self.env):
            if method.overrides:
                continue
            with self.subTest(f"{method.model}.{method.name}"):
                found = defaultdict(set)
                may, writes = self._try_all(method)
                for actor, what, end in self._bad_calls(method, may):
                    if end not in ENDS:
                        found[f"{what}: {end}"].add(actor)
                    if self.changes and not (writes and actor in may):
                        found[f"{what}: changes {self.changes}"].add(actor)
                lines = [f"{what} ({', '.join(who)})" for what, who in found.items()]
                if lines:
                    self.fail("\n".join(lines))

    # ---- what a method does -------------------------------------------------------

    def _row(self, method, known: dict) -> dict[str, str]:
        """Return what is declared of a method.

        What is declared to write need not do so in the one call made here.
        """
        old = known.get(method.key, {})
        row = {"model": method.model, "method": method.name}
        if method.overrides:
            row |= {"effect": "extends Odoo's", "who": ""}
        else:
            may, writes = self._try_all(method)
            writes = writes or old.get("effect") == "write"
            row |= {
                "effect": "write" if writes else "read",
                "who": actors_in_short(may),
            }
        return row | {"why": old.get("why", "")}

    def _try_all(self, method) -> tuple[list[str], bool]:
        """Call a method well as everybody: who may, and whether rows were written."""
        ids, kwargs = valid_call(self, method)
        may, writes = [], False
        for actor in self.actors:
            end = self._call(method, actor, ids, kwargs)
            self.assertIn(end, ENDS, f"{method.key} as {actor}")
            if end != "-":
                may.append(actor)
            writes = writes or bool(self.changes)
        return may, writes

    # ---- bad callers --------------------------------------------------------------

    def _bad_calls(self, method, may: list[str]):
        """Make calls nobody should make; yield (actor, what was bad, how it ended)."""
        ids, kwargs = valid_call(self, method)
        # What belongs to no company is foreign to nobody.
        if ids and company_field(self.env[method.model]):
            foreign = self.rows.make(method.model, self.company_b).ids
            kinds = {
                "no ids": [],
                "ids that are gone": [MISSING],
                "foreign ids": foreign,
                "several ids": ids + foreign,
                "ids of which one is gone": [*ids, MISSING],
            }
            for what, bad_ids in kinds.items():
                for actor in {*may[:1], *OUTSIDERS} - {"company_b"}:
                    end = self._call(method, actor, bad_ids, kwargs)
                    if self.changes and foreign[0] in bad_ids:
                        end = f"changes {self.changes}"
                    yield actor, what, end
        for name in parameters(self.env, method):
            for number, value in enumerate(bad_versions(kwargs.get(name))):
                what = f"{name}={str(value)[:60]!r}"
                # Whoever has no right is stopped before the arguments count.
                for actor in {*may[:1], *OUTSIDERS[number % 9 :][:1]}:
                    bad = {**kwargs, name: value}
                    yield actor, what, self._call(method, actor, ids, bad)

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
