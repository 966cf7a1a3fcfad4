"""A client that comes back by itself, after hours that take a moment."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from wslab import HandshakeError
from wslab.experiments import reconnect as experiment
from wslab.experiments.backoff import delays
from wslab.experiments.link import FastForward
from wslab.experiments.reconnect import reconnect

pytestmark = pytest.mark.usefixtures("nothing_stays")


def failing(*errors: Exception) -> Callable[[], str]:
    """A connect() that raises each of these, and then succeeds."""
    left = list(errors)

    def connect() -> str:
        if left:
            raise left.pop(0)
        return "connected"

    return connect


def test_it_tries_until_it_succeeds_and_waits_before_each_attempt() -> None:
    connect = failing(OSError("nobody listens"), HandshakeError(503, "busy", "4.1"))
    waits = delays(base=100.0, cap=1000.0, jitter=False)
    connection, attempts = reconnect(connect, waits, FastForward())
    assert connection == "connected"
    assert [attempt.waited for attempt in attempts] == [100.0, 200.0, 400.0]
    assert [int(attempt.time) // 100 for attempt in attempts] == [1, 3, 7]
    assert attempts[0].error == "nobody listens"
    assert "busy" in attempts[1].error
    assert attempts[2].error == ""


def test_when_the_delays_end_the_last_error_stands() -> None:
    connect = failing(OSError("first"), OSError("second"), OSError("third"))
    waits = itertools.islice(delays(), 2)
    with pytest.raises(OSError, match="second"):
        reconnect(connect, waits, FastForward())


def test_a_mistake_of_the_caller_is_not_tried_again() -> None:
    with pytest.raises(ValueError, match="not a URL"):
        reconnect(failing(ValueError("not a URL")), delays(), FastForward())
    with pytest.raises(ValueError, match="empty"):
        reconnect(failing(), iter(()), FastForward())


@pytest.mark.parametrize("jitter", [True, False])
def test_an_hour_without_a_server(jitter: bool) -> None:
    found = experiment.run(outage=3600.0, jitter=jitter, seed=6455)
    assert found.answer == "I am back"
    assert 3600 <= found.back_after < 3600 + 60 + 60  # a delay, and what really took time
    *failed, last = found.attempts
    assert last.error == ""
    assert failed
    assert all(attempt.error for attempt in failed)
    assert all(attempt.waited <= 60 for attempt in found.attempts)
    # With jitter a delay is half as long on average, so there are about twice as many.
    assert 50 < len(found.attempts) < 70 or (jitter and 90 < len(found.attempts) < 200)


def test_without_an_outage_the_first_attempt_succeeds() -> None:
    """The control: the link lets through whom it should."""
    found = experiment.run(outage=0.0, seed=1)
    assert len(found.attempts) == 1
    assert "none did" in str(found)


def test_it_prints_itself() -> None:
    text = str(experiment.run(outage=600.0, seed=1))
    assert max(map(len, text.splitlines())) <= 80
    assert "connected" in text
