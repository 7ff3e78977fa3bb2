"""Linters that run on node: prettier for XML and JavaScript, eslint for JavaScript."""

import os
import shutil
import subprocess
from pathlib import Path

from . import checks
from .lint_tree import files
from .paths import ADDONS, CONFIG, ROOT, VAR, cache_dir
from .util import (
    Fail,
    atomic_folder,
    has_stamp,
    key_of,
    put_stamp,
    run,
    sha256_file,
    step,
    warn,
)

SOURCE = CONFIG / "node"
TREE = VAR / "node"
MODULES = TREE / "node_modules"


def _ensure() -> None:
    """Install what the lock file names; every package is checked by its hash."""
    key = key_of(*[sha256_file(path) for path in sorted(SOURCE.iterdir())])
    if has_stamp(TREE, key):
        return
    with step("prettier and eslint from the lock file"), atomic_folder(TREE) as work:
        for path in SOURCE.iterdir():
            shutil.copy(path, work)
        run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            + ["--prefer-offline", "--cache", cache_dir() / "npm"],
            "npm ci",
            log="npm",
            hint="no network or package registry, and nothing in the cache?",
            cwd=work,
        )
        put_stamp(work, key)


def _ours(*suffixes: str) -> list[Path]:
    return [p for p in files() if p.is_relative_to(ADDONS) and p.suffix in suffixes]


def _call(program: str, *args) -> bool:
    cmd = ["node", MODULES / program, *args]
    return subprocess.call([str(part) for part in cmd], cwd=ROOT) == 0


def lint(fix: bool) -> bool:
    """Run both; without node say so, and in continuous integration fail."""
    if not checks.node():
        if os.environ.get("CRM_CI"):
            raise Fail("node and npm are missing: prettier and eslint must run here")
        warn("no node here: prettier and eslint are SKIPPED (apt install nodejs npm)")
        return True
    _ensure()
    plugin = MODULES / "@prettier/plugin-xml/src/plugin.js"
    laid_out, scripts = _ours(".xml", ".js", ".scss"), _ours(".js")
    settings = [f"--config={TREE / 'prettier.json'}", f"--plugin={plugin}"]
    settings += ["--log-level=warn", "--write" if fix else "--check"]
    good = True
    if laid_out:
        good = _call("prettier/bin/prettier.cjs", *settings, *laid_out)
    if scripts:
        config = f"--config={TREE / 'eslint.config.mjs'}"
        more = ["--fix"] if fix else []
        good = _call("eslint/bin/eslint.js", config, *more, *scripts) and good
    return good
