"""Reach for the judge: through memory, the stack, the kernel. It is another process."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def search_the_heap():
    """Looks among all objects for the right function. It is in no memory of this process."""
    import gc

    def apply_mask(data, key):
        for thing in gc.get_objects():
            name = getattr(thing, "__name__", "")
            if callable(thing) and name in ("mask_loop", "due", "reference", "right"):
                return thing(data, key)

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def climb_the_stack():
    """Looks in the callers' variables for what is due. They have the question, and no answer."""
    import sys

    def apply_mask(*args):
        frame = sys._getframe()
        while frame := frame.f_back:
            for name in ("due", "right", "expected", "answer", "reference"):
                if name in frame.f_locals:
                    return frame.f_locals[name]

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def take_the_next_question_from_the_worker():
    """Answers many times through the worker's pipe. An answer to another question is none."""
    import sys

    def apply_mask(*args):
        frame = sys._getframe()
        while frame := frame.f_back:
            if worker := frame.f_locals.get("self"):
                write = sys.modules[type(worker).__module__].wire.write
                for number in range(40):
                    write(worker.answers, ["returned", number, args[0]], 1000)

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def read_its_own_memory():
    """Searches /proc/self/mem for the solution. It is not there to be found."""

    def apply_mask(data, key):
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                begin, end = (int(part, 16) for part in line.split()[0].split("-"))
                memory.seek(begin)
                if b"def mask_loop" in memory.read(min(end - begin, 1 << 24)):
                    return b"found"

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def write_into_the_judges_memory():
    """Opens the parent's memory to change the score. /proc is closed; else the kernel minds."""
    import os

    def apply_mask(data, key):
        with open(f"/proc/{os.getppid()}/mem", "r+b", 0) as memory:
            memory.write(b"passed")

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def trace_the_judge():
    """ptrace and process_vm_readv on the parent. Both calls are refused."""
    import ctypes
    import os

    libc = ctypes.CDLL(None, use_errno=True)
    PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206

    def apply_mask(data, key):
        words = ctypes.create_string_buffer(64)
        done = [libc.ptrace(how, os.getppid(), 0, 0) for how in (PTRACE_ATTACH, PTRACE_SEIZE)]
        done.append(libc.process_vm_readv(os.getppid(), words, 1, words, 1, 0))
        return repr(done).encode()

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def take_the_judges_descriptors():
    """pidfd_getfd would give it the pipes of others. The call is refused."""
    import ctypes
    import os

    def apply_mask(data, key):
        judge = os.pidfd_open(os.getppid())
        for fd in range(32):
            if (copy := ctypes.CDLL(None).syscall(438, judge, fd, 0)) >= 0:
                os.write(copy, b"passed\n")

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def kill_the_judge():
    """SIGKILL to the parent, to its group, to everybody. Signals stay among its own."""
    import os
    import signal

    def apply_mask(data, key):
        for send, to in ((os.kill, os.getppid()), (os.killpg, os.getpgid(os.getppid()))):
            try:
                send(to, signal.SIGKILL)
            except OSError:
                pass

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def kill_by_descriptor():
    """Makes the judge the owner of a pipe, with SIGKILL as its bell. Owners are not changed."""
    import fcntl
    import os
    import signal

    F_SETSIG = 10

    def apply_mask(data, key):
        read, write = os.pipe()
        fcntl.fcntl(read, F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(read, fcntl.F_SETOWN, os.getppid())
        fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.write(write, b"x")

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def limit_the_judge():
    """Sets the judge's own limits to nothing: no files, no time. Only one's own may be set."""
    import os
    import resource

    def apply_mask(data, key):
        resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))
        resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def slow_everybody_down():
    """Gives all processes of the user the lowest priority, and one processor. Refused."""
    import os

    def apply_mask(data, key):
        for change in (
            lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
            lambda: os.sched_setaffinity(os.getppid(), {0}),
            lambda: os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0)),
        ):
            try:
                change()
            except OSError:
                pass

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def act_as_root():
    """Raises its limits, renames the machine, leaves its walls. Root's powers are given up."""
    import ctypes
    import resource
    import socket

    def apply_mask(data, key):
        done = []
        for act in (
            lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40)),
            lambda: socket.sethostname("pwned"),
            lambda: ctypes.CDLL(None).unshare(0x10000000),
            lambda: ctypes.CDLL(None).mount(b"none", b"/", b"tmpfs", 0, None),
        ):
            try:
                act()
            except (OSError, ValueError) as error:
                done.append(error)
        return repr(done).encode()

    unmask_stream = eavesdrop = apply_mask
