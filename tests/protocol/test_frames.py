"""A frame: the bytes of §5.7 verbatim, and every header that §5.2 and §5.5 forbid."""

import pytest

from tests.protocol.streams import (
    BINARY,
    CLOSE,
    CONTINUATION,
    KEY,
    PING,
    PONG,
    TEXT,
    frame,
)
from wslab.protocol.errors import ProtocolError
from wslab.protocol.frames import Header, encode_frame, read_header
from wslab.protocol.grammar import Parser, Reader
from wslab.protocol.rfc import Opcode

# §5.7, "Examples", in its order: (what the RFC calls it, its bytes, opcode, payload, key, fin)
EXAMPLES = [
    ("A single-frame unmasked text message", "81 05 48 65 6c 6c 6f", TEXT, b"Hello", b"", True),
    ("A single-frame masked text message", "81 85 37 fa 21 3d 7f 9f 4d 51 58",
     TEXT, b"Hello", KEY, True),
    ("A fragmented unmasked text message, 1", "01 03 48 65 6c", TEXT, b"Hel", b"", False),
    ("A fragmented unmasked text message, 2", "80 02 6c 6f", CONTINUATION, b"lo", b"", True),
    ("Unmasked Ping request", "89 05 48 65 6c 6c 6f", PING, b"Hello", b"", True),
    ("masked Ping response", "8a 85 37 fa 21 3d 7f 9f 4d 51 58", PONG, b"Hello", KEY, True),
    ("256 bytes binary message", "82 7E 0100" + 256 * "61", BINARY, 256 * b"a", b"", True),
    ("64KiB binary message", "82 7F 0000000000010000" + 65536 * "61",
     BINARY, 65536 * b"a", b"", True),
]  # fmt: skip
examples = pytest.mark.parametrize(
    ("wire", "opcode", "payload", "key", "fin"),
    [row[1:] for row in EXAMPLES],
    ids=[row[0] for row in EXAMPLES],
)


def header_of(data: bytes, masked: bool | None = None) -> Header:
    """Read a header, and nothing behind it."""
    headers: list[Header] = []

    def parser() -> Parser[None]:
        headers.append((yield from read_header(masked)))

    reader = Reader(parser())
    reader.feed(data)
    assert reader.want is None, "the header is not complete"
    return headers[0]


@examples
def test_writing_the_examples_of_the_rfc(
    wire: str, opcode: int, payload: bytes, key: bytes, fin: bool
) -> None:
    assert encode_frame(opcode, payload, key, fin) == bytes.fromhex(wire)


@examples
def test_reading_the_examples_of_the_rfc(
    wire: str, opcode: int, payload: bytes, key: bytes, fin: bool
) -> None:
    header = header_of(bytes.fromhex(wire), masked=bool(key))
    assert header == Header(fin, Opcode(opcode), len(payload), key)
    assert type(header.opcode) is Opcode


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65534, 65535, 65536, 65537])
@pytest.mark.parametrize("key", [b"", KEY], ids=["unmasked", "masked"])
def test_lengths_around_the_borders(size: int, key: bytes) -> None:
    wire = encode_frame(BINARY, bytes(size), key)
    assert wire == frame(BINARY, bytes(size), key)
    assert header_of(wire) == Header(True, Opcode.BINARY, size, key)


def test_every_first_byte_there_is() -> None:
    for first in range(256):
        fin, rsv, opcode = first >> 7, first & 0x70, first & 0x0F
        if rsv or opcode not in (0, 1, 2, 8, 9, 10) or (opcode >= 8 and not fin):
            with pytest.raises(ProtocolError) as caught:
                header_of(bytes([first, 0]))
            assert caught.value.code == 1002
            # §5.2 for bits and opcodes; that a control frame is no fragment stands in §5.5.
            reserved = rsv or opcode not in (0, 1, 2, 8, 9, 10)
            assert caught.value.section == ("5.2" if reserved else "5.5")
        else:
            assert header_of(bytes([first, 0])) == Header(bool(fin), Opcode(opcode), 0, b"")


@pytest.mark.parametrize(
    ("wire", "masked", "section", "text"),
    [
        ("c1 00", None, "5.2", "RSV1 is set, but no extension was negotiated"),
        ("f1 00", None, "5.2", "RSV1 and RSV2 and RSV3 is set"),
        ("83 00", None, "5.2", "opcode 3 is reserved"),
        ("8b 00", None, "5.2", "opcode 11 is reserved"),
        ("09 00", None, "5.5", "a control frame must not be fragmented"),
        ("81 00", True, "5.1", "the frame is not masked, but a client masks every frame"),
        ("81 80 37fa213d", False, "5.1", "the frame is masked, but a server masks no frame"),
        ("89 7e 007e", None, "5.5", "a control frame carries at most 125 bytes"),
        ("88 7f 0000000000010000", None, "5.5", "a control frame carries at most 125 bytes"),
        ("82 7e 0000", None, "5.2", "length 0 is not in its shortest form"),
        ("82 7e 007d", None, "5.2", "length 125 is not in its shortest form"),
        ("82 7f 000000000000ffff", None, "5.2", "length 65535 is not in its shortest form"),
        ("82 7f 8000000000000000", None, "5.2", "the top bit of the 64-bit length is set"),
        ("82 7f ffffffffffffffff", None, "5.2", "the top bit of the 64-bit length is set"),
    ],
)
def test_headers_that_are_refused(wire: str, masked: bool | None, section: str, text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        header_of(bytes.fromhex(wire), masked)
    assert (caught.value.code, caught.value.section) == (1002, section)
    assert caught.value.reason.startswith(text)


@pytest.mark.parametrize(
    ("wire", "length"),
    [("82 7e 007e", 126), ("82 7e ffff", 65535), ("82 7f 7fffffffffffffff", 2**63 - 1)],
)
def test_the_shortest_form_of_a_length(wire: str, length: int) -> None:
    assert header_of(bytes.fromhex(wire)).length == length


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_a_control_frame_of_125_bytes_is_fine(opcode: int) -> None:
    assert header_of(frame(opcode, bytes(125), KEY), masked=True).length == 125
