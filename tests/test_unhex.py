"""Hex as people write it, and the dumps of the tools that they use."""

import contextlib
import re
import shutil
import subprocess
import time

import pytest

from tests.protocol.streams import KEY, TEXT, frame, need
from tests.support.visit import missing
from wslab.observe.dissect import dissect
from wslab.protocol.rfc import Role
from wslab.unhex import LooksLike, Piece, read_text, unhex
from wslab.views.text import explain, hexdump

HELLO = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")
C, S = Role.CLIENT, Role.SERVER


def one(text: str) -> bytes:
    """The bytes of a text that says nothing about who sent them."""
    [piece] = unhex(text)
    assert piece.sender is None
    return piece.data


NOTATIONS = {
    "spaces": "81 85 37 fa 21 3d 7f 9f 4d 51 58",
    "none": "818537fa213d7f9f4d5158",
    "upper case": "81 85 37 FA 21 3D 7F 9F 4D 51 58",
    "groups": "8185 37fa213d 7f9f4d51 58",
    "lines": "\n81 85\n37 fa 21 3d\n\n7f 9f 4d 51 58\n",
    "lines without spaces": "818537fa213d7f9f\n4d5158\n",
    "two lines, the second a plain number": "818537fa 213d7f9f\n4d5158",
    "double spaces": "81 85  37 fa 21 3d  7f 9f 4d 51 58",
    "colons": "81:85:37:fa:21:3d:7f:9f:4d:51:58",
    "colons and spaces": "81: 85: 37: fa: 21: 3d: 7f: 9f: 4d: 51: 58",
    "dashes": "81-85-37-FA-21-3D-7F-9F-4D-51-58",
    "commas": "0x81,0x85,0x37,0xfa,0x21,0x3d,0x7f,0x9f,0x4d,0x51,0x58",
    "0x in front": "0x818537fa213d7f9f4d5158",
    "a list": "[0x81, 0x85, 0X37, 0xFA, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]",
    "escapes": r"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
    "quoted escapes": r'"\x81\x85\x37\xfa\x21\x3d" "\x7f\x9f\x4d\x51\x58"',
    "Python": r"b'\x81\x857\xfa!=\x7f\x9fMQX'",
    "Python, two lines": 'b"\\x81\\x857\\xfa"\nb"!=\\x7f\\x9fMQX"'.replace("\n", " "),
    "bytearray": r"bytearray(b'\x81\x857\xfa!=\x7f\x9fMQX')",
    "C": "const char a[] = {\n 0x81, 0x85, 0x37, 0xfa,\n 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, "
    "0x58\n};",
    "C with comments": "char a[3] = { /* 1 } */\n0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, /* ..7.!= */\n"
    "0x7f, 0x9f, 0x4d, 0x51, 0x58 // MQX\n};",
    "xxd -i": "unsigned char a_bin[] = {\n  0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d,\n"
    "  0x51, 0x58\n};\nunsigned int a_bin_len = 11;\n",
    "xxd": "00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX\n",
    "hexdump -C": "00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 |..7.!=..MQX|\n"
    "0000000b\n",
    "od": "000000 81 85 37 fa 21 3d 7f 9f 4d 51 58\n00000b\n",
    "Wireshark, copied": "0000   81 85 37 fa 21 3d 7f 9f 4d 51 58                  ..7.!=..MQX\n",
    "Node.js": "<Buffer 81 85 37 fa 21 3d 7f 9f 4d 51 58>",
    "a typed array": "Uint8Array(11) [\n  129, 133, 55, 250,\n  33, 61, 127, 159,\n  77, 81, 88\n]",
    "a browser's console": "Uint8Array(11) [129, 133, 55, 250, 33, 61, 127, 159, 77, 81, 88, "
    "buffer: ArrayBuffer(11), byteLength: 11, byteOffset: 0, length: 11]",
    "ArrayBuffer": "ArrayBuffer { [Uint8Contents]: <81 85 37 fa 21 3d 7f 9f 4d 51 58>, "
    "byteLength: 11 }",
    "JSON": '{"type":"Buffer","data":[129,133,55,250,33,61,127,159,77,81,88]}',
    "JSON of a typed array": '{"0":129,"1":133,"2":55,"3":250,"4":33,"5":61,"6":127,"7":159,'
    '"8":77,"9":81,"10":88}',
    "a line of a log": r"received: b'\x81\x857\xfa!=\x7f\x9fMQX'",
    "a call": r"sock.sendall(b'\x81\x857\xfa!=\x7f\x9fMQX')",
    "with an address": r"got b'\x81\x857\xfa!=\x7f\x9fMQX' from ('127.0.0.1', 5000)",
    "several literals": "first b'\\x81\\x857\\xfa'\nthen b'!=\\x7f\\x9fMQX'",
    "a list of literals": r"[b'\x81\x857\xfa', b'!=\x7f\x9fMQX']",
    "JavaScript, a string": r'const frame = "\x81\u00857\xfa!=\x7f\x9fMQX";',
    "C, a string": r'const char *f = "\x81\x85" "7\xfa!=\x7f\x9fMQX";',
    "C, octal": r'"\201\2057\372!=\177\237MQX"',
    "printf": r"\x81\x857\xfa!=\x7f\x9fMQX",
    "Go": "[]byte{0x81, 133, 0x37, 250, 0x21, 61, 0x7f, 0x9f, 0x4d, 0x51, 0x58}",
    "Go, %v": "[129 133 55 250 33 61 127 159 77 81 88]",
    "Java": "[-127, -123, 55, -6, 33, 61, 127, -97, 77, 81, 88]",
    "Java, an array": "byte[] f = new byte[] {(byte) 0x81, (byte) 0x85, 55, -6, '!', '=', 127, "
    "(byte) 0x9f, 'M', 'Q', 'X'};",
    "Kotlin": "byteArrayOf(0x81.toByte(), 0x85.toByte(), 55, -6, 33, 61, 127, -97, 77, 81, 88)",
    "Rust": "[129u8, 133, 55, 250, 33, 61, 127, 159, 77, 81, 88]",
    "Erlang": "<<129,133,55,250,33,61,127,159,77,81,88>>",
    "Swift": "<818537fa 213d7f9f 4d5158>",
    "fromhex": "bytes.fromhex('81 85 37 fa 21 3d 7f 9f 4d 51 58')",
    "Buffer.from": "Buffer.from('818537fa213d7f9f4d5158', 'hex')",
    "SQL": "X'818537fa213d7f9f4d5158'",
    "PostgreSQL": r"\x818537fa213d7f9f4d5158",
    "decimal": "129 133 55 250 33 61 127 159 77 81 88",
    "decimal, commas": "129, 133, 55, 250, 33, 61, 127, 159, 77, 81, 88",
    "bits": "10000001 10000101 00110111 11111010 00100001 00111101 01111111 10011111 01001101 "
    "01010001 01011000",
    "bits of Python": "0b10000001 0b10000101 0b110111 0b11111010 0b100001 0b111101 0b1111111 "
    "0b10011111 0b1001101 0b1010001 0b1011000",
    "bits in fours": "1000 0001 1000 0101 0011 0111 1111 1010 0010 0001 0011 1101 0111 1111 1001 "
    "1111 0100 1101 0101 0001 0101 1000",
    "od -t x1": "0000000 81 85 37 fa 21 3d 7f 9f 4d 51 58\n0000013\n",
    "od -A d": "0000000 81 85 37 fa 21 3d 7f 9f 4d 51 58\n0000011\n",
    "od, its first line": "0000000 81 85 37 fa 21 3d 7f 9f 4d 51 58",
    "in colours": "\x1b[1;32m00000000\x1b[0m: \x1b[1;31m8185\x1b[0m 37fa 213d 7f9f 4d51 58"
    "              ..7.!=..MQX\n",
    "Format-Hex": "\n           Path: C:\\a.bin\n\n           00 01 02 03 04 05 06 07 08 09 0A\n\n"
    "00000000   81 85 37 FA 21 3D 7F 9F 4D 51 58                 .7ú!=MQX\n",
    "Format-Hex of PowerShell 7": "   Label: String (System.String) <2C2D6E8A>\n\n"
    "          Offset Bytes                                           Ascii\n"
    "                 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n"
    "          ------ ----------------------------------------------- -----\n"
    "0000000000000000 81 85 37 FA 21 3D 7F 9F 4D 51 58                .7ú!=MQX\n",
    "HxD": "Offset(h) 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n\n"
    "00000000  81 85 37 FA 21 3D 7F 9F 4D 51 58                 ..7ú!=.ŸMQX",
    "curl": "<= Recv data, 11 bytes (0xb)\n"
    "0000: 81 85 37 fa 21 3d 7f 9f 4d 51 58                ..7.!=..MQX\n",
    "a terminal": "$ xxd a.bin\n00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX\n$ ",
    "gdb": "0x7ffd:\t0x81\t0x85\t0x37\t0xfa\t0x21\t0x3d\t0x7f\t0x9f\n0x8005:\t0x4d\t0x51\t0x58",
    "no-break spaces": "81\u00a085\u00a037 fa 21 3d 7f 9f 4d 51 58",
    "byte order mark": "\ufeff81 85 37 fa 21 3d 7f 9f 4d 51 58",
    "Wireshark, followed": "00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58            ..7.!=.. MQX\n",
}


@pytest.mark.parametrize("name", NOTATIONS)
def test_every_notation_gives_the_same_bytes(name: str) -> None:
    assert one(NOTATIONS[name]) == HELLO


def test_the_escaped_string_of_wireshark() -> None:
    assert one('"\\x81\\x05\\x48" \\\n"\\x65\\x6c\\x6c\\x6f"') == b"\x81\x05Hello"


def test_a_byte_with_one_digit_is_clear_only_with_0x() -> None:
    assert one("{ 0x5, 0x1 }") == b"\x05\x01"
    with pytest.raises(ValueError, match=r"'5' in .* odd number of hex digits"):
        unhex("81, 5, 4a")


# ---------------------------------------------------------------- dumps


DATA = {
    "short": b"Hello",
    "a row": bytes(range(16)),
    "a row and a bit": bytes(range(23)),
    "half a row": b"\x81\x06abcdef",
    "text that looks like hex": b"abcd" * 5,
    "a last row that looks like hex": bytes(16) + b"ab cd",
    "repeated rows": bytes(100) + b"end",
    "all the same": b"a" * 64,
}
TOOLS = {
    "xxd": "xxd", "xxd -p": "xxd -p", "xxd -i": "xxd -i", "xxd -c 8": "xxd -c 8",
    "xxd -c 32": "xxd -c 32", "xxd -g 1": "xxd -g 1", "xxd -c 8 -g 1": "xxd -c 8 -g 1",
    "xxd -u": "xxd -u", "xxd -a": "xxd -a", "hexdump -C": "hexdump -C",
    "hexdump -vC": "hexdump -vC",
    "od": "od -A x -t x1", "od, octal": "od -t x1", "od, decimal": "od -A d -t x1",
    "od, no offset": "od -v -A n -t x1", "xxd, decimal": "xxd -d",
    "od with text": "od -A x -t x1z", "od -v": "od -v -A x -t x1",
}  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", DATA)
def test_what_the_tools_write_can_be_read(tool: str, name: str) -> None:
    command = TOOLS[tool].split()
    if not shutil.which(command[0]):
        missing(f"{command[0]} is not installed")
    done = subprocess.run(command, input=DATA[name], capture_output=True, timeout=30, check=False)
    if done.returncode:
        pytest.skip(f"this {command[0]} is another one: {done.stderr!r}")
    assert one(done.stdout.decode()) == DATA[name]


@pytest.mark.parametrize("name", DATA)
def test_our_own_dump_can_be_read(name: str) -> None:
    rows = hexdump(dissect(DATA[name], "tcp").fields)
    assert one("\n".join(rows)) == DATA[name]
    assert one("\n".join(row.strip() for row in rows)) == DATA[name], "as it is often copied"


def test_one_row_of_our_own_dump_from_anywhere() -> None:
    rows = explain(dissect(frame(TEXT, bytes(range(100)), KEY))).splitlines()[1:8]
    for row in rows:
        assert one(row) == bytes.fromhex(row[8:56])
    assert one("\n".join(rows[2:5])) == bytes.fromhex("".join(row[8:56] for row in rows[2:5]))


def test_a_star_stands_for_rows_like_the_one_before() -> None:
    assert one("00000000  61 61\n*\n00000006  62\n00000007") == b"aaaaaab"
    with pytest.raises(ValueError, match="the row at offset 0 has 2 bytes"):
        unhex("00000000  61 61  |aa|\n*\nffffffff")  # four gigabytes from two lines


FOLLOWED = """\
00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=.. MQX
    00000000  81 05 48 65 6c 6c 6f                              ..Hello
0000000B  88 80 00 00 00 00                                 ......
    00000007  88 00                                             ..
"""

PEERS = """\
char peer0_0[] = { /* Packet 4 */
0x81, 0x80, 0x00, 0x00,
0x00, 0x00 };
char peer1_0[] = { /* Packet 6 */
0x81, 0x00 };
"""


def test_a_followed_stream_of_wireshark_has_both_directions() -> None:
    """What the server sent is indented; each direction counts its own bytes."""
    assert unhex(FOLLOWED) == [
        Piece(C, HELLO),
        Piece(S, bytes.fromhex("81 05 48 65 6c 6c 6f")),
        Piece(C, bytes.fromhex("88 80 00 00 00 00")),
        Piece(S, bytes.fromhex("88 00")),
    ]


def test_the_c_arrays_of_wireshark_have_both_directions() -> None:
    assert unhex(PEERS) == [
        Piece(C, bytes.fromhex("81 80 00 00 00 00")),
        Piece(S, bytes.fromhex("81 00")),
    ]


def test_swapped_bytes_are_refused() -> None:
    """Without -C hexdump shows numbers of 16 bits: 81 85 becomes 8581."""
    with pytest.raises(ValueError, match="swap the bytes of each pair: use hexdump -C"):
        unhex("0000000 8581 fa37 3d21 9f7f 514d 0058\n000000b\n")


def test_a_dump_with_a_row_missing() -> None:
    rows = NOTATIONS["hexdump -C"].replace("0000000b", "00000020  81 05 |..|")
    with pytest.raises(ValueError, match="row at offset 0 has 11 bytes, but the next one is at 20"):
        unhex(rows)


def test_plain_hex_is_not_taken_for_a_dump() -> None:
    """Groups of digits and spaces are bytes, unless they can only be offsets."""
    assert one("00  81 85") == b"\x00\x81\x85"
    assert one("8105  4865 6c6c 6f") == bytes.fromhex("81054865 6c6c6f")
    assert one("81054865 6c6c6f") == bytes.fromhex("81054865 6c6c6f")
    assert one("818537fa 213d\n7f9f4d5158") == HELLO
    assert one("81 85\n82 05") == b"\x81\x85\x82\x05"


def test_a_dump_of_each_packet_with_a_line_above() -> None:
    rows = "\t0x0000:  8105 4865 6c6c 6f                        ..Hello\n"
    text = f"12:34:56.7 IP a.1 > b.80: length 7\n{rows}12:34:57.1 IP a.1 > b.80: length 7\n{rows}"
    assert one(text) == 2 * b"\x81\x05Hello"
    with pytest.raises(ValueError, match="is not a hex digit"):
        unhex("00000000: 8105 48   ..H\nlost\n00000003: 6c6c  ll")


def test_octal_and_decimal_offsets_that_look_alike() -> None:
    with pytest.raises(ValueError, match=r"octal or decimal: use od -A x -t x1"):
        unhex(f"0000000{' 00' * 16}\n*\n0000160\n")


@pytest.mark.parametrize(
    ("text", "data", "note"),
    [
        ("[10, 33, 61, 77]", b"\n!=M", "decimal"),
        ("10 33 61 77", b"\x10\x33\x61\x77", "decimal, write them in brackets"),
        ("129 5 72", b"\x81\x05H", "decimal"),
        ("10000001 00000101", b"\x81\x05", "bits"),
        ("1000000100000101", b"\x10\0\0\1\0\0\1\1", "as hex"),
        ("say b'ab' twice", b"ab", "'say twice'"),
        ("$ od a\n0000000 61 62\n0000002", b"ab", "'$ od a'"),
        ("00000000: 88020303 e8000000", b"\x88\x02\3\3\xe8\0\0\0", "xxd -e"),
    ],
)
def test_what_can_be_read_in_two_ways_is_said(text: str, data: bytes, note: str) -> None:
    reading = read_text(text)
    assert b"".join(piece.data for piece in reading.pieces) == data
    assert note in reading.note


@pytest.mark.parametrize("name", [n for n in NOTATIONS if n not in ("decimal", "bits", "printf")])
def test_what_is_certain_has_no_note(name: str) -> None:
    note = read_text(NOTATIONS[name]).note
    assert not re.search("Read as (hex|one)", note) or "fours" in name


# ---------------------------------------------------------------- who sent it


@pytest.mark.parametrize(("to_server", "to_client"), [(">", "<"), ("->", "<-"), ("  > ", " <")])
def test_marks_of_direction(to_server: str, to_client: str) -> None:
    text = f"{to_server}81 85\n37fa213d 7f9f4d5158\n{to_client} 81 00\n{to_client} 89 00\n"
    assert unhex(text) == [Piece(C, HELLO), Piece(S, bytes.fromhex("81 00 89 00"))]


# ---------------------------------------------------------------- what cannot be read


FAULTS = {
    "": "there are no bytes: give hex digits",
    " \n ": "there are no bytes",
    "0x": "there are no bytes",
    "{ }": "there are no bytes",
    ">": "there are no bytes",
    "b''": "there are no bytes",
    "818": "'818' in '818' has an odd number of hex digits; two make a byte",
    "81 8": "'8' in '81 8' has an odd number of hex digits",
    "81 0g": "'g' in '81 0g' is not a hex digit",
    "81 O5": "'O' in '81 O5' is not a hex digit",
    "81 05\nHello": "'H' in 'Hello' is not a hex digit",
    "→ 81": r"'\u2192' in '\u2192 81' is not a hex digit",
    "81\x1b[2J": r"'\x1b' in '81\x1b[2J' is not a hex digit",
    "b'abc": "\"b'abc\" is not a bytes literal of Python",
    r"b'\x8'": "is not a bytes literal of Python",
    "b'a' + 'b'": "is not a bytes literal of Python",
    "z" * 100: "'z' in 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...' is not a hex digit",
    "*": "'*' in '*' is not a hex digit",
    "81 05\u200b 48 65": "character 6 is ZERO WIDTH SPACE",
    "81 05\n48 \ufeff65": "character 4 of line 2 is ZERO WIDTH NO-BREAK SPACE",
    "81 05 \x0048 65": "character 7 is the control character U+0000",
    "81\u00ad05 48 65": "character 3 is SOFT HYPHEN",
    "81\u201305\u201348\u201365": "character 3 is EN DASH",
    "\u201c81 05 48 65\u201d": "character 1 is LEFT DOUBLE QUOTATION MARK",
    "\uff18\uff11 05 48 65 6c": "character 1 is FULLWIDTH DIGIT EIGHT",
    "81 05 48 6l": "character 11 is the letter l, not the digit 1",
    "81 O5 48 65": "character 4 is the letter O, not the digit 0",
    "<Buffer 81 05 48 ... 50 more bytes>": "the bytes are cut",
    "Uint8Array(200) [129, 5, 72, ... 100 more items]": "the bytes are cut",
    "Uint8Array(9) [129, 5, 72]": "9 bytes are promised, and 3 are here",
    "b'ab'...": "the bytes are cut",
    "[129, 256]": "256 is more than a byte holds",
    "{0x81, 010}": "'010' begins with 0",
    "0x81, 0x05, 48": "48 has no 0x",
    r'"\x81\u2014"': "more than a byte",
    '"\\x81\xe9"': "may be several bytes",
    "0000000 002601 062510\n0000004": "use od -A x -t x1",
    "0000000 201 005   H   e\n0000004": "use od -A x -t x1",
    "0000000 129   5  72 101\n0000004": "use od -A x -t x1",
    "000000 0581 6548\n000004": "use od -A x -t x1",
    "0000000 65480581 006f6c6c\n0000007": "use od -A x -t x1",
    "0000000 0581 6548                    >..He<": "swap the bytes of each pair",
    "00000000: 65480581   6f6c6c                    ..Hello": "xxd -e, which swaps",
    "00000000: 0581 6548 6c6c   6f                      ..Hello": "xxd -e, which swaps",
    "00000000: 10000001 00000101 01001000  ..H": "xxd -b writes bits",
}  # fmt: skip


KINDS = {
    "gQVIZWxsbw==": "base64",
    "dGhlIHNhbXBsZSBub25jZQ==": "base64",
    '"gQVIZWxsbw=="': "base64",
    '{"log": {"version": "1.2", "entries": []}}': "HAR",
    '{"opcode": 1, "payloadData": "Hello"}': "JSON",
    '[{"a": 1}]': "JSON",
    "Traceback (most recent call last):\n  File 'a'\nValueError: b'\\x81'": "a Python traceback",
    "-----BEGIN CERTIFICATE-----\nMIIB\n": "PEM",
    "ws://127.0.0.1:80/chat": "a URL",
    "<!DOCTYPE html><html></html>": "HTML",
    "import socket\nsock = socket.socket()\n": "source code",
    "#include <stdio.h>\nint main() { return 0; }": "source code",
    "> GET /chat HTTP/1.1\n> Host: a\n>\n< HTTP/1.1 101 Switching Protocols\n": "curl",
    "GET /chat HTTP/1.1": "HTTP",
    " 201 005 110 145 154 154 157": "octal",
    "201 145 154": "octal",
}


@pytest.mark.parametrize("text", KINDS)
def test_what_holds_no_bytes_of_a_connection_is_named(text: str) -> None:
    with pytest.raises(LooksLike, match=re.escape(KINDS[text])):
        unhex(text)


@pytest.mark.parametrize("text", FAULTS)
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(FAULTS[text])) as caught:
        unhex(text)
    message = str(caught.value)
    assert len(message) < 160
    assert message.isprintable()
    assert "\n" not in message


LONG = [
    "(",
    "[",
    "{",
    "{/*",
    "<",
    "\\\n",
    "a (",
    "1",
    "[1",
    "b'",
    '"',
    " ",
    "\n",
    "a=",
    "0 ",
    "*\n",
]


@pytest.mark.parametrize("part", LONG)
def test_a_long_text_takes_no_longer_for_each_byte(part: str) -> None:
    """Work that grows with the square of the length would take minutes here."""
    text = part * (2**18 // len(part)) + "!"
    before = time.process_time()
    with contextlib.suppress(ValueError):
        unhex(text)
    assert time.process_time() - before < 15


need("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

thorough = settings(deadline=None, derandomize=True)


@thorough
@given(st.text("0123456789abcdefx \n:>{}'b\\*|", max_size=60) | st.text(max_size=30))
def test_whatever_is_written_it_is_read_or_refused(text: str) -> None:
    try:
        pieces = unhex(text)
    except ValueError:
        return
    assert any(piece.data for piece in pieces)


@thorough
@given(st.binary(min_size=1, max_size=80))
def test_all_bytes_in_all_notations(data: bytes) -> None:
    escapes = "".join(f"\\x{byte:02x}" for byte in data)
    array = ", ".join(f"{byte:#x}" for byte in data)
    dump = "\n".join(hexdump(dissect(data, "tcp").fields))
    for text in (
        data.hex(),
        data.hex(" "),
        data.hex(":"),
        escapes,
        f"{{{array}}}",
        repr(data),
        dump,
    ):
        assert one(text) == data
