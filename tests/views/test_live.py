"""A conversation explained while it goes on."""

import io
import threading

from tests.protocol.streams import KEY, PING, RFC_REQUEST, TEXT, frame
from wslab.protocol.rfc import Role
from wslab.views.live import Live


def test_each_item_is_shown_when_it_is_complete() -> None:
    stream = io.StringIO()
    recording = Live(stream, "websocket").recording()
    recording.add(Role.CLIENT, RFC_REQUEST[:50])
    assert stream.getvalue() == ""
    recording.add(Role.CLIENT, RFC_REQUEST[50:] + frame(TEXT, b"Hi", KEY))
    assert "GET /chat HTTP/1.1" in stream.getvalue()
    assert "text 'Hi'" in stream.getvalue()
    recording.add(Role.CLIENT, frame(PING, b"", KEY)[:1])
    recording.add(Role.CLIENT, b"")
    assert "unparsed: the stream breaks off inside" in stream.getvalue()
    assert "the client has finished (" in stream.getvalue()
    assert not recording.events, "it keeps nothing"


def test_over_tcp_http_is_only_bytes() -> None:
    stream = io.StringIO()
    Live(stream, "tcp").recording().add(Role.CLIENT, RFC_REQUEST)
    assert "request line" not in stream.getvalue()


def test_items_of_several_peers_stay_whole() -> None:
    stream = io.StringIO()
    live = Live(stream, "tcp")

    def talk(name: str) -> None:
        recording = live.recording(name)
        for _ in range(50):
            recording.add(Role.CLIENT, name.encode())

    threads = [threading.Thread(target=talk, args=(f"port {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    items = stream.getvalue().split("[")[1:]
    assert len(items) == 200
    for item in items:
        name = item.split("]")[0]
        assert f"'{name}'" in item


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_has_gone_does_not_end_the_conversation() -> None:
    recording = Live(Broken(), "tcp").recording()
    recording.add(Role.CLIENT, b"Hello")
    recording.add(Role.CLIENT, b"")
