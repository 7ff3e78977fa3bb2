"""One PostgreSQL cluster per checkout, or the server named by CRM_PG_URI."""

import os
import pwd
import secrets
import shutil
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from . import pgbin, ports
from .paths import CHECKOUT, OUTSIDE, VAR
from .util import Fail, alive, capture, need_space, no_space, say, step, write_atomic

ODOO_ROLE = "odoo"
ADMIN_ROLE = "crm_admin"
PASSWORD = VAR / "pg-password"
# A cluster that can be rebuilt at any time: speed before safety against power loss.
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 512MB
work_mem = 32MB
maintenance_work_mem = 256MB
effective_cache_size = 2GB
max_wal_size = 4GB
fsync = off
full_page_writes = off
synchronous_commit = off
log_min_messages = fatal
"""


class Server(NamedTuple):
    """How to reach a server, and what to put before database names there."""

    host: str
    port: int
    user: str
    password: str
    prefix: str

    def dsn(self, database: str) -> dict:
        """Return psycopg2's arguments for a database."""
        named = {"host": self.host, "port": self.port, "user": self.user}
        return {**named, "password": self.password, "dbname": database}


def from_uri(uri: str) -> Server:
    """Read CRM_PG_URI: postgresql://user:password@host:port."""
    parts = urlsplit(uri)
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        raise Fail("CRM_PG_URI must look like postgresql://user:password@host:port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user in ("", "postgres"):
        raise Fail("CRM_PG_URI must name a role other than postgres: Odoo refuses it")
    port = parts.port or 5432
    return Server(parts.hostname, port, user, password, f"crm_{CHECKOUT}_")


class Owner(NamedTuple):
    """The system user that runs the server: never root."""

    name: str | None
    uid: int
    gid: int

    @property
    def switch(self) -> dict:
        """Return subprocess arguments that become this user."""
        if self.name is None:
            return {"cwd": "/"}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}


def owner() -> Owner:
    """Choose who runs the server."""
    if os.geteuid() != 0:
        return Owner(None, os.geteuid(), os.getegid())
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(name, found.pw_uid, found.pw_gid)
    raise Fail("PostgreSQL refuses to run as root and there is no user to run it as")


def reachable(folder: Path, who: Owner) -> bool:
    """Tell whether the server's user can get into a folder."""
    return capture(["sh", "-c", 'cd "$1"', "sh", folder], **who.switch).returncode == 0


def home(who: Owner) -> Path:
    """Return the folder for the cluster, outside a private home if it must be."""
    VAR.mkdir(parents=True, exist_ok=True)
    if reachable(VAR, who):
        return VAR
    if not OUTSIDE.is_dir():
        say(f"  {VAR} is closed to user {who.name}: PostgreSQL lives in {OUTSIDE}")
        OUTSIDE.mkdir()
    if OUTSIDE.stat().st_uid != os.geteuid():
        raise Fail(f"{OUTSIDE} is somebody else's: remove it or move the checkout")
    return OUTSIDE


def _programs(who: Owner, place: Path) -> pgbin.Programs:
    found = pgbin.local()
    if found and reachable(found.folder, who):
        return found
    return pgbin.embedded(place / "pgserver")


def _password() -> str:
    if not PASSWORD.is_file():
        write_atomic(PASSWORD, secrets.token_urlsafe(24), mode=0o600)
    return PASSWORD.read_text()


def _initdb(programs: pgbin.Programs, data: Path, who: Owner) -> None:
    """Make the cluster in a folder beside and rename it when it is whole."""
    need_space(data.parent, 1)
    work = data.with_name(f"{data.name}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    os.chown(work, who.uid, who.gid)
    _write_as(work / "password", _password(), who)
    done = capture(
        [programs.folder / "initdb", "-D", work / "data", "-U", ADMIN_ROLE]
        + [f"--pwfile={work / 'password'}", "--auth=scram-sha-256"]
        + ["--encoding=UTF8", "--locale=C", "--no-sync"],
        **who.switch,
    )
    if done.returncode:
        full = no_space(done.stderr)
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise Fail(f"initdb: {'the disk is full' if full else last}")
    (work / "data").rename(data)
    shutil.rmtree(work)


def _make_role(server: Server) -> None:
    """Create the role Odoo connects as: may create databases, no superuser."""
    import psycopg2
    from psycopg2 import sql

    admin = server._replace(user=ADMIN_ROLE)
    connection = psycopg2.connect(**admin.dsn("postgres"))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ODOO_ROLE])
        if not cursor.fetchone():
            create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            role, password = sql.Identifier(ODOO_ROLE), sql.Literal(server.password)
            cursor.execute(create.format(role, password))
    connection.close()


def _write_as(path: Path, text: str, who: Owner) -> None:
    path.write_text(text)
    os.chown(path, who.uid, who.gid)


def _data(place: Path, programs: pgbin.Programs) -> Path:
    return place / f"pg{programs.major}"


def is_running(programs: pgbin.Programs, data: Path, who: Owner) -> bool:
    """Tell whether the cluster's server is up."""
    status = [programs.folder / "pg_ctl", "status", "-D", data]
    return data.is_dir() and capture(status, **who.switch).returncode == 0


def _start(programs: pgbin.Programs, data: Path, who: Owner) -> None:
    port = ports.pick("postgres")
    _write_as(data / "crm.conf", f"{SETTINGS}port = {port}\n", who)
    conf = data / "postgresql.conf"
    if "crm.conf" not in conf.read_text():
        _write_as(conf, conf.read_text() + "\ninclude 'crm.conf'\n", who)
    done = capture(
        [programs.folder / "pg_ctl", "start", "-D", data, "-w", "-t", "90"]
        + ["-l", data / "server.log"],
        start_new_session=True,
        **who.switch,
    )
    if done.returncode:
        log = data / "server.log"
        text = log.read_text(errors="replace") if log.is_file() else done.stderr
        why = "the disk is full" if no_space(text) else f"see {log}"
        raise Fail(f"PostgreSQL does not start: {why}")


def ensure() -> Server:
    """Return a running server that Odoo may use."""
    uri = os.environ.get("CRM_PG_URI")
    if uri:
        server = from_uri(uri)
        check(server)
        return server
    who = owner()
    place = home(who)
    programs = _programs(who, place)
    data = _data(place, programs)
    if not data.is_dir():
        with step(f"PostgreSQL {programs.major} cluster in {data}"):
            _initdb(programs, data, who)
    if not is_running(programs, data, who):
        _start(programs, data, who)
    port = int((data / "postmaster.pid").read_text().splitlines()[3])
    server = Server("127.0.0.1", port, ODOO_ROLE, _password(), "crm_")
    _make_role(server)
    check(server)
    return server


def check(server: Server) -> None:
    """Refuse a server that is away, too old, or that lets us make no database."""
    import psycopg2

    try:
        connection = psycopg2.connect(**server.dsn("postgres"), connect_timeout=10)
    except psycopg2.OperationalError as error:
        said = str(error).splitlines()[0]
        raise Fail(f"PostgreSQL cannot be reached: {said}") from None
    with connection, connection.cursor() as cursor:
        major = connection.server_version // 10000
        cursor.execute(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        may_create = cursor.fetchone()[0]
    connection.close()
    if major < pgbin.OLDEST:
        raise Fail(f"PostgreSQL {major} is too old: {pgbin.OLDEST} or newer is needed")
    if not may_create:
        raise Fail(f"the role {server.user} of CRM_PG_URI may not create databases")


def stop() -> bool:
    """Stop this checkout's server; tell whether one was running."""
    for place in (VAR, OUTSIDE):
        for data in place.glob("pg[0-9]*") if place.is_dir() else ():
            pid = _pid(data)
            if not pid:
                continue
            os.kill(pid, 2)  # "fast" shutdown: open sessions are ended
            _wait_gone(pid)
            return True
    return False


def _pid(data: Path) -> int | None:
    """Return the pid of the server that runs on a cluster."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if alive(pid) and Path(lines[1]) == data else None


def _wait_gone(pid: int) -> None:
    for _ in range(300):
        if not alive(pid):
            return
        time.sleep(0.1)
    raise Fail(f"PostgreSQL (process {pid}) does not stop")
