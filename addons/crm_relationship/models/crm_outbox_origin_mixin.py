from odoo import api, models
from odoo.tools import SQL

from ..core.outbox import Content


class CrmOutboxOriginMixin(models.AbstractModel):
    """Rows that ask for a message to somebody: a recipient of a mail, a step of a
    campaign, a level of dunning. They hold, or know, what the message says."""

    _name = "crm.outbox.origin.mixin"
    _description = "Origin of Outgoing Messages"

    def _outbox_content(self) -> Content:
        """Return what the message of this one row says; to be overridden."""
        raise NotImplementedError

    def _outbox_author(self) -> int:
        """Return the author of the message of this one row (see ``Content``); to be
        overridden where it is known without writing the message."""
        return self._outbox_content().author_id

    def _outbox_refusals(self) -> dict[int, tuple[str, str]]:
        """Return the rows that have been withdrawn, with rule and sentence.

        To be extended; asked right before each message leaves.
        """
        return {}

    def _outbox_moved(self, outbox) -> None:
        """Take note of the new state of messages asked for by these rows."""

    # ---- for origins with the columns state, reason, text and address ---------------

    @api.model
    def _outbox_state_sql(self) -> SQL:
        """Return the state of a row whose message is ``o``; to be overridden."""
        return SQL(
            """CASE WHEN o.state IN ('claimed', 'sending') THEN 'planned'
                    ELSE o.state END"""
        )

    @api.model
    def _outbox_follow(self, outbox, also: SQL | None = None) -> None:
        """Take over state, rule and words of messages.

        :param also: further assignments, from the message ``o``
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE %(table)s r
                      SET state = %(state)s, reason = o.reason, text = o.text,
                          address = COALESCE(o.address, r.address) %(also)s
                     FROM crm_outbox o
                    WHERE o.id = ANY(%(ids)s) AND o.origin_model = %(model)s
                      AND r.id = o.origin_key
                RETURNING r.id""",
                table=SQL.identifier(self._table),
                state=self._outbox_state_sql(),
                also=SQL(", %s", also) if also else SQL(),
                ids=outbox.ids,
                model=self._name,
            )
        )
        self.invalidate_model()

    @api.model
    def _outbox_withdraw(self, which: SQL, sentence: str) -> None:
        """Leave out what has not left, letters that are being printed included; what
        is being sent at this moment is told by its own check or by its outcome.

        :param which: condition on rows ``r`` of this model
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """WITH stopped AS (
                       UPDATE crm_outbox o
                          SET state = 'skipped', reason = 'withdrawn',
                              text = %(sentence)s,
                              done_date = now() AT TIME ZONE 'UTC'
                         FROM %(table)s r
                        WHERE o.origin_model = %(model)s AND o.origin_key = r.id
                          AND %(which)s
                          AND (o.state = 'planned'
                               OR o.state = 'claimed' AND o.kind = 'letter')
                    RETURNING r.id, o.text)
                   UPDATE %(table)s r
                      SET state = 'skipped', reason = 'withdrawn', text = s.text
                     FROM stopped s WHERE r.id = s.id
                RETURNING r.id""",
                sentence=sentence,
                table=SQL.identifier(self._table),
                model=self._name,
                which=which,
            )
        )
        self.env.invalidate_all()
