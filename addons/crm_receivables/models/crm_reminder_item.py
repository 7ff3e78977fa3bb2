from odoo import api, fields, models

from odoo.addons.crm_relationship.records import one


class CrmReminderItem(models.Model):
    """An open item somebody is, was or was about to be reminded of, at a level.

    The row that keeps a customer from being reminded twice of the same at one level.
    """

    _name = "crm.reminder.item"
    _description = "Item of a Reminder"
    _order = "reminder_id, due, id"
    _inherit = ["crm.entry.name.mixin"]
    _log_access = False

    reminder_id = fields.Many2one(
        comodel_name="crm.reminder",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    # Plain, so that it is remembered of an item that is not there any more.
    line_key = fields.Integer(
        string="Journal item id", required=True, readonly=True, aggregator=None
    )
    move_id = fields.Many2one(related="line_id.move_id", string="Entry")
    level_id = fields.Many2one(
        comodel_name="crm.dunning.level",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    rank = fields.Integer(
        string="Days of the level", readonly=True, aggregator=None, required=True
    )
    date = fields.Date(readonly=True, required=True)
    due = fields.Date(readonly=True)
    amount = fields.Monetary(
        string="Open then", readonly=True, help="When it was proposed."
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    # The reminder's, not stored: a run of 20,000 would otherwise write 100,000 items
    # at each step.
    state = fields.Selection(
        selection=[
            ("draft", "Proposed"),
            ("planned", "Waiting"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Left out"),
            ("dropped", "Left out by itself"),
            ("unknown", "Unknown"),
        ],
        string="Status",
        compute="_compute_state",
    )
    reason = fields.Selection(
        selection=lambda self: self.env["crm.reminder"]._reasons(),
        string="Why left out",
        readonly=True,
        help="Why it fell away as the reminder left.",
    )
    live = fields.Boolean(
        readonly=True,
        default=True,
        help="It is or was reminded of at this level, or is about to be.",
    )

    _level_uniq = models.UniqueIndex(
        "(line_key, level_id) WHERE live",
        "This item was reminded of at this level already.",
    )

    @api.depends("reason", "reminder_id.state")
    def _compute_state(self):
        for item in self:
            item.state = "dropped" if item.reason else item.reminder_id.state

    def action_open_entry(self):
        """Open the invoice or entry."""
        one(self)
        return self.line_id.move_id.get_formview_action()
