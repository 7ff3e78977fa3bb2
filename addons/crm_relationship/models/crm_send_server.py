from odoo import api, fields, models
from odoo.tools import SQL

from ..records import one

# Minutes a mail server is left alone: doubled each time it still does not answer.
FIRST_PAUSE = 1
LONGEST_PAUSE = 30


class CrmSendServer(models.Model):
    """How a mail server behaves: the circuit breaker.

    A server that does not answer is left alone for a while instead of being asked for
    every single message. Its messages wait, unsent, and leave when it is back.
    """

    _name = "crm.send.server"
    _description = "Mail Server State"
    _order = "server_key"
    _rec_name = "server_name"

    server_key = fields.Integer(
        string="Mail server id",
        required=True,
        readonly=True,
        help="0 is the mail server of the configuration file.",
    )
    server_name = fields.Char(string="Mail server", compute="_compute_server_name")
    error_count = fields.Integer(string="Errors in a row", readonly=True)
    pause_minutes = fields.Integer(string="Last pause (min)", readonly=True)
    paused_until = fields.Datetime(string="Left alone until", readonly=True)
    last_error = fields.Char(readonly=True)
    last_error_date = fields.Datetime(readonly=True)

    _server_uniq = models.Constraint(
        "UNIQUE(server_key)", "There is one row for each mail server."
    )

    def _compute_server_name(self):
        names = self._server_names(self.mapped("server_key"))
        for state in self:
            state.server_name = names[state.server_key]

    @api.model
    def _server_names(self, keys: list[int]) -> dict[int, str]:
        """Return names of mail servers, also of deleted ones."""
        servers = self.env["ir.mail_server"].sudo().with_context(active_test=False)
        names = {server.id: server.name for server in servers.browse(keys).exists()}
        names[0] = self.env._("Mail server of the configuration file")
        for key in keys:
            names.setdefault(key, self.env._("Deleted mail server %s", key))
        return names

    def action_try_again(self):
        """End the pause: what waits for the server leaves now."""
        one(self).check_access("write")
        self.env.flush_all()
        # Messages that were held are due with the end of the pause they were held for.
        self.env.execute_query(
            SQL(
                """UPDATE crm_outbox SET due = now() AT TIME ZONE 'UTC'
                    WHERE state = 'planned' AND due = %s RETURNING id""",
                self.paused_until or None,
            )
        )
        self.env["crm.outbox"].invalidate_model(["due"])
        self.write({"paused_until": False})
        for lane in self.env["crm.send.lane"].sudo().search([]):  # pylint: disable=no-search-all
            lane._trigger_sender()
        return True

    @api.model
    def _pause_of(self, server_key: int):
        """Return until when a server is left alone (UTC), or None."""
        rows = self.env.execute_query(
            SQL(
                """SELECT paused_until FROM crm_send_server
                    WHERE server_key = %s
                      AND paused_until > now() AT TIME ZONE 'UTC'""",
                server_key,
            )
        )
        return rows[0][0] if rows else None

    @api.model
    def _note_error(self, server_key: int, text: str, limit: int):
        """Count an error; return until when the server is left alone, or None.

        After a pause one more error is enough for the next, longer one.
        """
        row = self._row(server_key)
        errors = row.error_count + 1
        values = {
            "error_count": errors,
            "last_error": text,
            "last_error_date": fields.Datetime.now(),
        }
        if errors >= limit:
            minutes = min(row.pause_minutes * 2 or FIRST_PAUSE, LONGEST_PAUSE)
            values["pause_minutes"] = minutes
            values["paused_until"] = fields.Datetime.add(
                fields.Datetime.now(), minutes=minutes
            )
        row.write(values)
        return row.paused_until or None

    @api.model
    def _note_success(self, server_key: int) -> None:
        """Forget earlier errors; writes nothing when there were none."""
        self.env.execute_query(
            SQL(
                """UPDATE crm_send_server
                      SET error_count = 0, pause_minutes = 0, paused_until = NULL
                    WHERE server_key = %s
                      AND (error_count > 0 OR paused_until IS NOT NULL)
                RETURNING id""",
                server_key,
            )
        )
        self.invalidate_model()

    @api.model
    def _row(self, server_key: int):
        """Return the row of a server, made if there is none."""
        # Another sender that makes it at the same time leads to a repeated batch.
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_send_server (server_key, error_count, pause_minutes)
                   VALUES (%s, 0, 0) ON CONFLICT DO NOTHING RETURNING id""",
                server_key,
            )
        )
        return self.search([("server_key", "=", server_key)], limit=1)
