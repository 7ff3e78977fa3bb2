from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one

from ..rfm import cells_by_square

# Written by runs and buttons only: people with write access must not forge them.
PROTECTED_FIELDS = {"is_default", "is_outdated", "last_run_id"}
# Changing one of these means that the scores do not follow the scheme any more.
SCORING_FIELDS = {"method", "period", "period_months", "monetary_basis"}

SCHEDULE_STEPS = {
    "daily": relativedelta(days=1),
    "weekly": relativedelta(weeks=1),
    "monthly": relativedelta(months=1),
}


class CrmRfmScheme(models.Model):
    """How a company scores its customers by recency, frequency and money.

    A company may keep several schemes; the scores of its default one stand on the
    customer's page. Scores change in a run (``crm.rfm.run``) and at no other time.
    """

    _name = "crm.rfm.scheme"
    _description = "RFM Scheme"
    _inherit = ["mail.thread"]
    _order = "is_default desc, name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    is_default = fields.Boolean(
        string="On the customer's page",
        readonly=True,
        copy=False,
        help="The scores of this scheme are shown with the customers.",
    )
    method = fields.Selection(
        selection=[
            ("quantile_edges", "Quantile edges"),
            ("equal_count", "Groups of equal size"),
            ("r_package", "As R's rfm package"),
        ],
        required=True,
        default="quantile_edges",
        tracking=True,
    )
    method_help = fields.Text(compute="_compute_method_help")
    period = fields.Selection(
        selection=[("all", "All purchases"), ("months", "The last months")],
        string="Purchases that count",
        required=True,
        default="all",
        tracking=True,
    )
    period_months = fields.Integer(string="Months", default=24, tracking=True)
    monetary_basis = fields.Selection(
        selection=[
            ("total", "Revenue"),
            ("last_12m", "Revenue of the last 12 months"),
            ("average", "Average revenue per purchase"),
        ],
        string="Monetary value",
        required=True,
        default="total",
        tracking=True,
    )
    schedule = fields.Selection(
        selection=[
            ("daily", "Every night"),
            ("weekly", "Every week"),
            ("monthly", "Every month"),
            ("manual", "Only by hand"),
        ],
        string="Computed",
        required=True,
        default="weekly",
    )
    next_run_date = fields.Date(
        string="Next run",
        copy=False,
        default=fields.Date.context_today,
        help="Computed as soon as this day begins in the company's time zone.",
    )
    cell_ids = fields.One2many(
        comodel_name="crm.rfm.cell",
        inverse_name="scheme_id",
        string="Named cells",
        copy=True,
        default=lambda self: self._default_cell_ids(),
    )
    run_ids = fields.One2many(comodel_name="crm.rfm.run", inverse_name="scheme_id")
    last_run_id = fields.Many2one(
        comodel_name="crm.rfm.run", readonly=True, copy=False, ondelete="set null"
    )
    last_run_date = fields.Datetime(
        related="last_run_id.date", string="Last computed", readonly=True
    )
    customer_count = fields.Integer(
        related="last_run_id.customer_count", string="Customers scored", readonly=True
    )
    is_outdated = fields.Boolean(
        readonly=True,
        copy=False,
        help="Method, period, monetary value or cells changed since the last run.",
    )

    _company_default_uniq = models.UniqueIndex(
        "(company_id) WHERE is_default",
        "Another scheme is on the customer's page of this company already.",
    )
    _period_months_range = models.Constraint(
        "CHECK (period != 'months' OR (period_months >= 1 AND period_months <= 240))",
        "The period is between 1 and 240 months long.",
    )

    @api.model
    def _default_cell_ids(self) -> list:
        cells = self.env["crm.rfm.cell"]._prepare_standard_values()
        return [fields.Command.create(cell) for cell in cells]

    # ---- compute --------------------------------------------------------------------

    @api.depends("method")
    def _compute_method_help(self):
        texts = {
            "quantile_edges": self.env._(
                "Edges at 20, 40, 60 and 80 % of all customers; a score is one more "
                "than the edges below the value. Equal values get equal scores: where "
                "half the customers bought once, all of them have frequency 1."
            ),
            "equal_count": self.env._(
                "Five groups of the same size. Customers with equal values may land "
                "in neighbouring groups; the later purchase ranks higher."
            ),
            "r_package": self.env._(
                "Edges one above the quantiles, as R's rfm package draws them. Kept "
                "for comparison with its published scores."
            ),
        }
        for scheme in self:
            scheme.method_help = texts.get(scheme.method)

    # ---- CRUD -----------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_unforged(vals)
        schemes = super().create(vals_list)
        schemes._check_root_company()
        return schemes

    def write(self, vals):
        self._check_unforged(vals)
        moved = self.filtered(lambda s: s.run_ids and vals.get("company_id"))
        if any(scheme.company_id.id != vals["company_id"] for scheme in moved):
            raise UserError(
                self.env._(
                    "A scheme that was computed stays in its company. Copy it and "
                    "choose the company in the copy."
                )
            )
        result = super().write(vals)
        if "company_id" in vals:
            self._check_root_company()
        if SCORING_FIELDS & vals.keys():
            self._mark_outdated()
        if vals.get("active") is False:
            self._leave_customers()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_clears_customers(self):
        self._leave_customers()

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for scheme, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", scheme.name)
        return vals_list

    def _check_unforged(self, vals: dict) -> None:
        if not self.env.su and PROTECTED_FIELDS & vals.keys():
            raise AccessError(
                self.env._(
                    "Default and last run of an RFM scheme are set by its buttons."
                )
            )

    def _check_root_company(self) -> None:
        if branches := self.company_id.filtered("parent_id"):
            raise UserError(
                self.env._(
                    "Customers are kept for a company and all its branches together: "
                    "choose %(root)s instead of %(branch)s.",
                    root=branches[0].root_id.name,
                    branch=branches[0].name,
                )
            )

    def _mark_outdated(self) -> None:
        computed = self.filtered("last_run_id")
        if computed:
            computed.sudo().is_outdated = True

    # ---- actions --------------------------------------------------------------------

    def action_compute_now(self):
        """Compute the scores of these schemes while the user waits."""
        self.check_access("write")
        Run = self.env["crm.rfm.run"].sudo()
        runs = Run.browse([Run._run(scheme, trigger="button").id for scheme in self])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s customers scored in %(seconds)s s; %(moved)s of them "
                    "changed their cell.",
                    count=sum(runs.mapped("customer_count")),
                    seconds=round(sum(runs.mapped("seconds")), 1),
                    moved=sum(runs.mapped("moved_count")),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_set_default(self):
        """Show this scheme's scores with the customers, instead of the old one's."""
        one(self)
        self.check_access("write")
        others = self.sudo().search(
            [
                ("company_id", "=", self.company_id.id),
                ("is_default", "=", True),
                ("id", "!=", self.id),
            ]
        )
        others._leave_customers()
        self.sudo().is_default = True
        self._enqueue_customers()
        return True

    def action_view_heatmap(self):
        one(self)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_segmentation.crm_rfm_heatmap_action"
        )
        return action | {"context": {"rfm_scheme_id": self.id}}

    def action_view_runs(self):
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_segmentation.crm_rfm_run_action"
        )
        return action | {"domain": [("scheme_id", "=", self.id)]}

    def action_view_migration(self):
        """Open from which cell to which the last run's customers moved."""
        one(self)
        if not self.last_run_id:
            raise UserError(
                self.env._("Nothing has been computed with %s yet.", self.name)
            )
        return self.last_run_id.action_view_migration()

    # ---- business -------------------------------------------------------------------

    def _leave_customers(self) -> None:
        """Take the scores of these schemes off the customers' pages."""
        for scheme in self.filtered("is_default"):
            scheme.sudo().is_default = False
            scheme._enqueue_customers()

    def _enqueue_customers(self) -> None:
        """Have every customer with a score here refreshed."""
        self.env.flush_all()
        self.env["crm.customer.change"].sudo()._enqueue_query(
            SQL(
                """SELECT c.company_id, s.partner_id
                     FROM crm_rfm_score s JOIN crm_rfm_scheme c ON c.id = s.scheme_id
                    WHERE s.scheme_id = ANY(%s)""",
                self.ids,
            )
        )

    def _cell_ids_by_square(self) -> list[int | None]:
        """Return the 25 cell ids as they are defined now, from square (1, 1) on."""
        self.ensure_one()
        cells = cells_by_square(self.cell_ids.sorted(lambda c: (c.sequence, c.id)))
        return [cell.id if cell else None for cell in cells]

    def _frozen_cell_ids(self) -> list[int | None]:
        """Return the 25 cell ids of the last run; deleted cells are left out."""
        self.ensure_one()
        existing = set(self.cell_ids.ids)
        frozen = self.last_run_id.cells or [None] * 25
        return [cell if cell in existing else None for cell in frozen]

    def _plan_next_run(self, today) -> None:
        """Set the next run to the first planned day after ``today``."""
        for scheme in self:
            step = SCHEDULE_STEPS.get(scheme.schedule)
            scheme.next_run_date = today + step if step else False

    @api.model
    def _create_standard(self, companies):
        """Create the standard scheme, in every installed language, where none is."""
        having = (
            self.sudo()
            .with_context(active_test=False)
            .search([("company_id", "in", companies.ids)])
        )
        schemes = self.sudo().create(
            [
                {
                    "name": self.env._("Standard"),
                    "company_id": company.id,
                    "is_default": True,
                }
                for company in companies - having.company_id
            ]
        )
        schemes._translate_standard()
        return schemes

    def _translate_standard(self) -> None:
        """Write name, cells and advice in the other installed languages."""
        current = self.env.lang or "en_US"
        for code, _name in self.env["res.lang"].get_installed():
            if code == current:
                continue
            for scheme in self.with_context(lang=code):
                scheme.name = scheme.env._("Standard")
                texts = scheme.env["crm.rfm.cell"]._prepare_standard_values()
                for cell, values in zip(scheme.cell_ids, texts, strict=True):
                    cell.write({"name": values["name"], "advice": values["advice"]})

    @api.model
    def _cron_compute(self) -> None:
        """Compute every scheme that is due; one that fails does not stop the others."""
        cron = self.env["ir.cron"]
        planned = self.search([("schedule", "!=", "manual")])
        due = planned.filtered(lambda scheme: scheme._is_due())
        cron._commit_progress(remaining=len(due))
        failure = None
        for scheme in due:
            try:
                if scheme.try_lock_for_update(allow_referencing=True)._is_due():
                    self.env["crm.rfm.run"]._run(scheme, trigger="cron")
            except Exception as error:
                self.env.cr.rollback()
                failure = error
            if not cron._commit_progress(1):
                break
        if failure:
            raise failure

    def _is_due(self) -> bool:
        """Tell whether the planned day has come in the company's time zone."""
        return any(
            scheme.next_run_date
            and scheme.next_run_date
            <= self.env["crm.customer.metrics"]._today(scheme.company_id)
            for scheme in self
        )
