"""Who notices that a line is dead: nobody, unless somebody asks."""

from __future__ import annotations

import pytest

from wslab import ws_echo
from wslab.experiments import keepalive
from wslab.experiments.keepalive import half_open, half_open_server, idle_client, keep_alive
from wslab.experiments.link import FastForward

pytestmark = pytest.mark.usefixtures("nothing_stays")

PATIENCE = 2.0  # real seconds for a Pong; the machine may be busy
SLACK = 30.0  # a fast clock counts what really takes time as well


def test_a_server_that_never_asks_never_notices() -> None:
    found = half_open_server(None, pong_timeout=0.3, clock=FastForward())
    assert found.send_said == "", "send is told nothing: it returns when the system has the bytes"
    assert found.lost > 0
    assert found.waited >= 3600
    assert found.noticed_after is None
    assert found.connections == 1


def test_a_server_that_asks_notices_within_its_timeout() -> None:
    found = half_open_server(20.0, pong_timeout=PATIENCE, clock=FastForward())
    assert found.send_said == ""
    assert found.noticed_after is not None
    assert 20.0 <= found.noticed_after <= 20.0 + PATIENCE + SLACK
    assert found.connections == 0, "it can give up what it holds for that client"


def test_a_client_that_is_there_is_not_given_up() -> None:
    """The control: who asks all the time and always hears an answer, notices nothing."""
    found = half_open_server(
        100.0, hour=2000.0, pong_timeout=PATIENCE, lose=False, clock=FastForward()
    )
    assert found.noticed_after is None
    assert found.waited >= 1800
    assert (found.lost, found.connections) == (0, 1)


@pytest.mark.parametrize(("every", "alive"), [(None, False), (90.0, False), (20.0, True)], ids=str)
def test_a_router_forgets_who_is_silent_for_too_long(every: float | None, alive: bool) -> None:
    found = idle_client(
        every, idle_timeout=60.0, hour=1000.0, pong_timeout=PATIENCE, clock=FastForward()
    )
    assert found.alive is alive
    assert found.pings == {None: 0, 90.0: 1}.get(every, found.pings)
    if alive:
        assert 900 / 20 < found.pings <= 1000 / 20
        assert found.noticed_after is None
    if every == 90.0:
        assert found.noticed_after is not None
        assert 90.0 <= found.noticed_after <= 90.0 + PATIENCE + SLACK


def test_a_patient_router_forgets_nobody() -> None:
    """The control: it is the router's time-out that counts, not the silence."""
    assert idle_client(None, idle_timeout=5000.0, pong_timeout=PATIENCE, clock=FastForward()).alive
    assert idle_client(
        90.0, idle_timeout=120.0, hour=500.0, pong_timeout=PATIENCE, clock=FastForward()
    ).alive


@pytest.mark.parametrize("every", [600.0, 601.0, 3600.0, float("inf")])
def test_who_asks_too_rarely_to_ask_at_all_is_forgotten_and_does_not_notice(every: float) -> None:
    """The hour passes also when no Ping is due in it."""
    clock = FastForward()
    began = clock.now()
    found = idle_client(every, idle_timeout=60.0, hour=600.0, pong_timeout=0.3, clock=clock)
    assert (found.pings, found.noticed_after, found.alive) == (0, None, False)
    assert 600.0 <= clock.now() - began <= 600.0 + SLACK


def test_times_are_told_to_one_decimal() -> None:
    idle = idle_client(90.0, idle_timeout=60.0, hour=600.0, pong_timeout=0.5, clock=FastForward())
    half = half_open_server(20.0, pong_timeout=0.5, clock=FastForward())
    for after, earliest in (idle.noticed_after, 90.5), (half.noticed_after, 20.5):
        assert after is not None
        assert after == round(after, 1)
        assert earliest <= after <= earliest + SLACK


@pytest.mark.parametrize(
    ("every", "router"),
    [(0, 60), (-5, 60), (0.001, 60), (float("nan"), 60), ("20", 60), (20, 0), (None, -1)],
    ids=str,
)
def test_what_cannot_be_tried_is_said_at_once(every: float | None, router: float) -> None:
    said = "a Ping every 1 second or more, or None; the router forgets after 1 second or more"
    with pytest.raises(ValueError, match=said):
        idle_client(every, idle_timeout=router, clock=FastForward())


def test_a_server_that_has_left_is_noticed_too() -> None:
    clock = FastForward()
    with ws_echo.serve() as server, ws_echo.connect(server.url) as ws:
        server.close()
        watch = keep_alive(ws, every=20.0, until=clock.now() + 3600, timeout=PATIENCE, clock=clock)
    assert watch.pings == 1
    assert watch.noticed_at is not None


def test_the_whole_story() -> None:
    found = keepalive.run(hour=600.0, pong_timeout=1.0)
    assert [row.noticed_after is None for row in found.half_open] == [True, False]
    assert [row.alive for row in found.idle] == [False, False, True]
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "never" in text


@pytest.mark.parametrize("moment", ["_wait_for", "_say", "_answering"])
def test_an_interrupted_run_leaves_nothing_behind(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(half_open, moment, interrupt)
    with pytest.raises(KeyboardInterrupt):
        half_open_server(20.0, pong_timeout=0.1, clock=FastForward())
