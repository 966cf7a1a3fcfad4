"""wslab: what the difference between a raw socket and a WebSocket is, seen byte by byte.

Start with the two echoes, side by side: :mod:`wslab.tcp_echo` and :mod:`wslab.ws_echo`. The
standard library is all that this package needs.
"""

import os
import sys

if sys.version_info < (3, 10):  # so the syntax of this file is that of 3.6: it must parse
    from .old_python import advice

    sys.exit(advice())
if sys.argv[:1] == ["-m"] and sys.path[:1] == [os.getcwd()]:
    # python -m puts the current folder first: your socket.py would pass for Python's own.
    sys.path.append(sys.path.pop(0))

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import tcp_echo, ws_echo
from .client import connect
from .errors import Error
from .observe.recording import Recording
from .observe.tap import Tap
from .protocol.errors import ConnectionClosed, HandshakeError, ProtocolError
from .protocol.uri import URLError
from .server import serve
from .tcp_server import Server
from .websocket import WebSocket

if TYPE_CHECKING:
    from .comparison.run import compare
    from .grading.own import check
else:
    _LATER = {"check": ".grading.own", "compare": ".comparison.run"}

    def __getattr__(name: str) -> Any:  # "invalid syntax" here? Too old a Python: take 3.10+
        """What few programs need is loaded when it is used: ``compare`` brings HTTP along."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LATER[name], __name__), name)


__version__ = "0.1.0"

__all__ = [
    "ConnectionClosed",
    "Error",
    "HandshakeError",
    "ProtocolError",
    "Recording",
    "Server",
    "Tap",
    "URLError",
    "WebSocket",
    "check",
    "compare",
    "connect",
    "serve",
    "tcp_echo",
    "ws_echo",
]
