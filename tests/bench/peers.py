"""The servers, each in a process of its own: a thread a connection, no delay, a write a message.

Run as a program, this file is one of them: it prints its port, and ends when its input ends.
"""

from __future__ import annotations

import inspect
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
BIG = 2**24  # the largest message that a server must take
CHUNK = 65536


def serve_bare(talk: Callable[[socket.socket], None]) -> int:
    """Accept for ever; ``talk`` has a thread for each connection. Gives the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)

    def run(sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with sock:
            talk(sock)

    def accept() -> None:
        while True:
            threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def raw_tcp() -> int:
    def echo(sock: socket.socket) -> None:
        while data := sock.recv(CHUNK):
            sock.sendall(data)

    return serve_bare(echo)


def length_prefix() -> int:
    """The least that makes messages out of a stream: four bytes that say how long each is."""

    def echo(sock: socket.socket) -> None:
        with sock.makefile("rb", buffering=CHUNK) as stream:
            while prefix := stream.read(4):
                sock.sendall(prefix + stream.read(int.from_bytes(prefix, "big")))

    return serve_bare(echo)


def our_tcp_echo() -> int:
    from wslab import tcp_echo

    return tcp_echo.serve().address[1]


def our_ws_echo(**options: Any) -> int:
    from wslab import ws_echo

    return ws_echo.serve(max_message=BIG, **options).address[1]


def our_ws_echo_numpy() -> int:
    import numpy  # noqa: F401  (that it is there is enough)

    return our_ws_echo()


def our_ws_echo_tap() -> int:
    from wslab import Recording

    return our_ws_echo(tap=lambda address: Recording())  # bounded, as it is by default


def websockets_c() -> int:
    from websockets.sync.server import serve

    def echo(ws: Any) -> None:
        for message in ws:
            ws.send(message)

    options: dict[str, Any] = {"compression": None, "max_size": BIG}
    if "ping_interval" in inspect.signature(serve).parameters:  # since websockets 15
        options["ping_interval"] = None
    server = serve(echo, "127.0.0.1", 0, **options)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port: int = server.socket.getsockname()[1]
    return port


def websockets_python() -> int:
    without: dict[str, ModuleType | None] = {"websockets.speedups": None}
    sys.modules.update(without)  # type: ignore[arg-type]  # None: "cannot be imported"
    port = websockets_c()
    mask: Any = vars(sys.modules["websockets.frames"])["apply_mask"]
    assert mask.__module__ == "websockets.utils", "this should be the Python one"
    return port


def wsproto_loop() -> int:
    from wsproto import ConnectionType, WSConnection, events

    def echo(sock: socket.socket) -> None:
        protocol = WSConnection(ConnectionType.SERVER)
        parts: list[Any] = []
        while data := sock.recv(CHUNK):
            protocol.receive_data(data)
            for event in protocol.events():
                if isinstance(event, events.Message):
                    parts.append(event.data)
                    if event.message_finished:
                        whole = parts[0] if len(parts) == 1 else type(parts[0])().join(parts)
                        parts.clear()
                        sock.sendall(protocol.send(events.Message(data=whole)))
                elif isinstance(event, events.Request):
                    sock.sendall(protocol.send(events.AcceptConnection()))
                elif isinstance(event, events.CloseConnection):
                    sock.sendall(protocol.send(event.response()))
                    return

    return serve_bare(echo)


def drain() -> int:
    """Takes all that comes, and says how much it was, in 8 bytes."""

    def count(sock: socket.socket) -> None:
        buffer, total = bytearray(2**18), 0
        while size := sock.recv_into(buffer):
            total += size
        sock.sendall(total.to_bytes(8, "big"))

    return serve_bare(count)


def our_relay(target: str) -> int:
    from wslab.observe.relay import relay

    return relay(("127.0.0.1", int(target))).address[1]  # it records, bounded by default


class Peer(NamedTuple):
    label: str
    wire: str  # what the raw client speaks: "tcp", "length" or "ws"
    start: Callable[..., int]
    needs: str = ""  # a module


def installed(module: str) -> bool:
    """Whether a module can be imported, without importing it; the empty name can."""
    package = module.partition(".")[0]
    return not module or bool(find_spec(package) and find_spec(module))


PEERS = {
    "tcp": Peer("raw TCP echo", "tcp", raw_tcp),
    "length": Peer("TCP, 4-byte length", "length", length_prefix),
    "tcp_echo": Peer("wslab.tcp_echo", "tcp", our_tcp_echo),
    "ws_echo": Peer("wslab.ws_echo", "ws", our_ws_echo),
    "numpy": Peer("wslab.ws_echo, numpy", "ws", our_ws_echo_numpy, "numpy"),
    "tap": Peer("wslab.ws_echo, tap", "ws", our_ws_echo_tap),
    "websockets": Peer("websockets, Python", "ws", websockets_python, "websockets"),
    "websockets_c": Peer("websockets, C", "ws", websockets_c, "websockets.speedups"),
    "wsproto": Peer("wsproto", "ws", wsproto_loop, "wsproto"),
}


STREAMS = {
    "direct": Peer("direct", "tcp", drain),
    "relay": Peer("through the relay", "tcp", our_relay),
}
"""Who takes a stream, and who stands before him: no echoes, so they are not among the peers."""

EVERY = PEERS | STREAMS


class Running(NamedTuple):
    """A server to talk to."""

    label: str
    wire: str
    port: int
    pid: int = 0


@contextmanager
def running(name: str, *arguments: str) -> Iterator[Running]:
    """Start a server in a child process; it inherits the core that we are pinned to."""
    command = [sys.executable, "-m", "tests.bench.peers", name, *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin
        assert child.stdout
        try:
            first = child.stdout.readline()
            if not first:
                raise OSError(f"the server {EVERY[name].label!r} did not start; see above")
            yield Running(EVERY[name].label, EVERY[name].wire, int(first), child.pid)
        finally:
            child.stdin.close()  # the child ends itself, also when we are killed
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our parent, which then ends us
    print(EVERY[sys.argv[1]].start(*sys.argv[2:]), flush=True)
    sys.stdin.read()
    os._exit(0)  # at once: some libraries would wait for their threads
