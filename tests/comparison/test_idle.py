"""Staying in touch: one exchange is measured, an hour is computed from it."""

from __future__ import annotations

import pytest

from wslab.comparison.idle import idle_costs
from wslab.comparison.requests import captured

pytestmark = pytest.mark.usefixtures("nothing_stays")

GET = b"GET /news HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def test_one_exchange_and_what_an_hour_of_it_is() -> None:
    plain, browser, ping = idle_costs(poll_every=2.0, ping_every=30.0)
    assert (plain.once.up, plain.once.down) == (len(GET), len(NO_CONTENT))
    assert browser.once.up > 300
    assert browser.once.down == plain.once.down
    assert (ping.once.up, ping.once.down) == (2 + 4 + 4, 2 + 4)  # §5.5.2: with the same payload
    for idle, times in ((plain, 1800), (browser, 1800), (ping, 120)):
        assert idle.once.connections == 0, "the connection was open before"
        assert idle.once.data_segments_up == 1
        assert 2 <= idle.once.segments_up + idle.once.segments_down <= 6
        assert idle.hour == pytest.approx(idle.once.wire * times)
    assert ping.hour < plain.hour / 10


def test_a_browser_that_polls_names_no_body() -> None:
    _, browser, _ = idle_costs()
    fields = captured()["fields"]
    text = sum(len(f"{name}: {value}\r\n") for name, value in fields.items())
    assert browser.once.up < text + len("GET /news HTTP/1.1\r\n\r\n")
