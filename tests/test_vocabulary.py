"""The words of the domain, and the nearest one for those that are not."""

from __future__ import annotations

import pytest

from costlib import vocabulary
from costlib.errors import UnknownName
from costlib.vocabulary import CHARGE_CATEGORIES, COST_METRICS, DIMENSIONS, ChargeCategory, CostMetric


def test_metrics_have_cost_explorers_name_a_label_and_a_meaning() -> None:
    assert [m.api_name for m in COST_METRICS] == [
        "UnblendedCost",
        "AmortizedCost",
        "NetUnblendedCost",
        "NetAmortizedCost",
        "BlendedCost",
    ]
    assert CostMetric.net_unblended_cost.label == "Net unblended"
    assert all(m.meaning.endswith(".") for m in COST_METRICS)


def test_a_metric_is_found_by_its_name_and_the_nearest_is_suggested() -> None:
    assert vocabulary.metric("amortized_cost") is CostMetric.amortized_cost
    with pytest.raises(UnknownName, match="Did you mean 'unblended_cost'"):
        vocabulary.metric("UnblendedCost")


def test_a_dimension_is_found_by_its_name() -> None:
    assert all(vocabulary.dimension(name).name == name for name in DIMENSIONS)
    with pytest.raises(UnknownName, match=r"Unknown dimension 'servise'\. Did you mean 'service'"):
        vocabulary.dimension("servise")


@pytest.mark.parametrize(
    ("name", "api_type", "key"),
    [
        ("cost_category:Team", "COST_CATEGORY", "Team"),
        ("tag:aws:createdBy", "TAG", "aws:createdBy"),
        ("tag:a,b\n=c", "TAG", "a,b\n=c"),
    ],
)
def test_a_label_is_a_dimension_whatever_its_key_holds(name: str, api_type: str, key: str) -> None:
    found = vocabulary.dimension(name)
    assert (found.name, found.api_type, found.api_key, found.label) == (name, api_type, key, key)


@pytest.mark.parametrize("name", ["tag:", "cost_category:", "label:x", "Tag:x", ""])
def test_other_words_are_no_labels(name: str) -> None:
    assert vocabulary.label_dimension(name) is None
    with pytest.raises(UnknownName):
        vocabulary.dimension(name)


def test_dimension_names_are_plain_identifiers_because_sql_reads_them() -> None:
    assert all(d.column.isidentifier() and d.name.isidentifier() for d in DIMENSIONS.values())
    assert all(m.value.isidentifier() for m in COST_METRICS)


def test_an_unknown_record_type_is_an_adjustment_never_usage() -> None:
    assert vocabulary.charge_category("Usage") is ChargeCategory.usage
    assert vocabulary.charge_category("Tax") is ChargeCategory.tax
    assert vocabulary.charge_category("Enterprise Discount Program Discount") is ChargeCategory.adjustment
    assert set(CHARGE_CATEGORIES.values()) == set(ChargeCategory)
