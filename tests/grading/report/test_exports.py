"""Gradescope and JUnit: held against what their documentation and their schemas ask for."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.grading.report.class_of import CLASS, HOSTILE, record
from tests.grading.report.test_page import attacked
from wslab.grading.report import gradescope, junit

# ---------------------------------------------------------------- Gradescope

VISIBLE = ("hidden", "after_due_date", "after_published", "visible")
FORMATS = ("text", "html", "simple_format", "md", "ansi")
TOP: dict[str, Any] = {
    "score": (int, float), "execution_time": (int, float), "output": str, "output_format": FORMATS,
    "test_output_format": FORMATS, "test_name_format": FORMATS, "visibility": VISIBLE,
    "stdout_visibility": VISIBLE, "extra_data": dict, "tests": list, "leaderboard": list,
}  # fmt: skip
TEST: dict[str, Any] = {
    "score": (int, float), "max_score": (int, float), "status": ("passed", "failed"), "name": str,
    "name_format": FORMATS, "number": str, "output": str, "output_format": FORMATS, "tags": list,
    "visibility": VISIBLE, "extra_data": dict,
}  # fmt: skip
"""From https://gradescope-autograders.readthedocs.io/en/latest/specs/, field by field."""


def faults(data: dict[str, Any], fields: dict[str, Any]) -> list[str]:
    found = []
    for name, value in data.items():
        due = fields.get(name, ())
        words = isinstance(due, tuple) and all(isinstance(one, str) for one in due)
        if value not in due if words else (not isinstance(value, due) or isinstance(value, bool)):
            found.append(f"{name}: {value!r}")
    return found


def test_the_rules_find_faults() -> None:
    assert faults({"score": "2"}, TOP) == ["score: '2'"]
    assert faults({"score": True, "points": 1}, TEST) == ["score: True", "points: 1"]
    assert faults({"visibility": "always"}, TEST) == ["visibility: 'always'"]


def test_gradescope_takes_the_results() -> None:
    data = json.loads(gradescope.results(CLASS[1]) or b"")
    assert faults(data, TOP) == []
    assert data["score"] == 2
    assert "Feedback for ben" in data["output"]
    assert [test["score"] for test in data["tests"]] == [0, 0, 2]
    assert [test["max_score"] for test in data["tests"]] == [3, 2, 2]
    assert [test["status"] for test in data["tests"]] == ["failed", "failed", "passed"]
    assert data["tests"][0]["tags"] == ["ex03", "ex03.hex-digest"]
    assert data["score"] == sum(test["score"] for test in data["tests"])
    for test in data["tests"]:
        assert faults(test, TEST) == []
        assert all(isinstance(tag, str) for tag in test["tags"])


def test_without_a_mark_gradescope_gets_no_file() -> None:
    assert gradescope.results(CLASS[3]) is None
    assert gradescope.results(CLASS[4]) is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_data(text: str) -> None:
    raw = gradescope.results(attacked(text))
    assert raw is not None
    assert raw.isascii()
    data = json.loads(raw)
    assert faults(data, TOP) == []
    assert data["output_format"] == "text"
    assert all(test["output_format"] == test["name_format"] == "text" for test in data["tests"])


# ---------------------------------------------------------------- JUnit

COUNTS = {"tests", "failures", "errors"}
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", *COUNTS}),
    "testsuite": ({"properties", "testcase"}, {"name", *COUNTS}, {"skipped", "time", "timestamp"}),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": ({"failure", "error", "skipped"}, {"name"}, {"classname", "time"}),
    "failure": (set(), set(), {"type", "message"}),
    "error": (set(), set(), {"type", "message"}),
    "skipped": (set(), set(), set()),
}
"""The part of junit-10.xsd that we use: what may stand inside, what must be said, what may be."""


def broken_rules(node: ET.Element) -> list[str]:
    if node.tag not in RULES:
        return [f"<{node.tag}>"]
    inside, must, may = RULES[node.tag]
    found = [f"{node.tag} without {name}" for name in must - set(node.attrib)]
    found += [f"{node.tag} with {name}" for name in set(node.attrib) - must - may]
    found += [f"{child.tag} in {node.tag}" for child in node if child.tag not in inside]
    return found + [rule for child in node for rule in broken_rules(child)]


def test_the_rules_of_junit_find_faults() -> None:
    wrong = ET.fromstring("<testsuites><testsuite name='a'><b/></testsuite></testsuites>")
    assert len(broken_rules(wrong)) == 5


def test_junit_has_a_suite_for_each_and_a_case_for_each_check() -> None:
    root = ET.fromstring(junit.report(CLASS))
    assert broken_rules(root) == []
    assert [suite.get("name") for suite in root] == ["anna", "ben", "chris", "dora", "emil"]
    assert {name: root.get(name) for name in sorted(COUNTS)} == {
        "errors": "2", "failures": "3", "tests": "13",
    }  # fmt: skip
    anna, ben, _, dora, emil = root
    assert [len(case) for case in anna.iter("testcase")] == [0, 0, 0]
    assert [case[0].tag for case in ben.iter("testcase") if len(case)] == ["failure", "skipped"]
    assert ben.get("skipped") == "1"
    failure = ben.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "ex03.hex-digest"
    assert "accept_key('a')" in (failure.text or "")
    assert dora.find("testcase/error") is not None
    assert {name: emil.get(name) for name in COUNTS} == {
        "errors": "1", "failures": "0", "tests": "1",
    }  # fmt: skip
    error = emil.find("testcase/error")
    assert error is not None, "who was refused has not passed"
    assert error.get("type") == "refused"
    assert "The archive is too large." in (error.text or "")
    values = {node.get("name"): node.get("value") for node in emil.iter("property")}
    assert values["note"] == "The archive is too large."


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_stays_xml_whatever_a_name_says(text: str) -> None:
    root = ET.fromstring(junit.report([attacked(text), record(text)]))
    assert broken_rules(root) == []
    assert len(root) == 2
