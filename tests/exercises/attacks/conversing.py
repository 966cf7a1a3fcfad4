"""Programs of ex07 and ex09 that want the points of a conversation, and don't hold one.

What is given, and what wslab lends for missing pieces, is beside them, to be read and changed.
"""

from __future__ import annotations

from .attack import KIT, attack


@attack("ex07")
def print_what_is_beside_it():
    """Prints texts from its folder, for the feedback to show. No solution is among them."""
    import os
    import sys

    folder = os.path.dirname(os.path.abspath(__file__))
    places = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
    places.sort(key=lambda place: "solutions" in place)  # what is shown is what comes last
    sys.exit(" ".join(open(places[-1]).read().split())[-200:])


@attack("ex07", only_landlock=True)
def run_the_solution():
    """Runs the model answer, with what is given beside it. The kit's folder can't be read."""
    exec(open(KIT + "/solutions/ex07_websocket_echo.py").read())


@attack("ex09", only_landlock=True)
def let_the_given_part_load_the_solution():
    """``pieces`` runs files by their path: here the model answer. It opens no more doors."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import pieces

    solved = pieces.module(Path(KIT, "solutions", "ex09_chat.py"))
    if __name__ == "__main__":
        import threading

        every = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
        threading.Thread(target=solved.keep_alive, args=(every,), daemon=True).start()
        solved.run(solved.talk, int(sys.argv[1]))


@attack("ex07")
def serve_with_the_library():
    """Lets the Connection of wslab talk. Beside ex07 are the parts, and no Connection."""
    import socket
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from plumbing import run

    from wslab.protocol.connection import Connection
    from wslab.protocol.rfc import Role

    def talk(stream):
        connection = Connection(Role.SERVER)
        while data := stream.recv(65536):
            for event in connection.receive(data):
                if isinstance(event, (str, bytes)):
                    stream.send(connection.send(event))
            stream.send(connection.to_send())

    run(talk, int(sys.argv[1]))


@attack("ex07")
def take_the_lent_conversation():
    """Takes ``shake_hands`` and ``next_message`` from what is lent to ex09. They need more."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from fallback import encode_frame, next_message, shake_hands
    from plumbing import run

    def talk(stream):
        if shake_hands(stream, stream.send):
            while (message := next_message(stream, stream.send)) is not None:
                text = isinstance(message, str)
                data = message.encode() if text else message
                stream.send(encode_frame(1 if text else 2, data))

    run(talk, int(sys.argv[1]))


@attack("ex09")
def change_what_is_given():
    """Writes over the given files, for whoever runs next. Each run has a folder of its own."""
    import os
    import sys

    for place, _, names in os.walk(os.path.dirname(os.path.abspath(__file__))):
        for name in names:
            open(os.path.join(place, name), "w").write("raise SystemExit('passed')")
    sys.exit("passed")


@attack("ex07")
def say_that_all_was_lent():
    """Forges the notes on what is lent, a thousand, and with markup. They give no points."""
    import sys

    for number in range(1000):
        print(f"pieces: <script>{number}</script> is wslab's, not yours (x)", file=sys.stderr)
    print("pieces: " + "a" * 100_000 + " is wslab's, not yours (x)", file=sys.stderr)


@attack("ex07")
def refuse_every_visitor():
    """Answers 400 to everybody, which is due to some. Others are due a 426, a 431 or a 101."""
    import socket
    import sys

    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        sock, _ = listener.accept()
        with sock:
            sock.recv(65536)
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@attack("ex07")
def give_back_what_comes():
    """A raw echo of bytes: the visitor's own frames come back, masked as they were."""
    import socket
    import sys
    import threading

    def echo(sock):
        with sock:
            while data := sock.recv(65536):
                sock.sendall(data)

    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()


@attack("ex09", deserves=4)
def announce_exabytes_to_the_visitor():
    """Shakes hands as lent, then sends frames without an end. As much as is due is read."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from pieces import shake_hands
    from plumbing import run

    def talk(stream):
        if shake_hands(stream, stream.send):
            stream.send(b"\x82\x7f\x7f" + b"\xff" * 7)
            while True:
                stream.send(b"\x81\x7e\xff\xff" + b"a" * 65535)

    run(talk, int(sys.argv[1]))


@attack("ex09")
def read_the_judges_memory():
    """Looks for the seed in the memory of the judge, and prints what it finds. It's closed."""
    import os
    import sys

    with open(f"/proc/{os.getppid()}/maps") as maps, open(f"/proc/{os.getppid()}/mem", "rb") as mem:
        for line in maps:
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            mem.seek(begin)
            found = mem.read(min(end - begin, 1 << 24)).find(b"a secret seed")
            if found >= 0:
                sys.exit("the seed is 'a secret seed'")
