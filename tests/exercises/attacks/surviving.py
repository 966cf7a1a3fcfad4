"""Live on after the mark is made: to watch, to wait for the next student, to use the machine."""

from __future__ import annotations

from .attack import TARGET, UNIX, attack


@attack("ex05")
def fork_twice():
    """The daemon's way: fork, setsid, fork. A function may start no process at all."""
    import os
    import time

    def apply_mask(data, key):
        if not os.fork():
            os.setsid()
            if not os.fork():
                time.sleep(50)
            os._exit(0)

    unmask_stream = eavesdrop = apply_mask


@attack("ex01", deserves=8)
def fork_twice_from_a_program():
    """The same from a server, which may fork. Whoever is left alone comes to the judge: ended."""
    import os
    import signal
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
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        for number in signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1:
            signal.signal(number, signal.SIG_IGN)
        if not os.fork():
            os.setsid()
            if not os.fork():
                time.sleep(50)
            os._exit(0)
        while True:
            with listener.accept()[0] as sock:
                echo(sock)


@attack("ex05")
def threads_that_stay():
    """Leaves threads behind that never end. They end with their process, and it is killed."""
    import threading
    import time

    def forever():
        while True:
            time.sleep(0.01)

    def apply_mask(data, key):
        threading.Thread(target=forever).start()
        return data

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def work_at_the_exit():
    """Does its harm at the exit, by atexit and by signal. SIGKILL leaves no last wish."""
    import atexit
    import os
    import signal
    import time

    def harm(*args):
        os.mkdir("harm")
        time.sleep(50)

    atexit.register(harm)
    for number in signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGALRM:
        signal.signal(number, harm)

    def apply_mask(data, key):
        return data

    unmask_stream = eavesdrop = apply_mask


@attack("ex05", only_landlock=True)
def leave_a_start_file():
    """Writes what a shell would run at the next login. It writes in its own folder only."""
    with open(TARGET + "/.bashrc", "a") as file:
        file.write("echo pwned\n")


@attack("ex05")
def ask_another_service():
    """Asks a service behind a unix socket to start a program for it. No connection to anybody."""
    import socket

    def apply_mask(data, key):
        with socket.socket(socket.AF_UNIX) as service:
            service.connect(UNIX)
            service.sendall(b"start /bin/sh")

    unmask_stream = eavesdrop = apply_mask
