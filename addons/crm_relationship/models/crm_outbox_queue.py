import logging

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Seconds until the next attempt when a mail server did not answer just once.
SHORT_WAIT = 5
# Messages that are told in one statement to wait for their mail server.
MOST_HELD = 50_000


class LostRow(Exception):
    """The message is not in this sender's hands any more."""


class CrmOutboxQueue(models.AbstractModel):
    """Takes messages in hand and puts them back. Times are those of the database, so
    that servers with different clocks agree about who has what for how long."""

    _name = "crm.outbox.queue"
    _description = "Queue of the Outbox"

    @api.model
    def _lanes_upwards(self, code: str) -> list[int]:
        """Return the running lanes to look at, in order: those above ``code`` first."""
        lanes = self.env["crm.send.lane"].search([])  # pylint: disable=no-search-all
        own = lanes.filtered(lambda lane: lane.code == code)
        return [
            lane.id
            for lane in lanes
            if lane._may_send() and (lane.sequence, lane.id) <= (own.sequence, own.id)
        ]

    @api.model
    def _next_due(self, code: str):
        """Return when to look at a lane again (UTC), None if nothing waits in it."""
        lane = self.env["crm.send.lane"].search([("code", "=", code)], limit=1)
        if not lane._may_send():
            return None
        [(due,)] = self.env.execute_query(
            SQL(
                """SELECT CASE WHEN min(due) IS NOT NULL THEN GREATEST(
                              min(due), now() AT TIME ZONE 'UTC'
                                        + make_interval(secs => %s)) END
                     FROM crm_outbox
                    WHERE lane_id = %s AND state = 'planned' AND kind != 'letter'""",
                SHORT_WAIT,
                lane.id,
            )
        )
        return due

    @api.model
    def _reap(self) -> None:
        """Take messages from senders that are gone: what they had only in hand waits
        again, what they were sending is unknown."""
        rows = self.env.execute_query(
            SQL(
                """UPDATE crm_outbox o
                      SET state = CASE o.state WHEN 'claimed' THEN 'planned'
                                               ELSE 'unknown' END,
                          text = CASE o.state WHEN 'claimed' THEN o.text ELSE %s END,
                          lease = NULL
                    WHERE id IN (SELECT id FROM crm_outbox
                                  WHERE state IN ('claimed', 'sending')
                                    AND lease < now() AT TIME ZONE 'UTC'
                                  FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING o.id, o.state""",
                self.env._("The sender ended before it could note what became of it."),
            )
        )
        if unknown := [row for row, state in rows if state == "unknown"]:
            _logger.info("outbox: %s messages are unknown now", len(unknown))
            self.env.invalidate_all()
            self.env["crm.outbox.recorder"]._tell(
                self.env["crm.outbox"].browse(unknown)
            )

    @api.model
    def _claim(self, lane_id: int, uid: str) -> list[int]:
        """Take the next messages of a lane in hand; nobody else gets them."""
        lane = self.env["crm.send.lane"].browse(lane_id)
        if not lane._may_send():
            return []
        rows = self.env.execute_query(
            SQL(
                """UPDATE crm_outbox
                      SET state = 'claimed', attempt_uid = %s,
                          lease = now() AT TIME ZONE 'UTC' + make_interval(secs => %s)
                    WHERE id IN (SELECT id FROM crm_outbox
                                  WHERE lane_id = %s AND state = 'planned'
                                    AND kind != 'letter'
                                    AND due <= now() AT TIME ZONE 'UTC'
                               ORDER BY due, id LIMIT %s
                                  FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id, due""",
                uid,
                lane.lease_seconds,
                lane.id,
                lane.batch_size,
            )
        )
        return [row for row, _due in sorted(rows, key=lambda row: (row[1], row[0]))]

    @api.model
    def _put_back(self, uid: str, ids: list[int] | None = None, seconds: int = 0):
        """Let messages in hand wait again.

        :param ids: which of those in hand; nothing for all
        :param seconds: not before so many seconds from now
        """
        self.env.execute_query(
            SQL(
                """UPDATE crm_outbox
                          SET state = 'planned', lease = NULL,
                              due = CASE WHEN %(wait)s > 0
                                         THEN now() AT TIME ZONE 'UTC'
                                              + make_interval(secs => %(wait)s)
                                         ELSE due END
                        WHERE state = 'claimed' AND attempt_uid = %(uid)s
                          AND (%(ids)s::int[] IS NULL OR id = ANY(%(ids)s))
                    RETURNING id""",
                wait=seconds,
                uid=uid,
                ids=ids,
            )
        )

    @api.model
    def _in_hand(self, row_id: int, uid: str, state: str = "claimed"):
        """Return a message this sender has in hand.

        :raise LostRow: it has not, or not any more
        """
        row = self.env["crm.outbox"].search(
            [("id", "=", row_id), ("state", "=", state), ("attempt_uid", "=", uid)]
        )
        if not row:
            raise LostRow
        return row.with_company(row.company_id)

    @api.model
    def _hold(self, row, uid: str, until) -> None:
        """Let a message wait for its mail server, and with it those that take the same
        way, or they would be taken in hand one by one only to be put back."""
        self._put_back(uid, ids=[row.id])
        self.env.execute_query(
            SQL(
                """UPDATE crm_outbox SET due = %s
                    WHERE id IN (SELECT id FROM crm_outbox
                                  WHERE lane_id = %s AND state = 'planned'
                                    AND kind = %s AND company_id = %s
                                    AND user_id IS NOT DISTINCT FROM %s
                                    AND due <= now() AT TIME ZONE 'UTC'
                               ORDER BY due, id LIMIT %s
                                  FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id""",
                until,
                row.lane_id.id,
                row.kind,
                row.company_id.id,
                row.user_id.id or None,
                MOST_HELD,
            )
        )
