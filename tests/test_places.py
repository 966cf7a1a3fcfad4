"""Folders that may not be entered: what may not be looked at isn't there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shell import posix, sentence
from tests.support.users import open_kit, open_python, ordinary

pytestmark = posix


@pytest.fixture(scope="module")
def kit() -> Iterator[Path]:
    with open_kit() as kit:
        yield kit


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Like /root for an ordinary user."""
    folder = tmp_path_factory.mktemp("closed")
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


def run(kit: Path, *words: str, cwd: Path | None = None, **changes: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [open_python(), "-B", *words],
        cwd=cwd or kit,
        env={"PATH": os.defpath, "PYTHONPATH": str(kit), "WSLAB_NOTES": "/dev/null/no", **changes},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        **ordinary(),
    )
    return done.returncode, done.stdout, done.stderr


def test_the_pythons_of_others_are_passed_over(kit: Path, closed: Path) -> None:
    find = "from tests.support.pythons import old_pythons, pythons; print(pythons(), old_pythons())"
    places = {"PATH": f"{closed}:{closed}/bin", "PYENV_ROOT": str(closed)}
    status, out, err = run(kit, "-c", find, **places)
    assert status == 0, err
    assert open_python() in out
    status, _, err = run(kit, "start.py", "check-environment", **places)
    assert "Traceback" not in err
    assert status == 0


def test_in_a_closed_folder_the_exercises_are_those_of_the_kit(kit: Path, closed: Path) -> None:
    """Where somebody became another user, and stayed in the first one's home."""
    # To enter it takes root: the system starts a program in its folder first.
    inside = closed if os.geteuid() == 0 else kit
    status, out, err = run(kit, "-m", "wslab", "check", "ex04", cwd=inside)
    assert status == 1, err
    assert "0 of 18 points" in out


@pytest.mark.parametrize("words", [("check", "ex04", "--folder"), ("grade",), ("explain",)])
def test_a_closed_folder_is_named(kit: Path, closed: Path, words: tuple[str, ...]) -> None:
    status, _, err = run(kit, "-m", "wslab", *words, str(closed / "work"))
    assert status == 2
    assert str(closed) in sentence(err)


def test_a_closed_venv_is_passed_over(kit: Path) -> None:
    """Of somebody else, in a kit for many: what to do is said all the same."""
    (kit / ".venv").mkdir(mode=0)
    ask = "from wslab.environment import how_to_get; print(how_to_get('no_such_package'))"
    status, out, err = run(kit, "-c", ask)
    (kit / ".venv").rmdir()
    assert (status, err) == (0, "")
    assert "pip install no_such_package" in out
