"""The browser's header fields are a capture; a browser of today sends the same ones."""

from __future__ import annotations

from tests.comparison.capture_headers import FILE, HOW, capture
from wslab.comparison.requests import as_browser, captured


def test_a_browser_sends_the_fields_that_we_have() -> None:
    again = capture()
    hint = "run: python -m tests.comparison.capture_headers"
    assert set(again["fields"]) == set(captured()["fields"]), hint
    assert again["fields"]["Host"] == captured()["fields"]["Host"] == "{host}"


def test_the_file_says_where_it_comes_from() -> None:
    assert captured()["how"] == HOW
    assert "headless" in captured()["browser"]
    version = captured()["browser"].split()[1].split(".")[0]
    assert f"/{version}." in captured()["fields"]["User-Agent"]
    assert FILE.name == "browser_headers.json"


def test_host_and_length_are_ours() -> None:
    fields = dict(as_browser("127.0.0.1:4711", 123))
    assert fields["Host"] == "127.0.0.1:4711"
    assert fields["Content-Length"] == "123"
    assert fields["Origin"] == "http://127.0.0.1:4711"
    assert not any("{" in value for value in fields.values())
    assert list(fields) == list(captured()["fields"])
