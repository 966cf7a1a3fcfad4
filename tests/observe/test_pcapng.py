"""Wireshark's own reader, tshark, sees in our captures what our dissector sees."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import wslab
from tests.protocol.streams import (
    BINARY,
    CONTINUATION,
    KEY,
    PING,
    PONG,
    RFC_REQUEST,
    RFC_RESPONSE,
    TEXT,
    close_frame,
    frame,
)
from tests.support.visit import missing
from wslab import Recording, tcp_echo, ws_echo
from wslab.errors import Error
from wslab.observe.dissect import dissect
from wslab.observe.fields import Item
from wslab.observe.pcapng import CLIENT_PORTS, DECLARATION, MSS, write_pcapng
from wslab.protocol.masking import mask
from wslab.protocol.rfc import Role

CLIENT, SERVER = Role.CLIENT, Role.SERVER
HANDSHAKE = [(CLIENT, RFC_REQUEST), (SERVER, RFC_RESPONSE)]
END = [(SERVER, b""), (CLIENT, b"")]


def recording(events: Sequence[tuple[Role, bytes]], start: float = 5.0, **limits: int) -> Recording:
    """These events, a hundredth of a second apart."""
    clock = (start + number / 100 for number in itertools.count())
    made = Recording(clock=clock.__next__, **limits)
    for sender, data in events:
        made.add(sender, data)
    return made


# ------------------------------------------------------------ what tshark says


class Packet(NamedTuple):
    """A packet as tshark reads it: the layers, and the fields that stand in each of them."""

    layers: list[tuple[str, dict[str, list[tuple[str, bytes]]]]]

    def show(self, layer: str, name: str) -> str:
        return next(fields[name][0][0] for found, fields in self.layers if found == layer)


def tshark(path: Path, *options: str) -> str:
    program = shutil.which("tshark") or missing("tshark is not installed")
    command = [program, "-r", str(path), "-o", "tcp.check_checksum:TRUE"]
    command += ["-o", "ip.check_checksum:TRUE", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    return result.stdout


def read(path: Path) -> list[Packet]:
    """All packets, none of which tshark finds anything wrong with."""
    wrong = "_ws.malformed || tcp.analysis.flags"
    wrong += " || ip.checksum.status == 0 || tcp.checksum.status == 0"
    warning = 0x600000  # and worse; below are notes, as of a connection that begins
    assert tshark(path, "-Y", f"{wrong} || _ws.expert.severity >= {warning}") == ""
    packets = []
    for packet in ElementTree.fromstring(tshark(path, "-T", "pdml")):
        layers = []
        for layer in packet:
            fields: dict[str, list[tuple[str, bytes]]] = {}
            for each in layer.iter("field"):
                value = each.get("value", "")
                raw = bytes.fromhex(value) if len(value) % 2 == 0 else b""
                fields.setdefault(each.get("name", ""), []).append((each.get("show", ""), raw))
            layers.append((layer.get("name", ""), fields))
        packets.append(Packet(layers))
    return packets


def their_frames(packets: list[Packet], client_port: int) -> list[dict[str, Any]]:
    """The WebSocket frames of one connection, field by field, as tshark reads them."""
    found: list[dict[str, Any]] = []
    parts: dict[str, bytes] = {}  # of fragmented messages: number of the packet → its payload
    for packet in packets:
        source, target = (int(packet.show("tcp", f"tcp.{end}port")) for end in ("src", "dst"))
        if client_port not in (source, target):
            continue
        number = packet.show("frame", "frame.number")
        for name, fields in packet.layers:
            if "data.data" in fields and found and found[-1]["packet"] == number:  # binary
                found[-1]["payload"] = fields["data.data"][0][1]
            if name == "websocket":
                found.append({"packet": number, **their_frame(fields)})
                found[-1]["sender"] = CLIENT if source == client_port else SERVER
            parts |= dict(fields.get("websocket.fragment", ()))
    for each in found:
        packet_number = each.pop("packet")
        each["payload"] = parts.get(packet_number, each["payload"])
    return found


def their_frame(fields: dict[str, list[tuple[str, bytes]]]) -> dict[str, Any]:
    def show(name: str) -> str | None:
        return fields[f"websocket.{name}"][0][0] if f"websocket.{name}" in fields else None

    def raw(name: str) -> bytes:
        return fields.get(f"websocket.{name}", [("", b"")])[0][1]

    names = ("fin", "rsv", "opcode", "mask", "payload_length")
    header = [int(show(name) or "", 0) for name in names]
    extended = show("payload_length_ext_16") or show("payload_length_ext_64")
    payload = b"".join(raw(f"payload.{name}") for name in ("text", "ping", "pong"))
    code = show("payload.close.status_code")
    if code:
        payload = raw("payload.close.status_code") + raw("payload.close.reason")
    return {
        "header": header,
        "extended length": int(extended) if extended else None,
        "key": raw("masking_key"),
        "payload": payload,
        "close code": code,
        "close reason": show("payload.close.reason"),
    }


def our_frames(made: Recording) -> list[dict[str, Any]]:
    return [our_frame(item) for item in dissect(made) if item.kind == "frame"]


def our_frame(item: Item) -> dict[str, Any]:
    fields = {field.label: field for field in item.fields}
    assert not any(field.label == "unparsed" for field in item.fields)
    fin, *rsv, opcode, masked, length = [bits.value for bits in item.fields[0].bits]
    key = fields["masking key"].raw if masked else b""
    extended, reason = fields.get("extended payload length"), fields.get("close reason")
    payloads = ("payload", "close code", "close reason")
    payload = b"".join(field.raw for field in item.fields if field.label in payloads)
    return {
        "sender": item.sender,
        "header": [fin, rsv[0] << 2 | rsv[1] << 1 | rsv[2], opcode, masked, length],
        "extended length": int(extended.value) if extended else None,
        "key": key,
        "payload": mask(payload, key) if key else payload,
        "close code": fields["close code"].value if "close code" in fields else None,
        "close reason": reason.value.strip("'") if reason else None,
    }


# ------------------------------------------------------------ field by field

BYTES = bytes(range(256))
TALKS = {
    "text": [(CLIENT, frame(TEXT, b"Hello", KEY)), (SERVER, frame(TEXT, "né €".encode()))],
    "binary": [(CLIENT, frame(BINARY, b"\0\xff", KEY)), (SERVER, frame(BINARY, BYTES))],
    "lengths": [
        (sender, frame(BINARY, (BYTES * 300)[:size], key))
        for size in (0, 1, 125, 126, 65_535, 65_536, 70_000)
        for sender, key in ((CLIENT, KEY), (SERVER, b""))
    ],
    "fragments": [
        (CLIENT, frame(TEXT, b"Hel", KEY, fin=False)),
        (CLIENT, frame(PING, b"between", KEY)),
        (SERVER, frame(PONG, b"between")),
        (CLIENT, frame(CONTINUATION, b"l", bytes(range(4)), fin=False)),
        (CLIENT, frame(CONTINUATION, b"o", KEY)),
        (SERVER, frame(BINARY, b"\1\2", fin=False)),
        (SERVER, frame(CONTINUATION, b"\3")),
    ],
    "ping and pong": [
        (CLIENT, frame(PING, b"?", KEY)),
        (SERVER, frame(PONG, b"?")),
        (SERVER, frame(PING, b"")),
        (CLIENT, frame(PONG, b"", KEY)),
    ],
    "close": [
        (CLIENT, close_frame(1001, "tschüs".encode(), KEY)),
        (SERVER, close_frame(1001)),
        *END,
    ],
    "several frames in one piece": [
        (SERVER, frame(TEXT, b"a") + frame(PING, b"b") + frame(BINARY, b"c")),
        (SERVER, frame(TEXT, b"cut")[:3]),
        (SERVER, frame(TEXT, b"cut")[3:]),
    ],
}


@pytest.mark.parametrize("name", TALKS)
def test_tshark_reads_the_same_frames(tmp_path: Path, name: str) -> None:
    made = recording(HANDSHAKE + TALKS[name])
    made.to_pcapng(tmp_path / "talk.pcapng")
    packets = read(tmp_path / "talk.pcapng")
    ours = our_frames(made)
    assert len(ours) >= 2
    assert their_frames(packets, CLIENT_PORTS[0]) == ours


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    recording(HANDSHAKE + TALKS["text"]).to_pcapng(tmp_path / "talk.pcapng")
    other = [(CLIENT, frame(TEXT, b"Hallo", KEY)), TALKS["text"][1]]
    theirs = their_frames(read(tmp_path / "talk.pcapng"), CLIENT_PORTS[0])
    ours = our_frames(recording(HANDSHAKE + other))
    assert theirs[0] != ours[0]
    assert theirs[1:] == ours[1:]


def test_two_real_connections_at_once(tmp_path: Path) -> None:
    """One file of two conversations, each apart from the other, with its opening handshake."""
    first, second = Recording(), Recording()
    with (
        ws_echo.serve() as server,
        wslab.connect(server.url, tap=first) as one,
        wslab.connect(server.url, tap=second) as two,
    ):
        for ws, data in ((one, "one"), (two, b"two"), (one, "x" * 200), (two, bytes(70_000))):
            ws.send(data)
            assert ws.recv(timeout=5) == data
        one.ping(b"alive?")
    write_pcapng(tmp_path / "talk.pcapng", [first, second])
    packets = read(tmp_path / "talk.pcapng")
    for made, port in zip((first, second), CLIENT_PORTS, strict=False):
        ours = our_frames(made)
        assert len(ours) >= 6
        assert their_frames(packets, port) == ours
    names = ("http.sec_websocket_key", "http.sec_websocket_accept", "http.response.code")
    rows = tshark(tmp_path / "talk.pcapng", "-Y", "http", *fields(*names)).splitlines()
    heads = [item for made in (first, second) for item in dissect(made) if item.kind != "frame"]
    values = {field.label: field.value for item in heads for field in item.fields}
    assert len(rows) == 4
    assert {values["Sec-WebSocket-Key"], values["Sec-WebSocket-Accept"], "101"} < set(
        "\t".join(rows).split("\t")
    )


def fields(*names: str) -> list[str]:
    return ["-T", "fields", *itertools.chain.from_iterable(("-e", name) for name in names)]


# ------------------------------------------------------------ TCP


def rows(path: Path, *names: str) -> list[list[str]]:
    return [line.split("\t") for line in tshark(path, *fields(*names)).splitlines()]


def test_the_life_of_a_connection_in_tcp(tmp_path: Path) -> None:
    path = tmp_path / "talk.pcapng"
    recording([(CLIENT, b"Hello"), (SERVER, b"Hello"), *END]).to_pcapng(path)
    read(path)
    found = rows(path, "tcp.srcport", "tcp.flags.str", "tcp.seq_raw", "tcp.ack_raw", "tcp.len")
    client, server = str(CLIENT_PORTS[0]), "7"
    flags = [re.sub("[^A-Z]", "", row[1]) for row in found]
    assert [(row[0], flag, *row[2:]) for row, flag in zip(found, flags, strict=True)] == [
        (client, "S", "0", "0", "0"),
        (server, "AS", "0", "1", "0"),
        (client, "A", "1", "1", "0"),
        (client, "AP", "1", "1", "5"),
        (server, "A", "1", "6", "0"),
        (server, "AP", "1", "6", "5"),
        (client, "A", "6", "6", "0"),
        (server, "AF", "6", "6", "0"),
        (client, "A", "6", "7", "0"),
        (client, "AF", "6", "7", "0"),
        (server, "A", "7", "7", "0"),
    ]


def test_a_real_tcp_echo(tmp_path: Path) -> None:
    made = Recording()
    with tcp_echo.serve() as server, tcp_echo.connect(server.url, tap=made) as sock:
        sock.sendall(b"odd")
        assert sock.recv(10) == b"odd"
    made.to_pcapng(tmp_path / "talk.pcapng", port=5007)
    read(tmp_path / "talk.pcapng")
    found = rows(tmp_path / "talk.pcapng", "tcp.dstport", "tcp.payload", "tcp.checksum.status")
    assert [row[1] for row in found if row[1]] == [b"odd".hex()] * 2
    assert found[0][0] == "5007"
    assert {row[2] for row in found} == {"1"}, "each checksum was verified, and is good"


def test_times_are_those_of_the_events(tmp_path: Path) -> None:
    """Also between recordings; and each packet has a later time than the one before."""
    path = tmp_path / "talk.pcapng"
    late = recording([(CLIENT, b"a"), (SERVER, b"b")], start=7.0)
    early = recording([(CLIENT, b"c"), (SERVER, bytes(3 * MSS))], start=5.0)
    write_pcapng(path, [late, early])
    found = rows(path, "frame.time_epoch", "tcp.len", "tcp.dstport")
    data = [(round(float(time), 6), int(size)) for time, size, _ in found if size != "0"]
    assert data == [(0.01, 1), *[(0.02, MSS)] * 3, (2.01, 1), (2.02, 1)]
    times = [int(time.replace(".", "")) for time, _, _ in found]
    assert times == sorted(set(times))


def test_what_was_not_kept_is_declared(tmp_path: Path) -> None:
    """Sequence numbers go on behind the gap: tshark finds no anomaly, and reads what follows."""
    path = tmp_path / "talk.pcapng"
    size = 2 * MSS + 10
    talk = [(CLIENT, b"abcdefgh"), (SERVER, bytes(size)), (SERVER, b"end"), (SERVER, b"never")]
    made = recording(talk[:-1])
    made.events = [event._replace(data=event.data[:5]) for event in made]
    made.dropped[SERVER] = len(talk[-1][1])
    made.to_pcapng(path)
    read(path)
    found = rows(path, "tcp.len", "frame.len", "frame.cap_len", "tcp.seq_raw", "frame.comment")
    cut = [row for row in found if row[1] != row[2]]
    assert [(row[0], row[2], row[3]) for row in cut] == [
        ("3", "40", "6"),
        (str(MSS), "40", "6"),
        (str(MSS), "40", str(6 + MSS)),
        ("5", "40", str(6 + 2 * MSS)),
    ]
    assert all(f"did not keep the {row[0]} bytes" in row[4] for row in cut)
    assert [row[3] for row in found if row[0] == "3"][-1] == str(1 + size), "'end' is in its place"
    assert found[0][4].endswith("missing there, in bytes: 5 from the server")


def test_nothing_comes_after_the_end_of_a_direction(tmp_path: Path) -> None:
    path = tmp_path / "talk.pcapng"
    recording([(SERVER, b"last"), (SERVER, b""), (SERVER, b"too late")]).to_pcapng(path)
    read(path)
    assert [row[0] for row in rows(path, "tcp.len") if row[0] != "0"] == ["4"]


# ------------------------------------------------------------ the file


def test_the_file_says_that_its_headers_are_synthetic(tmp_path: Path) -> None:
    """In the first block, as a comment that Wireshark shows among the file's properties."""
    path = tmp_path / "talk.pcapng"
    recording(HANDSHAKE).to_pcapng(path)
    raw = path.read_bytes()
    length = int.from_bytes(raw[4:8], "little")
    assert raw[:4] == bytes.fromhex("0a0d0d0a")
    assert raw[length - 4 : length] == raw[4:8]
    assert DECLARATION.encode() in raw[:length]
    assert "synthetic" in DECLARATION


@pytest.mark.parametrize("made", [[], [Recording()]], ids=["none", "empty"])
def test_no_bytes_make_a_valid_file(tmp_path: Path, made: list[Recording]) -> None:
    write_pcapng(tmp_path / "talk.pcapng", made)
    assert len(read(tmp_path / "talk.pcapng")) == 3 * len(made)


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (lambda path: Recording().to_pcapng(path, port=0), "0 is not a port: use 1 to 65535."),
        (lambda path: Recording().to_pcapng(path, port=65536), "65536 is not a port"),
        (lambda path: write_pcapng(path, [Recording()] * 16385), "16385 connections are too many"),
    ],
    ids=["port 0", "port 65536", "too many"],
)
def test_what_makes_no_sense(tmp_path: Path, write: Callable[[Path], None], text: str) -> None:
    with pytest.raises(Error, match=re.escape(text)):
        write(tmp_path / "talk.pcapng")
    assert list(tmp_path.iterdir()) == []


def test_both_ends_never_share_a_port(tmp_path: Path) -> None:
    path = tmp_path / "talk.pcapng"
    recording([(CLIENT, b"a")]).to_pcapng(path, port=CLIENT_PORTS[0])
    assert rows(path, "tcp.srcport", "tcp.dstport")[0] == [str(CLIENT_PORTS[1]), "49152"]
