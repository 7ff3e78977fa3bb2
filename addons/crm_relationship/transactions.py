"""Work in transactions of their own, repeated when a new snapshot cures a conflict."""

import logging
import random
import time

from psycopg2 import errors

from odoo.tools import SQL

_logger = logging.getLogger(__name__)

RETRIES = 5
# What another transaction did at the same time; with a new snapshot it may work.
CONFLICTS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
)


def database_now(env):
    """Return the beginning of this transaction by the database's clock, naive UTC.

    Several servers write into one database: its clock is the only one they share.
    """
    return env.cr.now().replace(tzinfo=None)


def in_transaction(env, work, *args, conflicts=CONFLICTS, kept=(), timeout=None):
    """Return ``work(*args)`` after committing it; repeat it after a conflict.

    Only for work that has no effect outside the database. What is committed here
    outlives a crash of PostgreSQL also where it is set up to forget the last moment.

    :param kept: models whose records stay in the cache: what changes so rarely that
        reading it anew each time would only cost time
    :param timeout: of each statement, in milliseconds; 0 = none, absent = as it is set
    """
    cr = env.cr
    for attempt in range(1, RETRIES + 1):
        try:
            cr.execute("SET LOCAL synchronous_commit = on")
            if timeout is not None:
                cr.execute(SQL("SET LOCAL statement_timeout = %s", timeout))
            result = work(*args)
            env.flush_all()
            cr.commit()  # pylint: disable=invalid-commit
            # What others changed since shall be seen by the next transaction.
            forget(env, kept)
            return result
        except conflicts as error:
            roll_back(env)
            if attempt == RETRIES:
                raise
            _logger.info("repeats a transaction: %s", error)
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
        except BaseException:
            roll_back(env)
            raise
    return None


def forget(env, kept=()) -> None:
    """Forget what was read, except of some models."""
    if not kept:
        env.invalidate_all(flush=False)
        return
    for name in {field.model_name for field in env.transaction.field_data}:
        if name not in kept:
            env[name].invalidate_model(flush=False)


def roll_back(env) -> None:
    """Forget what a transaction has begun, on a connection that may be lost."""
    cr = env.cr
    env.clear()
    if not cr._cnx.closed:
        cr.rollback()
