"""400 bad peers at once: an honest client must not notice them, and all of them must go.

200 stop in the middle of their opening handshake and keep the connection; 200 more send a byte now
and then, so that they never fall silent. They live in a process of their own (crowd.py), so
that the times measured here are those of the server and of the honest client.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import wslab
from tests.conftest import descriptors
from tests.support.peers import alone
from tests.support.visit import missing

SIZE = 200
STAY = 4.0  # seconds that the server has patience with a handshake, and with a message
PROMPT = 0.1  # seconds in which an honest client wants its answer

pytestmark = [
    pytest.mark.usefixtures("nothing_stays"),
    pytest.mark.xdist_group("timing"),
    pytest.mark.timeout(60),
]


@pytest.fixture(autouse=True)
def enough_descriptors() -> None:
    """Some systems allow 256 open files only, unless they are asked."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            missing(f"this machine allows {hard} open files, and the crowd needs {wanted}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def test_honest_client_does_not_notice_the_crowd(
    record_property: Callable[[str, object], None],
) -> None:
    with (
        wslab.ws_echo.serve(
            handshake_timeout=STAY, message_timeout=STAY, close_timeout=1.0
        ) as server,
        wslab.connect(server.url) as honest,
    ):
        welcome(server.url)  # from now on as many threads wait for a peer as ever will
        alone(server, but=1)
        before = threading.active_count(), descriptors()
        waits, newcomers, most = [], [], 0
        with crowd(server.address[1]) as process:
            # From the moment when the first one comes until the server has thrown out the last.
            while process.poll() is None:
                waits.append(seconds(lambda: say_hello(honest)))
                if len(waits) % 20 == 0:
                    newcomers.append(seconds(lambda: welcome(server.url)))
                most = max(most, server.connections)
                time.sleep(0.005)
            assert process.stdout is not None
            there, endings = process.stdout.read().splitlines()
        alone(server, but=1)
        deadline = time.monotonic() + 5
        while (threading.active_count(), descriptors()) != before:
            assert time.monotonic() < deadline, (threading.active_count(), descriptors(), before)
            time.sleep(0.01)

    waits.sort()
    percentile95 = waits[len(waits) * 95 // 100]
    times = {"echoes": len(waits), "median": statistics.median(waits), "longest": waits[-1]}
    times |= {"95th percentile": percentile95, "newcomer": statistics.median(newcomers)}
    for name, value in times.items():
        record_property(name, value)
    assert there == "all here"
    assert most >= 2 * SIZE + 1, "they were never there all at once"
    assert json.loads(endings) == {"408": SIZE + SIZE // 2, "1008": SIZE // 2}
    # Not the longest wait: a busy machine may stop us for a moment, with or without a crowd.
    assert percentile95 < PROMPT, times
    assert times["newcomer"] < PROMPT, times


def crowd(port: int) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("support") / "crowd.py"
    program = [sys.executable, str(script), str(port), str(SIZE)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, encoding="utf-8")


def say_hello(ws: wslab.WebSocket) -> None:
    ws.send("Hello")
    assert ws.recv(10) == "Hello"


def welcome(url: str) -> None:
    with wslab.connect(url) as ws:
        say_hello(ws)


def seconds(what: Callable[[], None]) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start
