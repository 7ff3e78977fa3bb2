"""The virtual environment: wheels by hash into the cache, then installed offline."""

import os
import platform
import shutil
import sys
from pathlib import Path

from .paths import CONFIG, ROOT, VAR, cache_dir
from .util import (
    Fail,
    atomic_folder,
    capture,
    has_stamp,
    key_of,
    lock,
    need_space,
    put_stamp,
    run,
    sha256_file,
    step,
    write_atomic,
)

VENV = VAR / "venv"
LOCK_FILE = CONFIG / "requirements" / "tools.txt"
BUILD_TOOLS = ("packaging", "setuptools", "wheel")


def python() -> Path:
    """Return the environment's Python."""
    return VENV / "bin" / "python"


def pip_env() -> dict[str, str]:
    """Return the environment for pip: the machine's indexes, no odd switches."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PIP_TARGET")}
    return {
        **env,
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def lock_entries(text: str) -> dict[str, str]:
    """Return {package: its lines with hashes} of a compiled requirements file."""
    entries, name = {}, None
    for line in text.splitlines(keepends=True):
        if line[:1].isalnum():
            name = line.partition("==")[0].strip().lower()
            entries[name] = ""
        if name and not line.lstrip().startswith("#"):
            entries[name] += line
    return entries


def _wheel_key() -> str:
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    return key_of(sha256_file(LOCK_FILE), tag, platform.system(), platform.machine())


def _pip(args, what: str, log: str) -> None:
    run([python(), "-m", "pip", *args], what, log=log, hint=NETWORK, env=pip_env())


NETWORK = "no network or package index, and nothing in the cache?"


def _wheels_good(folder: Path) -> bool:
    """Verify the cached wheels against the sums written when they were made."""
    sums = folder / "SHA256SUMS"
    if not sums.is_file():
        return False
    for line in sums.read_text().splitlines():
        digest, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file() or sha256_file(path) != digest:
            return False
    return True


def _fetch_wheels(target: Path) -> None:
    """Fill the cache: every file checked against the lock's hashes by pip."""
    need_space(cache_dir(), 1)
    with atomic_folder(target) as work:
        entries = lock_entries(LOCK_FILE.read_text())
        build = work / "build.txt"
        build.write_text("".join(entries[name] for name in BUILD_TOOLS))
        hashed = ["--require-hashes", "--only-binary=:all:", "-r", build]
        _pip(["install", *hashed], "build tools", "pip-build")
        _pip(
            ["wheel", "--no-build-isolation", "--require-hashes", "-r", LOCK_FILE]
            + ["-w", work],
            "download of the Python packages",
            "pip-wheel",
        )
        build.unlink()
        wheels = sorted(work.glob("*.whl"))
        sums = [f"{sha256_file(wheel)}  {wheel.name}\n" for wheel in wheels]
        (work / "SHA256SUMS").write_text("".join(sums))


def _wheels() -> Path:
    folder = cache_dir() / "wheels" / _wheel_key()
    with lock(cache_dir() / "wheels.lock"):
        if not _wheels_good(folder):
            _fetch_wheels(folder)
    return folder


def _make(key: str) -> None:
    """Make the environment anew: an environment cannot be moved into place."""
    shutil.rmtree(VENV, ignore_errors=True)
    if capture([sys.executable, "-m", "venv", VENV]).returncode:
        raise Fail(
            "this Python cannot make a virtual environment: install its venv "
            "package (Debian: apt install python3-venv)"
        )
    wheels = sorted(_wheels().glob("*.whl"))
    listing = VAR / "wheels.txt"
    write_atomic(listing, "".join(f"{wheel.as_uri()}\n" for wheel in wheels))
    install = ["install", "--no-index", "--no-deps", "-r", listing]
    _pip(install, "installation of the Python packages", "pip-install")
    put_stamp(VENV, key)


def ensure() -> None:
    """Make the environment unless the finished one fits lock file and Python."""
    key = key_of(_wheel_key(), ROOT, sys.version)
    if has_stamp(VENV, key) and capture([python(), "-c", ""]).returncode == 0:
        return
    with step("virtual environment from the hash-pinned lock"):
        need_space(VAR, 2)
        try:
            _make(key)
        except BaseException:
            shutil.rmtree(VENV, ignore_errors=True)
            raise
