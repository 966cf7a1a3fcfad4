"""The text view: 80 columns whatever crosses, readable without colour, harmless with it."""

import hashlib
import io
import os
import re
import sys
from collections.abc import Iterator

import pytest

from tests.protocol.streams import (
    BINARY,
    KEY,
    RFC_REQUEST,
    RFC_RESPONSE,
    TEXT,
    close_frame,
    frame,
    need,
)
from wslab.observe.dissect import dissect
from wslab.observe.fields import Field, Item
from wslab.observe.recording import Recording
from wslab.protocol.rfc import Role
from wslab.views.columns import columns
from wslab.views.text import explain, explain_item, hexdump, ladder, side_by_side, wants_color

need("hypothesis")
from hypothesis import example, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

thorough = settings(deadline=None, max_examples=50, derandomize=True)
COLOR = re.compile(r"\x1b\[[0-9;]*m")


def item(*raws: bytes, start: int = 0, label: str = "bytes", summary: str = "an item") -> Item:
    fields = []
    for raw in raws:
        fields.append(Field(start, raw, label, "value", "meaning", "5.2"))
        start += len(raw)
    return Item(Role.CLIENT, 0.0, "bytes", summary, tuple(fields))


# ---------------------------------------------------------------- one frame, word for word


HELLO = """\
client -> server  text 'Hello'                                          11 bytes
     0  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=..MQX

    at  bytes        field                  value and meaning              RFC
     0  81 85        frame header           text, masked                     5.2
        1... .... .... ....  FIN      1  the last frame of its message
        .0.. .... .... ....  RSV1     0  no extension
        ..0. .... .... ....  RSV2     0  no extension
        ...0 .... .... ....  RSV3     0  no extension
        .... 0001 .... ....  opcode   1  text
        .... .... 1... ....  MASK     1  masked: only a client may
        .... .... .000 0101  length   5  bytes of payload
     2  37 fa 21 3d  masking key            37 fa 21 3d                      5.3
                                            XORed over the payload; new
                                            and random for each frame
     6  7f 9f 4d ..  payload                'Hello'                          5.2
                                            text in UTF-8, XOR with the
                                            key undone"""


def test_a_frame_as_a_learner_sees_it() -> None:
    data = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")
    assert explain(dissect(data)).split() == HELLO.split()
    dump, table = explain(dissect(data)).split("\n\n")
    assert dump.splitlines()[1:] == HELLO.split("\n\n")[0].splitlines()[1:]
    assert table == HELLO.split("\n\n")[1]
    assert str(dissect(data)) == repr(dissect(data)) == explain(dissect(data))


def test_the_time_stands_beside_what_was_recorded() -> None:
    [first, *_] = explain_item(item(b"x")._replace(time=1.2345)).splitlines()
    assert first.endswith("1 byte, 1234.5 ms")
    assert len(first) == 80


# ---------------------------------------------------------------- the dump


def test_rows_of_sixteen() -> None:
    data = bytes(range(60, 60 + 40))
    assert hexdump(item(data[:20], data[20:], start=0x100).fields) == [
        "   100  3c 3d 3e 3f 40 41 42 43  44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK",
        "   110  4c 4d 4e 4f 50 51 52 53  54 55 56 57 58 59 5a 5b  LMNOPQRSTUVWXYZ[",
        "   120  5c 5d 5e 5f 60 61 62 63                           \\]^_`abc",
    ]
    assert hexdump([]) == []


def test_what_cannot_be_printed_is_a_dot() -> None:
    [row] = hexdump(item(b"a\x1b\x07\n\xff~\x7f").fields)
    assert row.endswith("a....~.")


def test_a_large_item_is_folded() -> None:
    data = os.urandom(1000)
    rows = hexdump(item(data).fields)
    assert len(rows) == 10
    assert rows[-1].startswith("   3e0"), "the last row is shown"
    hidden = 1000 - 8 * 16 - 8
    digest = hashlib.sha256(data).hexdigest()
    assert rows[8] == f"        ... {hidden} bytes folded; SHA-256 of all 1000 begins {digest[:16]}"
    assert len(hexdump(item(bytes(256)).fields)) == 16, "up to 16 rows are not"
    assert len(hexdump(item(bytes(257)).fields)) == 10


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 256, 257, 300])
@pytest.mark.parametrize("color", [False, True])
def test_all_bytes_that_are_not_folded_are_there(size: int, color: bool) -> None:
    data = os.urandom(size)
    rows = [COLOR.sub("", row) for row in hexdump(item(data[:5], data[5:]).fields, color)]
    shown = bytes.fromhex("".join(row[8:56] for row in rows if "folded" not in row))
    folded = [int(match[1]) for row in rows if (match := re.search(r"(\d+) bytes folded", row))]
    assert len(shown) + sum(folded) == size
    assert shown == (data if not folded else data[:128] + data[128 + folded[0] :])


def test_folding_does_not_draw_what_it_hides() -> None:
    """Sixteen megabytes take no longer than their digest."""
    large = dissect(frame(BINARY, bytes(2**24)))
    assert explain(large, color=True).count("\n") < 40


# ---------------------------------------------------------------- 80 columns


def check(text: str) -> None:
    plain = COLOR.sub("", text)
    for line in plain.splitlines():
        assert columns(line) <= 80, line
    assert plain.replace("\n", "").isprintable(), "a peer's bytes must not act on the terminal"


names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=60)
values = st.text(max_size=200) | st.text("xyz", min_size=50, max_size=200)


@st.composite
def conversations(draw: st.DrawFn) -> Recording:
    recording = Recording(clock=lambda: 0.0)
    line = f"{draw(names)}: {draw(values)}".encode("latin-1", "replace").replace(b"\n", b"")
    recording.add(Role.CLIENT, RFC_REQUEST[:-2] + line + b"\r\n\r\n")
    recording.add(Role.SERVER, RFC_RESPONSE)
    payload = draw(values).encode("utf-8", "replace")
    recording.add(Role.SERVER, frame(draw(st.sampled_from([TEXT, BINARY])), payload))
    recording.add(Role.CLIENT, close_frame(4000, "回声\x1b[2J".encode() * 5, KEY))
    recording.add(Role.SERVER, draw(st.binary(max_size=300)))
    return recording


@thorough
@given(conversations(), st.booleans())
def test_never_wider_than_80_columns(recording: Recording, color: bool) -> None:
    found = dissect(recording)
    check(explain(found, color))
    both = ladder(found)
    assert all(columns(line) <= 38 for line in both)
    check(side_by_side(both, both))
    check(explain(dissect(recording, "tcp"), color))


@thorough
@given(conversations())
def test_without_its_colours_it_is_the_plain_text(recording: Recording) -> None:
    found = dissect(recording)
    colored = explain(found, color=True)
    assert COLOR.sub("", colored) == explain(found)
    assert colored != explain(found)
    for line in colored.splitlines():
        codes = COLOR.findall(line)
        assert not codes or codes[-1] == "\x1b[0m", "no colour runs into the next line"


@thorough
@given(st.text(max_size=100), st.text(max_size=100), st.integers(0, 2**40))
@example("a" * 100, "\x1b]0;title\x07", 2**40)
def test_whatever_the_fields_say(label: str, summary: str, start: int) -> None:
    check(explain_item(item(b"some", b"bytes", start=start, label=label, summary=summary), True))


def test_a_wide_stream_of_large_items() -> None:
    items = [item(bytes(10**6), summary="回" * 60)] * 2
    assert [columns(line) for line in ladder(items)] == [37, 37], "38 would cut a letter in two"
    rows = side_by_side(ladder(items), ladder(items)).splitlines()
    assert {columns(row) for row in rows} == {39 + 2 + 37}


@pytest.mark.parametrize(
    "evil", [b"\x1b[2J\x1b]0;owned\x07", b"\x9b31m", b"\r\x08\x08overwritten", b"a\x00b\x7f"]
)
def test_escapes_do_not_reach_the_terminal(evil: bytes) -> None:
    in_a_header = RFC_REQUEST[:-2] + b"X-Evil: " + evil + b"\r\n\r\n"
    in_the_first_line = b"GET /" + evil + b" HTTP/1.1\r\n\r\n"
    in_a_name = RFC_REQUEST[:-2] + evil + b": x\r\n\r\n"
    for data in (in_a_header, in_the_first_line, in_a_name, frame(TEXT, evil), evil * 9):
        found = dissect(data)
        check(explain(found))
        check("\n".join(ladder(found)))


# ---------------------------------------------------------------- colours


def test_no_colour_unless_asked_for() -> None:
    assert "\x1b" not in explain(dissect(RFC_REQUEST))


def test_neighbours_have_different_colours() -> None:
    text = explain(dissect(frame(TEXT, b"Hello", KEY)), color=True)
    dump = text.splitlines()[1]
    paints = list(dict.fromkeys(re.findall(r"\x1b\[3\dm", dump)))
    assert len(paints) == 3, "header, key, payload"
    for paint, label in zip(paints, ("frame header", "masking key", "payload"), strict=True):
        assert f"{paint}{label}\x1b[0m" in text, "the same colour in the dump and in the table"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


def test_a_terminal_that_can_gets_colours(terminal: Terminal) -> None:
    assert wants_color(terminal)
    assert not wants_color(io.StringIO()), "a file or a pipe does not"


def test_no_color_is_obeyed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color(terminal)
    monkeypatch.setenv("NO_COLOR", "")
    assert wants_color(terminal), "no-color.org: when present and not an empty string"


def test_a_dumb_terminal_gets_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_color(terminal)


def test_the_old_console_of_windows_gets_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("TERM")
    monkeypatch.delenv("WT_SESSION", raising=False)
    monkeypatch.delenv("ANSICON", raising=False)
    assert not wants_color(terminal)
    monkeypatch.setenv("WT_SESSION", "1")
    assert wants_color(terminal)
