"""What a worker puts around itself before it runs a line of the student's text.

Layers, as each system has them; the report names those that are really there. What the judge does
from outside (a process of its own, a clean environment, an end for what escapes) is in `process`.
A container is stronger than all of these: for strangers' code, use one.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from . import landlock, powers, seccomp

MOST_PROCESSES = 256
"""So many processes and threads more than its user has already: a program may start some."""


def enter(limits: dict[str, int], ports: Iterable[int]) -> tuple[str, ...]:
    """Give up what the student's code does not need; returns the names of the layers.

    ``ports`` are those on which a server may listen. Must come before the first thread: what is
    given up here binds the thread that does it, and those that this one starts.
    """
    ports = tuple(ports)
    layers = ["own process", "python -s -S -B"]
    if sys.platform != "win32":
        layers += _set_limits(limits)
    # Not there, or refused: the report lacks the name, and the instructor decides.
    with contextlib.suppress(OSError, AttributeError):
        layers += powers.give_up()
    if limits["landlock"]:
        with contextlib.suppress(OSError):
            layers += landlock.restrict(_readable(), [os.getcwd(), "/dev/null"], ports)
    if limits["seccomp"]:
        with contextlib.suppress(OSError, AttributeError):
            signals = "landlock signals" in layers
            layers += seccomp.restrict(program=bool(ports), signals=signals)
    if "seccomp" not in layers and sys.platform == "linux":
        _bound_processes()
    return tuple(layers)


def hide() -> None:
    """Close /proc/PID to other processes of the same user: one could read our pipe there."""
    if sys.platform == "linux":
        import ctypes

        dumpable = 4  # see prctl(2), PR_SET_DUMPABLE
        ctypes.CDLL(None).prctl(dumpable, *map(ctypes.c_ulong, (0, 0, 0, 0)))


def file_isolation(layers: Iterable[str]) -> bool:
    """Whether these layers keep the student's code away from other files."""
    return any(layer.startswith("landlock files") for layer in layers)


def common(runs: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The layers that every one of these runs had; none where nothing ran."""
    return tuple(layer for layer in runs[0] if all(layer in run for run in runs)) if runs else ()


if sys.platform != "win32":
    import resource

    def _set_limits(limits: dict[str, int]) -> list[str]:
        """Bound what the system can."""
        done = []
        wanted = [
            ("memory", "RLIMIT_AS", limits["memory"]),  # macOS has the name, and does not keep it
            ("file size", "RLIMIT_FSIZE", limits["file"]),
            ("descriptors", "RLIMIT_NOFILE", limits["descriptors"]),
            ("processor time", "RLIMIT_CPU", limits["cpu"]),
            ("no core file", "RLIMIT_CORE", 0),
        ]
        for name, limit, value in wanted:
            if name == "memory" and sys.platform == "darwin":
                continue
            try:
                number = getattr(resource, limit)
                hard = resource.getrlimit(number)[1]
                if hard != resource.RLIM_INFINITY:
                    value = min(value, hard)
                resource.setrlimit(number, (value, value))
            except (OSError, ValueError):
                continue
            done.append(name)
        # Apart, since only a program has it: what a row names was there in each of its runs.
        more = ["rlimit (processes)"] if "processes" in done else []
        done = [name for name in done if name != "processes"]
        return [f"rlimits ({', '.join(done)})", *more] if done else more

    def _bound_processes() -> None:
        """Where seccomp does not refuse to start any.

        RLIMIT_NPROC counts all that the user runs, the neighbours too: only for want of a better.
        """
        with contextlib.suppress(OSError, ValueError):
            most = _tasks() + MOST_PROCESSES
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))

    def _tasks() -> int:
        """So many processes and threads our user has."""
        count = 0
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == os.getuid():
                    count += len(os.listdir(f"/proc/{name}/task"))
        return count


def _readable() -> Iterator[str]:
    """The standard library and the system's shared libraries, and nothing else.

    Entry by entry, since a rule cannot close a folder inside an open one: site-packages, where the
    reference may be installed, is not among them.
    """
    for folder in {os.path.dirname(os.__file__), *sys.path}:
        yield from _entries(folder, lambda name: name not in ("site-packages", "dist-packages"))
    for folder in (
        "/lib",
        "/usr/lib",
        "/lib64",
        "/usr/lib64",
        os.path.join(sys.base_prefix, "lib"),
    ):
        yield from _entries(folder, lambda name: ".so" in name or name.endswith("-linux-gnu"))
    yield from ("/dev/urandom", "/dev/random", "/dev/zero", "/etc/localtime", "/usr/share/zoneinfo")
    yield from ("/etc/hosts", "/etc/nsswitch.conf")  # what "localhost" means


def _entries(folder: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        if wanted(name):
            yield os.path.join(folder, name)
