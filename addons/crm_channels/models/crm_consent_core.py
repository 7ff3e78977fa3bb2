from collections import Counter
from datetime import timedelta
from typing import Any

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..core.consent import LIFTED, PURPOSES, WITHDRAWN

# In the context of what is done here to Odoo's lists; a client cannot send an object.
STEP_KEY = "crm_consent_step"
_STEP = object()
# What a number on Odoo's blacklist of numbers refuses: that list is about messages.
SAID_TO_US = ("preferences", "manual", "import", "api")
NUMBER_REFUSES = {"sms": PURPOSES, "phone": ("promotion",)}
# Odoo would note each changed entry by itself, one after the other.
LOGGED_AT_ONCE = {"mail_notrack": True, "mail_create_nolog": True}


class CrmConsentCore(models.AbstractModel):
    """Keeps Odoo's own lists and the consents in step, in both directions.

    Odoo's blacklists and mailing lists know neither companies nor purposes. So what
    happens there holds in all companies; and an address gets there once it refused
    everything (mailing lists: promotion) in all of them. Somebody on the blacklist
    stays on the mailing lists, as in Odoo: off it again, they are where they were.
    """

    _name = "crm.consent.core"
    _description = "Consents and Odoo's Blacklists"

    @api.model
    def _is_step(self) -> bool:
        """Tell whether this very service is changing Odoo's lists."""
        return self.env.context.get(STEP_KEY) is _STEP

    @api.model
    def _roots(self):
        return self.env["res.company"].sudo().search([("parent_id", "=", False)])

    # ---- from Odoo's lists to consents ----------------------------------------------

    @api.model
    def _refused_in_core(self, kinds: dict[str, tuple], addresses, how: str) -> None:
        """Withdraw, in all companies, what is not withdrawn yet.

        :param kinds: purposes by kind of channel
        """
        wanted = [
            (company.id, kind, address, purpose)
            for company in self._roots()
            for address in sorted(set(addresses))
            for kind, purposes in kinds.items()
            for purpose in purposes
        ]
        known = self._known({key[2] for key in wanted})
        news = [key for key in wanted if known.get(key, ("",))[0] != "withdrawn"]
        self._record(news, WITHDRAWN, how, known)

    @api.model
    def _lifted_in_core(self, kinds, addresses, how: str) -> None:
        """Take back, in all companies, what was withdrawn by the same list."""
        known = self._known(set(addresses))
        lifted = [
            key
            for key, (state, by, _since) in known.items()
            if key[1] in kinds and state == "withdrawn" and by == how
        ]
        self._record(lifted, LIFTED, how, known)

    @api.model
    def _known(self, addresses: set[str]) -> dict[tuple, tuple]:
        """Return state, how it is known and since when, by company, kind, address and
        purpose."""
        self.env["crm.consent.takeover"]._take_addresses(addresses)
        rows = self.env["crm.consent"].sudo()
        rows = rows.search([("address", "in", sorted(addresses))])
        return {
            (r.company_id.id, r.kind, r.address, r.purpose): (
                r.state,
                r.how,
                r.state_date or None,
            )
            for r in rows
        }

    @api.model
    def _record(self, keys: list[tuple], change: str, how: str, known: dict) -> None:
        """Record what a list says now: later than all that is known, and what lifts a
        refusal surely later."""
        user = self.env.user
        now = self.env.cr.now().replace(tzinfo=None, microsecond=0)
        step = timedelta(seconds=change == LIFTED)

        def since(key):
            return known[key][2] if key in known else None

        self.env["crm.consent.recorder"]._record(
            [
                {
                    "company_id": company_id,
                    "kind": kind,
                    "address": address,
                    "purpose": purpose,
                    "change": change,
                    "event_date": max(now, (since(key) or now) + step),
                    "how": how,
                    "user_id": None if user._is_public() else user.id,
                }
                for key in keys
                for company_id, kind, address, purpose in [key]
            ]
        )

    # ---- from consents to Odoo's lists ----------------------------------------------

    @api.model
    def _follow(self, rows: list[dict[str, Any]]) -> None:
        """Let Odoo's lists follow what was just recorded."""
        if self._is_step():
            return
        core = self.with_context(**{STEP_KEY: _STEP}).sudo()
        emails = {row["address"] for row in rows if row["kind"] == "email"}
        numbers = {row["address"] for row in rows if row["kind"] == "sms"}
        if emails:
            core._follow_emails(sorted(emails))
        if numbers:
            core._follow_numbers(sorted(numbers))

    @api.model
    def _follow_emails(self, emails: list[str]) -> None:
        refused = self._refused_everywhere("email", emails)
        blacklist = self.env["mail.blacklist"]
        blocked = set(blacklist.search([("email", "in", emails)]).mapped("email"))
        all_refused = {e for e, count in refused.items() if count == len(PURPOSES)}
        good = {e for e in all_refused - blocked if email_normalize(e) == e}
        self._block("mail.blacklist", "email", good)
        said = self._loosened("email", blocked)
        self._keep_rest("email", PURPOSES, said)
        self._unblock("mail.blacklist", "email", said)
        refused = set(self._refused_everywhere("email", emails, ("promotion",)))
        self._leave_lists(refused - self._only_blocked(refused))

    @api.model
    def _only_blocked(self, emails: set[str]) -> set[str]:
        """Return those that are on the blacklist and never refused promotion but by
        being put there: the blacklist keeps promotion from them, as long as it does."""
        listed = Domain("email", "in", sorted(emails))
        blocked = self.env["mail.blacklist"].search(listed).mapped("email")
        said = self.env["crm.consent"].search(
            [
                *(("kind", "=", "email"), ("purpose", "=", "promotion")),
                *(("address", "in", blocked), ("how", "!=", "blacklist")),
                ("state", "=", "withdrawn"),
            ]
        )
        return set(blocked) - set(said.mapped("address"))

    @api.model
    def _leave_lists(self, emails) -> None:
        """Opt addresses out of all mailing lists."""
        domain = Domain("contact_id.email_normalized", "in", sorted(emails))
        domain &= Domain("opt_out", "=", False)
        if emails:
            self.env["mailing.subscription"].search(domain).opt_out = True

    @api.model
    def _follow_numbers(self, numbers: list[str]) -> None:
        refused = self._refused_everywhere("sms", numbers)
        blacklist = self.env["phone.blacklist"]
        blocked = set(blacklist.search([("number", "in", numbers)]).mapped("number"))
        all_refused = {n for n, count in refused.items() if count == len(PURPOSES)}
        good = {
            number
            for number in all_refused - blocked
            if self.env.user._phone_format(number=number) == number
        }
        self._block("phone.blacklist", "number", good)
        said = self._loosened("sms", blocked)
        self._keep_rest("sms", PURPOSES, said)
        self._unblock("phone.blacklist", "number", said)

    @api.model
    def _block(self, model: str, field: str, addresses: set[str]) -> None:
        """Put addresses Odoo can read on a blacklist, all at once."""
        blacklist = self.env[model].with_context(active_test=False, **LOGGED_AT_ONCE)
        listed = blacklist.search([(field, "in", sorted(addresses))])
        listed.action_unarchive()
        new = addresses - set(listed.mapped(field))
        listed |= blacklist.create([{field: address} for address in sorted(new)])
        self._log(listed, self.env._("Refused everything: Consents."))

    @api.model
    def _unblock(self, model: str, field: str, addresses: set[str]) -> None:
        """Take addresses off a blacklist, all at once."""
        blacklist = self.env[model].with_context(**LOGGED_AT_ONCE)
        listed = blacklist.search([(field, "in", sorted(addresses))])
        listed.action_archive()
        self._log(listed, self.env._("Agreed again: Consents."))

    @api.model
    def _log(self, listed, said: str) -> None:
        if listed:
            listed._message_log_batch(bodies=dict.fromkeys(listed.ids, said))

    @api.model
    def _refused_everywhere(self, kind, addresses, purposes=PURPOSES) -> Counter:
        """Return how many purposes addresses refused in all companies."""
        rows = self.env.execute_query(
            SQL(
                """SELECT address, purpose FROM crm_consent
                    WHERE kind = %s AND address = ANY(%s) AND purpose = ANY(%s)
                      AND state = 'withdrawn' AND company_id = ANY(%s)
                 GROUP BY address, purpose HAVING count(*) >= %s""",
                kind,
                list(addresses),
                list(purposes),
                self._roots().ids,
                len(self._roots()),
            )
        )
        return Counter(address for address, _purpose in rows)

    @api.model
    def _loosened(self, kind: str, addresses) -> set[str]:
        """Return those blocked addresses that agreed to something since."""
        rows = self.env["crm.consent"].search(
            [
                ("kind", "=", kind),
                ("address", "in", sorted(addresses)),
                "|",
                ("state", "=", "granted"),
                "&",
                ("state", "=", "unknown"),
                ("how", "in", SAID_TO_US),
            ]
        )
        return set(rows.mapped("address"))

    @api.model
    def _keep_rest(self, kind: str, purposes, addresses) -> None:
        """Before an address leaves a blacklist: what it did not agree to stays
        refused, also where nothing is known but the blacklist."""
        known = self._known(set(addresses))
        missing = [
            (company.id, kind, address, purpose)
            for company in self._roots()
            for address in sorted(addresses)
            for purpose in purposes
            if (company.id, kind, address, purpose) not in known
        ]
        self._record(missing, WITHDRAWN, "blacklist", {})
