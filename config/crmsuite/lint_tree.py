"""Our own checks of the tree: what must not be in it, sizes, arrows between modules."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from .paths import ADDONS, ROOT, addon_manifests
from .util import capture

FILE_LINES = 400
FUNCTION_LINES = 40
CODE = (".py", ".js", ".scss", ".xml", ".csv")
# Written as regular expressions, so that this file does not hold what it looks for.
FORBIDDEN = {
    r"(pypi|pythonhosted|npmjs|yarnpkg|debian|ubuntu)\.(org|com|net)\b": "host name",
    r"--(extra-)?index-url|--find[-]links|\bfile:/{3}": "package index address",
    r'"resolved":\s*"': "address of a package in a lock file",
    r"(?<![\w.>])/(work|root|home|Users|opt/[a-z]+)/[\w.]": "path of a machine",
    r"\u00a7": "reference to a document that is not here",
    r"^(<{7}|>{7}) ": "conflict marker",
    r"\b(FIX[M]E|X{3})\b": "unfinished work",
}
# A name of a host that a text may hold: what it is about, not where to fetch from.
ALLOWED = re.compile(r"https?://(www\.)?(gnu|odoo|postgresql|docker)\.(org|com)\S*")
UNSAFE_IMPORTS = {"pickle", "joblib", "marshal", "shelve", "dill", "cloudpickle"}
UNSAFE_CALLS = {"eval", "exec", "compile"}
ENV_PROBE = re.compile(r"""["'][\w.]+["']\s+(not\s+)?in\s+(self\.)?env\b""")


def files() -> list[Path]:
    """Return the files that are, or would be, committed."""
    listing = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = capture(listing, cwd=ROOT)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
        return sorted({ROOT / name for name in names if (ROOT / name).is_file()})
    skipped = {"var", ".git", "node_modules", "__pycache__"}
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not skipped & set(path.relative_to(ROOT).parts)
    )


def text_of(path: Path) -> str | None:
    """Return a file's text, None when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def forbidden(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, what) for everything that must not be in the tree."""
    for number, line in enumerate(text.splitlines(), 1):
        rest = ALLOWED.sub("", line)
        for pattern, what in FORBIDDEN.items():
            if re.search(pattern, rest):
                yield number, what


def above() -> dict[str, set[str]]:
    """Return, for each of our modules, those of ours that it does not stand on."""
    manifests = addon_manifests()

    def below(name: str) -> set[str]:
        direct = set(manifests[name].get("depends", [])) & set(manifests)
        return direct.union(*map(below, direct))

    return {name: set(manifests) - below(name) - {name} for name in manifests}


def arrows(text: str, upper: set[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a module that name a module standing on it."""
    names = re.compile(r"\b(" + "|".join(sorted(upper)) + r")\b") if upper else None
    for number, line in enumerate(text.splitlines(), 1):
        if names and (found := names.search(line)):
            yield number, f"names the upper module {found.group()}"
        if ENV_PROBE.search(line):
            yield number, "asks whether a model exists: use a hook"


def _length(node) -> int:
    """Return the lines of a function without its docstring."""
    first = node.body[0]
    lines = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def _unsafe(node) -> str | None:
    """Describe an import or call that can run data as code."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found = {name.partition(".")[0] for name in names} & UNSAFE_IMPORTS
        return f"imports {found.pop()}" if found else None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return None
    if node.func.id in UNSAFE_CALLS:
        return f"calls {node.func.id}"
    if node.func.id == "SQL" and node.args and _is_built(node.args[0]):
        return "builds SQL from strings"
    return None


def _is_built(node) -> bool:
    """Tell whether an expression puts a string together."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "format"
    )


def python(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with a Python file's size and calls."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _length(node)
            if lines > FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {lines} lines ({FUNCTION_LINES})"
        what = _unsafe(node)
        if what:
            yield node.lineno, what


def check_file(path: Path, upper: dict[str, set[str]]) -> Iterator[tuple[int, str]]:
    """Yield (line, what) for one file."""
    text = text_of(path)
    if text is None:
        return
    yield from forbidden(text)
    if path.suffix in (".py", ".js", ".scss") and text.count("\n") > FILE_LINES:
        yield 1, f"{text.count(chr(10))} lines ({FILE_LINES})"
    if path.is_relative_to(ADDONS) and path.suffix in CODE:
        yield from arrows(text, upper.get(path.relative_to(ADDONS).parts[0], set()))
    if path.suffix == ".py":
        yield from python(text)


def check() -> list[str]:
    """Return one line per finding."""
    upper = above()
    return [
        f"{path.relative_to(ROOT)}:{number}: {what}"
        for path in files()
        for number, what in check_file(path, upper)
    ]
