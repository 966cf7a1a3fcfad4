"""wslab: what the difference between a raw socket and a WebSocket is, seen byte by byte.

Start with the two echoes, side by side: :mod:`wslab.tcp_echo` and :mod:`wslab.ws_echo`. The
standard library is all that this package needs.
"""

from . import tcp_echo, ws_echo
from .client import connect
from .net import Trouble
from .observe.tap import Recording, Tap
from .protocol.errors import ConnectionClosed, HandshakeError, ProtocolError
from .protocol.uri import URLError
from .server import serve
from .tcp_server import Server
from .websocket import WebSocket

__version__ = "0.1.0"

__all__ = [
    "ConnectionClosed",
    "HandshakeError",
    "ProtocolError",
    "Recording",
    "Server",
    "Tap",
    "Trouble",
    "URLError",
    "WebSocket",
    "connect",
    "serve",
    "tcp_echo",
    "ws_echo",
]
