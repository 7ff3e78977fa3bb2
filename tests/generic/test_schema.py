"""PostgreSQL holds what the models declare, and Odoo's own tables stay light."""

from collections import defaultdict

from odoo import models
from odoo.tests import TransactionCase, tagged

from .ground import MODULES, is_ours, our_fields, our_models


@tagged("post_install", "-at_install")
class TestSchema(TransactionCase):
    def setUp(self):
        super().setUp()
        self.leading = defaultdict(set)  # table -> first columns of its indexes
        self.cr.execute(
            """SELECT c.relname, a.attname
                 FROM pg_index i
                 JOIN pg_class c ON c.oid = i.indrelid
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                WHERE i.indisvalid"""
        )
        for table, column in self.cr.fetchall():
            self.leading[table].add(column)

    def assert_no_lines(self, lines):
        lines = sorted(lines)
        if lines:
            self.fail("\n".join(lines))

    def test_inverse_fields_are_indexed(self):
        """A One2many reads its records by the inverse column."""
        lines = []
        for model_class in self.env.registry.values():
            for field in model_class._fields.values():
                if field.type != "one2many" or not field.inverse_name or field.related:
                    continue
                inverse = self.env.registry[field.comodel_name]
                touches = {model_class, inverse}
                if not any(map(is_ours, touches)) or not inverse._auto:
                    continue
                column = inverse._fields[field.inverse_name]
                if column.type != "many2one" or not column.store:
                    continue
                if field.inverse_name not in self.leading[inverse._table]:
                    lines.append(f"{inverse._name}.{field.inverse_name}, of {field}")
        self.assert_no_lines(lines)

    def test_indexed_fields_have_an_index(self):
        self.assert_no_lines(
            f"{field}: index={field.index!r}, none in the database"
            for model in self.env.registry
            for field in our_fields(self.env, model)
            if field.index and field.store and self.env[model]._auto
            if not self.env[model]._abstract
            if field.name not in self.leading[self.env[model]._table]
        )

    def test_declared_objects_exist(self):
        """Indexes, unique indexes and constraints of ours are in the database."""
        self.cr.execute("SELECT indexname FROM pg_indexes")
        indexes = {name for (name,) in self.cr.fetchall()}
        self.cr.execute("SELECT conname FROM pg_constraint")
        constraints = {name for (name,) in self.cr.fetchall()}
        lines = []
        count = 0
        for model, model_class in self.env.registry.items():
            if model_class._abstract or not model_class._auto:
                continue
            for name, declared in model_class._table_objects.items():
                if declared._module in MODULES:
                    count += 1
                    is_index = isinstance(declared, models.Index | models.UniqueIndex)
                    if name not in (indexes if is_index else constraints):
                        lines.append(f"{model}: {name} is not in the database")
        self.assertGreater(count, 0)
        self.assert_no_lines(lines)

    def test_tables_between_go_with_their_module(self):
        """Of a mixin of another module they would stay after an uninstallation."""
        relations = self.env["ir.model.relation"].sudo().search([])
        lines, count = [], 0
        for relation in relations:
            model_class = self.env.registry.get(relation.model.model)
            if model_class is None or model_class._original_module not in MODULES:
                continue
            count += 1
            if relation.module.name != model_class._original_module:
                owner = relation.module.name
                lines.append(f"{relation.name}: of {owner}, not of {model_class._name}")
        self.assertGreater(count, 0)
        self.assert_no_lines(lines)

    def test_references_to_customers_are_indexed(self):
        """Deleting, merging or opening a customer looks its rows up in every table."""
        self.assert_no_lines(
            str(field)
            for model in our_models(self.env)
            for field in self.env[model]._fields.values()
            if field.type == "many2one" and field.comodel_name == "res.partner"
            if field.store and self.env[model]._auto
            if not self.env[model]._transient
            if field.name not in self.leading[self.env[model]._table]
        )

    def test_tables_of_odoo_stay_light(self):
        """Installing into a big database computes nothing there: only plain columns."""
        lines = []
        for model, model_class in self.env.registry.items():
            if is_ours(model_class) or model_class._abstract or model_class._transient:
                continue
            for field in our_fields(self.env, model):
                if not field.store or field.type == "many2many":
                    continue
                if field.compute or field.related:
                    lines.append(f"{field} is computed and stored")
                if field.required:
                    lines.append(f"{field} is required")
        self.assert_no_lines(lines)
