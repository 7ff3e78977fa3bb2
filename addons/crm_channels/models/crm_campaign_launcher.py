from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.transactions import in_transaction

from .crm_campaign_enrolment import NEVER

# Customers whose audience is made in one transaction.
RANGE = 5000
MODEL = "crm.campaign.enrolment"


class CrmCampaignLauncher(models.AbstractModel):
    """Makes audience and messages of a launched campaign: set-based, in ranges of
    customer ids, each with its progress in one transaction."""

    _name = "crm.campaign.launcher"
    _description = "Launcher of Campaigns"

    # ---- decisions ------------------------------------------------------------------

    @api.model
    def _launch(self, campaign) -> None:
        """Freeze the audience of this moment; make the first of it at once."""
        # By the clock the stays in segments are dated with.
        campaign._decision_set(
            launch_date=fields.Datetime.now(), position=0, is_launching=True
        )
        self.env["crm.campaign.text"]._prepare_links(campaign)
        self._plan_range(campaign)
        if campaign.is_launching:
            self._trigger()

    @api.model
    def _pause(self, campaign) -> None:
        """Let nothing leave; who is in hand of a sender is asked once more."""
        self._move_waiting(
            campaign,
            SQL("o.due < %s", NEVER),
            SQL("due = %s, reason = 'paused'", NEVER),
            SQL("state = 'held', reason = 'paused', text = %s", self._said("paused")),
        )

    @api.model
    def _resume(self, campaign) -> None:
        """Let what waits leave when it would have, or now."""
        self._move_waiting(
            campaign,
            SQL("o.due = %s", NEVER),
            SQL(
                """due = GREATEST(r.due, now() AT TIME ZONE 'UTC'), reason = NULL,
                   text = NULL"""
            ),
            SQL("state = 'planned', reason = NULL, text = NULL"),
        )
        lane = self.env["crm.send.lane"].search([("code", "=", "promotion")], limit=1)
        lane._trigger_sender(None)
        if campaign.is_launching:
            self._trigger()

    @api.model
    def _stop(self, campaign) -> None:
        """Leave out what has not left, and make no more of the audience."""
        self.env[MODEL]._outbox_withdraw(
            SQL("r.campaign_id = %s", campaign.id), self._said("withdrawn")
        )
        campaign._decision_set(is_launching=False)

    @api.model
    def _said(self, rule: str) -> str:
        return self.env["crm.campaign.audience"]._sentences()[rule]

    @api.model
    def _trigger(self) -> None:
        self.env.ref("crm_channels.ir_cron_campaign_launch").sudo()._trigger()

    @api.model
    def _move_waiting(self, campaign, which: SQL, message: SQL, row: SQL) -> None:
        """Change the waiting messages of a campaign, and their rows."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """WITH moved AS (
                       UPDATE crm_outbox o SET %(message)s
                         FROM crm_campaign_enrolment r
                        WHERE o.origin_model = %(model)s AND o.origin_key = r.id
                          AND r.campaign_id = %(campaign)s AND o.state = 'planned'
                          AND %(which)s
                    RETURNING r.id)
                   UPDATE crm_campaign_enrolment e SET %(row)s
                     FROM moved WHERE e.id = moved.id
                RETURNING e.id""",
                message=message,
                model=MODEL,
                campaign=campaign.id,
                which=which,
                row=row,
            )
        )
        self.env.invalidate_all()

    # ---- ranges ---------------------------------------------------------------------

    @api.model
    def _cron_launch(self) -> None:
        """Make the audience of launched campaigns, range by range."""
        cron = self.env["ir.cron"]
        domain = [("is_launching", "=", True), ("state", "=", "live")]
        for campaign in self.env["crm.campaign"].search(domain, order="id"):
            while campaign.exists() and campaign.filtered_domain(domain):
                in_transaction(self.env, self._plan_range, campaign)
                if not cron._commit_progress(1, remaining=1):
                    return
        cron._commit_progress(remaining=0)

    @api.model
    def _plan_range(self, campaign) -> None:
        """Put the next customers into the audience, and plan their messages."""
        # Paused or stopped at this moment: this waits, fails by serialisation and is
        # repeated.
        campaign.flush_recordset()
        self.env.execute_query(
            SQL("SELECT id FROM crm_campaign WHERE id = %s FOR UPDATE", campaign.id)
        )
        last = self._range_end(campaign)
        self._enrol(campaign, last)
        self._judge(campaign, last)
        self._plan_messages(campaign, last)
        if last:
            campaign._decision_set(position=last)
        else:
            campaign._decision_set(is_launching=False)
        self.env[MODEL].invalidate_model()

    @api.model
    def _range_end(self, campaign) -> int | None:
        """Return the last customer of the next range; None: it goes to the end."""
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM (%s) c WHERE id > %s ORDER BY id
                   OFFSET %s LIMIT 1""",
                self.env["crm.campaign.audience"]._customers_sql(
                    campaign, campaign.launch_date
                ),
                campaign.position,
                RANGE - 1,
            )
        )
        return rows[0][0] if rows else None

    @api.model
    def _within(self, campaign, last: int | None, table: SQL) -> SQL:
        """Return whether a row belongs to the range in work."""
        return SQL(
            """%(table)s.campaign_id = %(campaign)s
               AND %(table)s.partner_key > %(after)s
               AND (%(last)s::int IS NULL OR %(table)s.partner_key <= %(last)s)""",
            table=table,
            campaign=campaign.id,
            after=campaign.position,
            last=last,
        )

    @api.model
    def _enrol(self, campaign, last: int | None) -> None:
        """Freeze who is in the range; those to be written to come first, so that they
        get the places."""
        audience = self.env["crm.campaign.audience"]
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_campaign_enrolment
                          (campaign_id, company_id, partner_id, partner_key,
                           contact_id, contact_key, arm, state, reason, text,
                           is_eligible, is_head, response)
                   SELECT %(campaign)s, %(company)s, a.customer_id, a.customer_id,
                          a.contact_id, a.contact_id, a.arm,
                          CASE WHEN a.missing THEN 'skipped' ELSE 'planned' END,
                          CASE WHEN a.missing THEN 'no_contact' END,
                          CASE WHEN a.missing THEN %(nobody)s END,
                          NOT a.missing, false, 'none'
                     FROM (%(audience)s) a
                    ORDER BY a.arm DESC, a.customer_id, a.contact_id
              ON CONFLICT DO NOTHING RETURNING id""",
                campaign=campaign.id,
                company=campaign.company_id.id,
                nobody=self._said("no_contact"),
                audience=audience._audience_sql(
                    campaign, campaign.launch_date, campaign.position, last
                ),
            )
        )

    @api.model
    def _judge(self, campaign, last: int | None) -> None:
        """Ask all rules about the range, those kept out by lot included: only who
        could have been written to is compared."""
        within = self._within(campaign, last, SQL("e"))
        self.env["crm.contact.planner"]._plan(
            campaign.company_id,
            SQL(
                """SELECT e.id AS key, e.contact_id AS partner_id,
                          NULL::text AS address
                     FROM crm_campaign_enrolment e
                    WHERE e.state = 'planned' AND %s""",
                within,
            ),
            campaign.channel_id,
            "promotion",
            campaign.date_start or None,
            campaign.priority,
        )
        self.env.execute_query(self._verdict_sql())
        self._drop_doubles(campaign, within)
        self.env.execute_query(
            SQL(
                """UPDATE crm_campaign_enrolment e SET is_head = true
                    WHERE %s AND e.is_eligible
                      AND NOT EXISTS (SELECT FROM crm_campaign_enrolment o
                                       WHERE o.campaign_id = e.campaign_id
                                         AND o.partner_key = e.partner_key
                                         AND o.is_eligible AND o.id < e.id)
                RETURNING e.id""",
                within,
            )
        )

    @api.model
    def _verdict_sql(self) -> SQL:
        """Write the planner's verdicts to their rows."""
        return SQL(
            """UPDATE crm_campaign_enrolment e
                  SET address = v.address, due = v.send_at,
                      is_eligible = v.verdict != 'drop',
                      state = CASE WHEN v.verdict = 'drop' OR e.arm = 'holdout'
                                   THEN 'skipped'
                                   WHEN v.verdict = 'hold' THEN 'held'
                                   ELSE 'planned' END,
                      reason = CASE WHEN v.verdict != 'drop' AND e.arm = 'holdout'
                                    THEN 'holdout' ELSE v.rule END,
                      text = (SELECT n.sentence FROM (%s) AS n(rule, sentence)
                               WHERE n.rule = CASE WHEN v.verdict != 'drop'
                                                    AND e.arm = 'holdout'
                                                   THEN 'holdout' ELSE v.rule END)
                 FROM crm_plan_verdict v WHERE e.id = v.key RETURNING e.id""",
            self.env["crm.campaign.audience"]._named_sql(),
        )

    @api.model
    def _drop_doubles(self, campaign, within: SQL) -> None:
        """Write to an address once, also where it comes up again in a later range."""
        if campaign.channel_id.kind == "letter":
            return
        self.env.execute_query(
            SQL(
                """UPDATE crm_campaign_enrolment e
                      SET state = 'skipped', reason = 'same_address', text = %s,
                          is_eligible = false
                    WHERE %s AND e.is_eligible
                      AND EXISTS (SELECT FROM crm_campaign_enrolment o
                                   WHERE o.campaign_id = e.campaign_id
                                     AND o.address = e.address AND o.is_eligible
                                     AND o.id < e.id)
                RETURNING e.id""",
                self._said("same_address"),
                within,
            )
        )

    @api.model
    def _plan_messages(self, campaign, last: int | None) -> None:
        """Plan the messages of the range. Who is kept out by lot gets none."""
        self.env["crm.outbox"]._plan_query(
            SQL(
                """SELECT e.company_id, %(channel)s AS channel_id,
                          'promotion' AS purpose, e.contact_id AS partner_id,
                          NULL::varchar AS address, e.due, %(model)s AS origin_model,
                          e.id AS origin_key, 0 AS occurrence, %(user)s AS user_id,
                          %(weight)s AS priority
                     FROM crm_campaign_enrolment e
                    WHERE e.arm = 'treated' AND e.state IN ('planned', 'held')
                      AND %(within)s""",
                channel=campaign.channel_id.id,
                model=MODEL,
                user=campaign.user_id.id,
                weight=campaign.priority,
                within=self._within(campaign, last, SQL("e")),
            )
        )
