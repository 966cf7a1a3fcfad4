"""What a lesson asks and keeps. Without a notebook it prints."""

from pathlib import Path

import pytest

from wslab import lesson as module
from wslab import notes, tcp_echo
from wslab.lesson import Lesson

QUESTION = "How many bytes does one recv give?"


@pytest.fixture(autouse=True)
def notes_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WSLAB_NOTES", str(tmp_path))


@pytest.fixture
def lesson(capsys: pytest.CaptureFixture[str]) -> Lesson:
    lesson = Lesson("02")
    capsys.readouterr()
    return lesson


class TestSetUp:
    def test_it_says_what_is_here_and_what_is_missing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Lesson("02", needs=["json", "no_such_package"])

        lines = capsys.readouterr().out.splitlines()
        assert lines[:3] == [
            "ok       Python 3.10 or newer",
            "ok       sockets on this computer",
            "ok       json",
        ]
        assert lines[3] == "missing  no_such_package"
        assert "python3 start.py" in lines[4]

    def test_without_sockets_there_is_no_lesson(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(module, "loopback_works", lambda: False)

        with pytest.raises(RuntimeError, match="lines above"):
            Lesson("02")
        assert "a firewall" in capsys.readouterr().out


class TestPredictions:
    def test_without_a_guess_the_lesson_goes_on_and_nothing_is_kept(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lesson.predict("recv", QUESTION, None, unit="bytes")
        lesson.compare("recv", 12)
        lesson.summary()

        said = capsys.readouterr().out
        assert QUESTION in said
        assert "No guess yet" in said
        assert "The answer: **12 bytes**. You wrote no guess." in said
        assert "no prediction in this lesson" in said
        assert notes.read("predictions") == {}

    @pytest.mark.parametrize(("guess", "verdict"), [(12, "Well done"), (4, "You said 4 bytes")])
    def test_a_guess_is_kept_and_compared(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str], guess: int, verdict: str
    ) -> None:
        lesson.predict("recv", QUESTION, guess, unit="bytes")
        assert notes.read("predictions")["02.recv"][1] == guess
        lesson.compare("recv", 12)

        assert verdict in capsys.readouterr().out

    def test_what_is_written_after_the_result_is_no_prediction(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lesson.predict("recv", QUESTION, 4)
        lesson.compare("recv", 12)
        lesson.predict("recv", QUESTION, 12)

        said = capsys.readouterr().out
        assert "first prediction stays, **4**" in said
        assert "`lesson.forget()`" in said, "how to begin anew"
        assert notes.read("predictions")["02.recv"][1] == 4

    def test_it_stays_also_in_a_new_kernel_and_forget_begins_anew(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        notes.write("predictions", "03.other", ["?", 1])
        lesson.predict("recv", QUESTION, 4)
        lesson.compare("recv", 12)
        Lesson("02").predict("recv", QUESTION, 12)
        assert "first prediction stays" in capsys.readouterr().out

        lesson.forget()
        lesson.predict("recv", QUESTION, 12)

        said = capsys.readouterr().out
        assert "are forgotten" in said
        assert "You say **12**" in said
        assert set(notes.read("predictions")) == {"02.recv", "03.other"}

    @pytest.mark.parametrize(
        ("guess", "choices", "problem"),
        [
            ("many", (), "is not a number"),
            (True, (), "is not a number"),
            ("neither", ("client", "server"), "none of the answers"),
        ],
    )
    def test_a_guess_that_cannot_be_compared_gets_advice_and_stops_nothing(
        self,
        lesson: Lesson,
        capsys: pytest.CaptureFixture[str],
        guess: str,
        choices: tuple[str, ...],
        problem: str,
    ) -> None:
        lesson.predict("recv", QUESTION, guess, choices=choices)
        lesson.compare("recv", 3)

        said = capsys.readouterr().out
        assert problem in said
        assert f"Your guess, `{guess!r}`, could not be compared" in said
        assert "no guess" not in said, "there was one"
        assert notes.read("predictions") == {}

    def test_one_of_the_choices_may_be_written_in_any_case(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lesson.predict("who", "Who ends it?", "Server", choices=("client", "server"))
        lesson.compare("who", "server")

        said = capsys.readouterr().out
        assert "(client, server)" in said
        assert "Well done" in said

    def test_a_result_without_its_prediction_says_which_cell_was_not_run(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lesson.compare("recv", 12)

        assert "prediction `recv`" in capsys.readouterr().out

    def test_the_summary_counts_what_came_out_as_predicted(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lesson.predict("near", "How long?", 95)
        lesson.compare("near", 100, within=0.1)
        lesson.predict("wrong", "How many?", 1)
        lesson.compare("wrong", 1000, within=0.1)
        lesson.predict("later", "And then?", 5)
        capsys.readouterr()

        lesson.summary()

        said = capsys.readouterr().out
        assert "| How many? | 1 | 1,000 |" in said
        assert "| And then? | 5 | (not run yet) |" in said
        assert "**1 of 2** came out as you said" in said

    def test_the_summary_knows_what_was_said_before_the_kernel_was_restarted(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        notes.write("predictions", "03.other", ["In another lesson?", 1, "", 1, True])
        notes.write("predictions", "02.edited", 17)
        lesson.predict("recv", QUESTION, 4, unit="bytes")
        lesson.compare("recv", 12)
        capsys.readouterr()

        after = Lesson("02")
        after.predict("later", "And then?", 5)
        after.summary()

        said = capsys.readouterr().out
        assert f"| {QUESTION} | 4 bytes | 12 bytes |" in said
        assert "| And then? | 5 | (not run yet) |" in said
        assert "another lesson" not in said

    def test_the_summary_takes_the_guess_of_now_before_the_one_that_was_kept(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lesson.predict("recv", QUESTION, 4)
        lesson.predict("recv", QUESTION, None)
        lesson.summary()

        assert "no prediction in this lesson" in capsys.readouterr().out

    def test_notes_that_somebody_edited_are_asked_for_again(
        self, lesson: Lesson, capsys: pytest.CaptureFixture[str]
    ) -> None:
        notes.write("predictions", "02.recv", 17)

        lesson.predict("recv", QUESTION, 4)

        assert "You say **4**" in capsys.readouterr().out


class TestOpenThings:
    def test_a_cell_that_runs_again_closes_what_it_made_before(self, lesson: Lesson) -> None:
        first = lesson.keep("server", tcp_echo.serve)
        second = lesson.keep("server", tcp_echo.serve)
        try:
            with pytest.raises(OSError, match="Cannot connect"):
                tcp_echo.connect(first.url, timeout=5)
            with tcp_echo.connect(second.url, timeout=5) as sock:
                sock.sendall(b"?")
                assert sock.recv(1) == b"?"
        finally:
            lesson.end()
        with pytest.raises(OSError, match="Cannot connect"):
            tcp_echo.connect(second.url, timeout=5)

    def test_the_first_cell_run_again_loses_nothing_that_is_open(self, lesson: Lesson) -> None:
        server = lesson.keep("server", tcp_echo.serve)

        Lesson(lesson.number).end()

        with pytest.raises(OSError, match="Cannot connect"):
            tcp_echo.connect(server.url, timeout=5)

    def test_to_end_what_was_never_made_does_nothing(self, lesson: Lesson) -> None:
        lesson.end("server")
        lesson.end()
