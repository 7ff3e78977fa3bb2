"""A factory that makes a valid row of any model from what its fields say."""

from base64 import b64encode
from itertools import count

from odoo import fields
from odoo.models import MAGIC_COLUMNS

from . import rows_receivables

SERIAL = count(1)
# Values of fields that a rule of the model checks; `None` leaves the field out.
VALUES = {
    "res.partner": {"name": lambda rows, company, user: f"ground {next(SERIAL)}"},
    "crm.purchase.history": {"amount_untaxed": 10.0, "amount_company": 10.0},
    "crm.consent.change": {"address": "ground@example.com"},
    "crm.consent.import": {
        "file": b64encode(
            b"address,channel,purpose,change\n"
            b"ground@example.com,email,promotion,withdrawn\n"
        )
    },
    # Salespeople see what their customers said.
    "crm.consent": {"partner_id": lambda rows, company, user: rows.partner(user).id},
    "crm.consent.event": {
        "partner_id": lambda rows, company, user: rows.partner(user).id
    },
    # At most one in force per company.
    "crm.contact.policy": {"active": False},
    "crm.touch": {"partner_id": lambda rows, company, user: rows.partner(user).id},
    "crm.touch.quick": {
        "res_model": "res.partner",
        "res_ids": lambda rows, company, user: rows.partner(user).ids,
    },
    "crm.service.mail": {
        "body": "<p>ground</p>",
        "subject": "ground",
        "channel_id": lambda rows, company, user: rows.email_channel(),
    },
    "crm.ageing.bucket": {"days_from": lambda rows, company, user: 1000 + next(SERIAL)},
    "crm.dunning.level": {
        "days": lambda rows, company, user: 1000 + next(SERIAL),
        "subject": "ground",
        "body": "<p>ground</p>",
        "channel_id": lambda rows, company, user: rows.email_channel(),
    },
    "crm.receivable.event": {
        "res_model": "res.partner",
        "partner_id": lambda rows, company, user: rows.partner(user).id,
    },
    "crm.reminder": {"partner_id": lambda rows, company, user: rows.partner(user).id},
    "crm.reminder.item": {
        "line_id": lambda rows, company, user: (
            rows_receivables.owed(rows, company, user, {}).id
        )
    },
    "crm.decision": {"res_model": "res.partner", "res_id": 1},
    "crm.delegation": {
        "delegate_id": lambda rows, company, user: rows.env.ref("base.user_admin").id
    },
    "crm.event.source": {"code": lambda rows, company, user: f"ground-{next(SERIAL)}"},
    "crm.inbound.event": {"state": "received"},
    "crm.consent.takeover": {
        "source": lambda rows, company, user: rows.free(
            "crm.consent.takeover", "source", company
        )
    },
    # At most one unfinished run per company.
    "crm.profile.run": {"state": "done"},
}
# Configuration of which there are few rows, however big a company is.
COUNTED = {
    "crm.ageing.bucket",
    "crm.channel",
    "crm.contact.policy",
    "crm.contact.rule",
    "crm.dunning.level",
    "crm.event.source",
    "crm.purchase.source",
    "crm.rfm.cell",
    "crm.rfm.scheme",
    "crm.send.lane",
    "crm.send.server",
    "crm.touch.outcome",
}


class Rows:
    """Makes rows as the superuser, in a company and for a salesperson."""

    def __init__(self, env):
        self.env = env

    def make(self, model: str, company, user=None, **fixed):
        """Return a new row.

        :param company: the company of the row and of what it needs
        :param user: its salesperson or owner, where the model has one
        :param fixed: values that must not be made up
        """
        recipe = RECIPES.get(model)
        if recipe:
            return recipe(self, company, user, fixed)
        if not model.startswith("crm.") and model not in VALUES and not fixed:
            # Odoo's own: any will do that is there.
            if existing := self.env[model].sudo().search([], limit=1):
                return existing
        values = self.values(model, company, user, **fixed)
        row = self.env[model].sudo().with_company(company).create(values)
        row.flush_recordset()
        # Without the company in its context: whoever looks brings the own ones.
        return self.env[model].sudo().browse(row.id)

    def free(self, model: str, name: str, company) -> str:
        """Return an option of a selection that no row of the company has."""
        records = self.env[model].sudo()
        taken = records.search([("company_id", "=", company.id)]).mapped(name)
        options = records._fields[name].get_values(self.env)
        return next(option for option in options if option not in taken)

    def values(self, model: str, company, user=None, **fixed) -> dict:
        """Return values to create a row with."""
        values = dict(fixed)
        for name, field in self.env[model]._fields.items():
            if name not in values and self._is_wanted(model, field):
                value = self._value(model, field, company, user)
                if value is not None:
                    values[name] = value
        return values

    def _is_wanted(self, model: str, field) -> bool:
        if field.related or field.name in MAGIC_COLUMNS or not field.store:
            return False
        if field.name in VALUES.get(model, {}) or field.name == "active":
            return True
        if is_company(field) or is_owner(field):
            return True
        has_default = field.default or field.compute
        return field.required and not has_default and field.name != "id"

    def _value(self, model: str, field, company, user):
        known = VALUES.get(model, {})
        if field.name in known:
            value = known[field.name]
            return value(self, company, user) if callable(value) else value
        if field.name == "active":
            return True
        if is_company(field):
            return company.id
        if is_owner(field):
            return user.id if user else (None if not field.required else self.env.uid)
        return self._typed_value(field, company, user)

    def _typed_value(self, field, company, user):
        number = next(SERIAL)
        if field.type == "many2one":
            return self._target(field, company, user)
        if field.type == "selection":
            return field.get_values(self.env)[0]
        makers = {
            "char": lambda: f"ground {number}",
            "text": lambda: f"ground {number}",
            "html": lambda: f"<p>ground {number}</p>",
            "integer": lambda: number,
            "float": lambda: 1.0,
            "monetary": lambda: 1.0,
            "boolean": lambda: False,
            "date": lambda: fields.Date.today(),
            "datetime": lambda: fields.Datetime.now(),
            "json": dict,
        }
        if field.type not in makers:
            raise NotImplementedError(
                f"no generic value for {field}: add one to VALUES in {__name__}"
            )
        return makers[field.type]()

    def _target(self, field, company, user) -> int:
        """Return a record that a many2one field may point to."""
        if field.comodel_name == "res.partner":
            return self.partner(user).id
        if field.comodel_name == "res.currency":
            return company.currency_id.id
        if field.comodel_name == "res.users":
            return self.env.uid
        if (
            not field.comodel_name.startswith("crm.")
            or field.comodel_name == "crm.team"
        ):
            found = self.env[field.comodel_name].sudo().search([], limit=1)
            if found:
                return found.id
        return self.make(field.comodel_name, company, user).id

    def email_channel(self) -> int:
        """Return the channel of e-mails."""
        return self.env.ref("crm_relationship.crm_channel_email").id

    def partner(self, user=None):
        """Return a new customer, of a salesperson or of nobody."""
        values = {"name": f"ground {next(SERIAL)}", "user_id": user and user.id}
        return self.env["res.partner"].sudo().create(values)


def is_company(field) -> bool:
    """Tell whether a field holds the row's company (a plain id in narrow queues)."""
    return field.name in ("company_id", "company_key")


def company_field(model):
    """Return the field of a model that holds the company of a row, or None."""
    return next(filter(is_company, model._fields.values()), None)


def is_owner(field) -> bool:
    """Tell whether a field holds the row's salesperson or owner."""
    return field.name == "user_id" and field.comodel_name == "res.users"


def _purchase(rows: Rows, company, user, partner_id: int) -> None:
    head = rows.make("crm.purchase.history", company, user, partner_id=partner_id)
    rows.make("crm.purchase.history.line", company, user, history_id=head.id)


def _stay(rows: Rows, company, user, partner_id: int) -> None:
    rows.make("crm.segment.member", company, user, partner_id=partner_id)


def _followup(rows: Rows, company, user, fixed):
    """Make a call that was due; its company is that of who should have made it."""
    if not user or user.company_id != company:
        name = f"ground {next(SERIAL)}"
        user = rows.env["res.users"].create(
            {
                "name": name,
                "login": name,
                "company_id": company.id,
                "company_ids": company.ids,
            }
        )
    activity = (
        rows.partner(user)
        .sudo()
        .activity_schedule(
            "mail.mail_activity_data_call", "2026-01-31", user_id=user.id
        )
    )
    rows.env.flush_all()
    return rows.env["crm.followup.report"].sudo().browse(activity.id)


def _view_row(model: str, make_fact):
    """Return the recipe of a view: its row comes from a fact about a new customer."""

    def recipe(rows: Rows, company, user, fixed):
        partner_id = fixed.get("partner_id") or rows.partner(user).id
        make_fact(rows, company, user, partner_id)
        rows.env.flush_all()
        domain = [("partner_id", "=", partner_id)]
        return rows.env[model].sudo().search(domain, limit=1)

    return recipe


def _decision(rows: Rows, company, user, fixed):
    """Make a decision as documents make them: nobody can create one."""
    partner_id = fixed.pop("partner_id", None) or rows.partner(user).id
    handover = rows.make("crm.handover", company, user, partner_id=partner_id)
    [offer] = [t for t in handover._decision_transitions() if t.name == "offer"]
    who = user or rows.env.user
    return handover._decision_log(
        kind="decided", transition=offer, to_state="offered", user_id=who.id, **fixed
    ).sudo()


def _delegation(rows: Rows, company, user, fixed):
    """Make a delegation of somebody's own."""
    values = rows.values("crm.delegation", company, user, **fixed)
    values["user_id"] = (user or rows.env.user).id
    owned = rows.env["crm.delegation"].with_user(values["user_id"]).sudo()
    row = owned.with_company(company).create(values)
    row.flush_recordset()
    return rows.env["crm.delegation"].sudo().browse(row.id)


def _unknown_message(rows: Rows, company, user, fixed):
    """Return a message nobody knows the fate of, to be decided about."""
    values = rows.values("crm.outbox.release", company, user, **fixed)
    outbox = rows.make(
        "crm.outbox",
        company,
        user,
        state="unknown",
        attempt_uid="ground",
        partner_id=values.get("partner_id") or rows.partner(user).id,
    )
    values |= {"outbox_key": outbox.id, "attempt_uid": "ground"}
    return rows.env["crm.outbox.release"].sudo().create(values)


def _no_row(model: str):
    """Return the recipe of a model that only takes data in, and keeps no row."""
    return lambda rows, company, user, fixed: rows.env[model].sudo()


# Models whose rows are not made by creating them: name -> function(rows, company, user,
# fixed values) that returns a row.
RECIPES = rows_receivables.RECIPES | {
    "crm.decision": _decision,
    "crm.delegation": _delegation,
    "crm.outbox.release": _unknown_message,
    # There is one of each kind.
    "crm.send.lane": lambda rows, company, user, fixed: (
        rows.env["crm.send.lane"].sudo().search([], limit=1)
    ),
    "crm.customer.transaction": _view_row("crm.customer.transaction", _purchase),
    "crm.customer.transaction.line": _view_row(
        "crm.customer.transaction.line", _purchase
    ),
    "crm.followup.report": _followup,
    "crm.purchase.import.row": _no_row("crm.purchase.import.row"),
    "crm.segment.movement": _view_row("crm.segment.movement", _stay),
}
