from odoo import fields, models
from odoo.tools import SQL

from ..records import one


class CrmFollowupReport(models.Model):
    """A call or visit that was planned with a customer, and whether it was made.

    One row per planned activity of a type whose channel is telephone or visit, on a
    customer, lead, quotation or order, whose day is over or that is done. The rate of a
    salesperson and a period is the share of what was due in it that was made; on time
    is what was made by its due date. Cancelled activities are not due; one put off is
    due on its new date.
    """

    _name = "crm.followup.report"
    _description = "Follow-up Rate"
    _auto = False
    _order = "date_deadline desc, id desc"
    _rec_name = "summary"
    _depends = {
        "mail.activity": [
            "active",
            "date_deadline",
            "date_done",
            "user_id",
            "res_model",
        ],
        "mail.activity.type": ["crm_channel_id"],
        "crm.channel": ["kind"],
        "crm.team.member": ["user_id", "crm_team_id", "active"],
    }

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    team_id = fields.Many2one(
        comodel_name="crm.team", string="Sales team", readonly=True
    )
    channel_id = fields.Many2one(comodel_name="crm.channel", readonly=True)
    activity_type_id = fields.Many2one(
        comodel_name="mail.activity.type", string="Kind", readonly=True
    )
    summary = fields.Char(readonly=True)
    date_deadline = fields.Date(string="Due", readonly=True)
    date_done = fields.Date(string="Made on", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    state = fields.Selection(
        selection=[
            ("on_time", "Made on time"),
            ("late", "Made late"),
            ("missing", "Not made"),
        ],
        readonly=True,
    )
    due_count = fields.Integer(string="Number due", readonly=True)
    done_count = fields.Integer(string="Number made", readonly=True)
    on_time_count = fields.Integer(string="Number made on time", readonly=True)
    done_rate = fields.Float(
        string="Follow-up rate (%)",
        readonly=True,
        aggregator="avg",
        help="Made of those due, in percent.",
    )
    on_time_rate = fields.Float(
        string="On time (%)",
        readonly=True,
        aggregator="avg",
        help="Made by the due date of those due, in percent.",
    )

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """SELECT q.id, q.company_id, q.user_id, q.team_id, q.channel_id,
                      q.activity_type_id, q.summary, q.date_deadline, q.date_done,
                      q.res_model, q.res_id, 1 AS due_count,
                      q.done AS done_count, q.on_time AS on_time_count,
                      q.done * 100.0 AS done_rate, q.on_time * 100.0 AS on_time_rate,
                      CASE WHEN q.on_time = 1 THEN 'on_time' WHEN q.done = 1
                           THEN 'late' ELSE 'missing' END AS state
                 FROM (SELECT a.id, u.company_id, a.user_id,
                              (SELECT m.crm_team_id FROM crm_team_member m
                                WHERE m.user_id = a.user_id AND m.active
                                ORDER BY m.id LIMIT 1) AS team_id,
                              y.crm_channel_id AS channel_id, a.activity_type_id,
                              a.summary, a.date_deadline, a.date_done, a.res_model,
                              a.res_id, (a.date_done IS NOT NULL)::int AS done,
                              COALESCE(a.date_done <= a.date_deadline, FALSE)::int
                                  AS on_time
                         FROM mail_activity a
                         JOIN mail_activity_type y ON y.id = a.activity_type_id
                         JOIN crm_channel c ON c.id = y.crm_channel_id
                                           AND c.kind IN ('phone', 'visit')
                         JOIN res_users u ON u.id = a.user_id
                        WHERE a.res_model IN ('res.partner', 'crm.lead', 'sale.order')
                          AND (a.date_done IS NOT NULL
                               OR a.active AND a.date_deadline < %s)) q""",
            fields.Date.context_today(self),
        )

    def action_open_document(self):
        """Open the customer, lead or quotation of a follow-up."""
        one(self)
        return self.env[self.res_model].browse(self.res_id).get_formview_action()
