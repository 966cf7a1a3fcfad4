"""``python -m wslab demo``; what it prints is tested in ``test_demo_report.py``."""

from __future__ import annotations

import pytest

from tests.support.shell import sentence
from wslab.cli import main


def test_demo_in_process(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "one", "two"]) == 0
    assert "text 'two'" in capsys.readouterr().out


def test_words_that_are_not_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "caf\udce9"]) == 2  # é of Latin-1, as Python reads it from the shell
    assert sentence(capsys.readouterr().err) == r"wslab: 'caf\udce9' is not text in UTF-8."
