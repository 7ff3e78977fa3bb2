"""Lock files: everything by hash, no address of a registry."""

import json
import re

import pytest
from crmsuite import debian, locks
from crmsuite.paths import CONFIG
from crmsuite.venv import BUILD_TOOLS, LOCK_FILE, lock_entries

LOCKS = sorted((CONFIG / "requirements").glob("*.txt"))


def pinned(path) -> set[str]:
    """Return the "name==version" of a lock file."""
    return set(re.findall(r"^[\w.-]+==[^\s;]+", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes(path):
    entries = lock_entries(path.read_text())
    assert entries
    for name, lines in entries.items():
        assert re.match(r"[\w.-]+==\S+", lines), name
        assert "--hash=sha256:" in lines, name
    assert "://" not in path.read_text()


def test_every_lock_file_has_its_source():
    assert {path.stem for path in LOCKS} == set(locks.FILES)


def test_what_is_shipped_is_what_is_tested():
    assert pinned(CONFIG / "requirements" / "server.txt") <= pinned(LOCK_FILE)


def test_the_tools_that_build_are_pinned():
    assert set(BUILD_TOOLS) <= set(lock_entries(LOCK_FILE.read_text()))


def test_node_packages_are_pinned_by_hash():
    lock = json.loads((CONFIG / "node" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name


def test_debian_packages_are_pinned_by_sum():
    packages = debian.parse((CONFIG / "odoo-packages.txt").read_text())
    assert packages[0].name == "odoo-19"
    assert all(re.fullmatch("[0-9a-f]{64}", package.sha256) for package in packages)
