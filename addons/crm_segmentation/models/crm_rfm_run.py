import logging
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from odoo.addons.crm_relationship.records import one

_logger = logging.getLogger(__name__)


class CrmRfmRun(models.Model):
    """One computation of a scheme's scores, with the edges that it froze.

    The rules are those of the package ``rfm``; here PostgreSQL applies them to any
    number of customers. The input is what the customers' profiles said at ``date``.
    """

    _name = "crm.rfm.run"
    _description = "RFM Run"
    _order = "id desc"
    _rec_name = "date"

    scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="scheme_id.company_id")
    date = fields.Datetime(
        string="Facts as of",
        required=True,
        readonly=True,
        help="The profiles were read as they stood at this moment.",
    )
    reference_date = fields.Date(
        string="Reference day",
        required=True,
        readonly=True,
        help="Recency is counted back from this day, in the company's time zone.",
    )
    user_id = fields.Many2one(comodel_name="res.users", string="By", readonly=True)
    trigger = fields.Selection(
        selection=[("button", "By hand"), ("cron", "As planned")],
        readonly=True,
        required=True,
    )
    method = fields.Char(readonly=True)
    period_months = fields.Integer(
        readonly=True, aggregator=None, help="0 when all purchases counted."
    )
    monetary_basis = fields.Char(readonly=True)
    edges = fields.Json(
        readonly=True,
        help="Four edges a dimension; recency in days before the reference day.",
    )
    cells = fields.Json(
        readonly=True,
        help="The named cell of each of the 25 squares at the time of the run.",
    )
    edges_text = fields.Text(string="Edges in words", compute="_compute_edges_text")
    customer_count = fields.Integer(string="Customers", readonly=True)
    new_count = fields.Integer(string="New", readonly=True)
    gone_count = fields.Integer(string="Gone", readonly=True)
    moved_count = fields.Integer(
        string="Moved", readonly=True, help="Customers who changed their named cell."
    )
    changed_count = fields.Integer(
        string="Scores changed", readonly=True, help="Some score differs from before."
    )
    waiting_count = fields.Integer(
        string="Changes waiting",
        readonly=True,
        help="Changes of customers that had not reached the profiles yet.",
    )
    seconds = fields.Float(readonly=True, digits=(12, 3), aggregator="avg")

    @api.depends("edges")
    def _compute_edges_text(self):
        labels = {
            "recency": self.env._("Days since the last purchase"),
            "frequency": self.env._("Purchase days"),
            "monetary": self.env._("Monetary value"),
        }
        for run in self:
            run.edges_text = "\n".join(
                f"{labels[name]}: " + " · ".join(f"{edge:g}" for edge in edges)
                for name, edges in ((n, (run.edges or {}).get(n)) for n in labels)
                if edges
            )

    @api.depends("scheme_id", "reference_date")
    def _compute_display_name(self):
        for run in self:
            day = format_date(self.env, run.reference_date)
            run.display_name = f"{run.scheme_id.display_name}, {day}"

    def action_view_migration(self):
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_segmentation.crm_rfm_migration_action"
        )
        return action | {"domain": [("run_id", "=", self.id)]}

    def action_view_scores(self):
        """Open the customers whose scores this run changed."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_segmentation.crm_rfm_score_action"
        )
        domain = [("run_id", "=", self.id), ("previous_r", "!=", 0)]
        return action | {"domain": domain}

    # ---- running --------------------------------------------------------------------

    @api.model
    def _run(self, scheme, trigger: str):
        """Score all customers of a scheme's company in this transaction.

        :param trigger: ``button`` or ``cron``
        :return: the new run
        :raise UserError: while another session computes the same scheme
        """
        scheme.ensure_one()
        scheme_sudo = scheme.sudo()
        if not scheme_sudo.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._("“%s” is being computed right now.", scheme.display_name)
            )
        started = time.monotonic()
        self.env.flush_all()
        metrics = self.env["crm.customer.metrics"].sudo()
        run_sudo = self.sudo().create(
            {
                "scheme_id": scheme.id,
                "date": self.env.cr.now(),
                "reference_date": metrics._today(scheme_sudo.company_id),
                "user_id": self.env.uid,
                "trigger": trigger,
                "method": scheme_sudo.method,
                "period_months": scheme_sudo.period == "months"
                and scheme_sudo.period_months,
                "monetary_basis": scheme_sudo.monetary_basis,
                "cells": scheme_sudo._cell_ids_by_square(),
                "waiting_count": self._count_waiting(scheme_sudo.company_id),
            }
        )
        self.env["crm.rfm.scorer"].sudo()._compute_difference(run_sudo)
        counts = run_sudo._apply_difference()
        run_sudo.write(counts | {"seconds": time.monotonic() - started})
        scheme_sudo.write({"last_run_id": run_sudo.id, "is_outdated": False})
        scheme_sudo._plan_next_run(run_sudo.reference_date)
        self.env["crm.rfm.score"].invalidate_model()
        self.env["crm.segment"]._request_refresh_of_scheme(scheme_sudo)
        _logger.info("RFM run %s: %s in %.3f s", run_sudo.id, counts, run_sudo.seconds)
        return run_sudo.sudo(self.env.su)

    @api.model
    def _count_waiting(self, company) -> int:
        [(count,)] = self.env.execute_query(
            SQL(
                """SELECT count(DISTINCT partner_key) FROM crm_customer_change
                    WHERE company_key = %s""",
                company.id,
            )
        )
        return count

    # ---- writing --------------------------------------------------------------------

    def _apply_difference(self) -> dict[str, int]:
        """Write what differs, tell the profiles, and return the counts of the run.

        Reads the table that :meth:`CrmRfmScorer._compute_difference` left.
        """
        self._update_scores()
        self._insert_and_delete_scores()
        self._record_migration()
        if self.scheme_id.is_default:
            self.env["crm.customer.change"]._enqueue_query(
                SQL(
                    """SELECT %s AS company_id, partner_id FROM crm_rfm_diff
                        WHERE is_rescored OR kind = 'moved'""",
                    self.company_id.id,
                )
            )
        return self._count_difference()

    def _update_scores(self) -> None:
        """Write the rows that differ; where scores do, keep the ones before."""
        self.env.cr.execute(
            SQL(
                """UPDATE crm_rfm_score s
                      SET run_id = %s, previous_r = s.r, previous_f = s.f,
                          previous_m = s.m, r = d.r, f = d.f, m = d.m,
                          last_date = d.last_date, frequency = d.frequency,
                          monetary = d.monetary
                     FROM crm_rfm_diff d
                    WHERE s.id = d.score_id AND d.is_rescored AND d.kind != 'gone'""",
                self.id,
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE crm_rfm_score s
                      SET last_date = d.last_date, frequency = d.frequency,
                          monetary = d.monetary
                     FROM crm_rfm_diff d
                    WHERE s.id = d.score_id AND d.is_stale AND NOT d.is_rescored
                      AND d.kind != 'gone'"""
            )
        )

    def _insert_and_delete_scores(self) -> None:
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_rfm_score
                          (scheme_id, partner_id, run_id, last_date, frequency,
                           monetary, r, f, m, previous_r, previous_f, previous_m)
                   SELECT %s, partner_id, %s, last_date, frequency, monetary, r, f, m,
                          0, 0, 0
                     FROM crm_rfm_diff WHERE kind = 'new' ORDER BY partner_id""",
                self.scheme_id.id,
                self.id,
            )
        )
        self.env.cr.execute(
            SQL(
                """DELETE FROM crm_rfm_score s USING crm_rfm_diff d
                    WHERE s.id = d.score_id AND d.kind = 'gone'"""
            )
        )

    def _record_migration(self) -> None:
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_rfm_migration
                          (run_id, scheme_id, date, kind, from_cell_id, to_cell_id,
                           customer_count, monetary)
                   SELECT %s, %s, %s, kind, old_cell_id, cell_id, count(*), sum(value)
                     FROM crm_rfm_diff GROUP BY kind, old_cell_id, cell_id""",
                self.id,
                self.scheme_id.id,
                self.reference_date,
            )
        )
        self.env["crm.rfm.migration"].invalidate_model()

    def _count_difference(self) -> dict[str, int]:
        [counts] = self.env.execute_query_dict(
            SQL(
                """SELECT count(*) FILTER (WHERE kind != 'gone') AS customer_count,
                          count(*) FILTER (WHERE kind = 'new') AS new_count,
                          count(*) FILTER (WHERE kind = 'gone') AS gone_count,
                          count(*) FILTER (WHERE kind = 'moved') AS moved_count,
                          count(*) FILTER (WHERE is_rescored
                                             AND kind IN ('moved', 'stayed'))
                              AS changed_count
                     FROM crm_rfm_diff"""
            )
        )
        return counts
