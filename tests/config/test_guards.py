"""The list of guards fits the code."""

import ast
import shutil

import pytest
from crmsuite import guards
from crmsuite.paths import ROOT


@pytest.mark.parametrize("guard", guards.read(), ids=lambda guard: guard["name"])
def test_guard_is_there(guard, tmp_path):
    """Each can be taken out, by its file or in the database, and has its tests."""
    assert ("file" in guard) != ("sql" in guard)
    assert all((ROOT / name.partition("::")[0]).is_file() for name in guard["tests"])
    if "file" in guard:
        target = tmp_path / guard["file"].removeprefix("addons/")
        target.parent.mkdir(parents=True)
        shutil.copy(ROOT / guard["file"], target)
        guards.take_out(guard, tmp_path)
        ast.parse(target.read_text(encoding="utf-8"))
