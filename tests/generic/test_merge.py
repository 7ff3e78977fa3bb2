"""Merging contacts with Odoo's own wizard loses no row of ours."""

from odoo.tests import tagged

from .ground import GroundCase, our_models

# Computed from other rows: the destination's is computed anew, the sources' go.
COMPUTED = {"crm.customer.profile", "crm.rfm.score"}


@tagged("post_install", "-at_install")
class TestMerge(GroundCase):
    def test_rows_follow(self):
        """Rows of source and destination, alike or not, end at the destination."""
        for field in self._references():
            with self.subTest(str(field)):
                self._check(field)

    def test_customer_is_whole(self):
        """After the refresh the destination's profile counts what both have bought."""
        source, target = self.rows.partner(), self.rows.partner()
        for partner in (source, target):
            self.rows.make(
                "crm.customer.transaction", self.company_a, partner_id=partner.id
            )
        refresh = self.env["crm.customer.refresh"].sudo()
        refresh._refresh_now(self.company_a, [source.id, target.id])
        profiles = self.env["crm.customer.profile"].sudo()
        one = profiles.search([("partner_id", "=", target.id)])
        self.assertEqual(one.purchase_count, 1)
        old_id = source.id
        self._merge(source, target)
        refresh._refresh_now(self.company_a, [target.id])
        profile = profiles.search([("partner_id", "=", target.id)])
        self.assertEqual(profile.purchase_count, 2)
        self.assertFalse(profiles.search([("partner_id", "=", old_id)]))

    def _references(self):
        return [
            field
            for model in our_models(self.env)
            for field in self.env[model]._fields.values()
            if field.type == "many2one" and field.comodel_name == "res.partner"
            if field.store and self.env[model]._auto and not self.env[model]._transient
        ]

    def _check(self, field):
        model = self.env[field.model_name].sudo().with_context(active_test=False)
        name = field.name
        source, target = self.rows.partner(), self.rows.partner()
        moved = self._make(model, **{name: source.id})
        kept = self._make(model, **{name: target.id})
        twins = model
        for columns in self._unique_keys(model._table, name):
            if all(moved[column] == kept[column] for column in columns):
                twins += kept
                continue
            shared = {column: moved[column] for column in columns}
            shared = {c: v.id if hasattr(v, "_name") else v for c, v in shared.items()}
            twins += self._make(model, **shared, **{name: target.id})
        self._merge(source, target)
        left = (moved + kept + twins).exists()
        self.assertEqual(left.mapped(name), target, "a row stays with the source")
        if model._name in COMPUTED:
            return
        if kept not in twins:
            self.assertIn(kept, left)
        if twins:
            self.assertTrue((moved + twins) & left, "both twins are gone")
        else:
            self.assertIn(moved, left)

    def _make(self, model, **fixed):
        return model.browse(self.rows.make(model._name, self.company_a, **fixed).id)

    def _unique_keys(self, table: str, column: str) -> list[list[str]]:
        """Return the other columns of each unique key that a column is part of."""
        self.cr.execute(
            """SELECT array_agg(a.attname::text)
                 FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid
                                    AND a.attnum = ANY(i.indkey)
                WHERE i.indrelid = %s::regclass AND i.indisunique
             GROUP BY i.indexrelid HAVING bool_or(a.attname = %s)""",
            [table, column],
        )
        return [
            [c for c in columns if c != column] for (columns,) in self.cr.fetchall()
        ]

    def _merge(self, source, target):
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source + target).ids, target)
        self.env.flush_all()
        self.env.invalidate_all()
