import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one
from odoo.addons.crm_relationship.transactions import in_transaction

_logger = logging.getLogger(__name__)

# System parameter: the company after which a pass was interrupted.
STOPPED_AFTER = "crm_receivables.collect_after"
# What is looked for: older things nobody needs to be told of now.
TOLD_DAYS = 31
PROMISE_KINDS = {
    "open": "promise_open",
    "void": "promise_void",
    "broken": "promise_broken",
    "partly": "promise_partly",
    "kept": "promise_kept",
}


class CrmReceivableEvent(models.Model):
    """Something happened between order and cash that others want to know of: a payment
    became overdue, a promise was broken or kept, a delivery became late.

    Each once, here and in the change feed for other systems.
    """

    _name = "crm.receivable.event"
    _description = "Event from Order to Cash"
    _order = "date desc, id desc"
    _rec_name = "kind"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[
            ("overdue", "Payment overdue"),
            ("promise_broken", "Promise broken"),
            ("promise_partly", "Promise kept in part"),
            ("promise_kept", "Promise kept"),
            ("promise_open", "Promise runs again"),
            ("promise_void", "Promise: nothing left to pay"),
            ("delivery_late", "Delivery late"),
        ],
        string="What",
        required=True,
        readonly=True,
    )
    date = fields.Date(required=True, readonly=True, help="In the company's time zone.")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    amount = fields.Monetary(readonly=True, help="Open, promised; 0 for deliveries.")
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    res_model = fields.Char(required=True, readonly=True)
    res_key = fields.Integer(required=True, readonly=True, aggregator=None)

    about = fields.Char(compute="_compute_about", help="The document it happened to.")

    _source_uniq = models.Constraint(
        "UNIQUE(kind, res_model, res_key)", "This has been told already."
    )
    _date_idx = models.Index("(company_id, date)")

    @api.depends("res_model", "res_key")
    def _compute_about(self):
        for model, events in self.grouped("res_model").items():
            # Names only: whoever may read the event may know what it is about.
            rows = self._rows_of(model, events.mapped("res_key"))
            names = {row.id: self._document(row).display_name for row in rows or ()}
            for event in events:
                event.about = names.get(event.res_key)

    @api.model
    def _rows_of(self, model: str, keys):
        """Return the rows that are still there, with all rights; nothing if the module
        of their model is not."""
        return model in self.env and self.env[model].sudo().browse(keys).exists()

    @api.model
    def _document(self, row):
        """Return the document of a row events are told of: an invoice of its item."""
        return row.move_id if row._name == "account.move.line" else row

    def action_open_source(self):
        """Open what it is about: the invoice, the promise, the delivery."""
        one(self)
        row = self._rows_of(self.res_model, [self.res_key])
        if not row:
            raise UserError(self.env._("What this was about was deleted."))
        return self._document(row.sudo(False)).get_formview_action()

    # ---- telling --------------------------------------------------------------------

    @api.model
    def _tell(self, rows: SQL, again: bool = False) -> int:
        """Write events that are new, and tell the change feed; return how many.

        :param again: tell what was told before once more: a promise may be kept, run
            again because a payment was taken off, and be kept again
        :param rows: query with ``company_id, kind, date, partner_id, amount,
            currency_id, res_model, res_key``
        """
        names = SQL(
            "company_id, kind, date, partner_id, amount, currency_id, res_model, "
            "res_key"
        )
        self.env.flush_all()
        feed = self.env["crm.change.feed"]._insert_sql(
            SQL(
                """SELECT company_id, 'receivable' AS kind, kind AS action,
                          partner_id AS partner_key, res_key FROM new"""
            )
        )
        told = self.env.execute_query(
            SQL(
                """WITH new AS (INSERT INTO crm_receivable_event (%(names)s)
                                SELECT %(names)s FROM (%(rows)s) q
                           ON CONFLICT %(known)s RETURNING *),
                        feed AS (%(feed)s RETURNING id)
                   SELECT id FROM feed""",
                names=names,
                rows=rows,
                feed=feed,
                known=SQL(
                    """(kind, res_model, res_key) DO UPDATE
                       SET date = EXCLUDED.date, amount = EXCLUDED.amount"""
                )
                if again
                else SQL("DO NOTHING"),
            )
        )
        return len(told)

    @api.model
    def _on_promises(self, promises) -> None:
        """Tell what became of promises."""
        if not promises:
            return
        kinds = SQL(", ").join(SQL("(%s, %s)", *item) for item in PROMISE_KINDS.items())
        ledger = self.env["crm.collection.ledger"]
        days = SQL(", ").join(
            SQL("(%s, %s::date)", company.id, ledger._today(company))
            for company in promises.company_id
        )
        self._tell(
            SQL(
                """SELECT p.company_id, k.kind, d.today AS date, p.partner_id,
                          p.amount, p.currency_id,
                          'crm.payment.promise' AS res_model, p.id AS res_key
                     FROM crm_payment_promise p
                     JOIN (VALUES %s) AS k(state, kind) ON k.state = p.state
                     JOIN (VALUES %s) AS d(company_id, today)
                       ON d.company_id = p.company_id
                    WHERE p.id = ANY(%s)""",
                kinds,
                days,
                promises.ids,
            ),
            again=True,
        )

    @api.model
    def _tell_overdue(self, company) -> int:
        """Tell the items of a company that became overdue lately."""
        ledger = self.env["crm.collection.ledger"]
        books = self.env["crm.receivable.position"]._books(company.root_id)
        return self._tell(
            SQL(
                """SELECT i.company_id, 'overdue' AS kind, %(today)s::date AS date,
                          i.customer_id AS partner_id, i.amount_currency AS amount,
                          i.currency_id, 'account.move.line' AS res_model,
                          i.line_id AS res_key
                     FROM (%(items)s) i
                    WHERE i.amount > 0 AND i.days_late > 0
                      AND (i.days_late <= %(days)s
                           OR i.create_date >= %(today)s::date - %(days)s)
                      AND i.hold IS DISTINCT FROM 'paid'""",
                today=ledger._today(company),
                days=TOLD_DAYS,
                items=ledger._items_sql(books),
            )
        )

    @api.model
    def _tell_late(self, company) -> int:
        """Tell the deliveries of a company that became late: not out on the day they
        were due, or out after it."""
        ledger = self.env["crm.collection.ledger"]
        books = self.env["crm.receivable.position"]._books(company.root_id)
        today, zone = ledger._today(company), company._get_crm_tz()
        deadline, done = (
            SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, zone)
            for moment in (SQL("s.date_deadline"), SQL("s.date_done"))
        )
        return self._tell(
            SQL(
                """SELECT s.company_id, 'delivery_late' AS kind,
                          %(today)s::date AS date,
                          p.commercial_partner_id AS partner_id, 0 AS amount,
                          NULL::int AS currency_id, 'stock.picking' AS res_model,
                          s.id AS res_key
                     FROM stock_picking s
                     JOIN stock_picking_type t ON t.id = s.picking_type_id
                                              AND t.code = 'outgoing'
                     JOIN sale_order o ON o.id = s.sale_id
                     JOIN res_partner p ON p.id = o.partner_id
                    WHERE s.company_id = ANY(%(companies)s)
                      AND %(deadline)s < %(today)s
                      AND s.date_deadline >= %(today)s::date - %(days)s
                      AND s.state NOT IN ('draft', 'cancel')
                      AND (s.state != 'done' OR %(done)s > %(deadline)s)""",
                today=today,
                deadline=deadline,
                done=done,
                companies=[row[0] for row in books],
                days=TOLD_DAYS,
            )
        )

    # ---- by time --------------------------------------------------------------------

    @api.model
    def _cron_collect(self) -> None:
        """Judge what the passing of a day decides, tell it, and send the reminders of
        companies that want them sent by themselves; each company for itself.

        Where time was up, the next call goes on: no company keeps the others waiting.
        """
        cron, after = self.env["ir.cron"], self._stopped_after()
        roots = self.env["res.company"].search(
            [("parent_id", "=", False), ("id", ">", after)], order="id"
        )
        for left, company in zip(reversed(range(len(roots))), roots, strict=True):
            self._collect(company)
            if not cron._commit_progress(1, remaining=left) and left:
                in_transaction(self.env, self._stop_after, company.id)
                return
        if after:
            in_transaction(self.env, self._stop_after, 0)

    @api.model
    def _stopped_after(self) -> int:
        """Return the id of the last company of a pass that is not through yet, or 0."""
        value = self.env["ir.config_parameter"].get_param(STOPPED_AFTER, "0")
        return int(value) if value.isdigit() else 0

    @api.model
    def _stop_after(self, company_id: int) -> None:
        self.env["ir.config_parameter"].set_param(STOPPED_AFTER, company_id)

    @api.model
    def _collect(self, company) -> None:
        """Do what waits in one company; what fails there stops no other."""
        work = [self._day_passed]
        if company.crm_reminder_daily:
            work.append(self.env["crm.reminder.planner"]._daily)
        for step in work:
            try:
                in_transaction(self.env, step, company)
            except Exception:
                if self.env.cr._cnx.closed:
                    raise
                _logger.exception("receivables: %s fails", company.display_name)

    @api.model
    def _day_passed(self, company) -> None:
        """Do what follows from the day it is in a company."""
        self.env["crm.collection.block"]._end_by_time(company)
        self.env["crm.promise.judge"]._judge_due(company)
        self.env["crm.reminder.checker"]._take_back_settled(company)
        self._tell_overdue(company)
        self._tell_late(company)
