"""The README is the first thing that anybody tries: what it shows and says must be so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wslab.cli import main
from wslab.commands import demo

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_its_picture_is_what_the_demo_prints() -> None:
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown
    printed = demo.report(*demo.converse(["Hello"])).split("\n\n")[0]
    # The system picks the ports; the README says PORT, and pads the column as before.
    printed = re.sub(r"(?<=:)\d{4,5}", "PORT ", printed).replace("PORT /", "PORT/")
    assert _squeezed(shown[1]) == _squeezed(printed)


def _squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_bytes_that_it_explains(capsys: pytest.CaptureFixture[str]) -> None:
    command = re.search(r"`python3 -m wslab (explain [0-9a-f ]+)`", README)
    assert command
    assert main(command[1].split()) == 0
    assert "'Hello'" in capsys.readouterr().out


def test_its_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"(      import wslab\n(?:      .*\n|\n)+)", README)
    assert example
    exec(compile("\n".join(line[6:] for line in example[1].splitlines()), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("Hello\nclient -> server GET / HTTP/1.1")
    assert "masking key" in printed


def test_it_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    names = re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.MULTILINE)
    assert {"demo", "serve", "connect", "explain"} <= set(names)
    for name in names:
        assert f"`{name}`" in README
