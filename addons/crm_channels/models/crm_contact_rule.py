from odoo import api, fields, models

from ..core import policy

HOUR, DAY = 3600, 86_400
UNITS = {"hour": HOUR, "day": DAY, "week": 7 * DAY}
# What a rule decides by.
DECIDING = (
    *("active", "kind", "channel_kind", "scope", "max_count", "length", "unit"),
    *("counted", "waits", "quiet_from", "quiet_to", "quiet_days"),
)
DAYS = {
    "all": policy.quiet.EVERY_DAY,
    "weekend": frozenset({5, 6}),
    "sunday": frozenset({6}),
    "workdays": frozenset(range(5)),
}


class CrmContactRule(models.Model):
    """One rule of a contact policy: a cap, a distance or quiet hours."""

    _name = "crm.contact.rule"
    _description = "Contact Rule"
    _order = "policy_id, sequence, id"
    _rec_name = "summary"

    policy_id = fields.Many2one(
        comodel_name="crm.contact.policy",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="policy_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(
        default=10, help="Of several rules that forbid, the first is named."
    )
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[
            ("cap", "At most"),
            ("gap", "Distance"),
            ("quiet", "Quiet hours"),
        ],
        required=True,
        default="cap",
    )
    channel_kind = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("sms", "Text message"),
            ("phone", "Telephone"),
            ("letter", "Letter"),
        ],
        string="Channel",
        help="Empty means all channels together; for quiet hours, all that reach "
        "somebody at once: e-mail, text message and telephone.",
    )
    # Caps and distances
    scope = fields.Selection(
        selection=[("person", "Person"), ("firm", "Firm")],
        string="Per",
        default="person",
        help="A firm is a customer with all its contact persons.",
    )
    max_count = fields.Integer(string="Contacts", default=1)
    length = fields.Integer(default=1)  # pylint: disable=attribute-deprecated
    unit = fields.Selection(
        selection=[("hour", "Hours"), ("day", "Days"), ("week", "Weeks")],
        default="week",
    )
    counted = fields.Selection(
        selection=[("all", "Whatever we say"), ("promotion", "Promotion only")],
        default="all",
        help="Whatever we say: logged calls, service messages, reminders of payment "
        "and the like take a place, too. They are never refused themselves.",
    )
    waits = fields.Boolean(
        string="Wait for room",
        help="A message for which there is no room waits until there is, instead of "
        "being left out.",
    )
    # Quiet hours
    quiet_from = fields.Float(string="From", default=21.0)
    quiet_to = fields.Float(string="To", default=8.0)
    quiet_days = fields.Selection(
        selection=[
            ("all", "Every day"),
            ("weekend", "Saturday and Sunday"),
            ("sunday", "Sunday"),
            ("workdays", "Monday to Friday"),
        ],
        string="Beginning on",
        default="all",
    )
    summary = fields.Char(string="Rule", compute="_compute_summary")

    _count_check = models.Constraint(
        "CHECK(max_count BETWEEN 0 AND 1000)", "A cap is 0 to 1,000 contacts."
    )
    _length_check = models.Constraint(
        "CHECK(length BETWEEN 1 AND 1000)", "A window is 1 to 1,000 units long."
    )
    _quiet_check = models.Constraint(
        "CHECK(quiet_from >= 0 AND quiet_from < 24 "
        "AND quiet_to >= 0 AND quiet_to <= 24)",
        "Quiet hours begin and end at times of the day, from 0:00 to 24:00.",
    )

    @api.depends(
        *("kind", "channel_kind", "scope", "max_count", "length", "unit", "counted"),
        *("quiet_from", "quiet_to", "quiet_days"),
    )
    @api.depends_context("lang")
    def _compute_summary(self):
        for rule in self:
            rule.summary = rule._summary_text()

    def _label(self, name: str) -> str:
        """Return the label of a selection's value in the user's language."""
        field = self._fields[name]
        return dict(field._description_selection(self.env)).get(self[name]) or ""

    def _summary_text(self) -> str:
        channel = self._label("channel_kind") or self.env._("All channels")
        if self.kind == "quiet":
            return self.env._(
                "%(channel)s: quiet from %(begin)s to %(end)s, %(days)s",
                channel=channel,
                begin=_clock(self.quiet_from),
                end=_clock(self.quiet_to),
                days=self._days_text(),
            )
        details = {
            "channel": channel,
            "count": self.max_count,
            "window": self._window_text(),
            "scope": self._label("scope").lower(),
        }
        if self.kind == "gap":
            return self.env._(
                "%(channel)s: %(window)s between two contacts per %(scope)s", **details
            )
        return self.env._(
            "%(channel)s: at most %(count)s in any %(window)s per %(scope)s", **details
        )

    def _days_text(self) -> str:
        """Return the days of quiet hours in words."""
        words = {
            "all": self.env._("every day"),
            "weekend": self.env._("Saturday and Sunday"),
            "sunday": self.env._("Sunday"),
            "workdays": self.env._("Monday to Friday"),
        }
        return words.get(self.quiet_days, "")

    def _window_text(self) -> str:
        """Return the length of the window in words."""
        if self.length != 1:
            return f"{self.length} {self._label('unit').lower()}"
        words = {
            "hour": self.env._("hour"),
            "day": self.env._("day"),
            "week": self.env._("week"),
        }
        return words.get(self.unit, "")

    # ---- for the planner ------------------------------------------------------------

    def _number(self) -> int:
        """Return the id; of a rule that is only being typed any other number."""
        return self.id if isinstance(self.id, int) else -2

    def _as_cap(self) -> policy.Cap:
        gap = self.kind == "gap"
        return policy.Cap(
            key=self._number(),
            scope=self.scope or "person",
            kind=self.channel_kind or "",
            limit=1 if gap else self.max_count,
            seconds=max(self.length, 1) * UNITS[self.unit or "week"],
            promotion_only=self.counted == "promotion",
            waits=gap or self.waits,
        )

    def _as_quiet(self) -> policy.Quiet:
        return policy.Quiet(
            key=self._number(),
            kind=self.channel_kind or "",
            start=round(self.quiet_from * 60) * 60,
            end=round(self.quiet_to * 60) * 60,
            days=DAYS[self.quiet_days or "all"],
        )

    def _code(self) -> str:
        """Return the short name under which this rule refuses or holds."""
        return f"{self.kind}_{self.id}"

    @api.model
    def _of_code(self, code: str):
        """Return the rule with a short name; none, if it is another kind of rule."""
        kind, _mark, number = code.rpartition("_")
        if not number.isdecimal():
            return self.browse()
        return self.browse(int(number)).exists().filtered(lambda r: r.kind == kind)


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60}:{minutes % 60:02d}"
