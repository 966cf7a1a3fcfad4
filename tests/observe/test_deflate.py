"""Compressed messages of others: the examples of RFC 7692, and what stays forbidden."""

from __future__ import annotations

import zlib

import pytest

from tests.observe.test_dissect import bytes_of, record, summaries
from tests.protocol.streams import CLOSE, KEY, PING, RFC_REQUEST, RFC_RESPONSE, TEXT, frame
from wslab.observe import deflate
from wslab.observe.dissect import Dissection, dissect
from wslab.protocol.connection import Connection
from wslab.protocol.events import Failed
from wslab.protocol.rfc import Role

C, S = Role.CLIENT, Role.SERVER

FIELD = b"Sec-WebSocket-Extensions: %s\r\n\r\n"
OFFER = RFC_REQUEST[:-2] + FIELD % b"permessage-deflate; client_max_window_bits, x-other"
AGREED = RFC_RESPONSE[:-2] + FIELD % b"permessage-deflate"

HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")
AGAIN = bytes.fromhex("f2 00 11 00 00")  # the same once more: it points back to the first


def compressed(payload: bytes, opcode: int = TEXT, key: bytes = b"", fin: bool = True) -> bytes:
    """A frame with RSV1, as §6.1 of RFC 7692 has it."""
    whole = frame(opcode, payload, key, fin=fin)
    return bytes([whole[0] | deflate.RSV1]) + whole[1:]


def talk(*said: tuple[Role, bytes], response: bytes = AGREED) -> Dissection:
    """What comes behind the handshake, after a look that every byte is there once."""
    recording = record((C, OFFER), (S, response), *said)
    found = dissect(recording)
    for role in Role:
        assert bytes_of(found.items, role) == recording.stream(role)
    assert [item.kind for item in found][:2] == ["handshake"] * 2
    return Dissection(found.items[2:])


def unparsed(found: Dissection) -> list[str]:
    return [item.summary for item in found if item.kind != "frame"]


# §7.2.3 of RFC 7692, example by example.
EXAMPLES = {
    "one block": ["c1 07 f2 48 cd c9 c9 07 00"],
    "two fragments": ["41 03 f2 48 cd", "80 04 c9 c9 07 00"],
    "the context is shared": ["c1 07 f2 48 cd c9 c9 07 00", "c1 05 f2 00 11 00 00"],
    "a block without compression": ["c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00"],
    "a final block": ["c1 08 f3 48 cd c9 c9 07 00 00"],
    "two blocks": ["c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00"],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_rfc_7692(name: str) -> None:
    frames = EXAMPLES[name]
    found = talk(*((S, bytes.fromhex(text)) for text in frames))
    assert unparsed(found) == []
    payloads = [item.fields[-1] for item in found]
    assert {field.label for field in payloads} == {"compressed payload (permessage-deflate)"}
    said = "".join(field.value.strip("'") for field in payloads)
    assert said == ("HelloHello" if name == "the context is shared" else "Hello")
    for field, text in zip(payloads, frames, strict=True):
        size = len(bytes.fromhex(text)) - 2
        assert f"{size} bytes, compressed; inflated they are " in field.meaning


def test_what_it_says_about_a_frame() -> None:
    (item,) = talk((C, compressed(HELLO, key=KEY)))
    assert item.summary == "text, compressed 'Hello'"
    header, key, payload = item.fields
    assert (header.bits[1].label, header.bits[1].value) == ("RSV1", 1)
    assert key.raw == KEY
    assert payload.raw != HELLO, "masked after it was compressed"
    assert payload.meaning == "7 bytes, compressed; inflated they are 5 (RFC 7692)"


def test_it_does_not_matter_how_the_stream_is_cut() -> None:
    said = [(S, compressed(HELLO)), (C, compressed(HELLO, key=KEY)), (S, compressed(AGAIN))]
    every = [(C, OFFER), (S, AGREED), *said, (S, frame(CLOSE, b"", b""))]
    bytewise = [(role, bytes([byte])) for role, data in every for byte in data]
    whole, pieces = dissect(record(*every)), dissect(record(*bytewise))
    assert summaries(pieces) == summaries(whole)
    assert summaries(whole)[2:] == ["text, compressed 'Hello'"] * 3 + ["close, no payload"]


def test_a_frame_glued_to_the_handshake() -> None:
    found = dissect(record((C, OFFER), (S, AGREED + compressed(HELLO))))
    assert summaries(found)[-1] == "text, compressed 'Hello'"


def test_not_every_message_has_to_be_compressed() -> None:
    found = talk(
        (S, compressed(HELLO[:3], fin=False)),
        (S, frame(PING, b"still there?", b"")),
        (S, frame(0, HELLO[3:], b"")),
        (S, frame(TEXT, b"plain", b"")),
        (S, compressed(AGAIN)),
    )
    assert summaries(found) == [
        "text, compressed, not the last of its message 'He'",
        "ping 'still there?'",
        "continuation, compressed 'llo'",
        "text 'plain'",
        "text, compressed 'Hello'",
    ]


def test_a_message_may_end_with_an_empty_frame() -> None:
    end = frame(0, b"", b"")
    found = talk((S, compressed(HELLO, fin=False)), (S, end), (S, compressed(AGAIN)))
    assert summaries(found)[1:] == ["continuation, compressed, no payload",
                                    "text, compressed 'Hello'"]  # fmt: skip


@pytest.mark.parametrize("alone", list(Role))
def test_each_end_may_begin_every_message_anew(alone: Role) -> None:
    parameter = f"permessage-deflate; {alone.value}_no_context_takeover".encode()
    response = RFC_RESPONSE[:-2] + FIELD % parameter
    for role in Role:
        key = KEY if role is C else b""
        twice = [(role, compressed(data, key=key)) for data in (HELLO, AGAIN)]
        _, second = talk(*twice, response=response)
        # What points back leads nowhere if there is nothing to point to.
        assert ("cannot be inflated" in second.fields[-1].meaning) is (role is alone)


def test_what_cannot_be_inflated_is_a_frame_all_the_same() -> None:
    found = talk((S, compressed(b"\xff" * 30)), (S, compressed(HELLO)), (S, frame(PING, b"", b"")))
    assert unparsed(found) == []
    assert summaries(found)[0].startswith("text, compressed ff ff")
    damaged, after = (item.fields[-1].meaning for item in found.items[:2])
    assert damaged == "30 bytes, compressed; they cannot be inflated"
    assert after == "7 bytes, compressed; they cannot be inflated", "its context is lost"


def test_a_bomb_does_not_go_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflate, "MOST_INFLATED", 10_000)
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(bytes(10**6)) + packer.flush(zlib.Z_SYNC_FLUSH)
    found = talk((S, compressed(HELLO)), (S, compressed(bomb[:-4])), (S, compressed(HELLO)))
    assert unparsed(found) == []
    can = ["cannot be inflated" not in item.fields[-1].meaning for item in found]
    assert can == [True, False, False]


def test_a_frame_that_breaks_off() -> None:
    (item,) = talk((S, compressed(HELLO)[:-2]))
    assert item.fields[-1].label == "compressed payload (permessage-deflate)"
    assert "only so many of its 7 bytes were read" in item.fields[-1].meaning


# ---------------------------------------------------------------- what stays forbidden


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (0xC0, "a continuation"),
        (0xC9, "a control frame"),
        (0xA1, "RSV2"),
        (0xE1, "RSV1 and RSV2"),
        (0x91, "RSV3"),
        (0xC3, "reserved opcode"),
    ],
)
def test_it_allows_nothing_else(first: int, why: str) -> None:
    found = talk((S, bytes([first, 0]) + frame(TEXT, b"after", b"")))
    assert unparsed(found) != [], why
    assert "refused, 1002" in found.items[0].summary


@pytest.mark.parametrize("field", [b"x-other", b"x-other; permessage-deflate"])
def test_another_extension_allows_nothing(field: bytes) -> None:
    response = RFC_RESPONSE[:-2] + FIELD % field
    found = talk((S, compressed(HELLO) * 2), response=response)
    assert "RSV1 is set, but no extension was negotiated" in found.items[0].summary


def test_what_was_offered_but_not_accepted_allows_nothing() -> None:
    found = talk((S, compressed(HELLO) * 2), response=RFC_RESPONSE)
    assert "RSV1 is set, but no extension was negotiated" in found.items[0].summary
    assert unparsed(found) != []


def test_frames_without_their_handshake_allow_nothing() -> None:
    found = dissect(compressed(HELLO))
    assert "RSV1 is set, but no extension was negotiated" in summaries(found)[0]


@pytest.mark.parametrize("role", list(Role))
def test_our_own_ends_know_no_compression(role: Role) -> None:
    connection = Connection(role, opened=True)
    (event,) = connection.receive(compressed(HELLO, key=KEY if role is S else b""))
    assert isinstance(event, Failed)
    assert event.error.code == 1002


def test_a_notebook_names_it() -> None:
    recording = record((C, OFFER), (S, AGREED), (S, compressed(HELLO)))
    html = recording._repr_html_().replace("<wbr>", "")
    assert "compressed payload (permessage-deflate)" in html
