"""Who may create, read, change and delete which rows: every role, model and company."""

from odoo.models import MAGIC_COLUMNS
from odoo.tests import tagged

from . import tables
from .ground import MODULES, GroundCase, our_models, our_records
from .rows import company_field

VERBS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}


@tagged("post_install", "-at_install")
class TestAccess(GroundCase):
    """Every cell is really tried, never derived from the tables of rights."""

    def test_matrix(self):
        """Each (model, row, actor) allows exactly what is declared."""
        lines = []
        for module in sorted(MODULES & self.env.registry._init_modules):
            rows = [row for model in self._models(module) for row in self._model(model)]
            lines += tables.differences(module, "access_matrix", 2, rows)
        if lines:
            self.fail("\n".join([*lines, tables.HINT]))

    def _models(self, module: str) -> list[str]:
        """Return a module's own models, and others' models that it gives rights on."""
        registry = self.env.registry
        own = [
            m for m in our_models(self.env) if registry[m]._original_module == module
        ]
        given = {
            record.model_id.model
            for model in ("ir.model.access", "ir.rule")
            for record in our_records(self.env, model)
            if record.get_external_id()[record.id].startswith(f"{module}.")
        }
        return [*own, *sorted(given - set(our_models(self.env)))]

    def _model(self, model: str) -> list[dict]:
        """Return the rows of the matrix for a model."""
        company = company_field(self.env[model])
        rules = self.env["ir.rule"].sudo().search([("model_id.model", "=", model)])
        owned = any("user" in (rule.domain_force or "") for rule in rules)
        kinds = ["A mine", "A nobody", "A other"] if owned else ["A"]
        if company:
            shared = company.store and not (company.required or company.related)
            kinds += (
                ["B", "all companies"] if shared and self._has_rows(model) else ["B"]
            )
        return [
            {
                "model": model,
                "row": kind if company else kind.replace("A", "any", 1),
                **self._row(model, kind),
            }
            for kind in kinds
        ]

    def _has_rows(self, model: str) -> bool:
        """Tell whether a model keeps rows; a view makes them from others' facts."""
        return self.env[model]._auto

    def _row(self, model: str, kind: str) -> dict[str, str]:
        """Return what each actor may do with a row of a kind."""
        company = self.company_b if kind == "B" else self.company_a
        owner = self.actors["settings"] if kind == "A other" else self.env["res.users"]
        fixed = {"company_id": False} if kind == "all companies" else {}
        row = kind != "A mine" and self.rows.make(model, company, owner, **fixed)
        # A view has no row of its own to be made from values.
        values = {}
        if self._has_rows(model):
            values = self.rows.values(model, company, owner, **fixed)
        cells = {}
        for actor, user in self.actors.items():
            if kind == "A mine":
                row = self.rows.make(model, company, user)
                if "user_id" in values:
                    values = {**values, "user_id": user.id}
            cells[actor] = self._cell(row, actor, values)
        return cells

    def _cell(self, row, actor: str, values: dict) -> str:
        """Return what an actor may do with a row, e.g. ``r---``; ``!`` is a refusal by
        the model itself."""
        verbs = {
            "r": lambda: self._read(row, actor),
            "w": lambda: self._write(row, actor),
            "c": lambda: self.model_as(actor, row._name).create(dict(values)),
            "d": lambda: self._unlink(row, actor),
        }
        ends = {verb: self.outcome(call) for verb, call in verbs.items()}
        return "".join(v if end == "yes" else end for v, end in ends.items())

    def _own(self, row, actor: str):
        """Return a row as an actor has it, in the companies he works in."""
        return self.model_as(actor, row._name).browse(row.ids)

    def _read(self, row, actor: str):
        """Read all stored fields; a search must agree whether the row is there."""
        own = self._own(row, actor)
        own.check_access("read")
        names = [
            name
            for name, field in row._fields.items()
            if field.store and own._has_field_access(field, "read")
        ]
        if not row:
            return
        seen = own.with_context(active_test=False).search([("id", "=", row.id)])
        self.assertEqual(own.has_access("read"), bool(seen), f"search {row} as {actor}")
        own.invalidate_recordset()
        own.read(names)

    def _write(self, row, actor: str):
        """Write a value that is there already: only the right is in question."""
        own = self._own(row, actor)
        own.check_access("write")
        names = [
            name
            for name, field in row._fields.items()
            if row
            and field.store
            and name not in MAGIC_COLUMNS
            and field.type in ("char", "integer", "boolean", "date", "float")
        ]
        own.write({name: row[name] for name in names[:1]})

    def _unlink(self, row, actor: str):
        own = self._own(row, actor)
        own.check_access("unlink")
        own.unlink()
