"""All linters; each prints what it found, and together they give one exit code."""

import os
import subprocess

from . import lint_rights, lint_tree, nodejs, odoo
from .paths import ADDONS, CONFIG, ROOT, VAR, addon_manifests
from .util import Fail, say, setup_lock
from .venv import python

# What Odoo checks in its own code with plug-ins of its own.
ODOO_CHECKS = (
    "used-before-assignment,undefined-variable,eval-used,unreachable,"
    "function-redefined,sql-injection,missing-gettext,gettext-variable,"
    "gettext-placeholders,gettext-repr,raise-unlink-override"
)
ODOO_PLUGINS = (
    "_pylint_path_setup,_odoo_checker_sql_injection,_odoo_checker_gettext,"
    "_odoo_checker_unlink_override"
)


def _call(*cmd, **env) -> bool:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **env}
    return subprocess.call([str(part) for part in cmd], cwd=ROOT, env=env) == 0


def ruff(fix: bool) -> bool:
    """Run ruff's linter and formatter."""
    cache = f"--cache-dir={VAR / 'ruff'}"
    lint = ["check", "-q", "--output-format=concise", cache]
    lint += ["--fix"] if fix else []
    style = ["format", "-q", cache]
    style += [] if fix else ["--check", "--output-format=concise"]
    good = _call(python(), "-m", "ruff", *lint, ".")
    return _call(python(), "-m", "ruff", *style, ".") and good


def _modules() -> list:
    return [ADDONS / name for name in sorted(addon_manifests())]


def pylint(fix: bool) -> bool:
    """Run pylint with the Odoo community's checks on our modules."""
    rc = f"--rcfile={CONFIG / 'pylintrc'}"
    paths = _modules()
    return not paths or _call(python(), "-m", "pylint", rc, *paths)


def odoo_pylint(fix: bool) -> bool:
    """Run pylint with Odoo's own plug-ins on our modules."""
    with setup_lock():
        site = odoo.ensure().path
    plugins = site / "odoo" / "addons" / "test_lint" / "tests"
    paths = _modules()
    if not plugins.is_dir() or not paths:
        return True
    template = "{path}:{line}: {msg} ({symbol})"
    return _call(
        *(python(), "-m", "pylint", f"--rcfile={os.devnull}", "--jobs=1"),
        *(
            "--disable=all,unknown-option-value",
            f"--enable={ODOO_CHECKS}",
            f"--load-plugins={ODOO_PLUGINS}",
        ),
        *("--score=n", f"--msg-template={template}", *paths),
        PYTHONPATH=os.pathsep.join([str(plugins), str(site)]),
        ADDONS_PATH=str(ADDONS),
    )


def tree(fix: bool) -> bool:
    """Run our own checks of the whole tree, and of rights in our modules."""
    found = [*lint_tree.check(), *lint_rights.check()]
    for line in found:
        say(f"  {line}")
    return not found


LINTERS = {
    "ruff": ruff,
    "our own rules": tree,
    "pylint with the community's checks": pylint,
    "pylint with Odoo's checks": odoo_pylint,
    "prettier and eslint": nodejs.lint,
}


def run(fix: bool) -> int:
    """Run every linter, also after one has failed."""
    failed = []
    for name, linter in LINTERS.items():
        say(f"- lint: {name}")
        if not linter(fix):
            failed.append(name)
    if failed:
        raise Fail(f"lint failed: {', '.join(failed)}")
    say("lint is clean")
    return 0
