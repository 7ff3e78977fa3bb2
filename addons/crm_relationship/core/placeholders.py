"""Texts with placeholders such as ``{{ name }}``, and nothing else a text can do.

There are no expressions, no loops and no attributes: a placeholder is one of a list of
names, so that people who write mails can read no data and run no code through them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
# In a heading, a line break would begin another header of the mail.
UNHEADERLY = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def used(text: str) -> list[str]:
    """Return the placeholders of a text, each once, in their order."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text or "")))


def unknown(text: str, known: Collection[str]) -> list[str]:
    """Return the placeholders of a text that are not known, in their order."""
    return [name for name in used(text) if name not in known]


def fill(
    text: str, values: Mapping[str, str], escape: Callable[[str], str] = str
) -> str:
    """Return a text with its placeholders replaced, each value once and as it is.

    :param values: what stands for each name; a name without a value becomes empty
    :param escape: applied to each value, e.g. for HTML
    """
    return PLACEHOLDER.sub(
        lambda match: str(escape(values.get(match[1], ""))), text or ""
    )


def heading(text: str) -> str:
    """Return a text on one line, without control characters, fit for a header."""
    return " ".join(UNHEADERLY.sub(" ", text or "").split())
