from datetime import date, datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..core.worklists import MANAGER, READER, SALES, Worklist

ROLES = ("vp", "analyst", "campaign", "segmentation", "channel", "information")
CHANGED = "crm.workbench/changed"


class CrmWorkbench(models.AbstractModel):
    """What waits for a person, one list per thing to do, with the person's rights.

    Nothing is stored: every list is a search. To add one, extend ``_worklists``.
    """

    _name = "crm.workbench"
    _description = "Workbench"

    @api.model
    def _worklists(self) -> list[Worklist]:
        """Return what may wait. To be extended with ``super() + [...]``."""
        lists = self.env["crm.worklist"]
        sending = self.env["crm.outbox.release"]._worklists()
        events = self.env["crm.inbound.event"]._worklists()
        decisions = self.env["crm.decision"]._worklists()
        return [
            *decisions,
            *lists._planned(),
            *lists._customers(),
            *lists._roles(),
            *sending,
            *events,
        ]

    # ---- what the page asks for ---------------------------------------------------

    @api.model
    @api.readonly
    def get_worklists(self) -> dict:
        """Return what waits for the current user.

        :return: ``sections``: for each role the user has, ``title``, ``empty`` (what to
            do when nothing waits) and ``lists`` with ``code``, ``label``, ``help``,
            ``count``, ``overdue`` (how many are past their due date) and ``oldest``
            (ISO day); ``total``
        """
        self._check_user()
        sections = {}
        for worklist in self._own_worklists():
            row = self._measure(worklist)
            if worklist.quiet and not row["count"]:
                continue
            role = self._role_of(worklist)
            section = sections.setdefault(role, self._section(role))
            section["lists"].append(row)
        for role in self._own_roles():
            sections.setdefault(role, self._section(role))
        ordered = [sections[role] for role in self._roles() if role in sections]
        total = sum(row["count"] for section in ordered for row in section["lists"])
        return {"sections": ordered, "total": total}

    @api.model
    @api.readonly
    def open_worklist(self, code) -> dict:
        """Return the action that opens the records of a list.

        :param code: see :meth:`get_worklists`
        """
        self._check_user()
        known = {worklist.code: worklist for worklist in self._own_worklists()}
        worklist = known.get(code) if isinstance(code, str) else None
        if not worklist:
            raise UserError(self.env._("There is no such list for you."))
        views = [self.env.ref(view).id for view in worklist.views] or [False, False]
        return {
            "type": "ir.actions.act_window",
            "name": worklist.label,
            "res_model": worklist.model,
            "domain": [_sendable(term) for term in Domain(worklist.domain())],
            "views": list(zip(views, ("list", "form"), strict=False)),
            "context": {"create": False},
        }

    @api.model
    def _check_user(self) -> None:
        if not self.env.user._is_internal():
            raise AccessError(self.env._("The workbench is for colleagues only."))

    @api.model
    def _own_worklists(self) -> list[Worklist]:
        """Return the lists of the user's groups whose model the user may read."""
        lists = [
            worklist
            for worklist in self._worklists()
            if self.env.user.has_groups(",".join(worklist.groups))
            and self.env[worklist.model].has_access("read")
        ]
        return sorted(lists, key=lambda worklist: (worklist.sequence, worklist.code))

    @api.model
    def _measure(self, worklist: Worklist) -> dict:
        Model = self.env[worklist.model]
        domain = Domain(worklist.domain())
        [(count, oldest)] = Model._read_group(
            domain, [], ["__count", f"{worklist.date}:min"]
        )
        row = {
            "code": worklist.code,
            "label": worklist.label,
            "help": worklist.help,
            "count": count,
            "overdue": 0,
        }
        if isinstance(oldest, datetime):
            oldest = fields.Datetime.context_timestamp(self, oldest).date()
        if isinstance(oldest, date):
            row["oldest"] = oldest.isoformat()
        if count and worklist.due:
            today = fields.Date.context_today(self)
            late = domain & Domain(worklist.date, "<", today)
            row["overdue"] = Model.search_count(late)
        return row

    # ---- roles --------------------------------------------------------------------

    @api.model
    def _roles(self) -> list[str]:
        """Return the groups that are sections of the page, in their order."""
        return [
            SALES,
            MANAGER,
            *(f"crm_relationship.group_{role}" for role in ROLES),
            READER,
        ]

    @api.model
    def _own_roles(self) -> list[str]:
        """Return the user's roles; a reader is one if there is nothing else."""
        own = [role for role in self._roles() if self.env.user.has_group(role)]
        if len(own) > 1 and READER in own:
            own.remove(READER)
        return own

    @api.model
    def _role_of(self, worklist: Worklist) -> str:
        own = self._own_roles()
        mine = (group for group in worklist.groups if group in own)
        return next(mine, own[0] if own else READER)

    @api.model
    def _section(self, role: str) -> dict:
        title, empty = self._role_texts()[role]
        return {"role": role, "title": title, "empty": empty, "lists": []}

    @api.model
    def _role_texts(self) -> dict[str, tuple[str, str]]:
        """Return name and what to do when nothing waits, by group."""
        texts = {
            "vp": (
                self.env._("Relationship and communication"),
                self.env._(
                    "Nothing waits for your decision. Look at the follow-up rate."
                ),
            ),
            "analyst": (
                self.env._("Analysis"),
                self.env._(
                    "Nothing waits. Look for the next opportunity in the segments."
                ),
            ),
            "campaign": (
                self.env._("Campaigns"),
                self.env._("Nothing waits. Design the next offer."),
            ),
            "segmentation": (
                self.env._("Segmentation"),
                self.env._(
                    "Nothing waits. Everybody has somebody who looks after them."
                ),
            ),
            "channel": (
                self.env._("Channels"),
                self.env._("Nothing waits: every address reached somebody."),
            ),
            "information": (
                self.env._("Information"),
                self.env._("Nothing waits: data are complete and up to date."),
            ),
        }
        texts = {f"crm_relationship.group_{role}": t for role, t in texts.items()}
        return texts | self._sales_texts()

    @api.model
    def _sales_texts(self) -> dict[str, tuple[str, str]]:
        return {
            SALES: (
                self.env._("Sales"),
                self.env._("Nothing waits. Open a customer and plan the next call."),
            ),
            MANAGER: (
                self.env._("Sales management"),
                self.env._("Nothing waits: every follow-up of the teams was made."),
            ),
            READER: (
                self.env._("Customers"),
                self.env._("Nothing waits for you. You may read all customers."),
            ),
        }

    # ---- telling ------------------------------------------------------------------

    @api.model
    def _notify(self, users) -> None:
        """Let the open workbenches of users read again, after the commit."""
        for user in users:
            user._bus_send(CHANGED, {})


def _sendable(term):
    """Return a term of a domain as plain JSON."""
    if isinstance(term, str):
        return term
    name, operator, value = term
    if isinstance(value, datetime):
        value = fields.Datetime.to_string(value)
    elif isinstance(value, date):
        value = fields.Date.to_string(value)
    elif not isinstance(value, str | int | float):
        value = list(value)
    return [name, operator, value]
