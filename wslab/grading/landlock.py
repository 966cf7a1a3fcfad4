"""Landlock: the Linux kernel lets a process shut itself out of files, without being root.

Three system calls through ctypes, since Python has no words for them. What is not allowed below is
refused from then on, to this process and to all that it starts, and nothing can take that back.
A rule opens a folder with all that is inside: a folder in it cannot be closed again.
The kernel's own page: https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from functools import cache

# The same numbers on every processor.
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVS = 38  # for prctl

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_ANY_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV  # rights that fit a file
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_BIND, _CONNECT = 1, 2
_SCOPES = 3  # abstract unix sockets, signals


def version() -> int:
    """Which Landlock the kernel has: 0 for none, 4 and up know TCP, 6 and up know signals."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return max(0, _call(_CREATE, None, 0, 1))
    except (OSError, AttributeError):
        return 0


def restrict(reading: Iterable[str], writing: Iterable[str], ports: Iterable[int]) -> list[str]:
    """Shut this process out of all but these paths and these ports to listen on.

    No connection may be opened. Returns what is closed now, as words for the report: nothing where
    the kernel has no Landlock. Raises OSError if the kernel refuses.
    """
    abi = version()
    if not abi:
        return []
    files = max(rights for since, rights in _FILES.items() if since <= abi)
    network = _BIND | _CONNECT if abi >= 4 else 0
    scopes = _SCOPES if abi >= 6 else 0
    attributes = struct.pack("=QQQ", files, network, scopes)[
        : 8 if abi < 4 else 16 if abi < 6 else 24
    ]
    rules = _call(_CREATE, attributes, len(attributes), 0)
    try:
        for path in reading:
            _allow(rules, path, _READ_FILE | _READ_DIR)
        for path in writing:
            _allow(rules, path, files & ~_EXECUTE)
        for port in ports if network else ():
            _call(_ADD_RULE, rules, 2, struct.pack("=QQ", _BIND, port), 0)
        _prctl(_NO_NEW_PRIVS, 1)
        _call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)
    return (
        [f"landlock files (ABI {abi})"]
        + ["landlock TCP"] * (abi >= 4)
        + ["landlock signals"] * (abi >= 6)
    )


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _ANY_FILE
        _call(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: bytes | int | None) -> int:
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(_libc().syscall(ctypes.c_long(number), *words))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
