from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.transactions import CONFLICTS, in_transaction

from .crm_campaign_enrolment import NEVER

# Customers whose audience is made in one transaction.
RANGE = 10_000
# Waiting messages moved in one transaction when a campaign is paused or stopped.
AT_ONCE = 5000
# Calls taken back in one transaction, each with its activity.
CALLS_AT_ONCE = 500
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
    def _settle(self, campaign) -> None:
        """Bring what waits in step with the campaign's new state.

        The state alone stops a message at the last moment, as soon as it is committed;
        so a pause never waits until many rows have been moved.
        """
        if campaign.state == "stopped":
            campaign._decision_set(is_launching=False)
        more = self._settle_first(campaign)
        if more or campaign.is_launching:
            self._trigger()
        if campaign.state == "live":
            lanes = self.env["crm.send.lane"]
            lanes.search([("code", "=", "promotion")], limit=1)._trigger_sender()

    @api.model
    def _settle_first(self, campaign) -> bool:
        """Move the first messages at once, for the lists. Senders changing the same
        ones do not make the decision wait: then all is left to the cron."""
        try:
            with self.env.cr.savepoint():
                return self._settle_some(campaign)
        except CONFLICTS:
            return True

    @api.model
    def _settle_some(self, campaign) -> bool:
        """Move some of the waiting messages; tell whether there may be more."""
        match campaign.state:
            case "live":
                which = SQL("o.due = %s", NEVER)
                message = SQL(
                    """due = GREATEST(r.due, now() AT TIME ZONE 'UTC'), reason = NULL,
                       text = NULL, held_since = NULL"""
                )
                row = SQL("state = 'planned', reason = NULL, text = NULL")
            case "paused":
                which = SQL("o.due < %s", NEVER)
                message = SQL("due = %s, reason = 'campaign_paused'", NEVER)
                row = SQL(
                    "state = 'held', reason = 'campaign_paused', text = %s",
                    self._said("campaign_paused"),
                )
            case _:
                said = self._said("campaign_stopped")
                which = SQL("true")
                message = SQL(
                    """state = 'skipped', reason = 'campaign_stopped', text = %s,
                       done_date = now() AT TIME ZONE 'UTC'""",
                    said,
                )
                row = SQL(
                    "state = 'skipped', reason = 'campaign_stopped', text = %s", said
                )
        more = self._move_waiting(campaign, which, message, row) == AT_ONCE
        return self._take_back_calls(campaign) == CALLS_AT_ONCE or more

    @api.model
    def _take_back_calls(self, campaign) -> int:
        """Take back some of the calls of a stopped campaign nobody has made yet."""
        if campaign.state != "stopped" or campaign.channel_id.kind != "phone":
            return 0
        return self.env["crm.outbox.adapter.call"]._take_back(
            SQL(
                """o.origin_model = %s AND EXISTS (
                       SELECT FROM crm_campaign_enrolment e
                        WHERE e.id = o.origin_key AND e.campaign_id = %s)""",
                MODEL,
                campaign.id,
            ),
            "campaign_stopped",
            self._said("campaign_stopped"),
            CALLS_AT_ONCE,
        )

    @api.model
    def _said(self, rule: str) -> str:
        return self.env["crm.campaign.audience"]._own_sentences()[rule]

    @api.model
    def _trigger(self) -> None:
        self.env.ref("crm_channels.ir_cron_campaign_launch").sudo()._trigger()

    @api.model
    def _move_waiting(self, campaign, which: SQL, message: SQL, row: SQL) -> int:
        """Change some of the waiting messages of a campaign, and their rows."""
        self.env.flush_all()
        moved = self.env.execute_query(
            SQL(
                """WITH waiting AS (
                       SELECT o.id FROM crm_campaign_enrolment r
                         JOIN crm_outbox o ON o.origin_model = %(model)s
                          AND o.origin_key = r.id
                        WHERE r.campaign_id = %(campaign)s
                          AND r.state IN ('planned', 'held')
                          AND o.state = 'planned' AND %(which)s
                        LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
                   ), moved AS (
                       UPDATE crm_outbox o SET %(message)s
                         FROM crm_campaign_enrolment r
                        WHERE o.id IN (SELECT id FROM waiting) AND o.origin_key = r.id
                    RETURNING r.id)
                   UPDATE crm_campaign_enrolment e SET %(row)s
                     FROM moved WHERE e.id = moved.id
                RETURNING e.id""",
                message=message,
                model=MODEL,
                campaign=campaign.id,
                which=which,
                row=row,
                limit=AT_ONCE,
            )
        )
        self.env.invalidate_all()
        return len(moved)

    # ---- ranges ---------------------------------------------------------------------

    @api.model
    def _cron_launch(self) -> None:
        """Make the audience of launched campaigns, range by range, and bring the
        messages of paused and stopped ones in step."""
        cron = self.env["ir.cron"]
        recent = [("state", "in", ("live", "paused", "stopped"))]
        for campaign in self.env["crm.campaign"].search(recent, order="id"):
            while in_transaction(self.env, self._settle_some, campaign):
                if not cron._commit_progress(1, remaining=1):
                    return
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
    def _enrol(self, campaign, last: int | None) -> None:
        """Freeze who is in the range, with what the rules say: written once."""
        audience = self.env["crm.campaign.audience"]
        audience._judge(campaign, campaign.launch_date, campaign.position, last)
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_campaign_enrolment
                          (campaign_id, company_id, partner_id, partner_key,
                           contact_id, contact_key, arm, address, due, state, reason,
                           text, is_eligible, is_head, response)
                   SELECT %(campaign)s, %(company)s, j.customer_id, j.customer_id,
                          j.contact_id, j.contact_id, j.arm, j.address, j.send_at,
                          CASE WHEN NOT j.fits OR j.arm = 'holdout' THEN 'skipped'
                               WHEN j.verdict = 'hold' THEN 'held'
                               ELSE 'planned' END,
                          j.rule, n.sentence, j.fits,
                          j.fits AND row_number() OVER (
                              PARTITION BY j.customer_id ORDER BY j.fits DESC, j.key
                          ) = 1,
                          'none'
                     FROM (%(judged)s) j
                LEFT JOIN (%(named)s) AS n(rule, sentence) ON n.rule = j.rule
                 ORDER BY j.key
              ON CONFLICT DO NOTHING RETURNING id""",
                campaign=campaign.id,
                company=campaign.company_id.id,
                judged=self._judged_sql(campaign),
                named=audience._named_sql(),
            )
        )

    @api.model
    def _judged_sql(self, campaign) -> SQL:
        """Return the range with the rule for each, and whether it fits: none forbids.

        An address is written to once, also where it comes up again in a later range.
        """
        return SQL(
            """SELECT a.*, v.address, v.send_at, v.verdict,
                      v.verdict != 'drop' AND NOT d.twice AS fits,
                      CASE WHEN a.missing THEN 'no_contact'
                           WHEN v.verdict = 'drop' THEN v.rule
                           WHEN d.twice THEN 'same_address'
                           WHEN a.arm = 'holdout' THEN 'holdout'
                           ELSE v.rule END AS rule
                 FROM (SELECT key, customer_id, contact_id, arm, missing
                         FROM crm_plan_audience) a
            LEFT JOIN (SELECT key, address, send_at, verdict, rule
                         FROM crm_plan_verdict
                    UNION ALL
                       SELECT key, NULL, NULL, 'drop', NULL
                         FROM crm_plan_audience WHERE missing) v ON v.key = a.key
                CROSS JOIN LATERAL (SELECT %(once)s AND EXISTS (
                          SELECT FROM crm_campaign_enrolment o
                           WHERE o.campaign_id = %(campaign)s AND o.is_eligible
                             AND o.address = v.address) AS twice) d""",
            once=campaign.channel_id.kind != "letter",
            campaign=campaign.id,
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
                      AND e.campaign_id = %(campaign)s
                      AND e.partner_key > %(after)s
                      AND (%(last)s::int IS NULL OR e.partner_key <= %(last)s)""",
                channel=campaign.channel_id.id,
                model=MODEL,
                user=campaign.user_id.id,
                weight=campaign.priority,
                campaign=campaign.id,
                after=campaign.position,
                last=last,
            )
        )
