"""Ports of this checkout: picked free once, remembered in var/ports.json."""

import json
import os
import socket

from .paths import VAR
from .util import Fail, say, write_atomic

FILE = VAR / "ports.json"
FIRST = {"http": 8069, "gevent": 8072, "postgres": 5433}


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def remembered() -> dict[str, int]:
    """Return the ports this checkout has used before."""
    try:
        return json.loads(FILE.read_text())
    except (OSError, ValueError):
        return {}


def pick(name: str) -> int:
    """Return a free port for a purpose: the asked-for, the last one, or the next."""
    variable = f"CRM_{name.upper()}_PORT"
    asked = os.environ.get(variable)
    if asked:
        if not asked.isdigit() or not is_free(int(asked)):
            raise Fail(f"port {asked} ({variable}) is taken or no port: choose another")
        return _remember(name, int(asked))
    known = remembered()
    last = known.get(name)
    if last and is_free(last):
        return last
    others = set(known.values())
    first = FIRST[name]
    for port in range(first, first + 500):
        if port not in others and is_free(port):
            if last:
                say(f"  port {last} is taken by somebody else: using {port}")
            return _remember(name, port)
    raise Fail(f"no free port between {first} and {first + 499}")


def _remember(name: str, port: int) -> int:
    write_atomic(FILE, json.dumps({**remembered(), name: port}))
    return port
