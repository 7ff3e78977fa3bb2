from odoo import api, models


class CrmSendHealth(models.AbstractModel):
    """Says what keeps messages from leaving, or answers from being found."""

    _name = "crm.send.health"
    _description = "Health of Sending"

    @api.model
    def _problems(self, company) -> list[str]:
        """Return sentences, each a fault and what to do; none if all is well."""
        return [*self._set_up(company), *self._halted(), *self._waiting()]

    @api.model
    def _set_up(self, company) -> list[str]:
        found = []
        servers = self.env["ir.mail_server"].sudo()
        if not servers.search_count([("owner_user_id", "=", False)], limit=1):
            found.append(
                self.env._(
                    "There is no outgoing mail server: add one in the settings of "
                    "Odoo, or in the configuration file."
                )
            )
        domain = company.sudo().alias_domain_id
        if not domain:
            found.append(
                self.env._(
                    "%s has no alias domain: answers and bounces cannot be put down to "
                    "the right customer. Set one in the settings of Odoo.",
                    company.name,
                )
            )
        elif not self._reads_mail():
            found.append(
                self.env._(
                    "No incoming mail server is set up here. If your mail server does "
                    "not hand mail for %s over in another way, answers do not arrive.",
                    domain.name,
                )
            )
        return found

    @api.model
    def _reads_mail(self) -> bool:
        fetchers = self.env["fetchmail.server"].sudo()
        return bool(fetchers.search_count([("state", "=", "done")], limit=1))

    @api.model
    def _halted(self) -> list[str]:
        found = []
        lanes = self.env["crm.send.lane"].sudo()
        for lane in lanes.search(lanes._halted_domain()):
            found.append(self.env._("The lane “%s” is halted.", lane.name))
        servers = self.env["crm.send.server"].sudo()
        for server in servers.search([("paused_until", ">", "now")]):
            found.append(
                self.env._(
                    "The mail server “%(name)s” does not answer (%(error)s) and is "
                    "left alone for a while.",
                    name=server.server_name,
                    error=server.last_error,
                )
            )
        return found

    @api.model
    def _waiting(self) -> list[str]:
        rows = self.env["crm.outbox"].sudo()
        found = []
        if late := rows.search_count(
            [("state", "=", "planned"), ("due", "<", "-1H"), ("kind", "!=", "letter")]
        ):
            found.append(
                self.env._(
                    "%s messages have waited for more than an hour: look whether "
                    "scheduled actions run.",
                    late,
                )
            )
        if unknown := rows.search_count([("state", "=", "unknown")]):
            found.append(
                self.env._(
                    "Messages of which nobody knows whether they arrived: %s. Decide "
                    "about them under Interact, Unknown messages.",
                    unknown,
                )
            )
        return found
