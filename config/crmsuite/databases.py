"""Template databases and their clones, each with its filestore.

Two levels: `core_*` holds Odoo's modules that ours depend on and changes rarely;
`suite_*` adds our modules and changes with their code. Both are built under a
temporary name and renamed when whole, so an interrupted build leaves nothing behind.
"""

import contextlib
import os
import re
import shutil
import time
from pathlib import Path

import psycopg2
from psycopg2 import errors, sql

from . import odooproc
from .paths import ADDONS, CONFIG, VAR, core_dependencies, install_order
from .util import alive, key_of, need_space, say, setup_lock, sha256_file, step

# Beside the dependencies: the Sales application, which every user of ours opens too.
EXTRA_CORE = ("sale_management",)
KEPT_TEMPLATES = 3
VACUUM_SECONDS = 20  # an autovacuum of a small table is over long before
# Files that change nothing in a database.
NOT_IN_DATABASE = ("tests", "static", "i18n", "readme", "__pycache__")


@contextlib.contextmanager
def _cursor(server, database: str = "postgres"):
    connection = psycopg2.connect(**server.dsn(database))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _execute(server, statement: str, *names: str) -> None:
    with _cursor(server) as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def exists(server, name: str) -> bool:
    """Tell whether a database is there."""
    with _cursor(server) as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return bool(cursor.fetchone())


def names(server) -> list[str]:
    """Return the names of this checkout's databases, oldest first."""
    with _cursor(server) as cursor:
        cursor.execute("SELECT datname FROM pg_database ORDER BY oid")
        return [n for (n,) in cursor.fetchall() if n.startswith(server.prefix)]


def filestore(name: str) -> Path:
    """Return the folder of a database's attachments."""
    return odooproc.DATA / "filestore" / name


def drop(server, name: str) -> None:
    """Drop a database, its sessions and its filestore."""
    end = time.monotonic() + VACUUM_SECONDS
    while exists(server, name):
        try:
            _execute(server, "DROP DATABASE {} WITH (FORCE)", name)
        except errors.InsufficientPrivilege:
            # Autovacuum is at work there, which only a superuser may stop.
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
    shutil.rmtree(filestore(name), ignore_errors=True)
    (VAR / "conf" / f"{name}.conf").unlink(missing_ok=True)


def _link_or_copy(source: str, target: str) -> None:
    """Link attachments: files named by their content are never changed in place."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def clone(server, source: str, target: str) -> None:
    """Make a database and its filestore from a template."""
    drop(server, target)
    _execute(server, "CREATE DATABASE {} TEMPLATE {}", target, source)
    if filestore(source).is_dir():
        shutil.copytree(
            filestore(source), filestore(target), copy_function=_link_or_copy
        )


def rename(server, source: str, target: str) -> None:
    """Give a finished database its real name."""
    shutil.rmtree(filestore(target), ignore_errors=True)
    if filestore(source).is_dir():
        filestore(source).rename(filestore(target))
    (VAR / "conf" / f"{source}.conf").unlink(missing_ok=True)
    _execute(server, "ALTER DATABASE {} RENAME TO {}", source, target)


def _seal(server, name: str) -> None:
    """Let nobody connect to a template: a session would block its cloning."""
    _execute(server, "ALTER DATABASE {} ALLOW_CONNECTIONS false", name)


def code_files() -> list[Path]:
    """Return the files of our modules that shape a database."""
    return [
        path
        for path in sorted(ADDONS.rglob("*"))
        if path.is_file() and not set(path.parts) & set(NOT_IN_DATABASE)
    ]


def code_key() -> str:
    """Return a key of our modules' code, as far as it shapes a database."""
    files = code_files()
    return key_of(*[f"{p.relative_to(ADDONS)} {sha256_file(p)}" for p in files])


def core_modules() -> list[str]:
    """Return Odoo's modules of the core template."""
    return sorted({*core_dependencies(), *EXTRA_CORE})


def _core_key(ground) -> str:
    script = sha256_file(CONFIG / "scripts" / "assets.py")
    locked = sha256_file(CONFIG / "requirements" / "server.txt")
    return key_of(*core_modules(), ground.odoo.key, locked, script)


def install_log(name: str) -> Path:
    """Return the log of the installation that made a template."""
    return odooproc.log_path(f"install-{name}", keep=True)


def _install(ground, name: str, work: str, modules: list[str]) -> None:
    """Install modules into a work database and make it the template `name`."""
    log = odooproc.log_path(f"install-{name}")
    conf = odooproc.write_conf(ground, work)
    args = ["-i", ",".join(modules), "--stop-after-init", "--no-http"]
    odooproc.run(ground, conf, args, f"installing {', '.join(modules)}", log)
    odooproc.run_script(ground, conf, "assets.py", log=log)
    rename(ground.server, work, name)
    _seal(ground.server, name)


def current(ground) -> list[str]:
    """Return the names of the templates that fit the present code."""
    core = ground.database(f"core_{_core_key(ground)}")
    return [core, ground.database(f"suite_{key_of(core, code_key())}")]


def _usable(ground, name: str) -> bool:
    """Tell whether a template is there, with the log of how it was made."""
    return exists(ground.server, name) and install_log(name).is_file()


def core_template(ground) -> str:
    """Return the template with Odoo's own modules, building it when needed."""
    name = current(ground)[0]
    if not _usable(ground, name):
        drop(ground.server, name)
        need_space(VAR, 1)
        with step("core template database: Odoo's modules with demo data"):
            work = ground.database("core_new")
            drop(ground.server, work)
            _install(ground, name, work, core_modules())
            _drop_old(ground, "core_")
    return name


def suite_template(ground) -> str:
    """Return the template with our modules, building it when code has changed."""
    if given := os.environ.get("CRM_SUITE_TEMPLATE"):
        return given
    with setup_lock():
        core = core_template(ground)
        name = current(ground)[1]
        if _usable(ground, name):
            return name
        drop(ground.server, name)
        modules = install_order()
        if not modules:
            say("  no module in addons/ yet: the core template is used")
            return core
        with step(f"suite template database: {', '.join(modules)}"):
            work = ground.database("suite_new")
            clone(ground.server, core, work)
            _install(ground, name, work, modules)
            _drop_old(ground, "suite_")
        return name


def _drop_old(ground, kind: str) -> None:
    """Drop the oldest templates of a kind."""
    prefix = ground.database(kind)
    ours = [name for name in names(ground.server) if name.startswith(prefix)]
    for name in ours[:-KEPT_TEMPLATES]:
        drop(ground.server, name)
        install_log(name).unlink(missing_ok=True)


def temporary_name(ground, purpose: str, number: int = 0) -> str:
    """Return a name that tells which process the database belongs to."""
    return ground.database(f"tmp_{os.getpid()}_{purpose}_{number}")


def sweep(ground) -> None:
    """Drop the temporary databases of processes that were killed."""
    pattern = re.compile(re.escape(ground.database("tmp_")) + r"(\d+)_")
    for name in names(ground.server):
        found = pattern.match(name)
        if found and not alive(int(found[1])):
            drop(ground.server, name)


@contextlib.contextmanager
def temporary(ground, purpose: str, source: str | None = None):
    """Yield the name of a clone that is dropped afterwards."""
    name = temporary_name(ground, purpose)
    clone(ground.server, source or suite_template(ground), name)
    try:
        yield name
    finally:
        drop(ground.server, name)
