"""Databases and server processes of the tests across processes."""

import json
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import psycopg2
from crmsuite import databases, odooproc, pgbin, ports, postgres
from crmsuite.paths import LOGS

from .rpc import Json2, XmlRpc


class OdooServer:
    """One real Odoo server process on one database; its log is `log`."""

    def __init__(self, ground, database: str, name: str, env: dict, options: dict):
        self.ground, self.database = ground, database
        self.port, gevent = ports.any_free(), ports.any_free()
        settings = {"http_port": self.port, "gevent_port": gevent, **options}
        self.conf = odooproc.write_conf(ground, database, name, **settings)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = LOGS / f"processes-{name}.log"
        self.env = {**ground.env, **env}
        self.process = None

    def start(self, wait: bool = True) -> "OdooServer":
        """Start the process; with `wait`, return when it answers."""
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(
                odooproc.command(self.conf),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.env,
                start_new_session=True,
            )
        if wait:
            self.wait_until_up()
        return self

    def wait_until_up(self, seconds: float = 60) -> None:
        """Return when the server answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended: see {self.log}")
            try:
                with urllib.request.urlopen(f"{self.url}/web/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"no answer from the server: see {self.log}")

    def wait_until_dead(self, seconds: float = 60) -> int:
        """Return the exit code once the process has ended by itself."""
        return self.process.wait(seconds)

    def has_ended(self) -> bool:
        """Tell whether the process has ended by itself."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """Kill the process and its children at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the process to end."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        for child in family if number == signal.SIGKILL else ():
            child.kill()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def xmlrpc(self, login: str, password: str | None = None) -> XmlRpc:
        """Return an XML-RPC client; demo users' password is their login."""
        return XmlRpc(self.url, self.database, login, password or login)

    def json2(self, key: str) -> Json2:
        """Return a JSON-2 client."""
        return Json2(self.url, self.database, key)


class Suite:
    """What the tests build on: clones of the template, scripts, SQL."""

    def __init__(self, ground):
        self.ground = ground
        self.template = databases.suite_template(ground)
        self.count = 0

    def clone(self) -> str:
        """Return a fresh database with our modules and Odoo's demo data."""
        self.count += 1
        name = databases.temporary_name(self.ground, "proc", self.count)
        databases.clone(self.ground.server, self.template, name)
        return name

    def drop(self, database: str) -> None:
        """Drop a database of `clone`."""
        databases.drop(self.ground.server, database)

    def connect(self, database: str):
        """Return a psycopg2 connection that commits each statement."""
        connection = psycopg2.connect(**self.ground.server.dsn(database))
        connection.autocommit = True
        return connection

    def sql(self, database: str, query: str, params=()) -> list[tuple]:
        """Run one statement and return its rows, if it has any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, params)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def run(self, database: str, code: str, *args: str) -> str:
        """Run Python with `env` in a process of its own; return what it printed.

        The code defines `main(env, *args)`.
        """
        conf = odooproc.write_conf(self.ground, database)
        with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(code)
            script.flush()
            command = odooproc.script_command(conf, Path(script.name), *args)
            done = subprocess.run(
                command, env=self.ground.env, capture_output=True, text=True
            )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def wake_crons(self, database: str) -> None:
        """Do what a document does that asks for a cron: a started server sleeps for a
        minute first, and hears nothing before it listens."""
        self.sql("postgres", f"NOTIFY cron_trigger, '{database}'")

    def neutralize(self, database: str) -> None:
        """Make a database a copy that must not act, as administrators do."""
        conf = odooproc.write_conf(self.ground, database)
        log = odooproc.log_path("processes-neutralize")
        with open(log, "a") as out:
            done = subprocess.run(
                [str(odooproc.python()), "-m", "odoo", "neutralize", "-c", str(conf)],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.ground.env,
            )
        assert done.returncode == 0, f"see {log}"

    def programs(self) -> Path:
        """Return the folder of PostgreSQL's programs."""
        found = pgbin.local() or pgbin.embedded(postgres.home(postgres.owner()))
        return found.folder

    def api_keys(self, database: str, *logins: str) -> dict[str, str]:
        """Return an API key for each login."""
        conf = odooproc.write_conf(self.ground, database)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "keys.json"
            log = odooproc.log_path("processes-keys", keep=True)
            odooproc.run_script(
                self.ground, conf, "api_keys.py", target, *logins, log=log
            )
            return json.loads(target.read_text())
