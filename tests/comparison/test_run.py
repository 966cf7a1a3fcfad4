"""Every way carries every message, ends completely, and costs what its bytes say."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest

import wslab
from tests.support.shell import environment
from tests.support.visit import missing
from wslab import tcp_echo
from wslab.comparison.result import Row, Skipped
from wslab.comparison.run import compare, measure
from wslab.comparison.ways import Missing, Way, all_ways
from wslab.comparison.workload import Answers, Workload
from wslab.errors import Error
from wslab.observe.traffic import Meter, Traffic

pytestmark = pytest.mark.usefixtures("nothing_stays")

NAMES = [way.name for way in all_ways()]


def way_of(name: str) -> Way:
    way = next(way for way in all_ways() if way.name == name)
    if isinstance(way, Missing):
        missing(way.reason)
    return way


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1, 16, 65536])
def test_every_message_comes_back(name: str, size: int) -> None:
    row = measure(way_of(name), Workload(3, size))
    assert len(row.latencies) == 3
    assert row.up >= size
    assert row.down >= size
    assert 0 < row.percentile(50) <= row.percentile(99)
    assert 0 < min(row.latencies) <= row.first_answer
    assert row.cpu >= 0


# What each further message of 16 bytes adds, up and down: the text of the requests, counted here.
POST = len(b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:12345\r\nContent-Length: 16\r\n\r\n")
SAY = len(b"POST /say HTTP/1.1\r\nHost: 127.0.0.1:12345\r\nContent-Length: 16\r\n\r\n")
GET = len(b"GET /next HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n")
OK = len(b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n")
NO_CONTENT = len(b"HTTP/1.1 204 No Content\r\n\r\n")
CLOSE = len(b"Connection: close\r\n")

EACH = {
    "TCP": (16, 16),
    "TCP + 4-byte length": (20, 20),
    "WebSocket": (2 + 4 + 16, 2 + 16),  # §5.2: only a client masks
    "HTTP kept alive": (POST + 16, OK + 16),
    "HTTP new each time": (POST + CLOSE + 16, OK + 16),
    "HTTP long polling": (GET + SAY + 16, NO_CONTENT + OK + 16),
    "server-sent events": (SAY + 16, NO_CONTENT + len(b"data: \n\n") + 16),
}


@pytest.mark.parametrize("name", EACH)
def test_each_further_message_costs_what_its_bytes_say(name: str) -> None:
    few, many = (measure(way_of(name), Workload(n, 16)).traffic for n in (2, 12))
    added = many - few
    assert (added.up / 10, added.down / 10) == EACH[name]
    assert added.connections == (10 if "new" in name else 0)


TRIPS = {
    "TCP": (2, 1),
    "TCP + 4-byte length": (2, 1),
    "WebSocket": (3, 1),
    "WebSocket over TLS": (4, 1),  # with TLS 1.3
    "HTTP kept alive": (2, 1),
    "HTTP kept alive, browser": (2, 1),
    "HTTP new each time": (2, 2),
    "HTTP new each, browser": (2, 2),
    "HTTP/2": (2, 1),
    "HTTP/2, browser": (2, 1),
    "HTTP long polling": (2, 1),
    "server-sent events": (3, 1),
}


@pytest.mark.parametrize("name", NAMES)
def test_round_trips(name: str) -> None:
    row = measure(way_of(name), Workload(5, 16))
    first, each = TRIPS[name]
    assert (row.trips_to_first, row.trips) == (first, first + 4 * each)
    assert row.modelled_first(0.05) == pytest.approx(first * 0.05)
    assert row.modelled_all(0.05) == pytest.approx((first + 4 * each) * 0.05)


def test_a_browser_sends_much_more_than_it_must() -> None:
    least, browser = (
        measure(way_of(name), Workload(5, 16))
        for name in ("HTTP kept alive", "HTTP kept alive, browser")
    )
    assert browser.up > 4 * least.up
    assert browser.down == least.down


def test_http_2_sends_a_field_again_as_a_number() -> None:
    names = ("WebSocket", "HTTP/2", "HTTP/2, browser", "HTTP kept alive, browser")
    each = []
    for name in names:
        few, many = (measure(way_of(name), Workload(n, 16)).traffic for n in (2, 12))
        each.append((many - few).up / 10)
    websocket, least, browser, repeated = each
    assert websocket < least <= browser < least + 20, "a browser's fields are in the table"
    assert browser < repeated / 5
    assert browser > 2 * 9 + 16  # RFC 9113 §4.1: two frames of at least 9 bytes, and the message


def test_tls_hides_the_text_and_adds_to_each_message() -> None:
    plain, secret = (
        measure(way_of(name), Workload(20, 16)) for name in ("WebSocket", "WebSocket over TLS")
    )
    assert secret.up >= plain.up + 17  # RFC 8446 §5.2: 5 bytes of head, 1 of type, 16 of tag
    assert secret.down >= plain.down + 17


@pytest.mark.parametrize("name", NAMES)
def test_an_interruption_leaves_nothing_behind(name: str) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(way_of(name), Workload(3, 16, pace=0.5), sleep=interrupt)


def test_the_pace_is_kept_with_any_clock() -> None:
    now, slept = itertools.count(), []
    row = measure(
        way_of("TCP"), Workload(3, 16, pace=10.0), clock=lambda: float(next(now)),
        sleep=slept.append, cpu=lambda: 0.0,
    )  # fmt: skip
    assert len(slept) == 2
    assert all(0 < seconds < 10 for seconds in slept)
    assert set(row.latencies) == {1.0}
    assert row.cpu == 0


def test_a_wrong_echo_is_no_result() -> None:
    def liar(meter: Meter, messages: Iterable[bytes]) -> Answers:
        with meter.open() as sock:
            for echo in tcp_echo.say(sock, messages):
                yield echo[::-1]  # 0000 looks right

    with pytest.raises(ValueError, match="lies: b'0001' came back"):
        measure(Way("lies", tcp_echo.serve, liar), Workload(2, 4))


def test_an_answer_too_few_is_no_result() -> None:
    def lazy(meter: Meter, messages: Iterable[bytes]) -> Answers:
        with meter.open() as sock:
            yield from itertools.islice(tcp_echo.say(sock, messages), 1)

    with pytest.raises(ValueError, match="shorter"):
        measure(Way("lazy", tcp_echo.serve, lazy), Workload(2, 4))


# ---------------------------------------------------------------- all together


def test_the_comparison_has_every_way() -> None:
    result = wslab.compare(5, 16, rtt=0.05)
    assert [row.name for row in result.rows] == NAMES
    assert result["TCP"].up == 16
    assert result.rtt == 0.05
    assert len(result.idle) >= 5
    assert len(result.small_writes) == 3
    assert str(result) == repr(result)
    with pytest.raises(KeyError):
        result["UDP"]


def test_a_few_ways_and_nothing_else() -> None:
    result = compare(2, 5, ways=["WebSocket", "TCP"], extras=False)
    assert [row.name for row in result.rows] == ["WebSocket", "TCP"]
    assert result.idle == result.small_writes == ()
    assert "kB/h" not in str(result)
    with pytest.raises(Error, match="there is no way 'UDP'; there are: TCP, TCP"):
        compare(ways=["TCP", "UDP"])


def test_without_trustme_a_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    skipped = compare(1, 1, extras=False).rows[3]
    assert isinstance(skipped, Skipped)
    assert skipped.reason.startswith("trustme is not installed; `python3 start.py` installs it")


@pytest.mark.parametrize(
    "wrong",
    [{"messages": 0}, {"size": -1}, {"rtt": -0.1}, {"rtt": 61}, {"rtt": "50"}, {"poll_every": 0},
     {"ping_every": -1}, {"pace": -1}],
)  # fmt: skip
def test_nonsense_is_refused_before_anything_runs(
    wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wslab.comparison.run.all_ways", lambda: pytest.fail("it began"))
    with pytest.raises(Error, match=next(iter(wrong))):
        compare(**wrong)


def test_percentiles_are_nearest_ranks() -> None:
    nothing = Traffic(0, 0, 0, 0, 0, 0, False, False)
    latencies = tuple(float(n) for n in reversed(range(1, 101)))
    row = Row("?", 100, nothing, 1, 1, 0.0, latencies, 0.0)
    assert [row.percentile(p) for p in (50, 95, 99, 100, 0.1)] == [50, 95, 99, 100, 1]


def test_the_comparison_is_loaded_only_when_it_is_used() -> None:
    program = (
        "import sys, wslab; before = 'wslab.comparison' in sys.modules; "
        "print(before, 'compare' in wslab.__all__, wslab.compare.__module__)"
    )
    command = [sys.executable, "-c", program]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=True, env=environment()
    )
    assert told.stdout.split() == ["False", "True", "wslab.comparison.run"]
    with pytest.raises(AttributeError, match="has no attribute 'comparison_of_everything'"):
        _ = wslab.comparison_of_everything  # type: ignore[attr-defined]
