from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_relationship.transactions import database_now

from ..core import dunning

# Days in which runs by themselves do not try an address again that took nothing.
FAILED_DAYS = 7


class CrmReminderPlanner(models.AbstractModel):
    """Proposes, plans and withdraws reminders: the rules are plain Python
    (``core/dunning.py``), what is read and written is whole sets.

    Runs with all rights: its callers have checked them.
    """

    _name = "crm.reminder.planner"
    _description = "Planner of Reminders"

    @api.model
    def _propose(self, run) -> None:
        """Make the reminders of a run anew, by what is open now."""
        company = run.company_id.root_id
        ledger = self.env["crm.collection.ledger"]
        run.date = ledger._today(company)
        self._forget_proposals(run)
        levels = self.env["crm.dunning.level"]._ladder(company)
        opens = ledger._opens(company, run.partner_id.commercial_partner_id.ids or None)
        since, failed = self._days_since(company), self._undelivered(run)
        minimum = round(
            (company.crm_dunning_minimum or 0) / company.currency_id.rounding
        )
        letters, left_out = {}, defaultdict(list)
        for customer, items in opens.items():
            judged = ledger._as_items(company, items)
            found = dunning.letter(judged, levels, since.get(customer), minimum)
            if not isinstance(found, dunning.Letter):
                left_out[self._rule_of(found, judged)].append(customer)
            elif customer in failed:
                left_out["undelivered"].append(customer)
            else:
                letters[customer] = found
        for customer, rule in self._insert(run, letters, opens).items():
            left_out[rule].append(customer)
        left_out.pop(None, None)
        run.left_out = left_out

    @api.model
    def _forget_proposals(self, run) -> None:
        """Drop what is proposed and not confirmed: it would keep its items from this
        run.

        What a colleague looks at today stays, and keeps its items; of a run for one
        customer that customer is taken.
        """
        company = Domain("company_id", "=", run.company_id.id)
        draft = company & Domain("state", "=", "draft")
        free = Domain("user_id", "=", self.env.uid) | Domain("date", "<", run.date)
        reminders, runs = self.env["crm.reminder"], self.env["crm.reminder.run"]
        if run.partner_id:
            customer = run.partner_id.commercial_partner_id
            reminders.search(
                draft & Domain("partner_id", "child_of", customer.ids)
            ).unlink()
            return
        run.reminder_ids.filtered(lambda r: r.state == "draft").unlink()
        runs.search(draft & free & Domain("id", "!=", run.id)).unlink()

    @api.model
    def _rule_of(self, rule: str, items: list[dunning.Item]) -> str | None:
        """Return the rule to tell for a customer who is not reminded, None: there is
        nothing overdue to tell of."""
        late = [item for item in items if item.amount > 0 and item.days > 0]
        if not late:
            return None
        held = {item.hold for item in late}
        return held.pop() if len(held) == 1 and None not in held else rule

    @api.model
    def _days_since(self, company) -> dict[int, int]:
        """Return the days since the last reminder of each customer who got one; 0 while
        one waits to leave."""
        self.env.flush_all()
        today = self.env["crm.collection.ledger"]._today(company)
        sent = self.env["crm.reminder.checker"]._sent_day_sql(SQL("r"), company)
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT p.commercial_partner_id,
                              %(today)s::date - max(CASE WHEN r.state = 'planned'
                                                         THEN %(today)s::date
                                                         ELSE %(sent)s END)
                         FROM crm_reminder r
                         JOIN res_partner p ON p.id = r.partner_id
                        WHERE r.company_id = %(company)s
                          AND r.state NOT IN ('failed', 'skipped')
                     GROUP BY p.commercial_partner_id""",
                    today=today,
                    sent=sent,
                    company=company.id,
                )
            )
        )

    @api.model
    def _undelivered(self, run) -> set[int]:
        """Return the customers a run by itself leaves in peace: the last reminder came
        back lately, and the address is still the same. A person may try again."""
        if not run.user_id._is_superuser():
            return set()
        rows = self.env.execute_query(
            SQL(
                """SELECT p.commercial_partner_id
                     FROM crm_reminder r
                     JOIN res_partner p ON p.id = r.partner_id
                     JOIN res_partner t ON t.id = r.recipient_id
                    WHERE r.company_id = %s AND r.state = 'failed'
                      AND r.date > %s::date - %s
                      AND r.address IS NOT DISTINCT FROM t.email_normalized""",
                run.company_id.root_id.id,
                run.date,
                FAILED_DAYS,
            )
        )
        return {customer for (customer,) in rows}

    # ---- writing --------------------------------------------------------------------

    @api.model
    def _insert(self, run, letters: dict[int, dunning.Letter], opens: dict) -> dict:
        """Write reminders and their items; an item that somebody else has begun to
        remind of at the same level meanwhile is left to them.

        :return: the rule for which a customer is not reached, by customer
        """
        if not letters:
            return {}
        checker = self.env["crm.reminder.checker"]
        made = self.env.execute_query(
            SQL(
                """INSERT INTO crm_reminder
                          (run_id, company_id, partner_id, recipient_id, level_id,
                           channel_id, amount, currency_id, state, date)
                   SELECT %(run)s, %(company)s, q.customer_id,
                          %(recipient)s, v.id, v.channel_id, q.amount, %(currency)s,
                          'draft', %(date)s
                     FROM unnest(%(customers)s::int[], %(levels)s::int[],
                                 %(values)s::numeric[])
                          AS q(customer_id, level_id, amount)
                     JOIN crm_dunning_level v ON v.id = q.level_id
                     JOIN crm_channel h ON h.id = v.channel_id
                RETURNING partner_id, id""",
                run=run.id,
                company=run.company_id.root_id.id,
                currency=run.company_id.root_id.currency_id.id,
                date=run.date,
                recipient=checker._recipient_sql(SQL("q.customer_id"), SQL("h.kind")),
                customers=list(letters),
                levels=[found.level.key for found in letters.values()],
                values=self._amounts(run.company_id, opens, letters),
            )
        )
        unreached = self._drop_unreached(run)
        reached = {key: found for key, found in letters.items() if key not in unreached}
        self._insert_items(run, reached, opens, dict(made))
        self._forget_empty(run)
        return unreached

    @api.model
    def _drop_unreached(self, run) -> dict[int, str]:
        """Drop the reminders that would be left out as they leave, e.g. for want of an
        address; return the rule by customer.

        They would be proposed again and again, each day where runs go by themselves.
        """
        rule = self.env["crm.outbox.rules"]._rule_sql(
            SQL("h.kind"),
            SQL("'dunning'::varchar"),
            SQL("NULL::varchar"),
            SQL("r.company_id"),
        )
        return dict(
            self.env.execute_query(
                SQL(
                    """WITH judged AS (
                           SELECT r.id, %(rule)s AS rule
                             FROM crm_reminder r
                             JOIN crm_channel h ON h.id = r.channel_id
                        LEFT JOIN res_partner p ON p.id = r.recipient_id
                            WHERE r.run_id = %(run)s)
                       DELETE FROM crm_reminder r USING judged j
                        WHERE r.id = j.id AND j.rule IS NOT NULL
                    RETURNING r.partner_id, j.rule""",
                    rule=rule,
                    run=run.id,
                )
            )
        )

    @api.model
    def _amounts(self, company, opens: dict, customers) -> list[float]:
        """Return what is overdue on balance of customers, in the company's currency:
        what their mails will ask for."""
        today = self.env["crm.collection.ledger"]._today(company)
        return [
            sum(
                item.value
                for item in opens[customer]
                if item.value < 0 or (item.due < today and not item.hold)
            )
            for customer in customers
        ]

    @api.model
    def _forget_empty(self, run) -> None:
        """Drop reminders all of whose items somebody else reminds of."""
        self.env.execute_query(
            SQL(
                """DELETE FROM crm_reminder r
                    WHERE r.run_id = %s AND NOT EXISTS (
                          SELECT FROM crm_reminder_item i WHERE i.reminder_id = r.id)
                RETURNING id""",
                run.id,
            )
        )
        self.env.invalidate_all()

    @api.model
    def _insert_items(self, run, letters: dict, opens: dict, made: dict) -> None:
        if not letters:
            return
        rows = []
        for customer, found in letters.items():
            by_key = {item.line_id: item for item in opens[customer]}
            for key, level in found.items:
                item = by_key[key]
                rows.append(
                    (made[customer], item.company_id, key, level.key, level.rank)
                    + (item.due, item.amount, item.currency_id)
                )
        columns = [list(column) for column in zip(*rows, strict=True)]
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_reminder_item
                          (reminder_id, company_id, line_id, line_key, level_id, rank,
                           due, amount, currency_id, live, date)
                   SELECT reminder_id, company_id, line_id, line_id, level_id, rank,
                          due, amount, currency_id, true, %s
                     FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[],
                                 %s::date[], %s::numeric[], %s::int[])
                          AS q(reminder_id, company_id, line_id, level_id, rank, due,
                               amount, currency_id)
              ON CONFLICT (line_key, level_id) WHERE live DO NOTHING
                RETURNING id""",
                run.date,
                *columns,
            )
        )

    @api.model
    def _confirm(self, run) -> None:
        """Plan the messages of a run; they leave in the background."""
        self.env.flush_all()
        run.state = "confirmed"
        self._move(run, "draft", "planned")
        self.env["crm.outbox"]._plan_query(
            SQL(
                """SELECT company_id, channel_id, 'dunning'::varchar AS purpose,
                          COALESCE(recipient_id, partner_id) AS partner_id,
                          NULL::varchar AS address,
                          %s::timestamp AS due, 'crm.reminder'::varchar AS origin_model,
                          id AS origin_key, 0 AS occurrence, %s AS user_id,
                          0 AS priority
                     FROM crm_reminder WHERE run_id = %s AND state = 'planned'
                 ORDER BY id""",
                database_now(self.env),
                run.user_id.id,
                run.id,
            )
        )

    @api.model
    def _move(self, run, before: str, after: str) -> None:
        """Give reminders of a run another state."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE crm_reminder SET state = %s
                    WHERE run_id = %s AND state = %s RETURNING id""",
                after,
                run.id,
                before,
            )
        )
        self.env.invalidate_all()

    @api.model
    def _withdraw(self, run) -> None:
        """Leave out what has not left, calls nobody has made included, and let its
        items go."""
        run.state = "cancelled"
        reminders = self.env["crm.reminder"]
        sentence = self.env._("The run was withdrawn.")
        if run.reminder_ids.filtered(lambda r: r.state == "draft"):
            self._move(run, "draft", "skipped")
        reminders._outbox_withdraw(SQL("r.run_id = %s", run.id), sentence)
        calls = SQL(
            """EXISTS (SELECT FROM crm_reminder r
                        WHERE r.id = o.origin_key AND r.run_id = %s)""",
            run.id,
        )
        self.env["crm.reminder.checker"]._take_back(calls, "withdrawn", sentence)
        reminders._release_items(run.reminder_ids.ids)

    @api.model
    def _daily(self, company) -> None:
        """Propose and confirm the reminders of a company, as it has asked for."""
        today = self.env["crm.collection.ledger"]._today(company)
        runs = self.env["crm.reminder.run"]
        done = Domain("state", "!=", "draft") & Domain("date", "=", today)
        # Somebody has a proposal in hand, and may have left customers out of it.
        in_hand = Domain("state", "=", "draft") & Domain("user_id", "!=", self.env.uid)
        whole = Domain("company_id", "=", company.id) & Domain("partner_id", "=", False)
        if runs.search_count(whole & (done | in_hand), limit=1):
            return
        run = runs.create({"company_id": company.id, "date": today})
        self._propose(run)
        if run.reminder_count:
            self._confirm(run)
        else:
            run.unlink()
