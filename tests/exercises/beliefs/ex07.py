"""What learners believe about a WebSocket server: whole programs, each wrong in one place."""

from __future__ import annotations

from wslab.grading.beliefs import program_belief as program

from .. import echo_visits as signs_of
from .. import visitor

START = "import math\nimport sys\n"  # where a program's own imports go

connection_is_upgrade = program(
    "connection-is-upgrade",
    ("    if is_upgrade(headers):\n",
     '    if is_upgrade(headers) and headers["connection"] == "Upgrade":\n'),
    says="The header to look for is Connection: Upgrade, letter by letter.",
    look="Read the handshake of a Firefox, in lesson 04. What does its Connection say?",
    lesson="04",
    rfc="4.2.1",
    signs=[f"{signs_of.LISTED}", f"{signs_of.VALUES}"],
)  # fmt: skip

headers_arrive_whole = program(
    "headers-arrive-whole",
    ('    while b"\\r\\n\\r\\n" not in raw:\n', "    for _ in range(1):\n"),
    ("        chunk = stream.recv(4096)\n", "        chunk = stream.recv(65536)\n"),
    ('    end = raw.index(b"\\r\\n\\r\\n") + 4\n', '    end = raw.find(b"\\r\\n\\r\\n") + 4\n'),
    says="The opening handshake arrives whole, with one recv().",
    look="Type a handshake by hand, one line after the other. What does your first recv() give?",
    lesson="02",
    rfc="4.2.1",
    signs=[signs_of.HEAD_CUT],
)

version_does_not_matter = program(
    "version-does-not-matter",
    ("    if is_upgrade(headers):\n",
     '    if is_upgrade({**headers, "sec-websocket-version": "13"}):\n'),
    says="WebSocket is WebSocket, whatever version the client asks for.",
    look="A client of version 8 takes your 101 for a yes. What do the two then understand?",
    lesson="04",
    rfc="4.4",
    signs=[signs_of.VERSION],
)  # fmt: skip

every_refusal_is_400 = program(
    "every-refusal-is-400",
    ('"426 Upgrade Required\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13"',
     '"400 Bad Request"'),
    says="No is no: every refusal is a 400.",
    look="A client that speaks several versions reads your answer. What would help it on?",
    lesson="04",
    rfc="4.4",
    signs=[signs_of.ONE_REFUSAL],
)  # fmt: skip

a_head_is_short = program(
    "a-head-is-short",
    ("        if len(raw) > MAX_HEAD:\n", "        if False:\n"),
    says="A handshake is short, so I read until the blank line comes.",
    look="A stranger sends headers all day long, and no blank line. Where do they go?",
    lesson="04",
    rfc="10.4",
    signs=[signs_of.LONG_HEAD],
)

ONE_FRAME = """    data = first + stream.recv(65536)
    if data[0] & 0x70 or not data[1] & 0x80:
        raise Failure(1002, "no such frame")
    try:
        return decode_frame(data)[:3]
    except ValueError as error:
        raise Failure(1002, "this frame is malformed") from error
    head = first + recv_exactly(stream.recv, 1)
"""

one_recv_is_one_frame = program(
    "one-recv-is-one-frame",
    ("    head = first + recv_exactly(stream.recv, 1)\n", ONE_FRAME),
    says="One recv() is one frame.",
    look="Your client sends two frames at once. How many of them does one recv() give you?",
    lesson="05",
    rfc="5.2",
    signs=[signs_of.SECOND],
)

recv_gives_all = program(
    "recv-gives-all-i-ask-for",
    ("decode_frame(head + recv_exactly(stream.recv, 4 + length))",
     "decode_frame(head + (stream.recv(4 + length) if length < 999 "
     "else recv_exactly(stream.recv, 4 + length)))"),
    says="recv(n) gives n bytes, at least when they are few.",
    look="The n of recv(n) is the most that it gives. What is the least?",
    lesson="02",
    signs=[signs_of.CUT],
)  # fmt: skip

types_do_not_matter = program(
    "types-do-not-matter",
    ("                reply(encode_frame(TEXT, message.encode()))\n",
     "                reply(encode_frame(BINARY, message.encode()))\n"),
    says="Bytes are bytes: it does not matter whether they go back as text or as binary.",
    look="What does a page in a browser get in event.data for the one, and for the other?",
    lesson="05",
    rfc="5.6",
    signs=[signs_of.TYPE],
)  # fmt: skip

empty_is_the_end = program(
    "empty-is-the-end",
    ("        while (message := next_message(stream, reply)) is not None:\n",
     "        while message := next_message(stream, reply):\n"),
    says="An empty message means that the client has finished.",
    look='With TCP, b"" was the end of the stream. Which frame says so here?',
    lesson="05",
    rfc="5.6",
    signs=[signs_of.EMPTY],
)  # fmt: skip

frame_is_message = program(
    "frame-is-message",
    ("        if (opcode == CONTINUATION) != bool(frames):\n",
     "        opcode = opcode or BINARY\n        if frames:\n"),
    ("        if fin:\n", "        if True:\n            frames = [(True, opcode, payload)]\n"),
    says="A frame is a message.",
    look="A client may send one message in two frames. What does its FIN bit say in the first?",
    lesson="05",
    rfc="5.4",
    signs=[signs_of.PART],
)  # fmt: skip

control_waits = program(
    "control-waits",
    ("    frames: list[tuple[bool, int, bytes]] = []\n",
     "    frames: list[tuple[bool, int, bytes]] = []\n    later = []\n"),
    ("            answer_control(opcode, payload, reply)\n            if opcode == CLOSE:\n",
     "            if frames and opcode == PING:\n                later.append(payload)\n"
     "                continue\n"
     "            answer_control(opcode, payload, reply)\n            if opcode == CLOSE:\n"),
    ("        while (message := next_message(stream, reply)) is not None:\n",
     "        pongs = []\n"
     "        while (message := next_message(stream, reply, pongs)) is not None:\n"),
    ("                reply(encode_frame(BINARY, message))\n",
     "                reply(encode_frame(BINARY, message))\n"
     "            for payload in pongs:\n                answer_control(PING, payload, reply)\n"
     "            pongs.clear()\n"),
    ("def next_message(stream: Stream, reply: Callable[[bytes], None]) ->",
     "def next_message(stream: Stream, reply: Callable[[bytes], None], pongs=None) ->"),
    ("            return message  # type: ignore[no-any-return]\n",
     "            if pongs is not None:\n                pongs.extend(later)\n"
     "            return message\n"),
    says="A control frame has to wait until the message before it is complete.",
    look="A film of two gigabytes arrives in fragments. How long may an answer to a ping take?",
    lesson="05",
    rfc="5.4",
    signs=[signs_of.PONG_LATE],
)  # fmt: skip

a_ping_is_data = program(
    "a-ping-is-data",
    ("            answer_control(opcode, payload, reply)\n            if opcode == CLOSE:\n",
     "            answer_control(opcode, payload, reply)\n"
     "            if frames and opcode == PING:\n"
     "                frames.append((False, CONTINUATION, payload))\n"
     "            if opcode == CLOSE:\n"),
    says="All that comes between the first and the last frame belongs to the message.",
    look="Whose bytes are those of a ping: the sender's, or its WebSocket library's?",
    lesson="05",
    rfc="5.4",
    signs=[signs_of.PING_MIXED],
)  # fmt: skip

close_needs_no_answer = program(
    "close-needs-no-answer",
    ("            if opcode == CLOSE:\n                return None\n", ""),
    ("        if opcode >= CLOSE:\n",
     "        if opcode == CLOSE:\n            continue\n        if opcode >= CLOSE:\n"),
    says="A Close is the client's affair: there is nothing to answer.",
    look="Both sides have to know that both will say no more. How does the client learn of you?",
    lesson="09",
    rfc="5.5.1",
    signs=[signs_of.IGNORED],
)  # fmt: skip

close_is_shutdown = program(
    "close-is-shutdown",
    ("            answer_control(opcode, payload, reply)\n            if opcode == CLOSE:\n",
     "            quiet = opcode == CLOSE\n"
     "            answer_control(opcode, payload, (lambda data: None) if quiet else reply)\n"
     "            if opcode == CLOSE:\n"),
    says="To close is to shut down the socket.",
    look="The client's onclose says 1006: a cable was cut. How could it have known better?",
    lesson="09",
    rfc="7.1.1",
    signs=[signs_of.JUST_ENDS],
)  # fmt: skip

errors_need_no_goodbye = program(
    "errors-need-no-goodbye",
    ("        reply(encode_frame(CLOSE, encode_close(failure.code, failure.reason)))\n",
     "        return\n"),
    says="Whoever breaks the rules is cut off, and that says it all.",
    look="The other side has a mistake in its program. What will it find in its log?",
    lesson="09",
    rfc="7.1.7",
    signs=[signs_of.NO_GOODBYE],
)  # fmt: skip

the_client_hangs_up = program(
    "the-client-hangs-up",
    ("        while (message := next_message(stream, reply)) is not None:\n",
     "        while (message := next_message(stream, reply)) is not None or stream.recv(65536):\n"
     "            if message is None:\n                continue\n"),
    says="After the two Closes, the client ends the TCP connection.",
    look="Whoever ends TCP first keeps a used-up port for minutes. Which side should that be?",
    lesson="09",
    rfc="7.1.1",
    signs=[signs_of.STAYS],
)  # fmt: skip

masks_are_optional = program(
    "masks-are-optional",
    ("    if not head[1] & 0x80:\n", "    if False:\n"),
    ("recv_exactly(stream.recv, 4 + length))",
     "recv_exactly(stream.recv, length + (head[1] >> 7) * 4))"),
    says="If the mask is not there, there is nothing to unmask, and that is all.",
    look="Whom does masking protect, and from whom? Could an attacker leave it out, then?",
    lesson="07",
    rfc="5.1",
    signs=[signs_of.UNMASKED],
)  # fmt: skip

reserved_is_ignored = program(
    "reserved-is-ignored",
    ("    if head[0] & 0x70 or head[0] & 0x07 > 2", "    if head[0] & 0x07 > 2"),
    ("decode_frame(head + ", "decode_frame(bytes([head[0] & 0x8F]) + head[1:] + "),
    says="A reserved bit means nothing yet, so it can be ignored.",
    look="An extension you do not know has set it. What has it perhaps done to the payload?",
    lesson="05",
    rfc="5.2",
    signs=[signs_of.RESERVED],
)  # fmt: skip

any_close_code = program(
    "any-close-code",
    ('        code = 1007 if isinstance(error, UnicodeDecodeError) else 1002\n'
     '        raise Failure(code, "a Close with a payload that is not allowed") from error\n',
     "        if isinstance(error, UnicodeDecodeError) or len(payload) < 2:\n"
     '            raise Failure(1007 if len(payload) > 1 else 1002, "no Close") from error\n'
     "        answer = encode_frame(CLOSE, payload)\n"),
    says="A close code is a number: any that comes will do.",
    look="1006 means: there was no Close. What does a Close with this number in it say?",
    lesson="09",
    rfc="7.4",
    signs=[signs_of.ANY_CODE],
)  # fmt: skip

one_code_for_all = program(
    "one-code-for-all",
    ("encode_close(failure.code, failure.reason)", "encode_close(1002, failure.reason)"),
    says="Whatever is wrong is a protocol error.",
    look="The client's program wants to know what to change. Which sections list the codes?",
    lesson="09",
    rfc="7.4.1",
    signs=[signs_of.ONE_CODE],
)

text_needs_no_check = program(
    "text-needs-no-check",
    ("                [(_opcode, message)] = reassemble(frames)\n",
     "                kind = frames[0][1]\n"
     "                joined = b''.join(payload for _, _, payload in frames)\n"
     "                message = joined.decode('utf-8', 'replace') if kind == TEXT else joined\n"),
    says="If a text is not quite UTF-8, I repair what I can.",
    look="Is what you send back still what the client has said? What does §8.1 ask for?",
    lesson="05",
    rfc="8.1",
    signs=[signs_of.NO_TEXT],
)  # fmt: skip

the_length_is_true = program(
    "the-length-is-true",
    ("    if length > room and not control:\n", "    if False:\n"),
    says="A length says how much will come, so I read so much.",
    look="Anybody can write eight bytes of length. What do you owe to whoever writes them?",
    lesson="08",
    rfc="10.4",
    signs=[signs_of.ANNOUNCED],
)

each_frame_is_short = program(
    "each-frame-is-short",
    ("        room -= len(payload)\n", ""),
    says="If no frame is too long, no message is.",
    look="How many fragments may a message have, and who keeps them until the last one is there?",
    lesson="08",
    rfc="10.4",
    signs=[signs_of.TOGETHER],
)

one_at_a_time = program(
    "one-at-a-time",
    (START, f"{START}import threading\n\nTURN = threading.Lock()\n"),
    ("    run(talk, port_asked_for())", "    run(taking_turns, port_asked_for())"),
    ('\nif __name__ == "__main__":',
     "\ndef taking_turns(stream):\n    with TURN:\n        talk(stream)\n\n\n"
     'if __name__ == "__main__":'),
    says="One client after the other: the next one has to wait for its turn.",
    look="The first client says nothing for an hour. Who else is waiting for that hour?",
    lesson="01",
    signs=[signs_of.ALONE],
)  # fmt: skip

one_buffer_will_do = program(
    "one-buffer-will-do",
    ("def next_message(", "FRAMES = []\n\n\ndef next_message("),
    ("    frames: list[tuple[bool, int, bytes]] = []\n", "    frames = FRAMES\n"),
    ("            try:\n                [(_opcode, message)] = reassemble(frames)\n",
     "            try:\n                mine = list(frames)\n                frames.clear()\n"
     "                [(_opcode, message)] = reassemble(mine)\n"),
    ("    except Failure as failure:\n",
     "    except Failure as failure:\n        FRAMES.clear()\n"),
    says="The fragments that wait can be kept in one list of the program.",
    look="Two clients send the first half of a message each. Whose second half comes next?",
    lesson="05",
    rfc="5.4",
    signs=[signs_of.SHARED],
)  # fmt: skip

MASKED = "encode_frame({}, mask=b'mask')"

server_masks_too = program(
    "server-masks-too",
    ("encode_frame(TEXT, message.encode())", MASKED.format("TEXT, message.encode()")),
    ("encode_frame(BINARY, message)", MASKED.format("BINARY, message")),
    ("encode_frame(CLOSE, encode_close(failure.code, failure.reason))",
     MASKED.format("CLOSE, encode_close(failure.code, failure.reason)")),
    says="Masking is good for the client, so it is good for the server too.",
    look="Who chooses the bytes that a browser sends, and who chooses those of your server?",
    lesson="06",
    rfc="5.1",
    signs=[visitor.MASKED],
)  # fmt: skip
