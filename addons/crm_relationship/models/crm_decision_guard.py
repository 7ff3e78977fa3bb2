from collections.abc import Mapping

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..core import decisions
from ..core.decisions import Transition
from ..records import plain_content

# Nobody outside Python can put this very object into a context, neither a client nor
# an administrator; ``sudo`` has no part in it.
WRITER_KEY = "crm_decision_writer"
_WRITER = object()
# Of the activities that ask somebody to decide.
ACTIVITY_TYPE = "crm_relationship.mail_activity_type_decide"


def is_writer(value) -> bool:
    """Whether a value taken from a context is the mark only this file sets."""
    return value is _WRITER


class CrmDecisionGuard(models.AbstractModel):
    """Keeps the columns a decision stands on from every other hand.

    What a decision was made about is bound to it by a hash over declared fields,
    lines included. When that content changes, a decision on it falls.
    """

    _name = "crm.decision.guard"
    _description = "Guarded by Decisions"
    _inherit = ["mail.thread", "mail.activity.mixin"]

    #: Fields a decision is about. One2many lines add their own ``_decision_content``.
    _decision_content: tuple[str, ...] = ()
    #: State of what is new, and the only one a record can be created in.
    _decision_initial: str = "draft"
    #: States in which the content cannot be changed any more.
    _decision_locked: tuple[str, ...] = ()

    decision_hash = fields.Char(
        string="Content number",
        readonly=True,
        copy=False,
        help="Stands for the content; a decision is bound to it.",
    )
    decision_author_ids = fields.Many2many(
        comodel_name="res.users",
        string="Authors",
        readonly=True,
        copy=False,
        help="Whoever had a hand in the content; they do not decide on it.",
    )
    decision_due = fields.Datetime(string="Decision due", readonly=True, copy=False)
    decision_escalated = fields.Boolean(
        string="Overdue told", readonly=True, copy=False
    )

    # ------------------------------------------------------------
    # Declared by models
    # ------------------------------------------------------------

    @api.model
    def _decision_transitions(self) -> list[Transition]:
        """Return the ways between states. To be overridden."""
        return []

    @api.model
    def _decision_protected(self) -> set[str]:
        """Return columns only decisions write. To be extended with ``super() |``."""
        return {
            "state",
            "decision_hash",
            "decision_author_ids",
            "decision_due",
            "decision_escalated",
        }

    # ------------------------------------------------------------
    # Every way to write
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # Of several values none, which is not a command to take any away.
        blank = {
            name: [] if self._fields[name].type.endswith("2many") else False
            for name in self._decision_protected()
        }
        blank |= {"state": self._decision_initial}
        for vals in vals_list:
            self._decision_check_vals(
                {k for k, v in vals.items() if (v or None) != (blank.get(k) or None)}
            )
        # Given, so that a default_… of the caller's context does nothing.
        records = super().create([{**vals, **blank} for vals in vals_list])
        for record in records:
            record._decision_set(
                decision_hash=record._decision_content_hash(),
                decision_author_ids=[Command.link(self.env.uid)],
            )
        return records

    def copy(self, default=None):
        copies = super().copy(default)
        for record, copied in zip(self, copies, strict=True):
            # Whose content it is does not depend on who presses the button.
            authors = record.sudo().with_context(active_test=False).decision_author_ids
            links = [Command.link(user_id) for user_id in authors.ids]
            copied._decision_set(decision_author_ids=links)
        return copies

    def write(self, vals):
        if is_writer(self.env.context.get(WRITER_KEY)):
            return super().write(vals)
        self._decision_check_vals(vals)
        self._decision_check_acts(vals)
        before = self._decision_content_hashes()
        result = super().write(vals)
        self._decision_content_changed(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_by_decision(self):
        for record in self:
            record._decide(decisions.DELETE)

    def _decision_set(self, **vals) -> None:
        """Write protected columns; the rights were judged by whoever calls this."""
        self._decision_writer(self).write(vals)

    @api.model
    def _decision_writer(self, records):
        """Return records of which protected columns may be written."""
        return records.sudo().with_context(**{WRITER_KEY: _WRITER})

    def _decision_check_vals(self, names) -> None:
        touched = sorted(self._decision_protected().intersection(names))
        if touched:
            labels = [
                self._fields[name]._description_string(self.env) for name in touched
            ]
            raise UserError(
                self.env._(
                    "“%(fields)s” of %(model)s cannot be written: only a decision "
                    "changes it. Use the buttons of the form, or “action_decide”.",
                    fields=", ".join(labels),
                    model=self.env["ir.model"]._get(self._name).name,
                )
            )

    def _decision_check_acts(self, vals: Mapping) -> None:
        """Archiving and moving to another company are decisions as well."""
        for record in self:
            if "active" in vals and bool(vals["active"]) != record.active:
                name = decisions.UNARCHIVE if vals["active"] else decisions.ARCHIVE
                record._decide(name)
            if "company_id" in vals and vals["company_id"] != record.company_id.id:
                record._decide(decisions.MOVE)

    # ------------------------------------------------------------
    # Content
    # ------------------------------------------------------------

    def _decision_values(self) -> dict:
        """Return the content as plain values."""
        self.ensure_one()
        return plain_content(self, self._decision_content)

    def _decision_content_hash(self) -> str:
        # As superuser: lines the editor may not see are part of it all the same.
        return decisions.content_hash(self.sudo()._decision_values())

    def _decision_content_hashes(self) -> dict[int, str]:
        return {record.id: record._decision_content_hash() for record in self}

    def _decision_authors(self):
        """Return the users who had a hand in the content, with all rights; they do not
        decide where the two-person rule holds. To be extended with ``super() |``."""
        self.ensure_one()
        return self.sudo().decision_author_ids

    def _decision_content_changed(self, before: dict[int, str]) -> None:
        """Remember who changed the content; let a decision on the old one fall."""
        for record in self:
            now = record._decision_content_hash()
            if now == before.get(record.id):
                continue
            if record.state in record._decision_locked:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s: its content cannot change any more. "
                        "Ask for something else in a new one.",
                        name=record.display_name,
                        state=record._decision_state_label(record.state),
                    )
                )
            record._decision_set(
                decision_hash=now, decision_author_ids=[Command.link(self.env.uid)]
            )
            record._decision_void()

    def _decision_state_label(self, state: str) -> str:
        labels = dict(self._fields["state"]._description_selection(self.env))
        return labels.get(state, state)

    # ---- continued by crm.decision.mixin ------------------------------------------

    def _decide(self, name: str, reason: str | None = None, seen: str | None = None):
        raise NotImplementedError

    def _decision_void(self) -> None:
        raise NotImplementedError
