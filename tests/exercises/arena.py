"""A judge in a process of its own, for attacks: it grades, and says in what state it is then.

It runs this file as its program. As the judge of a graded run, it takes in whoever is left alone.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wslab.grading.limits import Limits
from wslab.grading.record import Record
from wslab.grading.task import Task

ROOT = Path(__file__).resolve().parents[2]
_BOOT = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]); "
    "runpy.run_module('tests.exercises.arena', run_name='__main__')"
)


class Arena:
    """Our side of it. A context manager."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-c", _BOOT, str(ROOT), str(work)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def grade(self, task: Task, limits: Limits) -> tuple[Record, dict[str, Any]]:
        """The record, and the state that the judge is in afterwards."""
        assert self.process.stdin
        assert self.process.stdout
        json.dump([task.to_json(), asdict(limits)], self.process.stdin)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the judge has ended: {self.process.wait(10)}"
        record, state = json.loads(line)
        return Record.from_json(record), state

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def state(work: str) -> dict[str, Any]:
    """What nobody but we may change: empty where nothing may be left."""
    limits = ("CPU", "AS", "FSIZE", "NOFILE", "CORE")
    return {
        "children": _descendants(os.getpid()),
        "files": os.listdir(work),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "limits": {
            name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in limits
        },
        "share": [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)],
        "processors": sorted(os.sched_getaffinity(0)),
        "machine": os.uname().nodename,
        "shared memory": "77736c62" in Path("/proc/sysvipc/shm").read_text().lower(),
        "memory": _most_memory(),
    }


def _most_memory() -> int:
    """The most memory that we ever had, in KiB.

    Not ``ru_maxrss``: it begins with the memory of the process that started us.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _descendants(pid: int) -> list[str]:
    """The names of all that run below us."""
    found = []
    for name in Path(f"/proc/{pid}/task").iterdir():
        for child in (name / "children").read_text().split():
            found += [Path(f"/proc/{child}/stat").read_text(), *_descendants(int(child))]
    return found


def main(work: str) -> None:
    """Grade what comes, until nothing comes any more."""
    import tempfile
    import threading
    import time

    from wslab.grading import orphans
    from wslab.grading.task import grade

    orphans.adopt()
    tempfile.tempdir = work
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        task, limits = json.loads(line)
        record = grade(Task.from_json(task), Limits(**limits))
        settled = time.monotonic() + 5  # threads that read from what was killed find its end
        while threading.active_count() > 1 and time.monotonic() < settled:
            time.sleep(0.01)
        print(json.dumps([record.to_json(), state(work)]), file=answers, flush=True)


def one_task(folder: Path, exercises: Sequence[str]) -> Task:
    """The task for the only submission in a folder."""
    from wslab.grading.intake import entries
    from wslab.grading.task import survey

    (entry,) = entries(folder, exercises)
    return Task(entry, survey(entry), tuple(exercises), "a secret seed", "kit")


if __name__ == "__main__":
    main(sys.argv[2])
