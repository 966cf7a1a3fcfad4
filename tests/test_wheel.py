"""The wheel: pip installs it without the kit, and what needs the kit's folder says so."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import DEADLINE, ROOT, sentence
from tests.support.visit import missing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed package and nothing else."""
    if int(importlib.metadata.version("setuptools").split(".")[0]) < 77:
        missing("setuptools 77 is not installed: no wheel can be built")
    source, wheels, target = map(tmp_path_factory.mktemp, ("source", "wheels", "target"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "wslab", source / "wslab", ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(source)]
    subprocess.run([*pip, *build], check=True, timeout=60)
    (wheel,) = wheels.glob("wslab-*.whl")
    install = ["install", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run([*pip, *install], check=True, timeout=60)
    return target


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """``python -m wslab …`` with no packages but this one, far from the kit."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV", "WSLAB"))}
    return subprocess.run(
        [sys.executable, "-S", "-m", "wslab", *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(installed), "WSLAB_NOTES": str(folder / "notes")},
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        "demo Hi",
        "explain 81 05 48 65 6c 6c 6f",
        "compare --messages 2 --size 5",
        "record -o talk.pcapng",
        "serve --help",
        "connect --help",
        "relay --help",
    ],
)
def test_what_needs_no_exercises_works(installed: Path, tmp_path: Path, words: str) -> None:
    done = run(installed, tmp_path, *words.split())
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr


def test_the_page_comes_along(installed: Path, tmp_path: Path) -> None:
    assert (installed / "wslab/page.html").read_bytes() == (ROOT / "wslab/page.html").read_bytes()
    assert (installed / "wslab/py.typed").exists()


@pytest.mark.parametrize(
    "words",
    [
        *("check ex01", "hint ex01", "watch ex01", "progress", "solution ex01", "reset ex01"),
        *("grade .", "release copy"),
    ],
)
def test_what_needs_the_kit_says_so(installed: Path, tmp_path: Path, words: str) -> None:
    done = run(installed, tmp_path, *words.split())
    assert done.returncode == 2
    assert "start.py" in sentence(done.stderr)
