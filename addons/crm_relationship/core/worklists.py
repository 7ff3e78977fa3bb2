"""What waits for whom: the entries of the workbench; no Odoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

SALES = "sales_team.group_sale_salesman"
MANAGER = "sales_team.group_sale_manager"
READER = "crm_relationship.group_reader"


class Worklist(NamedTuple):
    """Records of one model that wait for somebody.

    :param code: unique technical name
    :param label: what waits, in the plural
    :param groups: external ids of groups, the first of which is the role the list is
        shown under; whoever has one of them has the list
    :param model: name of the model; its rights and rules decide what is counted
    :param domain: ``() -> domain`` the client can send back, evaluated as the user
    :param date: date or datetime field the records have been waiting since, or are due
    :param due: whether ``date`` is a due date, before which nothing is late
    :param sequence: order on the page
    :param help: one sentence: what to do with these
    :param views: external ids of the views to open, list first; nothing for the usual
    :param quiet: left out while nothing waits: hardly anybody is asked
    """

    code: str
    label: str
    groups: tuple[str, ...]
    model: str
    domain: Callable[[], Any]
    date: str = "create_date"
    due: bool = False
    sequence: int = 50
    help: str = ""
    views: tuple[str, ...] = ()
    quiet: bool = False
