"""A reader that does not read: sent is not received, memory stays bounded, and there is an end."""

from __future__ import annotations

import socket
import threading

import pytest

from wslab.experiments import backpressure as experiment
from wslab.experiments.backpressure import (
    buffers,
    deaf,
    fill,
    raw_echo_to_the_deaf,
    websocket_echo_to_the_deaf,
)
from wslab.websocket import WebSocket

pytestmark = pytest.mark.usefixtures("nothing_stays")

MIB = 2**20


def test_sent_is_not_received() -> None:
    taken = fill(None, patience=0.3)
    assert taken.sent > 0
    assert taken.received == 0
    assert taken.after_reading > 0, "when somebody reads, there is room again"
    assert taken.lost == taken.after_reading
    assert "Reset" in taken.farewell or "Aborted" in taken.farewell


def test_how_much_is_taken_depends_on_the_buffers() -> None:
    small, large = fill(2**13, patience=0.3), fill(2**18, patience=0.3)
    assert 0 < small.sent < large.sent
    assert small.send_buffer < large.send_buffer
    assert small.receive_buffer < large.receive_buffer


def test_who_is_read_is_never_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with a reader that reads there is always room."""
    monkeypatch.setattr(buffers, "SYSTEM_LIMIT", 2**26)
    left, right = socket.socketpair()
    with left, right:

        def read() -> None:
            while right.recv(2**18):
                pass

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        left.setblocking(False)
        with pytest.raises(AssertionError, match="always room"):
            buffers.send_until_stuck(left, patience=5.0)
        left.close()
        reader.join(10)


@pytest.mark.parametrize(
    "flood", [raw_echo_to_the_deaf, websocket_echo_to_the_deaf], ids=["raw TCP", "WebSocket"]
)
def test_our_servers_stay_small_and_give_up(flood: type[object]) -> None:
    found: experiment.Deaf = flood(0.3)  # type: ignore[call-arg, assignment]
    assert found.sent > MIB, "it takes some, for there are buffers"
    assert found.memory < 2 * MIB, "and none of it piles up in the program"
    assert found.memory < found.sent
    assert found.connections == 0
    assert ("does not read" in found.error) or ("no room to send for 0.3 s" in found.error)


def test_a_server_that_keeps_all_for_later_grows_and_grows() -> None:
    """The control: what a server looks like that answers from a list of its own."""

    def hoard(ws: WebSocket) -> None:
        answers = list(ws)
        for answer in answers:
            ws.send(answer)

    found = websocket_echo_to_the_deaf(0.3, echo=hoard, limit=16 * MIB)
    assert found.sent == 16 * MIB
    assert found.memory > 8 * MIB
    assert found.error == ""


def test_a_reader_that_reads_is_not_given_up() -> None:
    """The control: the deadline is for who does not read."""

    def swallow(sock: socket.socket) -> None:
        while sock.recv(2**16):
            pass

    found = raw_echo_to_the_deaf(0.3, echo=swallow, limit=64 * MIB)
    assert (found.sent, found.error, found.connections) == (64 * MIB, "", 1)
    assert found.memory < 2 * MIB


def test_the_whole_story_twice() -> None:
    for _ in range(2):
        found = experiment.run(send_timeout=0.2)
        assert found.small.sent < found.automatic.sent
        assert [server.name for server in found.servers] == ["raw TCP", "WebSocket"]
        text = str(found)
        assert max(map(len, text.splitlines())) <= 80
        assert "the peer does not read" in text


def test_an_interrupted_run_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(deaf, "_flood", interrupt)
    with pytest.raises(KeyboardInterrupt):
        experiment.run(patience=0.05)
