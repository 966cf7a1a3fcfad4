"""What a learner meets before anything runs: an old Python, a file in the way, a mistyped word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pythons import old_pythons
from tests.support.shell import DEADLINE, ROOT, sentence, wslab
from wslab.cli import main


def module(
    python: str, folder: Path, *words: str, **changes: str
) -> subprocess.CompletedProcess[str]:
    """``python -m wslab`` in a folder where the package is, as in the kit's."""
    (folder / "wslab").symlink_to(ROOT / "wslab", target_is_directory=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    return subprocess.run(
        [python, "-B", "-m", "wslab", *words],
        cwd=folder, env=kept | changes, capture_output=True, encoding="utf-8",
        timeout=DEADLINE, check=False,
    )  # fmt: skip


@pytest.mark.skipif(not old_pythons(), reason="no Python older than 3.10 on this machine")
def test_an_old_python_is_told_what_to_type(tmp_path: Path) -> None:
    for version, python in old_pythons().items():
        place = tmp_path / version
        place.mkdir()
        done = module(python, place, "demo", "two words", PATH=str(tmp_path))
        assert done.returncode == 1
        assert done.stdout == ""
        assert "3.10" in done.stderr, version
        if version.startswith("3."):
            first, second = done.stderr.splitlines()
            assert version in first
            assert second.endswith('-m wslab demo "two words"')


IN_THE_WAY = ("socket", "random", "string", "queue", "http", "json", "logging", "token", "struct",
              "email", "select", "copy", "typing", "threading", "ssl", "argparse", "html",
              "hashlib", "base64", "test")  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="links to folders need rights on Windows")
def test_a_file_named_like_a_module_of_python_is_not_in_the_way(tmp_path: Path) -> None:
    for name in IN_THE_WAY:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')\n", "utf-8")
    done = module(sys.executable, tmp_path, "demo", "Hello")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Hello" in done.stdout


@pytest.mark.parametrize("name", ["random", "socket", "types"])
def test_such_a_file_beside_the_exercises_is_not_in_the_way(tmp_path: Path, name: str) -> None:
    solution = (ROOT / "solutions/ex03_opening_handshake.py").read_text("utf-8")
    (tmp_path / "ex03_opening_handshake.py").write_text(solution, "utf-8")
    (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')\n", "utf-8")
    done = wslab("check", "ex03", "--folder", str(tmp_path))
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("demmo", "demo"),
        ("chek", "check"),
        ("Demo", "demo"),
        ("servr", "serve"),
        ("tset", "python3 start.py test"),
        ("lesson", "python3 start.py lessons"),
        ("serve wss", "ws"),
        ("serve ws --tapp", "--tap"),
        ("check ex03 --sed 3", "--seed"),
        ("grade x --jbos 3", "--jobs"),
    ],
)
def test_a_mistyped_word_names_the_near_one(
    capsys: pytest.CaptureFixture[str], words: str, meant: str
) -> None:
    assert f"Did you mean {meant}" in complaint(capsys, *words.split()).replace("mean  ", "mean ")


def test_a_word_like_no_other_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["xyzzy"], ["compare", "--colour", "jsn"]):
        assert "Did you mean" not in complaint(capsys, *words)


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one sentence about words that no command understands."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    return sentence(capsys.readouterr().err)
