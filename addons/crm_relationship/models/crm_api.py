from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..core import api_values
from ..core.api_values import Refused

MAX_ROWS = 1000
MAX_LISTED = 10
MAX_IMPORT_ROWS = 10_000


class CrmApi(models.AbstractModel):
    """What other systems call, over XML-RPC, JSON-2 or any later transport.

    Arguments are given by keyword. Arguments and results are plain JSON: what is not
    known is left out (there is no null), dates are ISO strings in UTC, amounts come
    with the code of their currency, page marks are strings to be given back as they
    are. Every row is read with the rights of the caller. A call that is refused says
    why and changes nothing.
    """

    _name = "crm.api"
    _description = "Interface for other systems"

    @api.model
    @api.readonly
    def customer_get(self, partner, parts=None) -> dict:
        """Return a customer.

        :param partner: an id, ``{"external": [source, reference]}`` or
            ``{"ref": reference}``; a contact stands for the customer it belongs to
        :param parts: list of ``identity``, ``contacts``, ``profile``, ``receivable``,
            ``documents``, ``contact``; nothing for all
        :return: ``id``, ``name`` and a key for each part; ``hidden`` lists those the
            caller has no right to see
        """
        reader = self.env["crm.customer.reader"]
        customer = self._api_partner(partner).commercial_partner_id
        if parts is not None:
            known = reader._customer_parts()
            parts = self._api_check(api_values.check_choices, parts, "parts", known)
        return self._api_plain(reader._customer_read(customer, parts))

    @api.model
    @api.readonly
    def customer_timeline(
        self, partner, before=None, limit=30, kinds=None, company=None
    ) -> dict:
        """Return what happened with a customer, newest first.

        :param partner: see :meth:`customer_get`
        :param before: ``next`` of the page before
        :param limit: most rows, up to 200
        :param kinds: list of kinds of facts; nothing for all
        :param company: id of the company whose documents are wanted; nothing for all
            the caller works in
        :return: ``rows``, ``kinds`` (``kind``, ``label``, ``noun`` of all there are),
            ``hidden`` (kinds the caller has no right to read) and ``next`` if there is
            more
        """
        timeline = self.env["crm.timeline"]
        customer = self._api_partner(partner)
        limit = self._api_check(api_values.check_integer, limit, "limit", 1, 200)
        sources = timeline._timeline_sources()
        if kinds is not None:
            known = [source.kind for source in sources]
            kinds = self._api_check(api_values.check_choices, kinds, "kinds", known)
        if before is not None:
            self._api_check(api_values.check_text, before, "before")
        page = timeline._timeline_page(
            customer,
            before=before,
            kinds=kinds,
            limit=limit,
            company=self._api_company(company),
        )
        page["kinds"] = [
            {
                "kind": source.kind,
                "label": source.label,
                "noun": source.noun,
                "icon": source.icon,
            }
            for source in sources
        ]
        return self._api_plain(page)

    @api.model
    @api.readonly
    def customer_find(self, query, limit=20) -> list:
        """Return customers by name, e-mail, telephone, reference or the reference
        another system knows them by; exact hits first.

        :param query: text of at least 2 characters
        :param limit: most customers, up to 200
        :return: rows with ``id``, ``name``, what is known of ``email``, ``phone``,
            ``ref``, ``city``, ``country``, and ``matched``: ``external``, ``ref``,
            ``email``, ``phone`` or ``name``
        """
        self._api_check_caller()
        query = self._api_check(api_values.check_text, query, "query", 200)
        limit = self._api_check(api_values.check_integer, limit, "limit", 1, 200)
        return self._api_plain(
            self.env["crm.customer.reader"]._customer_search(query, limit)
        )

    @api.model
    @api.readonly
    def changes(self, after=None, limit=1000) -> dict:
        """Return which customers changed, oldest first, for systems that follow along.

        :param after: ``next`` of the last call; nothing starts with the oldest kept
        :param limit: most rows, up to 1000
        :return: ``rows`` with ``date``, ``kind``, ``action``, ``company_id`` and
            ``partner_id``; ``next`` to ask with later, also when there is nothing new
        """
        limit = self._api_check(api_values.check_integer, limit, "limit", 1, MAX_ROWS)
        if after is not None:
            after = self._api_check(api_values.check_text, after, "after")
        rows, mark = self.env["crm.change.feed"]._changes_page(after, limit)
        for row in rows:
            row["partner_id"] = row.pop("partner_key")
            row["record_id"] = row.pop("res_key")
        return self._api_plain({"rows": rows, "next": mark})

    @api.model
    def purchase_import(
        self, rows, source, idempotency_key, create_missing=False, on_error="reject"
    ) -> dict:
        """Bring purchases of another system into the caller's company.

        Rows with the same ``external_ref`` are the lines of one purchase. Sending the
        same rows again changes nothing; sending them changed changes the purchase; a
        row with ``state`` ``cancelled`` cancels its line or, without ``line_ref``, the
        whole purchase. A column left out keeps what is stored, an empty one clears it.

        :param rows: up to 10,000 rows: ``external_ref``, ``date`` (ISO day),
            ``amount`` (untaxed; not needed to cancel), the customer by
            ``customer_ref``, ``customer_id`` or ``customer_email``; optional
            ``line_ref``, ``state``, ``channel`` and ``currency`` (codes),
            ``product_code``, ``product_name``, ``product_category``, ``quantity``,
            ``list_amount``, ``discount``, ``cost``; who the customer is: ``customer_``
            with ``name``, ``is_company``, ``phone``, ``street``, ``city``, ``zip``,
            ``country``, ``region``, ``industry``, ``birth_date``, ``sex``,
            ``occupation``, ``income_band``, which fill what is empty
        :param source: code of the other system; ``customer_ref`` is its own number
        :param idempotency_key: a text the caller chooses for this one request; the
            same request under the same key gives the same answer and has one effect
        :param create_missing: make contacts for customers nobody knows
        :param on_error: ``reject``: a bad row keeps everything out; ``skip``: it keeps
            its purchase out
        :return: counts of purchases ``created``, ``updated``, ``unchanged``,
            ``cancelled``, ``skipped``; ``customers_created``, ``customers_updated``;
            ``errors`` (the first 100, with ``row`` from 1, ``field``, ``reason``),
            ``error_count``; ``source``; ``currency`` of the company
        """
        service = self.env["crm.purchase.import"]
        service._check_rights()
        if not isinstance(rows, list) or len(rows) > MAX_IMPORT_ROWS:
            raise UserError(
                self.env._(
                    "“rows” must be a list of up to %s rows; send more in several "
                    "calls, each with a key of its own.",
                    MAX_IMPORT_ROWS,
                )
            )
        if not isinstance(create_missing, bool):
            raise UserError(self.env._("“create_missing” must be true or false."))
        return self.env["crm.idempotency"]._answer_once(
            "purchase_import",
            idempotency_key,
            [rows, source, create_missing, on_error],
            lambda: self._api_plain(
                service._import_rows(
                    rows, source, create_missing=create_missing, on_error=on_error
                )
            ),
            # A rejected request had no effect: it may be corrected under its key.
            keep=lambda answer: on_error == "skip" or not answer["error_count"],
        )

    @api.model
    def touch_log(self, touches, idempotency_key) -> dict:
        """Log contacts that happened elsewhere, as the caller's: all of them or none.

        :param touches: up to 1,000 contacts: ``partner`` (see :meth:`customer_get`)
            or ``lead`` (id), ``channel`` (code), ``date`` (ISO moment in UTC, not in
            the future); optional ``direction`` (``out``, or ``in`` for received),
            ``outcome`` (code), ``purpose`` (``relationship``, ``service``,
            ``transactional``, ``promotion``, ``dunning``), ``subject``, ``note``,
            ``duration`` (minutes), ``address``, and ``source`` with ``ref``: the
            other system and its number of the contact, which is logged only once
        :param idempotency_key: see :meth:`purchase_import`
        :return: ``logged`` (new), ``known`` (there already), ``ids`` in the order
            given; or ``errors`` (the first 100, with ``row`` from 1, ``field``,
            ``reason``) and ``error_count``, and nothing was logged
        """
        service = self.env["crm.touch.service"]
        service._check_rights()
        service._check_rows(touches)
        return self.env["crm.idempotency"]._answer_once(
            "touch_log",
            idempotency_key,
            touches,
            lambda: self._api_plain(service._log_rows(touches)),
            keep=lambda answer: not answer["error_count"],
        )

    @api.model
    def touch_request(
        self,
        partners=None,
        channel=None,
        subject=None,
        body=None,
        idempotency_key=None,
        due=None,
        purpose="service",
        id=None,
    ) -> dict:
        """Have customers written to or called, as a service message of the caller's;
        or, given an ``id``, tell how far an earlier request is.

        :param partners: up to 1,000 customers (see :meth:`customer_get`)
        :param channel: code of a channel by e-mail, telephone or letter
        :param subject: one line; with ``body`` it may have the placeholders of a
            service message, e.g. ``{{ name }}``
        :param body: text of the mail or letter, script of the call
        :param idempotency_key: see :meth:`purchase_import`
        :param due: ISO moment in UTC before which nothing leaves; nothing for now
        :param purpose: ``service`` or ``relationship``
        :param id: of an earlier request; then nothing else is needed
        :return: ``id``, ``state`` (``planning``, ``planned``, ``cancelled``),
            ``counts`` by state, ``customers`` with ``partner_id``, ``state``
            (``planned``, ``sent``, ``failed``, ``skipped``, ``unknown``) and, if there
            is one, ``reason`` (short name of a rule) and ``text``
        """
        service = self.env["crm.touch.request"]
        if id is not None:
            return self._api_plain(service._state(service._find(id)))
        self.env["crm.service.mail"].check_access("create")
        content = (partners, channel, subject, body, due, purpose)
        return self.env["crm.idempotency"]._answer_once(
            "touch_request",
            idempotency_key,
            list(content),
            lambda: self._api_plain(service._request(*content)),
        )

    # ---- arguments and results ------------------------------------------------------

    @api.model
    def _api_plain(self, value):
        """Return ``value`` as plain JSON (see ``core/api_values.py``)."""
        try:
            return api_values.plain(value)
        except ValueError as error:
            raise UserError(
                self.env._(
                    "The answer has a number that cannot be sent: not finite, or "
                    "beyond 32 bits. Please tell your administrator."
                )
            ) from error

    @api.model
    def _api_check(self, check, *args):
        """Return ``check(*args)``; a refusal becomes a UserError that says why."""
        try:
            return check(*args)
        except Refused as refusal:
            raise UserError(self._api_reason(refusal)) from refusal

    @api.model
    def _api_reason(self, refusal: Refused) -> str:
        return self._api_reason_of(refusal.reason, refusal.details)

    @api.model
    def _api_reason_of(self, reason: str, details: dict) -> str:
        """Return the sentence for a reason of ``core/api_values.py``."""
        details = dict(details)
        if "known" in details:
            details["known"] = ", ".join(details["known"])
        match reason:
            case "integer":
                text = self.env._(
                    "“%(name)s” must be a whole number from %(low)s to %(high)s.",
                    **details,
                )
            case "text":
                text = self.env._(
                    "“%(name)s” must be a text of 1 to %(longest)s characters without "
                    "control characters.",
                    **details,
                )
            case "list":
                text = self.env._("“%(name)s” must be a list of: %(known)s.", **details)
            case "item":
                text = self.env._(
                    "“%(name)s” cannot contain “%(item)s”. Known: %(known)s.", **details
                )
            case _:
                text = self.env._(
                    "“partner” must be an id, {“external”: [source, reference]} or "
                    "{“ref”: reference}."
                )
        return text

    @api.model
    def _api_check_caller(self) -> None:
        if not self.env.user._is_internal():
            raise AccessError(
                self.env._("Only internal users may read customers this way.")
            )

    @api.model
    def _api_company(self, company):
        """Return the company named by ``company``, one the caller works in."""
        if company is None:
            return self.env["res.company"]
        found = self._api_check(api_values.check_integer, company, "company")
        if found not in self.env.companies.ids and found not in (
            self.env.companies.root_id.ids
        ):
            raise UserError(
                self.env._("You do not work in company %(company)s.", company=found)
            )
        return self.env["res.company"].browse(found)

    @api.model
    def _api_partner(self, partner):
        """Return the partner named by ``partner``, one the caller may read.

        :param partner: id, ``{"external": [source, reference]}``, ``{"ref": …}``
        :raise UserError: not such a thing, nobody, or several (they are listed)
        """
        self._api_check_caller()
        named = self._api_check(api_values.check_partner, partner)
        Partner = self.env["res.partner"].with_context(active_test=False)
        if named.id:
            found = Partner.search([("id", "=", named.id)])
        elif named.source:
            found = self._api_external(named.source, named.ref)
        else:
            found = Partner.search([("ref", "=", named.ref)], limit=MAX_LISTED)
        if len(found) == 1:
            return found
        what = named.id or " / ".join(filter(None, (named.source, named.ref)))
        if not found:
            raise UserError(
                self.env._(
                    "There is no customer %(what)s, or you may not read it.", what=what
                )
            )
        raise UserError(
            self.env._(
                "Several customers are called %(what)s: %(hits)s. Ask by id.",
                what=what,
                hits=", ".join(f"{hit.id} ({hit.display_name})" for hit in found),
            )
        )

    @api.model
    def _api_external(self, source: str, ref: str):
        """Return the partners another system calls ``ref``, in the companies the
        caller works in."""
        # Whoever may read the customer may name it so: finance reads no references.
        refs = self.env["crm.external.ref"].sudo()
        refs = refs.search(
            [
                ("source", "=", source),
                ("ref", "=", ref),
                ("company_id", "in", self.env.companies.ids),
            ],
            limit=MAX_LISTED,
        )
        partners = refs.partner_id.sudo(False).with_context(active_test=False)
        return partners._filtered_access("read")
