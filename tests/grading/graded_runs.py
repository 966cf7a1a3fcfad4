"""Folders of submissions, and the real command that grades them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = {
    key: (ROOT / "solutions" / name).read_text("utf-8")
    for key, name in {"ex03": "ex03_opening_handshake.py", "ex05": "ex05_masking.py"}.items()
}
EXERCISES = ["--exercise", *SOLUTION]
APART = {"times.csv", "journal", "journal.lock"}
"""Where the clock, or the order of the run, may be seen."""


def submission(folder: Path, **changed: tuple[str, str]) -> None:
    """The solutions, with a text in one of them replaced."""
    folder.mkdir(parents=True)
    for key, text in SOLUTION.items():
        old, new = changed.get(key, ("", ""))
        assert old in text
        (folder / f"{key}_{'opening_handshake' if key == 'ex03' else 'masking'}.py").write_text(
            text.replace(old, new), "utf-8"
        )


WRONG = ("turns = cycle(key)", "turns = iter(key * 9)")
HANGS = ("turns = cycle(key)", "import time; time.sleep(60)")


def some(root: Path, count: int) -> Path:
    """A folder with so many submissions: right, wrong, hanging, none."""
    for number in range(count):
        folder = root / f"s{number:02}"
        if number % 4 == 3:
            folder.mkdir(parents=True)
        else:
            submission(folder, **({}, {"ex05": WRONG}, {"ex05": HANGS})[number % 4])
    return root


def command(submissions: Path, out: Path, *more: str) -> list[str]:
    words = ["grade", str(submissions), "-o", str(out), *EXERCISES, *more]
    return [sys.executable, "-m", "wslab", *words]


def start(
    submissions: Path, out: Path, *more: str, cwd: Path = ROOT, **other: object
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(submissions, out, *more), cwd=cwd, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, **other,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def grade(submissions: Path, out: Path, *more: str, cwd: Path = ROOT) -> str:
    """Run to its end; what it says."""
    process = start(submissions, out, *more, cwd=cwd)
    said, errors = process.communicate(timeout=240)
    assert process.returncode in (0, 1), errors
    return str(said)


def result(out: Path) -> dict[str, bytes]:
    """All files but those that know the clock."""
    files = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in APART}


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """All that is in a folder, with mode, size and the time of the last change."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        about = path.lstat()
        found[os.fspath(path)] = about.st_mode, about.st_size, about.st_mtime_ns
    return found
