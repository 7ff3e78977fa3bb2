from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from odoo import api, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tools import SQL, float_round

from ..core.crashpoints import reach
from ..core.purchase_plan import Draft, lines_left_behind, merge, settle
from ..core.purchase_rows import Batch, CustomerKey, Purchase, read_rows

MAX_SOURCE = 64
ERRORS_SHOWN = 100


@dataclass(slots=True)
class ImportState:
    """What one call has found out so far."""

    code: str
    batch: Batch
    create_missing: bool
    source: Any = None
    partners: dict[CustomerKey, int] = field(default_factory=dict)
    known: set[CustomerKey] = field(default_factory=set)
    unknown: dict[CustomerKey, int] = field(default_factory=dict)
    names: dict[str, dict] = field(default_factory=dict)
    drafts: list[tuple[Purchase, Draft]] = field(default_factory=list)
    written: bool = False
    changed_ids: list[int] = field(default_factory=list)
    customers_created: int = 0
    customers_updated: int = 0


class CrmPurchaseImport(models.AbstractModel):
    """Brings purchases of other systems in; the only writer of purchase history.

    Rows are read, everything they refer to is looked up, and what would change is
    worked out before anything is written, with a number of queries that does not
    depend on the number of rows. Two calls that meet on the same purchase or customer
    end in a serialisation failure, which the server answers by repeating one of them.
    """

    _name = "crm.purchase.import"
    _description = "Purchase Import"

    @api.model
    def _import_rows(
        self,
        rows: list,
        source: str,
        *,
        create_missing: bool = False,
        on_error: str = "reject",
    ) -> dict[str, Any]:
        """Import flat rows into the current company and tell what became of them.

        :param rows: dicts with the columns of ``core.purchase_values``; dates are ISO
            days, amounts untaxed in the row's currency. A column left out keeps what
            is stored, an empty one clears it.
        :param source: code of the system the rows come from; made when unknown
        :param create_missing: make contacts for unknown customers
        :param on_error: ``reject``: nothing is written when a row is bad; ``skip``:
            purchases without a bad row are written
        :return: counts of purchases (``created``, ``updated``, ``unchanged``,
            ``cancelled``, ``skipped``), ``customers_created``, ``customers_updated``,
            ``errors`` (the first 100: ``row``, ``field``, ``reason``),
            ``error_count``, ``source``, ``currency`` (of the company)
        :raises AccessError: when the user may not import purchases
        :raises UserError: when the arguments make no sense; nothing is written
        """
        if on_error not in ("reject", "skip"):
            raise UserError(self.env._("on_error must be “reject” or “skip”."))
        state = self._prepare(rows, source, create_missing=bool(create_missing))
        self._execute(state, reject=on_error == "reject")
        return self._result(state)

    @api.model
    def _prepare(
        self,
        rows: list,
        source: str,
        *,
        create_missing: bool,
        numbers: Iterable[int] | None = None,
    ) -> ImportState:
        """Read rows and work out what they would change; write nothing.

        :param numbers: what errors call the rows, if not 1, 2, 3…
        """
        self._check_rights()
        code = self._check_arguments(rows, source)
        today = self.env["crm.customer.metrics"]._today(self.env.company)
        state = ImportState(code, read_rows(rows, today, numbers), create_missing)
        self._look_up(state)
        return state

    @api.model
    def _execute(self, state: ImportState, *, reject: bool = True) -> None:
        """Write what was prepared; with ``reject`` all of it or nothing."""
        if reject and state.batch.errors:
            return
        with self.env.cr.savepoint() as savepoint:
            self._write_state(state)
            if reject and state.batch.errors:
                savepoint.rollback()
                return
        state.written = True

    # ---- before anything is looked at --------------------------------------------

    @api.model
    def _check_rights(self) -> None:
        if not self.env.su and not self.env.user.has_groups(
            "crm_relationship.group_analyst,crm_relationship.group_information,"
            "base.group_system"
        ):
            raise AccessError(
                self.env._(
                    "Importing purchases takes the role Analyst or Information "
                    "manager. An administrator can give it to you under Settings ▸ "
                    "Users."
                )
            )

    @api.model
    def _check_arguments(self, rows: list, source: str) -> str:
        """Return the source's code without surrounding spaces."""
        if not isinstance(rows, list | tuple):
            raise UserError(self.env._("rows must be a list of rows."))
        code = source.strip() if isinstance(source, str) else ""
        if not code or len(code) > MAX_SOURCE or not code.isprintable():
            raise UserError(
                self.env._(
                    "source must be the code of the system the rows come from: a text "
                    "of 1 to %s characters.",
                    MAX_SOURCE,
                )
            )
        return code

    # ---- looking up --------------------------------------------------------------

    @api.model
    def _look_up(self, state: ImportState) -> None:
        """Find everything the rows refer to and work out what they change."""
        sources = self.env["crm.purchase.source"].with_context(active_test=False)
        state.source = sources.search(
            [("company_id", "=", self.env.company.id), ("code", "=", state.code)]
        )
        if not state.source and not sources.has_access("create"):
            raise UserError(
                self.env._(
                    "There is no purchase source “%s” in this company, and you may not "
                    "add one. An information manager can, under Configuration ▸ "
                    "Purchase sources.",
                    state.code,
                )
            )
        customers = self.env["crm.purchase.import.customer"]
        state.names = self.env["crm.purchase.import.who"]._check_who(state.batch)
        state.partners, state.known = customers._find(state.batch, state.code)
        stored = self.env["crm.purchase.import.store"]._read(
            state.source.id, [purchase.ref for purchase in state.batch.good()]
        )
        self._check_customers(state, stored)
        self._draft(state, stored)

    @api.model
    def _check_customers(self, state: ImportState, stored: dict) -> None:
        """Give unknown customers a number below 0 until they are made, or refuse."""
        may_create = self.env["res.partner"].has_access("create")
        placeholders = {}
        for purchase in list(state.batch.good()):
            key = purchase.customer
            if key is None:
                if purchase.ref not in stored:
                    state.batch.refuse(purchase, "customer_ref", "no_customer")
            elif key not in state.partners:
                if not state.create_missing or not may_create:
                    state.batch.refuse(
                        purchase,
                        f"customer_{key.kind}",
                        "may_not_create"
                        if state.create_missing
                        else "unknown_customer",
                        value=key.value,
                        source=state.code,
                    )
                    continue
                # The same text as reference and as address is one customer.
                state.unknown[key] = placeholders.setdefault(
                    key.value, -1 - len(placeholders)
                )

    @api.model
    def _draft(self, state: ImportState, stored: dict) -> None:
        """Lay every good purchase over what is stored, and value it."""
        given = self.env["crm.purchase.import.line"]._resolve(state.batch)
        drafts = []
        for purchase in list(state.batch.good()):
            head, lines = given[purchase.ref]
            if key := purchase.customer:
                head["partner_id"] = state.partners.get(key) or state.unknown[key]
            old = stored.get(purchase.ref)
            if old is None:
                head.setdefault("currency_id", self.env.company.currency_id.id)
            draft = merge(
                purchase.ref, head, lines, old, cancel_all=purchase.cancel_all
            )
            if left := lines_left_behind(draft, lines.keys()):
                currencies = self.env["res.currency"].browse(
                    [old.values["currency_id"], draft.head["currency_id"]]
                )
                state.batch.refuse(
                    purchase,
                    "currency",
                    "currency_lines",
                    old=currencies[0].name,
                    new=currencies[1].name,
                    lines=", ".join(sorted(left)[:10]),
                )
            drafts.append((purchase, draft))
        self._value(state, drafts)
        state.drafts = [pair for pair in drafts if not pair[0].bad]

    @api.model
    def _value(self, state: ImportState, drafts: list[tuple[Purchase, Draft]]) -> None:
        """Settle amounts; refuse purchases whose currency has no rate on their day."""
        company_currency = self.env.company.currency_id
        currencies = {
            currency.id: currency
            for currency in self.env["res.currency"].browse(
                {draft.head["currency_id"] for _purchase, draft in drafts}
            )
        }
        rounds = {
            currency.id: partial(float_round, precision_rounding=currency.rounding)
            for currency in [*currencies.values(), company_currency]
        }
        rates = self.env["crm.purchase.import.reference"]._rates(
            {
                (draft.head["currency_id"], draft.head["date"])
                for _purchase, draft in drafts
                if not draft.keeps_rate
            }
        )
        precision = self.env["decimal.precision"].precision_get("Product Unit")
        for purchase, draft in drafts:
            key = (draft.head["currency_id"], draft.head["date"])
            if not draft.keeps_rate and rates[key] is None:
                state.batch.refuse(
                    purchase,
                    "currency",
                    "missing_rate",
                    currency=currencies[key[0]].name,
                    date=str(key[1]),
                )
                continue
            settle(
                draft,
                rates.get(key) or 0.0,
                round_money=rounds[key[0]],
                round_company=rounds[company_currency.id],
                round_quantity=partial(float_round, precision_digits=precision),
            )

    # ---- writing -----------------------------------------------------------------

    @api.model
    def _write_state(self, state: ImportState) -> None:
        """Write what was worked out and queue the customers it changes."""
        batch = state.batch
        batch.learn()
        self._make_customers(state)
        reach("import_customers")
        used = {purchase.customer for purchase in batch.good()} - {None}
        state.customers_updated = self.env["crm.purchase.import.who"]._fill_empty(
            {
                key: batch.customers[key]
                for key in used
                if key in state.partners and batch.customers[key].values
            },
            state.partners,
            state.names,
        )
        if not state.source:
            state.source = self._make_source(state.code)
        drafts = [draft for _purchase, draft in state.drafts]
        store = self.env["crm.purchase.import.store"]
        state.changed_ids = store._write_drafts(state.source, drafts)
        company_id = self.env.company.id
        self.env["crm.customer.change"].sudo()._enqueue(
            [(company_id, pid) for draft in drafts for pid in draft.partners]
        )

    @api.model
    def _make_customers(self, state: ImportState) -> None:
        """Make the unknown customers of good purchases and remember all references."""
        batch = state.batch
        self.env["crm.purchase.import.who"]._add_industries(batch, state.names)
        customers = self.env["crm.purchase.import.customer"]
        wanted = {}
        for purchase in batch.good():
            if purchase.customer in state.unknown:
                number = state.unknown[purchase.customer]
                wanted.setdefault(number, purchase.customer)
        created, refused = customers._create_contacts(
            {key: batch.customers[key] for key in wanted.values()}, state.names
        )
        ids = {number: created[key] for number, key in wanted.items() if key in created}
        for purchase, draft in state.drafts:
            partner_id = draft.head["partner_id"]
            if partner_id >= 0:
                continue
            if partner_id in ids:
                draft.head["partner_id"] = ids[partner_id]
            else:
                key = purchase.customer
                batch.refuse(
                    purchase,
                    f"customer_{key.kind}",
                    "not_created",
                    reason=refused[wanted[partner_id]],
                )
        state.drafts = [pair for pair in state.drafts if not pair[0].bad]
        used = {purchase.customer for purchase in batch.good()} - {None}
        new = {
            key: partner_id
            for key, partner_id in state.partners.items()
            if key in used and key not in state.known
        }
        customers._remember_references(state.code, new | created)
        state.customers_created = len(created)

    @api.model
    def _make_source(self, code: str):
        """Make the source; its name can be changed later. Two imports may both find it
        missing: then one is repeated, which an ORM ``create`` would not bring about."""
        sources = self.env["crm.purchase.source"]
        sources.check_access("create")
        made = self.env.execute_query(
            SQL(
                """INSERT INTO crm_purchase_source
                               (name, code, company_id, active,
                                create_uid, create_date, write_uid, write_date)
                   VALUES (%(code)s, %(code)s, %(company)s, TRUE,
                           %(uid)s, %(now)s, %(uid)s, %(now)s)
                   ON CONFLICT DO NOTHING
                   RETURNING id""",
                code=code,
                company=self.env.company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        if not made:
            raise ConcurrencyError("another import made the same source")
        return sources.browse(made[0])

    # ---- answering ---------------------------------------------------------------

    @api.model
    def _result(self, state: ImportState) -> dict[str, Any]:
        """Return what became of the rows, of plain JSON types."""
        batch = state.batch
        counts = dict.fromkeys(("created", "updated", "unchanged", "cancelled"), 0)
        if state.written:
            for _purchase, draft in state.drafts:
                counts[draft.status] += 1
        total = len(batch.purchases) + batch.unreadable
        errors = sorted(batch.errors, key=lambda error: error.row)
        return {
            **counts,
            "skipped": total - sum(counts.values()),
            "customers_created": state.customers_created if state.written else 0,
            "customers_updated": state.customers_updated if state.written else 0,
            "errors": self.env["crm.purchase.import.reason"]._sentences(
                errors[:ERRORS_SHOWN]
            ),
            "error_count": len(errors),
            "source": state.code,
            "currency": self.env.company.currency_id.name,
        }
