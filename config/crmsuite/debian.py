"""Debian packages by apt, without root and without installing anything.

apt verifies the archive's signature and each file's sum. The mirror is the one the
machine is set up with; a private configuration adds the suites that are needed.
"""

import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from .paths import VAR, cache_dir
from .util import (
    Fail,
    capture,
    key_of,
    lock,
    need_space,
    run,
    say,
    sha256_file,
    write_atomic,
)

KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
ELSE = "set ODOO_HOME to an Odoo 19 or use docker-compose.yml"


class Package(NamedTuple):
    """One line of the package list."""

    name: str
    suite: str
    version: str
    sha256: str


def parse(text: str) -> list[Package]:
    """Read the package list; `#` begins a comment line."""
    lines = [line.split() for line in text.splitlines()]
    return [Package(*line) for line in lines if line and not line[0].startswith("#")]


def _cached(packages: list[Package], index: Path) -> list[Path] | None:
    """Return the cached files, each verified, or None when one is missing."""
    sums = {package.name: package.sha256 for package in packages}
    if index.is_file():
        sums |= json.loads(index.read_text())
    paths = [index.parent / f"{sums[package.name]}.deb" for package in packages]
    good = all(path.is_file() and sha256_file(path) == path.stem for path in paths)
    return paths if good else None


def _mirror() -> str:
    """Return the address of the machine's own Debian mirror."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Fail(f"no apt here to fetch Debian's odoo-19 package: {ELSE}")
    listed = capture(["apt-get", "indextargets", "--format", "$(REPO_URI)"])
    uris = [uri for uri in listed.stdout.split() if "security" not in uri]
    for uri in sorted(uris, key=lambda uri: not uri.rstrip("/").endswith("/debian")):
        return uri
    raise Fail(f"no Debian mirror in apt's sources to fetch odoo-19 from: {ELSE}")


def _keyring() -> Path:
    for name in KEYRINGS:
        path = Path("/usr/share/keyrings") / name
        if path.is_file():
            return path
    raise Fail(f"the package debian-archive-keyring is missing: install it, or {ELSE}")


def _configure(work: Path, suites: set[str]) -> dict[str, str]:
    """Write a private apt configuration and return the environment that uses it."""
    mirror, keyring = _mirror(), _keyring()
    sources = work / "sources.list"
    lines = [f"deb [signed-by={keyring}] {mirror} {s} main\n" for s in sorted(suites)]
    sources.write_text("".join(lines))
    settings = {
        "Dir::State": work / "state",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "-",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::http::Timeout": "30",
    }
    if os.geteuid() == 0:
        settings["APT::Sandbox::User"] = "root"
    (work / "status").touch()
    for name in ("state", "lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True, exist_ok=True)
    conf = work / "apt.conf"
    conf.write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    return {**os.environ, "APT_CONFIG": str(conf), "LC_ALL": "C"}


def _download(packages: list[Package], index: Path) -> None:
    """Fetch the packages; a newer one than the pinned is taken and said so."""
    work = VAR / "apt"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        env = _configure(work, {package.suite for package in packages})
        update = ["apt-get", "update", "-q", "--error-on=any"]
        hint = f"no network to the Debian mirror, or no sid there? {ELSE}"
        run(update, "apt-get update", log="apt-update", env=env, hint=hint)
        newer = {}
        for package in packages:
            path = _fetch(package, work, env)
            digest = sha256_file(path)
            if digest != package.sha256:
                say(f"  {path.name} is not the tried {package.version}; apt vouches")
                newer[package.name] = digest
            shutil.move(path, index.parent / f"{digest}.deb")
        if newer:
            write_atomic(index, json.dumps(newer))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fetch(package: Package, work: Path, env: dict[str, str]) -> Path:
    """Download one package: the pinned version, else the suite's newest."""
    pinned = f"{package.name}={package.version}"
    newest = f"{package.name}/{package.suite}"
    folder = work / package.name
    folder.mkdir()
    if capture(["apt-get", "download", "-q", pinned], cwd=folder, env=env).returncode:
        run(
            ["apt-get", "download", "-q", newest],
            f"download of {newest}",
            log="apt-download",
            hint=f"the Debian mirror does not have it: {ELSE}",
            cwd=folder,
            env=env,
        )
    return next(folder.glob("*.deb"))


def package_files(text: str) -> list[Path]:
    """Return the .deb files of a package list, from the cache or the mirror."""
    packages = parse(text)
    folder = cache_dir() / "debs"
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / f"newer-{key_of(text)}.json"
    with lock(folder / "lock"):
        files = _cached(packages, index)
        if files is None:
            need_space(folder, 1)
            _download(packages, index)
            files = _cached(packages, index)
    if files is None:
        raise Fail("a downloaded Debian package does not have the sum it should")
    return files
