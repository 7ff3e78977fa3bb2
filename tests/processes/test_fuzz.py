"""Every public method of ours, called with anything, over both interfaces."""

import json
import os
import random
import threading
import urllib.error
import urllib.request
import xmlrpc.client

CALLS = 20_000 if os.environ.get("CRM_LONG") else 400
CLIENTS = 4
MODULES = ("crm_relationship", "crm_segmentation")
OURS = tuple(f"/addons/{module}/" for module in MODULES)
LIST_METHODS = f"""
OURS = {OURS!r}
MODULES = {MODULES!r}
"""
LIST_METHODS += """
import inspect
import json

def main(env):
    found = []
    for model, model_class in sorted(env.registry.items()):
        for name in dir(model_class):
            function = getattr(model_class, name)
            if name.startswith("_") or not inspect.isfunction(function):
                continue
            source = inspect.getsourcefile(inspect.unwrap(function))
            if not any(module in source for module in OURS):
                continue
            if any(
                name in vars(part) and part._module not in MODULES
                for part in model_class.mro()
                if getattr(part, "_module", None)
            ):
                continue  # Odoo has that door already
            if hasattr(env["base"], name) or getattr(function, "_api_private", False):
                continue
            names = [p for p in inspect.signature(function).parameters if p != "self"]
            rows = [] if model_class._abstract else env[model].search([], limit=3).ids
            found.append(
                [model, name, names, bool(getattr(function, "_api_model", False)), rows]
            )
    print(json.dumps(found))
"""
LEAVES = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31 - 1,
    2**31,
    2**63,
    1.5,
    1e308,
    "",
    "a",
    "\u0000",
    "%s",
    "\ud83d",
    "x" * 5000,
    "'; DROP TABLE res_users; --",
    "2026-01-31",
    "2026-13-45 99:99",
    "accept",
    "email",
    "out",
    "<img src=x onerror=alert(1)>",
    "{{ object.env }}",
)
KEYS = ("id", "ref", "external", "partner", "date", "channel", "rows", "state", "")


def anything(chance: random.Random, depth: int = 0):
    """Return a JSON value of any shape."""
    kind = chance.random()
    if depth > 3 or kind < 0.6:
        return chance.choice(LEAVES)
    if kind < 0.8:
        return [anything(chance, depth + 1) for _n in range(chance.randrange(4))]
    keys = chance.sample(KEYS, chance.randrange(4))
    return {key: anything(chance, depth + 1) for key in keys}


def arguments(chance: random.Random, method) -> tuple[list | None, dict]:
    """Return ids and keyword arguments of a call."""
    _model, _name, names, model_level, rows = method
    given = {n: anything(chance) for n in names if chance.random() < 0.8}
    if chance.random() < 0.1:
        given["context"] = {chance.choice(KEYS): anything(chance)}
    ids = None if model_level else chance.choice([rows, rows[:1], [2**31 - 1], []])
    return ids, given


def by_json(server, database: str, key: str):
    """Return a caller over JSON-2: it returns a traceback of ours, or nothing."""

    def call(model, name, ids, given):
        body = given if ids is None else {"ids": ids, **given}
        request = urllib.request.Request(
            f"{server.url}/json/2/{model}/{name}",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"bearer {key}",
                "Content-Type": "application/json",
                "X-Odoo-Database": database,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            if error.code >= 500 and any(module in text for module in OURS):
                return text
        return None

    return call


def by_xml(server, database: str, login: str):
    """Return a caller over XML-RPC, with the same answer."""
    client = server.xmlrpc(login)
    proxy = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/object", allow_none=True)

    def call(model, name, ids, given):
        args = [] if ids is None else [ids]
        try:
            proxy.execute_kw(
                database, client.uid, client.password, model, name, args, given
            )
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == 1 and any(m in fault.faultString for m in OURS):
                return fault.faultString
        except (OverflowError, UnicodeError, xmlrpc.client.ProtocolError):
            # Nothing XML-RPC can say.
            return None
        return None

    return call


def test_nothing_falls_over(suite, database, start_server):
    methods = json.loads(suite.run(database, LIST_METHODS))
    assert len(methods) > 20
    keys = suite.api_keys(database, "admin", "demo")
    server = start_server(database, workers=2)
    callers = [
        by_json(server, database, keys["admin"]),
        by_json(server, database, keys["demo"]),
        by_xml(server, database, "admin"),
        by_xml(server, database, "demo"),
    ]
    fallen = []

    def fuzz(number: int) -> None:
        chance = random.Random(number)
        for turn in range(CALLS // CLIENTS):
            method = methods[(turn * CLIENTS + number) % len(methods)]
            ids, given = arguments(chance, method)
            text = callers[number](*method[:2], ids, given)
            if text:
                fallen.append((method[:2], ids, given, text[-1500:]))

    threads = [threading.Thread(target=fuzz, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = {(tuple(found[0]), found[3][-200:]): found for found in fallen}
    assert not kinds, f"{len(fallen)} of {CALLS}: {list(kinds.values())[:5]}"
