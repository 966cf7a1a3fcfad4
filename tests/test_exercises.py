"""The exercises: starters that say what comes next, and solutions that carry real traffic."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import pytest

import wslab
from tests.support.peers import (
    DEADLINE,
    dial,
    events,
    goodbye,
    http_answer,
    masked,
    read_to_end,
    request,
    reset,
    upgraded,
)
from tests.support.pythons import pythons
from tests.support.shell import posix
from tests.support.visit import chromium, missing
from wslab import tcp_echo, ws_echo
from wslab.protocol import frames, handshake
from wslab.protocol.rfc import Role

ROOT = Path(__file__).resolve().parent.parent
EXERCISES, SOLUTIONS = ROOT / "exercises", ROOT / "solutions"

NAMES = [
    "ex01_echo_over_tcp",
    "ex02_messages_over_a_stream",
    "ex03_opening_handshake",
    "ex04_frames",
    "ex05_masking",
    "ex06_messages",
    "ex07_websocket_echo",
    "ex08_predict_the_traffic",
    "ex09_chat",
]
GIVEN = ["pieces", "plumbing"]

# What the kit promises to students, word for word: names, parameters, results.
CONTRACT = {
    "ex01_echo_over_tcp": {
        "send_all": "(send: 'Callable[[bytes], int]', data: 'bytes') -> 'None'",
        "recv_exactly": "(recv: 'Callable[[int], bytes]', n: 'int') -> 'bytes'",
        "echo": "(sock: 'socket.socket') -> 'None'",
    },
    "ex02_messages_over_a_stream": {
        "split_lines": "(chunks: 'Iterable[bytes]') -> 'tuple[list[bytes], bytes]'",
        "pack": "(message: 'bytes') -> 'bytes'",
        "unpack": "(buffer: 'bytes') -> 'tuple[list[bytes], bytes]'",
    },
    "ex03_opening_handshake": {
        "parse_request": "(raw: 'bytes') -> 'tuple[str, dict[str, str]]'",
        "is_upgrade": "(headers: 'dict[str, str]') -> 'bool'",
        "accept_key": "(key: 'str') -> 'str'",
        "build_response": "(key: 'str') -> 'bytes'",
    },
    "ex04_frames": {
        "encode_frame": "(opcode: 'int', payload: 'bytes', *, fin: 'bool' = True, "
        "mask: 'bytes | None' = None) -> 'bytes'",
        "decode_frame": "(data: 'bytes') -> 'tuple[bool, int, bytes, bytes]'",
        "read_frame": "(recv: 'Callable[[int], bytes]') -> 'tuple[bool, int, bytes]'",
    },
    "ex05_masking": {
        "apply_mask": "(data: 'bytes', key: 'bytes') -> 'bytes'",
        "unmask_stream": "(chunks: 'Iterable[bytes]', key: 'bytes') -> 'bytes'",
        "eavesdrop": "(frame: 'bytes') -> 'bytes'",
    },
    "ex06_messages": {
        "reassemble": "(frames: 'Iterable[tuple[bool, int, bytes]]') "
        "-> 'list[tuple[int, str | bytes]]'",
        "encode_close": "(code: 'int', reason: 'str' = '') -> 'bytes'",
        "decode_close": "(payload: 'bytes') -> 'tuple[int, str]'",
        "control_reply": "(opcode: 'int', payload: 'bytes') -> 'bytes | None'",
    },
    "ex07_websocket_echo": {},
    "ex08_predict_the_traffic": {
        "websocket_bytes": "(messages: 'int', size: 'int') -> 'tuple[int, int]'",
    },
    "ex09_chat": {},
}

# What runs for ever, or needs a peer: their example is the program itself.
PROGRAMS = {"serve", "talk", "keep_alive"}

REASON = r"\w+"  # whatever it is: a reason must be said

exercise = pytest.mark.parametrize("name", NAMES)

pytestmark = pytest.mark.timeout(120)


# ------------------------------------------------------------ the files

LOOK = """
import importlib, inspect, json, sys
module = importlib.import_module(sys.argv[1])
found = {}
for name, thing in vars(module).items():
    if inspect.isfunction(thing) and thing.__module__ == module.__name__:
        signature = inspect.signature(thing)
        given = {p.name: None for p in signature.parameters.values()}
        try:
            said = thing(**given) if sys.argv[2:] and "NotImplementedError" in inspect.getsource(
                thing) else None
        except NotImplementedError as error:
            said = str(error)
        found[name] = {"signature": str(signature), "doc": thing.__doc__, "said": said}
print(json.dumps(found))
"""


def functions(folder: Path, name: str, *call: str) -> dict[str, dict[str, str]]:
    """The functions of a file, imported by a Python of its own, which finds pieces.py there."""
    answer = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", LOOK, name, *call],
        cwd=folder,
        capture_output=True,
        timeout=DEADLINE,
        check=True,
    )
    found: dict[str, dict[str, str]] = json.loads(answer.stdout)
    return found


def test_solutions_mirror_the_exercises() -> None:
    for folder, more in (EXERCISES, ["fallback"]), (SOLUTIONS, []):
        assert sorted(path.stem for path in folder.glob("*.py")) == sorted(NAMES + GIVEN + more)
    for name in GIVEN:
        given = [(folder / f"{name}.py").read_bytes() for folder in (EXERCISES, SOLUTIONS)]
        assert given[0] == given[1]


@exercise
def test_a_starter_says_what_comes_next(name: str) -> None:
    starter, solution = functions(EXERCISES, name, "call"), functions(SOLUTIONS, name, "call")
    stubs = {each for each, found in starter.items() if found["said"]}
    assert stubs >= CONTRACT[name].keys()
    assert stubs >= {"talk"} if name in ("ex07_websocket_echo", "ex09_chat") else stubs
    for each in stubs:
        said = starter[each]["said"]
        assert said.startswith(f"{each}: ")
        assert len(said) > len(each) + 20, "that is no help"
    assert not any(found["said"] for found in solution.values())


@exercise
def test_starter_and_solution_make_the_same_promise(name: str) -> None:
    starter, solution = functions(EXERCISES, name), functions(SOLUTIONS, name)
    for each, found in starter.items():
        assert found == solution[each]
        example = each in PROGRAMS or each in ("connections", "main") or ">>> " in found["doc"]
        assert example, f"{each} has no example"
    for each, signature in CONTRACT[name].items():
        assert starter[each]["signature"] == signature


@pytest.mark.parametrize("path", [*EXERCISES.glob("*.py"), *SOLUTIONS.glob("*.py")], ids=str)
def test_they_need_nothing_but_python(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, *GIVEN}
    if path.stem == "fallback":  # what steps in is made of the library
        allowed.add("wslab")
    for node in ast.walk(ast.parse(path.read_bytes())):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        assert {module.partition(".")[0] for module in modules} <= allowed


@pytest.mark.parametrize("version", pythons())
def test_the_examples_in_the_solutions_hold(version: str) -> None:
    answer = doctest(pythons()[version], *(SOLUTIONS / f"{name}.py" for name in NAMES))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@exercise
def test_the_examples_in_the_starters_do_not_hold_yet(name: str) -> None:
    answer = doctest(sys.executable, EXERCISES / f"{name}.py")
    examples = ">>> " in (EXERCISES / f"{name}.py").read_text("utf-8")
    assert (answer.returncode != 0, "NotImplementedError" in answer.stdout) == (examples, examples)


def doctest(python: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-s", "-S", "-B", "-X", "utf8", "-W", "error", "-m", "doctest", *paths],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("folder", [EXERCISES, SOLUTIONS], ids=lambda folder: folder.name)
@pytest.mark.parametrize("tool", ["ruff", pytest.param("mypy", marks=pytest.mark.slow)])
def test_they_are_models_of_style(tool: str, folder: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec(tool) is None:
        missing(f"{tool} is not installed")
    words = {"ruff": ["check", "--no-cache"], "mypy": ["--strict", f"--cache-dir={tmp_path}"]}
    files = sorted(folder.glob("*.py"))
    answer = subprocess.run(
        [sys.executable, "-m", tool, *words[tool], *files],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


# ------------------------------------------------------------ the functions


def solution(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"solution_{name}", SOLUTIONS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lines_and_messages_come_out_however_the_stream_is_cut() -> None:
    ex02, dice = solution(NAMES[1]), random.Random(2)
    for _ in range(50):
        messages = [dice.randbytes(dice.choice([0, 1, 3, 300])) for _ in range(dice.randrange(6))]
        lines = [message.replace(b"\n", b"") for message in messages]
        stream = b"".join(line + b"\n" for line in lines) + b"tail"
        assert ex02.split_lines(list(cut(stream, dice))) == (lines, b"tail")
        found, buffer = [], b""
        for chunk in cut(b"".join(map(ex02.pack, messages)) + b"\0\0", dice):
            complete, buffer = ex02.unpack(buffer + chunk)
            found += complete
        assert (found, buffer) == (messages, b"\0\0")


def cut(data: bytes, dice: random.Random) -> Iterator[bytes]:
    while data:
        size = dice.randint(1, 5)
        yield data[:size]
        data = data[size:]


def test_the_handshake_agrees_with_the_library() -> None:
    ex03, dice = solution(NAMES[2]), random.Random(3)
    for _ in range(20):
        key = str(dice.random())
        assert ex03.accept_key(key) == handshake.accept_value(key)
    _path, headers = ex03.parse_request(request(Connection="keep-alive, UPGRADE"))
    assert ex03.is_upgrade(headers)
    for wrong in ("host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version"):
        assert not ex03.is_upgrade({k: v for k, v in headers.items() if k != wrong})
        assert wrong == "host" or not ex03.is_upgrade(headers | {wrong: "8"})


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET chat HTTP/1.1\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost\r\n\r\n",
        b"GET / HTTP/1.1\r\n: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=REASON):
        solution(NAMES[2]).parse_request(raw)


@pytest.mark.parametrize("size", [0, 1, 4, 125, 126, 127, 258, 65535, 65536])
@pytest.mark.parametrize("key", [None, b"\x00\x01\xfe\xff"])
def test_frames_agree_with_the_library(size: int, key: bytes | None) -> None:
    ex04, ex05, ex08 = solution(NAMES[3]), solution(NAMES[4]), solution(NAMES[7])
    payload = random.Random(size).randbytes(size)
    frame = frames.encode_frame(2, payload, key or b"", fin=False)
    assert ex04.encode_frame(2, payload, fin=False, mask=key) == frame
    assert ex04.decode_frame(frame + b"rest") == (False, 2, payload, b"rest")
    assert ex08.frame_header(size, masked=key is not None) == len(frame) - size
    stream = iter(frame + b"rest")
    assert ex04.read_frame(lambda n: bytes([next(stream)])) == (False, 2, payload)
    assert bytes(stream) == b"rest"
    if key:
        assert ex05.eavesdrop(frame) == payload
        chunks = cut(frame[-size:] if size else b"", random.Random(size))
        assert ex05.unmask_stream(chunks, key) == payload


def test_a_frame_that_is_cut_short_or_malformed_is_refused() -> None:
    ex04 = solution(NAMES[3])
    frame = frames.encode_frame(1, b"x" * 126, b"abcd")
    for size in range(len(frame)):
        with pytest.raises(ValueError, match=REASON):
            ex04.decode_frame(frame[:size])
        with pytest.raises(EOFError):
            ex04.read_frame(Pipe(frame[:size]).recv)
    wrong = ["c100", "8300", "8b00", "0900", "897e007e" + "00" * 126, "827e007d" + "00" * 125]
    for bad in [*wrong, "827f000000000000ffff" + "00" * 65535, "827f8000000000000000"]:
        data = bytes.fromhex(bad)
        with pytest.raises(ValueError, match=REASON):
            ex04.decode_frame(data)
        with pytest.raises(ValueError, match=REASON):
            ex04.read_frame(Pipe(data).recv)


class Pipe:
    """A stream that gives what it has, and then its end."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def recv(self, n: int) -> bytes:
        chunk, self.data = self.data[:n], self.data[n:]
        return chunk


def test_messages_and_their_end() -> None:
    ex06 = solution(NAMES[5])
    cut_in_two = [(False, 1, b"caf\xc3"), (True, 9, b""), (True, 0, b"\xa9"), (True, 2, b"\xff")]
    assert ex06.reassemble(cut_in_two) == [(9, b""), (1, "café"), (2, b"\xff")]
    assert ex06.reassemble([(False, 2, b""), (False, 0, b""), (True, 0, b"")]) == [(2, b"")]
    broken = [[(True, 0, b"")], [(False, 1, b""), (True, 1, b"")], [(False, 1, b"")]]
    for order in [*broken, [(True, 1, b"\xff")]]:
        with pytest.raises(ValueError, match=REASON):
            ex06.reassemble(order)
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535):
        with pytest.raises(ValueError, match=REASON):
            ex06.encode_close(code)
        with pytest.raises(ValueError, match=REASON):
            ex06.decode_close(code.to_bytes(2, "big"))
    for code in (1000, 1003, 1007, 1014, 3000, 4999):
        assert ex06.decode_close(ex06.encode_close(code, "é")) == (code, "é")
    for payload in (b"\x03", b"\x03\xe8\xff"):
        with pytest.raises(ValueError, match=REASON):
            ex06.control_reply(8, payload)
    with pytest.raises(ValueError, match="123"):
        ex06.encode_close(1000, "é" * 62)
    assert ex06.control_reply(10, b"pong") is None
    assert ex06.control_reply(8, b"") == b"\x88\x00"


@pytest.mark.parametrize(("messages", "size"), [(3, 16), (2, 126), (1, 65536)])
def test_the_prediction_is_what_a_tap_counts(messages: int, size: int) -> None:
    recording = wslab.Recording()
    with ws_echo.serve() as server, wslab.connect(server.url, tap=recording) as ws:
        before = [recording.size(role) for role in (Role.CLIENT, Role.SERVER)]
        for _ in range(messages):
            ws.send(b"x" * size)
            ws.recv(DEADLINE)
        after = [recording.size(role) for role in (Role.CLIENT, Role.SERVER)]
    measured = after[0] - before[0], after[1] - before[1]
    ex08 = solution(NAMES[7])
    assert ex08.websocket_bytes(messages, size) == measured
    assert ex08.length_prefix_bytes(messages, size) == (messages * (size + 4),) * 2


def test_break_even_is_the_first_number_that_is_cheaper() -> None:
    ex08, dice = solution(NAMES[7]), random.Random(8)
    for _ in range(200):
        size, shake = dice.choice([0, 16, 126, 70000]), dice.choice([0, 3, 300, 1000])
        heads = dice.choice([(1, 2), (8, 6), (120, 90), (20, 4)])
        found = ex08.break_even(size, shake, *heads)
        cheaper = (
            n
            for n in range(1, 1200)
            if sum(ex08.websocket_bytes(n, size)) + shake < sum(ex08.http_bytes(n, size, *heads))
        )
        assert found == next(cheaper, None)


# ------------------------------------------------------------ the programs


class Program(NamedTuple):
    """An exercise that runs as a server; ``address`` is what tests.support.peers needs of one."""

    process: subprocess.Popen[str]
    url: str

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.url.rstrip("/").rpartition(":")[2])

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C when all who came have been let in: (exit code, what it said on stderr).

        A visitor who is let in at that very moment would be dropped, with a warning.
        """
        with suppress(OSError), socket.create_connection(self.address, DEADLINE) as last:
            last.shutdown(socket.SHUT_WR)
            read_to_end(last)
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, said


@contextmanager
def running(path: Path, *words: str, python: str = sys.executable) -> Iterator[Program]:
    """The program, started as a grader would: no site-packages, nothing on the path."""
    command = [python, "-I", "-S", "-B", "-X", "dev", "-W", "error", str(path), "0", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8") as process:
        timer = threading.Timer(60, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, process.communicate()[1]
            yield Program(process, url)
        finally:
            timer.cancel()
            process.kill()


@pytest.fixture(scope="module")
def echo() -> Iterator[Program]:
    """The solution of exercise 7; after all the tests it has nothing to complain about."""
    with running(SOLUTIONS / "ex07_websocket_echo.py") as program:
        yield program
        if os.name == "posix":
            assert program.interrupt() == (0, "")


@pytest.fixture
def chat() -> Iterator[Program]:
    """The solution of exercise 9."""
    with running(SOLUTIONS / "ex09_chat.py") as program:
        yield program
        if os.name == "posix" and program.process.poll() is None:
            assert program.interrupt() == (0, "")


def test_the_tcp_echo_serves_several_at_a_time_and_ends_at_ctrl_c() -> None:
    words = [b"Hello", b"x" * 300_000, b"\n"]
    with running(SOLUTIONS / "ex01_echo_over_tcp.py") as program, ExitStack() as stack:
        socks = [stack.enter_context(tcp_echo.connect(program.url)) for _ in range(5)]
        reset(tcp_echo.connect(program.url))
        for sock in reversed(socks):
            assert list(tcp_echo.say(sock, words)) == words
        socks[0].sendall(b"the end")
        socks[0].shutdown(socket.SHUT_WR)
        assert read_to_end(socks[0]) == b"the end"
        if os.name == "posix":
            assert program.interrupt() == (0, "")


@pytest.mark.parametrize("name", ["ex01_echo_over_tcp", "ex07_websocket_echo"])
def test_a_port_that_is_taken_is_said_in_a_sentence(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, str(SOLUTIONS / f"{name}.py"), port],
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE,
        )
    assert done.returncode == 1
    assert done.stderr.endswith("Take another port, or 0 for any free one.\n")
    assert "Traceback" not in done.stderr


def test_the_websocket_echo_carries_our_client(echo: Program) -> None:
    words = ["Hello", b"Hello", "", b"", "Grüße, 世界 🌍", b"\xff\x00", "x" * 100_000, b"y" * 2**20]
    with wslab.connect(echo.url) as ws:
        assert list(ws_echo.say(ws, words)) == words
        ws.send_fragments(["Gr", "üß", "", "e"])
        assert ws.recv() == "Grüße"
        assert ws.ping() >= 0
        ws.close(4000, "enough")
        assert ws.close_code == 4000


def test_the_websocket_echo_carries_somebody_elses_client(echo: Program) -> None:
    try:
        from websockets.sync.client import connect
    except ImportError:
        missing("websockets is not installed")
    with connect(echo.url, compression="deflate", close_timeout=DEADLINE) as ws:
        for word in ("Grüße", b"\x00\xff", "x" * 70_000):
            ws.send(word)
            assert ws.recv(DEADLINE) == word
        ws.send(["frag", "ments"])
        assert ws.recv(DEADLINE) == "fragments"
        assert ws.ping().wait(DEADLINE)
    assert ws.close_code == 1000


PIECES = masked(1, b"", fin=False) + masked(0, b"", fin=False) * 16 * 1024
BROWSE = """url => new Promise((resolve, reject) => {
    const ws = new WebSocket(url), heard = [];
    ws.onopen = () => { ws.send("Grüße"); ws.send("x".repeat(70000)); ws.send(new Blob(["bin"])); };
    ws.onmessage = async ({data}) => {
        heard.push(typeof data == "string" ? data.length : await data.text());
        if (heard.length == 3) ws.close(4000, "enough");
    };
    ws.onclose = ({code, wasClean}) => resolve([...heard, code, wasClean]);
})"""


def test_the_websocket_echo_carries_a_browser(echo: Program) -> None:
    with chromium() as browser:
        page = browser.new_page()
        assert page.evaluate(BROWSE, echo.url) == [5, 70000, "bin", 4000, True]


@pytest.mark.parametrize("version", list(pythons())[1:])
def test_the_servers_run_on_every_python(version: str) -> None:
    python = pythons()[version]
    for name in ("ex07_websocket_echo", "ex09_chat"):
        with running(SOLUTIONS / f"{name}.py", python=python) as program:
            with wslab.connect(program.url) as ws:
                assert list(ws_echo.say(ws, ["Grüße", ""])) == ["Grüße", ""]
            if os.name == "posix":
                assert program.interrupt() == (0, "")


TALK = (masked(1, b"caf\xc3", fin=False) + masked(9, b"?") + masked(0, b"\xa9")) + (
    masked(2, b"x" * 200) + masked(10, b"unasked") + masked(8, b"\x03\xe8bye")
)
ANSWER = (b"\x8a\x01?" + b"\x81\x05caf\xc3\xa9") + (
    b"\x82\x7e\x00\xc8" + b"x" * 200 + b"\x88\x02\x03\xe8"
)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_it_does_not_matter_how_the_bytes_arrive(echo: Program, size: int) -> None:
    data = request() + TALK
    with dial(echo) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), size):
            sock.sendall(data[start : start + size])
        head, _, answers = read_to_end(sock).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert answers == ANSWER


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"\x81\x05Hello", 1002, id="not-masked"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 1002, id="http"),
        pytest.param(b"\xc1\x80", 1002, id="reserved-bit"),
        pytest.param(b"\x83\x80", 1002, id="reserved-opcode"),
        pytest.param(b"\x09\x80", 1002, id="fragmented-ping"),
        pytest.param(b"\x89\xfe\x00\x7e", 1002, id="long-ping"),
        pytest.param(b"\x81\xfe\x00\x05abcdHello", 1002, id="length-not-shortest"),
        pytest.param(b"\x82\xff" + b"\xff" * 8, 1002, id="top-bit"),
        pytest.param(masked(0, b"x"), 1002, id="continuation-of-nothing"),
        pytest.param(masked(1, b"x", fin=False) + masked(1, b"x"), 1002, id="new-inside-old"),
        pytest.param(masked(8, b"\x03"), 1002, id="close-of-one-byte"),
        pytest.param(masked(8, b"\x03\xed"), 1002, id="close-1005"),
        pytest.param(masked(8, b"\x03\xe8\xff"), 1007, id="close-reason-not-utf8"),
        pytest.param(masked(1, b"\xff"), 1007, id="text-not-utf8"),
        pytest.param(masked(1, b"\xc3", fin=False) + masked(0, b"("), 1007, id="cut-not-utf8"),
        pytest.param(b"\x82\xff" + (2**20 + 1).to_bytes(8, "big"), 1009, id="too-long"),
        pytest.param(b"\x82\xff" + (2**62).to_bytes(8, "big"), 1009, id="gigabytes"),
        pytest.param(
            masked(2, b"x" * 2**20, fin=False) + b"\x80\x81", 1009, id="too-long-in-pieces"
        ),
        pytest.param(PIECES, 1009, id="too-many-pieces"),
    ],
)
def test_what_breaks_a_rule_ends_the_connection(echo: Program, data: bytes, code: int) -> None:
    with upgraded(echo) as sock:
        sock.sendall(data)
        assert goodbye(sock)[0] == code


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request(Sec_WebSocket_Key=None), 400),
        (request(Sec_WebSocket_Key="c2hvcnQ="), 400),
        (request(Host=None), 400),
        (request("POST / HTTP/1.1"), 400),
        (b"hello\r\n\r\n", 400),
        (request(Sec_WebSocket_Version="8"), 426),
        (b"GET / HTTP/1.1\r\nHost: me\r\nX: " + b"x" * 20_000, 431),
    ],
)
def test_what_is_no_handshake_gets_an_answer_of_http(
    echo: Program, raw: bytes, status: int
) -> None:
    with dial(echo, raw) as sock:
        found, headers, _ = http_answer(sock)
    assert found == status
    assert headers["Sec-WebSocket-Version"] == ("13" if status == 426 else None)


def test_peers_that_stop_or_vanish_are_nobody_elses_problem(echo: Program) -> None:
    with ExitStack() as stack:
        for data in (b"", request()[:30], request() + b"\x81", request() + b"\x81\x85abc"):
            stack.enter_context(dial(echo, data))
            reset(dial(echo, data))
        deaf = stack.enter_context(upgraded(echo))
        deaf.settimeout(0.2)
        with suppress(TimeoutError):  # it sends megabytes, and never reads the echo
            for _ in range(20):
                deaf.sendall(masked(2, b"x" * 500_000))
        with wslab.connect(echo.url) as ws:
            assert list(ws_echo.say(ws, ["still", "here"])) == ["still", "here"]


@posix
def test_at_ctrl_c_everybody_is_told_1001() -> None:
    with running(SOLUTIONS / "ex07_websocket_echo.py") as program:
        with upgraded(program) as idle, upgraded(program) as busy:
            busy.sendall(masked(1, b"begun", fin=False))
            program.process.send_signal(signal.SIGINT)
            assert [goodbye(idle)[0], goodbye(busy)[0]] == [1001, 1001]
        assert program.process.wait(DEADLINE) == 0


# ------------------------------------------------------------ the chat


def test_everybody_hears_everything_in_the_same_order(chat: Program) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(wslab.connect(chat.url)) for _ in range(4)]
        threads = [
            threading.Thread(target=lambda ws=ws, i=i: [ws.send(f"{i}: {n}") for n in range(30)])
            for i, ws in enumerate(crowd)
        ]
        for thread in threads:
            thread.start()
        heard = [[ws.recv(DEADLINE) for _ in range(120)] for ws in crowd]
        for thread in threads:
            thread.join(DEADLINE)
    assert heard[0] == heard[1] == heard[2] == heard[3]
    for i in range(4):
        assert [text for text in heard[0] if text[0] == str(i)] == [f"{i}: {n}" for n in range(30)]


def test_who_is_welcome_is_in_the_room(chat: Program) -> None:
    with wslab.connect(chat.url) as speaker:
        for number in range(50):
            with wslab.connect(chat.url) as guest:
                speaker.send(f"welcome {number}")
                assert guest.recv(DEADLINE) == f"welcome {number}"


def test_one_guest_s_mistake_is_no_other_guest_s_end(chat: Program) -> None:
    with wslab.connect(chat.url) as ws:
        for data, code in ((masked(2, b"x"), 1003), (b"\x81\x00", 1002), (masked(8), 1005)):
            with upgraded(chat) as bad:
                bad.sendall(data)
                assert goodbye(bad)[0] == code
        with dial(chat, b"hello\r\n\r\n") as stranger:
            assert http_answer(stranger)[0] == 400
        reset(upgraded(chat))
        ws.send("still here")
        assert ws.recv(DEADLINE) == "still here"


def test_behind_a_close_nothing_more_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])  # the file adds its folder
    for name in GIVEN:
        monkeypatch.setitem(sys.modules, name, solution(name))
    sent: list[bytes] = []
    stream = SimpleNamespace(send=lambda data: sent.append(data) or len(data))
    outbox = solution("ex09_chat").Outbox(stream)
    for frame in (b"\x81\x01a", b"\x88\x02\x03\xe8", b"\x81\x01b"):
        outbox.put(frame)
    outbox.finish()
    outbox.deliver()
    assert sent == [b"\x81\x01a", b"\x88\x02\x03\xe8"]


def test_a_slow_reader_stops_nobody_and_has_to_go(chat: Program) -> None:
    with wslab.connect(chat.url) as ws, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.settimeout(DEADLINE)
        slow.connect(chat.address)
        slow.sendall(request())
        for _ in range(12):
            ws.send("x" * 2**20)
            assert len(ws.recv(DEADLINE)) == 2**20
        with suppress(ConnectionError):
            assert len(read_to_end(slow)) < 12 * 2**20
        ws.send("bye")
        assert ws.recv(DEADLINE) == "bye"


def test_a_dead_peer_is_noticed_and_a_silent_one_that_answers_stays() -> None:
    with ExitStack() as stack:
        program = stack.enter_context(running(SOLUTIONS / "ex09_chat.py", "0.5"))
        began = time.monotonic()
        dead = stack.enter_context(upgraded(program))
        alive = stack.enter_context(wslab.connect(program.url))
        *pings, closed = events(read_to_end_while_listening(dead, alive))
        assert time.monotonic() - began > 0.9, "two times 0.5 seconds are due first"
        assert len(pings) >= 2
        assert closed.code == 1008
        alive.send("I am")
        assert alive.recv(DEADLINE) == "I am"


def read_to_end_while_listening(dead: socket.socket, alive: wslab.WebSocket) -> bytes:
    """What ``dead`` gets, who never answers, while ``alive`` listens (and so answers pings)."""
    ended = threading.Event()

    def listen() -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                alive.recv(0.05)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        return read_to_end(dead)
    finally:
        ended.set()
        thread.join(DEADLINE)


@posix
def test_the_chat_says_goodbye_at_ctrl_c(chat: Program) -> None:
    with upgraded(chat) as one, upgraded(chat) as other:
        chat.process.send_signal(signal.SIGINT)
        assert [goodbye(one)[0], goodbye(other)[0]] == [1001, 1001]
    assert chat.process.wait(DEADLINE) == 0


# ------------------------------------------------------------ built from one's own pieces


def kit(folder: Path, *own: str, library: bool = True) -> Path:
    """A copy of the kit whose owner has written exercise 7 and nothing else."""
    work = folder / "exercises"
    work.mkdir()
    for name in (*(f"{each}.py" for each in GIVEN), "fallback.py", *own):
        shutil.copy(EXERCISES / name, work)
    shutil.copy(SOLUTIONS / "ex07_websocket_echo.py", work)
    if library:
        shutil.copytree(ROOT / "wslab", folder / "wslab")
    return work


def echoes(work: Path) -> str:
    """Talk to the server in ``work``, and give what it said on stderr."""
    with running(work / "ex07_websocket_echo.py") as program:
        with wslab.connect(program.url) as ws:
            assert list(ws_echo.say(ws, ["Hello", b"Hello"])) == ["Hello", b"Hello"]
        program.process.kill()
        return program.process.communicate(timeout=DEADLINE)[1]


def test_exercise_7_alone_borrows_the_rest_and_says_so(tmp_path: Path) -> None:
    said = echoes(kit(tmp_path))
    for piece in ("recv_exactly", "parse_request", "decode_frame", "reassemble"):
        assert f"{piece} is wslab's, not yours (FileNotFoundError: there is no ex0" in said


def test_a_stub_is_replaced_when_it_is_called_and_is_said_once(tmp_path: Path) -> None:
    own = [f"{name}.py" for name in NAMES[:6]]
    said = echoes(kit(tmp_path, *own))
    assert said.count("decode_frame is wslab's, not yours (decode_frame: read the") == 1


def test_one_s_own_piece_is_the_one_that_runs(tmp_path: Path) -> None:
    work = kit(tmp_path)
    mine = (SOLUTIONS / "ex04_frames.py").read_text("utf-8")
    mine += "\nimport sys\nprint('this is mine', file=sys.stderr)\n"
    (work / "ex04_frames.py").write_text(mine, "utf-8")
    (work / "ex06_messages.py").write_text("def reassemble(:\n", "utf-8")
    (work / "ex01_echo_over_tcp.py").write_text("raise SystemExit(3)\n", "utf-8")
    said = echoes(work)
    assert "this is mine" in said
    assert "frame is wslab's" not in said
    assert "reassemble is wslab's, not yours (SyntaxError: " in said
    assert "send_all is wslab's, not yours (SystemExit: 3)" in said


def test_a_broken_piece_is_not_hidden(tmp_path: Path) -> None:
    work = kit(tmp_path)
    wrong = (SOLUTIONS / "ex03_opening_handshake.py").read_text("utf-8").replace("258EAFA5", "0")
    (work / "ex03_opening_handshake.py").write_text(wrong, "utf-8")
    refused = pytest.raises(wslab.HandshakeError, match="Accept")
    with running(work / "ex07_websocket_echo.py") as program, refused:
        wslab.connect(program.url)


def test_without_wslab_the_missing_piece_is_named(tmp_path: Path) -> None:
    path = kit(tmp_path, library=False) / "ex07_websocket_echo.py"
    command = [sys.executable, "-I", "-S", "-B", str(path), "0"]  # -S: where none is installed
    answer = subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=DEADLINE, check=False
    )
    assert answer.returncode == 1
    assert "No module named 'wslab'): write it in ex0" in answer.stderr


def test_a_starter_that_is_run_says_what_is_missing() -> None:
    with running(EXERCISES / "ex01_echo_over_tcp.py") as program:
        assert program.process.wait(DEADLINE) == 1
        assert "NotImplementedError: serve: for each socket" in program.process.communicate()[1]
    for name in ("ex07_websocket_echo", "ex09_chat"):
        with running(EXERCISES / f"{name}.py") as program:
            with dial(program, request()) as sock:
                assert read_to_end(sock) == b""
            program.process.kill()
            assert "not written yet: talk: shake hands" in program.process.communicate()[1]
