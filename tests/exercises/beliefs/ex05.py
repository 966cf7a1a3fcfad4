"""What learners believe about masking."""

from __future__ import annotations

from wslab.grading.beliefs import belief


def xor(data, key, start=0):
    """As it should be, for beliefs about something else."""
    return bytes(byte ^ key[(start + i) % 4] for i, byte in enumerate(data))


@belief(
    "apply_mask",
    says="Four key bytes mask the first four bytes of the payload.",
    look="Mask a text of twelve letters, and print what comes out. Can you still read some of it?",
    lesson="06",
    rfc="5.3",
)
def key_used_once(data, key):
    return bytes(a ^ b for a, b in zip(data, key, strict=False)) + data[4:]


@belief(
    "apply_mask",
    says="zip() goes on until the data ends.",
    look="How long is zip() of five things and four things?",
    lesson="06",
    rfc="5.3",
)
def cut_to_the_key(data, key):
    return bytes(a ^ b for a, b in zip(data, key, strict=False))


@belief(
    "apply_mask",
    says="One byte of the key is enough.",
    look="Mask b'AAAAAAAA'. Whoever sees eight equal bytes knows what about your key?",
    lesson="06",
    rfc="5.3",
)
def first_key_byte_only(data, key):
    return bytes(byte ^ key[0] for byte in data)


@belief(
    "apply_mask",
    says="bytes(n) is one byte, with the value n.",
    look="Ask Python: bytes(3), and bytes([3]). How long is each of the two?",
    lesson="06",
    rfc="5.3",
)
def bytes_of_a_number(data, key):
    return b"".join(bytes(byte ^ key[i % 4]) for i, byte in enumerate(data))


@belief(
    "unmask_stream",
    says="Every chunk begins with the first byte of the key again.",
    look="Unmask five bytes in chunks of 2 and 3, on paper. Who remembers whose turn it is?",
    lesson="06",
    rfc="5.3",
)
def key_restarts_at_each_chunk(chunks, key):
    return b"".join(xor(chunk, key) for chunk in chunks)


@belief(
    "unmask_stream",
    says="The number of the chunk says which key byte is its first.",
    look="Two chunks of 3 bytes: which key byte meets the fourth byte of the payload?",
    lesson="06",
    rfc="5.3",
)
def index_counts_chunks(chunks, key):
    return b"".join(xor(chunk, key, number) for number, chunk in enumerate(chunks))


@belief(
    "eavesdrop",
    says="Masking is encryption: what comes behind the key cannot be read without a secret.",
    look="Which secret? Look for the four key bytes in the frame itself.",
    lesson="06",
    rfc="5.3",
)
def payload_left_masked(frame):
    if not frame[1] & 0x80:
        raise ValueError("not masked")
    return frame[{126: 8, 127: 14}.get(frame[1] & 0x7F, 6) :]


@belief(
    "eavesdrop",
    says="The header of a masked frame always has six bytes.",
    look="How many bytes stand in front of the key if the payload has 300 bytes?",
    lesson="05",
    rfc="5.2",
)
def header_of_six(frame):
    if not frame[1] & 0x80:
        raise ValueError("not masked")
    return xor(frame[6:], frame[2:6])


@belief(
    "apply_mask",
    says="The payload is masked in whole groups of four bytes.",
    look="Mask five bytes. What has become of the last one?",
    lesson="06",
    rfc="5.3",
)
def whole_groups_only(data, key):
    end = len(data) // 4 * 4
    return xor(data[:end], key) + data[end:]


@belief(
    "eavesdrop",
    says="Every frame carries a key.",
    look="Take a frame that a server sent. Which bytes do you take for the key?",
    lesson="06",
    rfc="5.1",
)
def every_frame_is_masked(frame):
    at = {126: 4, 127: 10}.get(frame[1] & 0x7F, 2)
    return xor(frame[at + 4 :], frame[at : at + 4] + bytes(4))


@belief(
    "apply_mask",
    says="The key goes on where the last frame stopped.",
    look="Mask the same five bytes twice. Should the two results differ?",
    lesson="06",
    rfc="5.3",
)
def index_runs_on(data, key, turn=[0]):  # noqa: B006 - it remembers: that is the belief
    start = turn[0]
    turn[0] += len(data)
    return xor(data, key, start)


@belief(
    "apply_mask",
    says="A key is agreed on once, and is good for ever.",
    look="Mask two payloads with two keys. Which key did your code take for the second one?",
    lesson="06",
    rfc="5.3",
)
def same_key_for_ever(data, key, keys=[]):  # noqa: B006 - it remembers: that is the belief
    keys.append(key)
    return xor(data, keys[0])
