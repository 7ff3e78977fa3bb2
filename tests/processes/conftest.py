"""Fixtures for tests against real server processes."""

import pytest
from crmsuite import setup

from .cluster import Cluster
from .senders import SenderServer
from .suite import OdooServer, Suite


@pytest.fixture(scope="session")
def suite():
    """Return what everything is built with."""
    return Suite(setup.ground())


@pytest.fixture
def database(suite):
    """Give the test a database of its own."""
    name = suite.clone()
    yield name
    suite.drop(name)


@pytest.fixture
def start_server(suite, request):
    """Return a function that starts a server; all are stopped after the test.

    start_server(database, env={"CRM_CRASH": "refresh_range:1"}, max_cron_threads=1)
    """
    servers = []

    def start(database: str, env=None, wait: bool = True, **options) -> OdooServer:
        name = f"{request.node.name}-{len(servers)}".replace("/", "_")
        server = OdooServer(suite.ground, database, name, env or {}, options)
        server.log.unlink(missing_ok=True)
        servers.append(server)
        return server.start(wait)

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def start_senders(suite):
    """Return a function that starts a server of senders; all end with the test."""
    servers = []

    def start(database: str, where=None) -> SenderServer:
        name = f"senders-{len(servers)}"
        servers.append(SenderServer(where or suite, database, name))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def own_cluster(suite):
    """Give the test a PostgreSQL of its own, with a copy of the template."""
    cluster = Cluster(suite)
    yield cluster
    cluster.remove()
