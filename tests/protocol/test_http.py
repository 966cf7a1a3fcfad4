"""The head of an HTTP message: read strictly, in any pieces, and never for long."""

import pytest

from tests.protocol.streams import RFC_REQUEST, RFC_RESPONSE
from wslab.protocol.errors import HandshakeError
from wslab.protocol.grammar import Parser, Reader
from wslab.protocol.http import MAX_HEAD, Headers, Request, Response, read_request, read_response


def request_of(data: bytes, max_head: int = MAX_HEAD) -> Request | None:
    """Read the head of a request; None if its end is missing."""
    heads: list[Request] = []

    def parser() -> Parser[None]:
        heads.append((yield from read_request(max_head)))

    Reader(parser()).feed(data)
    return heads[0] if heads else None


def response_of(data: bytes, max_head: int = MAX_HEAD) -> Response | None:
    """Read the head of a response; None if its end is missing."""
    heads: list[Response] = []

    def parser() -> Parser[None]:
        heads.append((yield from read_response(max_head)))

    Reader(parser()).feed(data)
    return heads[0] if heads else None


def test_the_request_of_the_rfc() -> None:
    request = request_of(RFC_REQUEST)
    assert request is not None
    assert request[:3] == ("GET", "/chat", (1, 1))
    assert len(request.headers) == 7
    assert request.headers.get("host") == "server.example.com"
    assert request.headers.members("Sec-WebSocket-Protocol") == ["chat", "superchat"]
    assert request.encode() == RFC_REQUEST


def test_the_response_of_the_rfc() -> None:
    response = response_of(RFC_RESPONSE)
    assert response is not None
    assert (response.status, response.phrase) == (101, "Switching Protocols")
    assert response.headers.get("SEC-WEBSOCKET-ACCEPT") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert response.encode() == RFC_RESPONSE


@pytest.mark.parametrize(
    ("line", "status", "phrase"),
    [
        (b"HTTP/1.1 404 Not Found", 404, "Not Found"),
        (b"HTTP/1.0 200 ", 200, ""),
        (b"HTTP/1.1 500", 500, ""),
    ],
)
def test_status_lines(line: bytes, status: int, phrase: str) -> None:
    response = response_of(line + b"\r\n\r\n")
    assert response is not None
    assert response[:2] == (status, phrase)


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"\r\nGET / HTTP/1.1\r\n\r\n", "it is blank"),
        (b"GET /\r\n\r\n", "the path or the version is missing"),
        (b"GET\r\n\r\n", "the path or the version is missing"),
        (b"GET  / HTTP/1.1\r\n\r\n", "a space too many"),
        (b"GET / HTTP/1.1 \r\n\r\n", "a space too many"),
        (b"GET /a b HTTP/1.1\r\n\r\n", "%20"),
        (b"GET /\xe9 HTTP/1.1\r\n\r\n", "percent-encoded"),
        (b"GET / HTTP/11\r\n\r\n", "the version is not written like"),
        (b"GET / http/1.1\r\n\r\n", "the version is not written like"),
        (b"G@T / HTTP/1.1\r\n\r\n", "'@' cannot be in a method"),
        (b"Hello, server\r\n\r\n", "is not a request line"),
        (b"GET / HTTP/1.1\n\n", "ends with LF alone"),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", "ends with LF alone"),
        (b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "control character in it: CR without LF"),
        (b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "control character in it: CR without LF"),
        (b"GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n", "control character in it: NUL"),
        (b"GET / HTTP/1.1\r\nHost: \x1b[2J\r\n\r\n", "control character in it: 1b"),
        (b"GET / HTTP/1.1\r\nHost\r\n\r\n", "it has no colon"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "a space before its colon"),
        (b"GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", "a space before its colon"),
        (b"GET / HTTP/1.1\r\n: a\r\n\r\n", "no name before its colon"),
        (b"GET / HTTP/1.1\r\n : a\r\n\r\n", "begins with a space"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "obs-fold"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\tfolded: b\r\n\r\n", "obs-fold"),
        (b"GET / HTTP/1.1\r\nMy Host: a\r\n\r\n", "' ' cannot be in a name"),
        (b"GET / HTTP/1.1\r\nH\xf6st: a\r\n\r\n", r"'\\xf6' cannot be in a name"),
        (b"GET / HTTP/1.1\r\n(Host): a\r\n\r\n", r"'\(' cannot be in a name"),
    ],
)
def test_requests_that_are_refused(head: bytes, text: str) -> None:
    with pytest.raises(HandshakeError, match=text) as caught:
        request_of(head)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "begins with 'SSH-2.0-OpenSSH_9.6', which is not HTTP"),
        (b"HTTP/1.1 abc\r\n", "which is not HTTP"),
        (b"HTTP/1.1 1010 x\r\n", "which is not HTTP"),
        (b"\x81\x05Hello\n", "ends with LF alone"),
        (b"x" * 16384, "too large"),
    ],
)
def test_answers_that_are_not_http(head: bytes, text: str) -> None:
    with pytest.raises(HandshakeError, match=text) as caught:
        response_of(head)
    assert caught.value.status == 0  # there was no HTTP answer


def test_what_is_quoted_in_an_error_is_short_and_harmless() -> None:
    with pytest.raises(HandshakeError) as caught:
        request_of(b"\xe9\x9b" + 100 * b"x" + b"\r\n")
    assert r"'\xe9\x9bxxx" in caught.value.reason
    assert "xxx...' is not" in caught.value.reason
    assert caught.value.reason.isascii()
    assert len(caught.value.reason) < 120


@pytest.mark.parametrize("max_head", [200, 1000, MAX_HEAD])
def test_the_limit_counts_every_byte_of_the_head(max_head: int) -> None:
    def head(size: int) -> bytes:
        return b"GET / HTTP/1.1\r\nA: b\r\nC: %s\r\n\r\n" % (b"x" * (size - 29))

    assert len(head(max_head)) == max_head
    assert request_of(head(max_head), max_head) is not None
    with pytest.raises(HandshakeError, match="too large") as caught:
        request_of(head(max_head + 1), max_head)
    assert caught.value.status == 431


@pytest.mark.parametrize(
    "head",
    [b"GET /" + b"x" * 300, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50, b"GET / HTTP/1.1\r\n" * 1],
    ids=["a line without end", "fields without end", "a head that fills up"],
)
def test_a_head_without_end_is_refused_when_the_limit_is_reached(head: bytes) -> None:
    with pytest.raises(HandshakeError) as caught:
        request_of(head + b"A" * 200, max_head=200)
    assert caught.value.status == 431


@pytest.mark.parametrize(
    ("value", "members"),
    [
        ("", []),
        (" , ,", []),
        ("Upgrade", ["Upgrade"]),
        ("keep-alive ,\tUpgrade", ["keep-alive", "Upgrade"]),
        ('a; b="1, 2", c', ['a; b="1, 2"', "c"]),
        (r'a; b="\", c", d', [r'a; b="\", c"', "d"]),
        ('a, "b, c', ["a", '"b, c']),  # quotes that never end
        ('a, "b\\', ["a", '"b\\']),
    ],
)
def test_lists(value: str, members: list[str]) -> None:
    assert Headers([("X", value)]).members("x") == members


def test_several_fields_are_one_list() -> None:
    headers = Headers([("A", "1, 2"), ("B", "x"), ("a", "3")])
    assert headers.all("A") == ["1, 2", "3"]
    assert headers.get("A") == "1, 2, 3"
    assert headers.members("a") == ["1", "2", "3"]
    assert headers.has_token("b", "X")
    assert not headers.has_token("b", "y")
    assert headers.get("c") is None
    assert headers.members("c") == []


# Each of these once took seconds: a regular expression went back and tried again. A second is much
# more than a millisecond, so this can fail only for that reason, however busy the machine is.
@pytest.mark.timeout(20)
@pytest.mark.parametrize("value", ['\\"' * 8000, '"\\' * 8000, "x" + " " * 16000 + "x"])
def test_no_header_field_takes_long(value: str) -> None:
    for _ in range(20):
        request = request_of(f"GET / HTTP/1.1\r\nA: {value}\r\n\r\n".encode())
        assert request is not None
        assert request.headers.get("A") == value
        assert request.headers.members("A") == [value]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("line", ["A:" + " " * 16000 + "\x01", "A" * 16000 + "\x01: b"])
def test_no_header_field_takes_long_to_be_refused(line: str) -> None:
    for _ in range(20):
        with pytest.raises(HandshakeError):
            request_of(f"GET / HTTP/1.1\r\n{line}\r\n\r\n".encode(), 2**15)
