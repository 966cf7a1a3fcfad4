"""What learners believe about messages, control frames and the end of a conversation."""

from __future__ import annotations

from wslab.grading.beliefs import belief

CODES = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}


def check_code(code):
    if code not in CODES:
        raise ValueError("never sent")


def assemble(frames, emit, found=None):
    """As it should be; ``emit(kind, parts)`` makes the message, ``found`` collects them."""
    found = [] if found is None else found
    kind, parts = 0, []
    for fin, opcode, payload in frames:
        if opcode >= 8:
            found.append((opcode, payload))
            continue
        if bool(opcode) == bool(kind):
            raise ValueError("out of order")
        kind = kind or opcode
        parts.append(payload)
        if fin:
            found.append((kind, emit(kind, parts)))
            kind, parts = 0, []
    if kind:
        raise ValueError("not complete")
    return found


def message(kind, parts):
    return b"".join(parts).decode() if kind == 1 else b"".join(parts)


@belief(
    "reassemble",
    says="A frame is a message.",
    look='Somebody sends "Hel" with FIN=0, and "lo" with FIN=1. How many messages are that?',
    lesson="05",
    rfc="5.4",
)
def frame_is_message(frames):
    found, kind = [], 0
    for _fin, opcode, payload in frames:
        kind = opcode if opcode in (1, 2) else kind
        if opcode >= 8:
            found.append((opcode, payload))
        else:
            found.append((kind, payload.decode() if kind == 1 else payload))
    return found


@belief(
    "reassemble",
    says="Each frame of a text can be decoded as text.",
    look='"€" has three bytes. What if a frame ends behind the second one?',
    lesson="05",
    rfc="5.6",
)
def each_frame_is_text(frames):
    def emit(kind, parts):
        if kind == 1:
            return "".join(part.decode() for part in parts)
        return b"".join(parts)

    return assemble(frames, emit)


@belief(
    "reassemble",
    says="Text is Latin-1, or whatever: a byte is a character.",
    look='Print your message when somebody sends "€". How many characters do you see?',
    lesson="05",
    rfc="5.6",
)
def text_is_latin_1(frames):
    def emit(kind, parts):
        data = b"".join(parts)
        return data.decode("latin-1") if kind == 1 else data

    return assemble(frames, emit)


@belief(
    "reassemble",
    says="Bytes that are no UTF-8 can be replaced or left out.",
    look="What must a receiver do with a text that is not UTF-8? See the section below.",
    lesson="05",
    rfc="8.1",
)
def bad_bytes_are_replaced(frames):
    def emit(kind, parts):
        data = b"".join(parts)
        return data.decode("utf-8", "replace") if kind == 1 else data

    return assemble(frames, emit)


@belief(
    "reassemble",
    says="Text and binary are the same: bytes.",
    look="What did the sender say with opcode 1 instead of 2, and what is it good for?",
    lesson="05",
    rfc="5.6",
)
def text_stays_bytes(frames):
    return assemble(frames, lambda kind, parts: b"".join(parts))


@belief(
    "reassemble",
    says="A message without a byte is no message.",
    look="Which rule says that a payload has at least one byte? What did the sender send?",
    lesson="05",
    rfc="5.2",
)
def empty_is_no_message(frames):
    return [one for one in assemble(frames, message) if one[0] >= 8 or one[1]]


@belief(
    "reassemble",
    says="A ping ends the message that it interrupts.",
    look="Who sends pings, and when? Does that program know what another part has half sent?",
    lesson="05",
    rfc="5.4",
)
def ping_ends_the_message(frames):
    found, kind, data = [], 0, b""
    for fin, opcode, payload in frames:
        if opcode >= 8:
            found.append((opcode, payload))
            kind, data = 0, b""
            continue
        if bool(opcode) == bool(kind):
            raise ValueError("out of order")
        kind, data = kind or opcode, data + payload
        if fin:
            found.append((kind, message(kind, [data])))
            kind, data = 0, b""
    if kind:
        raise ValueError("not complete")
    return found


@belief(
    "reassemble",
    says="A ping has to wait until the message is complete.",
    look="The sender wants to know whether you are alive, and its message takes an hour.",
    lesson="05",
    rfc="5.4",
)
def pings_wait(frames):
    found, waiting, kind, parts = [], [], 0, []
    for fin, opcode, payload in frames:
        if opcode >= 8:
            (waiting if kind else found).append((opcode, payload))
            continue
        if bool(opcode) == bool(kind):
            raise ValueError("out of order")
        kind = kind or opcode
        parts.append(payload)
        if fin:
            found += [(kind, message(kind, parts)), *waiting]
            waiting, kind, parts = [], 0, []
    if kind:
        raise ValueError("not complete")
    return found


@belief(
    "reassemble",
    says="All that comes before the last frame belongs to the message.",
    look="What does a ping say with its opcode, in the middle of a message?",
    lesson="05",
    rfc="5.4",
)
def ping_joins_the_message(frames):
    found, kind, parts = [], 0, []
    for fin, opcode, payload in frames:
        if opcode >= 8:
            (parts if kind else found).append(payload if kind else (opcode, payload))
            continue
        if bool(opcode) == bool(kind):
            raise ValueError("out of order")
        kind = kind or opcode
        parts.append(payload)
        if fin:
            found.append((kind, message(kind, parts)))
            kind, parts = 0, []
    if kind:
        raise ValueError("not complete")
    return found


@belief(
    "reassemble",
    says="The order of frames is always right: who would send nonsense?",
    look="A continuation comes, and nothing has begun. Which message does it continue?",
    lesson="05",
    rfc="5.4",
)
def the_order_is_right(frames):
    found, kind, data = [], 0, b""
    for fin, opcode, payload in frames:
        if opcode >= 8:
            found.append((opcode, payload))
            continue
        kind, data = opcode or kind, data + payload
        if fin:
            found.append((kind, message(kind, [data])))
            kind, data = 0, b""
    return found


@belief(
    "reassemble",
    says="A new message ends the one before it.",
    look="How does a receiver know that a message is complete? Is there another way?",
    lesson="05",
    rfc="5.4",
)
def a_new_one_ends_the_old(frames):
    kept, inside = [], False
    for frame in frames:
        if frame[1] in (1, 2) and inside:
            while kept and not (kept[-1][1] in (1, 2) and not kept[-1][0]):
                kept.pop()
            kept.pop()
        if frame[1] < 8:
            inside = not frame[0] and (inside or frame[1] > 0)
        kept.append(frame)
    return assemble(kept, message)


@belief(
    "reassemble",
    says="What is not complete at the end can be forgotten.",
    look="Half a message is lost, and nobody is told. What does the docstring ask for?",
    lesson="05",
    rfc="5.4",
)
def the_rest_is_forgotten(frames):
    frames, found = list(frames), []
    try:
        return assemble(frames, message, found)
    except ValueError as error:
        if str(error) != "not complete":
            raise
        return found


@belief(
    "encode_close",
    says="The order of the two bytes of a close code does not matter.",
    look="Write 1000 in two bytes, and read them in the other order.",
    lesson="05",
    rfc="5.5.1",
)
def code_little_endian(code, reason=""):
    check_code(code)
    if len(reason.encode()) > 123:
        raise ValueError("too long")
    return code.to_bytes(2, "little") + reason.encode()


@belief(
    "encode_close",
    says="The code is written as digits.",
    look="How many bytes has the code in the section below, and how many have the digits 1000?",
    lesson="05",
    rfc="5.5.1",
)
def code_as_digits(code, reason=""):
    check_code(code)
    if len(reason.encode()) > 123:
        raise ValueError("too long")
    return f"{code}{reason}".encode()


@belief(
    "encode_close",
    says="Any close code may be sent.",
    look="What does a program report when the connection broke and no Close frame came at all?",
    lesson="05",
    rfc="7.4.1",
)
def any_code(code, reason=""):
    if len(reason.encode()) > 123:
        raise ValueError("too long")
    return code.to_bytes(2, "big") + reason.encode()


@belief(
    "encode_close",
    says="Only the codes that the RFC lists may be sent.",
    look="Your own program wants to say why it leaves. Which numbers are left to it?",
    lesson="05",
    rfc="7.4.2",
)
def only_listed_codes(code, reason=""):
    if code not in range(1000, 1015):
        raise ValueError("not in the list")
    check_code(code)
    if len(reason.encode()) > 123:
        raise ValueError("too long")
    return code.to_bytes(2, "big") + reason.encode()


@belief(
    "encode_close",
    says="A close reason may have any length.",
    look="A Close is a control frame. How many bytes may those carry, the code included?",
    lesson="05",
    rfc="5.5",
)
def reason_of_any_length(code, reason=""):
    check_code(code)
    return code.to_bytes(2, "big") + reason.encode()


@belief(
    "encode_close",
    says="123 bytes are 123 characters.",
    look='How long is "é" * 100, and how long is it when it is encoded?',
    lesson="05",
    rfc="5.5",
)
def characters_are_bytes(code, reason=""):
    check_code(code)
    if len(reason) > 123:
        raise ValueError("too long")
    return code.to_bytes(2, "big") + reason.encode()


@belief(
    "encode_close",
    says="A reason that is too long is cut.",
    look='Cut the 123rd byte behind "€" * 42. Is what is left still UTF-8? And who asked for it?',
    lesson="05",
    rfc="5.5",
)
def reason_is_cut(code, reason=""):
    check_code(code)
    return code.to_bytes(2, "big") + reason.encode()[:123]


@belief(
    "decode_close",
    says="The order of the two bytes of a close code does not matter.",
    look="Read 03 e8 in both orders. Which of the two numbers do you know?",
    lesson="05",
    rfc="5.5.1",
)
def read_little_endian(payload):
    if not payload:
        return 1005, ""
    if len(payload) == 1:
        raise ValueError("one byte")
    code = int.from_bytes(payload[:2], "little")
    check_code(code)
    return code, payload[2:].decode()


@belief(
    "decode_close",
    says="A Close without a code means 1000: all is well.",
    look="The peer has not said why. Which code stands for that, in a program, not on the wire?",
    lesson="05",
    rfc="7.1.5",
)
def no_code_is_1000(payload):
    if not payload:
        return 1000, ""
    if len(payload) == 1:
        raise ValueError("one byte")
    code = int.from_bytes(payload[:2], "big")
    check_code(code)
    return code, payload[2:].decode()


@belief(
    "decode_close",
    says="A body of one byte is as good as none.",
    look="A code has two bytes. What has a peer done that sends one of them?",
    lesson="05",
    rfc="5.5.1",
)
def one_byte_is_none(payload):
    if len(payload) < 2:
        return 1005, ""
    code = int.from_bytes(payload[:2], "big")
    check_code(code)
    return code, payload[2:].decode()


@belief(
    "decode_close",
    says="Whatever code comes has been sent, so it may be sent.",
    look="A peer sends 1006: no Close frame has come. In a Close frame. Do you believe it?",
    lesson="05",
    rfc="7.4.1",
)
def any_code_is_read(payload):
    if not payload:
        return 1005, ""
    if len(payload) == 1:
        raise ValueError("one byte")
    return int.from_bytes(payload[:2], "big"), payload[2:].decode()


@belief(
    "decode_close",
    says="A reason is for people: if it is no UTF-8, a few question marks will do.",
    look="What does the section say about the encoding of the reason?",
    lesson="05",
    rfc="5.5.1",
)
def reason_is_repaired(payload):
    if not payload:
        return 1005, ""
    if len(payload) == 1:
        raise ValueError("one byte")
    code = int.from_bytes(payload[:2], "big")
    check_code(code)
    return code, payload[2:].decode("utf-8", "replace")


def reply(opcode, payload):
    """As it should be."""
    if opcode == 10:
        return None
    if opcode == 8:
        check_close(payload)
        payload = payload[:2]
    return bytes([0x8A if opcode == 9 else 0x88, len(payload)]) + payload


def check_close(payload):
    if len(payload) == 1:
        raise ValueError("one byte")
    if payload:
        check_code(int.from_bytes(payload[:2], "big"))
        payload[2:].decode()


@belief(
    "control_reply",
    says="A pong is a sign of life, and needs no payload.",
    look="Three pings are on their way. How does the peer know which of them your pong answers?",
    lesson="05",
    rfc="5.5.3",
)
def pong_is_empty(opcode, payload):
    return b"\x8a\x00" if opcode == 9 else reply(opcode, payload)


@belief(
    "control_reply",
    says="A ping is answered with a ping.",
    look="Two programs that both think so: when does their conversation end?",
    lesson="05",
    rfc="5.5.2",
)
def ping_for_ping(opcode, payload):
    answer = reply(opcode, payload)
    return b"\x89" + answer[1:] if opcode == 9 else answer


@belief(
    "control_reply",
    says="Every control frame wants an answer.",
    look="Two programs that both think so, and one ping. When does their conversation end?",
    lesson="05",
    rfc="5.5.3",
)
def pong_for_pong(opcode, payload):
    return reply(9 if opcode == 10 else opcode, payload)


@belief(
    "control_reply",
    says="A Close is echoed byte by byte, with the reason.",
    look="Whose reason was it? The docstring says what comes back.",
    lesson="05",
    rfc="5.5.1",
)
def close_is_echoed_whole(opcode, payload):
    answer = reply(opcode, payload)
    return bytes([0x88, len(payload)]) + payload if opcode == 8 else answer


@belief(
    "control_reply",
    says="A Close is answered with 1000: all is well.",
    look="The peer has said 1001. What does it hear from you, and what would be an echo?",
    lesson="05",
    rfc="5.5.1",
)
def always_1000(opcode, payload):
    answer = reply(opcode, payload)
    return b"\x88\x02\x03\xe8" if opcode == 8 else answer


@belief(
    "control_reply",
    says="After a Close there is nothing to say: close() on the socket will do.",
    look="The peer waits for something before it may hang up. For what?",
    lesson="05",
    rfc="7.1.2",
)
def no_answer_to_a_close(opcode, payload):
    answer = reply(opcode, payload)
    return None if opcode == 8 else answer


@belief(
    "control_reply",
    says="The server masks, too.",
    look="Whom does masking protect, and on which side does an attacker's page run?",
    lesson="06",
    rfc="5.1",
)
def server_masks_too(opcode, payload):
    answer, key = reply(opcode, payload), b"\x37\xfa\x21\x3d"
    if answer is None:
        return None
    masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(answer[2:]))
    return bytes([answer[0], 0x80 | answer[1]]) + key + masked


@belief(
    "control_reply",
    says="A Close is answered, whatever stands in it.",
    look="The peer sends a Close with half a code. Is the echo of that a Close frame?",
    lesson="05",
    rfc="7.1.7",
)
def any_close_is_echoed(opcode, payload):
    if opcode == 8:
        return bytes([0x88, len(payload[:2])]) + payload[:2]
    return reply(opcode, payload)
