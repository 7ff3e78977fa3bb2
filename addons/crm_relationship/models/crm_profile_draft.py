import time
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Draft(NamedTuple):
    """Customers ``first`` to ``last`` of a run, computed under the run's number."""

    run_id: int
    number: int
    first: int
    last: int


class CrmProfileDraft(models.AbstractModel):
    """Profiles computed ahead of being written, in a table of the session.

    One statement over many customers reads each table of documents once and costs a
    fraction of computing them range by range. It may take longer than others should
    have to wait, so it runs without the writer's lock; writing takes the lock for a
    range at a time. Customers refreshed meanwhile are newer and left alone.
    """

    _name = "crm.profile.draft"
    _description = "Draft of Profiles"

    @api.model
    def _compute(self, draft: Draft) -> float:
        """Compute a draft on one snapshot; return the seconds it took."""
        started = time.monotonic()
        run = self.env["crm.profile.run"].browse(draft.run_id)
        metrics = self.env["crm.customer.metrics"]
        scope = metrics._range_scope(
            run.company_id,
            draft.first,
            draft.last,
            everybody=draft.first == 1 and draft.last == run.last_customer,
        )
        self._drop()
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE crm_profile_draft AS
                     WITH %s SELECT * FROM computed ORDER BY partner_id""",
                metrics._computed_sql(
                    scope, self.env["crm.customer.profile"]._metric_columns()
                ),
            )
        )
        self.env.cr.execute("CREATE INDEX ON crm_profile_draft (partner_id)")
        self.env.cr.execute("ANALYZE crm_profile_draft")
        return time.monotonic() - started

    @api.model
    def _write_range(self, run, first: int, last: int) -> dict[str, int]:
        """Write a range of the draft; return counts as the metrics do."""
        newer = SQL(
            """SELECT FROM crm_profile_run_refreshed f WHERE f.run_id = %s
                  AND f.partner_key""",
            run.id,
        )
        return self.env["crm.customer.metrics"]._write_computed(
            run.company_id,
            SQL(
                """computed AS MATERIALIZED (
                       SELECT d.*
                         FROM pg_temp.crm_profile_draft d
                         JOIN res_partner rp ON rp.id = d.partner_id
                        WHERE d.partner_id BETWEEN %s AND %s
                          AND NOT EXISTS (%s = d.partner_id)
                   )""",
                first,
                last,
                newer,
            ),
            SQL(
                "t.partner_id BETWEEN %s AND %s AND NOT EXISTS (%s = t.partner_id)",
                first,
                last,
                newer,
            ),
        )

    @api.model
    def _drop(self) -> None:
        """Give back the session's table, if there is one."""
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.crm_profile_draft")
