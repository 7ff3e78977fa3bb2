"""Small helpers: errors of one line, steps with a time, atomic folders, locks."""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .paths import LOGS, VAR


class Fail(Exception):
    """An error the user can act on: printed as one line, exit code 1."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title: str):
    """Print a title before and the seconds after a slow piece of work."""
    say(f"- {title} ...")
    begin = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - begin:.1f} s")


def sha256_file(path: Path) -> str:
    """Return the hex SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def key_of(*parts) -> str:
    """Return a short key that changes whenever one of the parts does."""
    joined = "\0".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def has_stamp(folder: Path, key: str) -> bool:
    """Tell whether a folder was finished for this key."""
    with contextlib.suppress(OSError):
        return (folder / ".crm-stamp").read_text() == key
    return False


def put_stamp(folder: Path, key: str) -> None:
    """Mark a folder as finished: the last thing a step does."""
    (folder / ".crm-stamp").write_text(key)


@contextlib.contextmanager
def atomic_folder(target: Path):
    """Yield an empty folder that becomes `target` only if the block succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
        if target.exists():
            old = target.with_name(f"{target.name}.{os.getpid()}.old")
            target.rename(old)
            shutil.rmtree(old, ignore_errors=True)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_atomic(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old or the new text, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    work = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with open(os.open(work, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as out:
        out.write(text)
    work.replace(path)


_held = set()


@contextlib.contextmanager
def lock(path: Path):
    """Hold an exclusive lock, released by the system when the process ends."""
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"  waiting for another run that holds {path}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)


def alive(pid: int) -> bool:
    """Tell whether a process of this machine runs."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def setup_lock():
    """Return the lock of this checkout's set-up steps."""
    return lock(VAR / "lock")


def tail(log: Path, lines: int = 1) -> str:
    """Return the last non-empty lines of a log."""
    with contextlib.suppress(OSError):
        text = log.read_text(errors="replace").splitlines()
        return "\n".join([line for line in text if line.strip()][-lines:])
    return ""


def no_space(text: str) -> bool:
    """Tell whether an output says that the disk is full."""
    return os.strerror(errno.ENOSPC) in text


def run(cmd, what: str, log: str = "setup", hint: str = "", **kwargs) -> None:
    """Run a command into var/log/<log>.log; a failure becomes one line."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    with open(path, "w") as out:
        done = subprocess.run(
            [str(part) for part in cmd],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            **kwargs,
        )
    if done.returncode == 0:
        return
    if no_space(path.read_text(errors="replace")):
        raise Fail(f"{what}: the disk is full")
    raise Fail(f"{what} failed ({hint or tail(path)}); log: {path}")


def capture(cmd, **kwargs) -> subprocess.CompletedProcess:
    """Run a command and return its result with text output; never raises."""
    try:
        return subprocess.run(
            [str(part) for part in cmd],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            **kwargs,
        )
    except OSError as error:
        return subprocess.CompletedProcess(cmd, 127, "", str(error))


def need_space(path: Path, gib: float) -> None:
    """Refuse to begin when the disk cannot hold the result."""
    path.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path).free / 2**30
    if free < gib:
        raise Fail(f"{gib:g} GiB are needed in {path} and {free:.1f} are free")


def warn(text: str) -> None:
    """Say loudly that something expected is not done."""
    print(f"!!! {text}", file=sys.stderr, flush=True)
