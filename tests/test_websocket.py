"""One end of a WebSocket over a real socket: time-outs, closing, pings, and several threads."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import wslab
from tests.conftest import Certificates
from tests.support.peers import reset
from wslab import net, websocket, ws_echo
from wslab.protocol.connection import Connection
from wslab.protocol.errors import ConnectionClosed, ProtocolError
from wslab.protocol.events import Closed, Event, Pinged
from wslab.protocol.frames import encode_frame
from wslab.protocol.rfc import Opcode, Role
from wslab.websocket import WebSocket

pytestmark = pytest.mark.usefixtures("nothing_stays")

PONG, PING, TEXT, CLOSE = Opcode.PONG, Opcode.PING, Opcode.TEXT, Opcode.CLOSE


class Other:
    """The other end as a plain socket: it says what it is told to, by the rules or not."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def send(self, opcode: Opcode, payload: bytes = b"", fin: bool = True) -> None:
        self.sock.sendall(encode_frame(opcode, payload, fin=fin))

    def read(self) -> list[Event]:
        """What our client has said, once something has come."""
        return Connection(Role.SERVER, opened=True).receive(self.sock.recv(65536))

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        self.send(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason.encode())


Pair = tuple[WebSocket, Other]


@contextlib.contextmanager
def opened(**options: Any) -> Iterator[Pair]:
    """A client behind its handshake, and the server's end of the socket."""
    with net.listen("127.0.0.1", 0) as listener:
        sock = net.connect(*listener.getsockname())
        there, _ = listener.accept()
    there.settimeout(5)
    options = {"close_timeout": 0.2} | options
    ws = WebSocket(sock, Connection(Role.CLIENT, opened=True), **options)
    with there:
        yield ws, Other(there)
        ws.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    with opened() as pair:
        yield pair


class Background:
    """A call in a thread of its own, and what came of it."""

    def __init__(self, call: Callable[..., Any], *args: Any) -> None:
        self.result: Any = None
        self.error: BaseException | None = None

        def run() -> None:
            try:
                self.result = call(*args)
            except BaseException as error:
                self.error = error

        self.thread = threading.Thread(target=run)
        self.thread.start()
        time.sleep(0.03)  # it shall be waiting when we go on

    def wait(self) -> Any:
        self.thread.join(5)
        assert not self.thread.is_alive(), "still waiting"
        if self.error is not None:
            raise self.error
        return self.result


# ------------------------------------------------------------ recv


def test_a_timeout_loses_nothing(pair: Pair) -> None:
    ws, other = pair
    frame = encode_frame(TEXT, b"Hello")
    for byte in range(len(frame)):
        with pytest.raises(TimeoutError, match="no message in time"):
            ws.recv(timeout=0.01)
        other.sock.sendall(frame[byte : byte + 1])
    assert ws.recv(timeout=5) == "Hello"


def test_a_timeout_of_zero_looks_whether_something_is_there(pair: Pair) -> None:
    ws, other = pair
    with pytest.raises(TimeoutError):
        ws.recv(timeout=0)
    other.send(TEXT, b"here")
    assert net.readable(ws._sock, 5)
    assert ws.recv(timeout=0) == "here"


def test_messages_that_came_together_come_one_by_one(pair: Pair) -> None:
    ws, other = pair
    other.sock.sendall(encode_frame(TEXT, b"a") + encode_frame(TEXT, b"b"))
    other.close(None)
    assert [ws.recv(), ws.recv()] == ["a", "b"]
    with pytest.raises(ConnectionClosed):
        ws.recv()


def test_a_large_message_after_a_short_timeout_is_sent_whole(pair: Pair) -> None:
    ws, other = pair
    with pytest.raises(TimeoutError):
        ws.recv(timeout=0.001)
    size = 2**25
    sending = Background(ws.send, b"x" * size)
    time.sleep(0.1)  # longer than that time-out
    total = size + 14
    while total:
        total -= len(other.sock.recv(min(2**20, total)))
    sending.wait()


# ------------------------------------------------------------ how it ends


@pytest.mark.parametrize(
    ("code", "reason", "seen"),
    [
        (1000, "", 1000),
        (1001, "Grüße", 1001),
        (None, "", 1005),
        (4999, "x" * 123, 4999),
    ],
)
def test_iteration_ends_with_a_close(code: int | None, reason: str, seen: int, pair: Pair) -> None:
    ws, other = pair
    other.send(TEXT, b"last words")
    other.close(code, reason)
    assert list(ws) == ["last words"]
    assert (ws.close_code, ws.close_reason) == (seen, reason)
    assert other.read() == [Closed(seen, "")]  # the answer has the same code, or none
    for attempt in (ws.recv, lambda: ws.send("x"), ws.ping, lambda: ws.send_fragments(["x"])):
        with pytest.raises(ConnectionClosed) as caught:
            attempt()
        assert (caught.value.code, caught.value.reason) == (seen, reason)
        assert str(caught.value) == f"the peer closed with {seen} {reason}".rstrip()


@pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["reset", "close"])
def test_a_stream_that_ends_without_a_close_is_1006(
    leave: Callable[[socket.socket], None], pair: Pair
) -> None:
    ws, other = pair
    leave(other.sock)
    with pytest.raises(ConnectionClosed, match="without a Close frame") as caught:
        next(iter(ws))
    assert caught.value.code == ws.close_code == 1006
    assert ws.close_reason == ""
    assert caught.value.__cause__ is None


def test_a_fault_of_the_peer_is_the_cause(pair: Pair) -> None:
    ws, other = pair
    other.send(Opcode.CONTINUATION, b"of what?")
    with pytest.raises(ConnectionClosed, match=r"failed with 1002: .* §5\.4") as caught:
        list(ws)
    cause = caught.value.__cause__
    assert isinstance(cause, ProtocolError)
    assert (cause.code, cause.section) == (1002, "5.4")
    assert ws.close_code == 1006
    assert other.read() == [Closed(1002, cause.reason)]


def test_close_tells_code_and_reason_and_waits_for_the_answer(pair: Pair) -> None:
    ws, other = pair
    closing = Background(ws.close, 4000, "enough")
    assert other.read() == [Closed(4000, "enough")]
    assert closing.thread.is_alive()
    assert ws.close_code is None
    other.send(TEXT, b"this crossed the Close")
    other.close(4001, "so be it")
    other.sock.close()
    closing.wait()
    assert (ws.close_code, ws.close_reason) == (4001, "so be it")
    with pytest.raises(ConnectionClosed):
        ws.recv()
    assert list(ws) == []


def test_without_an_answer_close_gives_up(pair: Pair) -> None:
    ws, other = pair
    start = time.monotonic()
    ws.close()
    assert 0.1 < time.monotonic() - start < 2
    assert ws.close_code == 1006
    with pytest.raises(ConnectionClosed, match="closed from this side"):
        ws.recv()
    with pytest.raises(ConnectionClosed):
        list(ws)
    assert other.read() == [Closed(1000, "")]


def test_to_close_what_is_closed_does_nothing(pair: Pair) -> None:
    ws, other = pair
    other.close(1001, "first")
    ws.close()
    ws.close(4000, "second")
    assert (ws.close_code, ws.close_reason) == (1001, "first")
    assert other.sock.recv(100) + other.sock.recv(100) != b""
    assert other.sock.recv(100) == b""


@pytest.mark.parametrize(
    ("code", "reason"),
    [(999, ""), (1005, ""), (1006, ""), (5000, ""), (1000, "x" * 124), (None, "why")],
)
def test_what_must_not_be_sent_is_refused_also_after_the_end(
    code: int | None, reason: str, pair: Pair
) -> None:
    ws, other = pair
    with pytest.raises(ValueError, match="close"):
        ws.close(code, reason)
    other.close()
    assert list(ws) == []
    with pytest.raises(ValueError, match="close"):
        ws.close(code, reason)


def test_with_closes_by_what_happened_inside(pair: Pair) -> None:
    ws, other = pair
    with pytest.raises(KeyError), ws:
        raise KeyError
    assert other.read() == [Closed(1001, "")]
    with opened() as (ws, other):
        with ws as same:
            assert same is ws
        assert other.read() == [Closed(1000, "")]


def test_the_client_leaves_the_end_of_the_stream_to_the_server(pair: Pair) -> None:
    ws, other = pair
    closing = Background(ws.close)
    other.read()
    other.close()
    other.sock.settimeout(0.05)
    with pytest.raises(TimeoutError):
        other.sock.recv(1)
    assert closing.thread.is_alive()
    other.sock.shutdown(socket.SHUT_WR)
    other.sock.settimeout(5)
    assert other.sock.recv(1) == b""
    closing.wait()


# ------------------------------------------------------------ send


def test_what_is_no_message_is_refused_and_harms_nothing(pair: Pair) -> None:
    ws, other = pair
    for wrong in (5, None, ["a"]):
        with pytest.raises(TypeError, match="a message is str or bytes"):
            ws.send(wrong)  # type: ignore[arg-type]
    for parts in ([], ["a", b"b"]):
        with pytest.raises(TypeError, match="all str or all bytes"):
            ws.send_fragments(parts)
    ws.send(memoryview(b"fine"))  # type: ignore[arg-type]
    assert other.read() == [b"fine"]


@pytest.mark.parametrize("secure", [False, True])
def test_a_peer_that_never_reads_is_given_up(
    secure: bool, monkeypatch: pytest.MonkeyPatch, certificates: Certificates
) -> None:
    monkeypatch.setattr(net, "SEND_TIMEOUT", 0.2)
    over = threading.Event()
    context = certificates.server if secure else None
    with wslab.serve(lambda ws: over.wait(20) and None, ssl=context) as server:
        ws = wslab.connect(server.url, ssl=certificates.client if secure else None)
        start = time.monotonic()
        with pytest.raises(ConnectionClosed, match="the peer does not read") as caught:
            ws.send(b"x" * 2**25)
        assert time.monotonic() - start < 10
        assert caught.value.code == 1006
        with pytest.raises(ConnectionClosed):
            ws.send("again")
        start = time.monotonic()
        ws.close()
        assert time.monotonic() - start < 2
        assert ws.close_code == 1006
        over.set()


def test_close_does_not_wait_for_a_peer_that_never_reads() -> None:
    with opened(close_timeout=0.2) as (ws, _):
        sock: Any = ws._sock
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sock.send(b"\0" * 65536)
        sock.setblocking(True)
        net.set_options(sock)
        start = time.monotonic()
        ws.close()
        assert time.monotonic() - start < 2


def test_to_send_to_a_peer_that_is_gone_is_an_end_too(pair: Pair) -> None:
    ws, other = pair
    reset(other.sock)
    assert net.readable(ws._sock, 5)  # the reset has come
    with pytest.raises(ConnectionClosed, match="the connection is lost") as caught:
        ws.send("anyone?")
    assert caught.value.code == 1006


# ------------------------------------------------------------ ping


def test_ping_tells_the_round_trip_and_keeps_messages(pair: Pair) -> None:
    ws, other = pair
    pinging = Background(ws.ping, b"payload")
    assert other.read() == [Pinged(b"payload")]
    other.send(TEXT, b"before")
    other.send(PONG, b"not this one")
    time.sleep(0.05)
    other.send(PONG, b"payload")
    other.send(TEXT, b"after")
    assert 0.05 < pinging.wait() < 5
    assert [ws.recv(), ws.recv()] == ["before", "after"]


def test_pings_differ_unless_told(pair: Pair) -> None:
    ws, other = pair
    payloads = set()
    for _ in range(3):
        pinging = Background(ws.ping)
        (ping,) = other.read()
        assert isinstance(ping, Pinged)
        payloads.add(ping.payload)
        other.send(PONG, ping.payload)
        pinging.wait()
    assert len(payloads) == 3


def test_without_a_pong_ping_gives_up_and_nothing_is_lost(pair: Pair) -> None:
    ws, other = pair
    other.send(TEXT, b"message")
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"no Pong within 0\.1 s"):
        ws.ping(timeout=0.1)
    assert 0.09 < time.monotonic() - start < 2
    assert ws.recv() == "message"


def test_a_pong_that_nobody_waits_for_answers_no_later_ping(pair: Pair) -> None:
    ws, other = pair
    for payload in (b"early", b"another"):  # §5.5.3: "A Pong frame MAY be sent unsolicited."
        other.send(PONG, payload)
    other.send(TEXT, b"x")
    assert ws.recv() == "x"
    assert not ws._pings  # or a peer could fill our memory with them
    with pytest.raises(TimeoutError):
        ws.ping(b"early", timeout=0.05)


def test_ping_gives_up_when_messages_pile_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "INBOX_LIMIT", 1000)
    ws, other = pair
    for _ in range(1001):
        other.send(TEXT)
    with pytest.raises(TimeoutError, match=r"call recv\(\) first"):
        ws.ping(timeout=5)
    assert [ws.recv() for _ in range(1001)] == [""] * 1001


def fault(other: Other) -> None:
    other.send(Opcode.CONTINUATION, b"of what?")


def half_close(other: Other) -> None:
    other.sock.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [(fault, 1006, 1002), (Other.close, 1000, 1000), (half_close, 1006, None)],
)
def test_a_ping_that_meets_the_end_leaves_the_messages_and_the_answers_to_them(
    end: Callable[[Other], None], code: int, told: int | None, pair: Pair
) -> None:
    ws, other = pair
    pinging = Background(ws.ping, b"?")
    assert other.read() == [Pinged(b"?")]
    other.send(TEXT, b"a")
    other.send(TEXT, b"b")
    end(other)
    with pytest.raises(ConnectionClosed) as caught:
        pinging.wait()
    assert caught.value.code == code
    for message in "ab":
        assert ws.recv(timeout=5) == message
        ws.send(message)
        assert other.read() == [message]
    with pytest.raises(ConnectionClosed) as caught:
        ws.recv(timeout=5)
    assert caught.value.code == code
    with pytest.raises(ConnectionClosed):
        ws.send("too late")
    assert [event.code for event in other.read() if isinstance(event, Closed)] == [told] * (
        told is not None
    )


def test_a_ping_that_is_too_long_is_refused(pair: Pair) -> None:
    ws, _ = pair
    with pytest.raises(ValueError, match="at most 125 bytes"):
        ws.ping(b"x" * 126)


def test_the_peer_s_ping_is_answered_while_we_wait(pair: Pair) -> None:
    ws, other = pair
    receiving = Background(ws.recv)
    other.send(PING, b"are you there?")
    assert other.sock.recv(2)[0] == 0x80 | PONG
    other.send(TEXT, b"good")
    assert receiving.wait() == "good"


# ------------------------------------------------------------ deadlines of the endpoint


def test_a_message_that_takes_too_long_ends_the_connection() -> None:
    with opened(message_timeout=0.2) as (ws, other):
        other.send(TEXT, b"in one go")
        assert ws.recv() == "in one go"
        time.sleep(0.3)  # between messages there is time
        other.send(TEXT, b"begin", fin=False)
        with pytest.raises(ConnectionClosed, match=r"a message took longer than 0\.2 s"):
            ws.recv()
        assert other.read() == [Closed(1008, "a message took longer than 0.2 s")]


def test_a_short_timeout_of_recv_is_not_the_message_s() -> None:
    with opened(message_timeout=0.3) as (ws, other):
        other.send(TEXT, b"begin", fin=False)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                ws.recv(timeout=0.01)
        other.send(Opcode.CONTINUATION, b" end")
        assert ws.recv(timeout=5) == "begin end"


def test_silence_for_too_long_ends_the_connection() -> None:
    with opened(idle_timeout=0.2) as (ws, other):
        for _ in range(3):
            time.sleep(0.1)
            other.send(TEXT, b"x")
            assert ws.recv() == "x"
        with pytest.raises(TimeoutError):
            ws.recv(timeout=0.05)  # shorter: that is not the peer's fault
        with pytest.raises(ConnectionClosed, match=r"silent for 0\.2 s"):
            ws.recv()


def test_no_limits_at_all() -> None:
    with opened(message_timeout=None) as (ws, other):
        other.send(TEXT, b"a", fin=False)
        receiving = Background(ws.recv)
        time.sleep(0.1)
        other.send(Opcode.CONTINUATION, b"b")
        assert receiving.wait() == "ab"


# ------------------------------------------------------------ several threads


@pytest.fixture
def eager() -> Iterator[None]:
    """Threads take turns as often as they can, so that what can go wrong does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.usefixtures("eager")
def test_many_threads_send_and_frames_stay_whole(secure: bool, certificates: Certificates) -> None:
    context = certificates.server if secure else None
    with (
        ws_echo.serve(ssl=context) as server,
        wslab.connect(server.url, ssl=certificates.client if secure else None) as ws,
    ):

        def send(letter: str) -> None:
            for size in range(60):
                ws.send(letter * size * 50)
                if size % 20 == 0:
                    ws.ping()

        sending = [Background(send, letter) for letter in "abcd"]
        got = [ws.recv(timeout=10) for _ in range(240)]
        for each in sending:
            each.wait()
    for letter in "abcd":
        mine = [text for text in got if str(text).startswith(letter)]
        assert mine == [letter * size * 50 for size in range(1, 60)]
    assert got.count("") == 4


@pytest.mark.usefixtures("eager")
def test_many_threads_ping_while_one_receives() -> None:
    with ws_echo.serve() as server, wslab.connect(server.url) as ws:
        receiving = Background(ws.recv)

        def ping() -> float:
            return max(ws.ping(timeout=5) for _ in range(200))

        pinging = [Background(ping) for _ in range(4)]
        for each in pinging:
            assert 0 < each.wait() < 5
        assert receiving.thread.is_alive()
        ws.send("now")
        assert receiving.wait() == "now"


@pytest.mark.usefixtures("eager")
def test_many_threads_receive_and_each_message_goes_to_one() -> None:
    count = 2000

    def handler(ws: WebSocket) -> None:
        for number in range(count):
            ws.send(str(number))

    with wslab.serve(handler) as server, wslab.connect(server.url) as ws:
        receiving = [Background(lambda: [str(message) for message in ws]) for _ in range(4)]
        got = [number for each in receiving for number in each.wait()]
    assert sorted(map(int, got)) == list(range(count))


@pytest.mark.parametrize("secure", [False, True])
def test_short_timeouts_of_one_thread_do_not_tear_what_another_sends(
    secure: bool, certificates: Certificates
) -> None:
    """``settimeout`` counts for both directions; ``recv(timeout)`` must not."""

    def handler(ws: WebSocket) -> None:
        for message in ws:
            time.sleep(0.05)  # so that the sender has to wait
            ws.send(str(len(message)))

    context = certificates.server if secure else None
    with (
        wslab.serve(handler, ssl=context, max_message=2**24) as server,
        wslab.connect(server.url, ssl=certificates.client if secure else None) as ws,
    ):
        sending = Background(lambda: [ws.send(b"x" * 2**23) for _ in range(3)])
        got = []
        deadline = time.monotonic() + 20
        while len(got) < 3:
            with contextlib.suppress(TimeoutError):
                got.append(ws.recv(timeout=0.001))
            assert time.monotonic() < deadline
        sending.wait()
    assert got == [str(2**23)] * 3


def test_one_thread_may_close_while_another_receives(pair: Pair) -> None:
    ws, other = pair
    receiving = Background(ws.recv)
    closing = Background(ws.close, 4000)
    assert other.read() == [Closed(4000, "")]
    other.close(4000)
    other.sock.close()
    closing.wait()
    with pytest.raises(ConnectionClosed):
        receiving.wait()
    assert ws.close_code == 4000


def test_close_frees_a_thread_that_receives_from_a_silent_peer(pair: Pair) -> None:
    ws, _ = pair
    receiving = Background(ws.recv)
    ws.close()
    with pytest.raises(ConnectionClosed):
        receiving.wait()
    assert ws.close_code == 1006


def test_a_thread_that_waits_for_its_turn_has_its_own_deadline(pair: Pair) -> None:
    ws, other = pair
    receiving = Background(ws.recv)
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="no message in time"):
        ws.recv(timeout=0.1)
    assert 0.09 < time.monotonic() - start < 2
    other.send(TEXT, b"for the first")
    assert receiving.wait() == "for the first"


def test_what_another_thread_received_meanwhile_is_seen(pair: Pair) -> None:
    """Between a look into the inbox and the wait for more, another thread may receive."""
    ws, other = pair
    other.send(TEXT, b"a")
    seen = ws._reads
    assert ws.recv() == "a"
    ws._receive(seen, time.monotonic() + 5, "")  # returns, to look again, instead of waiting


def test_a_message_that_another_thread_takes_first_is_no_error(pair: Pair) -> None:
    ws, other = pair

    class Contested:
        """An inbox from which another thread takes the message after we have seen it."""

        def __init__(self) -> None:
            self.messages: list[str] = []
            self.thefts = 1

        def __bool__(self) -> bool:
            return bool(self.messages)

        def append(self, message: str) -> None:
            self.messages.append(message)

        def popleft(self) -> str:
            message = self.messages.pop(0)
            if self.thefts:
                self.thefts -= 1
                raise IndexError
            return message

        def clear(self) -> None:
            self.messages.clear()

    ws._inbox = Contested()  # type: ignore[assignment]
    other.send(TEXT, b"stolen")
    other.send(TEXT, b"ours")
    assert ws.recv(timeout=5) == "ours"


def test_close_waits_only_so_long_for_a_thread_that_sends(pair: Pair) -> None:
    ws, _ = pair
    sending = Background(ws.send, b"x" * 2**25)  # to a peer that does not read
    start = time.monotonic()
    ws.close()
    assert time.monotonic() - start < 2
    with pytest.raises(ConnectionClosed):
        sending.wait()


# ------------------------------------------------------------ any stream will do


def test_over_a_socketpair() -> None:
    left, right = socket.socketpair()
    client = WebSocket(left, Connection(Role.CLIENT, opened=True))
    server = WebSocket(right, Connection(Role.SERVER, opened=True))
    client.send("Hello")
    assert server.recv() == "Hello"
    closing = Background(server.close)
    assert list(client) == []
    closing.wait()
    assert left.fileno() == right.fileno() == -1
