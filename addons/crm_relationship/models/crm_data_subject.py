from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..core.privacy import DataSource, Subject


class CrmDataSubject(models.AbstractModel):
    """What is held about a person: to show it to them, and to forget it.

    Every model with personal data says in ``_erasure_sources`` which of its rows are
    about somebody, what the person may see of them and what stays after erasure.
    Runs with all rights: whoever may ask for it decided before.
    """

    _name = "crm.data.subject"
    _description = "Personal Data of Somebody"

    # ---- who ------------------------------------------------------------------------

    @api.model
    def _subject(self, partner) -> Subject:
        """Return by what a person is known here.

        :raise UserError: the contact is no person, or one of ours
        """
        self._check_subject(partner)
        family = self.env["res.partner"].sudo().with_context(active_test=False)
        # Addresses of the person; people below are persons of their own.
        family = family.search(
            [("id", "child_of", partner.ids), ("is_company", "=", False)]
        ).filtered(lambda p: p == partner or p.type != "contact")
        emails = {email_normalize(email or "") for email in family.mapped("email")}
        emails.discard(False)
        phones = {*family.mapped("phone"), *family.mapped("phone_sanitized")} - {False}
        leads = self._leads(family, emails, set(family.mapped("phone_sanitized")))
        emails |= {*leads.mapped("email_normalized")} - {False}
        phones |= {*leads.mapped("phone"), *leads.mapped("phone_sanitized")} - {False}
        orders = self.env["sale.order"].sudo().with_context(active_test=False)
        orders = orders.search([("partner_id", "in", family.ids)])
        return Subject(
            partner_ids=tuple(family.ids),
            lead_ids=tuple(leads.ids),
            order_ids=tuple(orders.ids),
            emails=tuple(sorted(emails)),
            phones=tuple(sorted(phones)),
            names=tuple(sorted({*family.mapped("name")} - {False})),
        )

    @api.model
    def _check_subject(self, partner) -> None:
        if partner.is_company:
            raise UserError(
                self.env._(
                    "%s is a firm. Personal data is about a person: choose the contact "
                    "person.",
                    partner.display_name,
                )
            )
        users = partner.sudo().with_context(active_test=False).user_ids
        if users.filtered(lambda user: not user.share):
            raise UserError(
                self.env._(
                    "%s is or was a user of this system. What employees did stays "
                    "with their documents; this is for customers.",
                    partner.display_name,
                )
            )

    @api.model
    def _leads(self, family, emails: set, phones: set):
        about = Domain("partner_id", "in", family.ids)
        about |= Domain("email_normalized", "in", list(emails))
        about |= Domain("phone_sanitized", "in", list(phones - {False}))
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)

        def is_theirs(lead):
            # A colleague's lead may have the same number: that of the switchboard.
            if lead.partner_id:
                return lead.partner_id in family
            return not lead.email_normalized or lead.email_normalized in emails

        return leads.search(about).filtered(is_theirs)

    # ---- where ----------------------------------------------------------------------

    @api.model
    def _erasure_sources(self) -> list[DataSource]:
        """Return where personal data is; to be extended with ``super() + [...]``."""
        own, core = self.env["crm.data.subject.own"], self.env["crm.data.subject.core"]
        return [*core._sources(), *own._sources()]

    @api.model
    def _erase(self, subject: Subject, company) -> None:
        """Forget a person. What stays says nothing about who it was."""
        self.env.flush_all()
        core = self.env["crm.data.subject.core"].sudo()
        core._keep_recipients(subject)
        self.env["crm.suppression"].sudo()._remember(
            company, subject.emails, core._phones(subject)
        )
        self.env["crm.data.subject.own"].sudo()._erase_texts(subject)
        core._erase_mail(subject)
        for source in self._erasure_sources():
            self._erase_source(source, subject)
        core._erase_rest(subject)
        self.env.invalidate_all()
        self.env["crm.customer.change"].sudo()._enqueue_partners(
            list(subject.partner_ids)
        )

    @api.model
    def _erase_source(self, source: DataSource, subject: Subject) -> None:
        """Delete or overwrite the rows of one source, past the ORM: no trace of what
        was there may come up in messages or computed columns."""
        if not source.delete and not source.blank:
            return
        ids = self._rows(source, subject).ids
        if not ids:
            return
        table = SQL.identifier(self.env[source.model]._table)
        if source.delete:
            query = SQL("DELETE FROM %s WHERE id = ANY(%s) RETURNING id", table, ids)
        else:
            values = SQL(", ").join(
                SQL("%s = %s", SQL.identifier(column), value)
                for column, value in source.blank.items()
            )
            query = SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s) RETURNING id", table, values, ids
            )
        self.env.execute_query(query)
        self.env.invalidate_all(flush=False)

    @api.model
    def _rows(self, source: DataSource, subject: Subject):
        model = self.env[source.model].sudo().with_context(active_test=False)
        return model.search(source.which(subject), order="id")

    # ---- what -----------------------------------------------------------------------

    @api.model
    def _export(
        self, subject: Subject, company
    ) -> list[tuple[str, list[str], list[list]]]:
        """Return everything a company holds: per source its label, titles and rows of
        texts. What another company holds is for that one to tell."""
        house = Domain("company_id", "=", False)
        house |= Domain("company_id", "child_of", company.root_id.id)
        pages = []
        for source in self._erasure_sources():
            if not source.export:
                continue
            rows = self._rows(source, subject)
            if "company_id" in rows._fields:
                rows = rows.filtered_domain(house)
            fields = [rows._fields[name] for name in source.export]
            titles = [field._description_string(self.env) for field in fields]
            pages.append(
                (source.label, titles, [self._plain(row, fields) for row in rows])
            )
        return pages

    @api.model
    def _plain(self, row, fields) -> list[str]:
        return [
            ""
            if row[f.name] in (False, None)
            else str(f.convert_to_export(row[f.name], row))
            for f in fields
        ]
