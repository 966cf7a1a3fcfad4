"""Plain sockets, for both echoes alike: listen, connect, TLS, deadlines, finish.

Nothing in this file knows WebSocket. Times are in seconds.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

from .errors import Error
from .waiting import ready

if TYPE_CHECKING:  # to load OpenSSL takes longer than all the rest: only who uses TLS does
    import ssl as tls

CHUNK = 65536 + 64
"""How many bytes one ``recv`` asks for at most."""

SEND_TIMEOUT = 30.0
"""How long a ``sendall`` may make no progress, because the peer does not read. In seconds."""


# To wait, for 0 seconds, until what we sent has arrived: the system gives up, and sends a reset.
RESET_AT_CLOSE = struct.pack("@hh" if sys.platform == "win32" else "@ii", 1, 0)
"""For SO_LINGER: end the connection with a reset."""


class Stream(Protocol):
    """What an echo needs of a socket. ``socket.socket`` has it, so has ``Secure``, so has a tap."""

    def recv(self, size: int, /) -> bytes:
        """Wait for bytes, and return what is there; no bytes mean the end of the stream."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of ``data``."""

    def settimeout(self, seconds: float | None, /) -> None:
        """How long the calls above may wait; None for as long as it takes."""

    def shutdown(self, how: int, /) -> None:
        """Half-close: say that we have finished, and still read."""

    def close(self) -> None:
        """Give the socket back to the system."""

    def fileno(self) -> int:
        """The system's number for the socket; -1 after the end."""

    def __enter__(self) -> Any: ...
    def __exit__(self, *exc: object) -> None: ...


class NoTLS(Error):
    """The peer answered, and not with TLS."""


class Unreachable(Error):
    """There is no TCP connection to an address; a name may have others."""


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 lets the system pick a free one. Raises Error.

    >>> with listen("127.0.0.1", 0) as listener:
    ...     listener.getsockname()[0]
    '127.0.0.1'
    """
    if not 0 <= port <= 65535:
        raise Error(f"{port} is not a port: use 0 (any free port) or 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, UnicodeError) as error:
        raise Error(f"Cannot listen on {host} port {port}: {_why(error)}.") from None


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, in the order in which to try them. Raises Error.

    >>> resolve("127.0.0.1", 80)
    ['127.0.0.1']
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Error(f"Cannot connect to {host} port {port}: {_why(error)}.") from None
    return [str(address[0]) for *_, address in found]


def connect(
    host: str,
    port: int,
    *,
    ip: str | None = None,
    timeout: float | None = 10.0,
    ssl: tls.SSLContext | None = None,
) -> Stream:
    """A connected TCP socket, inside TLS if a context is given. Raises Error.

    ``ip`` is the one of the host's addresses to connect to, by default all are tried in turn.
    ``timeout`` counts for connecting and for the TLS handshake, each; afterwards the socket waits
    as long as it takes.
    """
    if not 1 <= port <= 65535:  # the system would take 65537 for 1
        raise Error(f"{port} is not a port: use 1 to 65535.")
    try:
        sock = socket.create_connection((ip or host, port), timeout=timeout)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"Cannot connect to {host} port {port}: {_why(error)}.") from None
    sock.settimeout(None)
    set_options(sock)
    if ssl is None:
        return sock
    from .secure import Secure

    try:
        secure = Secure(sock, ssl, host)
        secure.handshake(timeout)
    except (OSError, ValueError) as error:
        sock.close()
        raise _kind_of(error)(f"No TLS with {host} port {port}: {_why(error)}.") from None
    return secure


def set_options(sock: socket.socket, send_timeout: float | None = None) -> None:
    """Make a connected socket ready for a conversation of small messages.

    ``send_timeout`` is how long sending may make no progress, by default SEND_TIMEOUT.
    """
    with contextlib.suppress(OSError):  # a socketpair is no TCP
        # Send each message at once, instead of waiting for company (Nagle's algorithm, RFC 896).
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        # The kernel's own clock for a peer that does not read: settimeout() would count for
        # receiving too, and cost an additional system call before each recv and each send.
        seconds = SEND_TIMEOUT if send_timeout is None else send_timeout
        milliseconds = max(1, round(seconds * 1000))  # for the system, 0 means for ever
        timeval = struct.pack("@ll", milliseconds // 1000, milliseconds % 1000 * 1000)
        windows = sys.platform == "win32"
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, milliseconds if windows else timeval)


def readable(sock: Stream, seconds: float | None) -> bool:
    """Whether ``recv`` has something to return, bytes or the end, within ``seconds``."""
    inside = plain(sock)
    of_tls = getattr(inside, "readable", None)
    return bool(of_tls(seconds)) if of_tls else ready(inside, seconds)


def lingering_close(sock: Stream, timeout: float, *, wait_for_peer: bool = False) -> None:
    """End a conversation so that all we sent arrives: half-close, read to the end, close.

    To close a socket that holds unread bytes makes the system send a reset, which can destroy on
    the peer's side what it has not read yet. A peer that goes on for more than ``timeout`` seconds
    gets it all the same. With ``wait_for_peer`` the peer is left to end first (RFC 6455 §7.1.1).
    """
    deadline = time.monotonic() + timeout
    with contextlib.suppress(OSError):
        if wait_for_peer:
            _drain(sock, deadline)
        sock.shutdown(socket.SHUT_WR)
        _drain(sock, deadline)
    sock.close()


def _drain(sock: Stream, deadline: float) -> None:
    while (left := deadline - time.monotonic()) > 0:
        sock.settimeout(left)
        if not sock.recv(CHUNK):
            return


def shutdown(sock: Any) -> None:
    """End a connection from any thread, now: ``recv`` or ``send`` that wait elsewhere return."""
    with contextlib.suppress(OSError):
        plain(sock).shutdown(socket.SHUT_RDWR)


def reset(sock: Any) -> None:
    """Like ``abort``, for good: what nobody has read is lost, and who still sends gets a reset.

    A sender that waits for room in our buffer would wait on for a minute: after ``shutdown`` Linux
    does not tell it that there is room again. And a slow reader here would read on all that time.
    """
    below = getattr(plain(sock), "below", plain(sock))
    with contextlib.suppress(OSError):
        sending = ready(below, 0)
        # Before, for afterwards the thread that uses the socket may be faster to close it.
        below.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        below.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            while below.recv(CHUNK):  # does not wait any more
                sending = True
        if not sending:
            below.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(len(RESET_AT_CLOSE)))


def plain(sock: Any) -> Any:
    """The socket inside a tap."""
    return getattr(sock, "tapped", sock)


def _kind_of(error: Exception) -> type[Error]:
    import ssl as tls

    untrusted = isinstance(error, tls.SSLCertVerificationError)
    return NoTLS if isinstance(error, tls.SSLError) and not untrusted else Error


def _why(error: Exception) -> str:
    """An operating system's error, for someone who meets it for the first time."""
    import ssl as tls

    if isinstance(error, tls.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, tls.SSLError):
        reason = str(error.reason or error).partition(" (_ssl.c:")[0]
        return f"the TLS handshake failed ({reason}); perhaps it speaks no TLS"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there (connection refused); start the server, or check the port"
    if isinstance(error, ConnectionResetError):
        return "the other side hung up (connection reset)"
    if isinstance(error, TimeoutError):
        return "no answer in time; the address may be wrong, or a firewall in between"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "there is no such host name"
    if isinstance(error, PermissionError):
        return "the system does not allow it; ports below 1024 are often reserved: try another"
    if isinstance(error, OSError) and error.errno in _IN_USE:
        return "the port is in use; choose another, or 0 for any free one"
    return str(getattr(error, "strerror", None) or error)


_IN_USE = {48, 98, 10048}  # EADDRINUSE on macOS, Linux, Windows
