"""The shortcut reads whole messages side by side; all the rest it leaves to the grammar."""

import pytest

from tests.protocol.streams import BINARY, CLOSE, CONTINUATION, KEY, PING, TEXT, frame
from wslab.protocol.shortcut import whole_messages

HELLO = frame(TEXT, b"Hello", KEY)


def read(data: bytes, start: int = 0, longest: int = 100_000) -> tuple[list[object], int]:
    messages: list[object] = []
    end = whole_messages(data, start, True, longest, messages)
    return messages, end


def test_messages_side_by_side() -> None:
    data = HELLO + frame(BINARY, b"\xff", KEY) + frame(TEXT, b"", KEY)
    assert read(data) == (["Hello", b"\xff", ""], len(data))
    assert read(data, start=len(HELLO)) == ([b"\xff", ""], len(data))
    assert read(b"") == ([], 0)


@pytest.mark.parametrize("size", [0, 125, 126, 127, 65535, 65536, 70_000])
@pytest.mark.parametrize("key", [b"", KEY], ids=["unmasked", "masked"])
def test_lengths(size: int, key: bytes) -> None:
    messages: list[object] = []
    data = frame(BINARY, bytes(size), key)
    assert whole_messages(data, 0, bool(key), size, messages) == len(data)
    assert messages == [bytes(size)]


@pytest.mark.parametrize(
    "other",
    [
        *(HELLO[:size] for size in range(len(HELLO))),
        frame(TEXT, bytes(200), KEY)[:3],
        frame(TEXT, bytes(200), KEY)[:100],
        frame(BINARY, bytes(65536), KEY),
        frame(BINARY, bytes(1001), KEY),
        frame(TEXT, b"a", KEY, fin=False),
        frame(CONTINUATION, b"a", KEY),
        frame(PING, b"a", KEY),
        frame(CLOSE, b"", KEY),
        frame(TEXT, b"not masked"),
        frame(TEXT, b"\xff", KEY),
        frame(3, b"a", KEY),
        b"\xc1" + HELLO[1:],
        bytes.fromhex("81fe0005") + HELLO[2:],
        bytes.fromhex("81ff0000000000000005") + HELLO[2:],
        bytes.fromhex("81ff8000000000000005") + HELLO[2:],
        frame(BINARY, bytes(65536), KEY)[:5],
        frame(BINARY, bytes(65536), KEY)[:9],
        frame(BINARY, bytes(65536), KEY)[:-1],
    ],
    ids=lambda data: f"{len(data)}:{data[:10].hex()}",
)
def test_what_is_left_to_the_grammar(other: bytes) -> None:
    assert read(HELLO + other, longest=1000) == (["Hello"], len(HELLO))


def test_a_client_expects_no_masks() -> None:
    messages: list[object] = []
    assert whole_messages(HELLO, 0, False, 100, messages) == 0
    assert messages == []
