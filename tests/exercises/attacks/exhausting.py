"""Use up what all share: memory, disk, descriptors, the reader's patience. All in bounds here."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def take_all_memory():
    """Asks for memory until there is none. A limit of the process: MemoryError, and no points."""

    def apply_mask(data, key):
        kept = []
        while True:
            kept.append(bytes(256 << 20))

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def fill_the_disk():
    """Writes file after file, each of them within its limit. The folder is watched: killed."""

    def apply_mask(data, key):
        for number in range(60):
            with open(f"{number}", "wb") as file:
                file.write(bytes(15 << 20))

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def make_a_deep_folder():
    """A folder in a folder, 800 deep, to break those who clean up. It is removed all the same."""
    import os

    def apply_mask(data, key):
        for _ in range(800 if "/d" not in os.getcwd() else 0):
            os.mkdir("d")
            os.chdir("d")
        open("end", "w").close()

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def make_names_that_hurt():
    """Files whose names are no text, options, or escapes, and a FIFO and a link. All removed."""
    import os

    def apply_mask(data, key):
        for name in (b"-rf", b"a\nb", b"\xff\xfe", b"\x1b[2J", b"$(id)", b"x" * 250):
            open(name, "w").close()
        os.mkfifo("fifo")
        os.symlink("/", "root")
        os.mkdir("locked", 0)

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def open_all_descriptors():
    """Opens what it can, so that nobody else gets any. A limit of the process."""
    import os

    def apply_mask(data, key):
        while True:
            os.dup(0)

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def print_without_an_end():
    """Prints gigabytes. All is read, the beginning is kept, and the call has its deadline."""
    import os

    def apply_mask(data, key):
        while True:
            os.write(1, b"A" * 65536)

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def start_threads():
    """Starts threads until it fails. Each needs memory, and that has a limit."""
    import threading
    import time

    def apply_mask(data, key):
        for _ in range(2000):
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()

    unmask_stream = eavesdrop = apply_mask


@attack("ex01", deserves=4)
def start_processes():
    """A server that forks 40 times, each in a session of its own. All are found and ended."""
    import os
    import socket
    import sys
    import time

    def send_all(send, data):
        while data:
            data = data[send(data) :]

    def echo(sock):
        while data := sock.recv(4096):
            send_all(sock.send, data)

    if __name__ == "__main__":
        for _ in range(40):
            if not os.fork():
                os.setsid()
                time.sleep(50)
                os._exit(0)
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        os._exit(0)


@attack("ex05")
def leave_shared_memory():
    """System V memory lives until somebody removes it: for a friend's code. The call is refused."""
    import ctypes

    def apply_mask(data, key):
        return repr(ctypes.CDLL(None).shmget(0x77736C62, 4096, 0o1666)).encode()

    unmask_stream = eavesdrop = apply_mask
