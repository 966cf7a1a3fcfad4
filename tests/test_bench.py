"""The benchmark itself: all of it runs, and a server that lies is no server to measure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import wslab
from tests.bench import masks, measure, raw, report, views, worlds
from tests.bench.__main__ import SECTIONS
from tests.bench.peers import PEERS, ROOT, Running, installed
from tests.bench.targets import TARGETS
from wslab import tcp_server

pytestmark = pytest.mark.slow

THIRD_PARTIES = ("websockets", "wsproto", "websocket", "numpy", "matplotlib")


def run_bench(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--smoke", "--output", str(folder), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


def test_every_row_is_there_and_fits_a_terminal(tmp_path: Path) -> None:
    output = run_bench(tmp_path)

    assert max(map(len, output.splitlines()[:-1])) <= 80
    assert not os.environ.get("CI") or "left out" not in output
    saved = json.loads((tmp_path / "bench.json").read_text("utf-8"))["seconds, turn by turn"]
    assert list(saved) == list(SECTIONS)
    for section, columns in saved.items():
        assert report.SECTIONS[section].title in output
        everything = report.NAMES.get(section, PEERS)
        for samples in columns.values():
            assert list(samples) == [n for n, one in everything.items() if installed(one.needs)]
            assert all(value >= 0 for values in samples.values() for value in values)
        for name in next(iter(columns.values())):
            assert f"\n{report.label(section, name)}  " in output
    for target in TARGETS:
        assert f"\n{target.text} " in output
    if installed("matplotlib"):
        assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_who_is_not_installed_is_named_and_left_out(tmp_path: Path) -> None:
    # Python reads this file when it starts; what is None there cannot be imported.
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({THIRD_PARTIES}))\n"
    )
    output = run_bench(tmp_path, PYTHONPATH=str(tmp_path))

    for module in ("websockets", "wsproto", "websocket", "numpy"):
        assert f"Not installed, so left out: {module}\n" in output
    assert "wslab.ws_echo  " in output
    assert "websockets, C" not in output
    assert "matplotlib is not installed: no plot." in output
    assert not (tmp_path / "bench.png").exists()


# Lies

MEASURES = [measure.round_trip, measure.pipelined, measure.connection]
Measure = Callable[[Running, int, float], float]


def one_bit_off(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("measured", MEASURES)
@pytest.mark.parametrize(
    "lie",
    [one_bit_off, lambda data: data[:-1], lambda data: data.decode()],
    ids=["bit", "short", "text"],
)
def test_a_websocket_server_that_lies_is_found_out(
    measured: Measure, lie: Callable[[bytes], str | bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "DEADLINE", 0.2)  # an answer that is too short shows only then

    def answer_wrongly(ws: wslab.WebSocket) -> None:
        for message in ws:
            assert isinstance(message, bytes)
            ws.send(lie(message))

    with wslab.serve(answer_wrongly) as server:
        liar = Running("a liar", "ws", server.address[1])
        with pytest.raises(raw.WrongEcho, match="a liar"):
            measured(liar, 16, 0.0)


@pytest.mark.parametrize("measured", MEASURES)
@pytest.mark.parametrize(
    "lie", [one_bit_off, lambda data: data + b"more", lambda data: b""], ids=["bit", "more", "end"]
)
def test_a_tcp_server_that_lies_is_found_out(
    measured: Measure, lie: Callable[[bytes], bytes]
) -> None:
    def answer_wrongly(peer: tcp_server.Peer) -> None:
        while data := peer.sock.recv(65536):
            if not lie(data):
                return
            peer.sock.sendall(lie(data))

    with tcp_server.Server(answer_wrongly) as server:
        liar = Running("a liar", "tcp", server.address[1])
        with pytest.raises((raw.WrongEcho, ConnectionError)):
            measured(liar, 16, 0.0)


def test_a_silent_server_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def listen_only(peer: tcp_server.Peer) -> None:
        while peer.sock.recv(65536):
            pass

    monkeypatch.setattr(raw, "DEADLINE", 0.2)
    with tcp_server.Server(listen_only) as server:
        silent = Running("silent", "tcp", server.address[1])
        with pytest.raises(raw.WrongEcho, match="silent: no whole answer"):
            measure.round_trip(silent, 16, 0.0)


def test_a_server_that_speaks_no_websocket_is_found_out() -> None:
    with wslab.tcp_echo.serve() as server:
        stranger = Running("a stranger", "ws", server.address[1])
        with pytest.raises(raw.WrongEcho, match="refused the handshake"):
            raw.connect(stranger)


def test_a_wrong_mask_is_found_out() -> None:
    wrong = worlds.Candidate("wrong", lambda: lambda data, key: data)
    with pytest.raises(raw.WrongEcho, match="masks 16 bytes wrongly"):
        masks.masking(wrong, 16, 0.0)


def test_a_stream_that_loses_something_is_found_out() -> None:
    def take_less(peer: tcp_server.Peer) -> None:
        with peer.sock:
            total = sum(map(len, iter(lambda: peer.sock.recv(65536), b"")))
            peer.sock.sendall((total - 1).to_bytes(8, "big"))

    with tcp_server.Server(take_less) as server:
        liar = Running("a liar", "tcp", server.address[1])
        with pytest.raises(raw.WrongEcho, match="a liar: 99 bytes arrived, and not 100"):
            measure.stream(liar, 100)


def test_a_view_that_hides_something_is_found_out() -> None:
    hides = worlds.Candidate("hides", lambda: lambda recording: ("", len(recording) - 1))
    with pytest.raises(raw.WrongEcho, match="hides: shows 11 items, and not 12"):
        views.viewing(hides, 10, 0.0)


# Figures


def test_a_ratio_is_taken_within_each_turn() -> None:
    samples = {"slow": [4.0, 40.0, 4.0], "fast": [2.0, 10.0, 1.0]}
    assert report.ratios(samples, "fast", "slow") == [2.0, 4.0, 4.0]


def test_the_servers_take_turns() -> None:
    order: list[str] = []

    def run(name: str) -> float:
        order.append(name)
        return 1.0

    measure.take_turns({name: partial(run, name) for name in "abc"}, 3)
    assert "".join(order) == "abcbcacab"


@pytest.mark.parametrize(("ours", "verdict"), [(1.0, "ok"), (2.0, "ok"), (2.1, "below")])
def test_a_missed_target_is_said_in_a_word(ours: float, verdict: str) -> None:
    columns = {"16": {"ws_echo": [ours], "tcp": [1.1]}}
    line = report.target_table({"round-trip": columns}).splitlines()[2]
    assert line.startswith("echo 16 B, to raw TCP")
    assert line.endswith(f" {verdict}")


def test_every_size_means_the_worst_of_them() -> None:
    target = next(target for target in TARGETS if not target.column)
    columns = {
        "16": {"ws_echo": [1.0], "websockets": [3.0]},
        "125": {"ws_echo": [1.0], "websockets": [0.5]},
    }
    assert report.measured(target, {"round-trip": columns}) == [0.5]
