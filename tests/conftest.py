"""What the tests of several files share: certificates, and a look at what stays behind."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.support.visit import missing

# Newer versions of websockets take no more than 4096 fragments, unless told so before the import.
os.environ.setdefault("WEBSOCKETS_MAX_FRAGMENTS", "20000")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and the programs that
# they start would inherit that. (Only the main thread may say so.)
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

NUMBERS = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run also the tests that take long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """``slow`` tests wait for ``--thorough``, so that a user has an answer in a few minutes."""
    if config.getoption("--thorough"):
        return
    skip = pytest.mark.skip(reason="takes long: start.py test --thorough")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)


class Certificates(NamedTuple):
    """TLS contexts: a server's, a client's that trusts it, one that does not, and another name."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    stranger: ssl.SSLContext
    misnamed: ssl.SSLContext


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    try:
        import trustme
    except ImportError:
        missing("trustme is not installed")
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "::1", "localhost").configure_cert(server)
    misnamed = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(misnamed)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return Certificates(server, client, stranger, misnamed)


@pytest.fixture
def ipv6() -> str:
    """The loopback address of IPv6, where the machine has one."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")
    return "::1"


def descriptors() -> int:
    """How many file descriptors this process has open; 0 where the system does not tell."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        if os.path.isdir(folder):
            return len(os.listdir(folder))
    return 0


@pytest.fixture(autouse=True)
def _own_notes(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the notes of whoever runs the tests."""
    folder = tmp_path_factory.getbasetemp() / f"notes-{next(NUMBERS)}"
    monkeypatch.setenv("WSLAB_NOTES", str(folder))


@pytest.fixture
def nothing_stays() -> Iterator[None]:
    """After the test no thread and no descriptor is left of what it began."""
    threads, files = set(threading.enumerate()), descriptors()
    yield
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if set(threading.enumerate()) <= threads and descriptors() <= files:
            return
        time.sleep(0.01)
    assert set(threading.enumerate()) <= threads
    assert descriptors() <= files
