"""Fixtures of the end-to-end tests: one real server per file, on a free port and an own folder."""

import sys

import pytest

sys.dont_write_bytecode = True
pytest.register_assert_rewrite("support")

from support import Server  # noqa: E402  (after the rewrite hook, so that its asserts explain)


@pytest.fixture(scope="module")
def server(request):
    """A server as long-lived as the file; `SERVER_ARGS` of the file are its further arguments."""
    with Server(*getattr(request.module, "SERVER_ARGS", ())) as running:
        yield running
        print(running.log_tail())  # pytest shows it beside a failure only


@pytest.fixture
def make_server():
    """Servers with arguments of the test's own, all ended and removed after it."""
    made = []

    def make(*args, **options):
        made.append(Server(*args, **options))
        return made[-1].start()

    yield make
    for one in made:
        print(one.log_tail())
        one.close()


@pytest.fixture
def http(server):
    """A keep-alive client of the file's server, fresh for each test."""
    with server.client() as client:
        yield client
