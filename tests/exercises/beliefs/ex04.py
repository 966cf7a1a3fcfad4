"""What learners believe about frames."""

from __future__ import annotations

from wslab.grading.beliefs import belief


def check(first, size):
    """What no frame may say: a belief is wrong in one thing, and right in all others."""
    if first & 0x70 or first & 15 not in (0, 1, 2, 8, 9, 10):
        raise ValueError("reserved")
    if first & 8 and (first < 0x80 or size > 125):
        raise ValueError("a control frame is short, and whole")


def header(first, size, bit, order="big"):
    """The header as it should be, for beliefs about something else."""
    check(first, size)
    if size <= 125:
        return bytes([first, bit | size])
    if size <= 0xFFFF:
        return bytes([first, bit | 126]) + size.to_bytes(2, order)
    return bytes([first, bit | 127]) + size.to_bytes(8, order)


def masked(payload, mask):
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def parse(data):
    """A frame as it should be read, for beliefs about something else."""
    if len(data) < 2:
        raise ValueError("too short")
    size, at = data[1] & 0x7F, 2
    check(data[0], size)
    if size >= 126:
        at, least, most = (4, 126, 1 << 16) if size == 126 else (10, 1 << 16, 1 << 63)
        size = int.from_bytes(data[2:at], "big")
        if len(data) < at or not least <= size < most:
            raise ValueError("too short, or not in the shortest form")
    key = data[at : at + 4] if data[1] & 0x80 else b""
    at += len(key)
    payload = data[at : at + size]
    if len(payload) < size:
        raise ValueError("too short")
    payload = masked(payload, key) if key else payload
    return bool(data[0] & 0x80), data[0] & 0x0F, payload, data[at + size :]


@belief(
    "encode_frame",
    says="Seven bits hold the length, up to 127.",
    look="Two of the 128 values mean something else than a length. Which, and what?",
    lesson="05",
    rfc="5.2",
)
def seven_bits_to_127(opcode, payload, *, fin=True, mask=None):
    first, bit, size = opcode | (0x80 if fin else 0), 0x80 if mask else 0, len(payload)
    check(first, size)
    start = bytes([first, bit | size]) if size <= 127 else header(first, size, bit)
    return start + mask + masked(payload, mask) if mask else start + payload


@belief(
    "encode_frame",
    says="The order of the length's bytes does not matter.",
    look="Write the length 258 in two bytes, and read them in the other order.",
    lesson="05",
    rfc="5.2",
)
def little_endian_length(opcode, payload, *, fin=True, mask=None):
    start = header(opcode | (0x80 if fin else 0), len(payload), 0x80 if mask else 0, "little")
    return start + mask + masked(payload, mask) if mask else start + payload


@belief(
    "encode_frame",
    says="Every frame is the last one: FIN is always 1.",
    look="How would the receiver know that more of the message is to come?",
    lesson="05",
    rfc="5.4",
)
def always_final(opcode, payload, *, fin=True, mask=None):
    check(opcode | (0x80 if fin else 0), len(payload))
    start = header(opcode | 0x80, len(payload), 0x80 if mask else 0)
    return start + mask + masked(payload, mask) if mask else start + payload


@belief(
    "encode_frame",
    says="The key goes into the frame, and that is the masking.",
    look="Compare the last five bytes of your masked Hello with those in §5.7.",
    lesson="06",
    rfc="5.3",
)
def key_without_masking(opcode, payload, *, fin=True, mask=None):
    start = header(opcode | (0x80 if fin else 0), len(payload), 0x80 if mask else 0)
    return start + (mask or b"") + payload


@belief(
    "encode_frame",
    says="The key masks the whole frame, its header, too.",
    look="How would the receiver find the key if the header that leads to it were masked?",
    lesson="06",
    rfc="5.3",
)
def header_masked_too(opcode, payload, *, fin=True, mask=None):
    start = header(opcode | (0x80 if fin else 0), len(payload), 0x80 if mask else 0)
    return masked(start, mask) + mask + masked(payload, mask) if mask else start + payload


@belief(
    "encode_frame",
    says="Two bytes for every length are simpler, and always enough for a short one.",
    look="The section asks for one of the three forms for each length. Which one?",
    lesson="05",
    rfc="5.2",
)
def longer_than_needed(opcode, payload, *, fin=True, mask=None):
    size, bit = len(payload), 0x80 if mask else 0
    start = header(opcode | (0x80 if fin else 0), size, bit)
    if size <= 125:
        start = bytes([start[0], bit | 126]) + size.to_bytes(2, "big")
    return start + mask + masked(payload, mask) if mask else start + payload


@belief(
    "decode_frame",
    says="A frame fills the whole of the data; there is nothing behind it.",
    look="Two frames arrive in one recv(). Where does the second one go?",
    lesson="05",
    rfc="5.2",
)
def nothing_behind(data):
    fin, opcode, payload, _rest = parse(data)
    return fin, opcode, payload, b""


@belief(
    "decode_frame",
    says="The long form of the length has four bytes.",
    look="Count the bits of the extended payload length for 127 in the picture of §5.2.",
    lesson="05",
    rfc="5.2",
)
def four_byte_length(data):
    if len(data) >= 10 and data[1] & 0x7F == 127:
        size, at = int.from_bytes(data[2:6], "big"), 6
        if size > len(data) or size < 1 << 16:
            raise ValueError("too short, or not in the shortest form")
        return bool(data[0] & 0x80), data[0] & 15, data[at : at + size], data[at + size :]
    return parse(data)


@belief(
    "decode_frame",
    says="The order of the length's bytes does not matter.",
    look="The bytes 01 02 are a length. Read them in both orders: which one is 258?",
    lesson="05",
    rfc="5.2",
)
def little_endian_read(data):
    if len(data) >= 10 and data[1] & 0x7F >= 126:
        at = 4 if data[1] & 0x7F == 126 else 10
        data = data[:2] + data[2:at][::-1] + data[at:]
    return parse(data)


@belief(
    "read_frame",
    says="recv(n) returns n bytes.",
    look="Let recv() give one byte at a time. What do you hold after the first call?",
    lesson="02",
    rfc="5.2",
)
def recv_gives_all(recv):
    data = recv(2)
    size = data[1] & 0x7F
    if size >= 126:
        size = int.from_bytes(recv(2 if size == 126 else 8), "big")
    key = recv(4) if data[1] & 0x80 else b""
    payload = recv(size) if size else b""
    payload = masked(payload, key) if key else payload
    return bool(data[0] & 0x80), data[0] & 0x0F, payload


@belief(
    "read_frame",
    says="One recv() with a large number brings the frame.",
    look="And what else does it bring? The next caller of recv() would like to have it.",
    lesson="02",
    rfc="5.2",
)
def one_big_recv(recv):
    data = recv(65536)
    if data[1:2] in (b"\x7f", b"\xff") and data[2:3] >= b"\x80":
        raise ValueError("the top bit of a length must be 0")
    try:
        return parse(data)[:3]
    except ValueError:
        raise EOFError from None


@belief(
    "encode_frame",
    says="Whoever calls me knows what may be sent.",
    look="Which opcodes does §5.2 reserve? Which two rules has §5.5 for control frames?",
    lesson="05",
    rfc="5.5",
)
def anything_may_be_written(opcode, payload, *, fin=True, mask=None):
    start = header(2, len(payload), 0x80 if mask else 0)
    start = bytes([opcode | (0x80 if fin else 0)]) + start[1:]
    return start + mask + masked(payload, mask) if mask else start + payload


@belief(
    "decode_frame",
    says="FIN is always 1.",
    look="Which bit of the first byte is FIN, and when does a sender leave it out?",
    lesson="05",
    rfc="5.4",
)
def fin_ignored(data):
    return True, *parse(data)[1:]


@belief(
    "decode_frame",
    says="The bytes behind the header are the payload, whatever the MASK bit says.",
    look="Decode your own masked Hello. What do you get, and which four bytes stand before it?",
    lesson="06",
    rfc="5.3",
)
def mask_bit_ignored(data):
    fin, opcode, payload, rest = parse(data)
    if data[1] & 0x80:
        payload = data[len(data) - len(rest) - len(payload) : len(data) - len(rest)]
    return fin, opcode, payload, rest


@belief(
    "decode_frame",
    says="Any of the three forms will do for a length.",
    look="What does §5.2 say about the number of bytes for a length?",
    lesson="05",
    rfc="5.2",
)
def any_form_of_length(data):
    if len(data) >= 2 and data[1] & 0x7F == 126 and not data[0] & 8 and data[2:3] == b"\0":
        size = int.from_bytes(data[2:4], "big")
        data = data[:1] + header(2, size, data[1] & 0x80)[1:] + data[4:]
    elif len(data) >= 2 and data[1] & 0x7F == 127 and data[2:8] == bytes(6):
        size = int.from_bytes(data[2:10], "big")
        data = data[:1] + header(2, size, data[1] & 0x80)[1:] + data[10:]
    return parse(data)


@belief(
    "decode_frame",
    says="Reserved bits and opcodes are free for all.",
    look="Which extension was agreed on in the handshake? Then what must a reserved bit be?",
    lesson="05",
    rfc="5.2",
)
def reserved_is_free(data):
    if not data:
        raise ValueError("too short")
    fin, _opcode, payload, rest = parse(bytes([0x82]) + data[1:])
    if data[0] & 0x0F in (8, 9, 10) and (not fin or data[0] < 0x80 or len(payload) > 125):
        raise ValueError("a control frame is short, and whole")
    return data[0] >= 0x80, data[0] & 0x0F, payload, rest


@belief(
    "decode_frame",
    says="Control frames are frames like all others: as long as one likes, and in fragments.",
    look="§5.5 has two rules for them. What could a peer do to you without these rules?",
    lesson="05",
    rfc="5.5",
)
def control_frames_are_like_others(data):
    if data[:1] and data[0] & 0x0F in (8, 9, 10):
        _, _, payload, rest = parse(bytes([data[0] & 0xF0 | 2]) + data[1:])
        return data[0] >= 0x80, data[0] & 0x0F, payload, rest
    return parse(data)


def too_early():
    raise EOFError


def a_frame(recv, end=too_early, bounded=True):
    """A frame from a stream as it should be read; ``end`` says what to do when it ends."""

    def exactly(n):
        data = b""
        while len(data) < n:
            data += recv(n - len(data)) or end()
        return data

    data = exactly(2)
    data += exactly({126: 2, 127: 8}.get(data[1] & 0x7F, 0))
    size = int.from_bytes(data[2:], "big") if data[1] & 0x7F >= 126 else data[1] & 0x7F
    if size >= 1 << 63 and bounded:
        raise ValueError("the top bit of a length must be 0")
    data += exactly(size + (4 if data[1] & 0x80 else 0))
    return parse(data)[:3]


@belief(
    "read_frame",
    says='recv() gives b"" when nothing has arrived yet: ask again.',
    look="Let the peer close in the middle of a frame. What does recv() give, again and again?",
    lesson="02",
    rfc="5.2",
)
def no_bytes_means_not_yet(recv):
    return a_frame(recv, lambda: b"")


@belief(
    "read_frame",
    says="A frame that ends too early is malformed: a ValueError.",
    look="Who did something wrong: the frame, or the connection? The docstring tells them apart.",
    lesson="02",
    rfc="5.2",
)
def an_early_end_is_malformed(recv):
    def end():
        raise ValueError("too short")

    return a_frame(recv, end)


@belief(
    "read_frame",
    says="An 8-byte length can be any number of 64 bits.",
    look="§5.2 says something about the most significant bit. Will so many bytes ever come?",
    lesson="05",
    rfc="5.2",
)
def sixty_four_bits(recv):
    return a_frame(recv, bounded=False)
