"""RFC 6455 as a table: each requirement on an endpoint, and the check that wslab meets it.

The rows stand in tests/rfc/, in the order of the RFC. That none is missing shows in the sums: how
often each keyword stands in each section was counted in the text of the RFC, and every row says
how many of them it covers.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.rfc import accepting, asking, closing, framing
from tests.rfc.rules import MUST, MUST_NOT, RULES, SHOULD, SHOULD_NOT, Rule

# The text has no SHALL, REQUIRED or RECOMMENDED but in section 2, which defines these words.
KEYWORDS: dict[str, dict[str, int]] = {
    "3": {MUST: 1, MUST_NOT: 1},
    "4.1": {MUST: 39, SHOULD: 3},
    "4.2.1": {MUST: 1, SHOULD_NOT: 1},
    "4.2.2": {MUST: 8, MUST_NOT: 2},
    "4.3": {MUST: 1},
    "4.4": {MUST: 1},
    "5.1": {MUST: 3, MUST_NOT: 1},
    "5.2": {MUST: 10},
    "5.3": {MUST: 3, MUST_NOT: 1},
    "5.4": {MUST: 4, MUST_NOT: 6},
    "5.5": {MUST: 1, MUST_NOT: 1},
    "5.5.1": {MUST: 4, MUST_NOT: 2, SHOULD: 2},
    "5.5.2": {MUST: 1, SHOULD: 1},
    "5.6": {MUST: 1},
    "5.8": {MUST: 1},
    "6.1": {MUST: 8},
    "6.2": {MUST: 5},
    "7.1.1": {SHOULD: 4},
    "7.1.2": {MUST: 1, SHOULD: 1},
    "7.1.7": {MUST: 2, MUST_NOT: 1, SHOULD: 2, SHOULD_NOT: 1},
    "7.2.1": {MUST: 2, SHOULD_NOT: 1},
    "7.2.2": {MUST: 1},
    "7.2.3": {SHOULD: 3},
    "7.3": {SHOULD_NOT: 1},
    "7.4.1": {MUST_NOT: 3, SHOULD: 1},
    "8.1": {MUST: 1},
    "9": {MUST: 1, MUST_NOT: 1},
    "9.1": {MUST: 4, MUST_NOT: 1},
    "10.2": {SHOULD: 2},
    "10.3": {MUST: 1},
    "10.4": {MUST: 1, SHOULD: 1},
    "10.6": {MUST: 1, SHOULD: 1},
    "10.7": {MUST: 1, SHOULD: 2},
    "11.1.1": {MUST: 2},
    "11.1.2": {MUST: 2},
    "11.3.1": {MUST_NOT: 1},
    "11.3.2": {MUST_NOT: 1},
    "11.3.3": {MUST_NOT: 1},
    "11.3.4": {MUST_NOT: 1},
    "11.3.5": {MUST_NOT: 1},
}
LOWER_CASE = {"5.5.3"}  # a section with a "must" of weight, but no keyword

CHECKED = [rule for rule in RULES if rule.check is not None]


@pytest.mark.parametrize("rule", CHECKED, ids=str)
def test_wslab_meets(rule: Rule) -> None:
    assert rule.check is not None
    rule.check()


@pytest.mark.parametrize("section", KEYWORDS)
def test_no_requirement_is_missed(section: str) -> None:
    covered: Counter[str] = Counter()
    for rule in RULES:
        if rule.section == section:
            covered += rule.keywords
    assert covered == Counter(KEYWORDS[section])


def test_every_row_belongs_to_a_section_of_the_list() -> None:
    assert {rule.section for rule in RULES} == {*KEYWORDS, *LOWER_CASE}


def test_rows_come_from_all_files_and_most_are_checked() -> None:
    files = {rule.check.__module__ for rule in CHECKED if rule.check}
    assert files == {module.__name__ for module in (asking, accepting, framing, closing)}
    assert all(rule.reason for rule in RULES if rule.check is None)
    skipped = sum(sum(rule.keywords.values()) for rule in RULES if rule.check is None)
    total = sum(sum(section.values()) for section in KEYWORDS.values())
    assert skipped <= 20, f"{skipped} of {total} requirements are said not to apply"
