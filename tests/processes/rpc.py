"""Both of Odoo's interfaces for other systems, with one way to call them."""

import json
import urllib.error
import urllib.request
import xmlrpc.client


class RpcError(Exception):
    """The server refused or failed; `text` is what it said."""

    def __init__(self, text: str):
        super().__init__(text)
        self.text = text


class XmlRpc:
    """XML-RPC, with login and password (or an API key in its place)."""

    def __init__(self, url: str, database: str, login: str, password: str):
        self.database, self.password = database, password
        common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common")
        self.uid = common.authenticate(database, login, password, {})
        if not self.uid:
            raise RpcError(f"login refused: {login}")
        self.models = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object")

    def call(self, model: str, method: str, ids: list[int] | None = None, **kwargs):
        """Call a public method; `ids` only for methods of records."""
        args = [] if ids is None else [ids]
        if method == "create":
            # Odoo looks at the first positional argument to see what to return.
            args = [kwargs.pop("vals_list")]
        who = (self.database, self.uid, self.password)
        try:
            return self.models.execute_kw(*who, model, method, args, kwargs)
        except xmlrpc.client.Fault as fault:
            raise RpcError(fault.faultString) from None


class Json2:
    """JSON-2, with an API key."""

    def __init__(self, url: str, database: str, key: str):
        self.url = url
        self.headers = {
            "Authorization": f"bearer {key}",
            "Content-Type": "application/json",
            "X-Odoo-Database": database,
        }

    def call(self, model: str, method: str, ids: list[int] | None = None, **kwargs):
        """Call a public method; `ids` only for methods of records."""
        body = kwargs if ids is None else {"ids": ids, **kwargs}
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            data=json.dumps(body).encode(),
            headers=self.headers,
        )
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RpcError(error.read().decode(errors="replace")) from None
