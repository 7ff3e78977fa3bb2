"""What a machine lacks is said in one line, and nothing half done stays."""

import errno
import importlib.util
import os
import socket
from types import SimpleNamespace

import pytest
from crmsuite import (
    checks,
    cli,
    debian,
    nodejs,
    odoo,
    pgbin,
    ports,
    postgres,
    util,
    venv,
)
from crmsuite.paths import CONFIG
from crmsuite.util import Fail


def one_line(error) -> str:
    """Return an error's text, which must be one line."""
    text = str(error.value)
    assert text and "\n" not in text
    return text


# ---- Python ----------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_a_wrong_python_is_one_line(monkeypatch, version):
    spec = importlib.util.spec_from_file_location("crm_entry", CONFIG / "crm.py")
    entry = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(entry)
    monkeypatch.setattr(entry.sys, "version_info", version)
    monkeypatch.setenv("CRM_PYTHON_STRICT", "1")
    with pytest.raises(SystemExit) as error:
        entry.main()
    text = one_line(error)
    assert "3.11" in text
    assert ".".join(map(str, version)) in text


# ---- disk and steps --------------------------------------------------------------


def test_a_broken_step_leaves_nothing(tmp_path):
    target = tmp_path / "target"
    with pytest.raises(RuntimeError), util.atomic_folder(target) as work:
        (work / "half").touch()
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_a_finished_step_replaces_the_old_one(tmp_path):
    target = tmp_path / "target"
    for name in ("one", "two"):
        with util.atomic_folder(target) as work:
            (work / name).touch()
            util.put_stamp(work, name)
    assert sorted(p.name for p in target.iterdir()) == [".crm-stamp", "two"]
    assert util.has_stamp(target, "two")
    assert not util.has_stamp(target, "one")
    assert [p.name for p in tmp_path.iterdir()] == ["target"]


def test_too_little_space_is_refused_before_the_work(tmp_path, monkeypatch):
    usage = SimpleNamespace(free=100 * 2**20)
    monkeypatch.setattr(util.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(Fail) as error:
        util.need_space(tmp_path / "new", 2)
    assert "2 GiB" in one_line(error)


def test_a_disk_that_fills_up_under_a_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(util, "LOGS", tmp_path)
    text = os.strerror(errno.ENOSPC)
    with pytest.raises(Fail) as error:
        util.run(["sh", "-c", f"echo '{text}'; exit 1"], "unpacking")
    assert one_line(error) == "unpacking: the disk is full"


def test_a_disk_that_fills_up_under_us_is_one_line(monkeypatch, capsys):
    def full(args):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setenv("CRM_STAGE", str(cli.ROOT))
    monkeypatch.setattr(cli, "dispatch", full)
    assert cli.main(["lint"]) == 1
    assert capsys.readouterr().err == "error: the disk is full\n"


def test_a_failing_program_tells_its_last_line_and_log(tmp_path, monkeypatch):
    monkeypatch.setattr(util, "LOGS", tmp_path)
    with pytest.raises(Fail) as error:
        util.run(["sh", "-c", "echo first; echo last; exit 3"], "the work")
    assert "last" in one_line(error)
    assert str(tmp_path) in one_line(error)


def test_a_folder_that_settings_cannot_quote_is_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(cli, "ROOT", tmp_path / "one, two")
    assert cli.main(["help"]) == 1
    assert capsys.readouterr().err.startswith("error: move the checkout")


def test_a_lock_may_be_taken_again_inside(tmp_path):
    with util.lock(tmp_path / "lock"), util.lock(tmp_path / "lock"):
        pass
    assert not util._held


def test_a_file_of_somebody_else_is_one_line(monkeypatch, capsys):
    def closed(args):
        raise PermissionError(errno.EACCES, "Permission denied", "var")

    monkeypatch.setenv("CRM_STAGE", str(cli.ROOT))
    monkeypatch.setattr(cli, "dispatch", closed)
    assert cli.main(["lint"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setenv("CRM_STAGE", str(cli.ROOT))
    monkeypatch.setattr(cli, "dispatch", interrupted)
    assert cli.main(["lint"]) == 130
    assert "again" in capsys.readouterr().err


# ---- packages --------------------------------------------------------------------


def test_cached_wheels_are_verified(tmp_path):
    wheel = tmp_path / "x-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    assert not venv._wheels_good(tmp_path)
    sums = f"{util.sha256_file(wheel)}  {wheel.name}\n"
    (tmp_path / "SHA256SUMS").write_text(sums)
    assert venv._wheels_good(tmp_path)
    wheel.write_bytes(b"changed")
    assert not venv._wheels_good(tmp_path)


def test_cached_debian_packages_are_verified(tmp_path):
    deb = tmp_path / "new.deb"
    deb.write_bytes(b"package")
    digest = util.sha256_file(deb)
    deb.rename(tmp_path / f"{digest}.deb")
    packages = [debian.Package("x", "sid", "1", digest)]
    index = tmp_path / "newer.json"
    assert debian._cached(packages, index) == [tmp_path / f"{digest}.deb"]
    (tmp_path / f"{digest}.deb").write_bytes(b"changed")
    assert debian._cached(packages, index) is None


def test_no_apt_is_one_line(monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(Fail) as error:
        debian._mirror()
    assert "ODOO_HOME" in one_line(error)


def test_apt_without_a_mirror_is_one_line(monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda name: name)
    nothing = SimpleNamespace(stdout="", returncode=0)
    monkeypatch.setattr(debian, "capture", lambda cmd: nothing)
    with pytest.raises(Fail) as error:
        debian._mirror()
    assert "ODOO_HOME" in one_line(error)


def test_a_debian_mirror_is_preferred(monkeypatch):
    uris = "http://a/security/debian http://b/other http://c/debian/"
    monkeypatch.setattr(debian.shutil, "which", lambda name: name)
    listed = SimpleNamespace(stdout=uris, returncode=0)
    monkeypatch.setattr(debian, "capture", lambda cmd: listed)
    assert debian._mirror() == "http://c/debian/"


def test_without_node_linting_is_skipped_loudly_but_not_in_ci(monkeypatch, capsys):
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)
    monkeypatch.delenv("CRM_CI", raising=False)
    assert nodejs.lint(fix=False)
    assert "SKIPPED" in capsys.readouterr().err
    monkeypatch.setenv("CRM_CI", "1")
    with pytest.raises(Fail):
        nodejs.lint(fix=False)


# ---- Odoo ------------------------------------------------------------------------


def make_odoo(folder, version="19, 0"):
    """Write as much of an Odoo as is looked at."""
    (folder / "odoo").mkdir(parents=True)
    release = f"version_info = ({version}, 0, FINAL, 0, '')\n"
    (folder / "odoo" / "release.py").write_text(release)


def test_odoo_home_may_be_a_checkout(tmp_path):
    make_odoo(tmp_path)
    (tmp_path / "addons" / "crm").mkdir(parents=True)
    (tmp_path / "addons" / "crm" / "__manifest__.py").touch()
    found = odoo.from_home(tmp_path)
    assert found.path == tmp_path.resolve()
    assert found.addons == [tmp_path / "addons"]


def test_odoo_home_may_be_an_unpacked_package(tmp_path):
    make_odoo(tmp_path / odoo.SITE)
    assert odoo.from_home(tmp_path).path == (tmp_path / odoo.SITE).resolve()


def test_another_odoo_is_refused(tmp_path):
    make_odoo(tmp_path, "18, 0")
    with pytest.raises(Fail) as error:
        odoo.from_home(tmp_path)
    assert "18.0" in one_line(error)


def test_no_odoo_is_refused(tmp_path):
    with pytest.raises(Fail) as error:
        odoo.from_home(tmp_path / "nowhere")
    assert "no Odoo" in one_line(error)


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "good").symlink_to("file")
    (tmp_path / "bad").symlink_to("missing")
    assert odoo.dangling_links(tmp_path) == [tmp_path / "bad"]


# ---- ports -----------------------------------------------------------------------


@pytest.fixture
def own_ports(tmp_path, monkeypatch):
    """Remember ports in a file of the test's own."""
    monkeypatch.setattr(ports, "FILE", tmp_path / "ports.json")
    for name in ports.FIRST:
        monkeypatch.delenv(f"CRM_{name.upper()}_PORT", raising=False)


@pytest.fixture
def taken():
    """Yield a port somebody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_is_remembered(own_ports):
    assert ports.pick("http") == ports.pick("http") == ports.remembered()["http"]


def test_purposes_get_different_ports(own_ports, monkeypatch):
    monkeypatch.setattr(ports, "FIRST", {"http": 20000, "gevent": 20000})
    assert ports.pick("http") != ports.pick("gevent")


def test_a_remembered_port_that_is_taken_is_replaced(own_ports, taken, capsys):
    ports._remember("http", taken)
    assert ports.pick("http") != taken
    assert "taken" in capsys.readouterr().out


def test_an_asked_for_port_that_is_taken_is_refused(own_ports, taken, monkeypatch):
    monkeypatch.setenv("CRM_HTTP_PORT", str(taken))
    with pytest.raises(Fail) as error:
        ports.pick("http")
    assert str(taken) in one_line(error)


# ---- PostgreSQL ------------------------------------------------------------------


def programs(folder, version):
    """Write programs that say they are some PostgreSQL."""
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        path = folder / name
        path.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        path.chmod(0o755)
    return folder


def test_the_newest_local_postgresql_is_taken(tmp_path, monkeypatch):
    monkeypatch.delenv("CRM_PG_BIN", raising=False)
    found = [programs(tmp_path / v, v) for v in ("13.9", "15.2", "16.1")]
    monkeypatch.setattr(pgbin, "_local_folders", lambda: found)
    assert pgbin.local() == (tmp_path / "16.1", 16)


def test_an_old_local_postgresql_is_not_used(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CRM_PG_BIN", raising=False)
    found = [programs(tmp_path / "12.1", "12.1")]
    monkeypatch.setattr(pgbin, "_local_folders", lambda: found)
    assert pgbin.local() is None
    assert "older than 14" in capsys.readouterr().out


def test_an_old_chosen_postgresql_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_PG_BIN", str(programs(tmp_path / "13", "13.4")))
    with pytest.raises(Fail) as error:
        pgbin.local()
    assert "14 or newer" in one_line(error)


@pytest.mark.parametrize(
    "uri",
    ["", "localhost", "mysql://a:b@c", "postgresql://h/x", "postgresql://postgres:x@h"],
)
def test_a_wrong_uri_is_refused(uri):
    with pytest.raises(Fail) as error:
        postgres.from_uri(uri)
    assert "CRM_PG_URI" in one_line(error)


def test_a_uri_is_read():
    server = postgres.from_uri("postgresql://me:p%40ss@db.example:6543")
    assert server[:4] == ("db.example", 6543, "me", "p@ss")


class FakeConnection:
    """As much of a connection as the check of a server looks at."""

    def __init__(self, version, may_create=True):
        self.server_version, self.may_create = version, may_create

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return None

    def cursor(self):
        return self

    def execute(self, query):
        self.query = query

    def fetchone(self):
        return [self.may_create]

    def close(self):
        pass


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        (FakeConnection(130009), "13 is too old"),
        (FakeConnection(150002, may_create=False), "may not create databases"),
    ],
)
def test_an_unfit_server_is_refused(connection, said, monkeypatch):
    import psycopg2

    monkeypatch.setattr(psycopg2, "connect", lambda **kwargs: connection)
    with pytest.raises(Fail) as error:
        postgres.check(postgres.from_uri("postgresql://me:x@h"))
    assert said in one_line(error)


def test_a_server_that_is_away_is_refused():
    uri = f"postgresql://me:x@127.0.0.1:{ports.any_free()}"
    with pytest.raises(Fail) as error:
        postgres.check(postgres.from_uri(uri))
    assert "cannot be reached" in one_line(error)
