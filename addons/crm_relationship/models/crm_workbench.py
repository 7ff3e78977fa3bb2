from datetime import date, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.worklists import SALES, Worklist

READER = "crm_relationship.group_reader"
ROLES = ("vp", "analyst", "campaign", "segmentation", "channel", "information")
CHANGED = "crm.workbench/changed"
# A click opens the document the activity is about.
ACTIVITY_VIEWS = ("mail.mail_activity_view_tree_open_target",)
# Records found by something no domain can say are named by id, up to so many.
MOST_NAMED = 2000


class CrmWorkbench(models.AbstractModel):
    """What waits for a person, one list per thing to do, with the person's rights.

    Nothing is stored: every list is a search. To add one, extend ``_worklists``.
    """

    _name = "crm.workbench"
    _description = "Workbench"

    @api.model
    def _worklists(self) -> list[Worklist]:
        """Return what may wait. To be extended with ``super() + [...]``."""
        return [
            *self._worklists_planned(),
            *self._worklists_customers(),
            *self._worklists_roles(),
        ]

    # ---- a salesperson's ----------------------------------------------------------

    @api.model
    def _worklists_planned(self) -> list[Worklist]:
        documents = self.env["crm.touch.recorder"]._touch_documents()
        mine = Domain("user_id", "=", self.env.uid)
        mine &= Domain("res_model", "in", documents)
        today = fields.Date.context_today(self)
        return [
            Worklist(
                code="overdue",
                label=self.env._("Overdue follow-ups"),
                groups=(SALES, READER),
                model="mail.activity",
                domain=lambda: mine & Domain("date_deadline", "<", today),
                date="date_deadline",
                due=True,
                views=ACTIVITY_VIEWS,
                sequence=10,
                help=self.env._("Planned with a customer and not done in time."),
            ),
            Worklist(
                code="today",
                label=self.env._("Follow-ups of today"),
                groups=(SALES, READER),
                model="mail.activity",
                domain=lambda: mine & Domain("date_deadline", "=", today),
                date="date_deadline",
                due=True,
                views=ACTIVITY_VIEWS,
                sequence=20,
                help=self.env._("Calls, visits and to-dos planned for today."),
            ),
        ]

    @api.model
    def _worklists_customers(self) -> list[Worklist]:
        mine = Domain("user_id", "=", self.env.uid)
        today = fields.Date.context_today(self)
        return [
            Worklist(
                code="cadence",
                label=self.env._("Customers not contacted for too long"),
                groups=(SALES,),
                model="crm.customer.profile",
                domain=lambda: mine & Domain("next_contact_date", "<", today),
                date="next_contact_date",
                due=True,
                sequence=30,
                help=self.env._(
                    "The days between contacts that you or your company set are over."
                ),
            ),
            Worklist(
                code="unanswered",
                label=self.env._("Quotations without an answer"),
                groups=(SALES,),
                model="sale.order",
                domain=lambda: Domain("id", "in", self._unanswered_ids()),
                date="date_order",
                sequence=40,
                help=self.env._(
                    "Sent, and nothing heard from the customer since: ask."
                ),
                views=("sale.view_quotation_tree", "sale.view_order_form"),
            ),
            Worklist(
                code="new_leads",
                label=self.env._("Newly assigned leads and opportunities"),
                groups=(SALES,),
                model="crm.lead",
                domain=lambda: Domain("id", "in", self._new_lead_ids()),
                date="date_open",
                sequence=50,
                help=self.env._("Yours for up to 30 days, and no contact yet."),
                views=("crm.crm_case_tree_view_oppor", "crm.crm_lead_view_form"),
            ),
            Worklist(
                code="handed_over",
                label=self.env._("Customers handed over to you"),
                groups=(SALES,),
                model="crm.customer.profile",
                domain=lambda: Domain("partner_id", "in", self._handed_over_ids()),
                date="last_contact_out_date",
                sequence=60,
                help=self.env._("Say hello: you have not had a contact with them yet."),
            ),
        ]

    @api.model
    def _unanswered_ids(self) -> list[int]:
        """Return own sent quotations older than the company's days, whose customer was
        not in contact since."""
        days = self.env.company._get_crm_quote_days()
        return self._ids_of(
            SQL(
                """SELECT o.id FROM sale_order o
                     JOIN res_partner p ON p.id = o.partner_id
                    WHERE o.state = 'sent' AND o.user_id = %(user)s
                      AND o.date_order < %(before)s
                      AND NOT EXISTS (
                           SELECT FROM res_partner pp
                             JOIN crm_touch t ON t.partner_id = pp.id
                            WHERE pp.commercial_partner_id = p.commercial_partner_id
                              AND t.direction = 'in' AND t.date >= o.date_order)
                 ORDER BY o.date_order LIMIT %(limit)s""",
                user=self.env.uid,
                before=fields.Datetime.now() - timedelta(days=days),
                limit=MOST_NAMED,
            )
        )

    @api.model
    def _new_lead_ids(self) -> list[int]:
        return self._ids_of(
            SQL(
                """SELECT l.id FROM crm_lead l
                    WHERE l.active AND l.won_status = 'pending' AND l.user_id = %(user)s
                      AND l.date_open >= %(since)s
                      AND NOT EXISTS (SELECT FROM crm_touch t
                                       WHERE t.lead_id = l.id AND t.user_id = %(user)s
                                         AND t.date >= l.date_open)
                      AND NOT EXISTS (SELECT FROM crm_touch t
                                       WHERE t.partner_id = l.partner_id
                                         AND t.user_id = %(user)s
                                         AND t.date >= l.date_open)
                 ORDER BY l.date_open LIMIT %(limit)s""",
                user=self.env.uid,
                since=fields.Datetime.now() - timedelta(days=30),
                limit=MOST_NAMED,
            )
        )

    @api.model
    def _handed_over_ids(self) -> list[int]:
        """Return customers the user accepted, without a contact since."""
        return self._ids_of(
            SQL(
                """SELECT DISTINCT p.commercial_partner_id FROM crm_handover h
                     JOIN res_partner p ON p.id = h.partner_id
                    WHERE h.state = 'accepted' AND h.to_user_id = %(user)s
                      AND h.write_date >= %(since)s
                      AND NOT EXISTS (
                           SELECT FROM res_partner pp
                             JOIN crm_touch t ON t.partner_id = pp.id
                            WHERE pp.commercial_partner_id = p.commercial_partner_id
                              AND t.user_id = %(user)s AND t.date >= h.write_date)
                    LIMIT %(limit)s""",
                user=self.env.uid,
                since=fields.Datetime.now() - timedelta(days=90),
                limit=MOST_NAMED,
            )
        )

    @api.model
    def _ids_of(self, query: SQL) -> list[int]:
        """Return the ids a query finds; the search by them applies the user's rules."""
        self.env.flush_all()
        return [row_id for (row_id,) in self.env.execute_query(query)]

    # ---- the roles' ---------------------------------------------------------------

    @api.model
    def _worklists_roles(self) -> list[Worklist]:
        group = "crm_relationship.group_%s"
        recent = Domain("date", ">=", fields.Datetime.now() - timedelta(days=30))
        return [
            Worklist(
                code="team_overdue",
                label=self.env._("Follow-ups nobody made"),
                groups=(group % "vp", "sales_team.group_sale_manager"),
                model="crm.followup.report",
                domain=lambda: Domain("state", "=", "missing"),
                date="date_deadline",
                due=True,
                views=("crm_relationship.crm_followup_report_view_list",),
                sequence=70,
                help=self.env._("Calls and visits due in all teams: talk to the team."),
            ),
            Worklist(
                code="unassigned",
                label=self.env._("Customers without a salesperson"),
                groups=(group % "segmentation", "sales_team.group_sale_manager"),
                model="crm.customer.profile",
                domain=lambda: Domain("user_id", "=", False),
                date="first_purchase_date",
                sequence=80,
                help=self.env._("Nobody looks after them: give them to somebody."),
            ),
            Worklist(
                code="refused",
                label=self.env._("Complaints and unsubscriptions"),
                groups=(group % "campaign", group % "segmentation"),
                model="crm.touch",
                domain=lambda: (
                    recent & Domain("response", "in", ("complained", "unsubscribed"))
                ),
                date="date",
                sequence=80,
                help=self.env._("Of the last 30 days: what were they sent, and why?"),
            ),
            Worklist(
                code="bounced",
                label=self.env._("Addresses that bounced"),
                groups=(group % "channel", group % "information"),
                model="crm.touch",
                domain=lambda: recent & Domain("response", "=", "bounced"),
                date="date",
                sequence=80,
                help=self.env._("Of the last 30 days: find the right address."),
            ),
            Worklist(
                code="runs",
                label=self.env._("Profiles being computed"),
                groups=(group % "information", group % "analyst"),
                model="crm.profile.run",
                domain=lambda: Domain("state", "!=", "done"),
                sequence=90,
                help=self.env._("Until they are done, figures may be incomplete."),
            ),
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
            role = self._role_of(worklist)
            section = sections.setdefault(role, self._section(role))
            section["lists"].append(self._measure(worklist))
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
            "domain": list(Domain(worklist.domain())),
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
            "sales_team.group_sale_manager",
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
        return next((group for group in worklist.groups if group in own), own[0])

    @api.model
    def _section(self, role: str) -> dict:
        title, empty = self._role_texts()[role]
        return {"role": role, "title": title, "empty": empty, "lists": []}

    @api.model
    def _role_texts(self) -> dict[str, tuple[str, str]]:
        """Return name and what to do when nothing waits, by group."""
        _ = self.env._
        group = "crm_relationship.group_"
        return {
            SALES: (
                _("Sales"),
                _("Nothing waits. Open a customer and plan the next call."),
            ),
            "sales_team.group_sale_manager": (
                _("Sales management"),
                _("Nothing waits: every follow-up of the teams was made."),
            ),
            f"{group}vp": (
                _("Relationship and communication"),
                _("Nothing waits for your decision. Look at the follow-up rate."),
            ),
            f"{group}analyst": (
                _("Analysis"),
                _("Nothing waits. Look for the next opportunity in the segments."),
            ),
            f"{group}campaign": (
                _("Campaigns"),
                _("Nothing waits. Design the next offer."),
            ),
            f"{group}segmentation": (
                _("Segmentation"),
                _("Nothing waits. Everybody has somebody who looks after them."),
            ),
            f"{group}channel": (
                _("Channels"),
                _("Nothing waits: every address reached somebody."),
            ),
            f"{group}information": (
                _("Information"),
                _("Nothing waits: data are complete and up to date."),
            ),
            READER: (
                _("Customers"),
                _("Nothing waits for you. You may read all customers."),
            ),
        }

    # ---- telling ------------------------------------------------------------------

    @api.model
    def _notify(self, users) -> None:
        """Let the open workbenches of users read again, after the commit."""
        for user in users:
            user._bus_send(CHANGED, {})
