"""Wait at a socket for one direction only, to receive or to send."""

from __future__ import annotations

import errno
import select
from typing import Any


def ready(sock: Any, seconds: float | None, *, writing: bool = False) -> bool:
    """Wait until bytes (or the end) are there, or room to write; False if not within ``seconds``.

    This waits in one direction only: ``settimeout`` would count for a send in another thread, too.
    """
    descriptor = sock.fileno()
    if descriptor < 0:
        raise OSError(errno.EBADF, "the socket is closed")
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(None if seconds is None else max(seconds, 0) * 1000))
    # Windows. Elsewhere, select() knows no descriptor above 1023.
    wanted = ([], [descriptor]) if writing else ([descriptor], [])
    return any(select.select(*wanted, [], None if seconds is None else max(seconds, 0)))
