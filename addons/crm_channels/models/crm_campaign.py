from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount

from .crm_campaign_flow import LOCKED

KINDS = ("email", "phone", "letter")
WINDOW_DAYS = 30
LONGEST_WINDOW = 365


class CrmCampaign(models.Model):
    """An offer made to a segment through a channel, decided by the right roles.

    It has an UTM campaign of its own, so that links, orders and leads find it, and is
    none itself: whoever may edit those could rename or delete what was approved.
    """

    _name = "crm.campaign"
    _description = "Campaign"
    _inherit = ["crm.campaign.flow", "crm.campaign.screen"]
    _order = "id desc"
    _check_company_auto = True

    _decision_content = (
        *("brief", "goal", "segment_id", "channel_id", "recipient_rule", "function"),
        *("offer_id", "date_start", "holdout_percent", "budget", "priority"),
        *("expected_rate", "expected_margin", "window_days", "user_id"),
    )

    name = fields.Char(required=True, tracking=True)
    # Declared once more, so that its table is this module's and goes with it.
    decision_author_ids = fields.Many2many()
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Campaign manager",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
        tracking=True,
        help="In whose name customers are written to.",
    )
    utm_campaign_id = fields.Many2one(
        comodel_name="utm.campaign",
        string="UTM campaign",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="By which links, orders and leads find this campaign.",
    )
    state = fields.Selection(
        selection=[
            ("brief", "Brief"),
            ("intent", "Intent to be accepted"),
            ("design", "Design"),
            ("budget", "Budget to be approved"),
            ("contact", "Contact to be decided"),
            ("approved", "Approved"),
            ("live", "Live"),
            ("paused", "Paused"),
            ("stopped", "Stopped"),
            ("evaluated", "Evaluated"),
            ("closed", "Closed"),
            ("refused", "Refused for good"),
            ("withdrawn", "Given up"),
        ],
        string="Status",
        group_expand="_group_states",
        required=True,
        readonly=True,
        default="brief",
        copy=False,
        index=True,
        tracking=True,
    )

    # What it is for
    brief = fields.Text(
        string="Opportunity",
        required=True,
        help="What was found in the data, and what could come of it.",
    )
    goal = fields.Char(help="What will be different afterwards, in one sentence.")
    segment_id = fields.Many2one(
        comodel_name="crm.segment", required=True, index=True, ondelete="restrict"
    )

    # Who gets what, when, and by which way
    channel_id = fields.Many2one(
        comodel_name="crm.channel",
        required=True,
        domain=[("kind", "in", KINDS)],
        default=lambda self: self._default_channel(),
        ondelete="restrict",
    )
    kind = fields.Selection(related="channel_id.kind", string="Kind of channel")
    recipient_rule = fields.Selection(
        selection=[
            ("company", "The customer's own address"),
            ("function", "Contacts by function"),
            ("all", "All contacts who may be written to"),
            ("best", "The best contact"),
        ],
        string="Who is addressed",
        required=True,
        default="company",
        help="The best contact answered last, or else heard from us last, among those "
        "who may be written to.",
    )
    function = fields.Char(
        help="Part of the job title of those addressed, e.g. purchas.",
    )
    offer_id = fields.Many2one(
        comodel_name="crm.offer",
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    date_start = fields.Datetime(
        string="Not before", help="Empty means as soon as it is launched."
    )
    priority = fields.Integer(
        string="Weight",
        aggregator=None,
        help="Of several campaigns for which a customer has no room, the heavier goes.",
    )
    holdout_percent = fields.Integer(
        string="Hold-out (%)",
        default=10,
        aggregator=None,
        help="How many of a hundred customers are kept out by lot. Without them nobody "
        "can say what the campaign caused.",
    )

    # Money
    budget = fields.Monetary(tracking=True)
    expected_rate = fields.Float(
        string="Expected buyers (%)", digits=(6, 2), aggregator="avg"
    )
    expected_margin = fields.Monetary(
        string="Expected margin per order", aggregator="avg"
    )
    window_days = fields.Integer(
        string="Result window (days)",
        default=lambda self: self._default_window_days(),
        aggregator=None,
        help="Purchases up to so many days after the last message count as result.",
    )

    # What happened; written by this program only
    launch_date = fields.Datetime(
        string="Launched on",
        readonly=True,
        copy=False,
        help="The segment's members of this moment are the audience.",
    )
    is_launching = fields.Boolean(
        string="Audience being made", readonly=True, copy=False
    )
    position = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Customers up to this id are in the audience.",
    )
    end_date = fields.Datetime(string="Ended on", readonly=True, copy=False)
    test_hash = fields.Char(readonly=True, copy=False)
    test_date = fields.Datetime(string="Tested on", readonly=True, copy=False)
    test_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Test went to",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    plan_ids = fields.One2many(
        comodel_name="crm.contact.plan",
        inverse_name="campaign_id",
        string="Simulations",
        readonly=True,
    )
    approved_plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Decided with",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The simulation seen when contact was decided. Launched is what it "
        "showed: about these customers, within the budget.",
    )
    learning = fields.Text(
        string="What we learned",
        copy=False,
        help="Goes back to the analysts when the campaign is evaluated.",
    )

    _utm_campaign_uniq = models.Constraint(
        "UNIQUE(utm_campaign_id)", "An UTM campaign belongs to one campaign."
    )
    _holdout_check = models.Constraint(
        "CHECK(holdout_percent BETWEEN 0 AND 50)",
        "Between 0 and 50 of a hundred customers are kept out.",
    )
    _window_check = models.Constraint(
        f"CHECK(window_days BETWEEN 1 AND {LONGEST_WINDOW})",
        "The result window is 1 to 365 days long.",
    )
    _amounts_check = models.Constraint(
        "CHECK(budget >= 0 AND expected_rate BETWEEN 0 AND 100)",
        "A budget is not negative, and of a hundred at most a hundred buy.",
    )

    @api.model
    def _default_channel(self):
        return self.env["crm.channel"].search([("kind", "=", "email")], limit=1)

    @api.model
    def _default_window_days(self) -> int:
        """Return how many days results are counted unless a campaign says otherwise."""
        return self.env.company.crm_result_window_days or WINDOW_DAYS

    @api.model
    def _group_states(self, states, _domain):
        """Return the states there are in the order of a campaign's way."""
        way = [state for state, _label in self._fields["state"].selection]
        return sorted(states, key=way.index)

    # ---- what is known of it --------------------------------------------------------

    def _amount_text(self, amount: float) -> str:
        return format_amount(self.env, amount, self.currency_id)

    def _is_tested(self) -> bool:
        return bool(self.test_hash) and self.test_hash == self.decision_hash

    def _current_plan(self):
        """Return the last simulation of the content as it is now."""
        plans = self.plan_ids.filtered(lambda p: p.content_hash == self.decision_hash)
        return plans.sorted("id")[-1:]

    # ---- writing --------------------------------------------------------------------

    def _decision_values(self):
        # EXTENDS crm.decision.guard: what is offered, and the rule of who is meant, are
        # part of it, wherever they are edited.
        segment = self.segment_id
        return super()._decision_values() | {
            "offer": self.offer_id._decision_values() if self.offer_id else {},
            "segment": {
                "kind": segment.kind,
                "domain": segment.domain or "",
                "cells": sorted(segment.rfm_cell_ids.ids),
                "squares": segment.rfm_squares or "",
                "scheme": segment.rfm_scheme_id.id or 0,
            },
        }

    def _decision_authors(self):
        # EXTENDS crm.decision.guard: also who wrote the offer.
        return super()._decision_authors() | self.sudo().offer_id.author_ids

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        # One UTM campaign each, whatever a caller or a context names.
        titles = [vals.get("name") or self.env._("Campaign") for vals in vals_list]
        made = self.env["utm.campaign"].sudo().create([{"title": t} for t in titles])
        return super().create(
            [
                {**vals, "utm_campaign_id": utm.id}
                for vals, utm in zip(vals_list, made, strict=True)
            ]
        )

    def write(self, vals):
        if "utm_campaign_id" in vals:
            raise AccessError(
                self.env._("A campaign keeps the UTM campaign it was made with.")
            )
        result = super().write(vals)
        if "name" in vals:
            self.sudo().utm_campaign_id.write({"title": vals["name"]})
        return result

    def unlink(self):
        self.check_access("unlink")
        made = self.sudo().utm_campaign_id
        result = super().unlink()
        made.unlink()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for campaign, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", campaign.name)
        return vals_list

    @api.constrains("recipient_rule", "function")
    def _check_function(self):
        for campaign in self:
            named = (campaign.function or "").strip()
            if campaign.recipient_rule == "function" and not named:
                raise ValidationError(
                    self.env._("Name the function of those who are addressed.")
                )

    @api.constrains("segment_id", "company_id")
    def _check_segment_company(self):
        for campaign in self:
            if campaign.segment_id.company_id != campaign.company_id.root_id:
                raise ValidationError(
                    self.env._(
                        "The segment “%s” is another company's.",
                        campaign.segment_id.name,
                    )
                )

    @api.constrains("channel_id")
    def _check_channel(self):
        for campaign in self:
            channel = campaign.channel_id
            if channel.kind not in KINDS:
                raise ValidationError(
                    self.env._(
                        "Campaigns go by e-mail, call or letter, not by “%s”.",
                        channel.name,
                    )
                )
            if channel.company_id not in (
                channel.company_id.browse(),
                campaign.company_id,
            ):
                raise ValidationError(
                    self.env._("The channel “%s” is another company's.", channel.name)
                )

    # ---- back to the analyst --------------------------------------------------------

    def _tell_analyst(self) -> None:
        """Give what was learned to the analysts, as something to do."""
        group = self.env.ref("crm_relationship.group_analyst").sudo()
        analysts = group.all_user_ids.filtered(
            lambda user: self.company_id in user.company_ids
        )
        named = (self.sudo().create_uid | self.segment_id.sudo().user_id) & analysts
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Learn from the campaign: %s", self.name),
            note=self.learning,
            user_id=named[:1].id,
        )
        self.env["crm.workbench"]._notify(analysts)

    @api.model
    def _of_segments(self, segments):
        """Return the undecided and approved campaigns for segments, with all rights."""
        return self.sudo().search(
            Domain("segment_id", "in", segments.ids) & Domain("state", "not in", LOCKED)
        )

    @api.model
    def _of_offers(self, offers):
        """Return the campaigns an offer is content of, with all rights: those refused
        or given up let it go."""
        return self.sudo().search(
            Domain("offer_id", "in", offers.ids)
            & Domain("state", "not in", ("refused", "withdrawn"))
        )
