"""A crowd of bad peers in a process of its own: ``python crowd.py PORT SIZE``.

SIZE peers send half of an opening handshake and fall silent. As many more drip, one byte every
50 ms: the even ones their opening handshake, the odd ones a message. Prints a line when all are
connected, and how each one ended when the server has thrown out the last one.
"""

from __future__ import annotations

import collections
import json
import selectors
import socket
import sys
import time

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MESSAGE = b"\x82\xfe\x10\x00" + bytes(4 + 4096)  # masked with zeros, and far too long to complete
PAUSE = 0.05  # seconds between two bytes of one peer
PATIENCE = 30.0  # seconds after which the crowd goes home by itself


class Peer:
    """One bad peer: what it said at once, what it drips, what it was answered."""

    def __init__(self, port: int, at_once: bytes, drip: bytes = b"") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.sock.sendall(at_once)
        self.sock.setblocking(False)
        self.drip = iter(drip)
        self.heard = b""

    def drip_one(self) -> None:
        for byte in self.drip:
            try:
                self.sock.send(bytes([byte]))
            except OSError:  # thrown out already
                self.drip = iter(b"")
            return

    def listen(self) -> bool:
        """Whether the server still talks to it."""
        try:
            data = self.sock.recv(4096)
        except OSError:
            data = b""
        self.heard += data
        return bool(data)

    @property
    def ending(self) -> str:
        """The HTTP status or the close code that it was sent away with."""
        head, _, frames = self.heard.partition(b"\r\n\r\n")
        status = head[9:12].decode()
        if status == "101" and frames[:1] == b"\x88":
            return str(int.from_bytes(frames[2:4], "big"))
        return status or "nothing"


def main(port: int, size: int) -> None:
    peers = [Peer(port, REQUEST[:60]) for _ in range(size)]
    for number in range(size):
        if number % 2:
            peers.append(Peer(port, REQUEST, MESSAGE))
        else:
            peers.append(Peer(port, b"", REQUEST[:-2] + b"X: " + b"x" * 4096))
    print("all here", flush=True)
    with selectors.DefaultSelector() as selector:
        for peer in peers:
            selector.register(peer.sock, selectors.EVENT_READ, peer)
        start = time.monotonic()
        slices, tick = 10, 0
        while selector.get_map() and time.monotonic() < start + PATIENCE:
            for peer in peers[size + tick % slices :: slices]:
                peer.drip_one()
            tick += 1
            until = start + tick * PAUSE / slices
            while (left := until - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    if not key.data.listen():
                        selector.unregister(key.fileobj)
                        key.data.sock.close()
    print(json.dumps(collections.Counter(peer.ending for peer in peers)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
