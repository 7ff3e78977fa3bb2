"""`make lock`: compile the requirement files, hashes in and index addresses out."""

import subprocess
import tempfile
from pathlib import Path

from .paths import CONFIG
from .util import Fail, run, say, write_atomic
from .venv import NETWORK, pip_env, python

FOLDER = CONFIG / "requirements"
OLDEST_PYTHON = "3.11"
# server.txt is a part of tools.txt: what is tested is what is shipped.
FILES = {
    "tools": ["--universal"],
    "server": ["--universal", "-c", "tools.txt"],
    "postgres": ["--universal", "--no-deps"],
    "cdnow": ["--universal", "--no-deps"],
}
OPTIONS = [
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
] + ["--no-emit-find-links", "--python-version", OLDEST_PYTHON]


def _compile(uv: Path, name: str, options: list[str]) -> str:
    done = subprocess.run(
        [uv, "pip", "compile", "--quiet", *OPTIONS, *options, f"{name}.in"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Fail(f"{name}.in: {done.stderr.strip().splitlines()[-1]}")
    return f"# Made by `make lock` from {name}.in: do not edit.\n{done.stdout}"


def compile_all() -> int:
    """Write every lock file again at the newest releases that fit."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        install = [python(), "-m", "pip", "install", "-q", "--target", place, "uv"]
        run(install, "download of uv", log="uv", hint=NETWORK, env=pip_env())
        for name, options in FILES.items():
            text = _compile(place / "bin" / "uv", name, options)
            write_atomic(FOLDER / f"{name}.txt", text)
            say(f"  {name}.txt: {text.count('==')} packages")
    return 0
