"""What root may do beyond others: given up, so that a worker that runs as root is nobody special.

Linux calls these capabilities: to set the clock, to raise one's own limits, to signal anybody. One
is kept: to read what lies in another user's folder, as Python itself may (``sudo`` in a virtual
environment). Landlock decides about files.
"""

from __future__ import annotations

import ctypes
import struct
import sys

_READ_SEARCH = 2  # CAP_DAC_READ_SEARCH
_VERSION = 0x20080522
_DROP = 24  # for prctl: from the bounding set, so that no program can bring it back


def give_up() -> list[str]:
    """Returns what is given up, as words for the report: nothing if there was nothing.

    Raises OSError if the kernel refuses.
    """
    if not sys.platform.startswith("linux"):
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    head = struct.pack("=Ii", _VERSION, 0)
    now = ctypes.create_string_buffer(24)
    if libc.capget(head, now):
        raise OSError(ctypes.get_errno(), "capget")
    effective, permitted, _, _, more_permitted, _ = struct.unpack("=6I", now.raw)
    kept = permitted & 1 << _READ_SEARCH
    if permitted == kept and not more_permitted:
        return []
    for number in range(64):
        if number != _READ_SEARCH:
            libc.prctl(_DROP, ctypes.c_ulong(number), 0, 0, 0)
    if libc.capset(head, struct.pack("=6I", kept & effective, kept, 0, 0, 0, 0)):
        raise OSError(ctypes.get_errno(), "capset")
    return ["no powers of root"]
