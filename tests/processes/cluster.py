"""A PostgreSQL of its own, for tests that pull its plug."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2
from crmsuite import databases, odooproc, pgbin, ports, postgres

from .suite import Suite

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 256MB
# The machine keeps running: what is written is kept, also without waiting for a disk.
fsync = off
"""


class Cluster:
    """A server with a copy of the template, that can be restarted without farewell."""

    def __init__(self, suite: Suite):
        self.who = postgres.owner()
        place = postgres.home(self.who)
        self.programs = pgbin.local() or pgbin.embedded(place / "pgserver")
        self.folder = Path(tempfile.mkdtemp(dir=place, prefix="cluster-"))
        os.chown(self.folder, self.who.uid, self.who.gid)
        self.data = self.folder / "data"
        self._program("initdb", "-D", self.data, "-U", "odoo", "--auth=trust")
        port = ports.any_free()
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"{SETTINGS}port = {port}\n")
        self._program("pg_ctl", "start", "-w", "-D", self.data, "-l", self._log)
        server = postgres.Server("127.0.0.1", port, "odoo", "", "own_")
        ground = odooproc.Ground(suite.ground.odoo, server)
        self.suite = Suite.__new__(Suite)
        self.suite.ground, self.suite.template, self.suite.count = ground, "", 0
        self.database = f"own_{os.getpid()}"
        self._copy(suite)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _program(self, name: str, *args) -> None:
        done = subprocess.run(
            [self.programs.folder / name, *args],
            capture_output=name == "initdb",
            stdout=None if name == "initdb" else subprocess.DEVNULL,
            start_new_session=True,
            **self.who.switch,
        )
        assert done.returncode == 0, f"{name}: see {self._log}"

    def _copy(self, suite: Suite) -> None:
        """Bring a fresh copy of the suite's template here."""
        source = suite.clone()
        here, there = self.suite.ground.server, suite.ground.server
        self.suite.sql("postgres", f'CREATE DATABASE "{self.database}"')
        env = {**os.environ, "PGPASSWORD": there.password}
        where = ["-h", there.host, "-p", str(there.port), "-U", there.user]
        dump = subprocess.Popen(
            [self.programs.folder / "pg_dump", *where, "-Fc", source],
            stdout=subprocess.PIPE,
            env=env,
        )
        target = ["-h", here.host, "-p", str(here.port), "-U", here.user]
        subprocess.run(
            [self.programs.folder / "pg_restore", *target, "--no-owner"]
            + ["-d", self.database],
            stdin=dump.stdout,
            check=True,
        )
        assert dump.wait() == 0
        files = databases.filestore(source)
        if files.is_dir():
            shutil.copytree(files, databases.filestore(self.database))
        suite.drop(source)

    def restart(self, mode: str) -> None:
        """Restart the server; ``immediate`` is how it ends without a farewell."""
        stop = ("-D", self.data, "-m", mode, "-w", "-t", "60")
        self._program("pg_ctl", "restart", *stop, "-l", self._log)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                psycopg2.connect(**self.suite.ground.server.dsn("postgres")).close()
                return
            except psycopg2.OperationalError:
                time.sleep(0.1)

    def remove(self) -> None:
        """Stop the server and leave nothing behind."""
        self._program("pg_ctl", "stop", "-D", self.data, "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(databases.filestore(self.database), ignore_errors=True)
