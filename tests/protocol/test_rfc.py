"""The tables say what the RFC says."""

import pytest

from wslab.protocol.rfc import (
    CLOSE_CODES,
    DEFAULT_PORTS,
    GUID,
    MAX_CLOSE_REASON,
    Opcode,
    Role,
    close_code_meaning,
    is_control,
    may_be_sent,
)


def test_the_six_opcodes() -> None:
    assert {opcode.name: int(opcode) for opcode in Opcode} == {
        "CONTINUATION": 0, "TEXT": 1, "BINARY": 2, "CLOSE": 8, "PING": 9, "PONG": 10,
    }  # fmt: skip
    assert [opcode.name for opcode in Opcode if is_control(opcode)] == ["CLOSE", "PING", "PONG"]


# §7.4.1, §7.4.2, and the registry of §11.7 as it stands today.
@pytest.mark.parametrize(
    ("codes", "allowed"),
    [
        (range(0, 1000), False),
        (range(1000, 1004), True),
        (range(1004, 1007), False),
        (range(1007, 1015), True),
        (range(1015, 3000), False),
        (range(3000, 5000), True),
        (range(5000, 65536), False),
    ],
    ids=str,
)
def test_which_close_codes_may_stand_on_the_wire(codes: range, allowed: bool) -> None:
    assert {may_be_sent(code) for code in codes} == {allowed}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1000, "normal closure: the purpose is fulfilled"),
        (1006, "abnormal closure: no Close frame arrived at all"),
        (3000, "registered by a library or framework"),
        (3999, "registered by a library or framework"),
        (4000, "private use: what the application agreed on"),
        (4999, "private use: what the application agreed on"),
        (999, "not a valid close code"),
        (2000, "not a valid close code"),
        (5000, "not a valid close code"),
    ],
)
def test_a_close_code_in_words(code: int, words: str) -> None:
    assert close_code_meaning(code) == words


def test_small_tables() -> None:
    assert list(CLOSE_CODES) == list(range(1000, 1016))
    assert GUID.decode() == "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # §1.3
    assert MAX_CLOSE_REASON == 123  # §5.5: 125 bytes, two of them for the code
    assert DEFAULT_PORTS == {"ws": 80, "wss": 443}  # §3
    assert (Role.CLIENT.peer, Role.SERVER.peer) == (Role.SERVER, Role.CLIENT)
