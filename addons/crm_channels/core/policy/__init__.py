"""When a customer may be contacted: pure rules, no Odoo.

The same rules decide for one customer and for a million: the planner asks the database
for what can be counted there, and everything it cannot decide in one statement comes
here (see ``crm.contact.planner``).
"""

from .decide import (
    DROP,
    HOLD,
    SAME_ADDRESS,
    SEND,
    Candidate,
    Rules,
    Verdict,
    decide,
    decide_all,
)
from .quiet import Quiet, is_quiet, next_open
from .windows import Cap, Contact, counts, free_from, is_full
from .zones import recipient_zones

__all__ = [
    "DROP",
    "HOLD",
    "SAME_ADDRESS",
    "SEND",
    "Candidate",
    "Cap",
    "Contact",
    "Quiet",
    "Rules",
    "Verdict",
    "counts",
    "decide",
    "decide_all",
    "free_from",
    "is_full",
    "is_quiet",
    "next_open",
    "recipient_zones",
]
