"""The files of a submission share a worker, as long as it is in good order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wslab.grading.answers import Kind
from wslab.grading.session import Lent, Session

from .drafts import BRIEF, PATIENT

PID = "import os\ndef f(*args): return os.getpid()\n"


@pytest.fixture
def lent() -> Iterator[Lent]:
    with Lent() as worker:
        yield worker


def ask(texts: dict[str, str], file: str, lent: Lent) -> object:
    with Session(texts, file, PATIENT, lent=lent) as session:
        return session.call("f", (), {}).value


def test_one_worker_answers_for_several_files(lent: Lent) -> None:
    texts = {"a": PID, "b": PID, "c": "def f(): return 'c'\n"}
    first = ask(texts, "a", lent)
    assert first == ask(texts, "b", lent) == ask(texts, "a", lent)
    assert ask(texts, "c", lent) == "c"


def test_one_that_hung_is_not_lent(lent: Lent) -> None:
    texts = {"a": PID, "b": "import time\ndef f(): time.sleep(60)\n"}
    first = ask(texts, "a", lent)
    with Session(texts, "b", BRIEF, lent=lent) as session:
        assert session.call("f", (), {}).kind is Kind.LATE
    assert lent.child is None
    assert ask(texts, "a", lent) != first


def test_what_one_file_breaks_for_another_is_tried_in_a_new_worker(lent: Lent) -> None:
    texts = {"a": f"import sys\nsys.modules['json'] = None\n{PID}", "b": f"import json\n{PID}"}
    first = ask(texts, "a", lent)
    assert ask(texts, "b", lent) not in (first, None)


def test_what_another_file_printed_is_nobodys_output(lent: Lent) -> None:
    texts = {name: f"print('this is {name}')\n{PID}" for name in "ab"}
    for name in "ab":
        with Session(texts, name, PATIENT, lent=lent) as session:
            session.call("f", (), {})
        assert session.printed == ""
    with Session(texts, "a", PATIENT) as session:
        session.call("f", (), {})
    assert session.printed == "this is a\n"


def test_strain_counts_what_ended_and_what_hung(lent: Lent) -> None:
    with Session({"a": "import os\ndef f(): os._exit(1)\n"}, "a", PATIENT, lent=lent) as session:
        for _ in range(3):
            session.call("f", (), {})
        assert session.strain == 2
