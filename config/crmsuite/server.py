"""The demo's server process: started in the background, found again, stopped."""

import json
import subprocess
import time
import urllib.error
import urllib.request

import psutil

from . import odooproc, ports
from .paths import VAR
from .util import Fail, write_atomic

STATE = VAR / "server.json"
START_SECONDS = 120


def _answers(port: int) -> bool:
    """Tell whether the login page is served."""
    url = f"http://127.0.0.1:{port}/web/login"
    try:
        with urllib.request.urlopen(url, timeout=30) as page:
            return page.status == 200
    except (OSError, urllib.error.URLError):
        return False


def state() -> dict:
    """Return pid, port and database of the running server; empty when there is none."""
    try:
        found = json.loads(STATE.read_text())
        process = psutil.Process(found["pid"])
        # A pid may have been given to another process since.
        same = abs(process.create_time() - found["created"]) < 2
        return found if same and process.status() != psutil.STATUS_ZOMBIE else {}
    except (OSError, ValueError, KeyError, psutil.Error):
        return {}


def start(ground, database: str) -> dict:
    """Start the server and return once its login page is there."""
    running = state()
    if running.get("database") == database and _answers(running["port"]):
        return running
    stop()
    port, gevent = ports.pick("http"), ports.pick("gevent")
    # One threaded process: with workers, the websocket would need a proxy in front.
    options = {"http_port": port, "gevent_port": gevent, "max_cron_threads": 2}
    conf = odooproc.write_conf(ground, database, **options)
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
    created = psutil.Process(process.pid).create_time()
    found = {"pid": process.pid, "port": port, "database": database, "created": created}
    write_atomic(STATE, json.dumps(found))
    _wait(process, port, log)
    return found


def _wait(process, port: int, log) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise odooproc.failure("the server ended at once:", log)
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
    process = psutil.Process(running["pid"])
    family = [*process.children(recursive=True), process]
    process.terminate()
    _gone, alive = psutil.wait_procs(family, timeout=15)
    for straggler in alive:
        straggler.kill()
    return True
