"""Run a script's `main(env, *args)` with an Odoo environment.

    run.py CONF SCRIPT [ARGUMENT ...]

An own process: what it commits is committed, and postcommit hooks run.
"""

import runpy
import sys

import odoo.modules.registry
from odoo import SUPERUSER_ID, api
from odoo.tools import config


def main(conf: str, script: str, *args: str) -> None:
    """Open the configured database, run the script, commit."""
    config.parse_config(["-c", conf, "--no-http"], setup_logging=True)
    function = runpy.run_path(script)["main"]
    (database,) = config["db_name"]
    registry = odoo.modules.registry.Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env = env(context=env["res.users"].context_get())
        function(env, *args)


if __name__ == "__main__":
    main(*sys.argv[1:])
