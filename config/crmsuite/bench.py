"""`make bench`: run benchmarks/ as a program; it makes the databases it needs."""

import os
import subprocess

from . import setup
from .paths import CONFIG, ROOT
from .util import Fail
from .venv import python


def run(cases: list[str]) -> int:
    """Run all measurements, or some, with the set-up's own modules importable."""
    if not (ROOT / "benchmarks" / "__main__.py").is_file():
        raise Fail("benchmarks/ has no __main__.py: nothing to measure yet")
    ground = setup.ground()
    path = os.pathsep.join([str(ROOT), str(CONFIG), ground.env["PYTHONPATH"]])
    env = {**ground.env, "PYTHONPATH": path}
    return subprocess.call(
        [str(python()), "-m", "benchmarks", *cases], cwd=ROOT, env=env
    )
