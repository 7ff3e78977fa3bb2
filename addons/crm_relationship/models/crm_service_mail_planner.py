import ast
import logging

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..transactions import database_now, in_transaction

_logger = logging.getLogger(__name__)

RANGE = 5000
# Whoever sends it lost the company, or the choice names what is not there any more.
REFUSALS = (UserError, ValidationError, AccessError)


class CrmServiceMailPlanner(models.AbstractModel):
    """Makes recipients and outgoing messages out of a choice of customers: set-based,
    in ranges of customer ids, each with its progress in one transaction."""

    _name = "crm.service.mail.planner"
    _description = "Planner of Service Messages"

    @api.model
    def _can_be_read(self, mail) -> bool:
        """Tell whether the choice of customers is complete, and still means something
        here."""
        try:
            self._audience_domain(mail)
        except ValidationError:
            return False
        return bool(mail.company_id and mail.user_id)

    @api.model
    def _audience_domain(self, mail) -> Domain:
        """Return whom a message is for, as a domain over customers."""
        try:
            domain = Domain(ast.literal_eval(mail.audience or "[]"))
            domain.validate(self.env["crm.customer.profile"])
        except Exception as error:
            raise ValidationError(
                self.env._("The choice of customers cannot be read: %s", error)
            ) from error
        return domain

    @api.model
    def _customers_sql(self, mail) -> SQL:
        """Return ids of the chosen customers the sender of the message may see."""
        for name in ("res.partner", "crm.customer.profile", "mail.blacklist"):
            self.env[name].flush_model()
        company = mail.company_id._origin
        profiles = self.env["crm.customer.profile"].with_user(mail.user_id._origin)
        profiles = profiles.with_context(allowed_company_ids=company.ids)
        domain = Domain("company_id", "=", company.sudo().root_id.id)
        query = profiles._search(domain & self._audience_domain(mail))
        return query.select(SQL.identifier(query.table, "partner_id"))

    @api.model
    def _judged_sql(self, mail, after: int = 0, last: int | None = None) -> SQL:
        """Return (id, address, rule) of the chosen customers in a range of ids; rule
        is NULL for those who will get the message."""
        rules = self.env["crm.outbox.rules"]
        kind = SQL("%s::varchar", mail.channel_id.kind)
        address = SQL("NULL::varchar")
        return SQL(
            """SELECT id, address,
                      COALESCE(rule, CASE WHEN %(shared)s AND (rank > 1 OR EXISTS (
                          SELECT FROM crm_service_mail_recipient r
                           WHERE r.mail_id = %(mail)s AND r.state != 'skipped'
                             AND r.address = judged.address
                             AND r.partner_key != judged.id
                      )) THEN 'same_address' END) AS rule
                 FROM (SELECT *, row_number() OVER (
                           PARTITION BY address, rule IS NULL ORDER BY id) AS rank
                         FROM (SELECT p.id, %(reach)s AS address, %(rule)s AS rule
                                 FROM res_partner p
                                WHERE p.id IN (%(chosen)s) AND p.id > %(after)s
                                  AND (%(last)s::int IS NULL OR p.id <= %(last)s)
                              ) who
                      ) judged""",
            mail=mail._origin.id or 0,
            # A mailbox is one reader; a house or a switchboard is not.
            shared=mail.channel_id.kind == "email",
            reach=rules._reach_sql(kind, address),
            rule=rules._rule_sql(
                kind,
                SQL("%s::varchar", mail.purpose),
                address,
                SQL("%s::int", mail.company_id._origin.id),
            ),
            chosen=self._customers_sql(mail),
            after=after,
            last=last,
        )

    @api.model
    def _count(self, mail) -> dict[str | None, int]:
        """Return how many customers would get a message (``None``) and how many each
        rule leaves out."""
        if not (mail.channel_id and self._can_be_read(mail)):
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT rule, count(*) FROM (%s) judged GROUP BY rule",
                self._judged_sql(mail),
            )
        )
        return dict(rows)

    @api.model
    def _first_customer(self, mail):
        """Return a customer to preview a message with."""
        Partner = self.env["res.partner"]
        if not self._can_be_read(mail):
            return Partner
        rows = self.env.execute_query(
            SQL(
                "SELECT min(id) FROM res_partner WHERE id IN (%s)",
                self._customers_sql(mail),
            )
        )
        return Partner.browse(rows[0][0] or ())

    # ---- planning -------------------------------------------------------------------

    @api.model
    def _cron_plan(self) -> None:
        """Plan confirmed messages, range by range."""
        cron = self.env["ir.cron"]
        mails = self.env["crm.service.mail"].search(
            [("state", "=", "planning")], order="id"
        )
        for mail in mails:
            while mail.exists() and mail.state == "planning":
                try:
                    in_transaction(self.env, self._plan_range, mail)
                except REFUSALS as error:
                    # One that cannot be planned stops no other.
                    in_transaction(self.env, self._give_up, mail, str(error))
                if not cron._commit_progress(1, remaining=1):
                    return
        cron._commit_progress(remaining=0)

    @api.model
    def _give_up(self, mail, reason: str) -> None:
        """Withdraw the rest of a message, and tell whoever sends it why."""
        _logger.info("service message %s cannot be planned: %s", mail.id, reason)
        mail.write({"state": "cancelled", "stop_reason": reason})
        self._withdraw(mail)

    @api.model
    def _plan_range(self, mail) -> None:
        """Plan a message for the next customers."""
        # Withdrawn at this moment: this waits, fails by serialisation and is repeated.
        mail.flush_recordset()
        self.env.execute_query(
            SQL("SELECT id FROM crm_service_mail WHERE id = %s FOR UPDATE", mail.id)
        )
        last = self._range_end(mail)
        self.env.execute_query(self._recipients_sql(mail, last))
        self.env["crm.outbox"]._plan_query(
            SQL(
                """SELECT company_id, %s AS channel_id, %s AS purpose, partner_id,
                          NULL::varchar AS address, %s::timestamp AS due,
                          %s AS origin_model, id AS origin_key, 0 AS occurrence,
                          %s AS user_id, 0 AS priority
                     FROM crm_service_mail_recipient
                    WHERE mail_id = %s AND state = 'planned' AND partner_key > %s
                      AND (%s::int IS NULL OR partner_key <= %s)""",
                mail.channel_id.id,
                mail.purpose,
                mail.due or database_now(self.env),
                "crm.service.mail.recipient",
                mail.user_id.id,
                mail.id,
                mail.position,
                last,
                last,
            )
        )
        mail.write({"position": last} if last else {"state": "planned"})

    @api.model
    def _range_end(self, mail) -> int | None:
        """Return the last customer of the next range; None: it goes to the end."""
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM (SELECT id FROM res_partner
                                    WHERE id IN (%s) AND id > %s) c
                 ORDER BY id OFFSET %s LIMIT 1""",
                self._customers_sql(mail),
                mail.position,
                RANGE - 1,
            )
        )
        return rows[0][0] if rows else None

    @api.model
    def _recipients_sql(self, mail, last: int | None) -> SQL:
        sentences = self.env["crm.outbox.rules"]._rule_sentences()
        named = SQL(", ").join(SQL("(%s, %s)", *item) for item in sentences.items())
        return SQL(
            """INSERT INTO crm_service_mail_recipient
                      (mail_id, company_id, partner_id, partner_key, address, state,
                       reason, text)
               SELECT %(mail)s, %(company)s, j.id, j.id, j.address,
                      CASE WHEN j.rule IS NULL THEN 'planned' ELSE 'skipped' END,
                      j.rule, n.sentence
                 FROM (%(judged)s) j
            LEFT JOIN (VALUES %(named)s) AS n(rule, sentence) ON n.rule = j.rule
             ORDER BY j.id
            ON CONFLICT DO NOTHING RETURNING id""",
            mail=mail.id,
            company=mail.company_id.id,
            judged=self._judged_sql(mail, mail.position, last),
            named=named,
        )

    @api.model
    def _withdraw(self, mail) -> None:
        """Leave out what has not left."""
        self.env["crm.service.mail.recipient"]._outbox_withdraw(
            SQL("r.mail_id = %s", mail.id), self.env._("The message was withdrawn.")
        )
