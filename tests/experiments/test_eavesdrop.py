"""C8, C10, C11: ws:// is read off the wire without a secret; wss:// is not, and shows its sizes."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable

import pytest

from tests.support.visit import missing
from wslab import Recording, ws_echo
from wslab.errors import Error
from wslab.experiments import eavesdrop, overhear
from wslab.experiments.eavesdrop import TALK, Eavesdropped, occurs
from wslab.observe.dissect import dissect
from wslab.protocol.frames import encode_frame
from wslab.protocol.rfc import Role

QUESTIONS = tuple(question for question, _ in TALK)
ANSWERS = tuple(answer for _, answer in TALK)


@pytest.fixture(scope="module")
def result() -> Eavesdropped:
    try:
        import trustme  # noqa: F401
    except ImportError:
        missing("trustme is not installed")
    return eavesdrop.run()


def test_over_ws_everything_is_read_both_ways(result: Eavesdropped) -> None:
    assert result.plain.from_client == QUESTIONS
    assert result.plain.from_server == ANSWERS


def test_the_client_did_mask(result: Eavesdropped) -> None:
    """So it was not the absence of a mask that let the eavesdropper read."""
    wire = result.plain.recording.stream(Role.CLIENT)
    for question in QUESTIONS:
        assert question.encode() not in wire
        assert occurs(question.encode(), wire)
    items = [item for item in dissect(result.plain.recording) if item.kind == "frame"]
    keys = [f.raw for u in items for f in u.fields if f.label == "masking key"]
    assert len(set(keys)) == len(TALK) + 1  # a key of its own for each message, and for the Close
    for answer in ANSWERS:
        assert answer.encode() in result.plain.recording.stream(Role.SERVER)


def test_the_key_of_the_handshake_is_no_password(result: Eavesdropped) -> None:
    assert len(result.plain.key) == 24
    assert result.plain.computed == result.plain.accept
    assert result.plain.accept.encode() in result.plain.recording.stream(Role.SERVER)


def test_over_wss_nothing_is_read(result: Eavesdropped) -> None:
    secure = result.secure
    assert secure is not None
    assert (secure.from_client, secure.from_server, secure.found) == ((), (), ())
    both = b"".join(secure.recording.stream(role) for role in Role)
    assert len(both) > sum(result.sizes)
    for word in (b"HTTP", b"WebSocket", b"password", *(text.encode() for text in result.said)):
        assert not occurs(word, both) if len(word) >= 10 else word not in both
    for role in Role:
        for sent in overhear.frames(secure.recording.stream(role)):
            assert not any(occurs(text.encode(), sent.payload) for text in result.said)


def test_over_wss_the_name_and_the_sizes_are_seen(result: Eavesdropped) -> None:
    secure = result.secure
    assert secure is not None
    assert secure.name == "bank.example"
    assert secure.guesses[: len(result.sizes)] == result.sizes
    senders = [record.sender for record in secure.records[: len(result.sizes)]]
    assert senders == [Role.CLIENT, Role.SERVER] * len(TALK)
    times = [record.time for record in secure.records]
    assert times == sorted(times)


def test_the_search_would_have_found_it(result: Eavesdropped) -> None:
    """Negative control: the same search, on the bytes of ws://, finds every message."""
    found = eavesdrop._read_secure(TALK, result.plain.recording)
    assert sorted(found.found) == sorted(result.said)
    assert (found.name, found.records) == ("", ())


def test_the_reader_fails_on_the_bytes_of_tls(result: Eavesdropped) -> None:
    """Negative control: what reads ws:// reads nothing of wss://."""
    assert result.secure is not None
    read = eavesdrop._read_plain(result.secure.recording)
    assert (read.from_client, read.from_server, read.key, read.accept) == ((), (), "", "")
    assert read.computed != read.accept


def test_a_mask_hides_nothing_from_a_search_without_a_key() -> None:
    message = b"twelve bytes"
    for key in (b"\x00\x00\x00\x01", b"abcd", os.urandom(4)):
        for before in range(4):
            wire = os.urandom(50 + before) + encode_frame(1, message, key) + os.urandom(50)
            assert occurs(message, wire)
    assert occurs(message, b"...twelve bytes...")
    assert not occurs(message, os.urandom(100_000))


def test_the_guess_follows_the_length() -> None:
    talk = [("x" * 10, "y" * 125), ("x" * 126, "y" * 16_000), ("ü" * 63, "🌍" * 50)]
    try:
        result = eavesdrop.run(talk)
    except Error as trouble:
        missing(str(trouble))
    assert result.secure is not None
    assert result.sizes == (10, 125, 126, 16_000, 126, 200)
    assert result.secure.guesses[:6] == result.sizes
    assert result.plain.from_client == ("x" * 10, "x" * 126, "ü" * 63)


@pytest.mark.parametrize("text", ["", "x" * 9, "x" * 16_001])
def test_messages_that_would_prove_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="10 to 16000 bytes"):
        eavesdrop.run([("a question of some length", text)])


def test_without_trustme_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, nothing_stays: None
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(Error, match=r"^trustme is not installed.*: python -m pip install trustme"):
        eavesdrop.run()
    result = eavesdrop.run(tls=False)
    assert result.secure is None
    assert result.plain.from_client == QUESTIONS
    assert str(result).endswith("wss://  was left out.")


def test_clock_and_random_can_be_passed_in() -> None:
    ticks = itertools.count()
    result = eavesdrop.run(tls=False, clock=lambda: float(next(ticks)), random=lambda n: b"k" * n)
    assert [event.time for event in result.plain.recording] == [
        float(number + 1) for number in range(len(result.plain.recording))
    ]
    assert result.plain.key == "a2tra2tra2tra2tra2tra2tr"[:21] + "w=="
    assert result.plain.from_client == QUESTIONS


def interrupt_after(calls: int) -> Callable[[int], bytes]:
    """Randomness for the nonce and then one mask after the other, until somebody presses Ctrl-C."""
    left = itertools.count(calls, -1)

    def random(size: int) -> bytes:
        if not next(left):
            raise KeyboardInterrupt
        return os.urandom(size)

    return random


@pytest.mark.parametrize("calls", [0, 1, 2, 3])
def test_it_ends_completely_also_when_interrupted(calls: int, nothing_stays: None) -> None:
    with pytest.raises(KeyboardInterrupt):
        eavesdrop.run(tls=False, random=interrupt_after(calls))


def test_it_ends_completely_and_runs_again(result: Eavesdropped, nothing_stays: None) -> None:
    assert eavesdrop.run().said == result.said


def test_what_it_prints(result: Eavesdropped) -> None:
    text = str(result)
    assert max(map(len, text.splitlines())) <= 80
    assert "'What is my balance?'" in text
    assert "wss://  Messages found, plain or masked: 0 of 6." in text
    assert "name of the server: bank.example" in text
    for size in result.sizes:
        assert text.count(f" {size} bytes") >= 2  # guessed, and as it was


def test_an_echo_of_somebody_else_is_overheard_as_well() -> None:
    """Not only our own conversation: whatever recording there is."""
    recording = Recording()
    with ws_echo.serve() as server, ws_echo.connect(server.url, tap=recording) as ws:
        said = ["Hello", b"\x00\xff", "", "x" * 70_000]
        assert list(ws_echo.say(ws, said)) == said
    for role in Role:
        assert overhear.messages(recording.stream(role)) == tuple(said)
