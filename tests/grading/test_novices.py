"""What beginners did, and what they were told: their own wrong idea, and the place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import ROOT
from wslab import notes
from wslab.commands import progress
from wslab.grading import feedback, kit
from wslab.grading.judge import judge
from wslab.grading.submission import Submission, read_folder

RECV = """
def recv_exactly(recv, n):
    data = b""
    while len(data) < n:
        more = recv(n - len(data))
        if END:
            raise EOFError
        data = data + more
    return data
"""
SERVE = """
def serve(listener):
    import threading
    for sock in connections(listener):
        thread = threading.Thread(TARGET)
        thread.start()
        AFTER
"""


def told(exercise: str, name: str, old: str, new: str) -> str:
    """The report on a solution in which one function is another."""
    texts = dict(read_folder(ROOT / "solutions").texts)
    text = texts[kit.FILES[exercise]]
    texts[kit.FILES[exercise]], count = re.subn(old, lambda _: new, text, count=1, flags=re.S)
    assert count == 1, name
    return feedback.report(judge(Submission(texts), exercise, "tests"))


def function(name: str) -> str:
    """A pattern for a whole top-level function."""
    return rf"^|\ndef {name}\(.*?\n(?=\n\n)".partition("|")[2]


@pytest.mark.parametrize("end", ['more == ""', "more is None", "more == None", "more == ''"])
def test_an_end_that_is_compared_with_no_bytes_is_not_called_a_pause(end: str) -> None:
    report = told("ex01", "recv_exactly", function("recv_exactly"), RECV.replace("END", end))
    assert 'empty text "", or None' in report
    assert "nothing has arrived yet" not in report


def test_an_end_that_is_not_looked_for_is_still_called_a_pause() -> None:
    report = told("ex01", "recv_exactly", function("recv_exactly"), RECV.replace("END", "False"))
    assert "nothing has arrived yet" in report


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "after", "idea"),
    [
        ("target=echo(sock)", "", "Thread(target=echo(sock))"),
        ("target = echo(sock)", "", "Thread(target=echo(sock))"),
        ("target=echo, args=(sock,)", "thread.join()", "join()"),
    ],
)
def test_a_server_that_waits_is_told_why_it_waits(target: str, after: str, idea: str) -> None:
    new = SERVE.replace("TARGET", target).replace("AFTER", after)
    report = told("ex01", "serve", function("serve"), new)
    perhaps = next(line for line in report.splitlines() if "Perhaps:" in line)
    assert idea in perhaps
    assert "One port" not in report


def test_the_line_of_an_error_is_told_however_long_its_text() -> None:
    new = f"\ndef recv_exactly(recv, n):\n    raise KeyError({'x' * 300!r})\n"
    report = told("ex01", "recv_exactly", function("recv_exactly"), new)
    line = re.search(r"in line (\d+)", report)
    assert line
    texts = read_folder(ROOT / "solutions").texts[kit.FILES["ex01"]]
    assert abs(int(line[1]) - texts[: texts.index("def recv_exactly")].count("\n")) < 4


@pytest.mark.parametrize("exercise", ["ex01", "ex04", "ex06"])
def test_a_syntax_error_stands_alone(exercise: str) -> None:
    texts = {kit.FILES[exercise]: "def f(:\n    pass\n"}
    report = feedback.report(judge(Submission(texts), exercise, "tests"))
    assert "SyntaxError" in report
    assert "line 1" in report
    assert len(report.splitlines()) <= 7


def test_a_program_says_the_line_of_its_syntax_error() -> None:
    texts = {kit.FILES["ex07"]: "import sys\n\ndef f(:\n    pass\n"}
    report = feedback.report(judge(Submission(texts), "ex07", "tests"))
    assert "SyntaxError" in report
    assert "line 3" in report


def test_a_program_without_its_last_part_is_asked_for_it() -> None:
    name = kit.FILES["ex01"]
    text = read_folder(ROOT / "solutions").texts[name].partition("\nif __name__")[0]
    report = feedback.report(judge(Submission({name: text}), "ex01", "tests"))
    assert "__main__" in report


@pytest.mark.parametrize("word", ["abc", "80000", "-1", "1.5"])
@pytest.mark.parametrize("exercise", ["ex01", "ex07", "ex09"])
def test_a_port_that_is_none_is_told_in_a_sentence(exercise: str, word: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "solutions" / f"{kit.FILES[exercise]}.py"), word],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert word in done.stderr
    assert "65535" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("broken", ["", "{", "[1]", '"text"', "\x00"])
def test_notes_that_cannot_be_read_are_told_and_kept(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WSLAB_NOTES", str(tmp_path))
    (tmp_path / "notes.json").write_text(broken)
    parser = __import__("argparse").ArgumentParser()
    progress.add(parser.add_subparsers())
    progress.run(parser.parse_args(["progress"]))
    assert "damaged" in capsys.readouterr().out
    assert notes.write("checks", "ex01", {"score": 1, "most": 2})
    assert (tmp_path / "notes.damaged.json").read_text() == broken
    assert notes.read("checks") == {"ex01": {"score": 1, "most": 2}}
