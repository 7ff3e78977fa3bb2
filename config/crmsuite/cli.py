"""The commands behind the Makefile's targets."""

import argparse
import errno
import os
import sys

from . import clean, venv
from .paths import ROOT
from .util import Fail, setup_lock

COMMANDS = {
    "demo": "set everything up and serve the web client with demo data",
    "test": "lint and all tests (T=path to run Odoo tests of one file or folder)",
    "test-full": "test in its long form, guards, and Odoo's own tests with our modules",
    "guards": "take each guard out of the code: its tests must go red",
    "lint": "all linters (FIX=1 lets the formatters change files)",
    "bench": "the measurements of docs/benchmarks.md (T=cases for some of them)",
    "shell": "Odoo's interactive shell on the demo database",
    "update": "update our modules in the demo database",
    "index": "build the optional indexes of the demo database",
    "translations": "bring the terms to translate, and zh_CN, up to date with the code",
    "pictures": "take the documentation's pictures of the demo's screens",
    "stop": "stop the demo server and this checkout's PostgreSQL",
    "clean": "stop, and remove everything these commands made in this checkout",
    "lock": "compile the requirement lock files again (needs network)",
}
# Not targets of the Makefile: rarely needed.
MORE = {"core-failures": "write config/core_failures.txt from Odoo without our modules"}


# Odoo's and apt's settings cannot quote these.
BAD_IN_PATH = ",\"'`$\\\n"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(prog="crm.py", description="See `make help`.")
    commands = top.add_subparsers(dest="command", required=True)
    for name, text in {"help": "this list", **COMMANDS, **MORE}.items():
        sub = commands.add_parser(name, help=text)
        if name == "test":
            sub.add_argument("paths", nargs=argparse.REMAINDER)
        if name == "bench":
            sub.add_argument("cases", nargs=argparse.REMAINDER)
        if name == "lint":
            sub.add_argument("--fix", action="store_true")
    return top


def show_help() -> int:
    """Print the targets."""
    print("make <target>, one of:")
    for name, text in COMMANDS.items():
        print(f"  {name:<12} {text}")
    return 0


def _in_venv(argv: list[str]) -> None:
    """Go on with the virtual environment's Python, made when missing."""
    with setup_lock():
        venv.ensure()
    os.environ["CRM_STAGE"] = str(ROOT)
    sys.stdout.flush()
    script = str(ROOT / "config" / "crm.py")
    os.execv(venv.python(), [str(venv.python()), script, *argv])


# What needs no virtual environment.
AT_ONCE = {"help": show_help, "stop": clean.stop_all, "clean": clean.remove_all}


def prepare() -> None:
    """Set what must be alike for all programs that we start."""
    if set(str(ROOT)) & set(BAD_IN_PATH):
        raise Fail(f"move the checkout: its path holds one of {BAD_IN_PATH} ({ROOT})")
    # Readable by the database server's user; secrets have a mode of their own.
    os.umask(0o022)
    os.environ["LC_ALL"] = "C.UTF-8"
    hosts = [os.environ.get("no_proxy", ""), "127.0.0.1", "localhost"]
    os.environ["no_proxy"] = ",".join(host for host in hosts if host)


def dispatch(args: argparse.Namespace) -> int:
    """Run one command inside the virtual environment."""
    from . import commands

    return commands.run(args)


def main(argv: list[str]) -> int:
    """Run a command; every expected failure is one line and exit code 1."""
    args = parser().parse_args(argv)
    try:
        prepare()
        if args.command in AT_ONCE:
            return AT_ONCE[args.command]()
        if os.environ.get("CRM_STAGE") != str(ROOT):
            _in_venv(argv)
        return dispatch(args)
    except Fail as failure:
        print(f"error: {failure}", file=sys.stderr)
    except OSError as error:
        if os.environ.get("CRM_DEBUG"):
            raise
        full = error.errno == errno.ENOSPC
        print(f"error: {'the disk is full' if full else error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopped; run the command again to go on", file=sys.stderr)
        return 130
    return 1
