"""A tap is a socket that takes notes: complete ones, or it says what is missing."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

import wslab
from tests.conftest import Certificates
from wslab import tcp_echo, ws_echo
from wslab.observe.recording import EVENT_COST, Event, Recording
from wslab.observe.tap import Tap
from wslab.protocol.rfc import Role

CLIENT, SERVER = Role.CLIENT, Role.SERVER


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Tap]]:
    """A socket, and a tap around the other end, held by the server."""
    left, right = socket.socketpair()
    left.settimeout(5)
    right.settimeout(5)
    with left, Tap(right, Recording(), SERVER) as tap:
        yield left, tap


def notes(recording: Recording) -> list[tuple[Role, bytes]]:
    return [(event.sender, event.data) for event in recording]


# ------------------------------------------------------------ the tap


def test_every_way_to_receive_is_noted(pair: tuple[socket.socket, Tap]) -> None:
    peer, tap = pair
    peer.sendall(b"abcd")
    assert tap.recv(2) == b"ab"
    assert tap.recv(2, socket.MSG_WAITALL) == b"cd"
    assert notes(tap.recording) == [(CLIENT, part) for part in (b"ab", b"cd")]


def test_every_way_to_send_is_noted(pair: tuple[socket.socket, Tap]) -> None:
    peer, tap = pair
    flags = getattr(socket, "MSG_NOSIGNAL", 0)
    assert tap.send(b"ab") == 2
    assert tap.send(memoryview(b"cd"), flags) == 2
    tap.sendall(b"ef")
    tap.sendall(b"gh", flags)
    assert peer.recv(8, socket.MSG_WAITALL) == b"abcdefgh"
    assert notes(tap.recording) == [(SERVER, part) for part in (b"ab", b"cd", b"ef", b"gh")]


def test_what_the_system_did_not_take_is_not_noted(pair: tuple[socket.socket, Tap]) -> None:
    _, tap = pair
    tap.setblocking(False)
    sent = tap.send(b"x" * 2**24)
    assert 0 < sent < 2**24
    assert tap.recording.size(SERVER) == sent


def test_a_note_stays_when_the_buffer_changes(pair: tuple[socket.socket, Tap]) -> None:
    _, tap = pair
    buffer = bytearray(b"before")
    tap.sendall(buffer)
    buffer[:] = b"after!"
    assert notes(tap.recording) == [(SERVER, b"before")]


def test_nothing_sent_is_no_note(pair: tuple[socket.socket, Tap]) -> None:
    _, tap = pair
    tap.sendall(b"")
    tap.send(b"")
    tap.recv(0)
    assert notes(tap.recording) == []


def test_each_end_is_noted_once(pair: tuple[socket.socket, Tap]) -> None:
    peer, tap = pair
    tap.shutdown(socket.SHUT_RD)  # ends nothing that we send
    peer.shutdown(socket.SHUT_WR)
    assert tap.recv(10) == tap.recv(10) == b""
    tap.shutdown(socket.SHUT_WR)
    tap.close()
    assert notes(tap.recording) == [(CLIENT, b""), (SERVER, b"")]


def test_two_threads_that_finish_note_one_end_and_before_the_answer() -> None:
    """As in a client where one thread has said all, and another one reads to the end and closes."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # it is a race: let it happen here
    try:
        for _ in range(300):
            left, right = socket.socketpair()
            tap = Tap(right, Recording(), CLIENT)

            def answer(left: socket.socket = left) -> None:
                left.recv(1)
                left.close()

            def read_and_close(tap: Tap = tap) -> None:
                tap.recv(1)
                tap.close()

            threads = [threading.Thread(target=target) for target in (answer, read_and_close)]
            for thread in threads:
                thread.start()
            tap.shutdown(socket.SHUT_WR)
            for thread in threads:
                thread.join(5)
            assert notes(tap.recording) == [(CLIENT, b""), (SERVER, b"")]
    finally:
        sys.setswitchinterval(interval)


def test_close_ends_what_we_send(pair: tuple[socket.socket, Tap]) -> None:
    peer, tap = pair
    tap.close()
    assert peer.recv(1) == b""
    assert notes(tap.recording) == [(SERVER, b"")]


def test_it_is_a_socket_in_everything_else(pair: tuple[socket.socket, Tap]) -> None:
    _, tap = pair
    assert tap.fileno() == tap.tapped.fileno()
    assert tap.gettimeout() == 5
    with pytest.raises(AttributeError):
        tap.no_such_method()


@pytest.mark.parametrize(
    "name",
    [
        *("makefile", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "sendmsg", "sendto"),
        *("sendfile", "detach", "dup", "read", "write"),
    ],
)
def test_no_way_leads_past_the_recording(name: str, pair: tuple[socket.socket, Tap]) -> None:
    _, tap = pair
    with pytest.raises(AttributeError, match=rf"a tap has no {name}\(\)"):
        getattr(tap, name)
    assert not hasattr(tap, name)


def test_tls_around_a_tap_is_refused_and_explained() -> None:
    assert "wrap_socket" in (Tap.__doc__ or "")
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname(), timeout=5) as sock:
        tap = Tap(sock, Recording(), CLIENT)
        with warnings.catch_warnings():
            # Python's TLS takes the descriptor first, and drops it when it meets the tap's refusal.
            warnings.simplefilter("ignore", ResourceWarning)
            with pytest.raises(AttributeError, match="pass the recording by"):
                ssl.create_default_context().wrap_socket(
                    tap,  # type: ignore[arg-type]
                    server_hostname="localhost",
                    do_handshake_on_connect=False,
                )
        sock.detach()


def test_a_tap_over_tls_sees_plain_text(certificates: Certificates) -> None:
    mine: list[Recording] = []

    def record(address: object) -> Recording:
        mine.append(Recording())
        return mine[-1]

    theirs = Recording()
    with (
        ws_echo.serve(ssl=certificates.server, tap=record) as server,
        wslab.connect(server.url, ssl=certificates.client, tap=theirs) as ws,
    ):
        ws.send("in the clear")
        assert ws.recv() == "in the clear"
    assert theirs.stream(CLIENT).startswith(b"GET / HTTP/1.1\r\n")
    assert b"\x81\x0cin the clear" in theirs.stream(SERVER)
    assert [mine[0].stream(role) for role in Role] == [theirs.stream(role) for role in Role]


@pytest.mark.parametrize("scheme", ["tcp", "ws"])
def test_both_ends_note_the_same(scheme: str) -> None:
    mine: list[Recording] = []

    def record(address: object) -> Recording:
        mine.append(Recording())
        return mine[-1]

    theirs = Recording()
    if scheme == "tcp":
        with (
            tcp_echo.serve(tap=record) as server,
            tcp_echo.connect(server.url, tap=theirs) as client,
        ):
            assert list(tcp_echo.say(client, [b"one", b"two"])) == [b"one", b"two"]
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
    else:
        with ws_echo.serve(tap=record) as server, ws_echo.connect(server.url, tap=theirs) as ws:
            assert list(ws_echo.say(ws, ["one", b"two"])) == ["one", b"two"]
    for role in Role:
        assert mine[0].stream(role) == theirs.stream(role) != b""
        ends = [event for event in theirs if event.size == 0 and event.sender is role]
        assert len(ends) == 1
    assert [event.time for event in theirs] == sorted(event.time for event in theirs)


# ------------------------------------------------------------ the recording


def test_a_recording_in_words() -> None:
    recording = Recording(clock=lambda: 0.0)
    recording.add(CLIENT, b"Hello")
    assert repr(recording) == "<Recording: 5 bytes from the client, 0 from the server, 1 events>"
    assert list(recording) == recording.events == [Event(0.0, CLIENT, b"Hello", 5)]


def test_times_count_from_the_beginning() -> None:
    ticks = iter([100.0, 100.5, 102.0])
    recording = Recording(clock=lambda: next(ticks))
    recording.add(CLIENT, b"a")
    recording.add(SERVER, b"b")
    assert [event.time for event in recording] == [0.5, 2.0]


@pytest.mark.parametrize("size", [0, 1, 10, 100, 1000])
@pytest.mark.parametrize("max_total", [0, 1, EVENT_COST, 500, 1000, 5000])
def test_the_whole_is_bounded_and_says_what_is_missing(max_total: int, size: int) -> None:
    recording = Recording(max_total=max_total)
    for number in range(200):
        recording.add((CLIENT, SERVER)[number % 2], bytes([number]) * size)
    kept = sum(len(event.data) for event in recording)
    # One event may find room for itself and none for its bytes.
    assert kept + EVENT_COST * (len(recording) - 1) <= max_total
    assert recording.cut == 200 * size - kept
    assert recording.size(CLIENT) == recording.size(SERVER) == 100 * size
    for number, event in enumerate(recording):  # what is kept is the beginning
        assert event.size == size
        assert event.data == bytes([number]) * len(event.data)


def test_who_listens_hears_everything() -> None:
    heard: list[Event] = []
    recording = Recording(max_total=100, on_event=heard.append)
    for _ in range(5):
        recording.add(SERVER, b"whole")
    assert [event.data for event in heard] == [b"whole"] * 5
    assert len(recording) < 5
