from odoo import api, fields, models
from odoo.exceptions import UserError

# Scores older than this many days beyond their schedule are called old.
GRACE_DAYS = 2
SCHEDULE_DAYS = {"daily": 1, "weekly": 7, "monthly": 31}


class CrmRfmHeatmap(models.AbstractModel):
    """What the screen "RFM" shows: how many customers are in each of the 25 squares."""

    _name = "crm.rfm.heatmap"
    _description = "RFM Heat Map"

    @api.model
    @api.readonly
    def heat_map(self, scheme_id: int | None = None) -> dict:
        """Return the heat map of a scheme, as the current user may see it.

        :param scheme_id: default: the default scheme of the user's company
        :return: ``schemes`` to choose from; ``scheme`` chosen, with its ``run``,
            named ``cells`` and 25 ``squares``; ``rights``; empty parts left out
        """
        Scheme = self.env["crm.rfm.scheme"]
        Scheme.check_access("read")
        schemes = Scheme.search([("company_id", "in", self.env.companies.root_id.ids)])
        result = {
            "schemes": [
                {
                    "id": scheme.id,
                    "name": scheme.name,
                    "company": scheme.company_id.name,
                    "is_default": scheme.is_default,
                }
                for scheme in schemes
            ],
            "rights": {
                "compute": Scheme.has_access("write"),
                "segment": self.env["crm.segment"].has_access("create"),
            },
        }
        scheme = self._choose(schemes, scheme_id)
        if scheme:
            result["scheme"] = self._scheme_data(scheme)
        return result

    @api.model
    def _choose(self, schemes, scheme_id: int | None):
        if scheme_id:
            chosen = schemes.filtered(lambda s: s.id == scheme_id)
            if not chosen:
                raise UserError(self.env._("This RFM scheme is not yours to see."))
            return chosen
        mine = schemes.filtered(lambda s: s.company_id == self.env.company.root_id)
        return (mine or schemes)[:1]

    @api.model
    def _scheme_data(self, scheme) -> dict:
        return {
            "id": scheme.id,
            "name": scheme.name,
            "company_id": scheme.company_id.id,
            "currency_id": scheme.currency_id.id,
            "method": dict(scheme._fields["method"]._description_selection(self.env))[
                scheme.method
            ],
            "method_help": scheme.method_help,
            "basis": dict(
                scheme._fields["monetary_basis"]._description_selection(self.env)
            )[scheme.monetary_basis],
            "period_months": scheme.period == "months" and scheme.period_months,
            "is_default": scheme.is_default,
            "is_outdated": scheme.is_outdated,
            "is_old": self._is_old(scheme),
            "buyer_count": self._count_buyers(scheme),
            "run": self._run_data(scheme.last_run_id),
            "cells": [
                {"id": cell.id, "name": cell.name, "advice": cell.advice or ""}
                for cell in scheme.cell_ids
            ],
            "squares": self._squares(scheme),
        }

    @api.model
    def _is_old(self, scheme) -> bool:
        if not scheme.last_run_id or scheme.schedule == "manual":
            return False
        age = (fields.Date.today() - scheme.last_run_id.reference_date).days
        return age > SCHEDULE_DAYS[scheme.schedule] + GRACE_DAYS

    @api.model
    def _count_buyers(self, scheme) -> int:
        """Return how many customers of the company have bought at all."""
        return self.env["crm.customer.profile"].search_count(
            [
                ("company_id", "=", scheme.company_id.id),
                ("last_purchase_date", "!=", False),
            ]
        )

    @api.model
    def _run_data(self, run) -> dict | bool:
        if not run:
            return False
        return {
            "id": run.id,
            "date": fields.Datetime.to_string(run.date),
            "reference_date": fields.Date.to_string(run.reference_date),
            "customer_count": run.customer_count,
            "moved_count": run.moved_count,
            "seconds": run.seconds,
            "method": run.method,
            "edges": run.edges,
        }

    @api.model
    def _squares(self, scheme) -> list[dict]:
        """Return the 25 squares from (1, 1) on; empty ones with a count of 0."""
        groups = self.env["crm.rfm.score"]._read_group(
            [("scheme_id", "=", scheme.id)],
            ["r", "f"],
            ["__count", "monetary:sum", "m:avg", "last_date:max", "last_date:min"],
        )
        found = {(r, f): values for r, f, *values in groups}
        frozen = scheme._frozen_cell_ids()
        squares = []
        for position, cell_id in enumerate(frozen):
            r, f = position // 5 + 1, position % 5 + 1
            count, value, m, latest, earliest = found.get((r, f), (0, 0.0, 0.0, 0, 0))
            squares.append(
                {
                    "r": r,
                    "f": f,
                    "cell_id": cell_id or False,
                    "count": count,
                    "value": value or 0.0,
                    "m": m or 0.0,
                    "latest": latest and fields.Date.to_string(latest),
                    "earliest": earliest and fields.Date.to_string(earliest),
                }
            )
        return squares
