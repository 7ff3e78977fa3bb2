from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.outbox import Content
from odoo.addons.crm_relationship.models.crm_touch import RESPONSES
from odoo.addons.crm_relationship.records import one

# When what waits for nobody knows what would leave.
NEVER = datetime(9999, 1, 1)
SENDING = ("live", "paused")


class CrmCampaignEnrolment(models.Model):
    """Somebody in the audience of a campaign, and what became of it there.

    Made at the launch and frozen: segments move on, the audience does not. Who was
    kept out by lot is in it, too, and never gets a message.
    """

    _name = "crm.campaign.enrolment"
    _description = "Recipient of a Campaign"
    _inherit = ["crm.outbox.origin.mixin"]
    _order = "id"
    _rec_name = "contact_id"
    _log_access = False

    campaign_id = fields.Many2one(
        comodel_name="crm.campaign", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    partner_key = fields.Integer(
        string="Customer id", required=True, readonly=True, aggregator=None
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Recipient",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    contact_key = fields.Integer(
        string="Recipient id", required=True, readonly=True, aggregator=None
    )
    address = fields.Char(readonly=True)
    arm = fields.Selection(
        selection=[("treated", "Written to"), ("holdout", "Kept out")],
        string="Group",
        required=True,
        readonly=True,
        default="treated",
    )
    state = fields.Selection(
        selection=[
            ("planned", "Waiting"),
            ("held", "Held"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Left out"),
            ("unknown", "Unknown"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="planned",
    )
    reason = fields.Char(string="Rule", readonly=True)
    text = fields.Char(string="Why", readonly=True)
    due = fields.Datetime(string="To leave", readonly=True)
    sent_date = fields.Datetime(string="Sent on", readonly=True)
    outbox_key = fields.Integer(string="Message id", readonly=True, aggregator=None)

    activity_key = fields.Integer(
        string="Activity id", readonly=True, aggregator=None, help="Of a call."
    )

    # For the comparison; customers are compared, and each has one row that counts.
    is_eligible = fields.Boolean(
        string="Compared",
        readonly=True,
        help="At the launch nothing forbade writing to this customer. Only such "
        "customers of both groups are compared.",
    )
    is_head = fields.Boolean(
        string="Counts for the customer",
        readonly=True,
        help="Purchases of a customer with several recipients stand in one row.",
    )
    response = fields.Selection(selection=RESPONSES, readonly=True, default="none")
    order_count = fields.Integer(string="Purchases", readonly=True)
    revenue = fields.Monetary(readonly=True)
    margin = fields.Monetary(
        readonly=True, help="Of lines whose cost is known; see the read-out."
    )
    linked_order_count = fields.Integer(string="Orders by link", readonly=True)
    linked_revenue = fields.Monetary(string="Revenue by link", readonly=True)

    _campaign_contact_uniq = models.Constraint(
        "UNIQUE(campaign_id, contact_key)",
        "Everybody is in the audience of a campaign once.",
    )
    _campaign_customer_idx = models.Index("(campaign_id, partner_key)")
    _campaign_state_idx = models.Index("(campaign_id, state)")
    _unknown_idx = models.Index("(due) WHERE state = 'unknown'")
    _campaign_address_idx = models.Index("(campaign_id, address) WHERE is_eligible")

    def action_open_customer(self):
        """Open the customer's page."""
        one(self)
        return self.partner_id.action_open_crm_customer()

    # ---- for the outbox -------------------------------------------------------------

    def _outbox_content(self) -> Content:
        # OVERRIDE
        self.ensure_one()
        return self.env["crm.campaign.text"]._content(self)

    def _outbox_refusals(self) -> dict[int, tuple]:
        # EXTENDS 'crm_relationship'
        refusals = super()._outbox_refusals()
        found = self._rules_found()
        said = self.env["crm.campaign.audience"]._own_sentences() if found else {}
        for row_id, rule in found.items():
            wait = (NEVER,) if rule == "campaign_paused" else ()
            refusals[row_id] = (rule, said[rule], *wait)
        return refusals

    def _rules_found(self) -> dict[int, str]:
        """Return the rule of campaigns that keeps each row from leaving now, if any."""
        kept_out = self._kept_out()
        over = self.campaign_id.offer_id.filtered(lambda offer: offer._is_over())
        found = {}
        for row in self:
            campaign = row.campaign_id
            rules = {
                "holdout": row.arm == "holdout",
                "merged": row.id in kept_out,
                "campaign_stopped": campaign.state not in SENDING,
                "campaign_paused": campaign.state == "paused",
                "over": campaign.offer_id in over,
                "archived": row.partner_id and not row.partner_id.active,
            }
            rule = next((name for name, holds in rules.items() if holds), None)
            if rule:
                found[row.id] = rule
        return found

    def _kept_out(self) -> set[int]:
        """Return the rows whose customer is kept out of the campaign by another row,
        e.g. because two customers were merged."""
        twins = self.search(
            [
                ("campaign_id", "in", self.campaign_id.ids),
                ("partner_key", "in", self.mapped("partner_key")),
                ("arm", "=", "holdout"),
            ]
        )
        pairs = {(twin.campaign_id, twin.partner_key) for twin in twins}
        return {row.id for row in self if (row.campaign_id, row.partner_key) in pairs}

    @api.model
    def _outbox_state_sql(self) -> SQL:
        # OVERRIDE: what waits because of a rule is held.
        return SQL(
            """CASE WHEN o.state = 'planned' AND o.reason IS NOT NULL THEN 'held'
                    WHEN o.state IN ('claimed', 'sending') THEN 'planned'
                    ELSE o.state END"""
        )

    def _outbox_moved(self, outbox) -> None:
        # OVERRIDE
        self._outbox_follow(
            outbox,
            also=SQL(
                """outbox_key = o.id, activity_key = o.activity_key,
                   due = CASE WHEN o.due < %s THEN o.due ELSE r.due END,
                   sent_date = CASE WHEN o.state = 'sent'
                                    THEN COALESCE(o.send_date, o.done_date) END""",
                NEVER,
            ),
        )

    # ---- merged contacts ------------------------------------------------------------

    @api.model
    def _merge_partners(self, src_ids: list[int], dst_id: int) -> None:
        """Give rows of merged contacts to the one that stays; of two in one campaign
        the one that got further stays.

        A customer in both groups of a campaign is compared in neither.
        """
        everybody = [*src_ids, dst_id]
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """DELETE FROM crm_campaign_enrolment WHERE id IN (
                       SELECT id FROM (
                           SELECT id, row_number() OVER (
                                      PARTITION BY campaign_id
                                          ORDER BY state = 'sent' DESC,
                                                   state = 'unknown' DESC,
                                                   arm = 'holdout' DESC,
                                                   contact_key = %s DESC, id) AS rank
                             FROM crm_campaign_enrolment
                            WHERE contact_id = ANY(%s)) twins
                        WHERE rank > 1)""",
                dst_id,
                everybody,
            )
        )
        for column, key in (
            ("contact_id", "contact_key"),
            ("partner_id", "partner_key"),
        ):
            self.env.cr.execute(
                SQL(
                    """UPDATE crm_campaign_enrolment SET %(column)s = %(dst)s,
                              %(key)s = %(dst)s
                        WHERE %(column)s = ANY(%(src)s)""",
                    column=SQL.identifier(column),
                    key=SQL.identifier(key),
                    dst=dst_id,
                    src=src_ids,
                )
            )
        self._compare_merged(dst_id)
        self.invalidate_model()

    @api.model
    def _compare_merged(self, partner_id: int) -> None:
        """Let one row count for a merged customer, none if it is in both groups."""
        self.env.cr.execute(
            SQL(
                """UPDATE crm_campaign_enrolment e
                      SET is_eligible = e.is_eligible AND NOT x.mixed,
                          is_head = e.is_eligible AND NOT x.mixed AND e.id = x.head
                     FROM (SELECT campaign_id, count(DISTINCT arm) > 1 AS mixed,
                                  min(id) FILTER (WHERE is_eligible) AS head
                             FROM crm_campaign_enrolment WHERE partner_id = %s
                         GROUP BY campaign_id) x
                    WHERE e.campaign_id = x.campaign_id AND e.partner_id = %s""",
                partner_id,
                partner_id,
            )
        )
