"""`make guards`: take each guard out of the code, one by one; its tests must go red.

A test that stays green without the guard it is there for proves nothing. tests/guards
lists the guards: what to take out, in which file (or by which SQL in the database), and
the tests that must notice. Nothing of the checkout itself is changed.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import psycopg2

from . import databases, setup
from .paths import CONFIG, ROOT, VAR
from .util import Fail, say

LIST = ROOT / "tests" / "guards.toml"
COPY = VAR / "guards" / "addons"
REPORT = VAR / "reports" / "named.xml"


def read() -> list[dict]:
    """Return the guards in the order of the file."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))["guard"]


def take_out(guard: dict, addons: Path) -> None:
    """Write a module's file without the guard.

    :raise Fail: the text is not there exactly once, so the list is out of date
    """
    if "file" not in guard:
        return
    path = addons / guard["file"].removeprefix("addons/")
    text = path.read_text(encoding="utf-8")
    if text.count(guard["old"]) != 1:
        raise Fail(f"{guard['name']}: not found once in {guard['file']}")
    path.write_text(text.replace(guard["old"], guard["new"]), encoding="utf-8")


@contextlib.contextmanager
def _template(ground, guard: dict):
    """Yield the template to test on: a changed copy where the database is the guard."""
    source = databases.suite_template(ground)
    if "sql" not in guard:
        yield source
        return
    with databases.temporary(ground, "guards", source) as name:
        with contextlib.closing(psycopg2.connect(**ground.server.dsn(name))) as there:
            with there, there.cursor() as cursor:
                cursor.execute(guard["sql"])
        yield name


def _failures() -> int:
    """Return how many tests of the last run noticed something."""
    if not REPORT.is_file():
        return 0
    suites = ElementTree.parse(REPORT).iter("testsuite")  # noqa: S314  our own file
    return sum(int(s.get("failures", 0)) + int(s.get("errors", 0)) for s in suites)


def _red(ground, guard: dict) -> int:
    """Run the tests of a guard without it; return how many went red."""
    shutil.rmtree(COPY.parent, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "addons", COPY, ignore=ignored)
    take_out(guard, COPY)
    REPORT.unlink(missing_ok=True)
    with _template(ground, guard) as template:
        env = {**os.environ, "CRM_ADDONS": str(COPY), "CRM_SUITE_TEMPLATE": template}
        cmd = [sys.executable, str(CONFIG / "crm.py"), "test", *guard["tests"]]
        subprocess.run(cmd, cwd=ROOT, env=env, capture_output=True, check=False)
    return _failures()


def run(ground=None) -> int:
    """Try every guard, or those whose names contain $CRM_GUARD; 1 if one is missed."""
    ground = ground or setup.ground()
    wanted = os.environ.get("CRM_GUARD", "").lower()
    missed = []
    for guard in read():
        if wanted not in guard["name"].lower():
            continue
        red = _red(ground, guard)
        say(f"  {guard['name']}: {f'{red} red' if red else 'NOT NOTICED'}")
        if not red:
            missed.append(guard["name"])
    shutil.rmtree(COPY.parent, ignore_errors=True)
    return 1 if missed else 0
