"""Over both RPC interfaces bad calls are refused; none ends in a server error."""

import json
import math
import xmlrpc.client
from datetime import datetime, timedelta

from odoo.tests import HttpCase, get_db_name, tagged
from odoo.tools import mute_logger

from .calls import bad_versions, valid_call
from .ground import ACTORS, ALL_ROLES, GroundCase
from .public import parameters, public_methods

MISSING = 2**31 - 1
EVERY = 5  # all values are tried inside the process; here, one of so many


@tagged("post_install", "-at_install")
class TestPublicHttp(GroundCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = f"{ALL_ROLES},{ACTORS['sales_admin']}"
        insider = cls._make_users({"insider": groups})
        until = datetime.now() + timedelta(hours=1)
        cls.callers = {}
        for user in (insider, cls.actors["internal"]):
            keys = cls.env["res.users.apikeys"].with_user(user).sudo()
            cls.callers[user.login] = user.id, keys._generate("rpc", "ground", until)
        cls.env.flush_all()

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc")
    def test_no_server_error(self):
        calls = 0
        for method in public_methods(self.env):
            if method.overrides:
                continue
            with self.subTest(f"{method.model}.{method.name}"):
                lines = []
                for what, ids, kwargs in self._calls(method):
                    for login in self.callers:
                        calls += 1
                        for end in self._send(login, method, ids, kwargs):
                            lines.append(f"{what} as {login}: {end}")
                if lines:
                    self.fail("\n".join(lines))
        self.assertGreater(calls, 0)

    def _calls(self, method):
        """Yield (what, ids, arguments): a good call, and bad ones."""
        ids, kwargs = valid_call(self, method)
        yield "a valid call", ids, kwargs
        if ids:
            foreign = self.rows.make(method.model, self.company_b).ids
            yield "no ids", [], kwargs
            yield "ids that are gone", [MISSING], kwargs
            yield "foreign ids", foreign, kwargs
        for name in parameters(self.env, method):
            for value in bad_versions(kwargs.get(name))[::EVERY]:
                yield f"{name}={str(value)[:60]!r}", ids, {**kwargs, name: value}

    def _send(self, login: str, method, ids: list[int], kwargs: dict):
        """Send a call over both interfaces; yield what went wrong."""
        uid, key = self.callers[login]
        self.env.flush_all()
        body = kwargs if method.model_level else {"ids": ids, **kwargs}
        answer = self.url_open(
            f"/json/2/{method.model}/{method.name}",
            data=json.dumps(body),
            headers={
                "Authorization": f"bearer {key}",
                "Content-Type": "application/json",
            },
        )
        if answer.status_code >= 500:
            yield f"JSON-2 {answer.status_code} {answer.text[:300]}"
        if not is_carried_by_xml(kwargs):
            return
        args = [] if method.model_level else [ids]
        who = (get_db_name(), uid, key)
        try:
            self.xmlrpc_object.execute_kw(*who, method.model, method.name, args, kwargs)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == 1:
                yield f"XML-RPC {fault.faultString[-300:]}"


def is_carried_by_xml(value) -> bool:
    """Tell whether XML-RPC has a form for a value."""
    if isinstance(value, dict):
        return all(map(is_carried_by_xml, value.values()))
    if isinstance(value, list):
        return all(map(is_carried_by_xml, value))
    if isinstance(value, str):
        return value.isprintable() or not value
    if isinstance(value, float):
        return math.isfinite(value)
    return value is not None and abs(value) < 2**31
