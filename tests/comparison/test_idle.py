"""Staying in touch: one exchange is measured, an hour is computed from it."""

from __future__ import annotations

import pytest

from tests.support.visit import missing
from wslab.comparison.idle import idle_costs
from wslab.comparison.requests import captured

pytestmark = pytest.mark.usefixtures("nothing_stays")

GET = b"GET /news HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def test_one_exchange_and_what_an_hour_of_it_is() -> None:
    costs = {idle.name: idle for idle in idle_costs(poll_every=2.0, ping_every=30.0)}
    plain, browser = costs["HTTP polling"], costs["HTTP polling, browser"]
    held, events = costs["long polling, browser"], costs["server-sent events"]
    ping = costs["WebSocket ping, pong"]
    assert (plain.once.up, plain.once.down) == (len(GET), len(NO_CONTENT))
    assert browser.once.up > 300
    assert browser.once.down == plain.once.down
    assert (held.once.up, held.once.down) == (browser.once.up, browser.once.down)
    assert (events.once.up, events.once.down) == (0, len(b":\n\n"))
    assert (ping.once.up, ping.once.down) == (2 + 4 + 4, 2 + 4)  # §5.5.2: with the same payload
    for idle in costs.values():
        times = 1800 if "HTTP" in idle.name else 120
        assert idle.once.connections == 0, "the connection was open before"
        assert idle.once.data_segments_up == (idle is not events)
        assert 1 <= idle.once.segments_up + idle.once.segments_down <= 6
        assert idle.hour == pytest.approx(idle.once.wire * times)
    assert ping.hour < plain.hour / 10


def test_a_poll_over_http_2_repeats_no_field() -> None:
    costs = {idle.name: idle.once for idle in idle_costs()}
    if "HTTP/2 polling, browser" not in costs:
        missing("h2 is not installed")
    packed = costs["HTTP/2 polling, browser"]
    assert packed.up < costs["HTTP polling, browser"].up / 10
    assert packed.up + packed.down > costs["WebSocket ping, pong"].up


def test_a_browser_that_polls_names_no_body() -> None:
    browser = next(idle for idle in idle_costs() if idle.name == "HTTP polling, browser")
    fields = captured()["fields"]
    text = sum(len(f"{name}: {value}\r\n") for name, value in fields.items())
    assert browser.once.up < text + len("GET /news HTTP/1.1\r\n\r\n")
