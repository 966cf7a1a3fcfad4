"""Whatever a student's code does is an answer of this one call, and the next call is answered."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.grading.drafts import BRIEF, FILE, ask, session
from wslab.grading.answers import Answer, Kind
from wslab.grading.limits import Limits
from wslab.grading.process import Child
from wslab.grading.session import Session
from wslab.grading.wire import Other

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and descriptors of POSIX")


def test_values_come_back_as_they_are() -> None:
    code = "def f(*args, **kwargs): return args, kwargs"
    answer = ask(code, b"a", "é", 1, True, None, [1.5], x={"a": (b"",)})
    assert answer == Answer(
        Kind.RETURNED, ((b"a", "é", 1, True, None, [1.5]), {"x": {"a": (b"",)}})
    )


def test_errors_come_back_with_their_names_and_their_line() -> None:
    answer = ask("""
        class Mine(UnicodeError): pass
        def f():
            raise Mine("no é here")
    """)
    assert answer.kind is Kind.RAISED
    assert answer.errors[:3] == ("Mine", "UnicodeError", "ValueError")
    assert (answer.text, answer.file, answer.line) == ("no é here", f"{FILE}.py", 4)


def test_only_the_data_of_a_value_counts() -> None:
    """An IntEnum and a NamedTuple are honest ways to write it; an __eq__ does not travel."""
    answer = ask("""
        import enum, typing
        class Op(enum.IntEnum):
            TEXT = 1
        class Frame(typing.NamedTuple):
            fin: bool
            opcode: int
        class Yes(bytes):
            def __eq__(self, other): return True
            def __len__(self): return 5
            def __class__(self): return str
        def f():
            return Frame(True, Op.TEXT), Yes(b"no")
    """)
    assert answer.value == ((True, 1), b"no")
    assert [type(part) for part in (*answer.value, *answer.value[0])] == [tuple, bytes, bool, int]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("bytearray(b'x')", "bytearray"), ("{1, 2}", "set"), ("(x for x in ())", "generator"),
     ("object()", "object"), ("1 << 10000", "int"), ("float('nan')", "float"), ("f", "function"),
     ("type('Sly', (), {'__class__': bytes, '__eq__': lambda a, b: True})()", "Sly")],
)  # fmt: skip
def test_what_is_no_plain_data_is_only_named(value: str, kind: str) -> None:
    answer = ask(f"def f(): return {value}")
    assert answer.kind is Kind.RETURNED
    assert type(answer.value) is Other
    assert answer.value.kind == kind
    assert not answer.fits(Answer(Kind.RETURNED, b"x"))


def test_an_endless_nest_and_a_giant_are_only_named() -> None:
    code = """
        nest = []
        nest.append(nest)
        def f(which): return nest if which else bytes(5_000_000)
    """
    with session(code) as one:
        nest = one.call("f", (True,), {})
        assert nest.kind is Kind.RETURNED
        assert "list" in repr(nest.value)
        assert one.call("f", (False,), {}).value.text.startswith("too long")


LEAVING = {
    "SystemExit": ("raise SystemExit(0)", Kind.RAISED),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", Kind.RAISED),
    "recursion": ("f()", Kind.RAISED),
    "exit": ("import os; os._exit(0)", Kind.ENDED),
    "abort": ("import os; os.abort()", Kind.ENDED),
    "crash": ("import ctypes; ctypes.string_at(0)", Kind.ENDED),
    "close": ("import os; os.closerange(3, 100)", None),
    "close all": ("import os; os.closerange(0, 100)", None),
    "rubbish": ("import os\n    for n in range(3, 20):\n"
                "        try: os.write(n, b'HTTP/1.1 200 OK\\n')\n"
                "        except OSError: pass\n    return 1", Kind.BROKEN),
    "patched json": ("import json\n    json.JSONEncoder.encode = lambda *a: 'x'", None),
    "patched wire": ("import sys\n    sys.modules['grading.wire'].write = lambda *a: 1", Kind.LATE),
    "forged answer": ("import sys, os\n    w = sys.modules['grading.wire']\n"
                      "    for n in range(3, 20):\n"
                      "        try: w.write(n, ['returned', 99, True], 1000)\n"
                      "        except OSError: pass", Kind.BROKEN),
    "loop": ("while True: pass", Kind.LATE),
    "sleep": ("import time; time.sleep(100)", Kind.LATE),
    "no exit": ("while True:\n        try: import time; time.sleep(9)\n"
                "        except BaseException: pass", Kind.LATE),
}  # fmt: skip


@POSIX
@pytest.mark.parametrize("name", LEAVING)
def test_after_anything_the_next_call_is_answered(name: str) -> None:
    body, kind = LEAVING[name]
    code = f"def f():\n    {body}\n\ndef g(a): return a + 1\n"
    began = time.monotonic()
    with Session({FILE: code}, FILE, BRIEF) as one:
        answer = one.call("f", (), {})
        assert answer.kind is not Kind.RETURNED or answer.value is None
        if kind:
            assert answer.kind is kind
        # One trial more, for what was broken but not noticed: a closed pipe, a patched module.
        answers = [one.call("g", (1,), {}), one.call("g", (1,), {})]
    assert Answer(Kind.RETURNED, 2) in answers
    assert time.monotonic() - began < 30


def test_printing_gets_into_nobodys_way() -> None:
    code = """
        import sys
        print("loaded")
        def f():
            print("x" * 1_000_000)
            print("y" * 1_000_000, file=sys.stderr)
            sys.stdout.buffer.write(b"\\x00\\x00\\x00\\x02{}")
            return sys.stdin.read(), input
    """
    with session(code) as one:
        answer = one.call("f", (), {})
        one.close()
        assert answer.kind is Kind.RETURNED, answer
        assert answer.value[0] == ""
        assert one.printed.startswith("loaded\nxxx")
        assert len(one.printed) <= one.limits.output


@POSIX
def test_what_was_printed_is_there_however_late_the_reader_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine the thread that reads it may not have had its turn."""
    late = Child._read_output
    monkeypatch.setattr(Child, "_read_output", lambda self: (time.sleep(1), late(self)))
    with session("print('loaded')\ndef f(): pass") as one:
        one.call("f", (), {})
    assert one.printed == "loaded\n"


@POSIX
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not keep RLIMIT_AS")
def test_memory_is_bounded() -> None:
    code = "def f(n):\n    a = []\n    while True:\n        a.append(bytes(50_000_000))\n"
    answer = ask(code, 1, limits=Limits(load=30, call=15, memory=300 << 20))
    assert answer.kind in (Kind.RAISED, Kind.ENDED, Kind.LATE)
    if answer.kind is Kind.RAISED:
        assert answer.errors[0] == "MemoryError"


def running(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_a_child_in_the_group_ends_with_the_worker() -> None:
    code = """
        import os, time
        def f():
            pid = os.fork()
            if not pid:
                time.sleep(60)
                os._exit(0)
            return pid
    """
    began = time.monotonic()
    answer = ask(code, limits=Limits(load=30, call=15, seccomp=False))
    assert answer.kind is Kind.RETURNED
    assert time.monotonic() - began < 20, "the child holds the pipe, and nobody waits for it"
    deadline = time.monotonic() + 10
    while running(answer.value) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running(answer.value)


@pytest.mark.parametrize(
    ("code", "words"),
    [("def f(:\n  pass", "SyntaxError"), ("raise ModuleNotFoundError", "ModuleNotFoundError"),
     ("raise RuntimeError('no')", "RuntimeError"), ("raise SystemExit", "SystemExit"),
     ("x = 1\ny = x / 0", "ZeroDivisionError"), ("\tx = 1", "IndentationError")],
)  # fmt: skip
def test_a_file_that_cannot_be_loaded_says_why(code: str, words: str) -> None:
    with Session({FILE: code}, FILE, BRIEF) as one:
        trouble = one.load()
        assert trouble
        assert trouble.errors[0] == words
        assert one.call("f", (), {}) == trouble, "and is not tried again"


def test_a_file_that_never_ends_loading() -> None:
    limits = Limits(load=1.5, call=1)
    with Session({FILE: "while True: pass"}, FILE, limits) as one:
        trouble = one.load()
        assert trouble
        assert trouble.kind is Kind.LATE


def test_restarts_are_counted() -> None:
    limits = Limits(load=30, call=15, restarts=2)
    with Session({FILE: "import os\ndef f(): os._exit(1)"}, FILE, limits) as one:
        kinds = [one.call("f", (), {}).kind for _ in range(5)]
    assert kinds == [Kind.ENDED] * 3 + [Kind.SKIPPED] * 2


def test_a_missing_function_is_missing() -> None:
    assert ask("def g(): pass").kind is Kind.MISSING


# ---------------------------------------------------------------- nothing to steal


def test_the_reference_is_nowhere_in_the_worker() -> None:
    code = """
        import gc, os, sys
        def f():
            modules = [name for name in sys.modules if "wslab" in name or "reference" in name]
            return modules, sys.path, dict(os.environ), sys.argv
    """
    answer = ask(code)
    modules, path, environment, argv = answer.value
    assert modules == []
    kit = str(Path(__file__).resolve().parents[2])
    assert not any(entry.startswith(kit) or "site-packages" in entry for entry in path)
    assert set(environment) <= {
            "HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LC_CTYPE",
        "MALLOC_ARENA_MAX", "PYTHONHASHSEED",
    }  # fmt: skip
    assert kit not in " ".join(argv)


def test_a_set_has_the_same_order_in_each_worker() -> None:
    code = "def f(): return list({'a', 'b', 'c', 'd', 'e', 'f'})"
    assert len({tuple(ask(code).value) for _ in range(3)}) == 1


def test_no_name_of_a_students_file_gets_in_the_way_of_a_worker() -> None:
    with Session({"a": "def f(): return 1", "typing": "1 / 0", "queue": "1 / 0"}, "a") as one:
        assert one.call("f", (), {}).value == 1


def test_nothing_stays_behind(nothing_stays: None) -> None:
    with session("def f(): open('a', 'w').write('x')") as one:
        assert one.call("f", (), {}).kind is Kind.RETURNED
        assert one._child
        folder = one._child.folder
        assert os.path.exists(folder)
    assert not os.path.exists(folder)
