"""Servers that do not serve: a program is met over loopback, with a deadline on every step.

Each has honest functions, so that it comes to the checks of its program: they are worth 4 points.
"""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from .attack import TCP, Attack, attack

listener: Any = None
"""Each finds it open, on the port that it was given."""

HONEST = """
import os, socket, sys, time

def send_all(send, data):
    while data:
        data = data[send(data):]

def echo(sock):
    while data := sock.recv(4096):
        send_all(sock.send, data)
"""


@attack("ex01")
def say_nothing():
    """Takes every connection and says nothing."""
    kept = [listener.accept() for _ in range(100)]


@attack("ex01")
def never_accept():
    """Listens, and lets everybody wait at the door."""
    time.sleep(1000)


@attack("ex01")
def drip():
    """Answers one byte a second. A step has a deadline for all of it, not for each byte."""
    while True:
        sock, _ = listener.accept()
        data = sock.recv(4096)
        for byte in data:
            time.sleep(0.4)
            sock.sendall(bytes([byte]))


@attack("ex01")
def flood():
    """Sends without an end, and reads nothing. Only as much is read as is due."""
    while True:
        sock, _ = listener.accept()
        try:
            while True:
                sock.sendall(b"passed" * 10_000)
        except OSError:
            pass


@attack("ex01")
def guess_the_echo():
    """Answers before it is asked, with a guess."""
    while True:
        sock, _ = listener.accept()
        sock.sendall(b"Hello, world! " * 10)


@attack("ex01")
def squat_the_port():
    """Leaves a child that holds the port, for the next student's server. It is ended."""
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(50)


@attack("ex01")
def take_other_ports():
    """Listens everywhere but where it should. Bound to the port it was given, or to none."""
    listener.close()
    others = [socket.create_server(("0.0.0.0", 0)) for _ in range(20)]
    time.sleep(50)


@attack("ex01")
def pass_it_on():
    """Hands every client on to somebody else's server. A server calls nobody."""
    while True:
        sock, _ = listener.accept()
        other = socket.create_connection(("127.0.0.1", TCP), 1)
        other.sendall(sock.recv(4096))
        sock.sendall(other.recv(4096))


def _as_programs() -> None:
    """All of them begin in the same way."""
    begin = 'listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))\n'
    for value in list(globals().values()):
        if isinstance(value, Attack):
            lines = (begin + value.body).split("\n")
            main = "\n    ".join(['if __name__ == "__main__":', *lines])
            object.__setattr__(value, "body", HONEST + main)
            object.__setattr__(value, "deserves", 4)


_as_programs()
