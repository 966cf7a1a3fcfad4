"""Plain sockets: listen, connect, wait, finish, and a server of threads."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from tests.conftest import Certificates
from tests.support.peers import alone, reset
from wslab import net, tcp_echo
from wslab.errors import Error
from wslab.observe.recording import Recording
from wslab.observe.tap import Tap
from wslab.protocol.rfc import Role
from wslab.secure import Secure
from wslab.tcp_server import Peer, Server
from wslab.waiting import ready

pytestmark = pytest.mark.usefixtures("nothing_stays")


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection, with deadlines."""
    with net.listen("127.0.0.1", 0) as listener:
        one = socket.create_connection(listener.getsockname(), timeout=5)
        other, _ = listener.accept()
        other.settimeout(5)
    return one, other


def silent_port() -> int:
    """A port on which nothing listens."""
    with net.listen("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
    return port


# ------------------------------------------------------------ trouble, in one sentence


def sentence(error: pytest.ExceptionInfo[Error]) -> str:
    """The text of the error, which is one sentence without Python's or the system's jargon."""
    text = str(error.value)
    assert text.endswith(".")
    assert not any(jargon in text for jargon in ("Errno", "\n", "_ssl.c", "Traceback", "..", "?"))
    return text


def test_nothing_listens_there() -> None:
    port = silent_port()
    with pytest.raises(Error) as error:
        net.connect("127.0.0.1", port)
    assert sentence(error).startswith(
        f"Cannot connect to 127.0.0.1 port {port}: nothing listens there (connection refused)"
    )


@pytest.mark.parametrize("host", ["host.invalid", "a" * 70, ".leading"])
def test_no_such_host(host: str) -> None:
    with pytest.raises(Error) as error:
        net.connect(host, 1, timeout=5)
    assert sentence(error).startswith(f"Cannot connect to {host} port 1: ")
    if host != "host.invalid":  # that one is asked of the network, if there is any
        assert "no such host name" in sentence(error)


@pytest.mark.parametrize("host", ["host.invalid", "a" * 70])
def test_no_such_host_to_listen_on(host: str) -> None:
    with pytest.raises(Error) as error:
        net.listen(host, 0)
    assert sentence(error).startswith(f"Cannot listen on {host} port 0: ")


@pytest.mark.parametrize("port", [-1, 65536, 65537, 100_000])
def test_no_such_port(port: int) -> None:
    with pytest.raises(Error) as error:
        net.connect("127.0.0.1", port)
    assert sentence(error) == f"{port} is not a port: use 1 to 65535."
    with pytest.raises(Error) as error:
        net.listen("127.0.0.1", port)
    assert sentence(error) == f"{port} is not a port: use 0 (any free port) or 1 to 65535."


def test_the_port_is_in_use() -> None:
    with net.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Error) as error:
            net.listen("127.0.0.1", port)
    assert "the port is in use; choose another, or 0 for any free one" in sentence(error)


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(Error) as error:
        net.listen("192.0.2.1", 0)  # TEST-NET-1 belongs to nobody
    assert sentence(error).startswith("Cannot listen on 192.0.2.1 port 0: ")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "ports below 1024 are often reserved"),
        (TimeoutError("timed out"), "no answer in time"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "the other side hung up"),
        (OSError("only a text"), "only a text"),
    ],
)
def test_what_this_machine_cannot_be_made_to_say(
    error: OSError, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(Error) as caught:
        net.connect("127.0.0.1", 80)
    assert text in sentence(caught)


def test_a_server_that_accepts_and_says_nothing_does_not_stop_tls_for_ever() -> None:
    with net.listen("127.0.0.1", 0) as listener, pytest.raises(Error) as error:
        net.connect(
            "127.0.0.1",
            listener.getsockname()[1],
            timeout=0.1,
            ssl=ssl.create_default_context(),
        )
    assert "No TLS with 127.0.0.1" in sentence(error)
    assert "no answer in time" in sentence(error)


def test_tls_with_a_server_that_speaks_none() -> None:
    def handle(peer: Peer) -> None:
        peer.sock.recv(1000)
        peer.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Server(handle) as server, pytest.raises(Error) as error:
        net.connect(*server.address, ssl=ssl.create_default_context())
    assert "the TLS handshake failed" in sentence(error)
    assert "perhaps it speaks no TLS" in sentence(error)


def test_a_context_that_is_for_servers(certificates: Certificates) -> None:
    with tcp_echo.serve(ssl=certificates.server) as server, pytest.raises(Error) as error:
        net.connect(*server.address, ssl=certificates.server)
    assert "No TLS with 127.0.0.1" in sentence(error)


# ------------------------------------------------------------ wait


@pytest.fixture(params=["poll", "select"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to wait: poll() where there is one, select() on Windows."""
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)
    elif not hasattr(select, "poll"):
        pytest.skip("this system has no poll()")


@pytest.mark.usefixtures("way")
def test_to_wait_for_bytes_or_the_end() -> None:
    one, other = tcp_pair()
    with one, other:
        start = time.monotonic()
        assert not ready(one, 0.05)
        assert time.monotonic() - start >= 0.045
        assert not ready(one, 0)
        assert not ready(one, -1)  # a deadline that is over already
        threading.Timer(0.02, other.sendall, (b"x",)).start()
        assert ready(one, None)
        assert one.recv(10) == b"x"
        other.close()
        assert ready(one, 5)
        assert one.recv(10) == b""


@pytest.mark.usefixtures("way")
def test_to_wait_for_room() -> None:
    one, other = tcp_pair()
    with one, other:
        assert ready(one, 0, writing=True)
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                one.send(b"x" * 65536)
        assert not ready(one, 0.02, writing=True)


def test_to_wait_on_what_is_closed() -> None:
    one, other = tcp_pair()
    one.close()
    other.close()
    with pytest.raises(OSError, match="closed"):
        ready(one, 1)


# ------------------------------------------------------------ prepare, finish, abort


def test_small_messages_do_not_wait_for_company() -> None:
    one, other = tcp_pair()
    with one, other:
        net.set_options(one)
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_on_windows_the_time_limit_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    left, right = socket.socketpair()
    with left, right:
        net.set_options(left)  # the system here may refuse it, which is no harm


def test_a_peer_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "SEND_TIMEOUT", 0.2)
    one, other = tcp_pair()
    one.settimeout(None)
    with one, other:
        net.set_options(one)
        start = time.monotonic()
        with pytest.raises((BlockingIOError, TimeoutError)):
            one.sendall(b"x" * 2**25)
        assert 0.15 < time.monotonic() - start < 3


def test_all_we_sent_arrives_though_we_left_bytes_unread() -> None:
    one, other = tcp_pair()
    size = 2**20
    other.sendall(b"never read" * 100)

    def read_slowly(got: list[int]) -> None:
        while chunk := other.recv(4096):
            got.append(len(chunk))
        other.close()

    got: list[int] = []
    reader = threading.Thread(target=read_slowly, args=(got,))
    reader.start()
    one.sendall(b"x" * size)
    net.lingering_close(one, 5)
    reader.join(5)
    assert sum(got) == size


def test_a_peer_that_never_ends_is_left_after_the_deadline() -> None:
    one, other = tcp_pair()
    with other:
        start = time.monotonic()
        net.lingering_close(one, 0.1)
        assert 0.05 < time.monotonic() - start < 2
        assert one.fileno() == -1


def test_a_peer_that_talks_for_ever_is_left_after_the_deadline() -> None:
    one, other = tcp_pair()

    def flood() -> None:
        with contextlib.suppress(OSError), other:
            while True:
                other.sendall(b"blah" * 1000)

    flooder = threading.Thread(target=flood)
    flooder.start()
    start = time.monotonic()
    net.lingering_close(one, 0.1)
    assert time.monotonic() - start < 2
    flooder.join(5)
    assert not flooder.is_alive()


def test_the_peer_may_be_left_to_end_first() -> None:
    one, other = tcp_pair()
    with other:
        done = threading.Thread(
            target=net.lingering_close, args=(one, 5), kwargs={"wait_for_peer": True}
        )
        done.start()
        other.settimeout(0.1)
        with pytest.raises(TimeoutError):
            other.recv(1)  # nothing yet, not even the end
        other.shutdown(socket.SHUT_WR)
        other.settimeout(5)
        assert other.recv(1) == b""
        done.join(5)


def test_to_finish_with_a_peer_that_is_gone_is_no_error() -> None:
    one, other = tcp_pair()
    reset(other)
    net.lingering_close(one, 5)
    net.lingering_close(one, 5)
    net.shutdown(one)
    assert one.fileno() == -1


def test_abort_wakes_a_thread_that_receives() -> None:
    one, other = tcp_pair()
    one.settimeout(None)
    got: list[bytes] = []
    waiting = threading.Thread(target=lambda: got.append(one.recv(1)))
    with one, other:
        waiting.start()
        time.sleep(0.05)
        net.shutdown(Tap(one, Recording(), Role.CLIENT))
        waiting.join(5)
    assert got == [b""]


# ------------------------------------------------------------ TLS for two threads


@pytest.fixture
def tls_pair(certificates: Certificates) -> Iterator[tuple[Secure, Secure]]:
    """(client, server): two ends of a TLS connection."""
    one, other = tcp_pair()
    client = Secure(one, certificates.client, "127.0.0.1")
    server = Secure(other, certificates.server, None)
    shaking = threading.Thread(target=server.handshake, args=(5,))
    shaking.start()
    client.handshake(5)
    shaking.join(5)
    with client, server:
        yield client, server


def test_tls_carries_bytes_and_waits_for_them(tls_pair: tuple[Secure, Secure]) -> None:
    client, server = tls_pair
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(10)
    assert not client.readable(0.01)
    server.sendall(b"")
    server.sendall(b"Hello")
    assert client.readable(5)
    assert client.readable(None)  # what is there stays there
    assert client.recv(2) == b"He"
    assert client.readable(0)
    assert client.recv(10) == b"llo"
    client.settimeout(None)
    threading.Timer(0.05, server.sendall, (b"later",)).start()
    assert client.recv(10) == b"later"


def test_a_part_of_a_tls_record_is_nothing_to_receive(certificates: Certificates) -> None:
    def handle(peer: Peer) -> None:
        peer.sock.sendall(b"x" * 1000)
        peer.sock.recv(1)

    with Server(handle, ssl=certificates.server) as server, dripping(server.address) as address:
        sock = net.connect(*address, ssl=certificates.client)
        with sock:
            start = time.monotonic()
            assert not net.readable(sock, 0.1)
            assert time.monotonic() - start < 2
            sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def dripping(address: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """A way to the server that keeps back the end of every long record, after the handshake."""
    with net.listen("127.0.0.1", 0) as listener, socket.create_connection(address) as there:

        def carry(source: socket.socket, target: socket.socket, drip: bool) -> None:
            with contextlib.suppress(OSError):
                while chunk := source.recv(65536):
                    # The only record of application data (type 23) of about 1000 bytes is ours.
                    at = chunk.find(b"\x17\x03\x03\x03\xf9") if drip else -1
                    target.sendall(chunk if at < 0 else chunk[: at + 500])
            net.shutdown(target)

        def run() -> None:
            with listener.accept()[0] as here:
                back = threading.Thread(target=carry, args=(there, here, True))
                back.start()
                carry(here, there, False)
                back.join(5)

        carrier = threading.Thread(target=run)
        carrier.start()
        yield listener.getsockname()[:2]
        carrier.join(5)


def test_a_tls_peer_that_does_not_read_is_given_up(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "SEND_TIMEOUT", 0.2)
    over = threading.Event()
    with (
        Server(lambda peer: over.wait(10) and None, ssl=certificates.server) as server,
        net.connect(*server.address, ssl=certificates.client) as sock,
    ):
        start = time.monotonic()
        with pytest.raises((BlockingIOError, TimeoutError)):
            sock.sendall(b"x" * 2**25)
        over.set()
        assert time.monotonic() - start < 5


def test_tls_can_be_closed_from_one_side_and_read_from_the_other(
    tls_pair: tuple[Secure, Secure],
) -> None:
    client, server = tls_pair
    client.shutdown(socket.SHUT_WR)
    assert server.recv(10) == b""
    server.sendall(b"still here")
    assert client.recv(100) == b"still here"
    net.lingering_close(server, 5)
    assert client.recv(10) == b""


def test_tls_says_goodbye_though_data_waits_and_the_data_stays(
    tls_pair: tuple[Secure, Secure],
) -> None:
    client, server = tls_pair
    server.sendall(b"one")
    server.sendall(b"two")
    assert ready(client, 5)
    time.sleep(0.05)  # both records are there, and come in with one look
    assert client.recv(1) == b"o"
    client.shutdown(socket.SHUT_WR)
    assert server.recv(10) == b""
    server.sendall(b"three")
    server.close()
    assert tcp_echo.recv_exactly(client, 10) == b"netwothree"
    assert client.recv(10) == client.recv(10) == b""


def test_two_threads_use_one_tls_connection(certificates: Certificates) -> None:
    data = os.urandom(2**22)
    with (
        tcp_echo.serve(ssl=certificates.server) as server,
        net.connect(*server.address, ssl=certificates.client) as sock,
    ):
        sender = threading.Thread(target=sock.sendall, args=(data,))
        sender.start()
        assert tcp_echo.recv_exactly(sock, len(data)) == data
        sender.join(5)


# ------------------------------------------------------------ the server of threads


def test_every_peer_has_a_thread_and_all_end() -> None:
    before = threading.active_count()
    with tcp_echo.serve() as server:
        peers = [net.connect(*server.address) for _ in range(10)]
        for peer in peers:
            assert list(tcp_echo.say(peer, [b"here"])) == [b"here"]
        assert server.connections == 10
        assert threading.active_count() == before + 11
        for peer in peers:
            peer.close()
        alone(server)
    assert server.connections == 0


def test_a_server_can_be_closed_twice_and_then_it_is_gone() -> None:
    server = tcp_echo.serve()
    server.close()
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 0.5
    with pytest.raises(Error, match="refused"):
        net.connect(*server.address)


def test_the_port_is_free_again_at_once() -> None:
    with tcp_echo.serve() as server, tcp_echo.connect(server.url) as sock:
        assert list(tcp_echo.say(sock, [b"one"])) == [b"one"]
    with tcp_echo.serve(port=server.address[1]) as second:
        assert second.address == server.address


def test_a_handler_may_close_its_own_server() -> None:
    with Server(lambda peer: server.close()) as server, net.connect(*server.address) as sock:
        assert sock.recv(1) == b""


def test_handlers_that_do_not_listen_do_not_hold_the_server_for_long() -> None:
    patience = threading.Event()
    server = Server(lambda peer: patience.wait(20) and None, grace=0.2)
    socks = [net.connect(*server.address) for _ in range(20)]
    while server.connections < 20:
        time.sleep(0.005)
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 1.5
    for sock in socks:
        assert sock.recv(1) == b""  # cut off all the same
        sock.close()
    patience.set()


def test_slow_goodbyes_have_one_deadline_together() -> None:
    over = threading.Event()

    def handle(peer: Peer) -> None:
        peer.goodbye = lambda: time.sleep(0.2)
        over.wait(10)

    server = Server(handle, grace=0.3)
    socks = [net.connect(*server.address) for _ in range(10)]
    while server.connections < 10:
        time.sleep(0.005)
    time.sleep(0.05)
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 1.5
    over.set()
    for sock in socks:
        sock.close()


def test_an_error_in_a_handler_is_shown_and_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def handle(peer: Peer) -> None:
        word = peer.sock.recv(10)
        if word == b"raise":
            raise RuntimeError("a bug in the handler")
        if word == b"reset":
            raise ConnectionResetError
        peer.sock.sendall(word)

    with Server(handle) as server:
        for word, answer in ((b"raise", b""), (b"reset", b""), (b"fine", b"fine")):
            with net.connect(*server.address) as sock:
                sock.sendall(word)
                assert sock.recv(10) == answer
        alone(server)
    shown = capsys.readouterr().err
    assert shown.count("Traceback") == 1
    assert "RuntimeError: a bug in the handler" in shown


def test_too_many_are_turned_away_and_room_is_used_again() -> None:
    with tcp_echo.serve(max_connections=2, sorry=b"sorry") as server:
        first, second = net.connect(*server.address), net.connect(*server.address)
        for sock in (first, second):
            assert list(tcp_echo.say(sock, [b"in"])) == [b"in"]
        with net.connect(*server.address) as third:
            assert tcp_echo.recv_exactly(third, 5) == b"sorry"
            assert third.recv(1) == b""
        first.close()
        alone(server, but=1)
        with net.connect(*server.address) as fourth:
            assert list(tcp_echo.say(fourth, [b"in"])) == [b"in"]
        second.close()


def test_too_many_with_tls_get_no_word_in_clear(certificates: Certificates) -> None:
    options = {"ssl": certificates.server, "max_connections": 0, "sorry": b"sorry"}
    with tcp_echo.serve(**options) as server, net.connect(*server.address) as sock:
        assert sock.recv(10) == b""


def test_who_speaks_no_tls_or_nothing_at_all_leaves_others_alone(
    certificates: Certificates,
) -> None:
    with (
        tcp_echo.serve(ssl=certificates.server, handshake_timeout=0.2) as server,
        net.connect(*server.address) as plain,
        net.connect(*server.address) as silent,
    ):
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with net.connect(*server.address, ssl=certificates.client) as sock:
            assert list(tcp_echo.say(sock, [b"fine"])) == [b"fine"]
            with contextlib.suppress(ConnectionResetError):
                while plain.recv(100):  # an alert, then the end
                    pass
            assert silent.recv(1) == b""
            assert list(tcp_echo.say(sock, [b"still fine"])) == [b"still fine"]
            alone(server, but=1)


def test_a_server_ends_while_a_peer_is_inside_the_tls_handshake(certificates: Certificates) -> None:
    server = tcp_echo.serve(ssl=certificates.server, handshake_timeout=None, grace=10.0)
    with net.connect(*server.address) as sock:
        while not server.connections:
            time.sleep(0.005)
        time.sleep(0.02)
        start = time.monotonic()
        server.close()
        assert time.monotonic() - start < 5  # it need not be waited for
        assert sock.recv(1) == b""


def test_no_more_threads_cost_one_peer_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with tcp_echo.serve() as server:
        with monkeypatch.context() as patch:

            def refuse(thread: threading.Thread) -> None:
                raise RuntimeError("can't start new thread")

            patch.setattr(threading.Thread, "start", refuse)
            with net.connect(*server.address) as sock:
                assert sock.recv(1) == b""
        assert server.connections == 0
        with net.connect(*server.address) as sock:
            assert list(tcp_echo.say(sock, [b"fine"])) == [b"fine"]


def test_out_of_descriptors_the_server_waits_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = iter([OSError(errno.EMFILE, "Too many open files")] * 3)
    accept = socket.socket.accept

    def scarce(listener: socket.socket) -> tuple[socket.socket, object]:
        for refusal in refusals:
            raise refusal
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", scarce)
    with tcp_echo.serve() as server, net.connect(*server.address) as sock:
        assert list(tcp_echo.say(sock, [b"patience"])) == [b"patience"]


def test_an_address_of_ipv6_stands_in_brackets(ipv6: str) -> None:
    with tcp_echo.serve(ipv6) as server, tcp_echo.connect(server.url) as sock:
        assert server.url == f"tcp://[::1]:{server.address[1]}"
        assert list(tcp_echo.say(sock, [b"six"])) == [b"six"]


def test_a_peer_that_is_reset_before_it_is_served_is_no_trouble() -> None:
    with tcp_echo.serve() as server:
        for _ in range(50):
            reset(socket.create_connection(server.address))
        with net.connect(*server.address) as sock:
            assert list(tcp_echo.say(sock, [b"fine"])) == [b"fine"]
        alone(server)


def test_so_linger_is_what_makes_the_reset() -> None:
    one, other = tcp_pair()
    with other:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
        one.close()
        with pytest.raises(ConnectionResetError):
            other.recv(1)
