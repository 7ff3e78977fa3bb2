"""Give users an API key for RPC; the keys are written to a file as JSON."""

import json
from datetime import datetime, timedelta
from pathlib import Path


def main(env, target: str, *logins: str) -> None:
    """Write {login: key} for keys that are good for a day."""
    until = datetime.now() + timedelta(days=1)
    keys = {}
    for login in logins:
        user = env["res.users"].search([("login", "=", login)])
        keys_of = env["res.users.apikeys"].with_user(user).sudo()
        keys[login] = keys_of._generate("rpc", "cross-process tests", until)
    Path(target).write_text(json.dumps(keys))
