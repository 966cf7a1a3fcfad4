"""``python -m wslab explain``: bytes in any notation, and what cannot be read."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import re
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.protocol.streams import frame
from tests.support.shell import sentence
from wslab.cli import main
from wslab.observe.recording import Recording


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return sentence(err)


HELLO = "81 85 37 fa 21 3d 7f 9f 4d 51 58"


def test_hex_as_one_word_or_as_many(capsys: pytest.CaptureFixture[str]) -> None:
    expected = explained(capsys, HELLO)
    assert "client -> server text 'Hello'" in expected
    assert explained(capsys, *HELLO.split()) == expected
    assert explained(capsys, HELLO.replace(" ", "")) == expected
    assert explained(capsys, "0x" + HELLO.replace(" ", ",0x")) == expected


def test_both_directions(capsys: pytest.CaptureFixture[str]) -> None:
    lines = f"> {HELLO}", "< 81 05 48 65 6c 6c 6f"
    for words in (lines, ("\n".join(lines),)):
        text = explained(capsys, *words)
        assert "client -> server text 'Hello'" in text
        assert "client <- server text 'Hello'" in text
    assert "frame" not in explained(capsys, *lines, "--protocol", "tcp")


def test_the_sender_and_the_protocol_can_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "a client masks every frame" in explained(capsys, "8105", "--sender", "client")
    assert "client -> server 81 05" in explained(capsys, "8105", "--protocol", "tcp")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
DUMP = "00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (bytes.fromhex(HELLO), "text 'Hello'"),
        (HELLO.encode(), "text 'Hello'"),
        (DUMP.encode(), "text 'Hello'"),
        (b"\xef\xbb\xbf" + DUMP.encode(), "text 'Hello'"),
        (b"\xff\xfe" + DUMP.replace("\n", "\r\n").encode("utf-16-le"), "text 'Hello'"),
        (REQUEST, "request line"),
        (f"> {HELLO}\n< 8a 00\n".encode(), "client <- server pong, no payload"),
        (b"\x01\x02ab", "text, not the last of its message 'ab'"),
    ],
    ids=["raw", "hex", "xxd", "UTF-8 of Windows", "PowerShell", "HTTP", "both", "a raw fragment"],
)
def test_a_file(
    content: bytes, expected: str, folder: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (folder / "recording").write_bytes(content)
    text = explained(capsys, "recording")
    assert expected in text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert explained(capsys, "-") == text


def test_a_file_of_text_is_raw_bytes_only_over_tcp(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "poem").write_bytes(b"Shall I compare")
    assert "'S' in 'Shall I compare' is not a hex digit" in refused(capsys, "poem")
    assert "'Shall I compare'" in explained(capsys, "poem", "--protocol", "tcp")


def test_files_are_explained_one_at_a_time(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.json").touch()
    assert "One file at a time: explain a.json" in refused(capsys, "a.json", "b.json")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dump.txt"], "'dump.txt' (there is no file of that name) as hex"),
        (["./no/such.bin"], "there is no file of that name"),
        (["8g"], "'g' in '8g' is not a hex digit"),
        (["81", "8"], "'8' in '81 8' has an odd number of hex digits"),
        ([""], "there are no bytes: give hex digits"),
        (["81" * 3000 + "8"], "there is no file of that name"),
        (["0x123"], "'0x123' in '0x123' has an odd number of hex digits"),
        (["00000000: 10000001 00000101 .."], "xxd -b writes bits"),
        (["empty"], "Cannot read empty as hex: there are no bytes"),
        (["."], "Cannot read .: "),
        (["caf\udcff"], "there is no file of that name"),
        (["\x1b[2J"], r"'\x1b[2J'"),
    ],
)
def test_what_cannot_be_read(
    words: list[str], expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "poem").write_bytes(b"Shall I compare")
    (folder / "empty").write_bytes(b"")
    text = refused(capsys, *words)
    assert expected in text
    assert text.isprintable()
    assert words == ["."] or text.endswith(". Write it like this: 81 05 48 65 6c 6c 6f")
    assert len(text) < 300


def test_standard_input_that_is_closed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert refused(capsys, "-").startswith("wslab: Cannot read standard input as hex: there are no")


def test_the_examples_of_its_help(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line that begins with python is run, with the files that it names."""
    with pytest.raises(SystemExit):
        main(["explain", "--help"])
    usage = capsys.readouterr().out
    commands = re.findall(r"^  (?:.* \| )?python -m wslab explain (.*?)(?:   .*)?$", usage, re.M)
    assert len(commands) >= 5
    (folder / "dump.txt").write_text(DUMP)
    Recording(clock=lambda: 0.0).save(folder / "talk.json")
    for command in commands:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DUMP.encode())))
        explained(capsys, *command.split())


# ---------------------------------------------------------------- what isn't bytes of a connection


def through(
    data: bytes, *options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """(exit status, what is printed) for bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    status = main(["explain", "-", *options])
    out, err = capsys.readouterr()
    assert bool(err) == (status != 0)
    return status, out or sentence(err)


FILES = {
    "pcap": b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(16),
    "capture file (pcap), big-endian": b"\xa1\xb2\xc3\xd4" + bytes(20),
    "capture file (pcap), nanoseconds": b"\x4d\x3c\xb2\xa1" + bytes(20),
    "capture file (pcapng)": b"\x0a\x0d\x0d\x0a" + bytes(24),
    "gzip": gzip.compress(b"Hello"),
    "zlib": zlib.compress(b"Hello"),
    "ZIP": b"PK\x03\x04" + bytes(26),
    "TLS": bytes.fromhex("1603010200010001fc0303") + bytes(506),
    "TLS record": bytes.fromhex("1703030015") + bytes(21),
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(80),
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "GIF": b"GIF89a" + bytes(7),
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "program": b"\x7fELF\x02\x01\x01" + bytes(9),
    "SQLite": b"SQLite format 3\0" + bytes(84),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "MP4": b"\0\0\0\x18ftypmp42",
}


@pytest.mark.parametrize("written", ["raw", "hex", "xxd"])
@pytest.mark.parametrize("name", FILES)
def test_files_and_other_protocols_are_named(
    name: str, written: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = FILES[name]
    rows = [data[at : at + 16].hex() for at in range(0, len(data), 16)]
    dump = "".join(f"{16 * number:08x}: {row}\n" for number, row in enumerate(rows))
    given = {"raw": data, "hex": data.hex(" ").encode(), "xxd": dump.encode()}[written]
    status, text = through(given, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 2
    assert name.partition(",")[0] in text
    if written != "raw":
        status, text = through(given, "--protocol", "tcp", capsys=capsys, monkeypatch=monkeypatch)
        assert status == 0


def test_what_explain_printed_is_not_explained_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = explained(capsys, HELLO)
    status, text = through(printed.encode(), capsys=capsys, monkeypatch=monkeypatch)
    assert status == 2
    assert "what explain prints" in text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("81 05\u200b 48 65".encode(), "ZERO WIDTH SPACE"),
        (b"\x0081 05 48 65 6c 6c 6f", "character 1 is the control character U+0000"),
        (b"81 05 \x1b[2J48 65 6c", "character 7 is the control character U+001B"),
        ("81 05 48\ufeff65".encode("utf-16"), "ZERO WIDTH NO-BREAK SPACE"),
        (b"81\x9605\x9648\x9665", "is the control character U+0096"),
        ("Müller sagt hallo".encode("latin-1"), "ordinary text"),
        (b"Hello\0World", "ordinary text"),
        ("Hello there".encode("utf-16-le"), "ordinary text"),
    ],
)
def test_text_with_a_character_that_cannot_be_seen_is_text(
    data: bytes, expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, text = through(data, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 2
    assert expected in text


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_a_device_without_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert "more than 16 MiB" in refused(capsys, "/dev/zero")


# ---------------------------------------------------------------- whole packets

TEXT_FRAME = bytes.fromhex("81 05 48 65 6c 6c 6f")
LINKS = {
    "Ethernet, IPv4 and TCP": bytes(12) + b"\x08\0",
    "Ethernet, IPv4": bytes.fromhex("0242ac1100020242ac1100030800"),
    "Linux cooked": bytes.fromhex("00000304000600000000000000000800"),
    "loopback": b"\x02\0\0\0",
    "the IPv4 and TCP": b"",
}


def packet(payload: bytes, protocol: int = 6, back: bool = False, sequence: int = 1) -> bytes:
    """An IPv4 packet with a TCP header of 32 bytes."""
    ports = struct.pack("!HH", *((80, 50000) if back else (50000, 80)))
    tcp = ports + struct.pack("!IIBBHHH", sequence, 1, 0x80, 0x18, 512, 0, 0) + bytes(12) + payload
    size = 20 + len(tcp)
    ends = b"\x7f\0\0\2\x7f\0\0\1" if back else b"\x7f\0\0\1\x7f\0\0\2"
    return struct.pack("!BBHIBBH", 0x45, 0, size, 0x4000, 64, protocol, 0) + ends + tcp


def wireshark(data: bytes) -> str:
    """As Wireshark copies a packet, and tshark -x prints it."""
    rows = (data[at : at + 16] for at in range(0, len(data), 16))
    return "".join(f"{16 * n:04x}   {row.hex(' '):<47}   ..\n" for n, row in enumerate(rows))


@pytest.mark.parametrize("name", LINKS)
def test_the_headers_of_a_packet_are_skipped_with_a_word(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = LINKS[name] + packet(TEXT_FRAME)
    for given in (data, wireshark(data).encode(), data.hex().encode()):
        status, text = through(given, capsys=capsys, monkeypatch=monkeypatch)
        assert status == 0
        first, rest = text.split("\n", 1)
        assert first.startswith("Skipped the ")
        assert name in first
        assert "client <- server text 'Hello'" in rest


def test_packets_of_both_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    packets = [packet(bytes.fromhex(HELLO)), packet(TEXT_FRAME, back=True)]
    packets.append(packets[0])  # sent again
    dump = "\n".join(wireshark(LINKS["loopback"] + each) for each in packets)
    status, text = through(dump.encode(), capsys=capsys, monkeypatch=monkeypatch)
    assert status == 0
    assert text.count("client -> server text 'Hello'") == 1
    assert text.count("client <- server text 'Hello'") == 1
    assert "guessed" in text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (packet(TEXT_FRAME, protocol=17), "UDP"),
        (packet(b""), "no payload"),
        (packet(TEXT_FRAME)[:-3], "56 of 59 bytes"),
        (bytes(12) + b"\x08\0" + packet(b"") + bytes(6), "no payload"),
    ],
)
def test_packets_without_a_stream_are_refused(
    data: bytes, expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, text = through(data, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 2
    assert "a packet" in text or "packets" in text
    assert expected in text


# ---------------------------------------------------------------- doubts


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("83 00", "opcode 3 is reserved"),
        ("83 00 81 00", "opcode 3 is reserved"),
        ("81 05 48 65", "3 bytes of it are missing"),
        ("8105", "5 bytes of it are missing"),
        ("82 7e 01 00 aa", "255 bytes of it are missing"),
        ("81", "too early"),
        ("81 05 48 65 6c 6c 6f ff", "too early"),
        ("81 05 48 65 6c 6c 6f ff 00", "From offset 7 on"),
        ("80 03 6c 6c 6f", "no message to continue"),
        ("81 02 c3 28", "not UTF-8"),
        ("88 02 03 ed", "1005"),
        ("82 7e 00 05 48 65 6c 6c 6f", "not in its shortest form"),
        ("dead beef", "RSV1"),
        ("550e8400-e29b-41d4-a716-446655440000", "isn't WebSocket"),
        ("00:1a:2b:3c:4d:5e", "isn't WebSocket"),
        ("12:34:56", "isn't WebSocket"),
        ("2024-05-01", "isn't WebSocket"),
        ("10 33 61 77", "RSV3"),
        ("[10, 33, 61, 77]", "control frame must not be fragmented"),
        ("0089", "hexdump, od or xxd -e"),
        ("0581 6548 6c6c 006f", "hexdump, od or xxd -e"),
    ],
)
def test_a_doubt_is_said_first(text: str, doubt: str, capsys: pytest.CaptureFixture[str]) -> None:
    first = " ".join(explained(capsys, text).split("client ")[0].split())
    assert doubt in first


@pytest.mark.parametrize(
    "text", [HELLO, "8a00", "> 81 00\n< 81 00", "01 02 61 62", "82 7e 00 7e " + "00 " * 126]
)
def test_certain_frames_have_no_doubt(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys, text.replace("> 81 00", "> 81 80 00 00 00 00"))
    assert lines.startswith("client ")


def test_a_compressed_frame_without_its_handshake(capsys: pytest.CaptureFixture[str]) -> None:
    """The example of RFC 7692 §7.2.3.1, from the server and masked."""
    for data in ("c1 07 f2 48 cd c9 c9 07 00", "c1 87 00 00 00 00 f2 48 cd c9 c9 07 00"):
        first, rest = explained(capsys, data).split("\n\n", 1)
        assert "RSV1 is set: probably permessage-deflate" in first
        assert "compressed 'Hello'" in rest
    broken = explained(capsys, "c1 07 ff ff cd c9 c9 07 00").split("\n\n")[0]
    assert "permessage-deflate" in broken
    assert "handshake" in broken


def test_only_so_many_frames_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = explained(capsys, "8100" * 3000)
    assert text.startswith("Only the first 1000 frames: 4000 more bytes aren't shown.")
    assert text.count("client <- server") == 1000
    assert "6000 bytes" in explained(capsys, "8100" * 3000, "--protocol", "tcp")


def test_a_long_head_is_shown_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 12_000 + b"\r\n"
    status, text = through(head, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 0
    assert text.startswith("client -> server GET / HTTP/1.1")


# ---------------------------------------------------------------- anything at all


def whole_frames(data: bytes) -> bool:
    """Whether these are whole frames, and nothing else: by its own reading of §5.2."""
    at, open_message = 0, False
    while at + 2 <= len(data):
        opcode, fin, size = data[at] & 15, data[at] >> 7, data[at + 1] & 127
        if data[at] & 0x70 not in (0, 0x40) or opcode not in (0, 1, 2, 8, 9, 10):
            return False
        if (opcode >= 8 and not (fin and size <= 125)) or (opcode == 0 and not open_message):
            return False
        more = {126: 2, 127: 8}.get(size, 0)
        if more:
            size = int.from_bytes(data[at + 2 : at + 2 + more], "big")
        at += 2 + more + 4 * (data[at + 1] >> 7) + size
        open_message = open_message if opcode >= 8 else not fin
    return at == len(data)


WORDS = str.split(
    "the face of a bad cafe added dead beef fade decade ace 81 05 48 10 000 I you hello, world. "
    "Don't (really) [1] {x} b'x' \"quoted\" it's 0x81 https://a.b/c > < -> GET HTTP/1.1 key: = + * "
    "# // /* */ é – “ 日本 123 4567 89 00 12:34 2024-05-01 a@b.c"
)
WRITERS: list[Callable[[bytes], str | bytes]] = [
    lambda data: data,
    lambda data: data.hex(" "),
    lambda data: data.hex(),
    lambda data: f"<Buffer {data.hex(' ')}>",
    lambda data: "".join(f"\\x{byte:02x}" for byte in data),
    repr,
    lambda data: str(list(data)),
    lambda data: "{" + ", ".join(map(hex, data)) + "}",
]


def noise(chance: random.Random) -> tuple[str | bytes, bytes]:
    """Something that is no frame, and the bytes in it if there are any."""
    data = chance.randbytes(chance.randint(1, 200))
    kind = chance.randrange(6)
    if kind == 0:
        return " ".join(chance.choices(WORDS, k=40)) + " and so on", b""
    if kind == 1:
        return base64.b64encode(data + b"end" * 3), b""
    if kind == 2:
        return json.dumps({"a": data.hex(), "b": list(data[:3])}), b""
    if kind == 3:
        data = chance.choice([gzip.compress(data), zlib.compress(data)])
    if kind == 4:
        data = chance.choice([b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\n\r\r\n"]) + data
    return chance.choice(WRITERS)(data), data


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_taken_for_frames_without_a_doubt(
    seed: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An explanation that begins with an item claims whole frames; else a sentence comes first."""
    chance = random.Random(seed)
    for _ in range(60):
        given, data = noise(chance)
        given = given if isinstance(given, bytes) else given.encode()
        status, text = through(given, capsys=capsys, monkeypatch=monkeypatch)
        certain = status == 0 and text.startswith("client ")
        assert not certain or (data and whole_frames(data)), given


@pytest.mark.parametrize("seed", range(4))
def test_every_frame_is_explained_in_every_notation(
    seed: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        key = chance.choice([b"", chance.randbytes(4)])
        opcode, name = chance.choice([(1, "text"), (2, "binary"), (9, "ping"), (10, "pong")])
        payload = b"\xc3\xa9 1f" * chance.randint(0, 9) if opcode == 1 else chance.randbytes(20)
        data = frame(opcode, payload, key)
        given = chance.choice(WRITERS)(data)
        given = given if isinstance(given, bytes) else given.encode()
        status, text = through(given, capsys=capsys, monkeypatch=monkeypatch)
        assert status == 0, (given, text)
        # A note may say that it was read as decimal, as hex or as one string.
        first = text.split("\n\n")[0] if text.startswith(("client", "Read as")) else ""
        text = text[text.index("client ") :] if first else text
        arrow = "->" if key else "<-"
        assert text.startswith(f"client {arrow} server {name}"), (given, text)
        assert f" {len(data)} bytes\n" in text
