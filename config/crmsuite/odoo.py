"""Odoo 19: `ODOO_HOME` when given, else Debian's package unpacked into var/odoo."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from .debian import package_files
from .paths import CONFIG, VAR
from .util import (
    Fail,
    atomic_folder,
    has_stamp,
    key_of,
    need_space,
    put_stamp,
    run,
    step,
)

TREE = VAR / "odoo"
PACKAGES = CONFIG / "odoo-packages.txt"
SITE = Path("usr/lib/python3/dist-packages")
# Left out of the Debian build; without it every page logs an error in the browser
# console, which fails every tour. Nothing of the suite uses what it holds.
LEFT_OUT = Path("odoo/addons/mail/static/lib/selfie_segmentation")


class Odoo(NamedTuple):
    """One usable Odoo: its Python path, its addons beside it, a key of its code."""

    path: Path
    addons: list[Path]
    key: str

    @property
    def env(self) -> dict[str, str]:
        """Return the environment to run this Odoo in."""
        return {**os.environ, "PYTHONPATH": str(self.path), "PYTHONNOUSERSITE": "1"}


def series(site: Path) -> str:
    """Return the series ("19.0") of the Odoo below a folder, "" if there is none."""
    release = site / "odoo" / "release.py"
    if not release.is_file():
        return ""
    for line in release.read_text().splitlines():
        if line.startswith("version_info"):
            numbers = line.partition("(")[2].split(",")[:2]
            return ".".join(number.strip(" '\"~") for number in numbers)
    return ""


def from_home(home: Path) -> Odoo:
    """Describe an Odoo that the user has: a checkout or an unpacked package."""
    for site in (home, home / SITE, home.parent):
        found = series(site)
        if not found:
            continue
        if found != "19.0":
            raise Fail(f"ODOO_HOME={home} is Odoo {found}; 19.0 is needed")
        beside = site / "addons"
        addons = [beside] if (beside / "crm" / "__manifest__.py").is_file() else []
        stamp = (site / "odoo" / "release.py").stat().st_mtime_ns
        return Odoo(site.resolve(), addons, key_of(site.resolve(), stamp))
    raise Fail(f"ODOO_HOME={home} holds no Odoo (no odoo/release.py below it)")


def dangling_links(root: Path) -> list[Path]:
    """Return the symbolic links below a folder that lead nowhere."""
    return [
        path
        for folder, folders, files in os.walk(root)
        for name in folders + files
        if (path := Path(folder, name)).is_symlink() and not path.exists()
    ]


def _unpack(files: list[Path], key: str) -> None:
    with atomic_folder(TREE) as work:
        for deb in files:
            run(["dpkg-deb", "-x", deb, work], f"unpacking {deb.name}", log="unpack")
        lost = dangling_links(work)
        if lost:
            raise Fail(f"{len(lost)} links of Odoo lead nowhere, e.g. {lost[0]}")
        left_out = work / SITE / LEFT_OUT
        left_out.mkdir(parents=True, exist_ok=True)
        (left_out / "selfie_segmentation.js").touch()
        for part in ("etc", "usr/share/doc", "usr/share/lintian"):
            shutil.rmtree(work / part, ignore_errors=True)
        put_stamp(work, key)


def ensure() -> Odoo:
    """Return a usable Odoo, fetching and unpacking it on the first run."""
    home = os.environ.get("ODOO_HOME")
    if home:
        return from_home(Path(home).expanduser())
    key = key_of(PACKAGES.read_text(), 1)
    if not has_stamp(TREE, key):
        with step("Odoo 19 from Debian's package"):
            need_space(VAR, 2)
            _unpack(package_files(PACKAGES.read_text()), key)
    site = (TREE / SITE).resolve()
    if series(site) != "19.0":
        raise Fail(f"{site} holds no Odoo 19.0; run `make clean` and try again")
    return Odoo(site, [], key)
