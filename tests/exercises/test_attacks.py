"""No attack gets more than its honest parts deserve, and none does any harm.

Each is graded by a judge as in a graded run, and then, by the same one, an honest submission: with
Landlock, and without it. Where only Landlock would have stopped it, the record has to say that it
was not there; the command then refuses to run at all, unless it is told to.
"""

from __future__ import annotations

import csv
import importlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.grading.graded_runs import submission, tree
from tests.support.visit import missing
from wslab.grading import kit, landlock, record
from wslab.grading.limits import Limits
from wslab.grading.record import Record

from .arena import ROOT, Arena, one_task
from .attacks.attack import Attack, attacks_in
from .secret_lines import secret_lines

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="these walls are Linux's"),
]

FOLDER = Path(__file__).parent / "attacks"
GROUPS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "attack")
ATTACKS = [
    attack
    for group in GROUPS
    for attack in attacks_in(importlib.import_module(f".attacks.{group}", __package__))
]
HURRIED = {"load": 2.5, "call": 0.4, "step": 0.4, "restarts": 1, "total": 12.0}
"""Attacks that hang should not do so for long. Too little time costs points, and gives none."""
OPEN = "not kept away from other files"


@dataclass
class Neighbours:
    """Who else is on the machine: files, ports, services of others."""

    folder: Path
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket

    def places(self) -> dict[str, Any]:
        return {
            "KIT": str(kit.root()), "TARGET": str(self.folder / "target"),
            "TCP": self.tcp.getsockname()[1], "UDP": self.udp.getsockname()[1],
            "UNIX": self.unix.getsockname(),
        }  # fmt: skip

    def check(self) -> None:
        """Nobody has come, and nothing was said."""
        for sock, listen in ((self.tcp, "accept"), (self.udp, "recv"), (self.unix, "accept")):
            with pytest.raises(BlockingIOError):
                getattr(sock, listen)(*[99] * (listen == "recv"))


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    one = Arena(tmp_path_factory.mktemp("work"))
    yield one
    one.close()


@pytest.fixture(scope="session")
def honest(arena: Arena, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Record, Any]:
    """An honest submission, its record when nobody attacks, and the state of the judge then."""
    folder = tmp_path_factory.mktemp("honest")
    submission(folder / "anna")
    found, state = arena.grade(one_task(folder, ["ex05"]), Limits(load=30, call=15, total=60))
    assert found.score == found.max_score == 10
    del state["memory"]
    return folder, found, state


@pytest.fixture
def neighbours(tmp_path: Path) -> Iterator[Neighbours]:
    rival = tmp_path / "target" / "rival"
    rival.mkdir(parents=True)
    shutil.copy(kit.root() / "solutions" / "ex05_masking.py", rival)
    place = f"{tempfile.gettempdir()}/wslab-{os.getpid()}.sock"  # tmp_path may be too long for it
    with (
        socket.socket() as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        for sock in (tcp, udp):
            sock.bind(("127.0.0.1", 0))
        unix.bind(place)
        for sock in (tcp, unix):
            sock.listen()
        for sock in (tcp, udp, unix):
            sock.setblocking(False)
        yield Neighbours(tmp_path, tcp, udp, unix)
    os.unlink(place)


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_an_attack_gains_nothing_and_harms_nobody(
    attack: Attack, arena: Arena, honest: Any, neighbours: Neighbours
) -> None:
    if not landlock.version():
        missing("no Landlock in this kernel")
    theirs = neighbours.folder / "in"
    theirs.mkdir()
    attack.hand_in(theirs / "mallory", **neighbours.places())
    place, mark, before = honest
    watched = [theirs, neighbours.folder / "target", kit.root() / "solutions"]
    trees = [tree(folder) for folder in watched]
    task = one_task(theirs, [attack.exercise])
    # Nothing runs of what is handed in to be opened, so once is enough.
    for walled in (True, False)[: 1 if attack.write else 2]:
        found, after = arena.grade(task, Limits(**HURRIED, landlock=walled))
        ran = bool(found.isolation)
        assert (OPEN in found.flags) == (ran and not walled), "the report says which"
        assert ("landlock files" in found.isolation) == (ran and walled)
        assert found.status != record.NEEDS_A_PERSON, found.note
        if walled or not attack.only_landlock:
            assert (found.score or 0) <= attack.deserves, [one for one in found.checks if one.score]
            assert [tree(folder) for folder in watched] == trees
            said = words(line for one in found.checks for line in one.lines)
            assert not [line for line in secret_lines() if words([line]) in said]
        neighbours.check()
        assert after.pop("memory") < 200 << 10, "in KiB"
        assert after == before
    again, _ = arena.grade(one_task(place, ["ex05"]), Limits(load=30, call=15, total=60))
    assert again.line() == mark.line(), "the honest one beside it"


def words(lines: Iterable[str]) -> str:
    """One line of them all: where the feedback has broken them doesn't matter."""
    return " ".join(" ".join(lines).split())


def test_thieves_succeed_where_only_landlock_would_stop_them(
    arena: Arena, neighbours: Neighbours
) -> None:
    """So these attacks are real, and the flag on the record is worth something."""
    thieves = ("load_the_solution", "copy_a_rival", "run_the_solution",
               "let_the_given_part_load_the_solution")  # fmt: skip
    for attack in (one for one in ATTACKS if one.name in thieves):
        theirs = neighbours.folder / attack.name
        theirs.mkdir()
        attack.hand_in(theirs / "mallory", **neighbours.places())
        task = one_task(theirs, [attack.exercise])
        found, _ = arena.grade(task, Limits(load=30, call=15, step=10, landlock=False))
        assert found.score == found.max_score
        assert OPEN in found.flags


def test_what_landlock_alone_leaves_open(arena: Arena, neighbours: Neighbours) -> None:
    """And what the other walls are there for: without them, these two reach somebody else."""
    rival = neighbours.folder / "target" / "rival"
    for attack in (
        one for one in ATTACKS if one.name in ("lock_a_rivals_files", "call_home_over_udp")
    ):
        theirs = neighbours.folder / attack.name
        theirs.mkdir()
        attack.hand_in(theirs / "mallory", **neighbours.places())
        found, _ = arena.grade(one_task(theirs, ["ex05"]), Limits(load=30, call=15, seccomp=False))
        assert "seccomp" not in found.isolation
    assert neighbours.udp.recv(99) == b"help"
    assert rival.stat().st_mode & 0o777 == 0
    rival.chmod(0o700)


def test_a_run_over_many_of_them(neighbours: Neighbours) -> None:
    """The real command, two judges at a time, every third one honest: they all get full marks."""
    root = neighbours.folder / "in"
    root.mkdir()
    quick = [one for one in ATTACKS if one.exercise == "ex05" and one.name in SHOWN]
    assert len(quick) == len(SHOWN)
    for number, one in enumerate(quick):
        one.hand_in(root / f"{number:02} mallory", **neighbours.places())
        if number % 2:
            submission(root / f"{number:02} honest")
    before = tree(root), tree(neighbours.folder / "target")
    out = neighbours.folder / "out"
    command = [sys.executable, "-m", "wslab", "grade", str(root), "-o", str(out), "--seed", "s",
               "--exercise", "ex05"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert done.returncode in (0, 1), done.stderr
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        found = {row["student_id"]: row for row in csv.DictReader(file)}
    assert len(found) == len(os.listdir(root))
    for name, row in found.items():
        # What is seen and not read, such as a link, is a blank for a person, and no mark.
        nothing = ("0", "") if row["status"] == "refused" else ("0",)
        assert row["score"] in (("10",) if "honest" in name else nothing), row
        assert "landlock files" in row["isolation"] or not row["isolation"]
    assert (tree(root), tree(neighbours.folder / "target")) == before
    assert not (out / "work").exists()
    neighbours.check()


SHOWN = ("leave_with_status_zero", "patch_the_wire", "load_the_solution", "kill_the_judge",
         "send_fake_frames", "equal_to_everything", "threads_that_stay", "take_all_memory",
         "lock_a_rivals_files", "a_link_to_the_solution")  # fmt: skip


def test_the_catalogue() -> None:
    assert len(ATTACKS) >= 40
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert all(attack.says.count(". ") or attack.says.endswith(".") for attack in ATTACKS)
    for attack in ATTACKS:
        if attack.body:
            compile(attack.body, attack.name, "exec")
