"""Change what belongs to others, or talk to them: a neighbour's files, the network."""

from __future__ import annotations

from .attack import TARGET, TCP, UDP, attack


@attack("ex05")
def lock_a_rivals_files():
    """Takes away the right to read them, and makes them old. Landlock allows it; the filter no."""
    import os

    def apply_mask(data, key):
        for act in (
            lambda path: os.chmod(path, 0),
            lambda path: os.utime(path, (0, 0)),
            lambda path: os.chown(path, 65534, 65534),
            lambda path: os.setxattr(path, "user.mark", b"0"),
        ):
            for path in (TARGET, TARGET + "/rival", TARGET + "/rival/ex05_masking.py"):
                try:
                    act(path)
                except OSError:
                    pass

    unmask_stream = eavesdrop = apply_mask


@attack("ex05", only_landlock=True)
def spoil_a_rivals_files():
    """Writes into another student's file, and removes it. Only its own folder can be written."""
    import os

    with open(TARGET + "/rival/ex05_masking.py", "a") as file:
        file.write("raise SystemExit\n")
    os.rename(TARGET + "/rival", TARGET + "/gone")


@attack("ex05")
def call_home():
    """Sends the questions to a friend, who answers them: over TCP, in four ways. None is open."""
    import socket

    IPPROTO_MPTCP, MSG_FASTOPEN = 262, 0x20000000

    def plain():
        socket.create_connection(("127.0.0.1", TCP), 1).sendall(b"help")

    def multipath():
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
        sock.connect(("127.0.0.1", TCP))

    def without_connect():
        socket.socket().sendto(b"help", MSG_FASTOPEN, ("127.0.0.1", TCP))

    def by_message():
        socket.socket().sendmsg([b"help"], [], MSG_FASTOPEN, ("127.0.0.1", TCP))

    def apply_mask(data, key):
        for way in (plain, multipath, without_connect, by_message):
            try:
                way()
            except OSError:
                pass

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def call_home_over_udp():
    """The same over UDP, which Landlock does not know. No such socket is to be had."""
    import socket

    def apply_mask(data, key):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"help", ("127.0.0.1", UDP))

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def open_a_door():
    """Listens, so that a friend can come in: on a port, or without naming one. Refused."""
    import socket

    def apply_mask(data, key):
        door = socket.socket()
        door.listen()
        door.settimeout(0.1)
        return door.accept()[0].recv(100)

    unmask_stream = eavesdrop = apply_mask
