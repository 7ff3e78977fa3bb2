"""One valid call of each public method that has to be given something.

A method without required parameters needs none: it is called on a row of its model.
"""

from .public import parameters


def customer(case) -> int:
    """Return the id of a customer of company A."""
    return case.rows.make("crm.customer.profile", case.company_a).partner_id.id


def purchase(case) -> dict:
    """Return a purchase as another system sends it."""
    return {
        "external_ref": "ground",
        "date": "2026-01-31",
        "amount": 10.0,
        "customer_id": customer(case),
    }


# (model, method) -> function(case) that returns the keyword arguments
CALLS = {
    ("crm.api", "campaign_get"): lambda case: {
        "campaign": case.rows.make("crm.campaign", case.company_a).id
    },
    ("crm.api", "consent_set"): lambda case: {
        "changes": [
            {
                "address": "ground@example.com",
                "channel": "email",
                "purpose": "promotion",
                "change": "withdrawn",
            }
        ],
        "idempotency_key": "ground",
    },
    ("crm.api", "contact_check"): lambda case: {
        "partner": customer(case),
        "channel": "phone",
    },
    ("crm.api", "customer_find"): lambda case: {"query": "ground"},
    ("crm.api", "customer_get"): lambda case: {"partner": customer(case)},
    ("crm.api", "customer_timeline"): lambda case: {"partner": customer(case)},
    ("crm.api", "receivable_get"): lambda case: {"partner": customer(case)},
    ("crm.api", "purchase_import"): lambda case: {
        "rows": [purchase(case)],
        "source": "ground",
        "idempotency_key": "ground",
    },
    ("crm.api", "segment_members"): lambda case: {
        "segment": case.rows.make("crm.segment", case.company_a).id
    },
    ("crm.api", "touch_log"): lambda case: {
        "touches": [
            {
                "partner": customer(case),
                "channel": "phone",
                "date": "2026-01-31T10:00:00Z",
            }
        ],
        "idempotency_key": "ground",
    },
    ("crm.campaign", "action_decide"): lambda case: {"transition": "submit"},
    ("crm.campaign.flow", "action_decide"): lambda case: {"transition": "submit"},
    ("crm.payment.plan", "action_decide"): lambda case: {"transition": "propose"},
    ("crm.decision.mixin", "action_decide"): lambda case: {"transition": "offer"},
    ("crm.handover", "action_decide"): lambda case: {"transition": "offer"},
    ("crm.privacy.request", "action_decide"): lambda case: {"transition": "submit"},
    ("crm.workbench", "open_worklist"): lambda case: {"code": "today"},
    ("crm.api", "touch_request"): lambda case: {
        "partners": [customer(case)],
        "channel": "phone",
        "subject": "ground",
        "body": "ground",
        "idempotency_key": "ground",
    },
    ("crm.outbox.release", "action_decide"): lambda case: {"transition": "arrived"},
    ("crm.segment", "preview"): lambda case: {
        "values": {"kind": "rule", "domain": "[]", "company_id": case.company_a.id}
    },
}


def valid_call(case, method) -> tuple[list[int], dict]:
    """Return ids and arguments with which a method works for whoever may call it."""
    ids = []
    if not method.model_level and not case.env[method.model]._abstract:
        ids = case.rows.make(method.model, case.company_a).ids
    example = CALLS.get(method.key)
    needed = [
        name
        for name, parameter in parameters(case.env, method).items()
        if parameter.default is parameter.empty
    ]
    if needed and not example:
        case.fail(f"{method.key} needs {needed}: give an example in calls.py")
    return ids, example(case) if example else {}


# What a caller with bad luck or bad intentions sends in place of any argument.
HOSTILE = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "\x00",
    "\ud800",
    "x" * 20_000,
    "'; DROP TABLE res_users; --",
    "%",
    "2026-13-45",
    [],
    [None],
    [[]],
    [{}],
    [2**63],
    {},
    {"a": None},
    {"external": ["x"]},
    {"external": [None, {}]},
    {"ref": []},
)


def bad_versions(value) -> list:
    """Return what may come instead of a valid value, or of one of its parts."""
    bad = [*HOSTILE, deep()]
    if isinstance(value, dict):
        bad += [{**value, key: worse} for key in value for worse in HOSTILE]
    elif isinstance(value, list) and value:
        bad += [[part] for part in bad_versions(value[0])]
    return bad


def deep(levels: int = 500) -> list:
    """Return a list in a list in a list."""
    value = []
    for _level in range(levels):
        value = [value]
    return value
