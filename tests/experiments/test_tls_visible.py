"""What stands in the clear in a stream of TLS, read by hand, held against OpenSSL's own bytes."""

from __future__ import annotations

import itertools
import ssl

import pytest

from wslab import Recording
from wslab.experiments.tls_visible import (
    APPLICATION_DATA,
    SEAL,
    Record,
    payload_size,
    records,
    server_name,
    talk,
)
from wslab.protocol.connection import Connection
from wslab.protocol.rfc import Role


def client_hello(name: str | None) -> bytes:
    """The first bytes of a client that calls a server by that name, made by OpenSSL."""
    context = ssl.create_default_context()
    context.check_hostname = False
    sent = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


@pytest.mark.parametrize("name", ["bank.example", "localhost", "a" * 60 + ".example"])
def test_the_name_stands_in_the_first_message(name: str) -> None:
    hello = client_hello(name)
    assert server_name(hello) == name
    assert server_name(hello + bytes(100)) == name


@pytest.mark.parametrize("name", [None, "127.0.0.1", "::1"])
def test_to_an_address_no_name_is_said(name: str | None) -> None:
    assert server_name(client_hello(name)) == ""


def test_what_is_no_whole_hello_has_no_name() -> None:
    hello = client_hello("bank.example")
    for size in range(len(hello)):
        assert server_name(hello[:size]) in ("", "bank.example", *_beginnings("bank.example"))
    assert server_name(b"GET / HTTP/1.1\r\n\r\n") == ""
    assert server_name(b"\x16\x03\x03\x00\x04\x02\x00\x00\x00") == ""  # a ServerHello


def _beginnings(text: str) -> list[str]:
    return [text[:size] for size in range(len(text))]


def record(size: int, kind: int = APPLICATION_DATA) -> bytes:
    return bytes((kind, 3, 3)) + size.to_bytes(2, "big") + bytes(size)


def test_records_are_found_however_the_stream_was_cut() -> None:
    stream = record(1, 22) + record(0) + record(300)
    for step in (1, 2, 5, 299, len(stream)):
        ticks = itertools.count()
        recording = Recording(clock=lambda ticks=ticks: float(next(ticks)))
        for at in range(0, len(stream), step):
            recording.add(Role.SERVER, stream[at : at + step])
        found = list(records(recording))
        assert [(each.kind, each.size) for each in found] == [(22, 1), (23, 0), (23, 300)]
        assert found[-1].time == float(len(recording))  # when its last byte came


def test_a_record_that_breaks_off_is_none() -> None:
    recording = Recording()
    recording.add(Role.CLIENT, record(10)[:-1])
    assert list(records(recording)) == []


def test_the_talk_begins_with_the_third_record_of_the_client() -> None:
    recording = Recording()
    for sender, size, kind in [
        (Role.CLIENT, 200, 22),  # the ClientHello
        (Role.SERVER, 500, 23),
        (Role.CLIENT, 69, 23),  # the end of the TLS handshake
        (Role.CLIENT, 150, 23),  # the opening handshake of WebSocket
        (Role.SERVER, 140, 23),
        (Role.CLIENT, 30, 23),
        (Role.SERVER, 40, 23),
    ]:
        recording.add(sender, record(size, kind))
    assert [each.size for each in talk(records(recording))] == [30, 40]


@pytest.mark.parametrize("sender", list(Role))
@pytest.mark.parametrize("size", [0, 1, 5, 124, 125, 126, 127, 200, 65535, 65536, 70000])
def test_the_size_of_a_record_gives_away_the_size_of_a_message(sender: Role, size: int) -> None:
    frame = Connection(sender, opened=True).send(bytes(size))
    assert payload_size(Record(0.0, sender, 23, len(frame) + SEAL)) == size
    # And to whoever takes it for the other side's it gives something else.
    assert payload_size(Record(0.0, sender.peer, 23, len(frame) + SEAL)) != size


def test_sizes_that_no_frame_has() -> None:
    assert payload_size(Record(0.0, Role.SERVER, 23, SEAL + 1)) is None
    assert payload_size(Record(0.0, Role.CLIENT, 23, SEAL + 5)) is None
    assert payload_size(Record(0.0, Role.SERVER, 23, SEAL + 2 + 126)) is None
