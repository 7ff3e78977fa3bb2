"""Our own checks of modules: who may do what is decided before rights are lifted."""

import ast
from collections.abc import Iterator
from pathlib import Path

from .paths import ADDONS, ROOT

# Calls that decide whether the caller may go on; super() does for create and write.
CHECKS = {
    *("check_access", "has_access", "_filtered_access", "_check_access"),
    *("has_group", "has_groups", "_has_group", "one", "super"),
}
OPEN_ROUTES = {"public", "none"}
# Open to strangers on purpose; what tells the right stranger from the wrong one.
KNOWN_ROUTES = {
    "/crm/click/<string:token>/<string:code>": "a forged name counts nothing",
    "/crm/event/<string:code>": "signature over the time and the body",
    "/crm/preferences/<string:token>": "signed link; reading it changes nothing",
    "/crm/unsubscribe/<string:token>": "signed link; reading it changes nothing",
}


def is_public(function: ast.FunctionDef) -> bool:
    """Tell whether RPC offers a method."""
    names = {ast.unparse(decorator) for decorator in function.decorator_list}
    hidden = {"api.private", "property", "classmethod", "staticmethod"}
    return not function.name.startswith("_") and not names & hidden


def called(node: ast.Call) -> str:
    """Return the last name of what is called."""
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


def lifts_early(function: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    """Yield the sudo() of a public method that comes before any check."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    checks = [call.lineno for call in calls if called(call) in CHECKS]
    first = min(checks, default=10**9)
    for call in calls:
        if called(call) == "sudo" and call.lineno < first:
            yield call.lineno, f"{function.name} is public and uses sudo unchecked"


def stays_lifted(node: ast.Assign) -> bool:
    """Tell whether a name goes on meaning the same records, now without rules."""
    value = node.value
    return (
        isinstance(value, ast.Call)
        and called(value) == "sudo"
        and isinstance(value.func, ast.Attribute)
        and ast.unparse(value.func.value) == ast.unparse(node.targets[0])
    )


def is_built(node) -> bool:
    """Tell whether a text is put together from parts."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add)
    return isinstance(node, ast.Call) and called(node) in ("format", "join")


def unsafe_call(node: ast.Call) -> str | None:
    """Describe a call that lets markup or strangers in."""
    name = called(node)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if name == "Markup" and node.args and is_built(node.args[0]):
        return "marks a text as safe that was put together: Markup('...') % value"
    if name == "Html":
        off = [
            key
            for key, value in keywords.items()
            if (key or "").startswith("sanitize") and ast.unparse(value) == "False"
        ]
        if set(off) - {"sanitize_overridable"}:
            return f"turns off {off[0]}"
    if name == "route" and not _is_known(node):
        auth = getattr(keywords.get("auth"), "value", "user")
        if auth in OPEN_ROUTES or ast.unparse(
            keywords.get("csrf", ast.Constant(1))
        ) == ("False"):
            return "opens a route to strangers"
    return None


def _is_known(route: ast.Call) -> bool:
    """Tell whether a route is one of those that are open on purpose."""
    path = route.args[0] if route.args else None
    return isinstance(path, ast.Constant) and path.value in KNOWN_ROUTES


def python(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, what is wrong) of a module's Python file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and is_public(item):
                    yield from lifts_early(item)
        elif isinstance(node, ast.Assign) and stays_lifted(node):
            name = ast.unparse(node.targets[0])
            yield node.lineno, f"call it {name}_sudo: {name} had the user's rights"
        elif isinstance(node, ast.Call) and (what := unsafe_call(node)):
            yield node.lineno, what


def files() -> list[Path]:
    """Return the Python files of our modules, without their tests."""
    return [
        path
        for path in sorted(ADDONS.rglob("*.py"))
        if "tests" not in path.relative_to(ADDONS).parts
    ]


def check() -> list[str]:
    """Return one line per finding."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {what}"
        for path in files()
        for number, what in python(path.read_text(encoding="utf-8"))
    ]
