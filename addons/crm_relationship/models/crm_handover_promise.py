from odoo import fields, models


class CrmHandoverPromise(models.Model):
    """Something the predecessor promised the customer: the successor keeps it.

    Once the handover is accepted, each promise is a planned activity of the successor.
    """

    _name = "crm.handover.promise"
    _description = "Promise Handed Over"
    _inherit = ["crm.decision.content.mixin"]
    _order = "date, id"

    _decision_parent = "handover_id"
    _decision_content = ("name", "date")

    handover_id = fields.Many2one(
        comodel_name="crm.handover", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="handover_id.company_id", store=True, precompute=True, index=True
    )
    name = fields.Char(string="What was promised", required=True)
    date = fields.Date(string="Due", required=True, help="The day it falls due.")

    def _plan_for(self, customer, user) -> None:
        """Plan an activity per promise on the customer; runs as superuser."""
        kind = self.env.ref("mail.mail_activity_data_todo")
        self.env["mail.activity"].create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id(customer._name),
                    "res_id": customer.id,
                    "activity_type_id": kind.id,
                    "summary": promise.name,
                    "date_deadline": promise.date,
                    "user_id": user.id,
                }
                for promise in self
            ]
        )
