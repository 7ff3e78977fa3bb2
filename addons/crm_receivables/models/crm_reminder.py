from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from odoo.addons.crm_relationship.core import placeholders
from odoo.addons.crm_relationship.core.outbox import Content
from odoo.addons.crm_relationship.records import one

ANSWERED = [("response", "=", "replied"), ("message_id", "!=", False)]


class CrmReminder(models.Model):
    """A reminder to one customer: what is asked for, and what became of it.

    Before it leaves, each item is read again in the transaction that commits to
    sending: what was paid, promised or held since falls away, and with nothing left
    the reminder is not sent.
    """

    _name = "crm.reminder"
    _description = "Reminder of Payment"
    _inherit = ["crm.outbox.origin.mixin"]
    _order = "amount desc, id desc"
    _rec_name = "partner_id"
    _log_access = False

    run_id = fields.Many2one(
        comodel_name="crm.reminder.run",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date(readonly=True, required=True, string="Proposed on")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    recipient_id = fields.Many2one(
        comodel_name="res.partner",
        string="To",
        readonly=True,
        index=True,
        ondelete="set null",
        help="The customer's contact for invoices, else the customer.",
    )
    level_id = fields.Many2one(
        comodel_name="crm.dunning.level",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel", required=True, readonly=True, ondelete="restrict"
    )
    address = fields.Char(readonly=True, string="Sent to")
    amount = fields.Monetary(
        string="Asked for",
        readonly=True,
        help="All that was overdue on balance when it was proposed, in the company's "
        "currency.",
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    item_ids = fields.One2many(
        comodel_name="crm.reminder.item", inverse_name="reminder_id", readonly=True
    )
    state = fields.Selection(
        selection=[
            ("draft", "Proposed"),
            ("planned", "Waiting"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Left out"),
            ("unknown", "Unknown"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
    )
    reason = fields.Selection(
        selection="_reasons", string="Why left out", readonly=True
    )
    text = fields.Char(string="What was said", readonly=True)
    why = fields.Char(
        compute="_compute_why",
        help="Why it was left out, or what the mail server said instead of taking it.",
    )
    sent_date = fields.Datetime(string="Sent on", readonly=True)
    message_id = fields.Many2one(
        comodel_name="mail.message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    attachment_id = fields.Many2one(
        comodel_name="ir.attachment", readonly=True, ondelete="set null"
    )
    is_answered = fields.Boolean(
        string="Answered", compute="_compute_is_answered", search="_search_is_answered"
    )
    preview_subject = fields.Char(string="Subject", compute="_compute_preview")
    preview = fields.Html(
        compute="_compute_preview",
        export_string_translation=False,
        sanitize="email_outgoing",
        sanitize_overridable=False,
    )

    # ---- what is shown --------------------------------------------------------------

    @api.depends("state", "reason", "text", "channel_id")
    @api.depends_context("lang")
    def _compute_why(self):
        """In the language of whoever reads it: the sender has none."""
        said = dict(self._reasons())
        done = {
            "phone": self.env._("Planned as a call."),
            "letter": self.env._("Printed and posted."),
        }
        for reminder in self:
            why = said.get(reminder.reason) or reminder.text
            if reminder.state == "sent":
                why = done.get(reminder.sudo().channel_id.kind)
            reminder.why = why

    @api.depends("message_id")
    def _compute_is_answered(self):
        touches = self.env["crm.touch"].sudo()
        answered = touches.search(
            [*ANSWERED, ("message_id", "in", self.sudo().message_id.ids)]
        )
        for reminder in self:
            message = reminder.sudo().message_id
            reminder.is_answered = bool(message) and message in answered.message_id

    def _search_is_answered(self, operator, value):
        """Find reminders by whether the customer replied to the mail."""
        if operator != "in":
            return NotImplemented
        touches = self.env["crm.touch"].sudo()._search(ANSWERED)
        answered = Domain("message_id", "in", touches.subselect("message_id"))
        domain = Domain.FALSE
        if True in value:
            domain |= answered
        if False in value:
            domain |= ~answered
        return domain

    @api.depends("level_id", "partner_id", "state", "item_ids.live")
    def _compute_preview(self):
        for reminder in self:
            if reminder.message_id:
                message = reminder.sudo().message_id
                reminder.preview_subject = message.subject
                reminder.preview = message.body
            else:
                content = reminder.sudo()._outbox_content()
                reminder.preview_subject = content.subject
                reminder.preview = content.body

    def action_open_customer(self):
        """Open the customer's page."""
        one(self)
        return self.partner_id.action_open_crm_customer()

    def action_open_release(self):
        """Open the question whether this reminder arrived, to decide about it."""
        key = one(self)._outbox_row().id
        release = self.env["crm.outbox.release"].search(
            [("outbox_key", "=", key)], order="id desc", limit=1
        )
        if not release:
            raise UserError(self.env._("Nothing is left to decide. Reload the page."))
        return release.get_formview_action()

    def action_leave_out(self):
        """Take this customer out of the proposal."""
        one(self).run_id.check_access("write")
        if self.state == "draft":
            self.run_id.sudo()._leave_out(self.partner_id)
            self.sudo().unlink()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # ---- what it says ---------------------------------------------------------------

    def _statement(self) -> list[dict]:
        """Return the lists of items to show, one for each currency: what is reminded
        of, what else is overdue, and open credits.

        :return: ``currency``, ``rows`` with ``item``, ``move``, ``date``, ``due`` and
            ``days`` late, ``total``
        """
        self.ensure_one()
        ledger = self.env["crm.collection.ledger"]
        customer = self.partner_id.commercial_partner_id
        today = ledger._today(self.company_id)
        asked = set(self.item_ids.filtered("live").mapped("line_key"))
        tables: dict[int, list] = {}
        for item in ledger._opens(self.company_id, customer.ids).get(customer.id, []):
            late = item.due < today and not item.hold
            if item.line_id in asked or late or item.amount < 0:
                tables.setdefault(item.currency_id, []).append(item)
        found = []
        for currency_id, items in tables.items():
            currency = self.env["res.currency"].browse(currency_id)
            moves = self.env["account.move"].browse([i.move_id for i in items])
            rows = [
                {
                    "item": item,
                    "move": move,
                    "date": format_date(self.env, move.invoice_date or move.date),
                    "due": format_date(self.env, item.due),
                    "days": max((today - item.due).days, 0) if item.amount > 0 else 0,
                }
                for item, move in zip(items, moves, strict=True)
            ]
            total = sum(item.amount for item in items)
            found.append({"currency": currency, "rows": rows, "total": total})
        return found

    def _language(self) -> str:
        """Return the language in which the customer is written to."""
        people = (self.recipient_id, self.partner_id, self.company_id.partner_id)
        return next((p.lang for p in people if p.lang), None) or "en_US"

    def _outbox_author(self) -> int:
        # OVERRIDE: without writing the text
        user = self.run_id.user_id
        return 0 if user._is_superuser() else user.partner_id.id

    def _outbox_content(self) -> Content:
        # OVERRIDE
        self.ensure_one()
        reminder = self.with_context(lang=self._language())
        level, tables = reminder.level_id, reminder._statement()
        names = placeholders.used(f"{level.subject} {level.body}")
        values = {name: reminder._value_for(name, tables) for name in names}
        # Sanitised text, escaped values.
        body = Markup(placeholders.fill(level.body or "", values, escape))  # noqa: S704
        if "statement" not in names:
            body += reminder._statement_html(tables)
        user = self.run_id.user_id
        return Content(
            subject=placeholders.heading(
                placeholders.fill(level.subject or "", values)
            ),
            body=body,
            author_id=self._outbox_author(),
            user_id=0 if user._is_superuser() else user.id,
            attachments=tuple(self.attachment_id.ids),
        )

    def _value_for(self, name: str, tables: list[dict]) -> str:
        """Return what stands for a placeholder; to be extended with ``super()``."""
        match name:
            case "name":
                value = self.partner_id.name
            case "customer_number":
                value = self.partner_id.ref
            case "amount":
                value = self._amount_text(tables)
            case "days":
                days = [row["days"] for table in tables for row in table["rows"]]
                value = str(max(days, default=0))
            case "statement":
                value = self._statement_html(tables)
            case "collector":
                value = self._collector_name()
            case "our_company":
                value = self.company_id.name
            case _:
                value = ""
        return value or ""

    def _collector_name(self) -> str:
        """Return who asks for the money; of runs by themselves the customer's
        salesperson, else the company."""
        user = self.run_id.user_id
        if user._is_superuser():
            user = self.partner_id.commercial_partner_id.user_id
        return user.name or self.company_id.name

    def _amount_text(self, tables: list[dict]) -> str:
        parts = [
            table["currency"].format(table["total"])
            for table in tables
            if table["total"] > 0
        ]
        return self.env._(" and ").join(parts)

    def _statement_html(self, tables: list[dict]) -> Markup:
        return self.env["ir.qweb"]._render(
            "crm_receivables.crm_reminder_statement",
            {"tables": tables, "reminder": self},
        )

    # ---- may it leave ---------------------------------------------------------------

    def _outbox_refusals(self) -> dict[int, tuple[str, str]]:
        # EXTENDS: what changed since it was proposed.
        found = self.env["crm.reminder.checker"]._refusals(self)
        return super()._outbox_refusals() | found

    @api.model
    def _reasons(self) -> list[tuple[str, str]]:
        """Return the rules for which a reminder, or an item of it, is left out, with
        what they say to whoever reads it."""
        return list(
            {
                **self.env["crm.outbox.rules"]._fixed_sentences(),
                **self.env["crm.collection.ledger"]._rule_sentences(),
                "withdrawn": self.env._("The run was withdrawn."),
                "by_hand": self.env._("Left out by hand."),
                "copy": self.env._("Not sent from a copy of the database."),
                "undelivered": self.env._(
                    "The last reminder did not arrive at this address."
                ),
            }.items()
        )

    def _outbox_row(self):
        """Return the message of this reminder, if it was planned."""
        self.ensure_one()
        rows = self.env["crm.outbox"].sudo()
        return rows.search(
            [("origin_model", "=", self._name), ("origin_key", "=", self.id)], limit=1
        )

    def _attach_statement(self) -> None:
        """Make the PDF of those whose level wants one: with each attempt anew, so that
        it says what is sent."""
        report = "crm_receivables.crm_reminder_report"
        for reminder in self.filtered(
            lambda r: r.level_id.attach_statement and r.channel_id.kind == "email"
        ):
            content, kind = self.env["ir.actions.report"]._render_qweb_pdf(
                report, reminder.ids
            )
            before = reminder.attachment_id
            env = reminder.with_context(lang=reminder._language()).env
            reminder.attachment_id = self.env["ir.attachment"].create(
                {
                    "name": env._("Statement") + f".{kind}",
                    "raw": content,
                    "res_model": self._name,
                    "res_id": reminder.id,
                }
            )
            before.unlink()

    def _outbox_moved(self, outbox) -> None:
        # OVERRIDE
        self._outbox_follow(
            outbox,
            SQL(
                """message_id = o.message_id,
                   sent_date = CASE WHEN o.state IN ('sent', 'unknown')
                                    THEN o.send_date END"""
            ),
        )
        self._release_items(self.ids)

    @api.model
    def _release_items(self, ids: list[int]) -> None:
        """Let the items of what did not leave be reminded of again."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE crm_reminder_item SET live = false
                    WHERE live AND reminder_id IN (
                          SELECT id FROM crm_reminder
                           WHERE id = ANY(%s) AND state IN ('skipped', 'failed'))
                RETURNING id""",
                list(ids),
            )
        )
        self.env.invalidate_all()
