"""A draft of a cost category is written as AWS takes it, and what AWS would refuse is found before it is asked."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import validate_parameters

from costlib.errors import InvalidDraft
from costlib.queries.draft_checks import problems
from costlib.queries.drafts import draft_json, read_draft, update_json
from tests.queries.drafting import TODAY, dimension, draft, rule, tag, written

ACCOUNT = dimension("LINKED_ACCOUNT", "111122223333")
CHECKOUT = rule("Checkout", ACCOUNT)
SPLIT = {"Source": "Platform", "Targets": ["Checkout", "Search"], "Method": "EVEN"}
FIXED = {
    "Source": "",
    "Targets": ["Checkout", "Search"],
    "Method": "FIXED",
    "Parameters": [{"Type": "ALLOCATION_PERCENTAGES", "Values": ["62.5", "37.5"]}],
}
EVERYTHING = written(
    CHECKOUT,
    rule("Search", {"And": [tag("team", how="ABSENT"), {"Not": dimension("RECORD_TYPE", "Tax")}]}),
    rule(
        "Platform", {"Or": [ACCOUNT, {"CostCategories": {"Key": "Other", "Values": ["x"], "MatchOptions": ["EQUALS"]}}]}
    ),
    {"InheritedValue": {"DimensionName": "TAG", "DimensionKey": "team"}, "Type": "INHERITED_VALUE"},
    DefaultValue="Rest",
    SplitChargeRules=[SPLIT, FIXED],
    EffectiveStart="2025-03-01T00:00:00Z",
)


def test_what_is_read_is_written_back_word_for_word() -> None:
    assert json.loads(draft_json(read_draft(json.dumps(EVERYTHING), "draft.json", TODAY))) == EVERYTHING


@pytest.mark.parametrize("operation", ["CreateCostCategoryDefinition", "UpdateCostCategoryDefinition"])
def test_the_json_is_what_the_operation_takes(operation: str) -> None:
    found = read_draft(json.dumps(EVERYTHING), "draft.json", TODAY)
    arn = "arn:aws:ce::123456789012:costcategory/abc"
    parameters = json.loads(draft_json(found) if operation.startswith("Create") else update_json(found, arn))
    shape = botocore.session.get_session().get_service_model("ce").operation_model(operation).input_shape
    assert shape is not None
    validate_parameters(parameters, shape)


REFUSED: list[tuple[dict[str, Any], str]] = [
    (written(), "0 rules"),
    (written(*[CHECKOUT] * 501), "501 rules"),
    (written(CHECKOUT, rule("v" * 51, ACCOUNT)), "rule 2: Value 'vvv"),
    (written(CHECKOUT, name="n" * 51), "Name 'nnn"),
    (written(CHECKOUT, name=" Team"), "characters that AWS refuses"),
    (written(CHECKOUT, DefaultValue="a/b"), "characters that AWS refuses"),
    (written(rule("A", {**ACCOUNT, **tag("team", "x")})), "rule 1: an expression has one root operator"),
    (written(rule("A", {"Not": {**ACCOUNT, **tag("team", "x")}})), "one root operator"),
    (written(rule("A", {"And": [ACCOUNT]})), "And joins fewer than two"),
    (written(rule("A", dimension("SERVICE", "Amazon EC2"))), "the dimension 'SERVICE'"),
    (written(rule("A", dimension("LINKED_ACCOUNT", "1", how="CASE_INSENSITIVE"))), "match options"),
    (written(rule("A", tag("team", "x", how="ABSENT"))), "ABSENT is given values"),
    (written(rule("A", dimension("LINKED_ACCOUNT"))), "has no values"),
    (written(rule("A", {"CostCategories": {"Key": "Team", "Values": ["x"]}})), "looks at itself"),
    (written({"Value": "A"}), "it has no condition"),
    (written({"InheritedValue": {"DimensionName": "TAG"}}), "which tag's value"),
    (written({"InheritedValue": {"DimensionName": "REGION"}}), "cannot be inherited from 'REGION'"),
    (written(CHECKOUT, SplitChargeRules=[SPLIT] * 11), "11 split charge rules"),
    (written(CHECKOUT, SplitChargeRules=[SPLIT, SPLIT]), "'Platform' is a source more than once"),
    (written(CHECKOUT, SplitChargeRules=[SPLIT, {**FIXED, "Source": "Search"}]), "'Search' is a source and a target"),
    (written(CHECKOUT, SplitChargeRules=[{**SPLIT, "Targets": ["t"] * 501}]), "Targets is not a list"),
    (written(CHECKOUT, SplitChargeRules=[{**FIXED, "Targets": ["Checkout"]}]), "2 percentages for 1 targets"),
    (written(CHECKOUT, SplitChargeRules=[{**SPLIT, "Method": "FAIR"}]), "the method 'FAIR'"),
    (written(CHECKOUT, EffectiveStart="2026-04-01T00:00:00Z"), "in the future"),
    (written(CHECKOUT, EffectiveStart="2025-02-01T00:00:00Z"), "more than 12 months back"),
    (written(CHECKOUT, EffectiveStart="2026-02-02T00:00:00Z"), "not the start of a month"),
    (written(CHECKOUT, EffectiveStart="soon"), "is no date"),
    (written(CHECKOUT, Rulse=[]), "Rulse is no part of a draft"),
]


@pytest.mark.parametrize(("refused", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_aws_would_refuse_is_named_with_its_remedy(refused: dict[str, Any], why: str) -> None:
    found = problems(refused, TODAY)
    assert any(why in str(problem) for problem in found), list(map(str, found))
    assert all(problem.remedy for problem in found)


def test_the_limits_themselves_are_allowed() -> None:
    most = [rule(f"{i:050}", ACCOUNT) for i in range(500)]
    assert not problems(written(*most, EffectiveStart="2026-03-01T00:00:00Z", name="n" * 50), TODAY)


def test_every_problem_of_a_file_is_listed_at_once() -> None:
    bad = json.dumps(written(rule("", ACCOUNT), rule("A", dimension("AZ", "a"))))
    with pytest.raises(InvalidDraft) as error:
        read_draft(bad, "draft.json", TODAY)
    assert len(error.value.problems) == 2
    assert "draft.json" in error.value.message


def test_a_file_that_is_no_json_names_its_line() -> None:
    with pytest.raises(InvalidDraft, match="line 2 is not JSON"):
        read_draft('{"Name": "Team",\n', "draft.json", TODAY)
    with pytest.raises(InvalidDraft, match="a JSON object"):
        read_draft("[]", "draft.json", TODAY)


def test_a_draft_without_a_start_leaves_it_to_aws() -> None:
    assert "EffectiveStart" not in json.loads(draft_json(draft(CHECKOUT)))
