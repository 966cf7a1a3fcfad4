"""``python -m wslab record``: what goes into the file, how it ends, and what stands in the way."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Certificates
from tests.support.peers import liar, read_head, response
from tests.support.shell import ended, posix, running, sentence, wslab
from wslab import Recording, tcp_echo, ws_echo
from wslab.cli import main
from wslab.commands import tls
from wslab.observe.dissect import dissect
from wslab.observe.pcapng import DECLARATION
from wslab.protocol.rfc import Role

CLIENT, SERVER = Role.CLIENT, Role.SERVER


OURS = "Our two echoes, since no URL was given.\n"


def recorded(
    process: subprocess.CompletedProcess[bytes], file: Path, count: str, before: str = ""
) -> None:
    assert process.returncode == 0, process.stderr
    more = f" to {file.stem}-2.json" if count == "2 connections" and file.suffix == ".json" else ""
    assert process.stderr.decode() == f"{before}Recorded in {file}{more}: {count}.\n"


def said(file: Path, sender: Role) -> list[str]:
    """The frames that one end sent, each in a line."""
    items = dissect(Recording.load(file))
    return [item.summary for item in items if item.sender is sender and item.kind == "frame"]


def test_without_a_url_both_echoes_are_recorded(tmp_path: Path) -> None:
    file = tmp_path / "talk.pcapng"
    recorded(wslab("record", "-o", str(file)), file, "2 connections", OURS)
    assert list(tmp_path.iterdir()) == [file]
    capture = file.read_bytes()
    assert DECLARATION.encode() in capture
    assert capture.count(b"What is the difference?") == 3, "twice over TCP, unmasked over WebSocket"
    assert capture.count(b"HTTP/1.1 101 ") == 1


def test_without_a_url_they_may_say_something_else(tmp_path: Path) -> None:
    file, second = tmp_path / "talk.json", tmp_path / "talk-2.json"
    recorded(wslab("record", "Grüße", "there", "-o", str(file)), file, "2 connections", OURS)
    assert sorted(tmp_path.iterdir()) == [second, file]
    assert Recording.load(file).stream(SERVER) == "Grüßethere".encode()
    assert said(second, CLIENT) == ["text 'Grüße'", "text 'there'", "close 1000"]
    done = wslab("explain", str(second))
    assert done.stdout.decode().count("text 'Grüße'") == 2


def test_a_conversation_over_websocket(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    with ws_echo.serve() as server:
        done = wslab("record", server.url, "Hello", "How are you?", "-o", str(file))
    recorded(done, file, "1 connection")
    assert done.stdout.decode() == "Hello\nHow are you?\n"
    assert said(file, CLIENT) == said(file, SERVER)
    assert said(file, SERVER) == ["text 'Hello'", "text 'How are you?'", "close 1000"]


def test_a_conversation_over_tcp_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    with tcp_echo.serve() as server:
        done = wslab("record", server.url, "--output", str(file), stdin=b"Hello\nyou")
    recorded(done, file, "1 connection")
    assert done.stdout == b"Hello\nyou"
    recording = Recording.load(file)
    assert recording.stream(CLIENT) == recording.stream(SERVER) == b"Hello\nyou"
    assert sorted(event.sender.value for event in recording if not event.size) == [
        "client", "server"]  # fmt: skip


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("echo", [tcp_echo, ws_echo], ids=["tcp", "ws"])
def test_ctrl_c_saves_what_was_recorded(echo: Any, number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    with echo.serve() as server, running("record", server.url, "-o", str(file)) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"Hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"Hello\n"
        process.send_signal(number)
        status, out, err = ended(process)
    assert (status, out, err) == (0, "", f"Recorded in {file}: 1 connection.\n")
    assert b"Hello" in Recording.load(file).stream(SERVER)
    assert list(tmp_path.iterdir()) == [file]


def test_over_tls_it_is_recorded_before_it_is_encrypted(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "talk.json"
    monkeypatch.setattr(tls, "of_client", lambda cafile: certificates.client)
    with ws_echo.serve(ssl=certificates.server) as server:
        assert main(["record", server.url, "Hello", "-o", str(file)]) == 0
    assert said(file, SERVER) == ["text 'Hello'", "close 1000"]


def test_a_refusal_is_worth_a_look_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "talk.json"
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with liar(lambda sock: (read_head(sock), sock.sendall(answer))) as url:
        assert main(["record", url, "Hello", "-o", str(file)]) == 2
    out, err = capfd.readouterr()
    first, second = err.splitlines()
    assert (out, first) == ("", f"Recorded in {file}: 1 connection.")
    assert "the server answered 403 Forbidden" in sentence(second + "\n")
    assert Recording.load(file).stream(SERVER) == answer


def test_a_server_that_breaks_off(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    with liar(lambda sock: (read_head(sock), sock.sendall(response()[:20]))) as url:
        done = wslab("record", url, "Hello", "-o", str(file))
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert Recording.load(file).stream(SERVER) == response()[:20]


# ---------------------------------------------------------------- what stands in the way


def trouble(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return sentence(err)


def test_nothing_is_recorded_where_nobody_listens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tcp_echo.serve() as server:
        port = server.address[1]
    for scheme in ("tcp", "ws"):
        url = f"{scheme}://127.0.0.1:{port}"
        text = trouble(capsys, "record", url, "Hello", "-o", str(tmp_path / "talk.pcapng"))
        assert "nothing listens there" in text
    assert list(tmp_path.iterdir()) == []


def test_names_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(name: str) -> str:
        return trouble(capsys, "record", "Hello", "-o", str(tmp_path / name))

    (tmp_path / "folder.json").mkdir()
    assert "ends in .json or .pcapng" in told("talk.txt")
    assert "Cannot write" in told("nowhere/talk.json")
    assert "Cannot write" in told("folder.json")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]


def test_a_name_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["record", "Hello"])
    assert end.value.code == 2
    assert "required: -o/--output" in sentence(capsys.readouterr().err)


def test_addresses_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "talk.json"
    for words, expected in [
        (["http://127.0.0.1/"], "'http://127.0.0.1/' should begin with tcp://, ws:// or wss://."),
        (["ws://"], "ws://"),
        (["tcp://127.0.0.1:9", "--origin", "a"], "--origin belongs to ws:// or wss://, not tcp"),
        (["ws://127.0.0.1:9/", "\udcff"], "is not text in UTF-8"),
    ]:
        assert expected in trouble(capsys, "record", *words, "-o", str(file))
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- explain what was saved


def test_explain_tells_a_recording_from_other_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = Recording(clock=lambda: 0.0)
    recording.add(CLIENT, b"Hello")
    for name in ("talk.json", "talk"):
        recording.save(tmp_path / name)
        assert main(["explain", str(tmp_path / name)]) == 0
        assert "client -> server 'Hello'" in capsys.readouterr().out


def test_explain_says_what_is_wrong_with_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "talk.json"
    for content, expected in [
        ("{}", 'it has no "format": "wslab recording"'),
        ('{"format": "wslab recording", "version": 1', "its JSON breaks at line 1"),
        ("", "its JSON breaks"),
    ]:
        file.write_text(content)
        text = trouble(capsys, "explain", str(file))
        assert text.startswith(f"wslab: Cannot read a recording from {file}: ")
        assert expected in text


def test_explain_does_not_read_a_capture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "talk.pcapng"
    Recording().to_pcapng(file)
    text = trouble(capsys, "explain", str(file))
    assert str(file) in text
    assert "a capture for Wireshark" in text
