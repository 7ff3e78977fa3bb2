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
from ..transactions import database_now, in_transaction, roll_back
from .crm_outbox_adapter_mail import CONNECTION_ERRORS
from .crm_outbox_queue import SHORT_WAIT, LostRow

_logger = logging.getLogger(__name__)

# Seconds after which a sender puts back what it has in hand and looks at the lanes
# above: what waits there waits no longer than this and one message.
TURN_SECONDS = 3.0
# Seconds to go on trying to record a mail that left, after the database was lost.
RECORD_PATIENCE = 30
# Read once in a turn: what is the same for all its messages.
KEPT = (
    "crm.channel",
    "ir.config_parameter",
    "mail.alias.domain",
    "res.company",
    "res.currency",
    "res.lang",
    "res.users",
)
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
            ways = self._ways(claimed)
            for row_id in claimed:
                if time.monotonic() > end:
                    break
                verdict = self._one(row_id, uid, ways.get(row_id), connections)
                if verdict is None:
                    break
                done += verdict
        finally:
            # Without a database nothing can be put back: the lease ends by itself.
            if not self.env.cr._cnx.closed:
                in_transaction(self.env, self._queue()._put_back, uid)
        return done

    @api.model
    def _ways(self, row_ids: list[int]) -> dict[int, tuple]:
        """Return adapter and route of messages; without those that cannot be told."""
        try:
            return in_transaction(self.env, self._find_ways, row_ids)
        except Exception:
            if self.env.cr._cnx.closed:
                raise
        ways = {}
        for row_id in row_ids:
            # One of them is bad: each for itself.
            try:
                ways |= in_transaction(self.env, self._find_ways, [row_id])
            except Exception as error:
                if self.env.cr._cnx.closed:
                    raise
                ways[row_id] = (None, error)
        return ways

    @api.model
    def _find_ways(self, row_ids: list[int]) -> dict[int, tuple]:
        ways = {}
        rows = self.env["crm.outbox"].browse(row_ids).exists()
        for kind, group in rows.grouped("kind").items():
            adapter = self._adapter(kind)
            if adapter is not None:
                routes = adapter._routes(group)
                ways |= {row: (adapter, route) for row, route in routes.items()}
        return ways

    @api.model
    def _one(self, row_id: int, uid: str, way: tuple | None, connections: dict):
        """Move one message on; return how many were, None to end the turn."""
        try:
            if way is None:
                in_transaction(self.env, self._no_way, row_id, uid)
                return 1
            adapter, route = way
            if adapter is None:
                raise route
            if not adapter._over_network:
                in_transaction(self.env, self._perform, row_id, uid, kept=KEPT)
                return 1
            gate = in_transaction(self.env, self._gate, row_id, uid, route, kept=KEPT)
            if not isinstance(gate, bool):
                return gate
            connection = self._connection(row_id, uid, adapter, route, connections)
            if connection is None:
                return 1
            crashpoints.reach("before_sending")
            parcel = in_transaction(
                self.env, self._begin, row_id, uid, route, connection, kept=KEPT
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
        return self._hand_over(row_id, uid, adapter, route, parcel, connections)

    @api.model
    def _hand_over(self, row_id, uid, adapter, route, parcel, connections) -> int:
        """Send one message that is committed to be sent, and note the outcome."""
        key = self._key(adapter, route)
        crashpoints.reach("after_sending")
        receipt = adapter._deliver(connections[key][1], parcel)
        crashpoints.reach("after_smtp")
        self._record_safely(row_id, uid, receipt)
        crashpoints.reach("after_record")
        if receipt.outcome in (wire.DOWN, wire.UNKNOWN):
            self._drop(connections, key)
        return 1

    @api.model
    def _no_way(self, row_id: int, uid: str) -> None:
        row = self._queue()._in_hand(row_id, uid)
        text = self.env._("No module sends such messages.")
        self._recorder()._finish(row, "failed", text)

    @api.model
    def _gate(self, row_id: int, uid: str, route):
        """Tell whether a message may take its way now. If not: 1, or None if no other
        of this lane can leave either.

        :raise LostRow: somebody else has it
        """
        server_key = route.server_key
        pause = self.env["crm.send.server"]._pause_of(server_key)
        if pause:
            self._queue()._hold(self._queue()._in_hand(row_id, uid), uid, pause)
            return 1
        lane = self.env["crm.outbox"].browse(row_id).lane_id
        return None if lane._allowance(server_key) == 0 else True

    @api.model
    def _adapter(self, kind: str):
        name = self.env["crm.outbox"]._adapters().get(kind)
        return self.env[name] if name else None

    # ---- connections ----------------------------------------------------------------

    @api.model
    def _connection(self, row_id: int, uid: str, adapter, route, connections: dict):
        """Return an open connection, outside any transaction; None: the server is not
        there, and the message waits."""
        key = self._key(adapter, route)
        if key in connections:
            connection = connections[key][1]
            if getattr(connection, "crm_mails_left", 1) > 0:
                return connection
            self._drop(connections, key)
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
    def _key(self, adapter, route) -> tuple:
        """Return what makes a connection another one."""
        return adapter._name, route.server_key, route.envelope

    @api.model
    def _drop(self, connections: dict, key: tuple) -> None:
        adapter, connection = connections.pop(key)
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
    def _begin(self, row_id: int, uid: str, route, connection) -> Parcel | None:
        """Commit to sending a message; None: it must not leave.

        After this commit and before the next one, and at no other time, the message
        may be on the network.
        """
        row = self._queue()._in_hand(row_id, uid)
        if not row.lane_id._may_send():
            # Stopped a moment ago: it stays in hand and is put back with the rest.
            raise LostRow
        if refusal := row._outbox_check(row).get(row.id):
            self._recorder()._refuse(row, *refusal)
            return None
        parcel = self._adapter(row.kind)._prepare(row, route, connection)
        now = database_now(self.env)
        row.write(
            {
                "state": "sending",
                "reason": False,
                "server_key": route.server_key,
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
            in_transaction(self.env, self._recorder()._record, *work, kept=KEPT)
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
    def _perform(self, row_id: int, uid: str) -> None:
        """Do a message that needs no network."""
        row = self._queue()._in_hand(row_id, uid)
        if not row.lane_id._may_send():
            raise LostRow
        if refusal := row._outbox_check(row).get(row.id):
            self._recorder()._refuse(row, *refusal)
            return
        now = database_now(self.env)
        row.write({"attempt": row.attempt + 1, "send_date": now, "reason": False})
        text = self._adapter(row.kind)._perform(row)
        self._recorder()._sent(row, text, ledger=False)
