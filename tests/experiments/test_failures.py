"""What a page is told of a failure: asked of a real browser, and held against what we recorded."""

from __future__ import annotations

import json

import pytest

from tests.support.visit import chromium
from wslab.experiments import failures

pytestmark = pytest.mark.usefixtures("nothing_stays")


def test_a_page_cannot_tell_one_failure_from_another() -> None:
    with failures.FailurePage() as failing, chromium() as browser:
        page = browser.new_page()
        page.goto(failing.url)
        answer = page.locator("#answer:not(:empty)")
        found = json.loads(answer.text_content(timeout=20_000) or "")
    told = found["told"]
    assert told["no server there"] == told["refused with 403"]
    assert told["a masked frame from the server"] == told["the connection is reset"]
    assert all("1006" in told[name] for name in ("no server there", "the connection is reset"))
    assert "1000" in told["closed with 1000"]
    assert "nothing" in told["silence, as in a tunnel"]
    assert found["ping"] == "undefined"
    _, recorded = failures.RECORDED
    assert told == recorded, "the lesson shows another result: record it again"
