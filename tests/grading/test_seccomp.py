"""What Landlock leaves open is refused call by call, and what code needs is not."""

from __future__ import annotations

import os
import platform
import struct
import sys

import pytest

from tests.grading.drafts import ask
from wslab.grading import powers, seccomp
from wslab.grading.answers import Answer, Kind
from wslab.grading.limits import Limits

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="this filter is for Linux on two kinds of processors",
)
ALONE = Limits(load=30, call=15, landlock=False)
NEITHER = Limits(load=30, call=15, landlock=False, seccomp=False)

CALLS = {
    "mode": "os.chmod('.', 0o700)",
    "times": "os.utime('.', (0, 0))",
    "process": "os._exit(0) if not os.fork() else os.wait()",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()",
    "unix": "socket.socket(socket.AF_UNIX).close()",
    "listen": "socket.create_server(('127.0.0.1', 0)).close()",
    "priority": "os.setpriority(os.PRIO_PROCESS, 0, 19)",
    "processors": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "limits": "resource.prlimit(os.getppid(), resource.RLIMIT_CORE)",
    "signal": "os.kill(os.getppid(), 0)",
    "owner": "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "memory file": "os.close(os.memfd_create('a'))",
}
IMPORTS = "import fcntl, os, resource, socket\n"


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_refused(name: str) -> None:
    code = f"{IMPORTS}def f(): {CALLS[name]}"
    refused = ask(code, limits=ALONE)
    assert refused.errors[:1] == ("PermissionError",), refused
    allowed = ask(code, limits=NEITHER)
    assert allowed.kind is Kind.RETURNED, f"{allowed}: and so this test can fail"


def test_what_code_needs_is_there() -> None:
    code = """
        import asyncio, os, resource, signal, socket, tempfile, threading, time
        def f():
            done = []
            thread = threading.Thread(target=done.append, args=(1,))
            thread.start(); thread.join()
            a, b = socket.socketpair()
            a.sendall(b"x"); done.append(b.recv(1))
            asyncio.run(asyncio.sleep(0))
            signal.raise_signal(signal.SIGWINCH)
            os.kill(os.getpid(), 0)
            with tempfile.TemporaryDirectory() as folder:
                open(folder + "/a", "w").close()
            resource.getrlimit(resource.RLIMIT_AS)
            done.append(socket.getaddrinfo("localhost", 80, socket.AF_INET)[0][4][0])
            return done
    """
    for landlock in (True, False):
        answer = ask(code, limits=Limits(load=30, call=15, landlock=landlock))
        assert answer == Answer(Kind.RETURNED, [1, b"x", "127.0.0.1"])


def test_the_filter_is_well_formed_for_each_processor() -> None:
    for machine in ("x86_64", "aarch64"):
        for program in (True, False):
            steps = b"".join(seccomp._filter(machine, program, signals=False))
            count = len(steps) // 8
            assert count < 4096
            for at, (code, then, otherwise, _) in enumerate(struct.iter_unpack("=HBBI", steps)):
                if code & 7 == 5:  # a jump
                    assert at + 1 + max(then, otherwise) < count
            assert steps[-8:-6] == struct.pack("=H", 6), "it ends with a verdict"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root has powers")
def test_root_gives_up_its_powers() -> None:
    code = """
        import resource
        def f(): resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
    """
    answer = ask(code, limits=NEITHER)
    assert answer.errors[:1] == ("ValueError",)
    assert "not allowed to raise" in answer.text
    assert powers._READ_SEARCH == 2
