"""What a view asks the server for, read from its architecture."""

from lxml import etree

from odoo import fields
from odoo.tools.safe_eval import datetime, dateutil, safe_eval, time

GROUPED = ("pivot", "graph")


def read_spec(model, arch) -> dict:
    """Return the specification a view reads its records with."""
    spec = {"display_name": {}}
    for node in own_fields(arch):
        field = model._fields.get(node.get("name"))
        if field is None:
            continue
        spec[field.name] = {}
        if field.type in ("one2many", "many2many"):
            spec[field.name] = {
                "fields": _sub_spec(model.env[field.comodel_name], node)
            }
        elif field.type == "many2one":
            spec[field.name] = {"fields": {"display_name": {}}}
    return spec


def own_fields(arch):
    """Yield the field nodes of a view, without those of views inside it."""
    for node in arch.iter("field"):
        if not any(parent.tag == "field" for parent in node.iterancestors()):
            yield node


def _sub_spec(model, node) -> dict:
    for sub_view in node:
        if sub_view.tag in ("list", "kanban", "form"):
            inside = etree.fromstring(etree.tostring(sub_view))
            return read_spec(model, inside)
    return {"display_name": {}}


def groupings(model, arch) -> tuple[list[str], list[str]]:
    """Return what a pivot or graph groups by and adds up."""
    groups, sums = [], ["__count"]
    for node in own_fields(arch):
        field = model._fields[node.get("name")]
        if node.get("type") == "measure":
            sums.append(f"{field.name}:{field.aggregator or 'sum'}")
        elif node.get("invisible") not in ("1", "True"):
            interval = node.get("interval")
            if field.type in ("date", "datetime"):
                interval = interval or "month"
            groups.append(f"{field.name}:{interval}" if interval else field.name)
    return groups, sums


def filters(model, arch):
    """Yield (name, domain, field to group by) of the filters of a search view."""
    names = {
        "uid": model.env.uid,
        "time": time,
        "datetime": datetime,
        "relativedelta": dateutil.relativedelta.relativedelta,
        "context_today": fields.Date.today,
        "allowed_company_ids": model.env.companies.ids,
    }
    for node in arch.iter("filter"):
        context = safe_eval(node.get("context") or "{}", dict(names))
        group = context.get("group_by") or []
        domain = safe_eval(node.get("domain") or "[]", dict(names))
        yield node.get("name"), domain, [group] if isinstance(group, str) else group
