import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..records import one
from ..transactions import database_now

MOST_LETTERS = 500


class CrmLetterBatch(models.Model):
    """Letters printed together. Whoever posts them says so; then they count as sent."""

    _name = "crm.letter.batch"
    _description = "Batch of Letters"
    _order = "id desc"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="set null",
    )
    state = fields.Selection(
        selection=[
            ("open", "To post"),
            ("posted", "Posted"),
            ("cancelled", "Given back"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    attempt_uid = fields.Char(readonly=True, copy=False)
    letter_count = fields.Integer(string="Letters", readonly=True, copy=False)
    posted_date = fields.Datetime(string="Posted on", readonly=True, copy=False)

    def _compute_display_name(self):
        for batch in self:
            batch.display_name = self.env._(
                "%(count)s letters, number %(number)s",
                count=batch.letter_count,
                number=batch.id or "",
            )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_buttons()
        return super().create(vals_list)

    def write(self, vals):
        self._check_buttons()
        return super().write(vals)

    def _check_buttons(self) -> None:
        """Only the buttons write here: a batch is what was done, not what is typed."""
        if not self.env.su:
            self.check_access("create")
            raise UserError(self.env._("Use the buttons of the list and the batch."))

    def action_collect(self):
        """Take the letters that wait in hand and make a batch of them; which rows of
        the list are ticked does not matter."""
        self.check_access("create")
        outbox, left_out = self.env["crm.outbox"], 0
        batch = self.browse()
        while not batch and (
            rows := outbox.search(self._waiting_domain(), limit=MOST_LETTERS)
        ):
            ours = rows.grouped("company_id")[rows[0].company_id]
            batch = self.sudo()._take(ours)
            left_out += len(ours) - batch.letter_count
        if not batch:
            return self._nothing_waits(left_out)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Letters"),
            "res_model": self._name,
            "res_id": batch.id,
            "views": [(False, "form")],
        }

    @api.model
    def _nothing_waits(self, left_out: int) -> dict:
        """Refuse, unless letters were left out just now, which has to be kept."""
        if not left_out:
            raise UserError(
                self.env._(
                    "No letter waits. Confirm a service message whose channel is a "
                    "letter; its letters then wait here to be printed."
                )
            )
        text = self.env._("No letter is left to print: %s were left out.", left_out)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "warning", "message": text},
        }

    @api.model
    def _waiting_domain(self) -> list:
        return [
            ("kind", "=", "letter"),
            ("state", "=", "planned"),
            ("due", "<=", fields.Datetime.now()),
            ("company_id", "in", self.env.companies.ids),
        ]

    @api.model
    def _take(self, rows):
        """Return a batch of messages without those a rule forbids now."""
        rows_sudo = rows.sudo()
        recorder = self.env["crm.outbox.recorder"]
        refusals = rows_sudo._outbox_check(rows_sudo)
        for row_id, refusal in refusals.items():
            recorder._refuse(rows_sudo.browse(row_id), *refusal)
        self.env.flush_all()
        uid = uuid.uuid4().hex
        taken = self.env.execute_query(
            SQL(
                """UPDATE crm_outbox SET state = 'claimed', attempt_uid = %s
                    WHERE id = ANY(%s) AND state = 'planned' RETURNING id""",
                uid,
                [row_id for row_id in rows.ids if row_id not in refusals],
            )
        )
        self.env["crm.outbox"].invalidate_model()
        if not taken:
            return self.browse()
        return self.create(
            {
                "company_id": rows_sudo[0].company_id.id,
                "attempt_uid": uid,
                "letter_count": len(taken),
            }
        )

    def action_print(self):
        """Return all letters as one PDF, without those that must not leave any more."""
        one(self).check_access("read")
        batch = self.sudo()
        if batch.state == "open":
            refused = batch._leave_out_refused()
            if not batch.letter_count:
                return self._nothing_waits(len(refused))
        report = self.env.ref("crm_relationship.crm_letter_batch_report")
        action = report.report_action(self)
        return {name: value for name, value in action.items() if value is not None}

    def action_posted(self):
        """They are printed and on their way: each becomes a contact, except those that
        must not leave any more."""
        one(self).check_access("write")
        batch = self.sudo()
        if batch.state != "open":
            return True
        refused = batch._leave_out_refused()
        batch._note_posted()
        return self._take_out(refused.partner_id) if refused else True

    def _note_posted(self) -> None:
        if self.letter_count:
            recorder = self.env["crm.outbox.recorder"].sudo()
            adapter = self.env["crm.outbox.adapter.letter"].sudo()
            now = database_now(self.env)
            for row in self._letters():
                row.write({"attempt": row.attempt + 1, "send_date": now})
                recorder._sent(row, adapter._perform(row))
            self.write({"state": "posted", "posted_date": now})

    @api.model
    def _take_out(self, partners) -> dict:
        """Tell whose letters must not be posted."""
        text = self.env._(
            "Take these letters out of the pile, they must not leave any more: %s",
            ", ".join(partners.mapped("name")),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": text,
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_cancel(self):
        """They were not printed: the letters wait again."""
        one(self).check_access("write")
        batch = self.sudo()
        if batch.state == "open":
            batch._letters().write({"state": "planned"})
            batch.state = "cancelled"
        return True

    def _leave_out_refused(self):
        """Leave out the letters a rule forbids by now, e.g. because what they ask for
        was paid; return their messages.

        A rule that lets them leave later was asked when they were collected; it does
        not call back what is in hand.
        """
        letters = self._letters()
        recorder = self.env["crm.outbox.recorder"]
        refused = letters.browse()
        for row_id, (rule, text, *later) in letters._outbox_check(letters).items():
            if not later:
                row = letters.browse(row_id)
                recorder._refuse(row, rule, text)
                refused += row
        self.letter_count = len(letters - refused)
        if not self.letter_count:
            self.state = "cancelled"
        return refused

    def _letters(self):
        """Return the messages of a batch that nothing has happened to since, locked."""
        letters = self.env["crm.outbox"].search(
            [("attempt_uid", "=", self.attempt_uid), ("state", "=", "claimed")],
            order="id",
        )
        letters.lock_for_update()
        return letters

    def _pages(self) -> list[dict]:
        """Return what the report prints: contact and content of each letter."""
        self.check_access("read")
        rows = self.env["crm.outbox"].sudo()
        rows = rows.search(
            [
                ("attempt_uid", "in", self.mapped("attempt_uid")),
                ("state", "in", ("claimed", "sent")),
            ]
        )
        adapter = self.env["crm.outbox.adapter.letter"].sudo()
        return [
            {"partner": row.partner_id, "content": adapter._content(row)}
            for row in rows.sorted("id")
            if row.partner_id
        ]
