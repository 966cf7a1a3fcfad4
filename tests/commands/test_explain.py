"""``python -m wslab explain``: bytes in any notation, and what cannot be read."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.shell import sentence
from wslab.cli import main


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return sentence(err)


HELLO = "81 85 37 fa 21 3d 7f 9f 4d 51 58"


def test_hex_as_one_word_or_as_many(capsys: pytest.CaptureFixture[str]) -> None:
    expected = explained(capsys, HELLO)
    assert "client -> server text 'Hello'" in expected
    assert explained(capsys, *HELLO.split()) == expected
    assert explained(capsys, HELLO.replace(" ", "")) == expected
    assert explained(capsys, "0x" + HELLO.replace(" ", ",0x")) == expected


def test_both_directions(capsys: pytest.CaptureFixture[str]) -> None:
    lines = f"> {HELLO}", "< 81 05 48 65 6c 6c 6f"
    for words in (lines, ("\n".join(lines),)):
        text = explained(capsys, *words)
        assert "client -> server text 'Hello'" in text
        assert "client <- server text 'Hello'" in text
    assert "frame" not in explained(capsys, *lines, "--protocol", "tcp")


def test_the_sender_and_the_protocol_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "a client masks every frame" in explained(capsys, "8105", "--sender", "client")
    assert "client -> server 81 05" in explained(capsys, "8105", "--protocol", "tcp")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
DUMP = "00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (bytes.fromhex(HELLO), "text 'Hello'"),
        (HELLO.encode(), "text 'Hello'"),
        (DUMP.encode(), "text 'Hello'"),
        (b"\xef\xbb\xbf" + DUMP.encode(), "text 'Hello'"),
        (b"\xff\xfe" + DUMP.replace("\n", "\r\n").encode("utf-16-le"), "text 'Hello'"),
        (REQUEST, "request line"),
        (f"> {HELLO}\n< 8a 00\n".encode(), "client <- server pong, no payload"),
        (b"\x01\x02ab", "text, not the last of its message 'ab'"),
    ],
    ids=["raw", "hex", "xxd", "UTF-8 of Windows", "PowerShell", "HTTP", "both", "a raw fragment"],
)
def test_a_file(
    content: bytes, expected: str, folder: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (folder / "recording").write_bytes(content)
    text = explained(capsys, "recording")
    assert expected in text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert explained(capsys, "-") == text


def test_a_file_of_text_is_raw_bytes_only_over_tcp(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "poem").write_bytes(b"Shall I compare")
    assert "'S' in 'Shall I compare' is not a hex digit" in refused(capsys, "poem")
    assert "'Shall I compare'" in explained(capsys, "poem", "--protocol", "tcp")


def test_files_are_explained_one_at_a_time(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.json").touch()
    assert "One file at a time: explain a.json" in refused(capsys, "a.json", "b.json")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dump.txt"], "'dump.txt' (there is no file of that name) as hex"),
        (["./no/such.bin"], "there is no file of that name"),
        (["8g"], "'g' in '8g' is not a hex digit"),
        (["81", "8"], "'8' in '81 8' has an odd number of hex digits"),
        ([""], "there are no bytes: give hex digits"),
        (["81" * 3000 + "8"], "there is no file of that name"),
        (["0x123"], "'0x123' in '0x123' has an odd number of hex digits"),
        (["00000000: 10000001 00000101 .."], "xxd -b writes bits"),
        (["empty"], "Cannot read empty as hex: there are no bytes"),
        (["."], "Cannot read .: "),
        (["caf\udcff"], "there is no file of that name"),
        (["\x1b[2J"], r"'\x1b[2J'"),
    ],
)
def test_what_cannot_be_read(
    words: list[str], expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "poem").write_bytes(b"Shall I compare")
    (folder / "empty").write_bytes(b"")
    text = refused(capsys, *words)
    assert expected in text
    assert text.isprintable()
    assert words == ["."] or text.endswith(". Write it like this: 81 05 48 65 6c 6c 6f")
    assert len(text) < 300


def test_standard_input_that_is_closed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert refused(capsys, "-").startswith("wslab: Cannot read standard input as hex: there are no")
