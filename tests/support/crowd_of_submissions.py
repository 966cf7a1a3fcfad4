"""A whole class hands in: 300 submissions, some of them hanging, some hostile. How long, how much?

    python -m tests.support.crowd_of_submissions                 # grade them, and measure
    python -m tests.support.crowd_of_submissions --kills 10      # and kill that run ten times

Outside the normal test run, since it takes minutes. Nothing is left behind but the folder that
``--keep`` names.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from itertools import zip_longest
from pathlib import Path

from tests.exercises.wrong import solution, wrong_submission
from tests.grading.graded_runs import ROOT, result
from wslab.grading import kit

HANG = {
    "at once": "while True: pass\n",
    "asleep": "import time\ntime.sleep(1000)\n",
    "in every call": (
        "import time\n"
        "def forever(*a, **k): time.sleep(1000)\n"
        "for n in [n for n, f in globals().items() if callable(f)]: globals()[n] = forever\n"
    ),
    "busy in every call": (
        "def forever(*a, **k):\n    while True: pass\n"
        "for n in [n for n, f in globals().items() if callable(f)]: globals()[n] = forever\n"
    ),
    "in a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1e3,)).start()\n"
    ),
}
"""Goes behind a solution."""

HOSTILE = {
    "leaves": "import os\nos._exit(0)\n",
    "eats memory": "hoard = [bytearray(1 << 24) for _ in range(10**6)]\n",
    "fills the disk": "for n in range(200):\n    open(f'f{n}', 'wb').write(bytes(1 << 20))\n",
    "talks": "print('x' * (64 << 20))\n",
    "escapes": "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(1000)\n",
    "multiplies": "import os\nfor _ in range(5): os.fork()\n",
    "kills": "import os\nos.kill(os.getppid(), 9)\n",
    "digs": "import os\nfor _ in range(3000):\n    os.mkdir('d' * 100)\n    os.chdir('d' * 100)\n",
    "closes": "import os\nos.closerange(0, 100)\n",
    "forges": (
        "import os\n"
        "for fd in range(3, 20):\n"
        "    try: os.write(fd, b'\\0\\0\\0\\2[]')\n"
        "    except OSError: pass\n"
    ),
    "recurses": "def f(): f()\nf()\n",
    "steals": "open('/etc/passwd').read()\n",
}
"""Goes behind a solution, too."""


LUCK = {"closes-while-a-thread-talks"}
"""What these do, and so what is said of them, depends on which thread is faster."""


def crowd(root: Path, chance: random.Random, count: int) -> dict[str, str]:
    """Write the submissions; what each of them is, by its name."""
    kinds: dict[str, str] = {}
    right = solution().texts
    beliefs = [
        (key, belief)
        for key in kit.written()
        for belief in kit.beliefs(key)
        if belief.name not in LUCK
    ]
    for number in range(count):
        texts = dict(right)
        name = f"student-{number:03}"
        if number % 20 == 7:
            kind, code = chance.choice(sorted(HANG.items()))
            kinds[name] = f"hangs {kind}"
        elif number % 20 == 13:
            kind, code = sorted(HOSTILE.items())[number // 20 % len(HOSTILE)]
            kinds[name] = kind
        else:
            code = ""
            chosen = chance.sample(beliefs, min(len(beliefs), chance.randrange(4)))
            for key, belief in chosen:
                texts[kit.FILES[key]] = wrong_submission(key, belief).texts[kit.FILES[key]]
            kinds[name] = "ordinary" if chosen else "right"
        for key in kit.FILES.values() if code else ():
            text, start, end = texts[key].partition('\n\nif __name__ == "__main__":')
            texts[key] = f"{text}\n\n{code}{start}{end}"
        folder = root / name
        folder.mkdir(parents=True)
        for key, text in texts.items():
            (folder / f"{key}.py").write_text(text, "utf-8")
        if not code and number % 10 == 1:
            for path in (*folder.iterdir(), folder):
                os.utime(path, (1.6e9, 1.6e9))  # the same bytes whenever the class is made
            shutil.make_archive(str(folder), "zip", folder)
            shutil.rmtree(folder)
    return kinds


class Watch:
    """The most memory that the coordinator and any judge have ever had, in bytes."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most = pid, {"coordinator": 0, "judge": 0}
        self.judges: set[int] = set()
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while os.path.exists(f"/proc/{self.pid}"):
            self._note("coordinator", self.pid)
            for task in _listed(f"/proc/{self.pid}/task"):
                for pid in _words(f"/proc/{self.pid}/task/{task}/children"):
                    if b"judge_process" in _bytes(f"/proc/{pid}/cmdline"):
                        self.judges.add(int(pid))
                        self._note("judge", int(pid))
            time.sleep(0.1)

    def _note(self, who: str, pid: int) -> None:
        for line in _bytes(f"/proc/{pid}/status").splitlines():
            if line.startswith(b"VmHWM:"):
                self.most[who] = max(self.most[who], int(line.split()[1]) << 10)


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _words(path: str) -> list[str]:
    return _bytes(path).decode().split()


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def run(submissions: Path, out: Path, jobs: int | None, kill_after: float | None = None) -> Watch:
    """One run of the command; killed after so many seconds."""
    more = ["--jobs", str(jobs)] if jobs else []
    command = [sys.executable, "-m", "wslab", "grade", str(submissions), "-o", str(out)]
    process = subprocess.Popen([*command, "--seed", "crowd", *more], cwd=ROOT)
    watch = Watch(process.pid)
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return watch


def report(out: Path, kinds: dict[str, str]) -> None:
    """What each kind of submission got."""
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    for kind in sorted(set(kinds.values())):
        mine = [rows[name] for name, other in kinds.items() if other == kind]
        scores = sorted(int(row["score"] or -1) for row in mine)
        states = ", ".join(sorted({row["status"] for row in mine}))
        most = mine[0]["max_score"]
        print(f"{kind:26} {len(mine):4}  {scores[0]:3} to {scores[-1]:3} of {most}  {states}")
    with open(out / "times.csv", encoding="utf-8-sig", newline="") as file:
        times = sorted((float(row["seconds"]), row["student_id"]) for row in csv.DictReader(file))
    middle = times[len(times) // 2][0]
    slowest = ", ".join(f"{kinds[name]} {seconds:.1f}" for seconds, name in times[-8:])
    print(f"seconds each: median {middle:.2f}; the slowest: {slowest}")


def different(killed: dict[str, bytes], whole: dict[str, bytes]) -> list[str]:
    """The first line in which each file differs, as both have it.

    On a busy machine, what has no room for its memory may run out of time first: the same mark,
    for another reason.
    """
    told = []
    for name in sorted(killed.keys() | whole.keys()):
        pair = [files.get(name, b"no file").decode().splitlines() for files in (killed, whole)]
        for lines in zip_longest(*pair):
            if lines[0] != lines[1]:
                told += [name, *(f"  {line}"[:150] for line in lines)]
                break
    return told


def main() -> None:
    """Make them, grade them, say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    root = args.keep or Path(tempfile.mkdtemp(prefix="crowd-"))
    chance = random.Random("crowd")
    try:
        kinds = crowd(root / "in", chance, args.count)
        before = set(_listed(tempfile.gettempdir()))
        begin = time.monotonic()
        watch = run(root / "in", root / "out", args.jobs)
        seconds = time.monotonic() - begin
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        report(root / "out", kinds)
        left = {name for name in set(_listed(tempfile.gettempdir())) - before if "wslab" in name}
        memory = ", ".join(f"{who} {most / 1e6:.0f} MB" for who, most in watch.most.items())
        print(
            f"{args.count} submissions in {seconds:.0f} s,"
            f" {used.ru_utime + used.ru_stime:.0f} s of processor time; {memory};"
            f" left behind: {left or '-'}"
        )
        for _ in range(args.kills):
            run(root / "in", root / "killed", args.jobs, chance.random() * seconds / 8 + 1)
        if args.kills:
            run(root / "in", root / "killed", args.jobs)
            killed, whole = result(root / "killed"), result(root / "out")
            same = killed["grades.csv"] == whole["grades.csv"]
            print(f"killed {args.kills} times: {'the same' if same else 'OTHER'} marks", end=", ")
            print(
                "and the same bytes everywhere" if killed == whole else "other words of feedback:"
            )
            print(*different(killed, whole), sep="\n")
    finally:
        if not args.keep:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
