"""PostgreSQL's programs: the machine's own, else those of a wheel pinned by hash."""

import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import NamedTuple

from . import wheels
from .paths import CONFIG
from .util import Fail, atomic_folder, capture, has_stamp, put_stamp, say

OLDEST = 14
WHEEL_LOCK = CONFIG / "requirements" / "postgres.txt"


class Programs(NamedTuple):
    """A folder with initdb, pg_ctl and postgres, and the major version."""

    folder: Path
    major: int


def major_of(folder: Path) -> int:
    """Return the major version of the programs in a folder, 0 when there are none."""
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
        return 0
    found = re.search(r" (\d+)", capture([folder / "postgres", "--version"]).stdout)
    return int(found.group(1)) if found else 0


def _local_folders() -> list[Path]:
    folders = [*Path("/usr/lib/postgresql").glob("*/bin")]
    folders += Path("/usr").glob("pgsql-*/bin")
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return folders


def local() -> Programs | None:
    """Return the newest usable programs of this machine."""
    if os.environ.get("CRM_PG_EMBEDDED"):
        return None
    chosen = os.environ.get("CRM_PG_BIN")
    if chosen:
        major = major_of(Path(chosen))
        if major < OLDEST:
            raise Fail(f"CRM_PG_BIN={chosen}: PostgreSQL {OLDEST} or newer is needed")
        return Programs(Path(chosen), major)
    found = [(major_of(folder), folder) for folder in set(_local_folders())]
    usable = sorted(item for item in found if item[0] >= OLDEST)
    if not usable and any(major for major, _folder in found):
        say(f"  this machine's PostgreSQL is older than {OLDEST}: not used")
    return Programs(usable[-1][1], usable[-1][0]) if usable else None


def embedded(target: Path) -> Programs:
    """Unpack the wheel's programs below a folder and return them."""
    wheel = wheels.fetch(WHEEL_LOCK, "download of the embedded PostgreSQL")
    if not has_stamp(target, wheel.name):
        with atomic_folder(target) as work, zipfile.ZipFile(wheel) as archive:
            for info in archive.infolist():
                path = Path(archive.extract(info, work))
                mode = info.external_attr >> 16
                if mode and not info.is_dir():
                    path.chmod(mode | 0o444)
            put_stamp(work, wheel.name)
    for initdb in target.glob("*/pginstall*/bin/initdb"):
        return Programs(initdb.parent, major_of(initdb.parent))
    raise Fail(f"{wheel.name} holds no PostgreSQL programs for this machine")
