import hashlib
import json
from collections.abc import Callable

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

MAX_KEY_LENGTH = 255
KEEP_DAYS = 30


class CrmIdempotency(models.Model):
    """The answers already given to calls that must have their effect only once.

    A caller who lost the answer repeats the call with the same key and gets the stored
    answer. The row is part of the call's own transaction: without effect no row,
    without row no effect.
    """

    _name = "crm.idempotency"
    _description = "Answered Call"
    _order = "id desc"
    _rec_name = "key"
    _log_access = False

    user_id = fields.Many2one(
        comodel_name="res.users", required=True, readonly=True, ondelete="cascade"
    )
    method = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    request_hash = fields.Char(required=True, readonly=True)
    response = fields.Json(readonly=True)
    create_date = fields.Datetime(
        string="Answered on",
        required=True,
        readonly=True,
        index=True,
        default=fields.Datetime.now,
    )

    _user_method_key_uniq = models.Constraint(
        "UNIQUE(user_id, method, key)",
        "This call was answered already.",
    )

    @api.model
    def _answer_once(
        self,
        method: str,
        key: str,
        request: object,
        effect: Callable[[], dict],
        keep: Callable[[dict], bool] = bool,
    ) -> dict:
        """Return ``effect()``, or the answer stored for the same key and request.

        :param method: whose keys these are; keys of other methods do not count
        :param key: chosen by the caller, at most 255 characters
        :param request: everything that decides the effect, of plain JSON types
        :param keep: tells whether an answer is stored; a refusal that changed nothing
            is not, so that the caller may correct the request under the same key
        :raises UserError: on a bad key, or one used before for another request
        """
        self._check_key(key)
        digest = self._digest(request)
        stored = self._claim(method, key, digest)
        if stored is not None:
            return stored
        answer = effect()
        condition = SQL(
            "user_id = %s AND method = %s AND key = %s", self.env.uid, method, key
        )
        if keep(answer):
            query = SQL(
                "UPDATE crm_idempotency SET response = %s::jsonb WHERE %s",
                json.dumps(answer),
                condition,
            )
        else:
            query = SQL("DELETE FROM crm_idempotency WHERE %s", condition)
        self.env.execute_query(query)
        self.invalidate_model(flush=False)
        return answer

    @api.model
    def _claim(self, method: str, key: str, digest: str) -> dict | None:
        """Take the key; return the stored answer when it was taken before.

        A call with the same key that runs at this moment makes the INSERT wait. Once
        the other has committed, PostgreSQL reports a serialisation failure; the server
        then repeats this call, and the second time the row is seen.
        """
        taken = self.env.execute_query(
            SQL(
                """INSERT INTO crm_idempotency
                               (user_id, method, key, request_hash, create_date)
                   VALUES (%s, %s, %s, %s, %s)
                   ON CONFLICT DO NOTHING
                   RETURNING id""",
                self.env.uid,
                method,
                key,
                digest,
                self.env.cr.now(),
            )
        )
        if taken:
            return None
        [(stored_digest, response)] = self.env.execute_query(
            SQL(
                """SELECT request_hash, response FROM crm_idempotency
                    WHERE user_id = %s AND method = %s AND key = %s""",
                self.env.uid,
                method,
                key,
            )
        )
        if stored_digest != digest:
            raise UserError(
                self.env._(
                    "The idempotency key “%s” was used before for another request. "
                    "Use a new key for every new request.",
                    key,
                )
            )
        return response

    @api.model
    def _check_key(self, key: str) -> None:
        if (
            not isinstance(key, str)
            or not key.strip()
            or len(key) > MAX_KEY_LENGTH
            or not key.isprintable()
        ):
            raise UserError(
                self.env._(
                    "idempotency_key must be a text of 1 to %s printable characters, "
                    "chosen by the caller for this one request.",
                    MAX_KEY_LENGTH,
                )
            )

    @api.model
    def _digest(self, request: object) -> str:
        """Return a hash that only equal requests share; the company counts, too."""
        try:
            text = json.dumps(
                [self.env.company.id, request], sort_keys=True, allow_nan=True
            )
        except (TypeError, ValueError, RecursionError):
            raise UserError(
                self.env._("The request must consist of plain JSON values.")
            ) from None
        return hashlib.sha256(text.encode()).hexdigest()

    @api.autovacuum
    def _gc_answers(self) -> tuple[int, int]:
        """Forget answers nobody will ask for again."""
        domain = Domain("create_date", "<", f"-{KEEP_DAYS}d")
        old = self.sudo().search(domain, limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
