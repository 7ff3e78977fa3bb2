import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import InterfaceError, OperationalError

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ..core import crashpoints
from ..core import smtp as wire
from ..core.outbox import Parcel
from ..core.smtp import Receipt
from ..transactions import in_transaction, roll_back
from .crm_outbox_adapter_mail import CONNECTION_ERRORS
from .crm_outbox_queue import SHORT_WAIT, LostRow

_logger = logging.getLogger(__name__)

# Seconds after which a sender puts back what it has in hand and looks at the lanes
# above: what waits there waits no longer than this and one message.
TURN_SECONDS = 3.0
# Seconds to go on trying to record a mail that left, after the database was lost.
RECORD_PATIENCE = 30
LOST = (OperationalError, InterfaceError)


class CrmOutboxSender(models.AbstractModel):
    """Takes messages out of the outbox and sends each of them at most once.

    claim → COMMIT → for each: check, ``sending`` → COMMIT → send → record → COMMIT.
    A message is handed to the network only by whoever has committed that it does so,
    and one of which nobody knows whether it arrived is never sent again by itself.
    """

    _name = "crm.outbox.sender"
    _description = "Sender"

    # ---- entry ----------------------------------------------------------------------

    @api.model
    def _cron_send(self, code: str) -> None:
        """Send what is due in a lane, and before it what is due in lanes above."""
        cron = self.env["ir.cron"]
        with self._session() as env:
            sender = env[self._name]
            for done in sender._work(code):
                if not cron._commit_progress(done, remaining=1):
                    return
            wake = in_transaction(env, sender._queue()._next_due, code)
        cron._commit_progress(remaining=0)
        if wake:
            lane = self.env["crm.send.lane"].search([("code", "=", code)], limit=1)
            lane._trigger_sender(wake)

    @contextmanager
    def _session(self):
        """Open an environment on a connection of its own, as superuser."""
        with self.env.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    @api.model
    def _work(self, code: str) -> Iterator[int]:
        """Send until nothing is due; yield how many messages were moved on, with
        nothing in hand and no transaction open."""
        connections = {}
        try:
            while True:
                in_transaction(self.env, self._queue()._reap)
                releases = self.env["crm.outbox.release"]
                in_transaction(self.env, releases._open_missing)
                done = 0
                for lane_id in in_transaction(
                    self.env, self._queue()._lanes_upwards, code
                ):
                    done = self._turn(lane_id, connections)
                    if done:
                        # Back to the top: what came in meanwhile may be more urgent.
                        break
                if not done:
                    return
                yield done
        finally:
            for adapter, connection in connections.values():
                adapter._disconnect(connection)

    # ---- a turn ---------------------------------------------------------------------

    @api.model
    def _turn(self, lane_id: int, connections: dict) -> int:
        """Send for a few seconds; return how many messages were moved on."""
        uid = uuid.uuid4().hex
        claimed = in_transaction(self.env, self._queue()._claim, lane_id, uid)
        if not claimed:
            return 0
        crashpoints.reach("after_claim")
        end = time.monotonic() + TURN_SECONDS
        done = 0
        try:
            for row_id in claimed:
                if time.monotonic() > end:
                    break
                verdict = self._one(row_id, uid, connections)
                if verdict is None:
                    break
                done += verdict
        finally:
            # Without a database nothing can be put back: the lease ends by itself.
            if not self.env.cr._cnx.closed:
                in_transaction(self.env, self._queue()._put_back, uid)
        return done

    @api.model
    def _one(self, row_id: int, uid: str, connections: dict) -> int | None:
        """Move one message on; return how many were, None to end the turn."""
        try:
            way = in_transaction(self.env, self._way, row_id, uid)
            if not isinstance(way, tuple):
                return way
            adapter, route = way
            connection = self._connection(row_id, uid, adapter, route, connections)
            if connection is None:
                return 1
            crashpoints.reach("before_sending")
            parcel = in_transaction(
                self.env, self._begin, row_id, uid, route.server_key, connection
            )
        except LostRow:
            return 0
        except Exception as error:
            # One bad message stops no other; without a database there are no others.
            if self.env.cr._cnx.closed:
                raise
            in_transaction(self.env, self._quarantine, row_id, uid, error)
            return 1
        if parcel is None:
            return 1
        crashpoints.reach("after_sending")
        receipt = adapter._deliver(connection, parcel)
        crashpoints.reach("after_smtp")
        self._record_safely(row_id, uid, receipt)
        crashpoints.reach("after_record")
        if receipt.outcome in (wire.DOWN, wire.UNKNOWN):
            self._drop(connections, adapter, route)
        return 1

    @api.model
    def _way(self, row_id: int, uid: str):
        """Return adapter and route of a message. If it does not need them: 1, and None
        if none of this lane can leave now.

        :raise LostRow: somebody else has it
        """
        row = self._queue()._in_hand(row_id, uid)
        adapter = self._adapter(row)
        if adapter is None:
            text = self.env._("No module sends such messages.")
            self._recorder()._finish(row, "failed", text)
            return 1
        if not adapter._over_network:
            self._perform(row, adapter)
            return 1
        route = adapter._route(row)
        if pause := self.env["crm.send.server"]._pause_of(route.server_key):
            self._queue()._hold(row, uid, pause)
            return 1
        if row.lane_id._allowance(route.server_key) == 0:
            return None
        return adapter, route

    @api.model
    def _adapter(self, row):
        name = row._adapters().get(row.kind)
        return self.env[name] if name else None

    # ---- connections ----------------------------------------------------------------

    @api.model
    def _connection(self, row_id: int, uid: str, adapter, route, connections: dict):
        """Return an open connection, outside any transaction; None: the server is not
        there, and the message waits."""
        key = (adapter._name, route)
        if key in connections:
            connection = connections[key][1]
            if getattr(connection, "crm_mails_left", 1) > 0:
                return connection
            self._drop(connections, adapter, route)
        try:
            connection = adapter._connect(route)
        except CONNECTION_ERRORS as error:
            roll_back(self.env)
            text = wire.describe(error)
            in_transaction(self.env, self._server_error, row_id, uid, route, text)
            return None
        roll_back(self.env)
        connections[key] = (adapter, connection)
        return connection

    @api.model
    def _drop(self, connections: dict, adapter, route) -> None:
        _adapter, connection = connections.pop((adapter._name, route), (None, None))
        if connection is not None:
            adapter._disconnect(connection)

    @api.model
    def _server_error(self, row_id: int, uid: str, route, text: str) -> None:
        """Count the error; the message waits and loses no attempt by it."""
        row = self._queue()._in_hand(row_id, uid)
        pause = self.env["crm.send.server"]._note_error(
            route.server_key, text, row.lane_id.breaker_errors
        )
        self.env.flush_all()
        if pause:
            self._queue()._hold(row, uid, pause)
        else:
            self._queue()._put_back(uid, ids=[row_id], seconds=SHORT_WAIT)

    # ---- check, send, record --------------------------------------------------------

    @api.model
    def _quarantine(self, row_id: int, uid: str, error: Exception) -> None:
        """A message that cannot even be made: try again a few times, then fail."""
        try:
            row = self._queue()._in_hand(row_id, uid)
        except LostRow:
            return
        _logger.info("outbox: message %s cannot be made", row_id, exc_info=error)
        row.attempt += 1
        self._recorder()._try_later(row, wire.describe(error))

    @api.model
    def _begin(
        self, row_id: int, uid: str, server_key: int, connection
    ) -> Parcel | None:
        """Commit to sending a message; None: it must not leave.

        After this commit and before the next one, and at no other time, the message
        may be on the network.
        """
        row = self._queue()._in_hand(row_id, uid)
        if not row.lane_id._may_send():
            # Stopped a moment ago: it stays in hand and is put back with the rest.
            raise LostRow
        if refusal := row._outbox_check(row).get(row.id):
            self._recorder()._leave_out(row, *refusal)
            return None
        parcel = self._adapter(row)._prepare(row, connection)
        now = self.env.cr.now().replace(tzinfo=None)
        row.write(
            {
                "state": "sending",
                "server_key": server_key,
                "send_date": now,
                "attempt": row.attempt + 1,
            }
        )
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE crm_outbox
                      SET lease = now() AT TIME ZONE 'UTC' + make_interval(secs => %s)
                    WHERE id = %s RETURNING id""",
                row.lane_id.lease_seconds,
                row.id,
            )
        )
        return parcel

    @api.model
    def _record_safely(self, row_id: int, uid: str, receipt: Receipt) -> None:
        """Record what became of a message. If the database went away meanwhile, wait
        for it a while: what is known must not become unknown."""
        work = (row_id, uid, receipt)
        try:
            in_transaction(self.env, self._recorder()._record, *work)
            return
        except LOST:
            _logger.info("outbox: the database is gone after sending", exc_info=True)
        except Exception:
            _logger.exception("outbox: a sent message cannot be noted as a contact")
            in_transaction(self.env, self._recorder()._record, *work, False)
            return
        end = time.monotonic() + RECORD_PATIENCE
        while True:
            try:
                with self._session() as env:
                    recorder = env[self._name]._recorder()
                    in_transaction(env, recorder._record, *work)
                break
            except LOST:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
        if self.env.cr._cnx.closed:
            raise OperationalError("the connection to the database was lost")

    @api.model
    def _recorder(self):
        return self.env["crm.outbox.recorder"]

    @api.model
    def _queue(self):
        return self.env["crm.outbox.queue"]

    @api.model
    def _perform(self, row, adapter) -> None:
        """Do a message that needs no network."""
        if not row.lane_id._may_send():
            raise LostRow
        if refusal := row._outbox_check(row).get(row.id):
            self._recorder()._leave_out(row, *refusal)
            return
        now = self.env.cr.now().replace(tzinfo=None)
        row.write({"attempt": row.attempt + 1, "send_date": now})
        text = adapter._perform(row)
        self._recorder()._sent(row, text, ledger=False)
