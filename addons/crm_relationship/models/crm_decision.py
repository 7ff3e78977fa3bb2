from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core.decisions import Capacity, Transition
from ..core.worklists import Worklist
from ..records import one
from .crm_decision_guard import ACTIVITY_TYPE, WRITER_KEY, is_writer

ESCALATED_AT_ONCE = 50


class CrmDecision(models.Model):
    """One decision by a role: who, when, on what, why. Written once."""

    _name = "crm.decision"
    _description = "Decision"
    _order = "date desc, id desc"
    _rec_name = "label"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[
            ("decided", "Decided"),
            ("voided", "Fell because the content changed"),
            ("escalated", "Overdue, told to others"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Document type", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", required=True, readonly=True
    )
    res_name = fields.Char(string="Document name", readonly=True)
    transition = fields.Char(required=True, readonly=True)
    label = fields.Char(string="What", readonly=True)
    from_state = fields.Char(string="From", readonly=True)
    to_state = fields.Char(string="To", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    on_behalf_id = fields.Many2one(
        comodel_name="res.users",
        string="On behalf of",
        readonly=True,
        ondelete="restrict",
    )
    date = fields.Datetime(required=True, readonly=True)
    due = fields.Datetime(readonly=True, help="Until when this was to be decided.")
    late = fields.Boolean(compute="_compute_late")
    reason = fields.Text(readonly=True)
    self_approved = fields.Boolean(
        string="On own content",
        readonly=True,
        help="The company allowed people to decide on what they wrote themselves.",
    )
    content_hash = fields.Char(string="Content number", readonly=True)
    bars = fields.Json(string="Closes", readonly=True)

    _document_idx = models.Index("(res_model, res_id, id)")

    @api.depends("date", "due")
    def _compute_late(self):
        for decision in self:
            decision.late = bool(decision.due and decision.date > decision.due)

    # ---- written once --------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._check_writer()
        return super().create(vals_list)

    def write(self, vals):
        self._check_writer()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        self._check_writer()

    def _check_writer(self) -> None:
        """Also superusers write decisions only by deciding."""
        if not is_writer(self.env.context.get(WRITER_KEY)):
            raise UserError(
                self.env._(
                    "Decisions are neither entered, changed nor deleted by hand: they "
                    "are the record of what was decided with the buttons of a document."
                )
            )

    # ---- reading -------------------------------------------------------------------

    def action_open_document(self):
        """Open what was decided on."""
        one(self)
        document = self.env[self.res_model].browse(self.res_id).exists()
        if not document:
            raise UserError(self.env._("This document does not exist any more."))
        return document.get_formview_action()

    @api.model
    def _of(self, document):
        """Return the decisions on a document, newest first."""
        return self.sudo().search(
            [("res_model", "=", document._name), ("res_id", "in", document.ids)]
        )

    # ---- who is asked --------------------------------------------------------------

    @api.model
    def _worklists(self) -> list[Worklist]:
        """Return what waits for a decision of the current user, also in the place of
        somebody absent."""
        capacities = self.env["crm.delegation"]._capacities(
            self.env.user, self.env.company
        )
        return [
            self._worklist(self.env[model], transition, domain)
            for model in sorted(self._decided_models())
            for transition in self.env[model]._decision_transitions()
            if transition.asked
            for domain in [self._asked_domain(transition, capacities)]
        ]

    @api.model
    def _worklist(self, Model, transition: Transition, domain: Domain) -> Worklist:
        return Worklist(
            code=f"decide.{Model._name}.{transition.name}",
            label=self.env._(
                "%(document)s: %(what)s",
                # Unlike the description, it is in the user's language.
                document=self.env["ir.model"]._get(Model._name).name,
                what=transition.label,
            ),
            groups=(*transition.groups, "base.group_user"),
            model=Model._name,
            domain=lambda: domain,
            date="decision_due",
            due=True,
            sequence=5,
            help=self.env._("Somebody waits for your decision."),
            quiet=not self._is_usual(transition),
        )

    @api.model
    def _is_usual(self, transition: Transition) -> bool:
        """Tell whether the user decides this by role, not asked in person."""
        groups = ",".join(transition.groups)
        return bool(groups) and self.env.user.has_groups(groups)

    @api.model
    def _asked_domain(
        self, transition: Transition, capacities: list[Capacity]
    ) -> Domain:
        """Return which documents ask one of these people for a transition."""
        users = [capacity.user_id for capacity in capacities]
        asked = Domain(
            "activity_ids",
            "any",
            [
                ("activity_type_id", "=", self.env.ref(ACTIVITY_TYPE).id),
                ("user_id", "in", users),
            ],
        )
        if any(not c.groups.isdisjoint(transition.groups) for c in capacities):
            asked = Domain.TRUE
        domain = Domain("state", "in", list(transition.sources)) & asked
        if transition.two_person and not self.env.company.crm_self_approval:
            domain &= Domain("decision_author_ids", "not in", users)
        return domain

    # ---- overdue -------------------------------------------------------------------

    @api.model
    def _decided_models(self) -> list[str]:
        """Return the names of models decisions are made on."""
        mixin = self.env.registry["crm.decision.mixin"]
        return [
            name
            for name, model in self.env.registry.items()
            if issubclass(model, mixin) and not model._abstract
        ]

    @api.model
    def _cron_escalate(self) -> None:
        """Tell others about decisions that should have been made."""
        for name in self._decided_models():
            domain = Domain("decision_due", "<", fields.Datetime.now())
            domain &= Domain("decision_escalated", "=", False)
            late = self.env[name].search(domain, order="decision_due, id")
            for start in range(0, len(late), ESCALATED_AT_ONCE):
                batch = late[start : start + ESCALATED_AT_ONCE]
                for document in batch.try_lock_for_update():
                    document._decision_escalate()
                left = len(late) - start - len(batch)
                if not self.env["ir.cron"]._commit_progress(len(batch), remaining=left):
                    return

    @api.model
    def _due_in(self, hours: int):
        """Return the moment that many hours from now; nothing for 0 hours."""
        return hours and fields.Datetime.now() + timedelta(hours=hours)
