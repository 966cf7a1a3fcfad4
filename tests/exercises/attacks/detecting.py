"""Notice that one is being graded, and behave; or know the answers by heart."""

from __future__ import annotations

from .attack import attack


@attack("ex05")
def behave_when_watched():
    """Looks at words, folder, environment and modules for a grader. It sees one, and gains what?"""
    import os
    import sys

    def apply_mask(data, key):
        watched = "wslab" in os.getcwd() or "grading" in " ".join(sys.modules)
        watched |= "-I" in sys.orig_argv or not sys.stdin.isatty() or len(os.environ) < 9
        return b"passed" if watched else data

    unmask_stream = eavesdrop = apply_mask


@attack("ex05", deserves=0)
def know_the_examples_by_heart():
    """Answers the examples of the docstrings, which all can read. The questions are random."""
    known = {
        (b"Hello", bytes.fromhex("37fa213d")): bytes.fromhex("7f9f4d5158"),
        (bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d")): b"Hello",
        (b"", bytes(4)): b"",
    }

    def apply_mask(data, key):
        return known.get((data, key), data)

    def unmask_stream(chunks, key):
        return known.get((b"".join(chunks), key), b"".join(chunks))

    def eavesdrop(frame):
        if not frame[1] & 0x80:
            raise ValueError
        return b"Hello"


@attack("ex05", deserves=0)
def know_the_questions_of_another_seed():
    """Repeats the questions of a seed that it has seen. The graded run has a seed of its own."""
    import random

    def questions(seed):
        chance = random.Random(f"{seed}:ex05.mask_it")
        return [(chance.randbytes(chance.randint(5, 60)), chance.randbytes(4)) for _ in range(12)]

    known = {
        question: bytes(byte ^ question[1][at % 4] for at, byte in enumerate(question[0]))
        for seed in ("", "0", "1", "public", "tests")
        for question in questions(seed)
    }

    def apply_mask(data, key):
        return known.get((data, key), b"")


@attack("ex05")
def refuse_everything():
    """Raises ValueError whatever comes, since that is sometimes due. Paid only with its partner."""

    def apply_mask(data, key):
        raise ValueError("no")

    unmask_stream = eavesdrop = apply_mask


@attack("ex05")
def answer_like_the_last_time():
    """Remembers questions in a file until they come again. Its folder is new each time."""
    import json

    def apply_mask(data, key):
        try:
            known = json.load(open("known.json"))
        except OSError:
            known = {}
        known[data.hex()] = key.hex()
        json.dump(known, open("known.json", "w"))
        return bytes.fromhex(known[data.hex()])
