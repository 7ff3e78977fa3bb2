from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one

# Days ahead in which an item counts as due soon; days a broken promise is remembered.
SOON_DAYS = 7
BROKEN_DAYS = 180


class CrmCollectionCustomer(models.Model):
    """A customer who owes something, as the next thing to do for a collector. Its id
    is that of the customer's profile; amounts are in the company's currency."""

    _name = "crm.collection.customer"
    _inherit = "crm.collection.report.mixin"
    _description = "Customer to Collect From"
    _auto = False
    _order = "sequence, to_ask desc, id"
    _rec_name = "customer_id"
    _depends = {
        "crm.collection.item": ["value", "due", "hold"],
        "crm.customer.profile": ["partner_id", "company_id", "last_contact_out_date"],
        "crm.payment.promise": ["state", "date", "judged_date", "partner_id"],
        "mail.activity": ["date_deadline", "res_id"],
    }

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    customer_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    user_id = fields.Many2one(comodel_name="res.users", string="Salesperson")
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    phone = fields.Char(related="customer_id.phone")
    email = fields.Char(related="customer_id.email")
    status = fields.Selection(
        selection=[
            ("broken", "Promise broken"),
            ("overdue", "To ask for"),
            ("promised", "Promised"),
            ("held", "On hold"),
            ("covered", "Covered by credits"),
            ("due", "Due soon"),
            ("later", "Not due yet"),
        ],
        readonly=True,
    )
    sequence = fields.Integer(readonly=True, aggregator=None)
    owed = fields.Monetary(readonly=True)
    overdue = fields.Monetary(readonly=True, help="Less all open credits.")
    credit = fields.Monetary(
        string="Open credits", readonly=True, help="And payments not yet matched."
    )
    to_ask = fields.Monetary(
        string="To ask for",
        readonly=True,
        help="Overdue, neither promised nor on hold, less open credits.",
    )
    balance = fields.Monetary(readonly=True, help="Of all open items.")
    oldest_due = fields.Date(string="Oldest due date", readonly=True)
    days_late = fields.Integer(string="Days late", readonly=True, aggregator="max")
    item_count = fields.Integer(string="Open items", readonly=True)
    reminder_date = fields.Date(string="Last reminder", readonly=True)
    promise_date = fields.Date(string="Promised by", readonly=True)
    broken_count = fields.Integer(
        string="Broken promises", readonly=True, help="Of the last 180 days."
    )
    last_contact_date = fields.Date(string="Last contact by us", readonly=True)
    next_date = fields.Date(string="Follow-up on", readonly=True)
    item_ids = fields.One2many(
        comodel_name="crm.collection.item", inverse_name="case_id", readonly=True
    )

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """SELECT q.*, CASE q.status WHEN 'broken' THEN 1 WHEN 'overdue' THEN 2
                                         WHEN 'promised' THEN 3 WHEN 'held' THEN 4
                                         WHEN 'due' THEN 5 ELSE 6 END AS sequence
                 FROM (SELECT s.*, %(status)s AS status FROM (%(sums)s) s) q""",
            status=SQL(
                """CASE WHEN s.to_ask > 0 AND s.is_broken THEN 'broken'
                        WHEN s.to_ask > 0 THEN 'overdue'
                        WHEN s.is_promised THEN 'promised'
                        WHEN s.is_held THEN 'held'
                        WHEN s.late > 0 THEN 'covered'
                        WHEN -s.days <= %s THEN 'due' ELSE 'later' END""",
                SOON_DAYS,
            ),
            sums=self._sums_sql(),
        )

    def _sums_sql(self) -> SQL:
        """Return the sums of each customer who owes something, and what is known of
        it: the latter is looked up for the rows that are shown, so it stands in
        sub-selects and joins nothing."""
        return SQL(
            """SELECT i.*, i.owed - i.balance AS credit,
                      GREATEST(i.late - i.owed + i.balance, 0) AS overdue,
                      GREATEST(i.free - i.owed + i.balance, 0) AS to_ask,
                      GREATEST(i.days, 0) AS days_late,
                      (SELECT MIN(pp.date) FROM %(promises)s
                          AND pp.state = 'open') AS promise_date,
                      (SELECT COUNT(*) FROM %(promises)s
                          AND pp.state IN ('broken', 'partly')
                          AND pp.judged_date > now()::date - %(days)s) AS broken_count,
                      (SELECT MAX(ri.date)
                         FROM crm_reminder w
                         JOIN res_partner x ON x.id = w.partner_id
                         JOIN crm_reminder_item ri ON ri.reminder_id = w.id
                        WHERE x.commercial_partner_id = i.customer_id
                          AND w.company_id = i.company_id AND w.state != 'draft'
                          AND ri.live) AS reminder_date,
                      (SELECT MIN(v.date_deadline) FROM mail_activity v
                        WHERE v.res_model = 'res.partner' AND v.active
                          AND v.res_id = i.customer_id) AS next_date
                 FROM (%(profiles)s) i""",
            profiles=self._profiles_sql(),
            # Of whoever belongs to the customer today.
            promises=SQL(
                """crm_payment_promise pp
                   JOIN res_company pk ON pk.id = pp.company_id
                   JOIN res_partner x ON x.id = pp.partner_id
                  WHERE x.commercial_partner_id = i.customer_id
                    AND split_part(pk.parent_path, '/', 1)::int = i.company_id"""
            ),
            days=BROKEN_DAYS,
        )

    def _profiles_sql(self) -> SQL:
        """Return the profiles of customers who owe something, with the sums.

        OFFSET 0 keeps filters on the sums behind the join: the planner would expect
        one such customer and read all profiles again for each of many thousands.
        """
        return SQL(
            """SELECT f.id, f.company_id, f.partner_id AS customer_id, f.user_id,
                      k.currency_id, f.last_contact_out_date AS last_contact_date, g.*
                 FROM (%s) g
                 JOIN crm_customer_profile f ON f.company_id = g.root_id
                                            AND f.partner_id = g.debtor_id
                 JOIN res_company k ON k.id = f.company_id
               OFFSET 0""",
            self._groups_sql(),
        )

    def _groups_sql(self) -> SQL:
        """Return the sums by root company and customer.

        OFFSET 0 keeps the planner from working out the hold of an item for each sum.
        """
        books = self.env["crm.receivable.position"]._books(self.env.companies.root_id)
        return SQL(
            """SELECT o.root_id, o.customer_id AS debtor_id, COUNT(*) AS item_count,
                      SUM(o.amount) AS balance,
                      SUM(o.amount) FILTER (WHERE o.amount > 0) AS owed,
                      COALESCE(SUM(o.amount) FILTER (WHERE o.amount > 0
                                                     AND o.days_late > 0), 0)
                          AS late,
                      COALESCE(SUM(o.amount) FILTER (
                          WHERE o.amount > 0 AND o.days_late > 0 AND o.hold IS NULL
                      ), 0) AS free,
                      BOOL_OR(o.hold = 'promised') AS is_promised,
                      BOOL_OR(o.hold IS NOT NULL AND o.days_late > 0) AS is_held,
                      BOOL_OR(o.is_broken AND o.hold IS NULL) AS is_broken,
                      MIN(o.date_due) FILTER (WHERE o.amount > 0) AS oldest_due,
                      MAX(o.days_late) FILTER (WHERE o.amount > 0) AS days
                 FROM (SELECT i.root_id, i.customer_id, i.amount, i.date_due,
                              i.days_late, i.hold, i.is_broken
                         FROM (%s) i OFFSET 0) o
             GROUP BY o.root_id, o.customer_id
               HAVING SUM(o.amount) FILTER (WHERE o.amount > 0) > 0""",
            self.env["crm.collection.ledger"]._items_sql(books, self._read_customers()),
        )

    @api.model
    def _customers_of(self, name, ids):
        # EXTENDS crm.collection.report.mixin
        if name == "id":
            return self._customers_of_cases(ids)
        return super()._customers_of(name, ids)

    # ---- buttons: what a collector does next ----------------------------------------

    def action_log_contact(self):
        """Log a contact with the customer and, in the same dialog, a promise."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_touch_quick_action"
        )
        context = {"active_model": self._name, "active_ids": self.ids}
        return {**action, "context": context}

    def action_promise(self):
        """Take a promise to pay."""
        return self._open_new("crm.payment.promise", self.env._("Promise to pay"))

    def action_hold(self):
        """Put items on hold, for example because the customer disputes them."""
        return self._open_new("crm.collection.block", self.env._("Put on hold"))

    def _open_new(self, model: str, name: str) -> dict:
        one(self)
        self.env[model].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.customer_id.id,
                "default_company_id": self.company_id.id,
            },
        }

    def action_remind(self):
        """Propose a reminder to this customer now, or tell why there is none."""
        one(self)
        runs = self.env["crm.reminder.run"].with_company(self.company_id)
        runs.check_access("create")
        return runs._begin(self.customer_id)

    def action_open_customer(self):
        """Open the customer's page, with the figures of the company owed to."""
        one(self)
        customer = self.customer_id.with_company(self.company_id)
        return customer.action_open_crm_customer()

    def action_open_promises(self):
        """Show what the customer promised."""
        return self._open_own("crm_payment_promise_action")

    def action_open_reminders(self):
        """Show what the customer was reminded of."""
        return self._open_own("crm_reminder_action")

    def _open_own(self, name: str) -> dict:
        one(self)
        action = f"crm_receivables.{name}"
        action = self.env["ir.actions.act_window"]._for_xml_id(action)
        context = {"default_partner_id": self.customer_id.id}
        domain = [
            ("partner_id", "=", self.customer_id.id),
            ("company_id", "child_of", self.company_id.id),
        ]
        return {**action, "domain": domain, "context": context}

    def action_open_items(self):
        """Show the open journal items behind the amounts."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_collection_item_action"
        )
        return {**action, "domain": [("case_id", "=", self.id)], "context": {}}
