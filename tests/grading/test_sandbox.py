"""The walls around a worker, as this system has them: each is named, and each holds."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.grading.drafts import ask, session
from wslab.grading import landlock, orphans
from wslab.grading.answers import Kind
from wslab.grading.limits import Limits
from wslab.grading.sandbox import file_isolation

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="these walls are Linux's")
LANDLOCK = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
ROOT = Path(__file__).resolve().parents[2]


def layers() -> tuple[str, ...]:
    with session("") as one:
        assert one.load() is None
        return one.layers


def test_the_layers_are_named() -> None:
    names = layers()
    assert "own process" in names
    assert file_isolation(names) == bool(landlock.version())
    assert not file_isolation(["own process", "rlimits (memory)"])
    if sys.platform == "linux":
        assert any(name.startswith("rlimits (memory, file size") for name in names)
    if landlock.version() >= 6:
        landlocked = (
            f"landlock files (ABI {landlock.version()})",
            "landlock TCP",
            "landlock signals",
        )
        assert set(landlocked) < set(names)
    if sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64"):
        assert "seccomp" in names
    if sys.platform == "linux" and os.geteuid() == 0:
        assert "no powers of root" in names


def test_without_landlock_the_report_says_so() -> None:
    """And the walls' tests below can fail: here nothing keeps the code from reading."""
    code = "def f(path): return open(path).read(3)"
    with session(code, Limits(load=30, call=15, landlock=False)) as one:
        answer = one.call("f", (str(ROOT / "solutions" / "ex04_frames.py"),), {})
        assert answer.value == '"""'
        assert not file_isolation(one.layers)


@LANDLOCK
@pytest.mark.parametrize(
    "path",
    [ROOT / "solutions" / "ex04_frames.py", ROOT / "wslab" / "protocol" / "frames.py",
     ROOT, "/etc/passwd", "/proc/self/environ", "/proc", "/", "/tmp", Path.home()],
    ids=lambda path: Path(path).name or "root",
)  # fmt: skip
def test_no_file_of_ours_can_be_read(path: str | Path) -> None:
    code = """
        import os
        def f(path):
            return os.listdir(path) if os.path.isdir(path) else open(path).read()
    """
    answer = ask(code, str(path))
    assert answer.kind is Kind.RAISED
    assert answer.errors[0] in ("PermissionError", "FileNotFoundError"), answer


@LANDLOCK
def test_no_file_can_be_written_but_in_its_own_folder(tmp_path: Path) -> None:
    code = """
        import os
        def f(path):
            with open("own.txt", "w") as file: file.write("mine")
            with open("/dev/null", "w") as file: file.write("gone")
            try: open(path, "w")
            except PermissionError: pass
            else: return "written"
            try: os.rename("own.txt", path)
            except OSError: return os.listdir(".")
    """
    answer = ask(code, str(tmp_path / "stolen"))
    assert answer.kind is Kind.RETURNED
    assert sorted(answer.value) == ["ex04_frames.py", "own.txt"]
    assert list(tmp_path.iterdir()) == []


def test_the_standard_library_is_there() -> None:
    code = """
        import hashlib, ssl, sqlite3, zoneinfo, decimal, asyncio, socket, random, secrets, json
        def f(): return hashlib.sha1(b"").hexdigest()[:4]
    """
    assert ask(code).value == "da39"


@LANDLOCK
def test_no_program_can_be_started() -> None:
    code = f"import subprocess\ndef f(): return subprocess.call([{sys.executable!r}, '-c', ''])"
    answer = ask(code)
    assert answer.kind is Kind.RAISED
    assert answer.errors[0] == "PermissionError"


@pytest.mark.skipif(landlock.version() < 4, reason="Landlock knows TCP since version 4")
def test_no_connection_and_no_server() -> None:
    code = """
        import socket
        def f(port):
            if port: socket.create_connection(("127.0.0.1", port), 2)
            else: socket.create_server(("127.0.0.1", 0))
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, session(code) as one:
        for port in (listener.getsockname()[1], 0):
            assert one.call("f", (port,), {}).errors[:1] == ("PermissionError",)


@pytest.mark.skipif(landlock.version() < 6, reason="Landlock knows signals since version 6")
def test_the_judge_cannot_be_killed() -> None:
    code = "import os, signal\ndef f(): os.kill(os.getppid(), 0)"
    assert ask(code).errors[:1] == ("PermissionError",)


@LINUX
def test_limits_hold() -> None:
    code = """
        import os, resource
        def f(what):
            if what == "file":
                with open("big", "wb", buffering=0) as file:
                    for _ in range(40): file.write(bytes(1 << 20))
            if what == "descriptors":
                while True: os.dup(0)
    """
    with session(code) as one:
        too_big = one.call("f", ("file",), {})
        assert too_big.kind is Kind.ENDED or too_big.errors[0] == "OSError"
        assert one.call("f", ("descriptors",), {}).errors[0] == "OSError"


@LINUX
def test_who_leaves_the_group_is_ended_too() -> None:
    """In a process of its own: the one that judges must have no children but workers."""
    program = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tests.grading.drafts import session
from wslab.grading import orphans
from wslab.grading.limits import Limits
adopted = orphans.adopt() if sys.argv[2] == "adopt" else False
code = '''
import os, time
def f():
    read, write = os.pipe()
    if not os.fork():
        os.setsid()
        if not os.fork():
            os.write(write, str(os.getpid()).encode())
            time.sleep(20)
        os._exit(0)
    return int(os.read(read, 99))
'''
with session(code, Limits(load=30, call=15, seccomp=False)) as one:
    answer = one.call("f", (), {})
print(answer.value, adopted, "orphans are ended" in one.layers)
"""
    for word in ("adopt", "leave"):
        command = [sys.executable, "-c", program, str(ROOT), word]
        done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
        pid, adopted, named = done.stdout.split()
        alive = Path(f"/proc/{pid}/stat").exists()
        if word == "adopt":
            assert (adopted, named, alive) == ("True", "True", False)
        else:
            assert alive, "without it the orphan lives: the test above can fail"
            subprocess.run(["kill", "-9", pid], check=True, timeout=10)


@LINUX
def test_a_worker_ends_when_the_judge_is_killed() -> None:
    program = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from tests.grading.drafts import session
one = session("def f():\\n    while True: pass")
one.load()
print(one._child.process.pid, one._child.folder, flush=True)
one._child.send(["call", 1, "f", [], {}], time.monotonic() + 20)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT)], stdout=subprocess.PIPE, text=True, timeout=50
    )
    pid, folder = done.stdout.split()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()
    for left in Path(folder).iterdir():
        left.unlink()
    Path(folder).rmdir()


def test_without_adopting_nothing_is_touched() -> None:
    assert orphans.layers() == ()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        orphans.end()
        assert child.poll() is None
        child.communicate()
