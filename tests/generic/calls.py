"""One valid call of each public method that has to be given something.

A method without required parameters needs none: it is called on a row of its model.
"""

# (model, method) -> function(case) that returns the keyword arguments
CALLS = {}

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


def deep(levels: int = 500) -> list:
    """Return a list in a list in a list."""
    value = []
    for _level in range(levels):
        value = [value]
    return value
