"""What must not be in the tree is found."""

import pytest
from crmsuite import lint_tree


def whats(generator):
    """Return what was found, without the lines."""
    return [what for _line, what in generator]


@pytest.mark.parametrize(
    "text",
    [
        "see https://pypi" + ".org/simple",
        "https://files.pythonhosted" + ".org/packages/x.whl",
        "https://registry.npmjs" + ".org/prettier",
        "deb http://deb.debian" + ".org/debian sid main",
        "pip install --index" + "-url x y",
        "pip install --extra-index" + "-url x y",
        "pip install --find" + "-links x y",
        '"resolved"' + ': "somewhere"',
        "/ro" + "ot/.cache/x",
        "/ho" + "me/someone/x",
        "/wo" + "rk/checkout/addons",
        "\u00a7 3",
        "# FIX" + "ME later",
        "<" * 7 + " HEAD",
    ],
)
def test_forbidden_text_is_found(text):
    assert whats(lint_tree.forbidden(text))


@pytest.mark.parametrize(
    "text",
    [
        "https://www.gnu.org/licenses/lgpl-3.0.html",
        "a homework/task, /web/login, /odoo/action, /usr/lib/python3",
        "rework/undo",
        "<record id='x'/>",
    ],
)
def test_ordinary_text_is_not(text):
    assert not whats(lint_tree.forbidden(text))


def test_a_lower_module_may_not_name_an_upper_one():
    text = "a = 1\nenv.ref('crm_upper.group')\nb = 'crm_upper_two'\n"
    assert whats(lint_tree.arrows(text, {"crm_upper"})) == [
        "names the upper module crm_upper"
    ]
    assert not whats(lint_tree.arrows(text, set()))


@pytest.mark.parametrize(
    "line", ["if 'crm.x' in self.env:", 'if "crm.x" not in env:', "'a' in self.env\n"]
)
def test_asking_for_a_model_is_found(line):
    assert whats(lint_tree.arrows(line, set()))


def test_arrows_follow_the_manifests(monkeypatch):
    manifests = {"low": {"depends": ["crm"]}, "up": {"depends": ["low"]}, "side": {}}
    monkeypatch.setattr(lint_tree, "addon_manifests", lambda: manifests)
    assert lint_tree.above() == {
        "low": {"up", "side"},
        "up": {"side"},
        "side": {"low", "up"},
    }


def test_long_functions_are_found_but_docstrings_are_free():
    body = "\n".join(f"    x{n} = {n}" for n in range(lint_tree.FUNCTION_LINES))
    assert whats(lint_tree.python(f"def f():\n{body}\n"))
    text = "\n".join(["    text"] * 60)
    assert not whats(lint_tree.python(f'def f():\n    """\n{text}\n    """\n'))


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import dump",
        "import os, marshal",
        "eval('1')",
        "exec(text)",
        "SQL(f'SELECT {x}')",
        "SQL('SELECT ' + x)",
        "SQL('SELECT %s' % x)",
        "SQL('SELECT {}'.format(x))",
    ],
)
def test_unsafe_code_is_found(code):
    assert whats(lint_tree.python(code))


@pytest.mark.parametrize(
    "code",
    ["SQL('SELECT %s', x)", "ast.literal_eval(x)", "SQL(f'SELECT 1')", "import re"],
)
def test_safe_code_is_not(code):
    assert not whats(lint_tree.python(code))


def test_this_tree_is_read():
    names = {path.name for path in lint_tree.files()}
    assert {"lint_tree.py", "Makefile", "LICENSE"} <= names
