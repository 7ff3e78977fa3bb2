from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.privacy import like

# What somebody did longer ago says little about who answers today.
BEST_DAYS = 365


class CrmCampaignAudience(models.AbstractModel):
    """Who a campaign is for and who is kept out, as SQL: the same for a simulation and
    for the launch."""

    _name = "crm.campaign.audience"
    _description = "Audience of a Campaign"

    @api.model
    def _customers_sql(self, campaign, at) -> SQL:
        """Return ids of the segment's members at a moment, by their dated stays: who
        enters or leaves while the audience is being made changes nothing.

        :param at: naive UTC
        """
        self.env["crm.segment.member"].flush_model()
        return SQL(
            """SELECT DISTINCT m.partner_id AS id FROM crm_segment_member m
                WHERE m.segment_id = %(segment)s AND m.date_in <= %(at)s
                  AND (m.date_out IS NULL OR m.date_out > %(at)s)""",
            segment=campaign.segment_id.id,
            at=at,
        )

    @api.model
    def _drift(self, campaign, plan, at) -> tuple[int, int]:
        """Return how many customers a campaign is for at a moment, and how many
        entered or left since a simulation.

        :param plan: the simulation
        :param at: naive UTC
        """
        [(count, moved)] = self.env.execute_query(
            SQL(
                """SELECT count(n.id),
                          count(*) FILTER (WHERE n.id IS NULL OR t.id IS NULL)
                     FROM (%s) n FULL JOIN (%s) t ON t.id = n.id""",
                self._customers_sql(campaign, at),
                self._customers_sql(campaign, plan.date),
            )
        )
        # Who entered in the second of the simulation is told by its number only.
        return count, max(moved, abs(count - plan.customer_count))

    @api.model
    def _audience_sql(
        self, campaign, at, after: int = 0, last: int | None = None
    ) -> SQL:
        """Return (customer_id, contact_id, arm, missing) for a range of customer ids,
        those to be written to first.

        ``missing`` is true where nobody has the function asked for: then the customer
        itself stands there, so that everybody in the segment has an answer.
        """
        self.env["res.partner"].flush_model()
        customers = SQL(
            """SELECT id FROM (%(all)s) members
                WHERE id > %(after)s AND (%(last)s::int IS NULL OR id <= %(last)s)""",
            all=self._customers_sql(campaign, at),
            after=after,
            last=last,
        )
        return SQL(
            """SELECT w.customer_id, w.contact_id, w.missing, %(arm)s AS arm
                 FROM (%(contacts)s) w
             ORDER BY arm DESC, w.customer_id, w.contact_id""",
            arm=self._arm_sql(campaign, SQL("w.customer_id")),
            contacts=self._contacts_sql(campaign, customers),
        )

    @api.model
    def _judge(self, campaign, at, after: int = 0, last: int | None = None) -> None:
        """Ask all rules about the audience in a range of customer ids, those kept out
        by lot included: only who could have been written to is compared.

        Leaves ``crm_plan_audience`` (with the columns of :meth:`_audience_sql` and a
        ``key``) and ``crm_plan_verdict`` until the end of the transaction.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SET LOCAL client_min_messages = warning;
                   DROP TABLE IF EXISTS crm_plan_audience"""
            )
        )
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE crm_plan_audience ON COMMIT DROP AS
                   SELECT row_number() OVER ()::int AS key, a.* FROM (%s) a""",
                self._audience_sql(campaign, at, after, last),
            )
        )
        self.env["crm.contact.planner"]._plan(
            campaign.company_id,
            SQL(
                """SELECT key, contact_id AS partner_id, NULL::text AS address
                     FROM crm_plan_audience WHERE NOT missing"""
            ),
            campaign.channel_id,
            "promotion",
            campaign.date_start or None,
            campaign.priority,
        )

    # ---- hold-out -------------------------------------------------------------------

    @api.model
    def _arm_sql(self, campaign, customer: SQL) -> SQL:
        """Return ``holdout`` for customers kept out by lot, else ``treated``.

        The lot of a customer in a campaign never changes, cannot be guessed and is
        nobody's choice; a firm is in one arm with all its contacts.
        """
        salt = self.env["ir.config_parameter"].sudo()
        salt = salt.get_param("crm_relationship.holdout_salt", "")
        return SQL(
            """CASE WHEN ('x' || substr(md5(%(salt)s || %(customer)s), 1, 8)
                         )::bit(32)::bigint %% 100 < %(percent)s
                    THEN 'holdout' ELSE 'treated' END""",
            salt=f"{salt}campaign{campaign._origin.id or 0}:",
            customer=customer,
            percent=campaign.holdout_percent,
        )

    # ---- who of a customer is addressed ---------------------------------------------

    @api.model
    def _contacts_sql(self, campaign, customers: SQL) -> SQL:
        """Return (customer_id, contact_id, missing) of customers."""
        match campaign.recipient_rule:
            case "function":
                return self._by_function_sql(campaign, customers)
            case "all":
                return self._all_sql(campaign, customers)
            case "best":
                return self._best_sql(campaign, customers)
        return SQL(
            """SELECT c.id AS customer_id, c.id AS contact_id, false AS missing
                 FROM (%s) c""",
            customers,
        )

    @api.model
    def _by_function_sql(self, campaign, customers: SQL) -> SQL:
        return SQL(
            """SELECT c.id AS customer_id, COALESCE(p.id, c.id) AS contact_id,
                      p.id IS NULL AS missing
                 FROM (%s) c
            LEFT JOIN res_partner p ON p.commercial_partner_id = c.id AND p.active
                  AND p.function ILIKE %s""",
            customers,
            like((campaign.function or "").strip()),
        )

    @api.model
    def _all_sql(self, campaign, customers: SQL) -> SQL:
        """Everybody who can be reached; the customer itself in any case."""
        rules = self.env["crm.outbox.rules"]
        return SQL(
            """SELECT c.id AS customer_id, p.id AS contact_id, false AS missing
                 FROM (%s) c
                 JOIN res_partner p ON p.commercial_partner_id = c.id
                  AND (p.id = c.id OR p.active AND p.type = 'contact'
                       AND %s IS NOT NULL)""",
            customers,
            rules._reach_sql(
                SQL("%s::varchar", campaign.channel_id.kind), SQL("NULL::varchar")
            ),
        )

    @api.model
    def _best_sql(self, campaign, customers: SQL) -> SQL:
        """Who may be written to, answered last, or else was spoken to last."""
        self.env["crm.touch"].flush_model()
        rule = self.env["crm.outbox.rules"]._rule_sql(
            SQL("%s::varchar", campaign.channel_id.kind),
            SQL("'promotion'::varchar"),
            SQL("NULL::varchar"),
            SQL("%s::int", campaign.company_id._origin.id),
        )
        return SQL(
            """SELECT DISTINCT ON (c.id) c.id AS customer_id, p.id AS contact_id,
                      false AS missing
                 FROM (%(customers)s) c
                 JOIN res_partner p ON p.commercial_partner_id = c.id
                  AND (p.id = c.id OR p.active AND p.type = 'contact')
    LEFT JOIN LATERAL (SELECT max(t.date) FILTER (
                                  WHERE t.direction = 'in' OR t.response IN
                                        ('opened', 'clicked', 'replied')) AS answered,
                              max(t.date) AS spoken
                         FROM crm_touch t
                        WHERE t.partner_id = p.id
                          AND t.date > now() AT TIME ZONE 'UTC'
                                       - make_interval(days => %(days)s)) heard ON true
             ORDER BY c.id, (%(rule)s) IS NOT NULL, heard.answered DESC NULLS LAST,
                      heard.spoken DESC NULLS LAST, p.id = c.id DESC, p.id""",
            customers=customers,
            rule=rule,
            days=BEST_DAYS,
        )

    # ---- words ----------------------------------------------------------------------

    @api.model
    def _sentences(self) -> dict[str, str]:
        """Return what each rule says to people; those of campaigns, too."""
        return {
            **self.env["crm.outbox.rules"]._rule_sentences(),
            **self._own_sentences(),
        }

    @api.model
    def _own_sentences(self) -> dict[str, str]:
        """Return what the rules of campaigns say; the others look up all rules."""
        return {
            "holdout": self.env._(
                "Kept out by lot, to measure what the campaign causes."
            ),
            "no_contact": self.env._("Nobody there has the function asked for."),
            "campaign_paused": self.env._("The campaign is paused."),
            "campaign_stopped": self.env._("The campaign was stopped."),
            "archived": self.env._("The contact is archived."),
            "over": self.env._("The offer is over: its last day has passed."),
            "merged": self.env._(
                "Merged with a customer who is kept out of this campaign."
            ),
            "erased": self.env._("The contact's data were erased."),
        }

    @api.model
    def _named_sql(self) -> SQL:
        """Return rows (rule, sentence)."""
        return SQL(
            "VALUES %s",
            SQL(", ").join(SQL("(%s, %s)", *i) for i in self._sentences().items()),
        )
