"""Starting a worker, and ending it: the walls that the judge builds from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import Error
from . import worker
from .execute import CELL
from .forked import Forked, Nursery

# To import it here leaves its byte code on the disk: a worker writes none, and so starts faster.
_PACKAGE = worker.main.__module__.split(".")[1]
_BOOT = (
    f"import sys; sys.path[0] = sys.argv[1]; from {_PACKAGE}.%s import main; "
    "del sys.path[0], sys.argv[1:]; main()"
)
"""The folder above is on the path for a moment, so the rest of wslab stays outside.

It comes in the place of the current folder, which a student has filled: nothing is imported there.
"""

_nurseries: list[Nursery] = []
"""At most one."""


def lay_out(folder: Path, sources: Mapping[str, str], files: Mapping[str, str]) -> None:
    """Where the code expects its neighbours; the text that runs is the one in the message."""
    for name, text in {**dict(_as_files(sources)), **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def _as_files(sources: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in sources.items():
        # Cells are run one by one where they are imported, so their file only imports them.
        yield f"{name}.py", f"from {name} import *\n" if text.startswith(CELL) else text


def open_nursery(folder: str) -> None:
    """From now on workers are forked: much faster. Only for a process that adopts orphans."""
    if not other_user():
        _nurseries.append(Nursery(_python("nursery"), dict(_environment(folder))))


def start(folder: str) -> subprocess.Popen[bytes] | Forked:
    """Start a worker in this folder, in a session and an environment of its own."""
    environment = dict(_environment(folder))
    if _nurseries:
        try:
            return _nurseries[0].fork(folder, environment)
        except OSError:
            _nurseries.pop().end()  # slower without it, but not worse
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    elif user := other_user():
        os.chown(folder, *user)
        group |= {"user": user[0], "group": user[1], "extra_groups": []}
    return subprocess.Popen(
        _python("worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=folder,
        env=environment,
        **group,
    )


def _python(module: str) -> list[str]:
    package = Path(__file__).resolve().parent.parent
    words = [sys.executable, "-s", "-S", "-B", "-u", "-X", "utf8", "-c", _BOOT % module]
    return [*words, str(package)]


def other_user() -> tuple[int, int] | None:
    """Whom the worker runs as, if not as we: a container names a user in ``WSLAB_WORKER_USER``.

    That takes a judge who may change users (root, at least with CAP_SETUID, CAP_SETGID, CAP_CHOWN,
    CAP_KILL and CAP_DAC_OVERRIDE), or starting the worker fails. Raises LookupError if there is no
    such user.
    """
    name = os.environ.get("WSLAB_WORKER_USER")
    if not name or sys.platform == "win32":
        return None
    import pwd

    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


_TRY = f"""
import os, sys
for folder in sys.argv[1:]:
    os.listdir(folder)
sys.path[0] = sys.argv[1]
import {_PACKAGE}.worker
"""


def try_other_user(place: Path | None = None) -> None:
    """See that the worker's user reaches Python, the worker, and a folder in ``place``.

    Otherwise each student would lose the points of what the worker can't open. Raises Error.
    """
    try:
        if sys.platform == "win32" or not (user := other_user()):
            return
        with tempfile.TemporaryDirectory(prefix=".wslab-", dir=place) as folder:
            os.chown(folder, *user)
            package = str(Path(__file__).resolve().parent.parent)
            done = subprocess.run(
                [sys.executable, "-s", "-S", "-B", "-c", _TRY, package, os.path.abspath(folder)],
                cwd="/", env={}, capture_output=True, check=False,
                user=user[0], group=user[1], extra_groups=[],
            )  # fmt: skip
        if not done.returncode:
            return
        lines = done.stderr.decode(errors="replace").splitlines()
        why = next((line for line in reversed(lines) if "Error: " in line), "Python doesn't start")
    except (OSError, LookupError) as error:
        why = str(error).strip('"')
    raise Error(
        f"The worker can't run as {os.environ['WSLAB_WORKER_USER']!r} (WSLAB_WORKER_USER): {why}. "
        "Only root can start it, with the kit, its Python and the results in folders which that "
        "user may enter. Move them, or unset WSLAB_WORKER_USER: then the worker runs as you."
    )


def _environment(folder: str) -> Iterator[tuple[str, str]]:
    """Nothing of ours: no password, no token, no path."""
    yield from ((name, folder) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"))
    # So that a set has the same order today and tomorrow, and whoever relies on it the same mark.
    yield "PYTHONHASHSEED", "0"
    # The C library reserves 64 MiB for each of the first threads: the limit would count them all.
    yield "MALLOC_ARENA_MAX", "2"
    if "SYSTEMROOT" in os.environ:  # without it, Windows has no sockets
        yield "SYSTEMROOT", os.environ["SYSTEMROOT"]


def kill(process: subprocess.Popen[bytes] | Forked) -> None:
    """The whole group. It is ours until we have waited for its leader, so no other is hit."""
    if process.returncode is None and sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
