"""What learners believe about what a message costs."""

from __future__ import annotations

from wslab.grading.beliefs import belief


def header(size, masked):
    """As it should be, for beliefs about something else."""
    return 2 + (0 if size < 126 else 2 if size < 65536 else 8) + (4 if masked else 0)


@belief(
    "frame_header",
    says="The header of a frame has two bytes, and the key if there is one.",
    look="How would you write the length 300 into seven bits?",
    lesson="05",
    rfc="5.2",
)
def always_two_bytes(size, *, masked):
    return 6 if masked else 2


@belief(
    "frame_header",
    says="Seven bits hold a length of up to 127.",
    look="Which two of the 128 values say something else than a length?",
    lesson="05",
    rfc="5.2",
)
def seven_bits_to_127(size, *, masked):
    return header(0 if size < 128 else size, masked)


@belief(
    "frame_header",
    says="The long form of the length has four bytes.",
    look="Count the bits of the extended payload length for 127 in the picture of §5.2.",
    lesson="05",
    rfc="5.2",
)
def four_bytes_for_a_long_one(size, *, masked):
    return header(size, masked) - (4 if size > 65535 else 0)


@belief(
    "frame_header",
    says="The key is agreed on in the handshake, and costs nothing here.",
    look="Where does the server find the key of a frame? Look at the example in §5.7.",
    lesson="06",
    rfc="5.3",
)
def the_key_is_free(size, *, masked):
    return header(size, False)


@belief(
    "websocket_bytes",
    says="Both directions cost the same: the server masks, too.",
    look="Look at two frames of one echo in a recording. Which one has four bytes more, and why?",
    lesson="06",
    rfc="5.1",
)
def both_directions_masked(messages, size):
    one = messages * (header(size, True) + size)
    return one, one


@belief(
    "websocket_bytes",
    says="The directions are the other way round: the server masks.",
    look="Whom does masking protect? Then whose frames are masked?",
    lesson="06",
    rfc="5.1",
)
def only_the_server_masks(messages, size):
    return messages * (header(size, False) + size), messages * (header(size, True) + size)


@belief(
    "websocket_bytes",
    says="A WebSocket message costs nothing beside its text.",
    look="How does the receiver know where a message ends? That has to stand somewhere.",
    lesson="05",
    rfc="5.2",
)
def headers_are_free(messages, size):
    return messages * size, messages * size


@belief(
    "websocket_bytes",
    says="The header is sent once, and then the messages.",
    look="The second message has another length. Where does it stand?",
    lesson="05",
    rfc="5.2",
)
def one_header_for_all(messages, size):
    return messages * size + header(size, True), messages * size + header(size, False)


@belief(
    "length_prefix_bytes",
    says="TCP keeps messages apart, so the bytes of the messages are all.",
    look="Exercise 2: what did you have to put in front of each message, and why?",
    lesson="02",
)
def tcp_has_messages(messages, size):
    return messages * size, messages * size


@belief(
    "length_prefix_bytes",
    says="Only the question needs a length: the client knows how long the echo is.",
    look="The docstring says what stands in front of each message, there and back.",
    lesson="02",
)
def prefix_one_way(messages, size):
    return messages * (4 + size), messages * size


@belief(
    "http_bytes",
    says="The connection stays open, so the head is sent once.",
    look="Keep-alive saves connections. Does the second request come without a first line?",
    lesson="10",
)
def heads_once(messages, size, request_head, response_head):
    return request_head + messages * size, response_head + messages * size


@belief(
    "http_bytes",
    says="The message travels in the request only; the response says OK.",
    look="This is an echo. What is the body of the response?",
    lesson="10",
)
def no_body_comes_back(messages, size, request_head, response_head):
    return messages * (request_head + size), messages * response_head


@belief(
    "break_even",
    says="The handshake costs nothing: WebSocket is cheaper from the first message on.",
    look="Compare one echo over each, handshake included. Which has more bytes?",
    lesson="10",
)
def the_handshake_is_free(size, handshake, request_head, response_head):
    saved = request_head + response_head - header(size, True) - header(size, False)
    return 1 if saved > 0 else None


@belief(
    "break_even",
    says="Each message costs a handshake, so WebSocket is never cheaper.",
    look="In a recording of ten messages, count the requests for an upgrade.",
    lesson="10",
)
def a_handshake_each_time(size, handshake, request_head, response_head):
    saved = request_head + response_head - header(size, True) - header(size, False)
    return 1 if saved > handshake else None


@belief(
    "break_even",
    says="As cheap as HTTP is cheaper than HTTP.",
    look="After so many messages both have cost the same. Does the docstring ask for that number?",
    lesson="10",
)
def equal_is_cheaper(size, handshake, request_head, response_head):
    saved = request_head + response_head - header(size, True) - header(size, False)
    return max(1, -(-handshake // saved)) if saved > 0 else None


@belief(
    "break_even",
    says="The server's frames cost as much as the client's.",
    look="Which frames carry a key, and which do not?",
    lesson="06",
    rfc="5.1",
)
def both_frames_masked(size, handshake, request_head, response_head):
    headers = header(size, True) + header(size, False)
    saved = request_head + response_head - header(size, True) * 2
    if request_head + response_head <= headers:
        return None
    return handshake // saved + 1 if saved > 0 else None


@belief(
    "break_even",
    says="The header of a frame is so small that it does not count.",
    look="Heads of 30 bytes, and a header of 14: what does a message save?",
    lesson="10",
)
def headers_do_not_count(size, handshake, request_head, response_head):
    if request_head + response_head <= header(size, True) + header(size, False):
        return None
    return handshake // (request_head + response_head) + 1


@belief(
    "break_even",
    says="In the long run, WebSocket is always cheaper.",
    look="Put in heads of 2 bytes. What does each message save, and when is that enough?",
    lesson="10",
)
def always_at_last(size, handshake, request_head, response_head):
    saved = request_head + response_head - header(size, True) - header(size, False)
    return handshake // saved + 1
