"""What all generic tests stand on: what is ours, two companies, one user per role."""

from pathlib import Path

from psycopg2.errors import ForeignKeyViolation

from odoo.exceptions import AccessError, MissingError, RedirectWarning, UserError
from odoo.tests import TransactionCase

from .rows import Rows

ADDONS = Path(__file__).resolve().parents[2] / "addons"
MODULES = {path.parent.name for path in ADDONS.glob("*/__manifest__.py")}

ROLES = ("vp", "analyst", "campaign", "segmentation", "channel", "information")
EXPORT = "base.group_allow_export"
ALL_ROLES = ",".join(f"crm_relationship.group_{role}" for role in ROLES)
# Everybody whose access is stated. All but the last two work in company A only.
ACTORS = {
    **{role: f"crm_relationship.group_{role}" for role in ROLES},
    "segmentation": f"crm_relationship.group_segmentation,{EXPORT}",
    "reader": "crm_relationship.group_reader",
    "sales_own": "sales_team.group_sale_salesman",
    "sales_all": "sales_team.group_sale_salesman_all_leads",
    "sales_admin": "sales_team.group_sale_manager",
    "accountant": "account.group_account_manager",
    "collector": "crm_receivables.group_collector",
    "settings": "base.group_system",
    "internal": "base.group_user",
    "portal": "base.group_portal",
    "public": "base.group_public",
    "branch": "crm_relationship.group_reader",
    "company_b": f"{ALL_ROLES},sales_team.group_sale_manager",
}
GROUPS = {
    "roles": (*ROLES, "reader"),
    "sales": ("sales_own", "sales_all", "sales_admin"),
}
QUIET = {"tracking_disable": True, "no_reset_password": True}


def is_ours(model_class) -> bool:
    """Tell whether a model was introduced by a module of ours."""
    return model_class._original_module in MODULES


def our_models(env, abstract: bool = False) -> list[str]:
    """Return the names of our models, sorted."""
    return sorted(
        name
        for name, model_class in env.registry.items()
        if is_ours(model_class) and (abstract or not model_class._abstract)
    )


def our_fields(env, model: str) -> list:
    """Return the fields that modules of ours introduced on a model, sorted."""
    fields = env.registry[model]._fields
    return [
        field
        for name, field in sorted(fields.items())
        if field._modules and field._modules[0] in MODULES
    ]


def our_records(env, model: str):
    """Return the records of a model that have an external id of a module of ours."""
    data = env["ir.model.data"].sudo()
    data = data.search([("model", "=", model), ("module", "in", list(MODULES))])
    return (
        env[model].sudo().with_context(active_test=False).browse(data.mapped("res_id"))
    )


def actors_in_short(names: list[str]) -> str:
    """Return names of actors in their order, whole groups of them by one word."""
    if len(names) == len(ACTORS):
        return "everybody"
    words = []
    left = list(names)
    for word, group in GROUPS.items():
        if set(group) <= set(left):
            words.append(word)
            left = [name for name in left if name not in group]
    return " ".join([*words, *left]) or "nobody"


class GroundCase(TransactionCase):
    """Two companies, a branch, a user per actor and a factory of rows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, **QUIET))
        euro = cls.env.ref("base.EUR")
        euro.active = True
        companies = cls.env["res.company"]
        cls.company_a = companies.create({"name": "Ground A"})
        cls.company_b = companies.create({"name": "Ground B", "currency_id": euro.id})
        cls.branch = companies.create(
            {"name": "Ground A branch", "parent_id": cls.company_a.id}
        )
        cls.actors = dict(zip(ACTORS, cls._make_users(ACTORS), strict=True))
        cls.rows = Rows(cls.env)
        cls.env.flush_all()

    @classmethod
    def _make_users(cls, groups_by_name: dict[str, str]):
        """Make users at once, which takes a fraction of one by one."""
        companies = {"branch": cls.branch, "company_b": cls.company_b}
        return cls.env["res.users"].create(
            [
                {
                    "name": f"Ground {name}",
                    "login": f"ground_{name}",
                    "password": f"ground_{name}",
                    "email": f"ground_{name}@example.com",
                    "company_id": companies.get(name, cls.company_a).id,
                    "company_ids": companies.get(name, cls.company_a).ids,
                    "group_ids": [cls.env.ref(group).id for group in groups.split(",")],
                }
                for name, groups in groups_by_name.items()
            ]
        )

    def outcome(self, call) -> str:
        """Run a call, undo it, and say how it ended.

        :return: ``yes``, ``-`` (no right, or nothing there for this user) or ``!`` (a
            rule of the model refuses). Any other exception is a defect and comes
            through.
        """
        self.env.flush_all()
        savepoint = self.cr.savepoint(flush=False)
        try:
            call()
            self.env.flush_all()
            return "yes"
        except (AccessError, MissingError):
            return "-"
        except (UserError, RedirectWarning, ForeignKeyViolation):
            return "!"
        finally:
            self.env.cr.clear()
            savepoint.close(rollback=True)

    def model_as(self, actor: str, model: str):
        """Return a model with the rights of an actor."""
        return self.env[model].with_user(self.actors[actor])
