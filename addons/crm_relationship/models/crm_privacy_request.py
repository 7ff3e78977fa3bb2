import io
import json
from datetime import timedelta

import xlsxwriter
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..core.decisions import DELETE, Transition
from ..records import one

INFORMATION = "crm_relationship.group_information"
SEGMENTATION = "crm_relationship.group_segmentation"
KEEP_DAYS = 30
DUE_HOURS = 30 * 24
LONGEST_SHEET = 31


class CrmPrivacyRequest(models.Model):
    """A person asks for their data: to see it, to have it corrected or erased.

    Erasing takes two people and cannot be undone. What the request itself says about
    the person goes with the rest; that there was one, when, and who did it, stays.
    """

    _name = "crm.privacy.request"
    _description = "Request about Personal Data"
    _inherit = ["crm.decision.mixin"]
    _order = "id desc"

    _decision_content = ("kind", "partner_id", "request_date", "note")
    _decision_locked = ("done", "refused", "withdrawn")

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    kind = fields.Selection(
        selection=[
            ("access", "See what is held"),
            ("correct", "Correct it"),
            ("erase", "Erase it"),
        ],
        string="The person wants to",
        required=True,
        default="access",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Person",
        required=True,
        index=True,
        domain="[('is_company', '=', False)]",
        ondelete="restrict",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("submitted", "To be done"),
            ("done", "Done"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    request_date = fields.Date(
        string="Asked on", required=True, default=fields.Date.context_today
    )
    due_date = fields.Date(
        string="To be answered by",
        compute="_compute_due_date",
        store=True,
        help="One month after the person asked, as the law gives.",
    )
    contact = fields.Char(
        string="How the person was identified",
        help="E.g. wrote from the address we know. Never give or erase data for "
        "somebody who may be somebody else.",
    )
    note = fields.Text(string="What exactly was asked")
    file_ids = fields.Many2many(
        comodel_name="ir.attachment",
        string="Files for the person",
        compute="_compute_file_ids",
    )

    @api.depends("request_date")
    def _compute_due_date(self):
        for request in self:
            asked = request.request_date
            request.due_date = asked and asked + relativedelta(months=1)

    @api.depends("kind")
    def _compute_display_name(self):
        # Never with the name: whoever was erased must not live on in titles.
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for request in self:
            request.display_name = self.env._(
                "Request %(number)s: %(kind)s",
                number=request.id or "",
                kind=kinds.get(request.kind, ""),
            )

    @api.depends("state")
    def _compute_file_ids(self):
        Attachment = self.env["ir.attachment"]
        for request in self:
            request.file_ids = Attachment.search(
                [("res_model", "=", self._name), ("res_id", "in", request.ids)]
            )

    # ---- decisions -----------------------------------------------------------------

    @api.model
    def _decision_transitions(self):
        # OVERRIDE
        roles = (INFORMATION, SEGMENTATION)
        return [
            Transition(
                "submit",
                ("draft",),
                "submitted",
                label=self.env._("Submit"),
                groups=roles,
                voids_to="draft",
                style="primary",
            ),
            *self._answers(roles),
            Transition(DELETE, ("draft",), groups=roles),
        ]

    @api.model
    def _answers(self, roles: tuple[str, ...]) -> list[Transition]:
        """Return what is decided on a submitted request."""
        return [
            Transition(
                "answer",
                ("submitted",),
                "done",
                label=self.env._("Carry out"),
                groups=roles,
                asked=True,
                due_hours=DUE_HOURS,
                style="primary",
            ),
            Transition(
                "erase",
                ("submitted",),
                "done",
                label=self.env._("Erase for ever"),
                groups=roles,
                two_person=True,
                style="danger",
            ),
            Transition(
                "refuse",
                ("submitted",),
                "refused",
                label=self.env._("Refuse"),
                groups=roles,
                needs_reason=True,
            ),
            Transition(
                "withdraw",
                ("submitted",),
                "withdrawn",
                label=self.env._("Withdraw"),
                groups=roles,
            ),
        ]

    def _decision_offers(self):
        # EXTENDS: carrying out an erasure is one button, the one that says so.
        hidden = "answer" if self.kind == "erase" else "erase"
        offers = super()._decision_offers()
        return [offer for offer in offers if offer["name"] != hidden]

    def _decision_check(self, transition):
        # OVERRIDE
        if transition.name not in ("submit", "answer", "erase"):
            return
        self.env["crm.data.subject"]._check_subject(self.partner_id)
        if transition.name == "submit":
            return
        if (transition.name == "erase") != (self.kind == "erase"):
            raise UserError(
                self.env._("“%s” is not what the person asked for.", transition.label)
            )
        if not self.contact:
            raise UserError(
                self.env._(
                    "Write down how the person was identified before anything is given "
                    "away or erased."
                )
            )
        if transition.name == "erase":
            self._check_nothing_leaves()

    def _check_nothing_leaves(self) -> None:
        """A message in the hands of a sender would be recorded after the erasure."""
        leaving = self.env["crm.outbox"].sudo()
        domain = [
            ("partner_key", "=", self.partner_id.id),
            ("state", "in", ("claimed", "sending")),
        ]
        if leaving.search_count(domain, limit=1):
            raise UserError(
                self.env._(
                    "A message to this person is leaving right now. Try again in a "
                    "few minutes."
                )
            )

    def _decision_done(self, transition, decision):
        # OVERRIDE
        subjects = self.env["crm.data.subject"].sudo()
        if transition.name == "erase":
            subject = subjects._subject(self.partner_id.sudo())
            subjects._erase(subject, self.company_id)
        elif transition.name == "answer" and self.kind == "access":
            subject = subjects._subject(self.partner_id)
            self._make_files(subjects._export(subject, self.company_id))

    # ---- what the person gets --------------------------------------------------------

    def _make_files(self, pages: list[tuple]) -> None:
        """Attach what is held about the person, to be read by people and programs."""
        name = f"personal-data-{self.id}"
        files = {f"{name}.json": _as_json(pages), f"{name}.xlsx": _as_workbook(pages)}
        self.env["ir.attachment"].sudo().create(
            [
                {"name": name, "raw": raw, "res_model": self._name, "res_id": self.id}
                for name, raw in files.items()
            ]
        )
        self.invalidate_recordset(["file_ids"])

    def action_open_person(self):
        """Open the contact, e.g. to correct it."""
        one(self)
        return self.partner_id.get_formview_action()

    @api.autovacuum
    def _gc_files(self) -> tuple[int, int]:
        """Delete files made for persons: sent long ago, they only wait to leak."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.env["ir.attachment"].sudo()
        old = old.search(
            [("res_model", "=", self._name), ("create_date", "<", before)],
            limit=GC_UNLINK_LIMIT,
        )
        count = len(old)
        old.unlink()
        return count, count == GC_UNLINK_LIMIT


def _as_json(pages: list[tuple]) -> bytes:
    content = {
        label: [dict(zip(titles, row, strict=True)) for row in rows]
        for label, titles, rows in pages
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _as_workbook(pages: list[tuple]) -> bytes:
    """Every value is text: nothing anybody wrote becomes a formula."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for number, (label, titles, rows) in enumerate(pages, 1):
        letters = "".join(sign for sign in label if sign not in "[]:*?/\\'")
        sheet = book.add_worksheet(f"{number} {letters}"[:LONGEST_SHEET])
        for line, values in enumerate([titles, *rows]):
            for column, value in enumerate(values):
                sheet.write_string(line, column, value[:32767])
    book.close()
    return target.getvalue()
