"""The words of the command line: help, hints, and what happens to the output."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import PYTHON, environment, posix, sentence, wslab
from wslab import __version__
from wslab.cli import main
from wslab.commands import NAMES


def help_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("command", NAMES)
def test_every_command_has_a_help_with_examples(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = help_of(capsys, command)
    examples = text.split("examples:\n")[1]
    assert f"python -m wslab {command}" in examples
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize("command", NAMES)
def test_the_examples_in_the_help_can_be_parsed(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(f"wslab.commands.{command}.run", lambda args: seen.append(args) or 0)
    text = help_of(capsys, command)
    examples = re.findall(
        rf"python -m wslab ({command}.*?)(?:   .*)?$", text.split("examples:\n")[1], re.M
    )
    for example in examples:
        assert main(example.split()) == 0
    assert len(seen) == len(examples) >= 2


def test_the_first_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys)
    assert all(re.search(rf"^    {command} ", text, re.M) for command in NAMES)
    assert "python -m wslab demo" in text


def test_no_command_at_all_is_answered_with_an_overview(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(command in err for command in NAMES)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["serve"], "required: protocol"),
        (["serve", "udp"], "invalid choice: 'udp'"),
        (["serve", "ws", "--port", "http"], "argument --port: invalid int value: 'http'"),
        (["serve", "ws", "--max-message", "0"], "'0' is not a whole number of at least 1"),
        (["serve", "ws", "--max-message", "1e6"], "'1e6' is not a whole number"),
        (["serve", "ws", "--max-fragments", "²"], "is not a whole number"),
        (["serve", "ws", "--idle-timeout", "soon"], "'soon' is not a number of seconds"),
        (["connect", "ws://127.0.0.1:1/", "--timeout", "inf"], "'inf' is not a number of seconds"),
        (["connect", "ws://127.0.0.1:1/", "--timeout", "nan"], "'nan' is not a number of seconds"),
        (["connect", "ws://127.0.0.1:1/", "--timeout", "-1"], "is not a number of seconds"),
        (["connect"], "required: URL"),
        (["explain"], "required: HEX|FILE|-"),
        (["explain", "81", "--sender", "me"], "invalid choice: 'me'"),
        (["demo", "--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_wrong_words_get_a_hint(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert expected in sentence(err)
    assert err.splitlines()[1].endswith(" --help")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"wslab {__version__}\n"


@pytest.mark.parametrize(
    ("program", "name"), [("/a/wslab/__main__.py", "python -m wslab"), ("/bin/wslab", "wslab")]
)
def test_the_hint_is_what_was_typed(
    program: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [program])
    with pytest.raises(SystemExit):
        main(["dmeo"])
    assert f"Try: {name} --help" in capsys.readouterr().err


def test_the_output_may_be_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook, or with contextlib.redirect_stdout."""
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    assert main(["explain", "8105"]) == 0
    assert "frame header" in output.getvalue()


def test_ctrl_c_before_anything_was_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("wslab.commands.demo.run", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "\n"


# ---------------------------------------------------------------- as a process


def test_as_a_process() -> None:
    done = wslab("demo", "Hello")
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout
    assert wslab().returncode == 2
    done = wslab("demo", "--nonsense")
    assert done.returncode == 2
    assert done.stderr.endswith(b"Try: python -m wslab demo --help\n")


@pytest.mark.parametrize("words", [("demo",), ("explain", "8105")], ids=lambda words: words[0])
def test_a_reader_that_has_seen_enough(words: tuple[str, ...]) -> None:
    """As in "| head -1": no complaint, whether the output is longer than a buffer or not."""
    pipe = subprocess.PIPE
    command = [*PYTHON, "-m", "wslab", *words]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment()) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk() -> None:
    with open("/dev/full", "wb") as full:
        command = [*PYTHON, "-m", "wslab", "demo"]
        pipe = subprocess.PIPE
        done = subprocess.run(
            command, stdout=full, stderr=pipe, env=environment(), timeout=30, check=False
        )
    assert done.returncode == 2
    assert sentence(done.stderr) == "wslab: No space left on device"


@posix
def test_without_any_standard_stream() -> None:
    words = [*PYTHON, "-m", "wslab", "explain", "-"]
    script = 'exec "$@" <&- >&- 2>&-'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words], env=environment(), timeout=30, check=False
    )
    assert done.returncode == 2


@posix
@pytest.mark.parametrize(
    ("changes", "colored"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
    ids=["terminal", "NO_COLOR", "dumb"],
)
def test_colours_on_a_terminal(changes: dict[str, str], colored: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:
        command = [*PYTHON, "-m", "wslab", "explain", "8105"]
        with subprocess.Popen(command, stdout=theirs, env=environment(**changes)) as process:
            assert process.wait(30) == 0
            shown = screen.read(100_000)
        with open(theirs):
            pass
    assert b"frame header" in shown
    assert (b"\x1b[" in shown) is colored


def test_a_terminal_without_unicode_gets_codes() -> None:
    done = wslab("explain", "8104f09f9982", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert rb"'\U0001f642'" in done.stdout
