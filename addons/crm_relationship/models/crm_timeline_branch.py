from collections.abc import Callable, Iterator
from functools import partial

from odoo import api, models, tools
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ..core import timeline
from ..core.timeline import Bound, Fact, FactKey, TimelineSource

# Most rows fetched at once by a branch that has to look for visible ones.
CHUNK = 1000


class CrmTimelineBranch(models.AbstractModel):
    """Searches the facts of one source in the timeline's order, as the current user."""

    _name = "crm.timeline.branch"
    _description = "Branch of the Customer Timeline"

    @api.model
    def _facts(
        self, source: TimelineSource, customer, company, after, tz, limit
    ) -> Iterator[Fact]:
        """Yield the facts of one source after a key, in chunks as they are asked for.

        Core filters messages and activities in Python, after the limit. There the
        branch examines rows as superuser and then asks the model which of them the
        user may see; hidden ones are yielded as such and never read.
        """
        Model = self.env[source.model].with_context(active_test=not source.archived)
        parts = self._parts(source, Model, customer, company)
        dated = Model._fields[source.date].type == "date"
        bound = timeline.bound_for(after, source.kind, dated, tz) if after else None
        size = limit + 1
        while True:
            rows = self._chunk(parts, bound, size)
            ids = {row_id for row_id, _value in rows}
            if source.filtered and ids:
                ids = set(Model._search(Domain("id", "in", ids)).get_result_ids())
            for row_id, value in rows:
                instant = timeline.instant_of(value, tz)
                yield Fact(FactKey(instant, source.kind, row_id), row_id in ids)
            if len(rows) < size:
                return
            bound = Bound(value, row_id)
            size = min(size * 4, CHUNK)

    @api.model
    def _parts(self, source, model, customer, company) -> list[Callable]:
        """Return the searches of a source: ``(bound, size) -> SELECT id, at``."""
        partners, partner_ids = customer
        scope = Domain.TRUE
        if company and "company_id" in model._fields:
            tree = [*company.root_id._accessible_branches().ids, False]
            scope = Domain("company_id", "in", tree)
        parts = []
        for domain in source.restrict(partners):
            query = (model.sudo() if source.filtered else model)._search(domain & scope)
            row = SQL.identifier(query.table, "id")
            at = model._field_to_sql(query.table, source.date, query)
            if self._is_indexed(source, domain, partners) and partner_ids:
                who = source.columns["partner"]
                who = model._field_to_sql(query.table, who, query)
                part = partial(self._ordered, query, row, at, who, partner_ids)
            else:
                part = partial(self._fenced, query, row, at)
            parts.append(part)
        return parts

    @api.model
    def _is_indexed(self, source, domain: Domain, partners: Query) -> bool:
        """Return whether an index gives the facts of a partner in order: there is one
        and ``domain`` is about the column it starts with."""
        if self.env[source.model]._table not in self._indexed_tables():
            return False
        terms = list(domain)
        return not {"|", "!"}.intersection(t for t in terms if isinstance(t, str)) and (
            any(
                isinstance(term, tuple)
                and term[:2] == (source.columns["partner"], "in")
                and term[2] is partners
                for term in terms
            )
        )

    @api.model
    def _chunk(self, parts, bound, size: int) -> list[tuple]:
        """Return the first ``size`` pairs (id, date) behind ``bound`` of all parts."""
        order = SQL("ORDER BY at DESC, id DESC LIMIT %s", size)
        selects = [SQL("(%s %s)", part(bound, size), order) for part in parts]
        if len(selects) == 1:
            return self.env.execute_query(selects[0])
        union = SQL(" UNION ").join(selects)
        return self.env.execute_query(SQL("%s %s", union, order))

    @api.model
    def _fenced(self, query: Query, row: SQL, at: SQL, bound, _size) -> SQL:
        """Return all facts of ``query``, to be ordered and limited outside of a fence.

        Inside of it (without OFFSET 0) PostgreSQL likes to walk the index on the date
        over everybody's facts, in the hope of meeting this customer's soon.
        """
        facts = query.select(SQL("%s AS id", row), SQL("%s AS at", at))
        behind = SQL("(at, id) < (%s, %s)", *bound) if bound else SQL("at IS NOT NULL")
        return SQL("SELECT id, at FROM (%s OFFSET 0) facts WHERE %s", facts, behind)

    @api.model
    def _ordered(self, query, row, at, who, partner_ids, bound, size) -> SQL:
        """Return the first ``size`` facts of each partner, read in the index's order:
        the cost does not depend on how many facts there are."""
        behind = (
            SQL("(%s, %s) < (%s, %s)", at, row, *bound)
            if bound
            else SQL("%s IS NOT NULL", at)
        )
        facts = SQL(
            "SELECT %s AS id, %s AS at FROM %s WHERE %s AND %s = customer.id AND %s "
            "ORDER BY %s DESC, %s DESC LIMIT %s",
            row,
            at,
            query.from_clause,
            query.where_clause or SQL("TRUE"),
            who,
            behind,
            at,
            row,
            size,
        )
        return SQL(
            "SELECT facts.id, facts.at FROM unnest(%s) AS customer(id) "
            "CROSS JOIN LATERAL (%s) facts",
            list(partner_ids),
            facts,
        )

    @api.model
    @tools.ormcache()
    def _indexed_tables(self) -> frozenset[str]:
        """Return the tables with an index on (partner, date, id), all descending but
        the first: our own, and those of optional_indexes.sql that were built."""
        names = self.env.execute_query(
            SQL(
                """SELECT t.relname FROM pg_index x
                     JOIN pg_class t ON t.oid = x.indrelid
                     JOIN pg_class i ON i.oid = x.indexrelid
                    WHERE i.relname = t.relname || '_crm_timeline_idx'
                      AND x.indisvalid
                      AND i.relnamespace = current_schema::regnamespace"""
            )
        )
        return frozenset(name for (name,) in names)
