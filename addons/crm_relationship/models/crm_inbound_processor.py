import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.crashpoints import reach
from ..core.events import read_event
from ..core.outbox import wait_seconds

_logger = logging.getLogger(__name__)

BATCH = 100
MOST_ATTEMPTS = 3


class Unsuited(UserError):
    """An event that trying again does not help: a person has to see to it."""


class CrmInboundProcessor(models.AbstractModel):
    """Works off received events: each alone, so that one bad one stops no other.

    An attempt is counted and committed before it is made. So an event that kills the
    process is known by its attempts; after the first, each is tried by itself.
    """

    _name = "crm.inbound.processor"
    _description = "Processor of Received Events"

    @api.model
    def _event_kinds(self) -> dict[str, Callable]:
        """Return by kind what works an event off; to be extended with ``super() |``.

        A handler gets the row (``crm.inbound.event``, all rights, in its company) and
        the ``Event``; it returns (partner id or None, a sentence for people). It may
        be called again for the same event if its first effect was undone.
        It raises :class:`Unsuited` for what only a person can put right, anything
        else to be tried again later.
        """
        mails, calls = self.env["crm.inbound.mail"], self.env["crm.inbound.call"]
        return mails._kinds() | calls._kinds()

    @api.model
    def _cron_process(self) -> None:
        """Work off what was received."""
        cron = self.env["ir.cron"]
        while ids := self._claim():
            # Counted before it is tried, for good: see the class.
            cron._commit_progress(remaining=len(ids))
            try:
                self._process(ids)
            except psycopg2.OperationalError:
                # Another transaction was faster; no event is to blame for it.
                self.env.cr.rollback()
                self._give_back(ids)
            if not cron._commit_progress(len(ids), remaining=self._waiting()):
                break

    @api.model
    def _claim(self) -> list[int]:
        """Count an attempt for the next events and return their ids: fresh ones
        together, one tried before by itself."""
        self.env["crm.inbound.event"].flush_model()
        for attempts, limit in ((SQL("= 0"), BATCH), (SQL("> 0"), 1)):
            rows = self.env.execute_query(
                SQL(
                    """UPDATE crm_inbound_event SET attempts = attempts + 1
                        WHERE id IN (SELECT id FROM crm_inbound_event
                                      WHERE state IN ('received', 'failed')
                                        AND attempts %s
                                        AND (due IS NULL
                                             OR due <= now() AT TIME ZONE 'UTC')
                                   ORDER BY id LIMIT %s
                                      FOR NO KEY UPDATE SKIP LOCKED)
                    RETURNING id""",
                    attempts,
                    limit,
                )
            )
            if rows:
                self.env["crm.inbound.event"].invalidate_model()
                return sorted(row_id for (row_id,) in rows)
        return []

    @api.model
    def _give_back(self, ids: list[int]) -> None:
        self.env.execute_query(
            SQL(
                """UPDATE crm_inbound_event SET attempts = attempts - 1
                    WHERE id = ANY(%s) RETURNING id""",
                ids,
            )
        )
        self.env["crm.inbound.event"].invalidate_model()

    @api.model
    def _waiting(self) -> int:
        return self.env["crm.inbound.event"].search_count(
            [
                ("state", "in", ("received", "failed")),
                "|",
                ("due", "=", False),
                ("due", "<=", "now"),
            ],
            limit=BATCH,
        )

    @api.model
    def _process(self, ids: list[int]) -> None:
        """Work off claimed events, each in a savepoint of its own."""
        for row in self._rows(ids):
            if row.attempts > MOST_ATTEMPTS:
                # It never came to an end: whoever tried it was killed.
                self._quarantine(row, self.env._("Trying it ended the server process."))
                continue
            try:
                with self.env.cr.savepoint():
                    self._process_one(row)
            except psycopg2.OperationalError:
                raise
            except Unsuited as error:
                self._quarantine(row, str(error))
            except Exception as error:
                self._try_later(row, error)
            reach("inbound_processed")

    @api.model
    def _rows(self, ids: list[int]) -> Iterator:
        Event = self.env["crm.inbound.event"]
        for row_id in ids:
            row = Event.browse(row_id)
            if row.state in ("received", "failed"):
                yield row.with_company(row.company_id)

    @api.model
    def _process_one(self, row) -> None:
        event = read_event(row.payload.encode())
        handler = self._event_kinds().get(event.kind)
        if handler is None:
            raise Unsuited(self.env._("Nothing here works off “%s”.", event.kind))
        partner_id, result = handler(row, event)
        row.write(
            {
                "state": "done",
                "done_date": fields.Datetime.now(),
                "due": False,
                "error": False,
                "partner_id": partner_id,
                "result": result,
            }
        )
        self.env.flush_all()

    @api.model
    def _try_later(self, row, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        if row.attempts >= MOST_ATTEMPTS:
            _logger.warning("Event %s of %s: %s", row.id, row.source_id.code, text)
            self._quarantine(row, text)
            return
        wait = timedelta(seconds=wait_seconds(row.attempts))
        due = fields.Datetime.now() + wait
        row.write({"state": "failed", "error": text, "due": due})
        self.env.ref("crm_relationship.ir_cron_inbound_event")._trigger(due)

    @api.model
    def _quarantine(self, row, text: str) -> None:
        row.write({"state": "quarantined", "error": text, "due": False})
        row.source_id._ask_for_help(
            self.env._("Events of “%s” need a person", row.source_id.name)
        )
