"""What learners believe about sockets, and about an echo over TCP."""

from __future__ import annotations

import contextlib
import threading

from wslab.grading.answers import PRINTED
from wslab.grading.beliefs import belief

from ..checks import ex01 as checks


def hand_over(send, data):
    """As it should be, for beliefs about something else."""
    while data:
        data = data[send(data) :]


def collect(recv, n):
    """As it should be, for beliefs about something else."""
    data = b""
    while len(data) < n:
        more = recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


@belief(
    "send_all",
    says="send() sends everything.",
    look="What does send() give back, and why would anybody want to know that?",
    lesson="02",
)
def send_takes_everything(send, data):
    send(data)


@belief(
    "send_all",
    says="What the first send() left over, the second one takes.",
    look="A socket takes 3 bytes at a time, and you have 12. Count the calls.",
    lesson="02",
)
def two_sends_are_enough(send, data):
    if data:
        taken = send(data)
        if taken < len(data):
            send(data[taken:])


@belief(
    "send_all",
    says="send() remembers where it stopped, and goes on from there.",
    look="The socket takes 3 bytes of b'abcdef'. Which bytes do you hand to the next call?",
    lesson="02",
)
def send_remembers(send, data):
    taken = 0
    while taken < len(data):
        taken += send(data)


@belief(
    "recv_exactly",
    says="recv(n) returns n bytes.",
    look="Let recv() give one byte at a time. What do you hold after the first call?",
    lesson="02",
)
def recv_returns_n(recv, n):
    data = recv(n) if n else b""
    if n and not data:
        raise EOFError
    return data


@belief(
    "recv_exactly",
    says="To ask for n bytes again does no harm: what is too much is cut off.",
    look="The next message stands right behind yours in the stream. Who has its first bytes now?",
    lesson="02",
)
def too_much_can_go(recv, n):
    data = b""
    while len(data) < n:
        more = recv(n)
        if not more:
            raise EOFError
        data += more
    return data[:n]


@belief(
    "recv_exactly",
    says="recv(n) never brings more than the n bytes that I need in all.",
    look="Of five bytes, three are here. What is the most that the next recv(5) may bring?",
    lesson="02",
)
def asks_for_all_again(recv, n):
    data = b""
    while len(data) < n:
        more = recv(n)
        if not more:
            raise EOFError
        data += more
    return data


@belief(
    "recv_exactly",
    says='At the end, recv() returns an empty text "", or None.',
    look='Type  b"" == ""  and  b"" == None  into Python. What does recv() return at the end?',
    lesson="02",
    written=r"""[!=]= ?(""|'')(?!["'])|is None|is not None|[!=]= ?None""",
)
def the_end_is_no_bytes(recv, n):
    data = b""
    while len(data) < n:
        more = recv(n - len(data))
        if more == "" or more is None:
            raise EOFError
        data += more
    return data


@belief(
    "recv_exactly",
    says='b"" means that nothing has arrived yet: ask again.',
    look="recv() waits when nothing is there yet. So what is left for an empty answer to mean?",
    lesson="02",
)
def no_bytes_yet(recv, n):
    data = b""
    while len(data) < n:
        data += recv(n - len(data))
    return data


@belief(
    "recv_exactly",
    says="When the stream ends early, I give back what I have.",
    look="The caller gets 3 bytes of 5, and no error. What will it take them for?",
    lesson="02",
)
def less_is_fine(recv, n):
    data = b""
    while len(data) < n and (more := recv(n - len(data))):
        data += more
    return data


@belief(
    "recv_exactly",
    says="A stream that ends before the first byte is an empty answer.",
    look="The caller asked for five bytes. Which sentence of the docstring speaks of this?",
    lesson="02",
)
def nothing_is_an_answer(recv, n):
    data = recv(n) if n else b""
    return data + collect(recv, n - len(data)) if data else b""


@belief(
    "echo",
    says="One send is one recv: one answer, and the conversation is over.",
    look="Your peer says Hello in two pieces. How many bytes does it hear back?",
    lesson="02",
)
def one_recv_is_all(sock):
    hand_over(sock.send, sock.recv(65536))


@belief(
    "echo",
    says="Whatever I hand to send() is sent.",
    look="Which of your own functions takes care of a send() that takes less?",
    lesson="02",
)
def echo_sends_once(sock):
    while chunk := sock.recv(65536):
        sock.send(chunk)


@belief(
    "echo",
    says='At the end, recv() returns an empty text "", or None.',
    look='Type  b"" == ""  and  b"" == None  into Python. What does recv() return at the end?',
    lesson="02",
    written=r"""[!=]= ?(""|'')(?!["'])|is None|is not None|[!=]= ?None""",
)
def the_echo_ends_without_bytes(sock):
    while (chunk := sock.recv(65536)) != "":
        hand_over(sock.send, chunk)


@belief(
    "echo",
    says='b"" means that the peer has nothing to say yet: ask again.',
    look="The peer hangs up, and your loop goes on. What makes it stop?",
    lesson="02",
)
def the_end_is_a_pause(sock):
    while True:
        hand_over(sock.send, sock.recv(65536))


@belief(
    "echo",
    says="What travels is text: it is decoded when it comes, and encoded when it goes.",
    look='"é" has two bytes. What if the first arrives today, and the second tomorrow?',
    lesson="02",
)
def text_travels(sock):
    while chunk := sock.recv(65536):
        hand_over(sock.send, chunk.decode().encode())


@belief(
    "echo",
    says="First I receive everything, then I send it back.",
    look="Your peer says Hello and waits for the echo. What are you waiting for?",
    lesson="02",
    signs=[checks.SILENT],
)
def everything_first(sock):
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    hand_over(sock.send, data)


@belief(
    "echo",
    says="When I have finished with a socket, I close it.",
    look="Who opened the socket, echo or its caller? What does the docstring say about closing?",
    lesson="02",
)
def the_echo_closes(sock):
    while chunk := sock.recv(65536):
        hand_over(sock.send, chunk)
    sock.close()


@belief(
    "ask",
    says="One send comes back as one recv.",
    look="The echo may come in pieces, however you sent the question. Who puts them together?",
    lesson="02",
)
def one_recv_is_the_echo(sock, message):
    hand_over(sock.send, message)
    return sock.recv(len(message))


@belief(
    "ask",
    says="The echo ends when the stream ends.",
    look="The server keeps the connection open for your next question. When do you stop reading?",
    lesson="02",
)
def reads_to_the_end(sock, message):
    hand_over(sock.send, message)
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    if len(data) < len(message):
        raise EOFError
    return data


@belief(
    "ask",
    says="A question is sent with one send().",
    look="The socket takes three bytes of it. What is the server waiting for, and what are you?",
    lesson="02",
)
def asks_with_one_send(sock, message):
    sock.send(message)
    return collect(sock.recv, len(message))


@belief(
    "ask",
    says="If the server hangs up early, the echo is what has come so far.",
    look="How can the caller tell half an echo from a whole one?",
    lesson="02",
)
def half_an_echo_is_fine(sock, message):
    hand_over(sock.send, message)
    data = b""
    while len(data) < len(message) and (chunk := sock.recv(len(message) - len(data))):
        data += chunk
    return data


def connections(listener):
    while True:
        yield listener.accept()[0]


def echo_for(sock):
    while chunk := sock.recv(65536):
        sock.sendall(chunk)


@belief(
    "serve",
    says="Thread(target=echo(sock)) makes a new thread call echo(sock).",
    look="Python reads echo(sock) first. Who calls it, and what does Thread get as its target?",
    lesson="01",
    signs=[checks.CROWDED],
    written=r"target ?= ?[A-Za-z_.]{1,60}\(",
)
def a_call_is_a_target(listener):
    for sock in connections(listener):
        with sock, contextlib.suppress(OSError):
            threading.Thread(target=echo_for(sock)).start()


@belief(
    "serve",
    says="After start(), I have to join() the thread at once.",
    look="What does join() wait for? And which client waits for it to come back?",
    lesson="01",
    signs=[checks.CROWDED],
    written=r"\.join\( ?\)",
)
def joins_at_once(listener):
    for sock in connections(listener):
        with sock:
            thread = threading.Thread(target=echo_for, args=(sock,), daemon=True)
            thread.start()
            thread.join()


@belief(
    "serve",
    says="One port, one connection: the next client has to wait for its turn.",
    look="The first client says nothing for an hour. Who else is waiting for that hour?",
    lesson="01",
    signs=[checks.CROWDED],
)
def one_at_a_time(listener):
    for sock in connections(listener):
        with sock, contextlib.suppress(OSError):
            echo_for(sock)


@belief(
    "serve",
    says="When the peer has hung up, the connection is closed.",
    look="A connection has two directions. Who closes the other one?",
    lesson="02",
    signs=[checks.FINISHED],
)
def nobody_closes(listener):
    kept = []
    for sock in connections(listener):
        kept.append(sock)
        threading.Thread(target=echo_for, args=(sock,), daemon=True).start()


@belief(
    "serve",
    says="Once the thread has been started, the server has done its part, and closes the socket.",
    look="When start() comes back, what has the new thread done yet, and with what does it go on?",
    lesson="01",
    signs=[f"{PRINTED}OSError: [{number}] " for number in ("Errno 9", "WinError 10038")],
)
def closes_while_a_thread_talks(listener):
    for sock in connections(listener):
        threading.Thread(target=echo_for, args=(sock,), daemon=True).start()
        sock.close()
