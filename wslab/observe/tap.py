"""A tap: wraps a connected socket, is used like one, and records all that crosses it."""

from __future__ import annotations

import socket
from typing import Any

from ..protocol.rfc import Role
from .recording import Recording


def _passed_on(name: str) -> Any:
    """What the socket inside has under that name."""
    return property(lambda tap: getattr(tap.tapped, name))


def _refused(name: str) -> Any:
    """What would move bytes, or give the socket away, without a trace in the recording."""

    def refuse(tap: Tap) -> None:
        raise AttributeError(f"a tap has no {name}(): it would pass the recording by")

    return property(refuse)


class Tap:
    """A socket around a socket: what is sent and received through it goes into a recording.

    ``role`` is the end that holds this socket. Do not give a tap to ``SSLContext.wrap_socket``: TLS
    takes the file descriptor and passes the tap by. Put the tap around the TLS socket instead; it
    then records plain text.

    >>> import socket
    >>> left, right = socket.socketpair()
    >>> recording = Recording()
    >>> with left, Tap(right, recording, Role.SERVER) as tap:
    ...     left.sendall(b"ping")
    ...     data = tap.recv(100)
    ...     tap.sendall(data.upper())
    >>> [(event.sender.value, event.data) for event in recording]
    [('client', b'ping'), ('server', b'PING'), ('server', b'')]
    """

    def __init__(self, sock: Any, recording: Recording, role: Role) -> None:
        self.tapped = sock
        """The socket inside."""
        self.recording = recording
        self._role = role
        self._peer = role.peer
        # Looked up once: they stand in the path of every message.
        self._recv, self._sendall, self._record = sock.recv, sock.sendall, recording.add
        self._unfinished = set(Role)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Like ``socket.recv``."""
        data: bytes = self._recv(size, flags) if flags else self._recv(size)
        if data:
            self._record(self._peer, data)
        elif size:
            self._finish(self._peer)
        return data

    def send(self, data: bytes, flags: int = 0) -> int:
        """Like ``socket.send``: the system may take fewer bytes than it was given."""
        size: int = self.tapped.send(data, flags) if flags else self.tapped.send(data)
        if size:
            self._record(self._role, bytes(data[:size]))
        return size

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Like ``socket.sendall``. Recorded before it is sent, so before the answer to it."""
        if data:
            self._record(self._role, data if type(data) is bytes else bytes(data))
        self._sendall(data, flags) if flags else self._sendall(data)

    def shutdown(self, how: int) -> None:
        """Like ``socket.shutdown``; the end of what we send is an event, before its answer."""
        if how != socket.SHUT_RD:
            self._finish(self._role)
        self.tapped.shutdown(how)

    def close(self) -> None:
        """Like ``socket.close``."""
        self.tapped.close()
        self._finish(self._role)

    def _finish(self, sender: Role) -> None:
        try:
            # In one step: two threads may be here at the same time, and only one is to tell.
            self._unfinished.remove(sender)
        except KeyError:
            return
        self._record(sender, b"")

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # One by one: a class with __getattr__ pays for it at every attribute, for each message.
    family, type, proto = map(_passed_on, ("family", "type", "proto"))
    fileno = _passed_on("fileno")
    settimeout, gettimeout = map(_passed_on, ("settimeout", "gettimeout"))
    setblocking, getblocking = map(_passed_on, ("setblocking", "getblocking"))
    setsockopt, getsockopt = map(_passed_on, ("setsockopt", "getsockopt"))
    getsockname, getpeername = map(_passed_on, ("getsockname", "getpeername"))

    makefile, read, write = map(_refused, ("makefile", "read", "write"))
    recv_into, recvfrom, recvfrom_into = map(_refused, ("recv_into", "recvfrom", "recvfrom_into"))
    recvmsg, recvmsg_into, sendmsg = map(_refused, ("recvmsg", "recvmsg_into", "sendmsg"))
    sendto, sendfile = map(_refused, ("sendto", "sendfile"))
    detach, dup = map(_refused, ("detach", "dup"))
