"""Tells mail written by a person from mail written by a machine."""

from __future__ import annotations

from collections.abc import Mapping

_ANSWERED = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from")
_BULK = frozenset({"auto_reply", "bulk", "junk", "list"})


def is_automatic(headers: Mapping[str, str]) -> bool:
    """Tell whether a mail was sent by a machine: holiday notes, receipts, lists.

    RFC 3834: whatever says ``Auto-Submitted`` other than ``no``; and what older
    programs say instead. A mail without a way back (RFC 5321, empty return path) is a
    report about another mail.

    :param headers: of the whole mail; names in any case
    """
    found = {
        name.lower(): str(value).strip().lower() for name, value in headers.items()
    }
    if found.get("auto-submitted", "no").partition(";")[0].strip() not in ("", "no"):
        return True
    if found.get("return-path") == "<>":
        return True
    if found.get("precedence") in _BULK or "list-id" in found:
        return True
    return any(name in found for name in _ANSWERED)
