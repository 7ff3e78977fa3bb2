import logging
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from psycopg2.errors import QueryCanceled

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

LARGE_CHANGE_PERCENT = 20.0
PREVIEW_SECONDS = 10
SAMPLE = 8
PREVIEWED_FIELDS = {
    *("kind", "company_id", "domain"),
    *("rfm_scheme_id", "rfm_cell_ids", "rfm_squares"),
}


class CrmSegmentRefresh(models.AbstractModel):
    """Brings the members of segments in line with their rules, by difference.

    Sets stay in the database: no list of ids ever comes to Python.
    """

    _name = "crm.segment.refresh"
    _description = "Segment Refresh"

    # ---- one segment ----------------------------------------------------------------

    @api.model
    def _refresh(self, segment) -> None:
        """Refresh one segment in the caller's transaction.

        What the rule or its owner is to blame for stops the segment and is written on
        it; only unexpected errors are raised.
        """
        segment_sudo = segment.sudo()
        if segment_sudo.kind == "manual":
            segment_sudo.write(self._done_values(segment_sudo, 0, 0))
            return
        self.env.flush_all()
        try:
            problem = self._owner_problem(segment_sudo)
            if problem:
                raise UserError(problem)
            with self.env.cr.savepoint(flush=False):
                self._set_timeout(self._timeout_seconds())
                self._select_target(self._members_sql(segment_sudo))
                self._set_timeout(None)
            added, removed = self._apply_target(segment_sudo)
        except QueryCanceled:
            self._stop(
                segment_sudo,
                self.env._(
                    "Finding the members took longer than %s seconds. Make the rule "
                    "simpler.",
                    self._timeout_seconds(),
                ),
            )
        except (UserError, ValueError) as error:
            self._stop(segment_sudo, str(error))
        else:
            segment_sudo.write(self._done_values(segment_sudo, added, removed))

    @api.model
    def _owner_problem(self, segment) -> str | None:
        """Return why the owner's rights do not suffice to run the rule, if so."""
        owner = segment.user_id
        if not owner.active:
            return self.env._(
                "The owner, %s, is no active user any more. Somebody who answers for "
                "this segment has to take it over.",
                owner.name,
            )
        if not self._owner_companies(segment):
            return self.env._(
                "The owner, %(owner)s, has no access to %(company)s any more.",
                owner=owner.name,
                company=segment.company_id.name,
            )
        owned = segment.with_user(owner)
        if not owned.env["crm.segment"].has_access("read"):
            return self.env._(
                "The owner, %s, has no right to segments any more.", owner.name
            )
        return None

    @api.model
    def _owner_companies(self, segment):
        """Return the segment's company and branches that its owner may use."""
        root = segment.company_id
        return segment.user_id.company_ids.filtered(lambda c: c.root_id == root)

    @api.model
    def _members_sql(self, segment) -> SQL:
        """Return the sub-select of ``partner_id`` that the owner's rights find."""
        companies = self._owner_companies(segment)
        owned = segment.with_user(segment.user_id).with_context(
            allowed_company_ids=companies.ids,
            active_test=True,
            # Relative dates are days of the company, not of whoever owns the segment.
            tz=segment.company_id._get_crm_tz(),
        )
        # The owner's rights apply to the customers; the rule itself is the segment's
        # own text, which is read whatever else the owner may see.
        domain = owned.env["crm.segment.rule"]._member_domain(owned)
        query = owned.env["crm.customer.profile"]._search(domain)
        return query.select("partner_id")

    @api.model
    def _select_target(self, members: SQL) -> None:
        """Fill the temporary table ``crm_segment_target`` with ``partner_id``."""
        self.env.cr.execute(
            SQL(
                """DROP TABLE IF EXISTS crm_segment_target;
                   CREATE TEMP TABLE crm_segment_target ON COMMIT DROP AS %s;
                   ANALYZE crm_segment_target""",
                members,
            ),
            log_exceptions=False,
        )

    @api.model
    def _apply_target(self, segment) -> tuple[int, int]:
        """Close the stays of who is not in the target, open those of who is new."""
        now = fields.Datetime.now()
        removed = self._close(
            segment,
            SQL(
                """NOT EXISTS (SELECT FROM crm_segment_target t
                                WHERE t.partner_id = m.partner_id)"""
            ),
            now,
        )
        added = self._open(
            segment, SQL("SELECT partner_id FROM crm_segment_target"), now
        )
        self.env["crm.segment.member"].invalidate_model()
        return added, removed

    @api.model
    def _close(self, segment, condition: SQL, now) -> int:
        """Close open stays ``m`` that meet a condition; return how many."""
        return self._moved(
            segment,
            "left",
            SQL(
                """UPDATE crm_segment_member m SET date_out = %s
                    WHERE m.segment_id = %s AND m.date_out IS NULL AND %s
                RETURNING m.partner_id""",
                now,
                segment.id,
                condition,
            ),
        )

    @api.model
    def _open(self, segment, partners: SQL, now) -> int:
        """Open stays for partners who have none open; return how many."""
        return self._moved(
            segment,
            "entered",
            SQL(
                """INSERT INTO crm_segment_member (segment_id, partner_id, date_in)
                   SELECT %(segment)s, n.partner_id, %(now)s
                     FROM (%(partners)s) n
                    WHERE NOT EXISTS (SELECT FROM crm_segment_member m
                                       WHERE m.segment_id = %(segment)s
                                         AND m.partner_id = n.partner_id
                                         AND m.date_out IS NULL)
                 ORDER BY n.partner_id
                RETURNING partner_id""",
                segment=segment.id,
                now=now,
                partners=partners,
            ),
        )

    @api.model
    def _moved(self, segment, action: str, returning: SQL) -> int:
        """Run a statement that returns ``partner_id``; put its rows into the feed."""
        feed = self.env["crm.change.feed"]._insert_sql(
            SQL(
                """SELECT %s::int AS company_id, 'segment' AS kind, %s AS action,
                          partner_id AS partner_key, %s::int AS res_key FROM moved""",
                segment.company_id.id,
                action,
                segment.id,
            )
        )
        [(count,)] = self.env.execute_query(
            SQL(
                """WITH moved AS (%s), fed AS (%s RETURNING id)
                   SELECT count(*) FROM fed""",
                returning,
                feed,
            )
        )
        return count

    @api.model
    def _done_values(self, segment, added: int, removed: int) -> dict:
        """Return what a successful refresh writes on its segment."""
        [(count,)] = self.env.execute_query(
            SQL(
                """SELECT count(*) FROM crm_segment_member
                    WHERE segment_id = %s AND date_out IS NULL""",
                segment.id,
            )
        )
        before = count - added + removed
        percent = 100.0 * (added + removed) / before if before else 0.0
        return {
            "state": "ready",
            "state_message": False,
            "member_count": count,
            "added_count": added,
            "removed_count": removed,
            "change_percent": percent,
            "is_change_large": segment.is_change_large
            or percent > LARGE_CHANGE_PERCENT,
            "last_refresh": fields.Datetime.now(),
            "next_refresh": self._next_refresh(segment),
        }

    @api.model
    def _stop(self, segment, reason: str) -> None:
        """Leave the members as they are and say on the segment why."""
        if segment.state != "stopped" or segment.state_message != reason:
            segment.message_post(
                body=self.env._("This segment stopped. %s", reason),
                partner_ids=segment.user_id.partner_id.ids,
            )
        segment.write(
            {
                "state": "stopped",
                "state_message": reason,
                "next_refresh": self._next_refresh(segment),
            }
        )

    @api.model
    def _next_refresh(self, segment):
        """Return when the company's next day begins, in UTC.

        Rules with relative dates change their members at midnight.
        """
        zone = ZoneInfo(segment.company_id._get_crm_tz())
        now = fields.Datetime.now().replace(tzinfo=UTC).astimezone(zone)
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time())
        utc = midnight.replace(tzinfo=zone).astimezone(UTC)
        return utc.replace(tzinfo=None)

    @api.model
    def _timeout_seconds(self) -> int:
        """Return how long the database may look for the members of one segment."""
        value = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("crm_segmentation.statement_timeout_seconds")
        )
        return int(value) if str(value).isdecimal() and int(value) > 0 else 60

    @api.model
    def _set_timeout(self, seconds: int | None) -> None:
        """Limit each following statement of the transaction; None = as usual."""
        limit = SQL("DEFAULT") if seconds is None else SQL("%s", seconds * 1000)
        self.env.cr.execute(SQL("SET LOCAL statement_timeout TO %s", limit))

    # ---- picked by hand -------------------------------------------------------------

    @api.model
    def _add(self, segment, partner_ids: list[int]) -> None:
        segment_sudo = segment.sudo()
        partners = SQL(
            "SELECT unnest(%s::int[]) AS partner_id", sorted(set(partner_ids))
        )
        added = self._open(segment_sudo, partners, fields.Datetime.now())
        self._after_picking(segment_sudo, added, 0)

    @api.model
    def _remove(self, segment, partner_ids: list[int]) -> None:
        segment_sudo = segment.sudo()
        condition = SQL("m.partner_id = ANY(%s)", list(partner_ids))
        removed = self._close(segment_sudo, condition, fields.Datetime.now())
        self._after_picking(segment_sudo, 0, removed)

    @api.model
    def _after_picking(self, segment, added: int, removed: int) -> None:
        self.env["crm.segment.member"].invalidate_model()
        values = self._done_values(segment, added, removed)
        # Whoever picks by hand knows what changed.
        segment.write(values | {"is_change_large": False})

    # ---- preview --------------------------------------------------------------------

    @api.model
    def _preview(self, values: dict) -> dict:
        """See :meth:`CrmSegment.preview`."""
        values = {name: values[name] for name in PREVIEWED_FIELDS & values.keys()}
        if "rfm_cell_ids" in values:
            values["rfm_cell_ids"] = [Command.set(values["rfm_cell_ids"])]
        try:
            segment = self.env["crm.segment"].new(values)
            if segment.kind == "manual":
                return {}
            with self.env.cr.savepoint(flush=False):
                self._set_timeout(PREVIEW_SECONDS)
                profiles = self.env["crm.customer.profile"]
                domain = self.env["crm.segment.rule"]._member_domain(segment)
                sample = profiles.search(domain, limit=SAMPLE)
                result = {
                    "count": profiles.search_count(domain),
                    "names": sample.mapped("display_name"),
                }
                self._set_timeout(None)
                return result
        except QueryCanceled:
            return {"message": self.env._("This takes too long to be counted now.")}
        except (UserError, ValueError) as error:
            return {"message": str(error)}

    # ---- cron -----------------------------------------------------------------------

    @api.model
    def _cron_refresh(self) -> None:
        """Refresh every segment that is due; one that fails stops no other."""
        cron = self.env["ir.cron"]
        due_domain = self._due_domain()
        due = self.env["crm.segment"].search(due_domain, order="next_refresh, id")
        cron._commit_progress(remaining=len(due))
        failure = None
        for segment in due:
            started = time.monotonic()
            try:
                locked = segment.try_lock_for_update(allow_referencing=True)
                self._refresh_each(locked.filtered_domain(due_domain))
            except Exception as error:
                self.env.cr.rollback()
                _logger.exception("refresh of segment %s failed", segment.id)
                self._postpone(segment)
                failure = error
            _logger.debug("segment %s: %.3f s", segment.id, time.monotonic() - started)
            if not cron._commit_progress(1):
                break
        if failure:
            raise failure

    @api.model
    def _refresh_each(self, segments) -> None:
        for segment in segments:
            self._refresh(segment)

    @api.model
    def _postpone(self, segment) -> None:
        """Come back to a segment that failed unexpectedly only tomorrow."""
        self.env.cr.execute(
            SQL(
                "UPDATE crm_segment SET next_refresh = %s WHERE id = %s",
                self._next_refresh(segment.sudo()),
                segment.id,
            )
        )

    @api.model
    def _due_domain(self) -> Domain:
        now = fields.Datetime.now()
        due = Domain("next_refresh", "<=", now) | Domain("next_refresh", "=", False)
        return Domain("kind", "!=", "manual") & due
