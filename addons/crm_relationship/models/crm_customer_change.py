import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Whatever a transaction changed beyond this many customers is left to the cron.
POSTCOMMIT_LIMIT = 50


class CrmCustomerChange(models.Model):
    """Append-only queue: something about this partner changed in this company.

    There is no unique key on purpose: two transactions changing the same customer
    must neither wait for each other nor lose a change. The refresher deletes exactly
    the rows it has read. Partners are plain numbers, so that enqueuing locks no row
    of ``res_partner``.
    """

    _name = "crm.customer.change"
    _description = "Customer Change"
    _order = "id"
    _log_access = False

    # Not called company_id: core takes a field of that name for a company record.
    company_key = fields.Integer(string="Root company id", required=True)
    partner_key = fields.Integer(required=True)

    _company_idx = models.Index("(company_key, id)")

    # Hooks only remember ids; one INSERT per transaction, just before the commit,
    # writes them. A savepoint rolled back forgets what was remembered inside it.

    @api.model
    def _enqueue(self, pairs: list[tuple[int, int]]) -> None:
        """Queue ``(company id, partner id)`` pairs; branches count as their root."""
        self._remember("pairs", {(c, p) for c, p in pairs if c and p})

    @api.model
    def _enqueue_partners(self, partner_ids: list[int]) -> None:
        """Queue partners for every company: a fact of their own has changed."""
        self._remember("partners", {pid for pid in partner_ids if pid})

    @api.model
    def _enqueue_moves(self, move_ids: list[int]) -> None:
        """Queue payers, debtors and buyers of journal entries."""
        self._remember("moves", set(move_ids))

    @api.model
    def _enqueue_salespeople(self, user_ids: list[int]) -> None:
        """Queue all customers of some salespeople, in every company."""
        self._remember("users", {uid for uid in user_ids if uid})

    @api.model
    def _remember(self, key: str, values: set) -> None:
        if not values:
            return
        precommit = self.env.cr.precommit
        if "crm_customer_change" not in precommit.data:
            precommit.data["crm_customer_change"] = {}
            queue = self.with_env(self.env(user=SUPERUSER_ID, context={}))
            precommit.add(queue._write_remembered)
        precommit.data["crm_customer_change"].setdefault(key, set()).update(values)

    @api.model
    def _write_remembered(self) -> None:
        remembered = self.env.cr.precommit.data.pop("crm_customer_change", {})
        if pairs := remembered.get("pairs"):
            companies, partners = zip(*sorted(pairs), strict=True)
            self._enqueue_query(
                SQL(
                    """SELECT * FROM unnest(%s::int[], %s::int[])
                                  AS c(company_id, partner_id)""",
                    list(companies),
                    list(partners),
                )
            )
        if partners := remembered.get("partners"):
            self._enqueue_query(
                SQL(
                    """SELECT c.id AS company_id, p.partner_id
                         FROM res_company c, unnest(%s::int[]) AS p(partner_id)
                        WHERE c.parent_id IS NULL""",
                    sorted(partners),
                )
            )
        if users := remembered.get("users"):
            self._enqueue_query(
                SQL(
                    """SELECT f.company_id, p.id AS partner_id
                         FROM res_partner p
                         JOIN crm_customer_profile f ON f.partner_id = p.id
                        WHERE p.user_id = ANY(%s)""",
                    sorted(users),
                )
            )
        if moves := remembered.get("moves"):
            self._enqueue_query(self._move_partners_sql(sorted(moves)))

    @api.model
    def _move_partners_sql(self, move_ids: list[int]) -> SQL:
        """Everybody whose figures an entry changes: the invoice's partner, the debtors
        of its receivable lines, and the buyers of the orders it invoices."""
        return SQL(
            """SELECT m.company_id, m.partner_id
                 FROM account_move m
                WHERE m.id = ANY(%(moves)s)
            UNION ALL
               SELECT l.company_id, l.partner_id
                 FROM account_move_line l
                 JOIN account_account a ON a.id = l.account_id
                WHERE l.move_id = ANY(%(moves)s)
                  AND a.account_type = 'asset_receivable'
            UNION ALL
               SELECT o.company_id, o.partner_id
                 FROM account_move_line l
                 JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
                 JOIN sale_order_line s ON s.id = r.order_line_id
                 JOIN sale_order o ON o.id = s.order_id
                WHERE l.move_id = ANY(%(moves)s)""",
            moves=move_ids,
        )

    @api.model
    def _enqueue_query(self, query: SQL) -> None:
        """Queue the rows of a query with the columns ``company_id``, ``partner_id``.

        For whole sets changed by SQL. Pending ORM writes must have been flushed.
        """
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO crm_customer_change (company_key, partner_key)
                   SELECT DISTINCT split_part(c.parent_path, '/', 1)::int, q.partner_id
                     FROM (%s) q
                     JOIN res_company c ON c.id = q.company_id
                    WHERE q.partner_id IS NOT NULL
                RETURNING company_key, partner_key""",
                query,
            )
        )
        if rows:
            self._refresh_after_commit(rows)

    @api.model
    def _leave_to_cron(self) -> None:
        """Have what this transaction changes worked off by the cron alone: for work in
        the background that commits again and again."""
        # Something that is already pending: no refresh is added to the commit.
        self.env.cr.postcommit.data.setdefault("crm_customer_change", {(0, 0)})

    @api.model
    def _refresh_after_commit(self, rows: list[tuple[int, int]]) -> None:
        """Arrange that these changes reach the profiles once they are committed."""
        cr = self.env.cr
        pending = cr.postcommit.data.setdefault("crm_customer_change", set())
        if not pending:
            registry = self.env.registry
            cr.postcommit.add(lambda: _refresh_pending(registry, pending))
        # One more than the limit tells "too many"; remembering all would be waste.
        pending.update(rows[: POSTCOMMIT_LIMIT + 1 - len(pending)])


def _refresh_pending(registry, pending: set[tuple[int, int]]) -> None:
    """Refresh what one transaction changed; it cannot fail by it any more."""
    try:
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["crm.customer.refresh"]._after_commit(
                {company_id for company_id, _partner in pending},
                small=len(pending) <= POSTCOMMIT_LIMIT,
            )
    except Exception:
        # The queue still holds the change and the cron will come to it.
        _logger.info("profile refresh after commit left to the cron", exc_info=True)
