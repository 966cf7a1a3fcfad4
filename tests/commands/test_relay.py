"""``python -m wslab relay``: its address, its file, its end, and what stands in the way."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.peers import read_to_end
from tests.support.shell import ended, posix, running, sentence, wslab
from wslab import Recording, tcp_echo, ws_echo
from wslab.cli import main
from wslab.observe.pcapng import DECLARATION
from wslab.protocol.rfc import Role


def to(server: tcp_echo.Server) -> str:
    return "{}:{}".format(*server.address)


def url_of(process: subprocess.Popen[bytes]) -> str:
    """The first line, while the relay runs: that it comes at all shows that it was flushed."""
    assert process.stdout
    line = process.stdout.readline().decode().rstrip("\n")
    assert re.fullmatch(r"tcp://127\.0\.0\.1:\d+", line), line
    return line


def say(url: str, *words: str) -> None:
    with ws_echo.connect(url.replace("tcp", "ws")) as ws:
        assert list(ws_echo.say(ws, words)) == list(words)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_also_with_an_open_connection(number: signal.Signals) -> None:
    with tcp_echo.serve() as server, running("relay", "--to", to(server)) as process:
        url = url_of(process)
        with tcp_echo.connect(url) as sock:
            assert list(tcp_echo.say(sock, [b"Hello"])) == [b"Hello"]
            process.send_signal(number)
            status, out, err = ended(process)
    assert (status, out) == (0, ""), err
    assert f"instead of {to(server)}" in err
    assert err.splitlines()[-1] == "Ctrl-C ends the relay."
    assert max(map(len, err.splitlines())) <= 80
    assert f"http://{url.removeprefix('tcp://')}/" in err


@posix
def test_it_explains_what_crosses_and_records_it(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    with ws_echo.serve() as server:
        words = ("relay", "--to", to(server), "--explain", "-o", str(file))
        with running(*words) as process:
            say(url_of(process), "Hello")
            process.send_signal(signal.SIGINT)
            status, out, err = ended(process)
    assert status == 0, err
    assert out.count("text 'Hello'") == 2
    assert "client <- server close 1000" in out
    assert re.search(r"^\[port \d+\]$", out, re.M)
    assert err.splitlines()[-1] == f"Recorded in {file}: 1 connection."
    stream = Recording.load(file).stream(Role.SERVER)
    assert stream.startswith(b"HTTP/1.1 101 ")
    assert b"\x81\x05Hello" in stream


@posix
def test_each_connection_has_a_file_of_json_and_all_share_one_of_pcapng(tmp_path: Path) -> None:
    for name in ("talk.json", "talk.pcapng"):
        file = tmp_path / name
        with (
            ws_echo.serve() as server,
            running("relay", "--to", to(server), "-o", str(file)) as process,
        ):
            url = url_of(process)
            say(url, "first")
            say(url, "second")
            process.send_signal(signal.SIGTERM)
            status, _, err = ended(process)
        assert status == 0, err
        assert "2 connections." in err.splitlines()[-1]
    assert {path.name for path in tmp_path.iterdir()} == {"talk.json", "talk-2.json", "talk.pcapng"}
    assert b"first" in Recording.load(tmp_path / "talk.json").stream(Role.SERVER)
    assert b"second" in Recording.load(tmp_path / "talk-2.json").stream(Role.SERVER)
    capture = (tmp_path / "talk.pcapng").read_bytes()
    assert DECLARATION.encode() in capture
    assert capture.count(b"\x81\x05first") == capture.count(b"\x81\x06second") == 1


@posix
def test_no_connection_no_file(tmp_path: Path) -> None:
    with (
        tcp_echo.serve() as server,
        running("relay", "--to", to(server), "-o", str(tmp_path / "a.json")) as process,
    ):
        url_of(process)
        process.send_signal(signal.SIGINT)
        status, _, err = ended(process)
    assert status == 0
    assert "Nobody connected" in err
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_target_that_is_down() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and not listening
        port = nobody.getsockname()[1]
        with running("relay", "--to", f"127.0.0.1:{port}") as process:
            host, _, here = url_of(process).removeprefix("tcp://").partition(":")
            for _ in range(2):
                with socket.create_connection((host, int(here)), timeout=10) as sock:
                    assert read_to_end(sock) == b""
            process.send_signal(signal.SIGINT)
            status, _, err = ended(process)
    assert status == 0
    assert "Traceback" not in err
    assert err.count(f"relay: Cannot connect to 127.0.0.1 port {port}: nothing listens") == 2


def trouble(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["relay", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return sentence(err)


@pytest.mark.parametrize(
    "text", ["", "8888", ":8888", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
             "127.0.0.1:²", "::1:8888", "[::1]", "http://127.0.0.1:8888/", "http://127.0.0.1:8888"]
)  # fmt: skip
def test_targets_that_are_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--to takes HOST:PORT, as in 127.0.0.1:8888" in trouble(capsys, "--to", text)


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with tcp_echo.serve() as server:
        port = str(server.address[1])
        text = trouble(capsys, "--to", "127.0.0.1:9", "--listen", port)
        assert f"port {port}: the port is in use" in text
        text = trouble(capsys, "--to", f"localhost:{port}", "--listen", port)
        assert "would talk to itself" in text


def test_a_port_in_use_as_a_process() -> None:
    with tcp_echo.serve() as server:
        done = wslab("relay", "--to", "127.0.0.1:9", "--listen", str(server.address[1]))
    assert (done.returncode, done.stdout) == (2, b"")
    assert "in use" in sentence(done.stderr)


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That comes out at once, and leaves nothing."""

    def told(name: str) -> str:
        return trouble(capsys, "--to", "127.0.0.1:9", "-o", str(tmp_path / name))

    (tmp_path / "folder.json").mkdir()
    assert "ends in .json or .pcapng" in told("talk.txt")
    assert "ends in .json or .pcapng" in told("talk")
    assert "Cannot write" in told("nowhere/talk.json")
    assert "Cannot write" in told("folder.json")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]


def test_a_file_that_was_there_stays_until_there_is_a_new_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "talk.json"
    file.write_text("precious")
    with tcp_echo.serve() as server:
        port = str(server.address[1])
        trouble(capsys, "--to", "127.0.0.1:9", "--listen", port, "-o", str(file))
    assert file.read_text() == "precious"
