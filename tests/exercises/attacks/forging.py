"""Write into the pipe oneself. Only values cross it, and a value has to be the right one."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def write_to_all_descriptors():
    """Writes "passed" in many languages wherever it can. No frame: the worker is replaced."""
    import os

    def apply_mask(data, key):
        for fd in range(64):
            for text in (b'{"passed": true}\n', b"HTTP/1.1 200 OK\r\n\r\n", b"ok 1 - all\n"):
                try:
                    os.write(fd, text)
                except OSError:
                    pass
        return data

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def send_fake_frames():
    """Well-formed messages of all kinds, sent ahead. They are answers, and wrong ones."""
    import json
    import os

    def apply_mask(data, key):
        for message in (
            ["ready", ["landlock files (ABI 99)"]],
            ["returned", 1, True],
            ["returned", 1, {"other": ["passed", ""]}],
            ["passed", 1, 10],
            ["ask", 0, "seen", []],
        ):
            text = json.dumps(message).encode()
            for fd in range(3, 32):
                try:
                    os.write(fd, len(text).to_bytes(4, "big") + text)
                except OSError:
                    pass

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def announce_four_gigabytes():
    """A frame that says it is 4 GiB long. It is refused before a byte of it is read."""
    import os

    def apply_mask(data, key):
        for fd in range(3, 32):
            try:
                os.write(fd, b"\xff\xff\xff\xff" + b"[" * 1000)
            except OSError:
                pass

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def nest_and_count():
    """JSON nested 100,000 deep, numbers of a million digits. The reader gives up, unharmed."""
    import os

    def say(text):
        for fd in range(3, 32):
            try:
                os.write(fd, len(text).to_bytes(4, "big") + text)
            except OSError:
                pass

    def apply_mask(data, key):
        say(b"[" * 100_000)

    def unmask_stream(chunks, key):
        say(b'["returned",1,' + b"9" * 1_000_000 + b"]")

    def eavesdrop(frame):
        say(b'["returned",1,{"bytes":NaN}]')


@attack("ex01")
def ask_without_an_end():
    """Asks for the judge's socket again and again, and reads no reply. There is a deadline."""
    import os

    def send_all(send, data):
        text = b'["ask",0,"",[{"bytes":"AAAA"}]]'
        many = (len(text).to_bytes(4, "big") + text) * 1000
        while True:
            for fd in range(3, 32):
                try:
                    os.write(fd, many)
                except OSError:
                    pass

    recv_exactly = ask = echo = send_all


@attack("ex01", deserves=2)
def ask_for_what_costs_nothing():
    """Sets the time-out of the scripted socket for ever: no reading, no writing. A deadline."""

    def send_all(send, data):
        while data:
            data = data[send(data) :]

    def echo(sock):
        while True:
            sock.settimeout(1)


@attack("ex01")
def ask_for_more_than_there_is():
    """Calls what the scripted socket does not offer, by forged names and numbers. Refused."""
    import sys

    def send_all(send, data):
        worker = send.__closure__
        for cell in worker:
            owner = getattr(cell.cell_contents, "_ask", None)
            if owner:
                for number, name in ((0, "__class__"), (0, "seen"), (-1, ""), (7, "recv")):
                    owner(number, name, ())
        send.__globals__["sys"] = sys

    recv_exactly = ask = echo = send_all


@attack("ex05")
def stand_still():
    """Stops itself, so that nobody reads the next long question. The judge does not wait."""
    import os
    import signal
    import threading

    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGSTOP)).start()

    def apply_mask(data, key):
        return data

    unmask_stream = eavesdrop = apply_mask


@attack("ex01", deserves=4)
def flood_the_pipe_of_a_program():
    """A server that sends the judge one frame after the other. They wait in the pipe, not in us."""
    import os
    import socket
    import sys

    def send_all(send, data):
        while data:
            data = data[send(data) :]

    def echo(sock):
        while data := sock.recv(4096):
            send_all(sock.send, data)

    if __name__ == "__main__":
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        text = b"[" + b"[]," * 300_000 + b"0]"
        while True:
            for fd in range(3, 12):
                try:
                    os.write(fd, len(text).to_bytes(4, "big") + text)
                except OSError:
                    pass
