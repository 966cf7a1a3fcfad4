"""Messages from a pipe, with deadlines, where the system cannot wait for a pipe: on Windows.

A thread reads them, and whoever wants one waits for the thread.
"""

from __future__ import annotations

import contextlib
import threading
import time
from queue import Empty, Full, Queue
from typing import Any

from .wire import Reader, WireError


class Inbox:
    """Like a `Reader`, and its deadlines hold on every system."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        # Whoever sends more than is read must wait, not fill our memory.
        self._come: Queue[Any] = Queue(2)
        self._over = False
        threading.Thread(target=self._listen, daemon=True).start()

    def read(self, deadline: float) -> Any:
        """Wait for a value and return it. Raises EOFError, OSError, WireError, TimeoutError."""
        try:
            message = self._come.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError from None
        if isinstance(message, Exception):
            raise message
        return message

    def end(self) -> None:
        """Nobody will read any more."""
        self._over = True

    def _listen(self) -> None:
        try:
            while self._pass_on(self.reader.read()):
                pass
        except (OSError, EOFError, WireError) as error:
            self._pass_on(error)

    def _pass_on(self, message: Any) -> bool:
        """Wait until there is room for it; False if nobody will read it any more."""
        while not self._over:
            with contextlib.suppress(Full):
                self._come.put(message, timeout=0.1)
                return True
        return False
