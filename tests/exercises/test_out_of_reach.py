"""No submission reads a line of a solution, nor of what its answers are compared with.

A submission for all nine exercises reads whatever it can open, and says what it has found. It's
graded as in a graded run: with Landlock, as root and as an ordinary user, and without Landlock.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.visit import missing
from wslab.grading import kit, landlock
from wslab.grading.record import Record

from .secret_lines import secret_files, secret_lines

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="these walls are Linux's"),
]
ROOT = kit.root()
JUDGE = """
import json, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.exercises.arena import one_task
from wslab.grading import kit, launch, orphans
from wslab.grading.limits import Limits
from wslab.grading.task import grade
tempfile.tempdir = sys.argv[3]
if orphans.adopt():
    launch.open_nursery(sys.argv[3])
limits = Limits(load=60, call=60, step=10, total=400, landlock=sys.argv[4] == "landlock")
print(json.dumps(grade(one_task(Path(sys.argv[2]), list(kit.FILES)), limits).to_json()))
"""
OPEN = "not kept away from other files"
SEARCHED = re.compile(r"looked at (\d+) found (\d+)")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that all users may pass through: pytest's own is for one."""
    folder = Path(tempfile.mkdtemp(prefix="wslab-reach-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def copy_of_the_kit(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("wslab", "exercises", "solutions", "tests/exercises"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def graded(
    place: Path, home: Path, *, walled: bool, everywhere: list[str], python: str = sys.executable,
    worker: str = "", **user: Any,
) -> Record:  # fmt: skip
    """What becomes of the searcher. ``home`` is the kit that grades, ``user`` who does it."""
    (place / "in" / "mallory").mkdir(parents=True)
    (place / "in").chmod(0o700)
    (place / "work").mkdir(mode=0o711)
    names = {
        "KIT": str(home), "KNOWN": [str(home / name) for name in secret_files()],
        "EVERYWHERE": everywhere, "WANTED": [line[::-1] for line in sorted(secret_lines())],
    }  # fmt: skip
    text = (ROOT / "tests/exercises/search_everything.py").read_text("utf-8")
    start = "from __future__ import annotations\n"
    assert start in text
    text = text.replace(start, start + "".join(f"{name} = {names[name]!r}\n" for name in names))
    for name in kit.FILES.values():
        (place / "in" / "mallory" / f"{name}.py").write_text(text, "utf-8")
    for path in (place / "in", place / "work") if user else ():
        subprocess.run(["chown", "-R", str(user["user"]), str(path)], check=True, timeout=20)
    done = subprocess.run(
        [python, "-B", "-c", JUDGE, str(home), str(place / "in"), str(place / "work"),
         "landlock" if walled else "without"],
        capture_output=True, text=True, timeout=200, cwd=place, check=False,
        env={"PATH": os.environ["PATH"], "WSLAB_WORKER_USER": worker}, **user,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Record.from_json(json.loads(done.stdout))


def finds(record: Record) -> dict[str, int]:
    """For each exercise, the most that its search has found; it must have been told of."""
    found: dict[str, int] = {}
    for check in record.checks:
        for looked_at, lines in SEARCHED.findall(" ".join(check.lines)):
            assert int(looked_at) > 500, "or it didn't search"
            found[check.exercise] = max(found.get(check.exercise, 0), int(lines))
    assert list(found) == list(kit.FILES), record
    return found


NOTHING = dict.fromkeys(kit.FILES, 0)
EVERYWHERE = ["/", str(ROOT), "/tmp", str(Path.home())]


def in_words(record: Record) -> str:
    return " ".join(line for check in record.checks for line in check.lines)


def test_with_landlock_nothing_is_found(place: Path) -> None:
    if not landlock.version():
        missing("no Landlock in this kernel")
    record = graded(place, ROOT, walled=True, everywhere=EVERYWHERE)
    assert finds(record) == NOTHING, in_words(record)
    assert "landlock files" in record.isolation
    assert OPEN not in record.flags
    assert record.score == 0


def test_without_landlock_all_is_found_and_the_row_says_so(place: Path) -> None:
    """So the search is a real one, and the flag is worth something."""
    record = graded(place, ROOT, walled=False, everywhere=[])
    assert min(finds(record).values()) > 0
    assert "landlock" not in record.isolation
    assert OPEN in record.flags


def nobody(python: str) -> dict[str, Any]:
    """Skip where the tests don't run as root, or nobody else can start this Python."""
    if os.geteuid():
        pytest.skip("only root may change users")
    import pwd

    entry = pwd.getpwnam("nobody")
    user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    try:
        code = "import sys; sys.exit(sys.version_info < (3, 10))"
        subprocess.run([python, "-c", code], check=True, timeout=20, cwd="/", **user)  # type: ignore[call-overload]
    except (OSError, subprocess.CalledProcessError):
        missing("no Python from 3.10 on that another user may start")
    return user


@pytest.fixture
def python() -> str:
    """One that another user may start, too."""
    for path in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        real = Path(path).resolve()
        if real.is_file() and all(parent.stat().st_mode & 1 for parent in real.parents):
            return path
    missing("no Python that another user may start")


def test_as_an_ordinary_user_nothing_is_found_either(place: Path, python: str) -> None:
    if not landlock.version():
        missing("no Landlock in this kernel")
    user = nobody(python)
    home = copy_of_the_kit(place / "kit")
    record = graded(
        place, home, walled=True, everywhere=[*EVERYWHERE, str(home)], python=python, **user
    )
    assert finds(record) == NOTHING, in_words(record)
    assert "landlock files" in record.isolation


def test_without_landlock_another_user_finds_nothing_in_a_closed_kit(
    place: Path, python: str
) -> None:
    """As in the container, whose rights are taken from its recipe."""
    nobody(python)
    home = copy_of_the_kit(place / "kit")
    recipe = (ROOT / "exercises/grading/Dockerfile").read_text("utf-8")
    closing = re.findall(r"chmod [^&\\\n]+", recipe.partition("WORKDIR")[2])
    assert len(closing) == 4
    for command in closing:
        subprocess.run(command.replace("/kit", str(home)).split(), check=True, timeout=20)
    record = graded(
        place, home, walled=False, everywhere=[str(home)], python=python, worker="nobody"
    )
    assert finds(record) == NOTHING, in_words(record)
    assert "own user" in record.isolation
    assert OPEN in record.flags, "other files may be open, so it has to be said"
