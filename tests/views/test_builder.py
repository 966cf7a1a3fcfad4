"""The frame builder without its widgets: what is allowed, and which rule is broken if not."""

import pytest

from wslab.observe.dissect import dissect
from wslab.protocol.connection import Connection
from wslab.protocol.frames import close_payload, encode_frame
from wslab.protocol.rfc import Opcode, Role
from wslab.views.builder import KEY, MOST_BYTES, MOST_FRAGMENTS, build, read_payload

CLIENT, SERVER = Role.CLIENT, Role.SERVER


def test_the_examples_of_the_rfc() -> None:
    """§5.7: a single-frame text message, unmasked and masked; a fragmented one; a ping."""
    plain = {"sender": SERVER, "key": b""}
    assert build(b"Hello", **plain).data == bytes.fromhex("8105 48656c6c6f")
    assert build(b"Hello").data == bytes.fromhex("8185 37fa213d 7f9f4d5158")
    hel_lo = build(b"Helo", fragments=2, **plain).data
    assert hel_lo == bytes.fromhex("0102 4865 8002 6c6f")
    assert build(b"Hello", Opcode.PING, **plain).data == bytes.fromhex("8905 48656c6c6f")


@pytest.mark.parametrize("sender", Role)
@pytest.mark.parametrize("fragments", [1, 2, 3, MOST_FRAGMENTS])
@pytest.mark.parametrize("size", [0, 1, 5, 125, 126, 65535, 65536])
def test_a_receiver_gets_the_message_back(size: int, fragments: int, sender: Role) -> None:
    key = KEY if sender is CLIENT else b""
    built = build(b"H" * size, sender=sender, key=key, fragments=fragments)
    assert Connection(sender.peer, opened=True).receive(built.data) == ["H" * size]
    assert built.broken == ""
    assert built.verdict.startswith(f"Allowed: {len(built.data)} bytes in {fragments} frame")
    assert len(built.dissection) == fragments
    assert b"".join(item.raw for item in built.dissection) == built.data


RULES = [
    ("a long ping", build(bytes(126), Opcode.PING), "1002", "at most 125 bytes", "§5.5"),
    ("a ping in pieces", build(b"ab", Opcode.PING, fragments=2), "1002", "fragmented", "§5.5"),
    ("a ping to go on", build(b"ab", Opcode.PING, fin=False), "1002", "FIN is 0", "§5.5"),
    ("a client without mask", build(b"a", key=b""), "1002", "client masks every", "§5.1"),
    ("a server with mask", build(b"a", sender=SERVER), "1002", "server masks no", "§5.1"),
    ("a reserved opcode", build(b"a", 3), "1002", "opcode 3 is reserved", "§5.2"),
    ("nothing to go on with", build(b"a", Opcode.CONTINUATION), "1002", "no message", "§5.4"),
    ("no UTF-8", build(b"\xff"), "1007", "not UTF-8", "§8.1"),
    ("half a close code", build(b"\x03", Opcode.CLOSE), "1002", "2 bytes of code", "§5.5.1"),
    ("1005 on the wire", build(b"\x03\xed", Opcode.CLOSE), "1002", "1005 must not", "§7.4"),
]


@pytest.mark.parametrize("rule", RULES, ids=[rule[0] for rule in RULES])
def test_what_is_forbidden_is_built_and_named(rule: tuple[str, object, str, str, str]) -> None:
    _, built, *words = rule
    assert built.data  # type: ignore[attr-defined]
    for word in words:
        assert word in built.broken  # type: ignore[attr-defined]
        assert word in built.verdict  # type: ignore[attr-defined]
        assert word in built._repr_html_()  # type: ignore[attr-defined]
    assert built.verdict.startswith("Not allowed.")  # type: ignore[attr-defined]


def test_what_looks_forbidden_and_is_not() -> None:
    assert build(bytes(125), Opcode.PING).broken == ""
    assert build(close_payload(4000, "bye"), Opcode.CLOSE).broken == ""
    assert build("né".encode(), fragments=3).broken == "", "a code point may be cut by a fragment"
    assert build(b"x; refused, 1002: by its text only").broken == ""
    unfinished = build(b"Hello", fin=False)
    assert unfinished.broken == ""
    assert "the message goes on" in unfinished.verdict


def test_what_is_shown_is_the_view_of_everybody_else() -> None:
    built = build(b"Hello")
    shown = built._repr_html_()
    assert dissect(encode_frame(Opcode.TEXT, b"Hello", KEY)).items[0]._repr_html_() in shown
    assert "48 bits before the payload" in shown
    assert built.verdict in repr(built)
    assert "masking key" in repr(built)
    assert "<script>" not in build(b"<script>")._repr_html_()


def test_what_cannot_be_built_is_said_in_a_sentence() -> None:
    for wrong, text in (
        ({"key": b"abc"}, "a masking key has 4 bytes, this one has 3"),
        ({"opcode": 16}, "4 bits"),
        ({"fragments": 0}, "into 1 to 8 frames, not 0"),
        ({"fragments": 9}, "into 1 to 8 frames, not 9"),
        ({"payload": bytes(MOST_BYTES + 1)}, "too many to show"),
    ):
        with pytest.raises(ValueError, match=text):
            build(**{"payload": b"Hello", **wrong})  # type: ignore[arg-type]


def test_what_was_typed() -> None:
    assert read_payload("né", as_hex=False) == b"n\xc3\xa9"
    assert read_payload("0x81, 05", as_hex=True) == b"\x81\x05"
    assert read_payload(" ", as_hex=True) == read_payload("", as_hex=False) == b""
    assert read_payload("ab", as_hex=False, repeat=3) == b"ababab"
    for text, repeat, message in (("8", 1, "odd number"), ("xy", 1, "hex"), ("00", 10**6, "many")):
        with pytest.raises(ValueError, match=message):
            read_payload(text, as_hex=True, repeat=repeat)


def test_what_is_no_payload_and_no_opcode() -> None:
    with pytest.raises(TypeError, match='the payload is bytes: b"Hello"'):
        build("Hello")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an opcode is a number"):
        build(b"Hello", "text")  # type: ignore[arg-type]
