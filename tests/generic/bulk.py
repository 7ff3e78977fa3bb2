"""Fills a model with many rows at once, from one that is there."""

from odoo.tools import SQL


class Bulk:
    """Copies rows in SQL; keys, dates and numbers vary, the rest stays as it is."""

    def __init__(self, env, size: int):
        self.env = env
        self.size = size
        self.partners = list(range(1, size + 1))
        partner = env["res.partner"].create({"name": "Ground"})
        self.partners = self.copy(partner)
        env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)",
            [self.partners],
        )

    def copy(self, row) -> list[int]:
        """Make as many rows like this one as the size says; return their ids."""
        row.flush_recordset()
        names = [
            name
            for name, field in row._fields.items()
            if field.store and field.column_type and name != "id"
        ]
        columns = [self._column(row, name) for name in names]
        self.env.cr.execute(
            SQL(
                """INSERT INTO %(table)s (%(names)s)
                   SELECT %(columns)s
                     FROM %(table)s t,
                          unnest(%(partners)s) WITH ORDINALITY AS p(id, g)
                    WHERE t.id = %(row)s
                RETURNING id""",
                table=SQL.identifier(row._table),
                names=SQL(", ").join(SQL.identifier(name) for name in names),
                columns=SQL(", ").join(columns),
                partners=self.partners,
                row=row.id,
            )
        )
        row.invalidate_model()
        rows = self.env.cr.fetchall()
        # As autovacuum does later: without statistics plans are those for few rows.
        self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(row._table)))
        return [row_id for (row_id,) in rows]

    def _column(self, row, name: str) -> SQL:
        field = row._fields[name]
        column = SQL.identifier("t", name)
        if field.type == "many2one" and self._must_vary(row, name):
            return SQL("(%s::int[])[p.g]", self.copy(row[name]))
        if field.comodel_name == "res.partner":
            return SQL("p.id") if row._name != "res.partner" else column
        if field.company_dependent or field.translate:
            return column
        if field.type == "char":
            return SQL("%s || ' ' || p.g", column)
        if field.type in ("date", "datetime"):
            kind = SQL(field.column_type[1])
            return SQL("(%s - (p.g %% 700) * interval '1 day')::%s", column, kind)
        if field.type == "integer" and name.endswith("_key"):
            return SQL("%s + p.g", column)
        if field.type in ("monetary", "float"):
            return SQL("%s + p.g %% 1000", column)
        return column

    def _must_vary(self, row, name: str) -> bool:
        """Tell whether the copies would be one too many for a unique index, unless
        each points to a record of its own: the first field of it that can."""
        self.env.cr.execute(
            """SELECT array_agg(a.attname::text
                                ORDER BY array_position(i.indkey::int2[], a.attnum))
                 FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid
                                    AND a.attnum = ANY(i.indkey::int2[])
                WHERE i.indrelid = %s::regclass AND i.indisunique
                  AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT i.indisprimary
             GROUP BY i.indexrelid""",
            [row._table],
        )
        for (names,) in self.env.cr.fetchall():
            fields = [row._fields[column] for column in names]
            links = [field.name for field in fields if field.type == "many2one"]
            if links[:1] == [name] and not any(map(self._varies, fields)):
                return True
        return False

    def _varies(self, field) -> bool:
        """Tell whether the copies of a row differ in a field."""
        return field.comodel_name == "res.partner" or (
            field.type not in ("many2one", "selection", "boolean")
        )
