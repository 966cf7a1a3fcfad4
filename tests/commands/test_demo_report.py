"""The hook of the course: the same words over both, with every byte explained and counted."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import wslab
from wslab.commands import demo
from wslab.observe.dissect import dissect
from wslab.observe.recording import Recording
from wslab.protocol.rfc import Role
from wslab.views.columns import columns

COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package alone, as after a clone."""
    folder = tmp_path_factory.mktemp("clone")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(wslab.__file__).parent, folder / "wslab", ignore=ignore)
    return folder


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The demo in a Python without site-packages, environment variables, and user's folder."""
    program = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    program += "runpy.run_module('wslab', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", program, str(folder), "demo", *words],
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, **environment},
    )


def totals(text: str) -> dict[str, tuple[int, int]]:
    """The table at the end: what is counted, for raw TCP and for WebSocket."""
    rows = re.findall(r"^ *(.+?)  +(\d+) +(\d+)$", text.split("Totals\n======\n")[1], re.MULTILINE)
    return {name: (int(tcp), int(ws)) for name, tcp, ws in rows}


def frames_of(words: list[bytes]) -> int:
    """The bytes of all frames, as §5.2 has them: a mask for what the client sends, none back."""
    size = 0
    for word in words:
        length = 0 if len(word) < 126 else 2 if len(word) < 65536 else 8
        size += (2 + length + 4 + len(word)) + (2 + length + len(word))
    return size + (2 + 4 + 2) + (2 + 2)  # and both Close frames, with their code


WORDS = [
    [],
    ["Hello"],
    ["a", "b", "a much longer text than the others, of more than one line"],
    ["né", "回声", "🙂"],
    [""],
    ["", "after nothing"],
    ["x" * 125, "x" * 126, "x" * 300],
]


@pytest.mark.parametrize("words", WORDS, ids=lambda words: str(len("".join(words))))
def test_a_bare_python_says_the_words_over_both(bare: Path, words: list[str]) -> None:
    done = run(bare, *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    text = done.stdout.decode()
    for line in text.splitlines():
        assert columns(line) <= 80, line
    assert "\x1b" not in text, "no colours in a pipe"
    spoken = [word.encode() for word in words or demo.WORDS]
    application = 2 * sum(map(len, spoken))
    # The sizes of the first two items of the second half: the request and the response.
    sizes = re.findall(r"(\d+) bytes, [\d.]+ ms$", text.split("WebSocket conv")[1], re.MULTILINE)
    handshake = sum(map(int, sizes[:2]))
    assert totals(text) == {
        "application bytes (your words, both ways)": (application, application),
        "bytes on the stream": (application, handshake + frames_of(spoken)),
        "of these: opening handshake": (0, handshake),
        "of these: frames (headers, masks, words, Close)": (0, frames_of(spoken)),
        # An empty text is nothing on a stream, so nothing is answered there.
        "trips: round trips until the 1st answer (1 opens TCP)": (1 + any(spoken), 3),
    }


def test_its_times_are_explained_before_the_first_one() -> None:
    before, _, after = demo.report(*demo.converse(["Hello"])).partition(demo.TIMES)
    assert " ms" not in before
    assert re.search(r"\d bytes, [\d.]+ ms\n", after)


def test_both_stand_side_by_side(bare: Path) -> None:
    head = run(bare, "Hello").stdout.decode().split("\n\n")[0].splitlines()
    left = [line[:39].rstrip() for line in head]
    right = [line[39:] for line in head]
    assert left[0] == "RAW TCP SOCKET"
    assert re.fullmatch(r"tcp://127\.0\.0\.1:\d+", left[1])
    assert left[3:5] == ["->     5 B  'Hello'", "<-     5 B  'Hello'"]
    assert all(line.startswith("|") for line in right)
    assert right[0] == "| WEBSOCKET"
    assert re.fullmatch(r"\| ws://127\.0\.0\.1:\d+/", right[1])
    assert right[5:9] == [
        "| ->    11 B  text 'Hello'",
        "| <-     7 B  text 'Hello'",
        "| ->     8 B  close 1000",
        "| <-     4 B  close 1000",
    ]


def test_an_empty_text_is_a_message_and_no_bytes(bare: Path) -> None:
    text = run(bare, "").stdout.decode()
    assert "None: an empty text is nothing on a stream." in text
    assert text.count("text, no payload") == 4, "in the ladder and among the bytes, both ways"


def test_every_byte_is_explained() -> None:
    for conversation in demo.converse(["Hello", "né"]):
        for role in Role:
            items = [item for item in conversation.dissection if item.sender is role]
            assert b"".join(item.raw for item in items) == conversation.recording.stream(role)
        assert conversation.dissection.items
        assert not {item.kind for item in conversation.dissection} & {"unparsed", "gap"}


def test_the_report_has_colours_only_when_asked() -> None:
    both = demo.converse(["Hello"])
    assert "\x1b" not in demo.report(*both)
    assert COLOR.sub("", demo.report(*both, color=True)) == demo.report(*both)
    assert demo.report(*both, color=True) != demo.report(*both)


def test_round_trips_are_counted_in_the_recording() -> None:
    """A server that speaks first answers nothing; an answer in two parts is one."""
    recording = Recording()
    for role, data in ((Role.SERVER, b"220 hello"), (Role.CLIENT, b"a"), (Role.SERVER, b"b")):
        recording.add(role, data)
    greeted = demo.Conversation("tcp://", (b"a",), recording, dissect(recording, "tcp"))
    assert greeted.round_trips == 2
    silent = demo.Conversation("tcp://", (), Recording(), dissect(b""))
    assert silent.round_trips == 1


def test_what_is_no_echo_is_not_shown_as_one() -> None:
    with pytest.raises(RuntimeError, match="that was no echo"):
        demo._check(["Hello"], ["Goodbye"])
