"""Configuration files for Odoo and the processes run with them."""

import os
import re
import subprocess
from pathlib import Path
from string import Template
from typing import NamedTuple

from . import odoo as odoo_home
from . import ports, postgres
from .paths import ADDONS, CONFIG, LOGS, VAR, addon_manifests
from .util import Fail, no_space, tail, write_atomic
from .venv import python

DATA = VAR / "data"
# The last line of a traceback.
EXCEPTION = re.compile(r"^[\w.]*(?:Error|Exception|Violation|Exist)\b.*$", re.MULTILINE)


class Ground(NamedTuple):
    """What every Odoo process stands on."""

    odoo: odoo_home.Odoo
    server: postgres.Server

    def database(self, name: str) -> str:
        """Return the full name of a database of this checkout."""
        return self.server.prefix + name

    @property
    def env(self) -> dict[str, str]:
        """Return the environment of Odoo processes, free of the user's settings."""
        strange = ("ODOO_RC", "OPENERP_SERVER", "PGUSER", "PGPASSWORD", "PGDATABASE")
        kept = {k: v for k, v in self.odoo.env.items() if k not in strange}
        return {**kept, "PYTHONDONTWRITEBYTECODE": ""}


def addons_path(found: odoo_home.Odoo) -> str:
    """Return the folders Odoo looks for modules in, besides its own."""
    folders = [ADDONS] if addon_manifests() else []
    return ",".join(str(folder) for folder in [*folders, *found.addons])


def write_conf(ground: Ground, database: str, name: str = "", **options) -> Path:
    """Write var/conf/<name or database>.conf and return its path."""
    values = {
        "addons_path": addons_path(ground.odoo),
        "data_dir": DATA,
        "db_host": ground.server.host,
        "db_port": ground.server.port,
        "db_user": ground.server.user,
        "db_password": ground.server.password,
        "db_name": database,
        "with_demo": True,
        "http_port": ports.any_free(),
        "gevent_port": ports.any_free(),
        "workers": 0,
        "max_cron_threads": 0,
        **options,
    }
    template = Template((CONFIG / "odoo.conf.in").read_text())
    path = VAR / "conf" / f"{name or database}.conf"
    write_atomic(path, template.substitute(values), mode=0o600)
    return path


def log_path(name: str, keep: bool = False) -> Path:
    """Return the path of a log, emptied unless it is to be kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{name}.log"
    if not keep:
        path.unlink(missing_ok=True)
    return path


def command(conf: Path, *args) -> list[str]:
    """Return the command line of an Odoo process."""
    return [str(part) for part in (python(), "-m", "odoo", *args, "-c", conf)]


def failure(what: str, log: Path) -> Fail:
    """Describe a failed Odoo process in one line: its last error, and its log."""
    text = log.read_text(errors="replace") if log.is_file() else ""
    if no_space(text):
        return Fail(f"{what}: the disk is full")
    raised = EXCEPTION.findall(text)
    said = raised[-1][:300] if raised else tail(log)
    return Fail(f"{what} failed ({said or 'no message'}); log: {log}")


def run(ground: Ground, conf: Path, args, what: str, log: Path) -> None:
    """Run an Odoo process to its end; its output and log go to one file."""
    with open(log, "a") as out:
        done = subprocess.run(
            command(conf, *args),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=ground.env,
            cwd=VAR,
            check=False,
        )
    if done.returncode:
        raise failure(what, log)


def script_command(conf: Path, script: Path, *args) -> list[str]:
    """Return the command line that runs a script's `main(env, *args)`."""
    runner = CONFIG / "scripts" / "run.py"
    return [str(part) for part in (python(), runner, conf, script, *args)]


def run_script(ground: Ground, conf: Path, script: str, *args, log: Path) -> None:
    """Run a file of config/scripts with an Odoo environment of a database."""
    with open(log, "a") as out:
        done = subprocess.run(
            script_command(conf, CONFIG / "scripts" / script, *args),
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=ground.env,
            cwd=VAR,
            check=False,
        )
    if done.returncode:
        raise failure(script, log)


def shell(ground: Ground, conf: Path) -> int:
    """Open Odoo's interactive shell."""
    cmd = command(conf, "shell", "--no-http")
    return subprocess.call(cmd, env=ground.env, cwd=os.getcwd())
