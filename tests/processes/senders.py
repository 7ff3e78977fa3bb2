"""Senders as processes of their own, that can be started and killed by the hundred.

A server loads Odoo once and then forks a process for each sender, which makes its own
connections. So a killed sender costs a fraction of a second, not a start of Odoo.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from crmsuite import odooproc
from crmsuite.paths import LOGS

SCRIPT = '''
import json
import os
import signal
import sys
import time

import odoo.sql_db
from odoo import SUPERUSER_ID, api
from odoo.addons.crm_relationship.core import crashpoints


def send(registry, lane, crash):
    """Be a sender until killed."""
    os.environ["CRM_CRASH"] = crash or ""
    crashpoints._passes.clear()
    while True:
        try:
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["crm.outbox.sender"]._cron_send(lane)
        except Exception as error:
            print("sender:", repr(error)[:200], file=sys.stderr, flush=True)
            time.sleep(0.2)
        time.sleep(0.05)


def main(env):
    registry = env.registry
    # Loaded once for all: what the first mail would load.
    env["crm.outbox"]._adapters()
    env.cr.commit()
    env.cr.close()
    odoo.sql_db.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        odoo.sql_db.close_all()
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            devnull = os.open(os.devnull, os.O_RDONLY)
            os.dup2(devnull, 0)
            try:
                send(registry, order["lane"], order["crash"])
            finally:
                os._exit(1)
        print(pid, flush=True)
    os._exit(0)
'''


class SenderServer:
    """One server, with as many senders as are asked for."""

    def __init__(self, suite, database: str, name: str = "senders"):
        conf = odooproc.write_conf(suite.ground, database, f"{name}-{os.getpid()}")
        script = tempfile.NamedTemporaryFile("w", suffix=".py", delete=False)
        with script:
            script.write(SCRIPT)
        self.log = LOGS / f"processes-{name}.log"
        self.pids: set[int] = set()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                odooproc.script_command(conf, Path(script.name)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=suite.ground.env,
                text=True,
            )
        answer = self.process.stdout.readline()
        os.unlink(script.name)
        assert answer.strip() == "ready", f"see {self.log}"

    def start(self, lane: str = "service", crash: str = "") -> int:
        """Start a sender; return its process id.

        :param crash: see ``core/crashpoints.py``
        """
        print(json.dumps({"lane": lane, "crash": crash}), file=self.process.stdin)
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        self.pids.add(pid)
        return pid

    def alive(self) -> set[int]:
        """Return the senders that live."""
        self.pids = {pid for pid in self.pids if _lives(pid)}
        return self.pids

    def kill(self, pid: int) -> bool:
        """Kill a sender as a power cut would; tell whether it still lived."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def wait_dead(self, pid: int, seconds: float = 60) -> bool:
        """Wait until a sender has died; tell whether it has."""
        end = time.monotonic() + seconds
        while _lives(pid):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def stop(self) -> None:
        """End the senders and the server."""
        for pid in self.alive():
            self.kill(pid)
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
