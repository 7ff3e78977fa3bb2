"""Every table of ours with customers in it says what erasing one does to it."""

from odoo.tests import tagged
from odoo.tools import SQL

from .ground import GroundCase, our_models


@tagged("post_install", "-at_install")
class TestErasure(GroundCase):
    def test_every_table_is_named(self):
        """A model that refers to a contact is a source of personal data, and each says
        what the person sees, and either what goes or why it stays."""
        sources = self.env["crm.data.subject"]._erasure_sources()
        named = {source.model for source in sources}
        forgotten = sorted(
            model
            for model in our_models(self.env)
            if self.env[model]._auto and not self.env[model]._transient
            for field in self.env[model]._fields.values()
            if field.type == "many2one" and field.comodel_name == "res.partner"
            if field.store and model not in named
        )
        self.assertFalse(forgotten)
        for source in sources:
            with self.subTest(source.model):
                self.assertTrue(source.export and source.label)
                for name in (*source.export, *(source.blank or ())):
                    self.assertIn(name, self.env[source.model]._fields)

    def test_nothing_of_the_person_stays(self):
        """A row of each such table, its texts filled with a name nobody else has."""
        name = "Quirinalia"
        person = self.env["res.partner"].create({"name": name})
        subjects = self.env["crm.data.subject"].sudo()
        rows = []
        for model in our_models(self.env):
            fields = self.env[model]._fields
            if not self.env[model]._auto or self.env[model]._transient:
                continue
            if "partner_id" not in fields or not fields["partner_id"].store:
                continue
            row = self.rows.make(model, self.company_a, partner_id=person.id)
            if "partner_key" in fields:
                self._put(row, {"partner_key": person.id})
            texts = [
                field.name
                for field in fields.values()
                if field.store and field.type in ("char", "text", "html")
                if field.name in self._texts(subjects, model)
            ]
            self._put(row, dict.fromkeys(texts, name))
            rows.append((row, texts))
        self.assertGreater(len(rows), 8)
        subjects._erase(subjects._subject(person), self.company_a)
        for row, texts in rows:
            for text in texts if row.exists() else ():
                self.assertNotIn(name, row[text] or "", f"{row}.{text}")

    def _texts(self, subjects, model: str) -> set[str]:
        """Return the columns of free text the model declares to be about somebody."""
        sources = [s for s in subjects._erasure_sources() if s.model == model]
        return {n for s in sources for n in s.blank or (s.export if s.delete else ())}

    def _put(self, row, values: dict) -> None:
        """Write past the rules of the model."""
        for name, value in values.items():
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = %s",
                    SQL.identifier(row._table),
                    SQL.identifier(name),
                    value,
                    row.id,
                )
            )
        row.invalidate_recordset()
