"""Where the body of a message ends (RFC 9112 §6.3), in any pieces."""

from __future__ import annotations

import pytest

from wslab.protocol.errors import HandshakeError
from wslab.protocol.grammar import Parser, Reader
from wslab.protocol.http import Headers, Request, Response, has_no_body, read_body

CHUNKS = b"5\r\nHello\r\n6;name=value\r\n World\r\n0\r\nTrailer: x\r\n\r\n"


def body_of(data: bytes, *fields: tuple[str, str], to_end: bool, cut: int) -> tuple[bytes, bool]:
    """The body, and whether it has ended; the data comes in pieces of ``cut`` bytes."""
    pieces: list[bytes] = []
    ended: list[bool] = []

    def parser() -> Parser[None]:
        yield from read_body(Headers(fields), to_end, pieces.append)
        ended.append(True)

    reader = Reader(parser())
    for at in range(0, len(data), cut):
        reader.feed(data[at : at + cut])
    return b"".join(pieces), bool(ended)


@pytest.mark.parametrize("cut", [1, 3, 1000])
@pytest.mark.parametrize(
    ("fields", "to_end", "data", "body", "ended"),
    [
        ([("Content-Length", "5")], True, b"Hello", b"Hello", True),
        ([("Content-Length", "5"), ("Content-Length", "5")], False, b"Hello", b"Hello", True),
        ([("Content-Length", "9")], True, b"Hello", b"Hello", False),
        ([("Content-Length", "5"), ("Content-Length", "6")], True, b"Hello", b"Hello", False),
        ([("Content-Length", "five")], True, b"Hello", b"Hello", False),
        ([], True, b"Hello", b"Hello", False),
        ([], False, b"", b"", True),
        ([("Transfer-Encoding", "chunked")], True, CHUNKS, b"Hello World", True),
        ([("Transfer-Encoding", "gzip, Chunked")], False, CHUNKS, b"Hello World", True),
        ([("Transfer-Encoding", "gzip")], True, b"\x1f\x8b", b"\x1f\x8b", False),
    ],
)
def test_a_body_ends_where_its_fields_say(
    fields: list[tuple[str, str]], to_end: bool, data: bytes, body: bytes, ended: bool, cut: int
) -> None:
    assert body_of(data, *fields, to_end=to_end, cut=cut) == (body, ended)


@pytest.mark.parametrize("size", [b"", b"five", b"-1", b"5 5", b"0x5"])
def test_a_chunk_without_a_size_is_refused(size: bytes) -> None:
    chunked = ("Transfer-Encoding", "chunked")
    with pytest.raises(HandshakeError, match="size of a chunk"):
        body_of(size + b"\r\nHello\r\n", chunked, to_end=True, cut=100)


@pytest.mark.parametrize(
    ("method", "status", "none"),
    [
        ("HEAD", 200, True), ("GET", 101, True), ("GET", 103, True), ("GET", 204, True),
        ("GET", 304, True), ("CONNECT", 200, True), ("CONNECT", 407, False), ("GET", 200, False),
        ("", 404, False),
    ],
)  # fmt: skip
def test_some_responses_end_with_their_head(method: str, status: int, none: bool) -> None:
    request = Request(method, "/", (1, 1), Headers(())) if method else None
    assert has_no_body(Response(status, "", Headers(())), request) is none
