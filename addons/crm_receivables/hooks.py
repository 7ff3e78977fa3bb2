from odoo.api import Environment


def post_init_hook(env: Environment) -> None:
    """Give every company its ageing buckets and ask for the new figures of profiles;
    the cron computes them in ranges."""
    companies = env["res.company"].with_context(active_test=False).search([])
    env["crm.ageing.bucket"]._create_usual(companies)
    env["crm.profile.run"]._request_full()
