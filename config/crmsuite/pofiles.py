"""Templates of translatable terms and the languages that follow them.

``addons/<module>/i18n/<module>.pot`` holds every term of a module as Odoo exports
them, without what changes from one export to the next. ``zh_CN.po`` beside it has the
same terms in the same order.
"""

import re
from collections import Counter

import polib

from .paths import ADDONS

LANGUAGES = {"zh_CN": "nplurals=1; plural=0;\n"}
# What an export says of its moment, not of the module.
VOLATILE = ("POT-Creation-Date", "PO-Revision-Date")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif]|%%|\{\w+\}")
TAG = re.compile(r"<[a-zA-Z/][^<>]*>")
# Values of these attributes are text for people, so they differ between languages.
TEXT_ATTRIBUTE = re.compile(
    r"""\b(title|alt|placeholder|aria-label|string|label)=("[^"]*"|'[^']*')"""
)


def path(module: str, language: str = ""):
    """Return the path of a module's template, or of one of its languages."""
    name = f"{language}.po" if language else f"{module}.pot"
    return ADDONS / module / "i18n" / name


def read(text) -> polib.POFile:
    """Return the terms of a PO file, given by its path or its text."""
    return polib.pofile(str(text), wrapwidth=78, encoding="utf-8")


def template(text) -> polib.POFile:
    """Return an export of Odoo without what changes from one to the next."""
    terms = read(text)
    for name in VOLATILE:
        terms.metadata.pop(name, None)
    return terms


def merge(terms: polib.POFile, language: str, old=()) -> polib.POFile:
    """Return a language with the template's terms and the translations so far.

    Terms that are no longer in the template are left out; new ones are empty.
    """
    known = {entry.msgid: entry.msgstr for entry in old}
    merged = read(terms)
    merged.metadata |= {"Language": language, "Plural-Forms": LANGUAGES[language]}
    for entry in merged:
        entry.msgstr = known.get(entry.msgid, "")
    return merged


def untranslated(terms: polib.POFile) -> list[str]:
    """Return the terms that have no translation."""
    return [entry.msgid for entry in terms if not entry.msgstr.strip()]


def problems(terms: polib.POFile, translated: polib.POFile) -> list[str]:
    """Return what keeps a language from standing for its template, one line each."""
    wanted = {entry.msgid for entry in terms}
    found = {entry.msgid for entry in translated if not entry.obsolete}
    lines = [f"not in the file: {msgid}" for msgid in sorted(wanted - found)]
    lines += [f"not in the template: {msgid}" for msgid in sorted(found - wanted)]
    for entry in translated:
        lines += [f"{what}: {entry.msgid}" for what in _faults(entry)]
    return lines


def _faults(entry: polib.POEntry) -> list[str]:
    """Say what is wrong with one translation."""
    if not entry.msgstr.strip():
        return ["not translated"]
    faults = []
    if entry.fuzzy:
        faults.append("fuzzy")
    if _counted(PLACEHOLDER, entry.msgid) != _counted(PLACEHOLDER, entry.msgstr):
        faults.append("other placeholders")
    if _tags(entry.msgid) != _tags(entry.msgstr):
        faults.append("other tags")
    return faults


def _counted(pattern: re.Pattern, text: str) -> Counter:
    return Counter(pattern.findall(text))


def _tags(text: str) -> Counter:
    return _counted(TAG, TEXT_ATTRIBUTE.sub(r"\1", text))
