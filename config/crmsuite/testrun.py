"""The tests: pure Python, pytest-odoo on clones of the template, real processes.

tests/config      the set-up commands themselves, without Odoo
addons/*/tests    each module's own tests, inside Odoo
tests/generic     tests over every model of ours, inside Odoo
tests/processes   real servers, both RPC interfaces, kills
"""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import checks, databases, lint, logcheck, odooproc, setup
from .paths import ADDONS, CONFIG, LOGS, ROOT, VAR, install_order
from .util import Fail, say, warn
from .venv import python

NO_TESTS = 5  # pytest's exit code when there was nothing to run
# What tests of the full run are told: long ones run, random histories are many.
LONG = {"CRM_LONG": "1", "CRM_EXAMPLES": "500"}
# Odoo's own checks of code, run on our modules. The others of its module check the
# checkers, or need programs that `make lint` runs itself.
ODOO_LINT_SKIPPED = (
    "test_checkers",
    "test_eslint",
    "test_pylint",
    "test_l10n",
    "test_markers",
)


def _pytest(args, env: dict, name: str, output=None) -> int:
    """Run pytest from the checkout's root with our plug-ins importable.

    :param output: file for what it prints; nothing for the terminal
    """
    path = [str(CONFIG), env.get("PYTHONPATH", "")]
    env = {
        **env,
        "PYTHONPATH": os.pathsep.join(part for part in path if part),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(VAR / "hypothesis"),
    }
    cmd = [python(), "-m", "pytest", "-o", f"cache_dir={VAR / 'pytest'}", "-q"]
    cmd += [f"--junit-xml={VAR / 'reports' / name}.xml", *args]
    cmd = [str(part) for part in cmd]
    code = subprocess.call(cmd, cwd=ROOT, env=env, stdout=output, stderr=output)
    return 0 if code == NO_TESTS else code


def outside(args: list, name: str, env: dict | None = None) -> int:
    """Run tests that are not inside an Odoo."""
    return _pytest(["-p", "no:odoo", *args], env or dict(os.environ), name)


def pure() -> int:
    """Run the tests that need neither Odoo nor a database."""
    return outside([ROOT / "tests" / "config"], "pure")


def inside(ground, name: str, args: list, source=None, env=None, output=None) -> int:
    """Run tests inside Odoo on a fresh clone of a template."""
    log = odooproc.log_path(f"test-{name}")
    with databases.temporary(ground, f"test_{name}", source) as database:
        conf = odooproc.write_conf(ground, database)
        options = [f"--odoo-database={database}", f"--odoo-config={conf}"]
        options += ["--odoo-http", "--odoo-log-level=info"]
        options += ["--odoo-extra", f"logfile={log}"]
        options += ["--odoo-extra", f"screenshots={VAR / 'screenshots'}"]
        options += ["-p", "crmsuite.tours", "-p", "crmsuite.patience"]
        options += ["--show-capture=no", "--tb=short"]
        return _pytest([*options, *args], {**ground.env, **(env or {})}, name, output)


def modules(ground, env=None) -> int:
    """Run the tests of our modules, and beside them the generic ones: an Odoo keeps
    one processor busy."""
    slowest = ["--durations=10", "--durations-min=10"]
    own = [*(ADDONS / name for name in install_order()), *slowest]
    generic = [ROOT / "tests" / "generic", *slowest]
    said = odooproc.log_path("generic-tests")
    with said.open("w") as output, ThreadPoolExecutor(1) as pool:
        beside = pool.submit(inside, ground, "generic", generic, None, env, output)
        codes = [inside(ground, "modules", own, env=env), beside.result()]
    say(said.read_text(errors="replace"))
    return next(filter(None, codes), 0)


def odoo_lint(ground) -> int:
    """Run Odoo's own checks of code on our modules."""
    folder = ground.odoo.path / "odoo" / "addons" / "test_lint" / "tests"
    files = [p for p in folder.glob("test_*.py") if p.stem not in ODOO_LINT_SKIPPED]
    return inside(ground, "lint", [*sorted(files), "-p", "crmsuite.only_ours"])


def processes(ground, env=None) -> int:
    """Run the tests that start real server processes."""
    env = {**ground.env, **(env or {})}
    return outside([ROOT / "tests" / "processes"], "processes", env)


def named(arguments: list[str]) -> int:
    """Run the tests of some files only; further pytest options may follow."""
    if not ADDONS.is_relative_to(ROOT / "addons"):
        ours = [a.removeprefix("addons/") for a in arguments]
        pairs = zip(ours, arguments, strict=True)
        arguments = [a if a == was else str(ADDONS / a) for a, was in pairs]
    first = (ROOT / arguments[0].partition("::")[0]).resolve()
    if first.is_relative_to(ROOT / "tests" / "config"):
        return outside(arguments, "named")
    ground = setup.ground()
    if first.is_relative_to(ROOT / "tests" / "processes"):
        return outside(arguments, "named", ground.env)
    return inside(ground, "named", arguments)


def run_stages(stages: dict) -> list[str]:
    """Run every stage, also after one has failed; return the failed ones."""
    failed = []
    for title, stage in stages.items():
        say(f"- {title}")
        begin = time.monotonic()
        try:
            code = stage()
        except Fail as failure:
            say(f"  {failure}")
            code = 1
        say(f"  {'FAILED' if code else 'passed'}, {time.monotonic() - begin:.0f} s")
        if code:
            failed.append(title)
    return failed


def run(more: dict | None = None, env: dict | None = None) -> int:
    """Run all linters and tests, also after one has failed; return the exit code.

    :param more: further stages, a function of the ground by title
    :param env: variables for the tests of the modules and across processes
    """
    ground = setup.ground()
    if not checks.browser():
        warn("no browser here: tours will be SKIPPED (Debian: apt install chromium)")
    databases.sweep(ground)
    databases.suite_template(ground)
    made = databases.current(ground)
    stages = {
        "linters": lambda: lint.run(fix=False),
        "tests of the set-up": pure,
        "tests of the modules": lambda: modules(ground, env),
        "Odoo's own checks of our code": lambda: odoo_lint(ground),
        "tests across processes": lambda: processes(ground, env),
        **{title: lambda s=stage: s(ground) for title, stage in (more or {}).items()},
        "logs of installation and tests": lambda: logs(made),
    }
    failed = run_stages(stages)
    if failed:
        raise Fail(f"failed: {'; '.join(failed)}")
    say("all linters and tests passed")
    return 0


def logs(templates: list[str]) -> int:
    """Check the logs of installation and tests; print what is bad."""
    found = [databases.install_log(name) for name in templates]
    found += [LOGS / f"test-{name}.log" for name in ("modules", "generic", "lint")]
    bad = [f"{log.name} is missing" for log in found if not log.is_file()]
    allowed = logcheck.read_allowed(CONFIG / "log_allow.txt")
    there = [log for log in found if log.is_file()]
    bad += [line for log in there for line in logcheck.check(log, allowed)]
    for line in bad[:50]:
        say(f"  {line}")
    if bad:
        say(f"  {len(bad)} warnings or errors that config/log_allow.txt does not list")
    return 1 if bad else 0
