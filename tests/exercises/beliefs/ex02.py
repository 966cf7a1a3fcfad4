"""What learners believe about messages over a stream."""

from __future__ import annotations

from wslab.grading.beliefs import belief


@belief(
    "split_lines",
    says="Chunks are cut where my messages end: one chunk is one line.",
    look="Three lines go out with one send, or one line with three. What does recv() give?",
    lesson="02",
)
def chunk_is_line(chunks):
    return [chunk.rstrip(b"\n") for chunk in chunks], b""


@belief(
    "split_lines",
    says="Each chunk can be split by itself; what is behind its last newline is a line, too.",
    look='Follow "two" through the chunks b"one\\ntw" and b"o\\n". Where is its start kept?',
    lesson="02",
)
def nothing_kept_between_chunks(chunks):
    lines = []
    for chunk in chunks:
        lines += [line for line in chunk.split(b"\n") if line]
    return lines, b""


@belief(
    "split_lines",
    says="splitlines() finds the lines.",
    look=r"Ask Python: b'a\rb'.splitlines(). Which bytes end a line in this exercise?",
    lesson="02",
)
def any_line_end(chunks):
    data = b"".join(chunks)
    lines = data.splitlines()
    leftover = lines.pop() if lines and not data.endswith(b"\n") else b""
    return lines, leftover


@belief(
    "split_lines",
    says="What is behind the last newline is a line, too.",
    look="The next chunk begins with the other half of that word. Who puts the two together?",
    lesson="02",
)
def leftover_is_a_line(chunks):
    lines = b"".join(chunks).split(b"\n")
    return lines if lines[-1] else lines[:-1], b""


@belief(
    "pack",
    says="Four bytes of length are four bytes of length: their order does not matter.",
    look="Write the length 258 as bytes, in both orders. What does the other side read?",
    lesson="02",
)
def little_endian(message):
    return len(message).to_bytes(4, "little") + message


@belief(
    "pack",
    says="The length counts the four bytes that say it.",
    look="What stands in front of an empty message? Compare with the example in the docstring.",
    lesson="02",
)
def header_counts(message):
    return (len(message) + 4).to_bytes(4, "big") + message


@belief(
    "unpack",
    says="A buffer holds one message; what is behind it can go.",
    look="Two short messages are sent, and arrive in one recv(). How many are due?",
    lesson="02",
)
def only_the_first(buffer):
    end = 4 + int.from_bytes(buffer[:4], "big")
    if len(buffer) < max(4, end):
        return [], buffer
    return [buffer[4:end]], b""


@belief(
    "unpack",
    says="Four bytes are a number: their order does not matter.",
    look="The bytes 00 00 01 02 are a length. Read them in both orders: which one is 258?",
    lesson="02",
)
def read_little_endian(buffer):
    messages = []
    while len(buffer) >= 4:
        end = 4 + int.from_bytes(buffer[:4], "little")
        if len(buffer) < end:
            break
        messages.append(buffer[4:end])
        buffer = buffer[end:]
    return messages, buffer


@belief(
    "unpack",
    says="When a length has arrived, its message has arrived, too.",
    look='Cut the stream in the middle of a message. What does a slice like b"Hel"[0:5] give you?',
    lesson="02",
)
def a_length_means_all_is_here(buffer):
    messages = []
    while len(buffer) >= 4:
        size = int.from_bytes(buffer[:4], "big")
        messages.append(buffer[4 : 4 + size])
        buffer = buffer[4 + size :]
    return messages, buffer
