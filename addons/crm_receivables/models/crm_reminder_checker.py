from odoo import api, models
from odoo.tools import SQL

from ..core import dunning

# Of several reasons for which the items of a letter fell away, the one to tell.
TELLING = ("paid", "promised", "held", "blocked", "no_followup", "net_creditor")
# Calls taken back at once.
AT_ONCE = 500


class CrmReminderChecker(models.AbstractModel):
    """Asks once more whether a reminder may leave, right before it does.

    Runs with all rights: its callers have checked them.
    """

    _name = "crm.reminder.checker"
    _description = "Check of Reminders That Leave"

    @api.model
    def _refusals(self, reminders) -> dict[int, tuple[str, str]]:
        """Return rule and sentence of the reminders that must not leave any more, and
        make the others ready to leave.

        All that is read is of one moment. The locks come last: had anything changed
        since, taking them fails, and the transaction is repeated. So nobody's payment
        waits for a PDF.
        """
        stopped = reminders.filtered(lambda r: r.run_id.state == "cancelled")
        rules = dict.fromkeys(stopped.ids, "withdrawn")
        for company, group in (reminders - stopped).grouped("company_id").items():
            rules |= self._too_soon(company, group)
            rules |= self._drop_settled(company, group)
        leaving = reminders.filtered(lambda r: r.id not in rules)
        self._readdress(leaving)
        leaving._attach_statement()
        self._lock(leaving)
        said = dict(reminders._reasons()) if rules else {}
        return {key: (rule, said[rule]) for key, rule in rules.items()}

    @api.model
    def _lock(self, reminders) -> None:
        """Keep what was read from changing until the end of the transaction."""
        items = reminders.item_ids.filtered("live")
        self.env["crm.collection.ledger"]._lock(items.mapped("line_key"))
        # Whoever merges customers waits, and sees what has left.
        self.env.execute_query(
            SQL(
                "SELECT id FROM crm_reminder WHERE id = ANY(%s) ORDER BY id "
                "FOR NO KEY UPDATE",
                reminders.ids,
            )
        )

    # ---- what fell away -------------------------------------------------------------

    @api.model
    def _fallen(self, company, reminders) -> dict[int, dict[int, str]]:
        """Return for each reminder the items (by key) nobody must be reminded of any
        more, with the rule."""
        ledger = self.env["crm.collection.ledger"]
        customers = reminders.partner_id.commercial_partner_id
        opens = ledger._opens(company, customers.ids)
        minimum = round(
            (company.crm_dunning_minimum or 0) / company.currency_id.rounding
        )
        found = {}
        for reminder in reminders:
            customer = reminder.partner_id.commercial_partner_id
            items = ledger._as_items(company, opens.get(customer.id, []))
            asked = reminder.item_ids.filtered("live").mapped("line_key")
            found[reminder.id] = dunning.dropped(items, asked, minimum)
        return found

    @api.model
    def _drop_settled(self, company, reminders) -> dict[int, str]:
        """Let go the items nobody must be reminded of any more; return the reminders
        of which nothing is left, with the rule."""
        fallen, refusals = self._fallen(company, reminders), {}
        for reminder in reminders:
            live, rules = reminder.item_ids.filtered("live"), fallen[reminder.id]
            for item in live:
                if rule := rules.get(item.line_key):
                    item.write({"live": False, "reason": rule})
            if len(rules) == len(live):
                refusals[reminder.id] = _most_telling(rules.values())
        return refusals

    @api.model
    def _too_soon(self, company, reminders) -> dict[int, str]:
        """Return the reminders whose customer has got another too short ago, or gets
        one before.

        Runs see to that by customer. But two customers may have been merged since, or
        a reminder of before may have left much later than it was proposed.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT r.id
                     FROM crm_reminder r
                     JOIN res_partner p ON p.id = r.partner_id
                     JOIN crm_dunning_level v ON v.id = r.level_id
                    WHERE r.id = ANY(%(ids)s) AND EXISTS (
                          SELECT FROM crm_reminder w
                            JOIN res_partner q ON q.id = w.partner_id
                       LEFT JOIN crm_outbox o ON o.origin_model = %(model)s
                                             AND o.origin_key = w.id
                           WHERE w.id != r.id AND w.company_id = r.company_id
                             AND q.commercial_partner_id = p.commercial_partner_id
                             AND (w.state IN ('sent', 'unknown')
                                  AND %(today)s - %(sent)s < GREATEST(v.gap, 1)
                                  OR w.state = 'planned' AND (
                                      o.state = 'sending'
                                      OR o.state IN ('planned', 'claimed')
                                         AND w.id < r.id)))""",
                ids=reminders.ids,
                model=reminders._name,
                today=SQL(
                    "%s::date", self.env["crm.collection.ledger"]._today(company)
                ),
                sent=self._sent_day_sql(SQL("w"), company),
            )
        )
        return {row_id: dunning.TOO_SOON for (row_id,) in rows}

    @api.model
    def _sent_day_sql(self, reminder: SQL, company) -> SQL:
        """Return the company's day on which a reminder left; until then the day it was
        proposed."""
        return SQL(
            """COALESCE((%(reminder)s.sent_date AT TIME ZONE 'UTC'
                                                AT TIME ZONE %(zone)s)::date,
                        %(reminder)s.date)""",
            reminder=reminder,
            zone=company._get_crm_tz(),
        )

    # ---- to whom --------------------------------------------------------------------

    @api.model
    def _recipient_sql(self, customer: SQL, kind: SQL) -> SQL:
        """Return to whom a reminder of a customer goes: its contact for invoices that
        the kind of channel reaches, else the customer."""
        return SQL(
            """COALESCE((SELECT c.id FROM res_partner c
                          WHERE c.parent_id = %(customer)s AND c.active
                            AND c.type = 'invoice'
                            AND (%(kind)s != 'email' OR c.email_normalized IS NOT NULL)
                       ORDER BY c.id LIMIT 1), %(customer)s)""",
            customer=customer,
            kind=kind,
        )

    @api.model
    def _readdress(self, reminders) -> None:
        """Choose the recipient anew where the proposed one is not the customer's any
        more: what one firm owes is no business of another."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT r.id, %s
                     FROM crm_reminder r
                     JOIN res_partner p ON p.id = r.partner_id
                     JOIN crm_channel h ON h.id = r.channel_id
                LEFT JOIN res_partner t ON t.id = r.recipient_id
                    WHERE r.id = ANY(%s)
                      AND (t.active AND t.commercial_partner_id
                                        = p.commercial_partner_id
                           AND (t.id = p.commercial_partner_id
                                OR t.type = 'invoice')) IS NOT TRUE""",
                self._recipient_sql(SQL("p.commercial_partner_id"), SQL("h.kind")),
                reminders.ids,
            )
        )
        for reminder_id, partner_id in rows:
            reminder = reminders.browse(reminder_id)
            reminder.recipient_id = partner_id
            message = reminder._outbox_row()
            if message.partner_id.id != partner_id:
                recorder = self.env["crm.outbox.recorder"]
                recorder._readdress(message, reminder.recipient_id)

    # ---- calls that were not made yet -----------------------------------------------

    @api.model
    def _take_back_settled(self, company) -> None:
        """Take back calls nobody has made yet about what was paid, promised or put on
        hold since; where only some of it was, say what is left to ask for."""
        calls = self._open_calls(company)
        if not calls:
            return
        fallen = self._fallen(company, calls)
        settled = calls.filtered(
            lambda r: len(fallen[r.id]) == len(r.item_ids.filtered("live"))
        )
        rules = self._drop_settled(company, settled)
        said = dict(calls._reasons())
        for rule in set(rules.values()):
            keys = [key for key, found in rules.items() if found == rule]
            self._take_back(SQL("o.origin_key = ANY(%s)", keys), rule, said[rule])
        changed = (calls - settled).filtered(lambda r: fallen[r.id])
        self._drop_settled(company, changed)
        for call in changed:
            activity = self.env["mail.activity"].browse(call._outbox_row().activity_key)
            activity.note = call._outbox_content().body

    @api.model
    def _open_calls(self, company, run_ids: list[int] | None = None):
        """Return reminders of a company that are activities still to be done.

        :param run_ids: of these runs; None: of all
        """
        which = (
            SQL("r.run_id = ANY(%s)", run_ids) if run_ids is not None else SQL("true")
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT r.id FROM crm_outbox o
                     JOIN mail_activity a ON a.id = o.activity_key AND a.active
                     JOIN crm_reminder r ON r.id = o.origin_key
                    WHERE o.activity_key > 0 AND o.state = 'sent'
                      AND o.origin_model = 'crm.reminder' AND r.company_id = %s
                      AND %s
                 ORDER BY r.id""",
                company.root_id.id,
                which,
            )
        )
        return self.env["crm.reminder"].browse([key for (key,) in rows])

    @api.model
    def _take_back(self, which: SQL, rule: str, sentence: str) -> None:
        """Take back calls of reminders.

        :param which: condition on messages ``o``
        """
        calls = self.env["crm.outbox.adapter.call"]
        which = SQL("o.origin_model = 'crm.reminder' AND %s", which)
        while calls._take_back(which, rule, sentence, AT_ONCE) == AT_ONCE:
            pass


def _most_telling(rules) -> str:
    rules = list(rules)
    for rule in TELLING:
        if rule in rules:
            return rule
    return rules[0] if rules else dunning.PAID
