import logging
import time
from contextlib import closing, contextmanager

from psycopg2 import errors

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ..core import crashpoints
from ..transactions import CONFLICTS, in_transaction
from .crm_profile_draft import Draft

_logger = logging.getLogger(__name__)

# First key of the advisory locks: one writer per company.
WRITER_LOCK = 0x43524D01
# Customers per transaction when working off the queue.
QUEUE_BATCH = 2000
# What one transaction of a business user may do for others after its own commit.
AFTER_COMMIT_BATCH = 200
AFTER_COMMIT_TIMEOUT_MS = 2000
# Seconds a full run tries to get the lock back from others, who hold it for moments.
RUN_PATIENCE = 30
CONFLICTS_MET = (
    *CONFLICTS,
    # A partner deleted, or a row written by a restore, while we computed.
    errors.ForeignKeyViolation,
    errors.UniqueViolation,
)


class CrmCustomerRefresh(models.AbstractModel):
    """The one writer of customer profiles.

    Work is done in short transactions of their own, under a lock per company that is
    only ever tried for. Who does not get it leaves the queue to the holder; the holder
    looks at the queue again after having released the lock, so nothing is left behind:
    whoever failed to get the lock had committed before.
    """

    _name = "crm.customer.refresh"
    _description = "Customer Refresh"

    # ---- entry points -------------------------------------------------------------

    @api.model
    def _refresh_now(self, company, partner_ids: list[int]) -> dict[str, int]:
        """Refresh some partners' customers in the caller's transaction.

        No lock, no commit: for a single synchronous need and for tests.

        :param company: any company; its root's profiles are refreshed
        :param partner_ids: partners or customers, in any number
        :return: numbers of profiles ``created``, ``updated`` and ``removed``
        """
        self.env.flush_all()
        metrics = self.env["crm.customer.metrics"]
        result = metrics._write_profiles(metrics._scope(company, partner_ids))
        self.env["crm.customer.profile"].invalidate_model()
        return result

    @api.model
    def _after_commit(self, company_ids: set[int], small: bool) -> None:
        """Work off what a transaction just queued, without ever waiting.

        :param company_ids: root companies it queued for
        :param small: whether it is few enough to be done here and now
        """
        complete = small
        if small:
            for company in self.env["res.company"].browse(sorted(company_ids)):
                complete &= self._drain(
                    company, batch=AFTER_COMMIT_BATCH, timeout=AFTER_COMMIT_TIMEOUT_MS
                )
        if not complete:
            self._trigger_cron()

    @api.model
    def _trigger_cron(self) -> None:
        self.env.ref("crm_relationship.ir_cron_refresh")._trigger()

    @api.model
    def _cron_refresh(self) -> None:
        """Work off queues, figures due by time, and requested full runs."""
        cron = self.env["ir.cron"]
        for company in self._root_companies():
            with closing(self._batches(company)) as batches:
                for done, may_stop in batches:
                    time_left = cron._commit_progress(done, remaining=1)
                    if may_stop and not time_left:
                        return
        waiting = self.env["crm.profile.run"].search_count([("state", "!=", "done")])
        cron._commit_progress(remaining=waiting)

    @api.model
    def _root_companies(self):
        companies = self.env["res.company"].with_context(active_test=False)
        return companies.search([("parent_id", "=", False)])

    # ---- queue --------------------------------------------------------------------

    @api.model
    def _batches(self, company):
        """Work until nothing is left to do, in transactions of their own.

        Yields how many customers or ranges are done, and whether stopping there would
        lose nothing that was computed ahead.
        """
        with self._session() as env:
            try:
                yield from env[self._name]._work_off(
                    env["res.company"].browse(company.id)
                )
            finally:
                if not env.cr._cnx.closed:
                    env.cr.rollback()
                    env["crm.profile.draft"]._drop()

    @api.model
    def _work_off(self, company):
        """Work off the queue and the requested run.

        The queue comes before the next range of the run: who waits at a screen is
        served first. A draft is computed while nobody holds the lock.
        """
        draft = None
        patience = RUN_PATIENCE if self.env["crm.profile.run"]._next_run(company) else 0
        while True:
            wrote, busy, new_draft = bool(draft), False, None
            with self._writer(company, patience) as locked:
                if not locked:
                    return
                while done := self._in_transaction(
                    self._refresh_queued, company.id, QUEUE_BATCH
                ):
                    busy = True
                    yield done, draft is None
                if draft:
                    draft = self._write_draft(draft)
                else:
                    new_draft = self._in_transaction(self._begin_draft, company)
            if new_draft:
                self._compute_draft(new_draft)
                draft, patience = new_draft, RUN_PATIENCE
            elif wrote:
                yield 1, draft is None
            elif not busy and not self._has_work_fresh(company):
                # A look after the release: who failed to get the lock relies on it.
                return

    @api.model
    def _drain(self, company, batch: int, timeout: int) -> bool:
        """Work off the queue in small bites; tell whether nothing is left to do.

        :return: True when the queue is empty or its holder will empty it
        """
        for _attempt in range(3):
            with self._session() as env:
                refresh = env[self._name]
                with refresh._writer(company) as locked:
                    if not locked:
                        return True
                    refresh._in_transaction(
                        refresh._refresh_queued, company.id, batch, timeout=timeout
                    )
            if not self._has_work_fresh(company):
                return True
        return False

    @api.model
    def _has_work_fresh(self, company) -> bool:
        """Tell whether there is work, as a transaction of its own sees it."""
        with self._session() as env:
            return env[self._name]._has_work(company.id)

    @api.model
    def _has_work(self, company_id: int) -> bool:
        metrics = self.env["crm.customer.metrics"]
        company = self.env["res.company"].browse(company_id)
        [(found,)] = self.env.execute_query(
            SQL(
                """SELECT EXISTS (SELECT FROM crm_customer_change
                                   WHERE company_key = %(company)s)
                       OR EXISTS (SELECT FROM crm_customer_profile
                                   WHERE company_id = %(company)s
                                     AND next_expiry_date <= %(today)s)""",
                company=company_id,
                today=metrics._today(company),
            )
        )
        return found

    @api.model
    def _refresh_queued(self, company_id: int, limit: int) -> int:
        """Refresh what is queued or due by time; delete exactly the rows read."""
        metrics = self.env["crm.customer.metrics"]
        company = self.env["res.company"].browse(company_id)
        rows = self.env.execute_query(
            SQL(
                """SELECT id, partner_key FROM crm_customer_change
                    WHERE company_key = %s ORDER BY id LIMIT %s""",
                company.id,
                limit,
            )
        )
        due = self.env.execute_query(
            SQL(
                """SELECT partner_id FROM crm_customer_profile
                    WHERE company_id = %s AND next_expiry_date <= %s LIMIT %s""",
                company.id,
                metrics._today(company),
                limit - len(rows),
            )
        )
        partners = {partner for _row, partner in rows} | {pid for (pid,) in due}
        if partners:
            scope = metrics._scope(company, sorted(partners))
            metrics._write_profiles(scope)
            self.env["crm.profile.run"]._remember_refreshed(company, scope.customers)
        if rows:
            self.env.execute_query(
                SQL(
                    "DELETE FROM crm_customer_change WHERE id = ANY(%s) RETURNING id",
                    [row for row, _partner in rows],
                )
            )
        crashpoints.reach("refresh_queue")
        return len(rows) + len(due)

    # ---- full runs ----------------------------------------------------------------

    @api.model
    def _begin_draft(self, company) -> Draft | None:
        """Return what to compute next for a requested full run, if there is one."""
        run = self.env["crm.profile.run"]._next_run(company)
        return run._next_draft() if run else None

    @api.model
    def _compute_draft(self, draft: Draft) -> None:
        seconds = self._in_transaction(self.env["crm.profile.draft"]._compute, draft)
        self._in_transaction(self._record_draft, draft, seconds)
        crashpoints.reach("refresh_draft")

    @api.model
    def _record_draft(self, draft: Draft, seconds: float) -> None:
        self.env["crm.profile.run"]._of_draft(draft)._record_draft(seconds)

    @api.model
    def _write_draft(self, draft: Draft) -> Draft | None:
        """Write the next range; return the draft while there is more of it."""
        try:
            return self._in_transaction(self._write_range, draft)
        except errors.ForeignKeyViolation:
            # A salesperson or team in it is gone for good: compute the rest anew.
            _logger.info("profile run computes a draft again", exc_info=True)
            return None

    @api.model
    def _write_range(self, draft: Draft) -> Draft | None:
        run = self.env["crm.profile.run"]._of_draft(draft)
        if not run:
            return None
        started = time.monotonic()
        first, last = run._next_range(draft)
        counts = self.env["crm.profile.draft"]._write_range(run, first, last)
        run._record_range(last, counts, time.monotonic() - started)
        self.env.flush_all()
        crashpoints.reach("refresh_range")
        return draft if last < draft.last else None

    # ---- transactions and the lock --------------------------------------------------

    @contextmanager
    def _session(self):
        """Open an environment on a cursor of its own, as superuser."""
        with self.env.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    @contextmanager
    def _writer(self, company, patience: float = 0):
        """Try to become the company's only writer; tell whether that is so.

        The lock belongs to the session, taken and released in transactions of their
        own: each batch then starts with a snapshot younger than the lock.

        :param patience: seconds to go on trying
        """
        cr = self.env.cr
        key = SQL("%s, %s", WRITER_LOCK, company.id)
        end = time.monotonic() + patience
        while not (locked := self._try_lock(key)) and time.monotonic() < end:
            time.sleep(0.05)
        try:
            yield locked
        finally:
            # A lost connection has lost the lock as well.
            if locked and not cr._cnx.closed:
                cr.rollback()
                cr.execute(SQL("SELECT pg_advisory_unlock(%s)", key))
                cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _try_lock(self, key: SQL) -> bool:
        self.env.cr.execute(SQL("SELECT pg_try_advisory_lock(%s)", key))
        [locked] = self.env.cr.fetchone()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        return locked

    @api.model
    def _in_transaction(self, work, *args, timeout: int = 0):
        """Return ``work(*args)`` after committing it, repeated after a conflict.

        :param timeout: of each statement, in milliseconds; 0 = none
        """
        return in_transaction(
            self.env, work, *args, conflicts=CONFLICTS_MET, timeout=timeout
        )
