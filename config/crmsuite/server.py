"""The demo's server process: started in the background, found again, stopped."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from . import ports
from .paths import VAR
from .util import Fail, alive, write_atomic

STATE = VAR / "server.json"
START_SECONDS = 120
STOP_SECONDS = 15


def _answers(port: int) -> bool:
    """Tell whether the login page is served."""
    url = f"http://127.0.0.1:{port}/web/login"
    try:
        with urllib.request.urlopen(url, timeout=30) as page:
            return page.status == 200
    except OSError:
        return False


def _born(pid: int) -> str:
    """Return when a process began, "" when it is gone: a pid may be used again."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if stat[0] == "Z" else stat[19]


def state() -> dict:
    """Return pid, port and database of the running server; empty when there is none."""
    try:
        found = json.loads(STATE.read_text())
        return found if found["born"] and _born(found["pid"]) == found["born"] else {}
    except (OSError, ValueError, KeyError):
        return {}


def start(ground, database: str) -> dict:
    """Start the server and return once its login page is there."""
    from . import odooproc

    running = state()
    if running.get("database") == database and _answers(running["port"]):
        return running
    stop()
    port, gevent = ports.pick("http"), ports.pick("gevent")
    # One threaded process: with workers, the websocket would need a proxy in front.
    options = {"http_port": port, "gevent_port": gevent, "max_cron_threads": 2}
    conf = odooproc.write_conf(ground, database, "server", **options)
    log = odooproc.log_path("server")
    with open(log, "a") as out:
        process = subprocess.Popen(
            odooproc.command(conf),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=ground.env,
            cwd=VAR,
            start_new_session=True,
        )
    found = {"pid": process.pid, "born": _born(process.pid)}
    found |= {"port": port, "database": database}
    write_atomic(STATE, json.dumps(found))
    _wait(process, port, log)
    return found


def _wait(process, port: int, log) -> None:
    from . import odooproc

    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise odooproc.failure("start of the server", log)
        if _answers(port):
            return
        time.sleep(0.25)
    stop()
    raise Fail(f"the server does not answer after {START_SECONDS} s; log: {log}")


def stop() -> bool:
    """Stop the server; tell whether one was running."""
    running = state()
    STATE.unlink(missing_ok=True)
    if not running:
        return False
    pid = running["pid"]
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end and _born(pid) == running["born"]:
        time.sleep(0.1)
    if alive(pid) and _born(pid) == running["born"]:
        os.killpg(pid, signal.SIGKILL)
    return True
