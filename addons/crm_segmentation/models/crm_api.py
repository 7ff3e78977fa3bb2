from odoo import api, models
from odoo.exceptions import UserError

MAX_PAGE = 1000


class CrmApi(models.AbstractModel):
    _inherit = "crm.api"

    @api.model
    @api.readonly
    def segment_list(self) -> list[dict]:
        """Return the segments the caller may see.

        :return: dicts with ``id``, ``name``, ``company`` (id), ``kind``, ``state``
            (``new``, ``ready``, ``stopped``), ``members`` (number), ``changed_a_lot``,
            and where known ``description``, ``refreshed`` (UTC)
        """
        segments = self.env["crm.segment"].search([], order="id")
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
        self,
        segment: int,
        after: str | None = None,
        limit: int = MAX_PAGE,
        archived: bool = False,
    ) -> dict:
        """Return a page of a segment's members, ordered by customer.

        Ask again with ``after`` = the answer's ``next`` until there is no ``next``. A
        page may be shorter than ``limit``, even empty, while ``next`` is there.

        :param segment: id
        :param after: ``next`` of the page before
        :param limit: members at most, up to 1000
        :param archived: archived customers, too, each with ``archived``; without it
            they are left out, because nobody should write to them
        :return: ``members``: dicts with ``partner`` (id), ``name``, ``since`` (UTC) and
            where known ``ref`` and ``archived``; ``next``: cursor, unless it is the end
        """
        record = self._segment_of(segment)
        after_id, limit = (
            self._segment_cursor(record, after),
            self._segment_limit(limit),
        )
        members = self.env["crm.segment.member"]._open_page(record, after_id, limit)
        result = {"members": self._segment_rows(members, archived)}
        if len(members) == limit:
            result["next"] = f"s{record.id}.{members[-1].partner_id.id}"
        return self._api_plain(result)

    @api.model
    def _segment_of(self, segment):
        """Return the segment of an id, if the caller may see it."""
        if not isinstance(segment, int) or isinstance(segment, bool):
            raise UserError(self.env._("segment: an id from segment_list is needed."))
        record = self.env["crm.segment"].search(
            [("id", "=", segment), ("active", "in", [True, False])]
        )
        if not record:
            raise UserError(
                self.env._("segment: there is no segment %s you may see.", segment)
            )
        return record

    @api.model
    def _segment_cursor(self, segment, after: str | None) -> int:
        """Return the partner id a cursor stands for."""
        if not after:
            return 0
        own, _dot, partner = str(after).partition(".")
        if own != f"s{segment.id}" or not partner.isdecimal() or len(partner) > 10:
            raise UserError(
                self.env._("after: this is no cursor of segment %s.", segment.id)
            )
        return min(int(partner), 2**31 - 1)

    @api.model
    def _segment_limit(self, limit) -> int:
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            raise UserError(self.env._("limit: a number from 1 to %s.", MAX_PAGE))
        return min(limit, MAX_PAGE)

    @api.model
    def _segment_rows(self, members, archived: bool) -> list[dict]:
        """Return the members whose contact the caller may read."""
        partners = members.partner_id.with_context(active_test=False)
        readable = partners._filtered_access("read")
        if not archived:
            readable = readable.filtered("active")
        readable.fetch(["name", "ref", "active"])
        return [
            {
                "partner": member.partner_id.id,
                "name": member.partner_id.display_name,
                "since": member.date_in,
                "ref": member.partner_id.ref or None,
                "archived": None if member.partner_id.active else True,
            }
            for member in members
            if member.partner_id in readable
        ]
