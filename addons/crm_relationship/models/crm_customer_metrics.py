from datetime import datetime
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.tools import SQL

from ..core.metrics import MetricScope

# The whole difference in one statement on one snapshot.
WRITE_SQL = """
    WITH %(computed)s,
    updated AS (
        UPDATE crm_customer_profile t
           SET (%(names)s, write_date, write_uid)
             = (%(new)s, now() AT TIME ZONE 'UTC', %(uid)s)
          FROM computed n
         WHERE t.company_id = %(company)s AND t.partner_id = n.partner_id
           AND (%(old)s) IS DISTINCT FROM (%(new)s)
     RETURNING t.partner_id
    ), created AS (
        INSERT INTO crm_customer_profile
               (company_id, partner_id, %(names)s,
                create_date, create_uid, write_date, write_uid)
        SELECT %(company)s, n.partner_id, %(new)s,
               now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s
          FROM computed n
         WHERE NOT EXISTS (SELECT FROM crm_customer_profile t
                            WHERE t.company_id = %(company)s
                              AND t.partner_id = n.partner_id)
         ORDER BY n.partner_id
     RETURNING partner_id
    ), removed AS (
        DELETE FROM crm_customer_profile t
         WHERE t.company_id = %(company)s AND %(within)s
           AND NOT EXISTS (SELECT FROM computed n WHERE n.partner_id = t.partner_id)
     RETURNING t.partner_id
    ), changed AS (
        SELECT 'updated' AS action, partner_id FROM updated
     UNION ALL SELECT 'created', partner_id FROM created
     UNION ALL SELECT 'removed', partner_id FROM removed
    ), fed AS (%(feed)s RETURNING action)
    SELECT action, count(*) FROM fed GROUP BY action"""

# Partners come first and the figures are joined to them.
COMPUTED_SQL = """%(ctes)s,
    computed AS MATERIALIZED (
        SELECT rp.id AS partner_id, %(values)s
          FROM res_partner rp
     LEFT JOIN (SELECT DISTINCT ON (user_id) user_id, crm_team_id AS team_id
                  FROM crm_team_member WHERE active ORDER BY user_id, id) tm
            ON tm.user_id = rp.user_id
          %(joins)s
         WHERE rp.id %(scope)s AND (%(creators)s)
           AND rp.id NOT IN (SELECT o.commercial_partner_id FROM res_company oc
                               JOIN res_partner o ON o.id = oc.partner_id)
    )"""


class CrmCustomerMetrics(models.AbstractModel):
    """Computes profiles from the facts, for any set of customers, in one statement."""

    _name = "crm.customer.metrics"
    _description = "Customer Metrics"

    # ---- scopes -------------------------------------------------------------------

    @api.model
    def _today(self, company):
        """Return the day it is in the company's time zone, by the database's clock."""
        zone = ZoneInfo(company._get_crm_tz())
        now = self.env.cr.now().replace(tzinfo=ZoneInfo("UTC"))
        return datetime.astimezone(now, zone).date()

    @api.model
    def _scope(self, company, partner_ids: list[int]) -> MetricScope:
        """Scope of the customers of some partners, and of the partners themselves:
        one of them may have been a customer until now."""
        rows = self.env.execute_query(
            SQL(
                """SELECT commercial_partner_id FROM res_partner
                    WHERE id = ANY(%s) AND commercial_partner_id IS NOT NULL""",
                partner_ids,
            )
        )
        customers = sorted({customer for (customer,) in rows} | set(partner_ids))
        return self._make_scope(company, SQL("= ANY(%s)", customers))

    @api.model
    def _range_scope(
        self, company, first: int, last: int, everybody=False
    ) -> MetricScope:
        condition = SQL("BETWEEN %s AND %s", first, last)
        return self._make_scope(company, condition, everybody=everybody)

    @api.model
    def _everybody_scope(self, company) -> MetricScope:
        """Scope of all customers, for reports and for measuring."""
        return self._make_scope(company, SQL("IS NOT NULL"), everybody=True)

    @api.model
    def _make_scope(self, company, condition: SQL, everybody=False) -> MetricScope:
        root = company.root_id
        branches = self.env["res.company"].with_context(active_test=False)
        branches = branches.search([("id", "child_of", root.id)])
        return MetricScope(
            company=root,
            company_ids=tuple(branches.ids),
            today=self._today(root),
            tz=root._get_crm_tz(),
            partners=SQL(
                """(SELECT id AS partner_id, commercial_partner_id AS customer_id
                      FROM res_partner WHERE commercial_partner_id %s)""",
                condition,
            ),
            customers=condition,
            everybody=everybody,
        )

    # ---- computing and writing ------------------------------------------------------

    @api.model
    def _write_profiles(self, scope: MetricScope) -> dict[str, int]:
        """Bring the profiles of a scope in line with the facts, on one snapshot."""
        columns = self.env["crm.customer.profile"]._metric_columns()
        return self._write_computed(
            scope.company,
            self._computed_sql(scope, columns),
            SQL("t.partner_id %s", scope.customers),
        )

    @api.model
    def _write_computed(self, company, computed: SQL, within: SQL) -> dict[str, int]:
        """Bring profiles in line with computed ones, by difference, in one statement.

        Unchanged rows are neither written nor locked. What changed goes into the
        change feed.

        :param computed: CTEs ending in ``computed`` (see :meth:`_computed_sql`)
        :param within: condition on the profiles ``t`` that ``computed`` speaks of: who
            of them is not in it is no customer any more
        :return: numbers of profiles ``created``, ``updated`` and ``removed``
        """
        columns = self.env["crm.customer.profile"]._metric_columns()
        names = [SQL.identifier(name) for name in columns]
        rows = self.env.execute_query(
            SQL(
                WRITE_SQL,
                computed=computed,
                names=SQL(", ").join(names),
                old=SQL(", ").join(SQL("t.%s", name) for name in names),
                new=SQL(", ").join(SQL("n.%s", name) for name in names),
                company=company.id,
                uid=self.env.uid,
                within=within,
                feed=self.env["crm.change.feed"]._insert_sql(
                    SQL(
                        """SELECT %s AS company_id, 'customer' AS kind, action,
                                  partner_id AS partner_key, NULL::int AS res_key
                             FROM changed""",
                        company.id,
                    )
                ),
            )
        )
        return {"created": 0, "updated": 0, "removed": 0} | dict(rows)

    @api.model
    def _computed_sql(self, scope: MetricScope, columns: list[str]) -> SQL:
        """Return the CTEs that end in ``computed``: a row per customer of the scope.

        Partners come first and the figures are joined to them: PostgreSQL knows how
        many partners a scope has, but not how many rows an aggregate returns.
        """
        profile = self.env["crm.customer.profile"]
        providers = profile._metric_providers()
        aliases = {p.name: SQL.identifier("p_" + p.name) for p in providers}
        ctes = [
            SQL("%s AS MATERIALIZED (%s)", aliases[p.name], p.build(scope))
            for p in providers
        ]
        creators = SQL(" OR ").join(
            SQL("%s.customer_id IS NOT NULL", aliases[p.name])
            for p in providers
            if p.creates
        )
        owner = {name: aliases[p.name] for p in providers for name in p.columns}
        return SQL(
            COMPUTED_SQL,
            ctes=SQL(", ").join(ctes),
            creators=creators,
            scope=scope.customers,
            values=SQL(", ").join(
                SQL(
                    "%s AS %s",
                    self._value_sql(scope, name, owner, list(aliases.values())),
                    SQL.identifier(name),
                )
                for name in columns
            ),
            joins=SQL(" ").join(
                SQL("LEFT JOIN %(p)s ON %(p)s.customer_id = rp.id", p=alias)
                for alias in aliases.values()
            ),
        )

    @api.model
    def _value_sql(self, scope: MetricScope, name: str, owner: dict, aliases) -> SQL:
        """Return the expression of one profile column."""
        profile = self.env["crm.customer.profile"]
        if name == "next_expiry_date":
            return SQL(
                "LEAST(%s)",
                SQL(", ").join(SQL("%s.next_expiry_date", alias) for alias in aliases),
            )
        if name not in owner:
            return profile._own_columns()[name]
        field = profile._fields[name]
        value = SQL("%s.%s", owner[name], SQL.identifier(name))
        if field.type == "monetary":
            digits = scope.company.currency_id.decimal_places
            return SQL("COALESCE(ROUND(%s, %s), 0)", value, digits)
        if field.type in ("integer", "float"):
            return SQL("COALESCE(%s, 0)", value)
        return value
