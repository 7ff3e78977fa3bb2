from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from ..core import decisions
from ..core.decisions import Capacity, Refused, Subject, Transition
from ..records import one
from .crm_decision_guard import ACTIVITY_TYPE

MOST_REASON = 2000


def _role_name(group) -> str:
    """Return a group as people know it: the role, and which of its steps."""
    role = group.privilege_id
    return (
        f"{role.name}: {group.name}"
        if len(role.group_ids) > 1
        else role.name or group.name
    )


class CrmDecisionMixin(models.AbstractModel):
    """Documents on which roles decide.

    A model declares ``state``, ``_decision_content``, ``_decision_transitions()`` and
    what follows from a decision in ``_decision_done()``. Buttons, refusals, the trail,
    the request to whoever decides next, its due time and its escalation come from here.
    """

    _name = "crm.decision.mixin"
    _description = "Decided by Roles"
    _inherit = ["crm.decision.guard"]

    decision_options = fields.Json(
        string="Possible decisions", compute="_compute_decision_options"
    )
    decision_trail = fields.Json(
        string="Decisions so far", compute="_compute_decision_trail"
    )

    # ------------------------------------------------------------
    # Declared by models
    # ------------------------------------------------------------

    def _decision_persons(self, transition: Transition):
        """Return the users this document names for a transition."""
        return self.env["res.users"]

    def _decision_superiors(self, transition: Transition):
        """Return the users who are told when a decision is overdue; nobody: the
        request to the group is repeated."""
        return self.env["res.users"]

    def _decision_check(self, transition: Transition) -> None:
        """Raise a ``UserError`` if the content does not allow this transition."""

    def _decision_done(self, transition: Transition, decision) -> None:
        """Do what follows from a decision, in its transaction."""

    # ------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------

    def action_decide(self, transition, reason=None, seen=None):
        """Decide on this document.

        :param str transition: name of a transition declared for this kind of document
        :param str reason: the decider's own words, needed by some transitions
        :param str seen: ``decision_hash`` as the decider saw it; content changed
            meanwhile is a refusal instead of a decision on something unseen
        :return: true
        :raise UserError: the rule that forbids it and what to do
        :raise AccessError: another role decides this
        """
        one(self)
        if isinstance(transition, str) and transition in decisions.ACTS:
            raise UserError(
                self.env._("“%s” is decided by doing it, not by itself.", transition)
            )
        self._decide(transition, reason, seen)
        return True

    def _decide(self, name: str, reason: str | None = None, seen: str | None = None):
        # OVERRIDE
        self.ensure_one()
        transition = self._decision_transition(name)
        reason = self._decision_reason(reason)
        if seen is not None and seen != self.decision_hash:
            raise UserError(
                self.env._(
                    "%(name)s was changed since you opened it. Look at it again, then "
                    "decide.",
                    name=self.display_name,
                )
            )
        verdict = self._decision_judge(transition, reason)
        self._decision_check(transition)
        source = self.state
        decision = self._decision_log(
            kind="decided",
            transition=transition,
            to_state=transition.target or source,
            on_behalf_id=verdict.user_id != self.env.uid and verdict.user_id,
            self_approved=verdict.self_approved,
            reason=reason,
            bars=list(transition.bars) or False,
        )
        if transition.target:
            self._decision_enter(transition.target)
        self._decision_done(transition, decision)
        return decision

    def _decision_transition(self, name: str) -> Transition:
        found = [t for t in self._decision_transitions() if t.name == name]
        if not found:
            known = [t.label for t in self._decision_transitions() if t.target]
            raise UserError(
                self.env._(
                    "“%(name)s” is not a decision on %(model)s. There are: %(known)s.",
                    name=name,
                    model=self.env["ir.model"]._get(self._name).name,
                    known=", ".join(known),
                )
            )
        return found[0]

    def _decision_reason(self, reason) -> str:
        if reason is None:
            return ""
        if not isinstance(reason, str) or len(reason) > MOST_REASON:
            raise UserError(
                self.env._("A reason is a text of up to %s characters.", MOST_REASON)
            )
        # Neither a NUL nor half a character can be stored.
        return reason.encode(errors="ignore").decode().replace("\x00", "").strip()

    def _decision_standing(self) -> tuple[list[Capacity], frozenset[str]]:
        """Return in which capacities the current user decides on this document, and
        which transitions a final decision has closed."""
        capacities = self.env["crm.delegation"]._capacities(
            self.env.user, self._decision_company()
        )
        return capacities, frozenset(self._decision_barred())

    def _decision_judge(self, transition: Transition, reason: str, standing=None):
        """Return the verdict on the current user taking a transition.

        :param standing: of ``_decision_standing``, by who judges several transitions
        """
        capacities, barred = standing or self._decision_standing()
        subject = Subject(
            state=self.state,
            authors=frozenset(self._decision_authors().ids),
            persons=frozenset(self.sudo()._decision_persons(transition).ids),
            barred=barred,
            allow_self=self._decision_company().crm_self_approval,
        )
        try:
            return decisions.judge(transition, capacities, subject, reason)
        except Refused as refusal:
            raise self._decision_refusal(refusal.rule, transition) from refusal

    def _decision_refusal(self, rule: str, transition: Transition) -> Exception:
        what = {"what": transition.label or transition.name}
        on = {**what, "name": self.display_name}
        match rule:
            case "state":
                text = self.env._(
                    "“%(what)s” is not possible while %(name)s is %(state)s.",
                    **on,
                    state=self._decision_state_label(self.state),
                )
            case "final":
                text = self.env._(
                    "A final decision closed “%(what)s” for %(name)s. Nobody can "
                    "overrule it; duplicate the document to ask again.",
                    **on,
                )
            case "two_person":
                text = self.env._(
                    "You had a hand in the content of %(name)s, so somebody else "
                    "must decide “%(what)s” (two-person rule).",
                    **on,
                )
            case "reason":
                text = self.env._("“%(what)s” needs a reason in your words.", **what)
            case _:
                text = self.env._(
                    "“%(what)s” on %(name)s is decided by: %(who)s.",
                    **on,
                    who=self._decision_who(transition),
                )
                return AccessError(text)
        return UserError(text)

    def _decision_who(self, transition: Transition) -> str:
        """Return in words who may take a transition."""
        groups = [self.env.ref(group).sudo() for group in transition.groups]
        names = [_role_name(group) for group in groups]
        if transition.persons:
            names += self.sudo()._decision_persons(transition).mapped("name")
        return ", ".join(names) or self.env._("nobody")

    def _decision_company(self):
        return self.sudo().company_id or self.env.company

    def _decision_barred(self) -> set[str]:
        """Return transitions a final decision on this document has closed."""
        taken = self.env["crm.decision"]._of(self._origin).filtered("bars")
        return {name for decision in taken for name in decision.bars}

    # ------------------------------------------------------------
    # States, requests and the trail
    # ------------------------------------------------------------

    def _decision_enter(self, state: str) -> None:
        """Go to a state and ask whoever decides there."""
        due = [t.due_hours for t in self._decision_asked(state) if t.due_hours]
        self._decision_set(
            state=state,
            decision_hash=self._decision_content_hash(),
            decision_due=self.env["crm.decision"]._due_in(min(due, default=0)),
            decision_escalated=False,
        )
        self._decision_forget_requests()
        for transition in self._decision_asked(state)[:1]:
            self._decision_ask(transition, self._decision_persons(transition))
        self.env["crm.workbench"]._notify(self.env.user)

    @api.model
    def _decision_asked(self, state: str) -> list[Transition]:
        return [
            t for t in self._decision_transitions() if t.asked and state in t.sources
        ]

    def _decision_forget_requests(self) -> None:
        kind = self.env.ref(ACTIVITY_TYPE)
        requests = self.sudo().activity_ids.filtered(
            lambda a: a.activity_type_id == kind
        )
        requests.unlink()

    def _decision_ask(self, transition: Transition, users) -> None:
        """Ask persons, or a group by an activity nobody has taken yet."""
        self.ensure_one()
        due = self.decision_due or fields.Datetime.now()
        local = fields.Datetime.context_timestamp(self, due)
        for user in users or [self.env["res.users"]]:
            self.sudo().activity_schedule(
                ACTIVITY_TYPE,
                date_deadline=local.date(),
                summary=transition.label
                if user
                else self.env._(
                    "%(what)s: %(who)s",
                    what=transition.label,
                    who=self._decision_who(transition),
                ),
                user_id=user.id,
            )
        groups = [self.env.ref(name) for name in transition.groups]
        asked = users or self.env["res.users"].union(*(g.all_user_ids for g in groups))
        self.env["crm.workbench"]._notify(asked.sudo())

    def _decision_void(self) -> None:
        # OVERRIDE
        ways = [t for t in self._decision_transitions() if t.target == self.state]
        target = next((t.voids_to for t in ways if t.voids_to), None)
        if not target:
            return
        self._decision_log(kind="voided", transition=ways[0], to_state=target)
        self._decision_enter(target)
        self._decision_tell_voided(ways[0])
        self._decision_voided(ways[0])

    def _decision_tell_voided(self, transition: Transition) -> None:
        """Say to the editor at once, and to everybody who looks, what fell."""
        text = self.env._(
            "The content of %(name)s changed, so “%(what)s” fell: it is %(state)s "
            "again and has to be decided anew.",
            name=self.display_name,
            what=transition.label,
            state=self._decision_state_label(self.state),
        )
        self.sudo().message_post(body=text)
        self.env.user._bus_send(
            "simple_notification", {"type": "warning", "message": text}
        )

    def _decision_voided(self, transition: Transition) -> None:
        """Undo what followed from a decision that fell. To be extended."""

    def _decision_escalate(self) -> None:
        """Tell those above that this decision is overdue; once per request."""
        self.ensure_one()
        self._decision_set(decision_escalated=True)
        for transition in self._decision_asked(self.state)[:1]:
            self._decision_log(
                kind="escalated", transition=transition, to_state=self.state
            )
            self._decision_ask(transition, self._decision_superiors(transition))

    def _decision_log(self, kind: str, transition: Transition, **vals):
        """Record a decision; see ``crm.decision`` for the values."""
        Decision = self._decision_writer(self.env["crm.decision"])
        decision = Decision.create(
            {
                "kind": kind,
                "company_id": self._decision_company().id,
                "res_model": self._name,
                "res_id": self.id,
                "res_name": self.display_name,
                "transition": transition.name,
                "label": transition.label or transition.name,
                "from_state": self.state,
                "user_id": self.env.uid,
                "date": fields.Datetime.now(),
                "due": self.decision_due,
                "content_hash": self.decision_hash,
                **vals,
            }
        )
        self.invalidate_recordset(["decision_options", "decision_trail"])
        return self.env["crm.decision"].browse(decision.id)

    @api.depends("state", "decision_hash")
    @api.depends_context("uid", "lang")
    def _compute_decision_options(self):
        for record in self:
            internal = record.env.user._is_internal()
            record.decision_options = record._decision_offers() if internal else []

    def _decision_offers(self) -> list[dict]:
        """Return the decisions the user may take, and those a rule keeps from them."""
        offers = []
        state = self.state or self._decision_initial
        standing = self._decision_standing()
        for transition in self._decision_transitions():
            if not transition.target or state not in transition.sources:
                continue
            refused = ""
            try:
                self._decision_judge(transition, "?", standing)
            except AccessError:
                continue
            except UserError as error:
                refused = str(error)
            offers.append(
                {
                    "name": transition.name,
                    "label": transition.label,
                    "style": transition.style,
                    "needs_reason": transition.needs_reason,
                    "refused": refused,
                }
            )
        return offers

    @api.depends_context("uid", "lang", "tz")
    def _compute_decision_trail(self):
        for record in self:
            taken = record.id and self.env["crm.decision"]._of(record._origin)
            record.decision_trail = [
                record._decision_trail_row(decision) for decision in taken or []
            ]

    def _decision_trail_row(self, decision) -> dict:
        kinds = dict(decision._fields["kind"]._description_selection(self.env))
        labels = {t.name: t.label for t in self._decision_transitions()}
        return {
            "id": decision.id,
            "kind": decision.kind,
            "kind_label": kinds[decision.kind],
            "label": labels.get(decision.transition) or decision.label,
            "state": self._decision_state_label(decision.to_state),
            "user": decision.user_id.name,
            "on_behalf": decision.on_behalf_id.name or "",
            "date": format_datetime(self.env, decision.date),
            "late": decision.late,
            "self_approved": decision.self_approved,
            "reason": decision.reason or "",
            "final": bool(decision.bars),
        }
