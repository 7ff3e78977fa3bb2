"""Every way into every state of every document that roles decide on."""

import json

from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from . import tables
from .ground import ACTORS, MODULES, GroundCase, actors_in_short

REASON = "ground"
SECRET = "crm_decision_writer"


@tagged("post_install", "-at_install")
class TestDecisions(GroundCase):
    """Only declared transitions by declared roles; no other door, for nobody."""

    def test_transitions(self):
        """Each (model, state, transition) is open to exactly those declared."""
        lines = []
        for module in sorted(MODULES & self.env.registry._init_modules):
            rows = [
                row
                for model in self._models()
                if self.env.registry[model]._original_module == module
                for row in self._model_rows(model)
            ]
            lines += tables.differences(module, "decisions", 3, rows)
        if lines:
            self.fail("\n".join([*lines, tables.HINT]))

    @mute_logger("odoo.sql_db")
    def test_no_other_door(self):
        """Whoever tries to put a document into another state by other means fails."""
        for model in self._models():
            for record in self._in_states(model):
                for actor in self._writers(model):
                    self._try_doors(record, actor)

    @mute_logger("odoo.sql_db")
    def test_born_in_the_first_state(self):
        """Neither values, nor defaults, nor a copy or an import begin further on."""
        for model in self._models():
            for state in self._states(model):
                for actor in self._writers(model):
                    with self.subTest(model=model, state=state, actor=actor):
                        self._try_births(model, state, actor)

    def test_lines_are_content(self):
        """Lines a decision is about let it fall when they change."""
        for model in self._models():
            Model = self.env[model]
            for name in Model._decision_content:
                field = Model._fields[name]
                if field.type != "one2many":
                    continue
                with self.subTest(model=model, field=name):
                    Line = self.env[field.comodel_name]
                    self.assertIn("crm.decision.content.mixin", Line._inherit_module)
                    self.assertEqual(Line._decision_parent, field.inverse_name)

    # ---- rows ----------------------------------------------------------------------

    def _models(self) -> list[str]:
        return sorted(self.env["crm.decision"]._decided_models())

    def _writers(self, model: str) -> list[str]:
        """Return whoever may write such documents at all, and the mightiest."""
        may = [a for a in ACTORS if self.model_as(a, model).has_access("write")]
        return [*may, "settings", "superuser"]

    def _states(self, model: str) -> list[str]:
        return self.env[model]._fields["state"].get_values(self.env)

    def _in_states(self, model: str):
        """Return a record per state, put there by the hand that may."""
        for state in self._states(model):
            record = self.rows.make(model, self.company_a)
            record._decision_set(state=state)
            self.env.flush_all()
            yield record

    def _model_rows(self, model: str) -> list[dict]:
        rows = []
        for record in self._in_states(model):
            for transition in record._decision_transitions():
                who = [a for a in ACTORS if self._may(record, transition.name, a)]
                rows.append(
                    {
                        "model": model,
                        "state": record.state,
                        "transition": transition.name,
                        "who": actors_in_short(who) if who else "",
                    }
                )
        return [row for row in rows if row["who"]]

    def _may(self, record, name: str, actor: str) -> bool:
        """Whether an actor without a part in the document takes a transition; a rule
        about its content comes after the one about roles."""

        def judge():
            mine = self._as(actor, record)
            mine.check_access("read")
            mine._decision_judge(mine._decision_transition(name), REASON)

        return self.outcome(judge) == "yes"

    def _as(self, actor: str, records):
        if actor == "superuser":
            return records.sudo()
        return records.with_user(self.actors[actor])

    # ---- doors ---------------------------------------------------------------------

    def _try_doors(self, record, actor: str) -> None:
        before = self._columns(record)
        mine = self._as(actor, record.with_env(self.env))
        for name, value in self._forged(record).items():
            for door, call in self._doors(mine, {name: value}).items():
                with self.subTest(
                    model=record._name, state=before["state"], by=actor, field=name
                ):
                    end = self.outcome(call)
                    self.assertIn(end, ("-", "!"), f"{door} let {name} through")
        self.assertEqual(self._columns(record), before)

    def _doors(self, record, vals: dict) -> dict:
        """Return calls that try to write values, by the name of the door."""
        model, ids = record.browse(), [record.id]
        marked = {**self.env.context, SECRET: "x"}
        context = {"context": {SECRET: True, "allowed_company_ids": self.company_a.ids}}
        external = f"__export__.ground_{record.id}"
        return {
            "write": lambda: record.write(vals),
            "write with a mark": lambda: record.with_context(**marked).write(vals),
            "web_save": lambda: record.web_save(vals, {"state": {}}),
            "call": lambda: call_kw(
                model, "write", [ids, json.loads(json.dumps(vals))], dict(context)
            ),
            "update": lambda: record.update(vals),
            "load": lambda: self._load(
                model, [".id", *vals], [record.id, *vals.values()]
            ),
            "load by name": lambda: self._load(
                model, ["id", *vals], [external, *vals.values()]
            ),
        }

    def _load(self, model, names, values) -> None:
        found = model.load(names, [[str(value) for value in values]])
        if not found["ids"]:
            raise UserError(str(found["messages"]))

    def _forged(self, record) -> dict:
        """Return another value for each protected column."""
        others = [s for s in self._states(record._name) if s != record.state]
        values = {"state": others[0]} if others else {}
        for name in sorted(record._decision_protected() - {"state"}):
            field = record._fields[name]
            values[name] = {
                "char": "forged",
                "text": "forged",
                "boolean": not record[name],
                "date": "2026-01-31",
                "datetime": fields.Datetime.to_string(fields.Datetime.now()),
                "integer": 77,
                "monetary": 77.0,
                "float": 77.0,
                "many2one": self.env.uid,
                "many2many": [Command.clear()],
            }[field.type]
        return values

    def _columns(self, record) -> dict:
        self.env.invalidate_all()
        names = sorted(record._decision_protected())
        return record.sudo().read(names, load=None)[0]

    # ---- births --------------------------------------------------------------------

    def _try_births(self, model: str, state: str, actor: str) -> None:
        first = self.env[model]._decision_initial
        values = self.rows.values(model, self.company_a)
        values.pop("state", None)
        mine = self._as(actor, self.env[model]).with_company(self.company_a)
        by_default = mine.with_context(default_state=state, **{SECRET: True})
        born = []

        def birth(make):
            def call():
                try:
                    born.append(make().sudo().state)
                except UniqueViolation as error:
                    # What anybody outside is told as a refusal.
                    raise UserError(str(error)) from error

            return call

        if state != first:
            end = self.outcome(birth(lambda: mine.create({**values, "state": state})))
            self.assertIn(end, ("-", "!"), "created further on")
        self.outcome(birth(lambda: by_default.create(dict(values))))
        origin = self.rows.make(model, self.company_a)
        origin._decision_set(state=state)
        self.outcome(birth(lambda: self._as(actor, origin).copy()))
        self.outcome(
            birth(lambda: self._as(actor, origin).copy({"state": state}))
            if state != first
            else lambda: None
        )
        self.assertLessEqual(set(born), {first})
