from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.core import api_values

MAX_PAGE = 1000


class CrmApi(models.AbstractModel):
    _inherit = "crm.api"

    @api.model
    @api.readonly
    def segment_list(self) -> list:
        """Return the segments the caller may see.

        :return: dicts with ``id``, ``name``, ``company`` (id), ``kind``, ``state``
            (``new``, ``ready``, ``stopped``), ``members`` (number), ``changed_a_lot``,
            and where known ``description``, ``refreshed`` (UTC)
        """
        self._api_check_caller()
        mine = [("company_id", "in", self.env.companies.root_id.ids)]
        segments = self.env["crm.segment"].search(mine, order="id")
        return [
            self._api_plain(
                {
                    "id": segment.id,
                    "name": segment.name,
                    "company": segment.company_id.id,
                    "kind": segment.kind,
                    "state": segment.state,
                    "members": segment.member_count,
                    "changed_a_lot": segment.is_change_large,
                    "description": segment.description or None,
                    "refreshed": segment.last_refresh or None,
                }
            )
            for segment in segments
        ]

    @api.model
    @api.readonly
    def segment_members(
        self, segment, after=None, limit=MAX_PAGE, archived=False
    ) -> dict:
        """Return a page of a segment's members, ordered by customer.

        Ask again with ``after`` = the answer's ``next`` until there is no ``next``. A
        page may be shorter than ``limit``, even empty, while there is one.

        :param segment: id
        :param after: ``next`` of the page before
        :param limit: members at most, up to 1000
        :param archived: archived customers, too, each marked ``archived``; without it
            they are left out, because nobody should write to them
        :return: ``rows`` with ``id``, ``name``, ``since`` (UTC) and where known ``ref``
            and ``archived``; ``next`` unless it is the end
        """
        self._api_check_caller()
        record = self._segment_of(segment)
        limit = self._api_check(api_values.check_integer, limit, "limit", 1, MAX_PAGE)
        mark = self._segment_mark(record, after)
        members = self.env["crm.segment.member"]._open_page(record, mark, limit)
        result = {"rows": self._segment_rows(members, archived)}
        if len(members) == limit:
            result["next"] = f"s{record.id}.{members[-1].partner_id.id}"
        return self._api_plain(result)

    @api.model
    def _segment_of(self, segment):
        """Return the segment of an id, if the caller may see it."""
        found = self._api_check(api_values.check_integer, segment, "segment")
        Segment = self.env["crm.segment"].with_context(active_test=False)
        record = Segment.search([("id", "=", found)])
        if not record:
            raise UserError(
                self.env._("There is no segment %s, or you may not see it.", found)
            )
        return record

    @api.model
    def _segment_mark(self, segment, after) -> int:
        """Return the partner id that a page mark stands for."""
        if after is None:
            return 0
        after = self._api_check(api_values.check_text, after, "after")
        own, _dot, partner = after.partition(".")
        if own != f"s{segment.id}" or not partner.isdecimal() or len(partner) > 10:
            raise UserError(
                self.env._(
                    "“after” is no page mark of segment %s. Give back “next” of the "
                    "page before as it was.",
                    segment.id,
                )
            )
        return min(int(partner), 2**31 - 1)

    @api.model
    def _segment_rows(self, members, archived: bool) -> list[dict]:
        """Return the members whose contact the caller may read."""
        partners = members.partner_id.with_context(active_test=False)
        readable = partners._filtered_access("read")
        if not archived:
            readable = readable.filtered("active")
        return [
            {
                "id": member.partner_id.id,
                "name": member.partner_id.name,
                "since": member.date_in,
                "ref": member.partner_id.ref or None,
                "archived": None if member.partner_id.active else True,
            }
            for member in members
            if member.partner_id in readable
        ]
