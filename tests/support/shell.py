"""The command line as a learner uses it: a process of its own, with a deadline."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from wslab.cli import main

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 30.0

# Warnings are errors there too, and what is left open at the end is a warning.
PYTHON = [sys.executable, "-X", "dev", "-W", "error"]

posix = pytest.mark.skipif(os.name != "posix", reason="signals of this kind are those of POSIX")


def environment(**changes: str) -> dict[str, str]:
    """What the process finds around it: neutral, unless a test says otherwise."""
    neutral = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    return {**neutral, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), **changes}


def wslab(*words: str, stdin: bytes = b"", **changes: str) -> subprocess.CompletedProcess[bytes]:
    """``python -m wslab …`` from beginning to end."""
    return subprocess.run(
        [*PYTHON, "-m", "wslab", *words],
        input=stdin,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
        env=environment(**changes),
    )


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m wslab …`` while it runs. It is killed after the deadline, and at the end."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*PYTHON, "-m", "wslab", *words], stdin=pipe, stdout=pipe, stderr=pipe, env=environment()
    ) as process:
        timer = threading.Timer(DEADLINE, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()
            with suppress(OSError):  # what it did not read any more
                process.stdin.close()  # type: ignore[union-attr]


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Exit status, the rest of standard output, standard error."""
    out, err = process.communicate(timeout=DEADLINE)
    return process.returncode, out.decode(), err.decode()


def sentence(error: str | bytes) -> str:
    """What stands on standard error, after a look that it is one clear sentence, no traceback."""
    text = error if isinstance(error, str) else error.decode()
    assert "Traceback" not in text, text
    assert text.startswith("wslab: "), text
    line, newline, more = text.partition("\n")
    assert newline, text
    assert not more or more.startswith("Try: "), text
    return line


def address(process: object, scheme: str, host: str = "127.0.0.1") -> str:
    """The first line, while the server runs: that it comes at all shows that it was flushed."""
    line = process.stdout.readline().decode().rstrip("\n")  # type: ignore[attr-defined]
    end = "" if scheme == "tcp" else "/"
    assert re.fullmatch(rf"{scheme}://{re.escape(host)}:\d+{end}", line), line
    return line


def trouble(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """A command that ends with status 2 and one sentence."""
    assert main([*words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return sentence(err)
