from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.worklists import MANAGER, READER, SALES, Worklist

# A click opens the document the activity is about.
ACTIVITY_VIEWS = ("mail.mail_activity_view_tree_open_target",)
# Records found by something no domain can say are named by id, up to so many.
MOST_NAMED = 2000


class CrmWorklist(models.AbstractModel):
    """The lists of the workbench about customers, contacts and follow-up."""

    _name = "crm.worklist"
    _description = "Lists of the Workbench"

    # ---- a salesperson's ----------------------------------------------------------

    @api.model
    def _planned(self) -> list[Worklist]:
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
    def _customers(self) -> list[Worklist]:
        return [self._cadence(), self._unanswered(), *self._assigned()]

    @api.model
    def _cadence(self) -> Worklist:
        today = fields.Date.context_today(self)
        mine = Domain("user_id", "=", self.env.uid)
        return Worklist(
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
        )

    @api.model
    def _unanswered(self) -> Worklist:
        return Worklist(
            code="unanswered",
            label=self.env._("Quotations without an answer"),
            groups=(SALES,),
            model="sale.order",
            domain=lambda: Domain("id", "in", self._unanswered_ids()),
            date="date_order",
            sequence=40,
            help=self.env._("Sent, and nothing heard from the customer since: ask."),
            views=("sale.view_quotation_tree", "sale.view_order_form"),
        )

    @api.model
    def _assigned(self) -> list[Worklist]:
        return [
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
                help=self.env._("Say hello: you had no contact with them yet."),
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

    # ---- the roles' -----------------------------------------------------------------

    @api.model
    def _roles(self) -> list[Worklist]:
        return [*self._of_managers(), *self._of_contacts(), self._runs()]

    @api.model
    def _of_managers(self) -> list[Worklist]:
        return [
            Worklist(
                code="team_overdue",
                label=self.env._("Follow-ups nobody made"),
                groups=("crm_relationship.group_vp", MANAGER),
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
                groups=("crm_relationship.group_segmentation", MANAGER),
                model="crm.customer.profile",
                domain=lambda: Domain("user_id", "=", False),
                date="first_purchase_date",
                sequence=80,
                help=self.env._("Nobody looks after them: give them to somebody."),
            ),
        ]

    @api.model
    def _of_contacts(self) -> list[Worklist]:
        group = "crm_relationship.group_%s"
        recent = Domain("date", ">=", fields.Datetime.now() - timedelta(days=30))
        ended = ("complained", "unsubscribed")
        return [
            Worklist(
                code="refused",
                label=self.env._("Complaints and unsubscriptions"),
                groups=(group % "campaign", group % "segmentation"),
                model="crm.touch",
                domain=lambda: recent & Domain("response", "in", ended),
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
        ]

    @api.model
    def _runs(self) -> Worklist:
        return Worklist(
            code="runs",
            label=self.env._("Profiles being computed"),
            groups=("crm_relationship.group_information",)
            + ("crm_relationship.group_analyst",),
            model="crm.profile.run",
            domain=lambda: Domain("state", "!=", "done"),
            sequence=90,
            help=self.env._("Until they are done, figures may be incomplete."),
        )
