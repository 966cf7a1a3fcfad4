"""File names from students' names, on any system."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grading.report.class_of import HOSTILE
from wslab.grading.report.names import MOST, file_names, is_safe


@pytest.mark.parametrize("name", ["anna", "Müller".encode().hex(), "s123_456", "anna.b-2", "10"])
def test_a_good_name_stays(name: str) -> None:
    assert file_names([name]) == {name: name}


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "-rf", "CON", "con.txt", "aux", "Lpt9",
                                  "a.", "a b", "a/b", "a:b", "é", "x" * 61, "a\n"])  # fmt: skip
def test_a_dangerous_name_does_not(name: str) -> None:
    assert not is_safe(name)
    assert is_safe(file_names([name])[name])


def test_hostile_names_all_become_different_harmless_ones(tmp_path: Path) -> None:
    names = file_names(HOSTILE)
    assert set(names) == set(HOSTILE)
    assert all(map(is_safe, names.values()))
    assert len({name.lower() for name in names.values()}) == len(HOSTILE)
    assert max(map(len, names.values())) <= MOST
    for name in names.values():
        (tmp_path / f"{name}.html").write_text("x")
    assert len(list(tmp_path.iterdir())) == len(HOSTILE)


def test_names_do_not_depend_on_the_order() -> None:
    assert file_names(HOSTILE) == file_names(HOSTILE[::-1])
