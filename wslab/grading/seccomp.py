"""What Landlock leaves open, and the Linux kernel can refuse call by call: seccomp.

Landlock closes files, TCP and signals, but not these: ``chmod`` and ``utime`` on any file of the
user's, UDP, MPTCP, unix sockets (behind one of them waits a service that starts programs), TCP
without a ``connect``, memory that outlives its process, the priority of other processes. None of
them is needed to solve an exercise. A list of what is refused, not of what is allowed, so that the
next Python and the next C library find all that they need.

The filter is a little program for the kernel: load a number, compare, jump, return a verdict.
The kernel's own page: https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Which column of the table below, and how the kernel calls it."""

_REFUSED = {
    # Mode, owner, times and labels of files: Landlock does not mind them.
    "chmod": (90, 0), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, 0), "fchown": (93, 55), "lchown": (94, 0), "fchownat": (260, 54),
    "utime": (132, 0), "utimes": (235, 0), "futimesat": (261, 0), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466), "file_setattr": (469, 469),
    # Memory and messages that outlive a process: the next student's code would find them.
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "memfd_create": (319, 279),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "mq_open": (240, 180),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # Other processes: their memory, their descriptors, their share of the processor.
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272), "tkill": (200, 130), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "migrate_pages": (256, 238), "move_pages": (279, 239),
    # The network: a server listens and accepts, and never calls anybody. io_uring would go around.
    "connect": (42, 203), "io_uring_setup": (425, 425),
    # The machine itself.
    "mount": (165, 40), "umount2": (166, 39), "unshare": (272, 97), "setns": (308, 268),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_by_handle_at": (304, 265),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "reboot": (169, 142), "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60),
    "swapon": (167, 224), "swapoff": (168, 225), "kexec_load": (246, 104),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
}  # fmt: skip
_PARTLY = {
    "socket": (41, 198), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    "fcntl": (72, 25), "ioctl": (16, 29), "prlimit64": (302, 261), "clone": (56, 220),
    "clone3": (435, 435), "fork": (57, 0), "vfork": (58, 0),
    "listen": (50, 201),
    "kill": (62, 129), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}  # fmt: skip
"""These depend on their arguments. 0: this processor has no such call."""

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in what the filter sees
_ARGUMENTS = 16

_FASTOPEN = 0x20000000  # a flag of sendto: it connects on the way
_THREAD = 0x10000  # flags of clone
_NAMESPACES = 0x7E020000

Step = bytes


def restrict(*, program: bool, signals: bool) -> list[str]:
    """Refuse these calls, to this thread and all it starts, for good.

    No process may be started: what bounds one doesn't bound many. ``program``: whether it may
    listen; ``signals``: whether those to others pass here, since something else holds them. Returns
    what is closed now, as words for the report. Raises OSError if the kernel refuses.
    """
    if not sys.platform.startswith("linux") or os.uname().machine not in _ARCHITECTURES:
        return []
    code = b"".join(_filter(os.uname().machine, program, signals))
    libc = ctypes.CDLL(None, use_errno=True)
    text = ctypes.create_string_buffer(code)
    head = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
    no_new_privileges = (38, 1, 0, 0, 0)
    seccomp_filter = (22, 2, ctypes.c_char_p(head), 0, 0)
    for words in (no_new_privileges, seccomp_filter):
        if libc.prctl(*(ctypes.c_ulong(w) if isinstance(w, int) else w for w in words)):
            raise OSError(ctypes.get_errno(), "prctl")
    return ["seccomp"]


def _filter(machine: str, program: bool, signals: bool) -> Iterable[Step]:
    column, architecture = _ARCHITECTURES[machine]
    yield _step(_LOAD, _ARCHITECTURE)
    yield from _unless(_EQUAL, architecture, _step(_RETURN, _KILL))  # calls of another numbering
    yield _step(_LOAD, _NUMBER)
    yield from _if(_AT_LEAST, 0x40000000, _refuse(errno.ENOSYS))  # and those of x32
    for numbers in _REFUSED.values():
        if numbers[column]:
            yield from _if(_EQUAL, numbers[column], _refuse())
    for name, body in _rules(program, signals).items():
        if number := _PARTLY[name][column]:
            steps = [*body, _step(_RETURN, _ALLOW)]
            yield _step(_EQUAL, number, 0, len(steps))
            yield from steps
    yield _step(_RETURN, _ALLOW)


def _rules(program: bool, signals: bool) -> dict[str, list[Step]]:
    """By the name of a call, the steps that may refuse it."""
    rules = {
        # Plain TCP only: IPv4 or IPv6, a stream, and no other protocol in its place.
        "socket": [*_only(0, 2, 10), *_only(1, 1, mask=0xF), *_only(2, 0, 6)],
        "sendto": _no_bit(3, _FASTOPEN),
        "sendmsg": _no_bit(2, _FASTOPEN),
        "sendmmsg": _no_bit(3, _FASTOPEN),
        # A signal to whoever owns a descriptor: F_SETOWN and its kin.
        "fcntl": _none_of(1, 8, 15),
        "ioctl": _none_of(1, 0x8901, 0x8902),
        "prlimit64": _only(0, 0),  # our own limits, nobody else's
        "clone": [
            *_no_bit(0, _NAMESPACES),
            _argument(0),
            *_unless(_ANY_BIT, _THREAD, _refuse()),
        ],
        "fork": [_refuse()],
        "vfork": [_refuse()],
        "clone3": [_refuse(errno.ENOSYS)],  # cannot be looked into; all fall back to clone
    }
    if not program:
        rules["listen"] = [_refuse()]
    if not signals:
        for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
            rules[name] = _only(0, os.getpid())
    return rules


# ---------------------------------------------------------------- steps of a filter


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> Step:
    """One instruction; ``then`` and ``otherwise`` are how many steps to leave out."""
    return struct.pack("=HBBI", code, then, otherwise, value)


def _refuse(error: int = errno.EPERM) -> Step:
    return _step(_RETURN, _ERROR | error)


def _if(test: int, value: int, step: Step) -> list[Step]:
    return [_step(test, value, 0, 1), step]


def _unless(test: int, value: int, step: Step) -> list[Step]:
    return [_step(test, value, 1, 0), step]


def _argument(number: int) -> Step:
    """Load the lower half of an argument: all of it that these calls look at."""
    return _step(_LOAD, _ARGUMENTS + 8 * number)


def _only(argument: int, *values: int, mask: int = 0xFFFFFFFF) -> list[Step]:
    tests = [_step(_EQUAL, value, len(values) - at) for at, value in enumerate(values)]
    return [_argument(argument), _step(_AND, mask), *tests, _refuse()]


def _none_of(argument: int, *values: int) -> list[Step]:
    tests = [step for value in values for step in _if(_EQUAL, value, _refuse())]
    return [_argument(argument), *tests]


def _no_bit(argument: int, bits: int) -> list[Step]:
    return [_argument(argument), *_if(_ANY_BIT, bits, _refuse())]
