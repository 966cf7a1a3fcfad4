"""``python -m wslab compare``: the tables, the plot, and what makes no sense."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.protocol.streams import need
from tests.support.shell import sentence, wslab
from wslab.cli import main

FEW = ("compare", "--messages", "2")


def test_it_prints_the_tables() -> None:
    result = wslab(*FEW, "--size", "5", "--rtt", "50")
    assert result.returncode == 0, result.stderr
    assert result.stderr == b""
    text = result.stdout.decode()
    assert text.startswith("2 messages of 5 bytes, each echoed.")
    assert "a line with a round trip of 50 ms" in text
    for name in ("TCP", "WebSocket", "HTTP kept alive", "HTTP long polling", "server-sent events"):
        assert f"\n{name} " in text
    assert max(map(len, text.splitlines())) <= 80


def test_it_saves_the_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("matplotlib")
    file = tmp_path / "traffic.png"
    assert main([*FEW, "-o", str(file)]) == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().err == f"The plot is in {file}.\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--messages", "0"], "messages must be a whole number from 1 to 10000, not 0."),
        (["--messages", "1000000"], "messages must be"),
        (["--messages", "some"], "--messages"),
        (["--size", "-5"], "size (bytes) must be a whole number from 1 to 65536, not -5."),
        (["--size", "70000"], "size (bytes) must be"),
        (["--messages", "10000", "--size", "65536"], "too much"),
        (["--rtt", "-1"], "'-1' is not a number of milliseconds, 0 to 60000"),
        (["--rtt", "nan"], "'nan' is not a number of milliseconds"),
        (["--rtt", "soon"], "'soon' is not a number"),
        (["--pace", "1e9"], "'1e9' is not a number"),
        (["--messages", "10000", "--pace", "60000"], "take too long"),
        (["-o", "plot.txt"], "ends in .png"),
        (["-o", "no/such/folder/plot.png"], "Cannot write no/such/folder/plot.png"),
    ],
)
def test_nonsense_is_one_sentence(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    if "no/such" in said:
        need("matplotlib")
    try:
        status = main(["compare", *words])
    except SystemExit as end:  # what argparse itself refuses
        status = int(end.code or 0)
    assert status == 2
    output = capsys.readouterr()
    assert said in sentence(output.err)
    assert output.out == ""
    assert list(tmp_path.iterdir()) == []


def test_nonsense_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("matplotlib")
    file = tmp_path / "plot.png"
    assert main(["compare", "--messages", "0", "-o", str(file)]) == 2
    assert "messages must be" in sentence(capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []


def test_an_old_plot_stays_when_the_run_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("matplotlib")

    def interrupted(*words: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wslab.comparison.run.compare", interrupted)
    file = tmp_path / "plot.png"
    file.write_bytes(b"old")
    assert main(["compare", "-o", str(file)]) == 130
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_without_matplotlib_there_is_no_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["compare", "-o", str(tmp_path / "plot.png")]) == 2
    assert "pip install matplotlib" in sentence(capsys.readouterr().err)
