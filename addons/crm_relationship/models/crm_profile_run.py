from odoo import api, fields, models
from odoo.tools import SQL

from .crm_profile_draft import Draft

# Ranges are sized so that writing one takes about this long: it is a transaction
# during which whoever queues a change waits for its turn.
RANGE_SECONDS = (0.5, 1.5)
RANGE_SIZES = (500, 50_000)
# Drafts are sized so that computing one stays below this: servers kill a cron that
# runs for two minutes. The more customers in one, the less each of them costs.
DRAFT_SECONDS = 30.0
DRAFT_SIZES = (10_000, 1_000_000)


class CrmProfileRun(models.Model):
    """One full computation of a company's profiles, in ranges, with its progress."""

    _name = "crm.profile.run"
    _description = "Profile Run"
    _order = "id desc"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    state = fields.Selection(
        selection=[("waiting", "Waiting"), ("running", "Running"), ("done", "Done")],
        string="Status",
        required=True,
        readonly=True,
        default="waiting",
    )
    position = fields.Integer(
        readonly=True, help="Customers up to this id have been computed."
    )
    last_customer = fields.Integer(readonly=True, help="Id of the last one to compute.")
    range_size = fields.Integer(readonly=True, default=5000)
    draft_size = fields.Integer(readonly=True, default=DRAFT_SIZES[1])
    draft_number = fields.Integer(readonly=True)
    progress = fields.Float(string="Progress (%)", compute="_compute_progress")
    date_start = fields.Datetime(string="Started", readonly=True)
    date_end = fields.Datetime(string="Finished", readonly=True)
    seconds = fields.Float(string="Computing time (s)", readonly=True, digits=(12, 3))
    created_count = fields.Integer(string="Created", readonly=True)
    updated_count = fields.Integer(string="Updated", readonly=True)
    removed_count = fields.Integer(string="Removed", readonly=True)

    _unfinished_uniq = models.UniqueIndex(
        "(company_id) WHERE state != 'done'",
        "This company's profiles are being computed already.",
    )

    @api.depends("state", "position", "last_customer")
    def _compute_progress(self):
        for run in self:
            if run.state == "done":
                run.progress = 100.0
            else:
                run.progress = 100.0 * run.position / (run.last_customer or 1)

    def action_request_full(self):
        """Compute all profiles of the user's companies anew, in the background."""
        self.check_access("create")
        self._request_full(self.env.companies)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "All profiles are being computed again in the background. "
                    "People can go on working; progress is shown in this list."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _request_full(self, companies=None) -> None:
        """Ask for a full run of some companies or all; one underway restarts."""
        refresh = self.env["crm.customer.refresh"]
        roots = companies.root_id if companies else refresh._root_companies()
        unfinished = self.sudo().search(
            [("state", "!=", "done"), ("company_id", "in", roots.ids)]
        )
        unfinished.write({"state": "waiting", "position": 0})
        missing = roots - unfinished.company_id
        self.sudo().create([{"company_id": company.id} for company in missing])
        refresh.sudo()._trigger_cron()

    @api.model
    def _next_run(self, company):
        """Return the unfinished run of a company, if any."""
        return self.search(
            [("company_id", "=", company.id), ("state", "!=", "done")], limit=1
        )

    def _next_draft(self) -> Draft:
        """Start the run if need be; return which customers to compute next.

        The size is halved until the draft is computed: when that takes so long that
        the server is killed, the next attempt is a smaller one.
        """
        self.ensure_one()
        if self.state == "waiting":
            self._start()
        size = self.draft_size or DRAFT_SIZES[1]
        self.draft_size = max(size // 2, DRAFT_SIZES[0])
        self.draft_number += 1
        last = self._customer_after(size, self.last_customer)
        return Draft(self.id, self.draft_number, self.position + 1, last)

    def _start(self) -> None:
        """Begin with the first customer; what an earlier start left is void."""
        [(last,)] = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(id), 0) FROM res_partner")
        )
        self._forget_refreshed()
        self.write(
            {
                "state": "running",
                "position": 0,
                "last_customer": last,
                "date_start": fields.Datetime.now(),
                "seconds": 0.0,
                "created_count": 0,
                "updated_count": 0,
                "removed_count": 0,
            }
        )

    def _customer_after(self, count: int, last: int) -> int:
        """Return the id ``count`` partners after the position, at most ``last``."""
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM res_partner WHERE id > %s AND id <= %s
                 ORDER BY id OFFSET %s LIMIT 1""",
                self.position,
                last,
                count - 1,
            )
        )
        return rows[0][0] if rows else last

    @api.model
    def _of_draft(self, draft: Draft):
        """Return the run a draft still belongs to: none if it was restarted since."""
        run = self.browse(draft.run_id).exists()
        return run.filtered(
            lambda r: r.state == "running" and r.draft_number == draft.number
        )

    def _record_draft(self, seconds: float) -> None:
        """Note how long computing took; only a slow one makes the next smaller."""
        self.ensure_one()
        if seconds < DRAFT_SECONDS:
            self.draft_size = min(self.draft_size * 2, DRAFT_SIZES[1])
        self.seconds += seconds

    def _next_range(self, draft: Draft) -> tuple[int, int]:
        """Return the first and last customer to write next."""
        self.ensure_one()
        return self.position + 1, self._customer_after(self.range_size, draft.last)

    def _record_range(self, last: int, counts: dict[str, int], seconds: float) -> None:
        """Note that everybody up to ``last`` is done, and size the next range."""
        self.ensure_one()
        size = self.range_size
        if seconds < RANGE_SECONDS[0]:
            size = min(size * 2, RANGE_SIZES[1])
        elif seconds > RANGE_SECONDS[1]:
            size = max(size // 2, RANGE_SIZES[0])
        values = {
            "position": last,
            "range_size": size,
            "seconds": self.seconds + seconds,
            "created_count": self.created_count + counts.get("created", 0),
            "updated_count": self.updated_count + counts.get("updated", 0),
            "removed_count": self.removed_count + counts.get("removed", 0),
        }
        if last >= self.last_customer:
            values |= {"state": "done", "date_end": fields.Datetime.now()}
            self._forget_refreshed()
        self.write(values)

    # ---- changes during a run -------------------------------------------------------

    @api.model
    def _remember_refreshed(self, company, customers: SQL) -> None:
        """Note that customers were refreshed for a change, if a run is under way.

        :param customers: SQL condition on a customer's id, to follow the column
        """
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_profile_run_refreshed (run_id, partner_key)
                   SELECT r.id, p.id FROM crm_profile_run r, res_partner p
                    WHERE r.company_id = %s AND r.state = 'running' AND p.id %s""",
                company.id,
                customers,
            )
        )

    def _forget_refreshed(self) -> None:
        self.env.cr.execute(
            SQL("DELETE FROM crm_profile_run_refreshed WHERE run_id = %s", self.id)
        )

    @api.autovacuum
    def _gc_runs(self):
        """Keep a year of runs."""
        done = self.search([("state", "=", "done"), ("date_end", "<", "-1y")])
        done.unlink()
