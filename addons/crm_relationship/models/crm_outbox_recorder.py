from datetime import timedelta

from odoo import api, models

from ..core import smtp as wire
from ..core.outbox import wait_seconds
from ..core.smtp import Receipt
from ..transactions import database_now


class CrmOutboxRecorder(models.AbstractModel):
    """Writes down what became of a message, in the outbox, at its origin, on the
    customer's page and in the ledger, all in one transaction."""

    _name = "crm.outbox.recorder"
    _description = "Recorder of the Outbox"

    @api.model
    def _record(self, row_id: int, uid: str, receipt: Receipt, ledger: bool = True):
        """Write down the outcome of an attempt, unless it is written down already.

        :param ledger: whether a sent message becomes a contact of its customer
        """
        row = self._of_attempt(row_id, uid)
        if not row:
            return
        if row.state == "unknown":
            if receipt.outcome == wire.UNKNOWN:
                # It knows no more than we do: the decision stays open.
                row.text = receipt.text
                return
            self.env["crm.outbox.release"]._settle(row)
        if receipt.outcome == wire.ACCEPTED:
            self.env["crm.send.server"]._note_success(row.server_key)
            self._sent(row, receipt.text, ledger)
            return
        pause = None
        if receipt.outcome in (wire.DOWN, wire.UNKNOWN):
            pause = self.env["crm.send.server"]._note_error(
                row.server_key, receipt.text, row.lane_id.breaker_errors
            )
        if receipt.outcome == wire.UNKNOWN:
            self._finish(row, "unknown", receipt.text)
        elif receipt.outcome == wire.REFUSED:
            self._finish(row, "failed", receipt.text)
        elif receipt.outcome == wire.DOWN and pause:
            # The server's state, not the message's: it costs no attempt.
            row.attempt -= 1
            self._wait(row, receipt.text, pause)
        else:
            self._try_later(row, receipt.text)

    @api.model
    def _of_attempt(self, row_id: int, uid: str):
        """Return the message if the outcome of this attempt is still awaited: also
        when its lease has ended and nobody has decided about it yet."""
        row = self.env["crm.outbox"].search(
            [
                ("id", "=", row_id),
                ("state", "in", ("sending", "unknown")),
                ("attempt_uid", "=", uid),
            ]
        )
        return row.with_company(row.company_id)

    @api.model
    def _sent(self, row, text: str, ledger: bool = True) -> None:
        """The message has left."""
        self._finish(row, "sent", text)
        if ledger and row.partner_id:
            # Thousands of these follow each other: figures of customers can wait for
            # their cron.
            self.env["crm.customer.change"]._leave_to_cron()
            self.env["crm.touch"]._log([self._touch_values(row)])

    @api.model
    def _touch_values(self, row) -> dict:
        return {
            "company_id": row.company_id.id,
            "partner_id": row.partner_id.id,
            "partner_key": row.partner_key,
            "direction": "out",
            "channel_id": row.channel_id.id,
            "purpose": row.purpose,
            "address": row.address,
            "date": row.send_date or row.due,
            "subject": row.message_id.subject or self._subject(row),
            "user_id": row.user_id.id,
            "message_id": row.message_id.id,
            "source_model": row._name,
            "source_key": row.id,
        }

    @api.model
    def _subject(self, row) -> str:
        """Return the subject of a message that is on no customer's page."""
        origins = self.env[row.origin_model] if row.origin_model in self.env else None
        origin = origins is not None and origins.browse(row.origin_key).exists()
        return origin._outbox_content().subject if origin else ""

    @api.model
    def _refuse(self, row, rule: str, sentence: str, until=None) -> None:
        """A rule forbids that it leaves now; see ``crm.outbox._outbox_check``."""
        if until is None:
            self._leave_out(row, rule, sentence)
        else:
            self._sleep(row, rule, sentence, until)

    @api.model
    def _sleep(self, row, rule: str, sentence: str, until) -> None:
        """It waits until a rule lets it leave, and is checked again then."""
        row.write(
            {
                "state": "planned",
                "reason": rule,
                "text": sentence,
                "lease": False,
                "due": until,
            }
        )
        self._tell(row)

    @api.model
    def _leave_out(self, row, rule: str, sentence: str) -> None:
        """A rule forbids that it leaves."""
        row.reason = rule
        self._finish(row, "skipped", sentence)

    @api.model
    def _readdress(self, row, partner) -> None:
        """Send a message to another contact, at that one's own address.

        What stands on the page of the one before goes, unless it may have arrived.
        """
        notifications = row.message_id.notification_ids
        if all(n.notification_status == "process" for n in notifications):
            row.message_id.unlink()
        row.write(
            {
                "partner_id": partner.id,
                "partner_key": partner.id,
                "address": False,
                "message_id": False,
            }
        )

    @api.model
    def _finish(self, row, state: str, text: str) -> None:
        """Nothing more happens to it by itself."""
        row.write(
            {
                "state": state,
                "text": text,
                "lease": False,
                "done_date": database_now(self.env),
            }
        )
        self._tell(row)

    @api.model
    def _try_later(self, row, text: str) -> None:
        """The mail server surely has not taken it."""
        if row.attempt >= row.lane_id.max_attempts:
            text = self.env._(
                "Given up after %(count)s attempts. Last answer: %(text)s",
                count=row.attempt,
                text=text,
            )
            self._finish(row, "failed", text)
            return
        wait = timedelta(seconds=wait_seconds(row.attempt))
        self._wait(row, text, database_now(self.env) + wait)

    @api.model
    def _wait(self, row, text: str, due) -> None:
        row.write({"state": "planned", "text": text, "lease": False, "due": due})

    @api.model
    def _tell(self, rows) -> None:
        """Tell origins and adapters about the new states of messages."""
        for model, group in rows.grouped("origin_model").items():
            if model in self.env:
                origins = self.env[model].browse(group.mapped("origin_key"))
                origins._outbox_moved(group)
        for row in rows:
            if adapter := rows._adapters().get(row.kind):
                self.env[adapter]._note(row)
