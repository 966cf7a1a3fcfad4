"""The copies of the starters, which ``reset`` puts back: the same, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from wslab.grading import kit

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("key", kit.FILES)
def test_the_copy_is_the_starter(key: str) -> None:
    starter = ROOT / "exercises" / f"{kit.FILES[key]}.py"
    copy = ROOT / "tests" / "exercises" / "starters" / f"{kit.FILES[key]}.txt"
    how = f"whoever changes a starter copies it: {starter.name} to {copy.relative_to(ROOT)}"
    assert copy.read_bytes() == starter.read_bytes(), how
    assert kit.starter(key) == starter.read_text("utf-8")


def test_there_is_no_other() -> None:
    folder = ROOT / "tests" / "exercises" / "starters"
    assert sorted(path.stem for path in folder.iterdir()) == sorted(kit.FILES.values())
