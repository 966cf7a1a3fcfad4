"""A parser asks, a reader brings: in pieces, glued, and with every byte shown under its label."""

import pytest

from wslab.protocol.grammar import EXACTLY, LINE, PARTLY, FieldType, Parser, Reader

SIZE, WORD, BODY = FieldType("size", "1"), FieldType("word", "2"), FieldType("body", "3")


def greeting(got: list[bytes]) -> Parser[None]:
    """One byte that says how long the body is; a line; the body as it comes."""
    size = (yield SIZE, 1, EXACTLY)[0]
    got.append((yield WORD, 10, LINE))
    while size:
        piece = yield BODY, size, PARTLY
        got.append(piece)
        size -= len(piece)


def test_all_at_once() -> None:
    got: list[bytes] = []
    reader = Reader(greeting(got))
    assert reader.want == (SIZE, 1, EXACTLY)
    reader.feed(b"\x04hello\nbody")
    assert got == [b"hello\n", b"body"]
    assert reader.want is None


def test_byte_by_byte() -> None:
    got: list[bytes] = []
    reader = Reader(greeting(got))
    for byte in b"\x04hello\nbody":
        reader.feed(bytes([byte]))
    assert got == [b"hello\n", b"b", b"o", b"d", b"y"]


def test_what_is_incomplete_is_held() -> None:
    reader = Reader(greeting([]))
    assert reader.held == 0
    reader.feed(b"\x01hel")
    assert reader.held == 3
    reader.feed(b"")
    assert reader.held == 3
    assert reader.want == (WORD, 10, LINE)
    reader.feed(b"lo\n")
    assert reader.held == 0
    assert reader.want == (BODY, 1, PARTLY)


@pytest.mark.parametrize("pieces", [[b"\x00" + b"x" * 12], [b"\x00xxxx", b"xxx", b"xxxxx"]])
def test_a_line_that_is_too_long_comes_without_its_end(pieces: list[bytes]) -> None:
    got: list[bytes] = []
    reader = Reader(greeting(got))
    for piece in pieces:
        reader.feed(piece)
    assert got == [b"x" * 10]


def test_a_line_that_just_fits() -> None:
    got: list[bytes] = []
    Reader(greeting(got)).feed(b"\x00xxxxxxxxx\n")
    assert got == [b"xxxxxxxxx\n"]


def test_after_the_end_nothing_is_read_or_kept() -> None:
    reader = Reader(greeting([]))
    reader.feed(b"\x00\nand more")
    reader.feed(b"and more")
    assert (reader.want, reader.held) == (None, 0)


def test_a_parser_that_wants_nothing() -> None:
    def parser() -> Parser[None]:
        yield from ()

    reader = Reader(parser())
    reader.feed(b"x")
    assert (reader.want, reader.held) == (None, 0)


def test_each_field_is_shown_under_its_label() -> None:
    shown: list[tuple[str, bytes]] = []
    reader = Reader(greeting([]), lambda field, data: shown.append((field.label, data)))
    reader.feed(b"\x03hi")
    reader.feed(b"\nab")
    reader.feed(b"c more")
    assert shown == [("size", b"\x03"), ("word", b"hi\n"), ("body", b"ab"), ("body", b"c")]


def test_a_fault_ends_the_parser_and_reaches_the_caller() -> None:
    shown: list[bytes] = []

    def parser() -> Parser[None]:
        yield SIZE, 2, EXACTLY
        raise RuntimeError("I do not like these two bytes")

    reader = Reader(parser(), lambda _, data: shown.append(data))
    with pytest.raises(RuntimeError, match="these two bytes"):
        reader.feed(b"abc")
    reader.feed(b"def")
    assert shown == [b"ab"]  # the bytes at fault are shown; what comes after them is not read
    assert (reader.want, reader.held) == (None, 0)
