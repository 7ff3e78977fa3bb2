import uuid

from odoo.api import Environment


def post_init_hook(env: Environment) -> None:
    """Ask for the first fill and return at once.

    Hooks run inside the install transaction: filling hundreds of thousands of
    profiles here would lock the database for everybody. The cron does it in ranges.
    """
    parameters = env["ir.config_parameter"]
    if not parameters.get_param("crm_relationship.holdout_salt"):
        # Drawn once per database: hold-out groups stay what they are for ever.
        parameters.set_param("crm_relationship.holdout_salt", uuid.uuid4().hex)
    env["crm.profile.run"]._request_full()


def uninstall_hook(env: Environment) -> None:
    """Leave no parameter behind; a later installation draws new hold-out groups."""
    env["ir.config_parameter"].search([("key", "=like", "crm_relationship.%")]).unlink()
