"""`make index`: build the optional indexes without locking anybody out.

A module lists them in `optional_indexes.sql`, one `CREATE INDEX CONCURRENTLY IF NOT
EXISTS name ON table (...)` after the other, each ended by a semicolon. The names are
those Odoo would expect, so an upgrade finds them in place.
"""

import os
import re

import psycopg2
from psycopg2 import sql

from .paths import ADDONS, install_order
from .util import Fail, say, step

STATEMENT = re.compile(
    r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS "
    r"(?P<name>\w+) ON (?P<table>\w+)"
)


def statements(text: str) -> list[tuple[str, str, str]]:
    """Return (index, table, statement) of a file; anything else in it is refused."""
    found = []
    bare = "\n".join(line.partition("--")[0] for line in text.splitlines())
    for part in bare.split(";"):
        statement = " ".join(part.split())
        match = STATEMENT.match(statement)
        if match:
            found.append((match["name"], match["table"], statement))
        elif statement:
            raise Fail(f"not the creation of an optional index: {statement[:80]}")
    return found


def wanted(installed: set[str]) -> list[tuple[str, str, str]]:
    """Return the optional indexes of the installed modules."""
    listed = []
    for name in install_order():
        path = ADDONS / name / "optional_indexes.sql"
        if name in installed and path.is_file():
            listed += statements(path.read_text())
    return listed


def _drop_unfinished(cursor, name: str) -> None:
    """Drop what an interrupted build left: an index that is not valid."""
    cursor.execute(
        "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE relname = %s AND NOT indisvalid",
        [name],
    )
    if cursor.fetchone():
        drop = sql.SQL("DROP INDEX CONCURRENTLY {}")
        cursor.execute(drop.format(sql.Identifier(name)))


def build(dsn: dict | str) -> int:
    """Build what is missing in one database, one index after the other."""
    kwargs = dsn if isinstance(dsn, dict) else {"dsn": dsn}
    connection = psycopg2.connect(**kwargs)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
        listed = wanted({name for (name,) in cursor.fetchall()})
        for name, table, statement in listed:
            _drop_unfinished(cursor, name)
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0]:
                say(f"  {name} is there")
                continue
            with step(f"{name} on {table}"):
                cursor.execute(statement)
    connection.close()
    say(f"{len(listed)} optional indexes" if listed else "no module has any")
    return 0


def run() -> int:
    """Build them in the database of CRM_INDEX_URI, else in the demo's."""
    uri = os.environ.get("CRM_INDEX_URI")
    if uri:
        return build(uri)
    from . import demo, setup

    ground = setup.ground()
    return build(ground.server.dsn(demo.ready(ground)))
