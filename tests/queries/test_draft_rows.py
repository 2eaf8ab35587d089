"""Rules go to rows and back without losing anything, and a row that makes no sense is a problem, not a crash."""

from __future__ import annotations

import json

from costlib.queries.draft_checks import problems
from costlib.queries.draft_rows import AS_JSON, Row, rows_of, written_by
from costlib.queries.drafts import draft_of
from tests.queries.drafting import TODAY, dimension, draft, rule, tag

BOTH = {"And": [dimension("LINKED_ACCOUNT", "111122223333"), tag("team", "x")]}
INHERITED = {"InheritedValue": {"DimensionName": "LINKED_ACCOUNT_NAME"}, "Type": "INHERITED_VALUE"}


def test_rules_come_back_from_their_rows_as_they_were() -> None:
    begun = draft(
        rule("A", dimension("RECORD_TYPE", "Tax", "Fee")),
        rule("B", tag("team", how="ABSENT")),
        rule("C", BOTH),
        INHERITED,
    )
    rows = rows_of(begun.rules)
    assert [row.looks_at for row in rows] == ["RECORD_TYPE", "tag:team", AS_JSON, AS_JSON]
    assert draft_of(json.loads(written_by("Team", rows, "", "", None))) == begun


def test_rows_that_make_no_rule_are_named_by_their_place() -> None:
    rows = [Row("A", "RECORD_TYPE", "EQUALS", ("Tax",)), Row("", "", "EQUALS", ()), Row("B", AS_JSON, "EQUALS", ("{",))]
    found = problems(json.loads(written_by("Team", rows, "", "", None)), TODAY)
    assert {problem.rule for problem in found} == {2, 3}
