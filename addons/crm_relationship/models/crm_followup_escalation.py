from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

CASES_AT_ONCE = 100


class CrmFollowupEscalation(models.Model):
    """An overdue follow-up the team's leader was told about: once per case."""

    _name = "crm.followup.escalation"
    _description = "Escalated Follow-up"
    _order = "id desc"
    _log_access = True

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    # A plain number: the activity may be cancelled, the case was told all the same.
    activity_key = fields.Integer(
        string="Activity id", required=True, readonly=True, aggregator=None
    )
    date_deadline = fields.Date(string="Was due", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    leader_id = fields.Many2one(
        comodel_name="res.users",
        string="Told",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    what = fields.Char(
        string="What was planned",
        compute="_compute_what",
        help="Empty if it was cancelled since, or is on a document you may not see.",
    )

    _activity_uniq = models.Constraint(
        "UNIQUE(activity_key)", "This case was told already."
    )

    @api.depends("activity_key")
    def _compute_what(self):
        activities = self.env["mail.activity"].with_context(active_test=False)
        found = activities.search([("id", "in", self.mapped("activity_key"))])
        names = {
            activity.id: ": ".join(
                filter(None, (activity.res_name, activity.display_name))
            )
            for activity in found
        }
        for case in self:
            case.what = names.get(case.activity_key)

    @api.model
    def _cron_escalate(self) -> None:
        """Tell leaders about follow-ups that are too long overdue, in batches."""
        cron = self.env["ir.cron"]
        while found := self._overdue(CASES_AT_ONCE):
            self._tell(found)
            full = len(found) == CASES_AT_ONCE
            if not (cron._commit_progress(len(found), remaining=int(full)) and full):
                break

    @api.model
    def _overdue(self, limit: int) -> list[tuple]:
        """Return (activity, company, salesperson, leader) of cases nobody was told of.

        The leader is that of the salesperson's team; who has none, or leads it, has
        nobody to be told.
        """
        self.env.flush_all()
        today = self.env.cr.now().date()
        documents = self.env["crm.touch.recorder"]._touch_documents()
        return self.env.execute_query(
            SQL(
                """SELECT a.id, u.company_id, a.user_id, MIN(tm.user_id)
                     FROM mail_activity a
                     JOIN mail_activity_type y ON y.id = a.activity_type_id
                                              AND y.crm_channel_id IS NOT NULL
                     JOIN res_users u ON u.id = a.user_id
                     JOIN res_company c ON c.id = u.company_id
                     JOIN crm_team_member m ON m.user_id = a.user_id AND m.active
                     JOIN crm_team tm ON tm.id = m.crm_team_id
                                     AND tm.user_id != a.user_id
                    WHERE a.active AND a.res_model IN %(documents)s
                      AND COALESCE(c.crm_escalation_days, 0) > 0
                      AND a.date_deadline < %(today)s::date - c.crm_escalation_days
                      AND NOT EXISTS (SELECT FROM crm_followup_escalation e
                                       WHERE e.activity_key = a.id)
                 GROUP BY a.id, u.company_id, a.user_id
                 ORDER BY a.date_deadline, a.id LIMIT %(limit)s""",
                documents=documents,
                today=today,
                limit=limit,
            )
        )

    @api.model
    def _tell(self, found: list[tuple]) -> None:
        """Plan an activity of the leader's for each case, and remember the case."""
        activities = self.env["mail.activity"].browse(row[0] for row in found)
        kind = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        cases, told = [], []
        for activity, (_id, company_id, user_id, leader_id) in zip(
            activities, found, strict=True
        ):
            cases.append(
                {
                    "company_id": company_id,
                    "activity_key": activity.id,
                    "date_deadline": activity.date_deadline,
                    "user_id": user_id,
                    "leader_id": leader_id,
                }
            )
            if self.env[activity.res_model].browse(activity.res_id).exists():
                told.append(self._leader_activity(activity, leader_id, kind))
        self.create(cases)
        self.env["mail.activity"].create(told)

    @api.model
    def _leader_activity(self, activity, leader_id: int, kind) -> dict:
        leader = self.env["res.users"].browse(leader_id)
        return {
            "res_model_id": activity.res_model_id.id,
            "res_id": activity.res_id,
            "activity_type_id": kind.id if kind else False,
            "user_id": leader_id,
            "date_deadline": fields.Date.today() + timedelta(days=1),
            "summary": self.with_context(lang=leader.lang).env._(
                "Overdue since %(date)s: %(what)s, %(who)s",
                date=activity.date_deadline,
                what=activity.summary or activity.activity_type_id.name,
                who=activity.user_id.name,
            ),
        }
