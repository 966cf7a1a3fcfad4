"""``serve`` and ``connect``: addresses, options, TLS, signals, and what stands in the way."""

import contextlib
import http.server
import os
import re
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import liar, read_head
from tests.shell import ended, posix, running, sentence, wslab
from tests.visit import missing
from wslab import ConnectionClosed, Recording, tcp_echo, ws_echo
from wslab.cli import main


def address(process: object, scheme: str, host: str = "127.0.0.1") -> str:
    """The first line, while the server runs: that it comes at all shows that it was flushed."""
    line = process.stdout.readline().decode().rstrip("\n")  # type: ignore[attr-defined]
    end = "" if scheme == "tcp" else "/"
    assert re.fullmatch(rf"{scheme}://{re.escape(host)}:\d+{end}", line), line
    return line


def trouble(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """A command that ends with status 2 and one sentence."""
    assert main([*words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return sentence(err)


# ---------------------------------------------------------------- serve


@posix
@pytest.mark.parametrize("protocol", ["tcp", "ws"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_well_also_with_an_open_connection(
    protocol: str, number: signal.Signals
) -> None:
    with running("serve", protocol) as process, contextlib.ExitStack() as stack:
        url = address(process, protocol)
        if protocol == "tcp":
            sock = stack.enter_context(tcp_echo.connect(url))
            assert list(tcp_echo.say(sock, [b"Hello"])) == [b"Hello"]
        else:
            ws = stack.enter_context(ws_echo.connect(url))
            assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]
        start = time.monotonic()
        process.send_signal(number)
        if protocol == "ws":
            with pytest.raises(ConnectionClosed, match="1001 the server is closing"):
                ws.recv(10)
        status, out, err = ended(process)
        assert status == 0, err
        assert out == ""
        assert "Traceback" not in err
        assert "Warning" not in err
        assert err.splitlines()[-1] == "Ctrl-C ends the server."
        assert f"python -m wslab connect {url}" in err
        assert time.monotonic() - start < 10


@posix
def test_a_server_ends_well_when_nobody_came() -> None:
    with running("serve", "ws") as process:
        address(process, "ws")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # an impatient second one changes nothing
        assert ended(process)[0] == 0


@posix
def test_the_port_is_free_again_at_once() -> None:
    with running("serve", "tcp") as process:
        port = address(process, "tcp").rpartition(":")[2]
        with tcp_echo.connect(f"tcp://127.0.0.1:{port}"):
            process.send_signal(signal.SIGTERM)
            ended(process)
    with running("serve", "tcp", "--port", port) as process:
        assert address(process, "tcp").endswith(port)


@pytest.mark.parametrize("protocol", ["tcp", "ws"])
def test_over_ipv6(protocol: str, ipv6: str) -> None:
    with running("serve", protocol, "--host", ipv6) as process:
        url = address(process, protocol, "[::1]")
        done = wslab("connect", url, stdin=b"Hello\n")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello\n", b"")


@posix
def test_tap_explains_the_traffic_while_it_crosses() -> None:
    with running("serve", "ws", "--tap") as process:
        url = address(process, "ws")
        with ws_echo.connect(url) as ws:
            assert list(ws_echo.say(ws, ["Hello", "\x1b[2J"])) == ["Hello", "\x1b[2J"]
            shown = ""
            while shown.count("text 'Hello'") < 2:  # the connection is still open
                shown += process.stdout.readline().decode()  # type: ignore[union-attr]
        process.send_signal(signal.SIGINT)
        status, rest, err = ended(process)
    shown += rest
    assert status == 0, err
    assert re.match(r"\[port \d+\]\nclient -> server GET / HTTP/1\.1 ", shown)
    assert "client <- server close 1000" in shown
    assert "the client has finished" in shown
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80


@posix
def test_a_server_goes_on_when_nobody_reads_what_it_explains() -> None:
    """As in "serve tcp --tap | head -1"."""
    with running("serve", "tcp", "--tap") as process:
        url = address(process, "tcp")
        process.stdout.close()  # type: ignore[union-attr]
        for _ in range(3):
            with tcp_echo.connect(url) as sock:
                assert list(tcp_echo.say(sock, [b"Hello"])) == [b"Hello"]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert b"Traceback" not in process.stderr.read()  # type: ignore[union-attr]


def test_the_limits_can_be_set() -> None:
    options = ("--max-message", "100", "--max-fragments", "2", "--max-connections", "1")
    with running("serve", "ws", *options, "--idle-timeout", "60") as process:
        url = address(process, "ws")
        with ws_echo.connect(url) as ws:
            assert list(ws_echo.say(ws, ["x" * 100])) == ["x" * 100]
            with pytest.raises(ConnectionError, match="503"), _as_connection_error():
                ws_echo.connect(url)
            ws.send("x" * 101)
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(10)
            assert closed.value.code == 1009
        with _again(url) as ws:
            ws.send_fragments(["a", "b", "c"])
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(10)
            assert closed.value.code == 1009


@contextlib.contextmanager
def _as_connection_error() -> Iterator[None]:
    """A server that is full may answer 503, or the answer may be lost in a reset: both will do."""
    from wslab import HandshakeError

    try:
        yield
    except (HandshakeError, OSError) as error:
        raise ConnectionError(f"503: {error}") from None


def _again(url: str) -> ws_echo.WebSocket:
    """A connection to a server that takes one at a time: the last one may not be gone yet."""
    from wslab import HandshakeError

    deadline = time.monotonic() + 10
    while True:
        try:
            return ws_echo.connect(url)
        except (HandshakeError, OSError):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_silent_peer_is_cut_off() -> None:
    with (
        running("serve", "tcp", "--idle-timeout", "0.2") as process,
        tcp_echo.connect(address(process, "tcp")) as sock,
    ):
        sock.settimeout(10)
        assert sock.recv(1) == b""


def test_only_pages_of_that_origin() -> None:
    with running("serve", "ws", "--origin", "http://a.example") as process:
        url = address(process, "ws")
        done = wslab("connect", url, "--origin", "http://b.example")
        assert done.returncode == 2
        assert "403 Forbidden" in sentence(done.stderr)
        done = wslab("connect", url, "--origin", "http://a.example", stdin=b"Hi")
        assert (done.returncode, done.stdout) == (0, b"Hi\n")


# ---------------------------------------------------------------- serve: what stands in the way


@pytest.mark.parametrize("protocol", ["tcp", "ws"])
def test_a_port_in_use(protocol: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        text = trouble(capsys, "serve", protocol, "--port", port)
    assert f"port {port}: the port is in use" in text


def test_a_port_in_use_as_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = wslab("serve", "ws", "--port", str(other.getsockname()[1]))
    assert done.returncode == 2
    assert done.stdout == b""
    assert "in use" in sentence(done.stderr)


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_is_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{port} is not a port" in trouble(capsys, "serve", "tcp", "--port", port)


def test_a_host_that_is_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Cannot listen on" in trouble(capsys, "serve", "tcp", "--host", "192.0.2.1")
    assert "Cannot listen on" in trouble(capsys, "serve", "tcp", "--host", "a..b")


@pytest.mark.parametrize(
    "option",
    [
        ["--cert", "a"],
        ["--key", "a"],
        ["--origin", "a"],
        ["--max-message", "9"],
        ["--max-fragments", "9"],
    ],
    ids=lambda option: option[0],
)
def test_options_that_tcp_has_not(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert trouble(capsys, "serve", "tcp", *option) == f"wslab: {option[0]} belongs to: serve ws"


class Files:
    """Certificates in files, as a learner has them."""

    def __init__(self, folder: Path) -> None:
        try:
            import trustme
        except ImportError:
            missing("trustme is not installed")
        authority, other = trustme.CA(), trustme.CA()
        mine = authority.issue_cert("127.0.0.1")
        self.authority = str(folder / "authority.pem")
        self.cert = str(folder / "cert.pem")
        self.key = str(folder / "key.pem")
        self.both = str(folder / "both.pem")
        self.wrong_key = str(folder / "wrong.pem")
        self.text = str(folder / "notes.txt")
        authority.cert_pem.write_to_path(self.authority)
        mine.cert_chain_pems[0].write_to_path(self.cert)
        mine.private_key_pem.write_to_path(self.key)
        mine.private_key_and_cert_chain_pem.write_to_path(self.both)
        other.issue_cert("127.0.0.1").private_key_pem.write_to_path(self.wrong_key)
        Path(self.text).write_text("no certificate")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


def test_certificates_that_cannot_be_used(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    def serve(*words: str) -> str:
        return trouble(capsys, "serve", "ws", *words)

    gone = files.cert + ".gone"
    assert f"Cannot read {gone}: No such file" in serve("--cert", gone)
    assert f"Cannot read {gone}: No such file" in serve("--cert", files.cert, "--key", gone)
    assert "does not hold a certificate and its key" in serve("--cert", files.cert)
    assert "no certificate with its key" in serve("--cert", files.cert, "--key", files.wrong_key)
    assert "no certificate with its key" in serve("--cert", files.text, "--key", files.key)
    assert serve("--key", files.key).startswith("wslab: --key needs --cert")


def test_tls_from_end_to_end(files: Files) -> None:
    """Trusted with the authority's file; refused, with one sentence, without."""
    with running("serve", "ws", "--cert", files.cert, "--key", files.key) as process:
        url = address(process, "wss")
        done = wslab("connect", url, "--cafile", files.authority, "--explain", stdin=b"Hello\n")
        assert (done.returncode, done.stdout) == (0, b"Hello\n")
        assert b"text 'Hello'" in done.stderr, "explained as it was before TLS"
        done = wslab("connect", url)
        assert (done.returncode, done.stdout) == (2, b"")
        assert "its certificate is not trusted" in sentence(done.stderr)
        done = wslab("connect", url.replace("wss", "ws"), "--timeout", "5")
        assert (done.returncode, done.stdout) == (2, b"")
        sentence(done.stderr)


def test_certificate_and_key_in_one_file(files: Files) -> None:
    with running("serve", "ws", "--cert", files.both) as process:
        context = ssl.create_default_context(cafile=files.authority)
        with ws_echo.connect(address(process, "wss"), ssl=context) as ws:
            assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]


# ---------------------------------------------------------------- connect: what stands in the way


@contextlib.contextmanager
def web_server() -> Iterator[str]:
    """A server of plain web pages."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"ws://127.0.0.1:{server.server_address[1]}/nothing-here"
        server.shutdown()
        thread.join(10)


def connect(capsys: pytest.CaptureFixture[str], url: str, *words: str) -> str:
    return trouble(capsys, "connect", url, "--timeout", "5", *words)


def test_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    for scheme in ("tcp", "ws", "wss"):
        text = connect(capsys, f"{scheme}://127.0.0.1:{port}")
        assert f"Cannot connect to 127.0.0.1 port {port}: nothing listens there" in text


def test_no_server_as_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    done = wslab("connect", f"ws://127.0.0.1:{port}/", stdin=b"Hello\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "nothing listens there" in sentence(done.stderr)


def test_a_web_server(capsys: pytest.CaptureFixture[str]) -> None:
    with web_server() as url:
        assert "the server answered 404" in connect(capsys, url)


def test_a_tcp_echo(capsys: pytest.CaptureFixture[str]) -> None:
    with tcp_echo.serve() as server:
        text = connect(capsys, server.url.replace("tcp", "ws"))
    assert (
        "begins with 'GET / HTTP/1.1', which is not an answer, but a request: is that an echo?"
        in text
    )


def test_a_server_that_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with liar(lambda sock: (read_head(sock), sock.recv(1))) as url:
        text = trouble(capsys, "connect", url, "--timeout", "0.2")
    assert "longer than 0.2 s" in text


@pytest.mark.parametrize(
    "answer", [b"", b"220 mail.example ESMTP\r\n", b"\x15\x03\x03\x00\x02\x02\x46"]
)
def test_a_server_that_speaks_something_else(
    answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(sock: socket.socket) -> None:
        read_head(sock)
        sock.sendall(answer)

    with liar(say) as url:
        assert connect(capsys, url).isprintable()


def test_no_tls_there(capsys: pytest.CaptureFixture[str]) -> None:
    with ws_echo.serve() as server:
        assert "No TLS with" in connect(capsys, server.url.replace("ws", "wss"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("127.0.0.1:15000", "should begin with tcp://, ws:// or wss://"),
        ("http://127.0.0.1:15000/", "should begin with tcp://, ws:// or wss://"),
        ("ws:127.0.0.1", "should begin with tcp://"),
        ("", "should begin with tcp://"),
        ("tcp://127.0.0.1", "names no usable port"),
        ("tcp://:15000", "names no host"),
        ("ws://127.0.0.1:99999/", "not a usable URL"),
        ("ws://127.0.0.1:0/", "names no usable port"),
        ("ws://a b/", "has a space"),
        ("ws://127.0.0.1:1/#top", "has a fragment"),
        ("ws://me@127.0.0.1:1/", "has a user name"),
        ("ws://127.0.0.1:1/\udcff", "a control character"),
        ("ws://[::1/", "not a usable URL"),
        ("WS://a..b:1/", "a..b"),
    ],
)
def test_urls_that_cannot_be_used(
    url: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in connect(capsys, url)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["tcp://127.0.0.1:1", "--origin", "a"], "--origin belongs to ws:// or wss://, not tcp://"),
        (["tcp://127.0.0.1:1", "--subprotocol", "a"], "--subprotocol belongs to ws://"),
        (["ws://127.0.0.1:1", "--cafile", "a"], "--cafile belongs to wss://, not ws://"),
        (["ws://127.0.0.1:1", "--subprotocol", "a b"], "subprotocols are different tokens"),
        (["ws://127.0.0.1:1", "--origin", "a\r\nb: c"], "cannot stand in a header field"),
        (["wss://127.0.0.1:1", "--cafile", "/no/such.pem"], "Cannot read /no/such.pem: No such"),
        (["wss://127.0.0.1:1", "--cafile", os.curdir], "Cannot read .: "),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_options_that_cannot_be(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in trouble(capsys, "connect", *words)


def test_a_file_without_certificates(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    text = trouble(capsys, "connect", "wss://127.0.0.1:1", "--cafile", files.text)
    assert f"{files.text} holds no certificates in PEM" in text


def test_the_options_of_connect_reach_the_server() -> None:
    heads: list[bytes] = []
    with liar(lambda sock: heads.append(read_head(sock))) as url:
        words = ("--origin", "http://a.example", "--subprotocol", "chat", "--subprotocol", "news")
        assert main(["connect", url, *words]) == 2
    assert b"\r\nOrigin: http://a.example\r\n" in heads[0]
    assert b"\r\nSec-WebSocket-Protocol: chat, news\r\n" in heads[0]


def test_a_recording_knows_only_what_the_stream_carried() -> None:
    """The tap of --tap and --explain keeps nothing, so it cannot fill the memory."""
    recording = Recording(max_total=0)
    with ws_echo.serve() as server, ws_echo.connect(server.url, tap=recording) as ws:
        assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]
    assert len(recording) == 0
    assert recording.cut > 0
