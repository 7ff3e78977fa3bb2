"""Every term has its translation, and what keeps it so finds what is wrong."""

import pytest
from crmsuite import pofiles
from crmsuite.paths import addon_manifests

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def terms(*pairs):
    """Return a PO file of (msgid, msgstr)."""
    return pofiles.read(
        HEAD + "".join(f'msgid "{a}"\nmsgstr "{b}"\n\n' for a, b in pairs)
    )


@pytest.mark.parametrize("language", pofiles.LANGUAGES)
@pytest.mark.parametrize("module", addon_manifests())
def test_language_is_complete(module, language):
    template = pofiles.read(pofiles.path(module))
    translated = pofiles.read(pofiles.path(module, language))
    assert len(template) >= 10
    assert not pofiles.problems(template, translated)


@pytest.mark.parametrize(
    ("msgid", "msgstr"),
    [
        ("Customer", ""),
        ("Customer", "  "),
        ("%s left", "已离开"),
        ("%s left", "%s %s 已离开"),
        ("%(a)s of %(b)s", "%(a)s / %(c)s"),
        ("%(progress)s %%", "%(progress)s"),
        ("<b>Stopped</b>", "已停止"),
        ("<i class='fa fa-bolt'/>Live", "<i class='fa fa-bell'/>实时"),
        ("<i title='Live'/>", "<i title='实时' class='x'/>"),
    ],
)
def test_bad_translation_is_found(msgid, msgstr):
    pair = terms((msgid, msgstr))
    assert len(pofiles.problems(pair, pair)) == 1


@pytest.mark.parametrize(
    ("msgid", "msgstr"),
    [
        ("%(a)s of %(b)s", "%(b)s 中的 %(a)s"),
        ("Edges at 80 % of all", "分界点位于 80% 处"),
        ("<i title='Live' class='x'/>", "<i title='实时' class='x'/>"),
    ],
)
def test_good_translation_passes(msgid, msgstr):
    pair = terms((msgid, msgstr))
    assert not pofiles.problems(pair, pair)


def test_fuzzy_missing_and_forgotten_terms_are_found():
    translated = terms(("Customer", "客户"), ("Gone", "已删除"))
    translated[0].flags.append("fuzzy")
    assert pofiles.problems(terms(("Customer", ""), ("New", "")), translated) == [
        "not in the file: New",
        "not in the template: Gone",
        "fuzzy: Customer",
    ]


def test_merge_keeps_translations_and_takes_over_the_terms():
    old = terms(("Customer", "客户"), ("Gone", "已删除"))
    merged = pofiles.merge(terms(("Customer", ""), ("New", "")), "zh_CN", old)
    assert {e.msgid: e.msgstr for e in merged} == {"Customer": "客户", "New": ""}
    assert merged.metadata["Language"] == "zh_CN"
    assert pofiles.untranslated(merged) == ["New"]


def test_template_has_nothing_of_its_moment():
    export = HEAD.replace(
        "Content-Type", "POT-Creation-Date: 2026-01-31 10:00+0000\\\\nContent-Type"
    )
    template = pofiles.template(export + 'msgid "Customer"\nmsgstr ""\n')
    assert "POT-Creation-Date" not in template.metadata
    assert str(template) == str(pofiles.template(str(template)))
