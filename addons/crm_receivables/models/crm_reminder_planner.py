from collections import Counter

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_relationship.transactions import database_now

from ..core import dunning


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
        self._forget_proposals(run)
        levels = self.env["crm.dunning.level"]._ladder(company)
        opens = ledger._opens(company, run.partner_id.commercial_partner_id.ids or None)
        since = self._days_since(company)
        minimum = round(
            (company.crm_dunning_minimum or 0) / company.currency_id.rounding
        )
        letters, rules = {}, Counter()
        for customer, items in opens.items():
            judged = ledger._as_items(company, items)
            found = dunning.letter(judged, levels, since.get(customer), minimum)
            if isinstance(found, dunning.Letter):
                letters[customer] = found
            else:
                rules[self._rule_of(found, judged)] += 1
        self._insert(run, letters, opens)
        run.left_out_text = self._left_out(rules)

    @api.model
    def _forget_proposals(self, run) -> None:
        """Drop what is proposed and not confirmed: it would keep its items from this
        run."""
        reminders = self.env["crm.reminder"]
        drafts = Domain("company_id", "=", run.company_id.id)
        drafts &= Domain("state", "=", "draft")
        if run.partner_id:
            drafts &= Domain(
                "partner_id", "child_of", run.partner_id.commercial_partner_id.ids
            )
        reminders.search(drafts).unlink()
        if not run.partner_id:
            runs = self.env["crm.reminder.run"]
            empty = Domain("company_id", "=", run.company_id.id)
            empty &= Domain("state", "=", "draft") & Domain("id", "!=", run.id)
            runs.search(empty).unlink()

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
    def _left_out(self, rules: Counter) -> str:
        sentences = self.env["crm.collection.ledger"]._rule_sentences()
        return "\n".join(
            f"{count} – {sentences[rule]}"
            for rule, count in sorted(rules.items(), key=lambda row: str(row[0]))
            if rule
        )

    @api.model
    def _days_since(self, company) -> dict[int, int]:
        """Return the days since the last reminder of each customer who got one."""
        self.env.flush_all()
        today = self.env["crm.collection.ledger"]._today(company)
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT p.commercial_partner_id, %s::date - max(i.date)
                         FROM crm_reminder_item i
                         JOIN crm_reminder r ON r.id = i.reminder_id
                         JOIN res_partner p ON p.id = r.partner_id
                        WHERE i.live AND r.company_id = %s
                     GROUP BY p.commercial_partner_id""",
                    today,
                    company.id,
                )
            )
        )

    # ---- writing --------------------------------------------------------------------

    @api.model
    def _insert(self, run, letters: dict[int, dunning.Letter], opens: dict) -> None:
        """Write reminders and their items; an item that somebody else has begun to
        remind of at the same level meanwhile is left to them."""
        if not letters:
            return
        made = self.env.execute_query(
            SQL(
                """INSERT INTO crm_reminder
                          (run_id, company_id, partner_id, recipient_id, level_id,
                           channel_id, amount, currency_id, state, date)
                   SELECT %(run)s, %(company)s, q.customer_id,
                          COALESCE((SELECT c.id FROM res_partner c
                                     WHERE c.parent_id = q.customer_id AND c.active
                                       AND c.type = 'invoice'
                                       AND (h.kind != 'email'
                                            OR c.email_normalized IS NOT NULL)
                                  ORDER BY c.id LIMIT 1), q.customer_id),
                          v.id, v.channel_id, q.amount, %(currency)s, 'draft', %(date)s
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
                customers=list(letters),
                levels=[found.level.key for found in letters.values()],
                values=self._amounts(run.company_id, opens, letters),
            )
        )
        self._insert_items(run, letters, opens, dict(made))
        self._forget_empty(run)

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
                          recipient_id AS partner_id, NULL::varchar AS address,
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
        """Leave out what has not left, and let its items go."""
        run.state = "cancelled"
        reminders = self.env["crm.reminder"]
        if run.reminder_ids.filtered(lambda r: r.state == "draft"):
            self._move(run, "draft", "skipped")
        reminders._outbox_withdraw(
            SQL("r.run_id = %s", run.id), self.env._("The run was withdrawn.")
        )
        reminders._release_items(run.reminder_ids.ids)

    @api.model
    def _daily(self, company) -> None:
        """Propose and confirm the reminders of a company, as it has asked for."""
        today = self.env["crm.collection.ledger"]._today(company)
        done = [("company_id", "=", company.id), ("date", "=", today)]
        runs = self.env["crm.reminder.run"]
        if runs.search_count(done + [("state", "!=", "draft")], limit=1):
            return
        if runs.search_count(done + [("user_id", "!=", self.env.uid)], limit=1):
            # Somebody is looking at today's proposal.
            return
        run = runs.create({"company_id": company.id, "date": today})
        self._propose(run)
        if run.reminder_count:
            self._confirm(run)
        else:
            run.unlink()
