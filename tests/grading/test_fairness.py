"""A mark depends on the answers alone: not on the machine, and not on who is graded beside."""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wslab.cli import main

from .graded_runs import ROOT, SOLUTION, grade, submission

linux = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="only Linux counts a program's own time"
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and fork")

BURN = """
import time

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
"""
SLOW_IMPORT = f"{BURN}\nburn(1.5)\n"
SLOW_CALLS = f"""{BURN}
def slowly(function):
    def slow(*args):
        burn(0.3)
        return function(*args)
    return slow

for one in ("accept_key", "eavesdrop"):
    if one in globals():
        globals()[one] = slowly(globals()[one])
"""


def hand_in(folder: Path, code: str) -> None:
    """The solutions, and this after each of them."""
    submission(folder)
    for file in folder.iterdir():
        file.write_text(f"{file.read_text('utf-8')}\n\n{code}", "utf-8")


def answering(value: str, setup: str = "") -> str:
    """Code that answers every question with this."""
    return (
        f"asked = list(globals().items())\n{setup}\n"
        "for name, one in asked:\n"
        "    if callable(one) and not isinstance(one, type):\n"
        f"        globals()[name] = lambda *args, **kwargs: {value}\n"
    )


def rows(out: Path) -> dict[str, dict[str, str]]:
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        return {row["folder"]: row for row in csv.DictReader(file)}


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


# ---------------------------------------------------------------- the machine


@linux
@pytest.mark.parametrize("code", [SLOW_IMPORT, SLOW_CALLS], ids=["import", "calls"])
@pytest.mark.parametrize("jobs", ["1", "12"])
@pytest.mark.slow
@pytest.mark.timeout(560)
def test_a_busy_machine_costs_nobody_a_point(tmp_path: Path, code: str, jobs: str) -> None:
    for number in range(6 if jobs != "1" else 2):
        hand_in(tmp_path / "in" / f"s{number}", code)
    with busy_cores():
        grade(tmp_path / "in", tmp_path / "out", "--seed", "s", "--jobs", jobs)
    for row in rows(tmp_path / "out").values():
        assert (row["status"], row["score"]) == ("graded", row["max_score"])


@pytest.mark.slow
@pytest.mark.timeout(560)
def test_want_of_threads_is_no_lost_point(tmp_path: Path) -> None:
    """It says what a program says when its neighbours have taken all; later, they have gone."""
    soon = time.time() + 15
    shortage = (
        f'import time\nif time.time() < {soon}: raise RuntimeError("can\'t start new thread")'
    )
    hand_in(tmp_path / "in" / "a", shortage)
    for number in range(3):
        hand_in(tmp_path / "in" / f"b{number}", "import time\ntime.sleep(4)")
    grade(tmp_path / "in", tmp_path / "out", "--seed", "s", "--jobs", "1")
    assert time.time() > soon, "or the test shows nothing"
    for row in rows(tmp_path / "out").values():
        assert (row["status"], row["score"]) == ("graded", row["max_score"])


# ---------------------------------------------------------------- neighbours

NEIGHBOURS = {
    "threads": (
        "import threading, time\nthreading.stack_size(32768)\n"
        "for _ in range(3000):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n",
        "threads",
    ),
    "threads in each call": (
        "import threading, time\nthreading.stack_size(32768)\n"
        + answering(
            "start()",
            "def start():\n"
            "    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        ),
        "threads",
    ),
    "prints": ("for number in range(10**9): print('loading', number)\n", "print"),
    "floods": ("import os\nwhile True: os.write(1, bytes(1 << 16))\n", "printed more than"),
    "loops": ("while True: pass\n", "processor time"),
    "sleeps": ("import time\ntime.sleep(1000)\n", "waited"),
    "locks": (
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n", "waited",
    ),
    "memory": ("hoard = [bytearray(1 << 24) for _ in range(10**6)]\n", "MemoryError"),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)\n", "signal 9"),
    "forks": ("import os\nos.fork()\n", "process"),
    "digits": ("x = str(10**9_999)\n", "ValueError"),
}  # fmt: skip


@linux
@pytest.mark.slow
@pytest.mark.timeout(560)
def test_no_neighbour_moves_a_mark(tmp_path: Path) -> None:
    # The names give nothing away: the words below must come from the grader.
    for number, (code, _) in enumerate(NEIGHBOURS.values()):
        hand_in(tmp_path / "in" / f"{number:02} bad", code)
        hand_in(tmp_path / "in" / f"{number:02} right", "")
    grade(tmp_path / "in", tmp_path / "out", "--seed", "s")
    found = rows(tmp_path / "out")
    assert len(found) == 2 * len(NEIGHBOURS)
    for number, (name, (_, words)) in enumerate(NEIGHBOURS.items()):
        bad, right = (found[f"{number:02} {which}"] for which in ("bad", "right"))
        assert (bad["status"], bad["score"]) == ("graded", "0"), name
        assert (right["status"], right["score"]) == ("graded", right["max_score"]), name
        (page,) = (tmp_path / "out" / "feedback").glob(f"{number:02}-bad*.txt")
        # Wrapped lines are joined again.
        assert words in " ".join(page.read_text("utf-8").split()), name


# ---------------------------------------------------------------- answers

COLLIDING = "MOD = (1 << 61) - 1\nmany = [number * MOD + 7 for number in range(1, 70_000)]\n"
ODD = {
    "lone surrogate": ("'\\ud800'", ""),
    "surrogates inside": ("[('\\udfff', {'\\ud800': '\\udc00'})]", ""),
    "colliding list": ("many", COLLIDING),
    "colliding dict": ("table", f"{COLLIDING}table = dict.fromkeys(many[:6000])\n"),
    "many lists": ("[[]] * 200_000", ""),
    "many keys": ("table", "table = {number: number for number in range(60_000)}\n"),
    "odd keys": ("{None: 1, (1, 2): 2, b'x': 3, 1.5: 4, '\\ud800': 5}", ""),
    "long": ("'\\u0301' * 300_000", ""),
    "too long": ("bytes(1_100_000)", ""),
    "huge number": ("1 << 200_000", ""),
    "not a number": ("float('nan')", ""),
    "endless": ("-float('inf')", ""),
    "minus zero": ("-0.0", ""),
    "recursive": ("nest", "nest = []\nnest.append(nest)\n"),
    "deep": ("nest", "nest = ()\nfor _ in range(50_000): nest = (nest,)\n"),
    "generator": ("(number for number in range(3))", ""),
    "bytearray": ("bytearray(b'abc')", ""),
    "nothing": ("None", ""),
    "spaces": ("b' ' * 200_000", ""),
    "half a head": ("b'HTTP/1.1 101 x\\r\\n' + b'a:' * 200_000 + b'\\r\\n\\r\\n'", ""),
    "evil": (
        "Evil()",
        "class Evil:\n    def __repr__(self): raise SystemExit\n"
        "    __len__ = __eq__ = __hash__ = __bool__ = __iter__ = __class__ = __repr__\n",
    ),
    "evil text": (
        "Evil('x')",
        "class Evil(str):\n    def __str__(self): return 1 / 0\n"
        "    __eq__ = __repr__ = __hash__ = __len__ = __iter__ = __str__\n",
    ),
    "surrogate raised": ("leave(KeyError('\\ud800'))", "def leave(error): raise error\n"),
    "long raised": ("leave(KeyError('x' * 10**6))", "def leave(error): raise error\n"),
    "strange raised": (
        "leave(type('\\u202e' * 1000, (KeyError,), {})('\\0\\x1b[2J'))",
        "def leave(error): raise error\n",
    ),
    "evil raised": (
        "leave(Evil())",
        "class Evil(KeyError):\n    def __str__(self): raise SystemExit\n"
        "def leave(error): raise error\n",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(560)
def test_whatever_is_returned_is_a_wrong_answer(tmp_path: Path) -> None:
    """Never a fault of ours; and to look at it takes us no time worth the name."""
    for name, (value, setup) in ODD.items():
        hand_in(tmp_path / "in" / name, answering(value, setup))
    grade(tmp_path / "in", tmp_path / "out", "--seed", "s")
    found = rows(tmp_path / "out")
    assert len(found) == len(ODD)
    for row in found.values():
        assert (row["status"], row["score"]) == ("graded", "0"), row


# ---------------------------------------------------------------- one's own machine


@posix
def test_an_exercise_starts_no_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "import os\ndef apply_mask(data, key):\n    os.fork()\n    return b''\n"
    (tmp_path / "ex05_masking.py").write_text(code, "utf-8")
    assert main(["check", "ex05", "--folder", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "PermissionError" in out
    assert "process" in out


@posix
def test_a_killed_check_leaves_nothing_for_long(tmp_path: Path) -> None:
    place, temp = tmp_path / "in", tmp_path / "temp"
    place.mkdir()
    temp.mkdir()
    file = place / "ex05_masking.py"
    file.write_text("import time\ntime.sleep(100)\n", "utf-8")
    words = [sys.executable, "-m", "wslab", "check", "ex05", "--folder", str(place)]
    environment = {**os.environ, "TMPDIR": str(temp)}
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(temp.glob("*/ex05_masking.py")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (left,) = temp.iterdir()
    os.utime(left, (1, 1))  # as if it had been there for a while
    file.write_text(SOLUTION["ex05"], "utf-8")
    subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=50)
    assert list(temp.iterdir()) == []
