"""The five sentences of a report: what a person would write, and nothing that the figures do not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from costlib.exports.month import Bar, MonthTieOut, Unallocated
from costlib.exports.sentences import sentences
from costlib.periods import Period
from costlib.vocabulary import CostMetric
from tests.exports.months import SERVICES, report

TO_DATE = Period(date(2026, 3, 1), date(2026, 3, 19))
FEBRUARY_TO_DATE = Period(date(2026, 2, 1), date(2026, 2, 19))


def test_a_month_that_cost_more_is_told_in_five_sentences() -> None:
    assert sentences(report()) == (
        "In unblended cost, March 2026 came to $1,000.00: $139.74 (16.2%) more than February 2026"
        " and $200.00 (25.0%) more than March 2025.",
        "The main driver is EC2, up $200.00 (40.0%) to $700.10.",
        "What fell most is S3, down $60.26 (23.2%) to $200.00.",
        "EC2, S3 and Lambda add up to 100.0% of the cost; the account One alone spent $750.00 (75.0%);"
        " $50.00 (5.0%) has no cost category Team.",
        "AWS calls all days of the month final; the charges of 31 stored days tie out to AWS's own total of $1,000.00.",
    )


def test_a_month_that_cost_less_is_driven_by_what_fell() -> None:
    told = sentences(report([(name, before, now) for name, now, before in SERVICES]))
    assert "$139.74 (14.0%) less than February 2026" in told[0]
    assert told[1] == "The main driver is EC2, down $200.00 (28.6%) to $500.10."
    assert told[2] == "What rose most is S3, up $60.26 (30.1%) to $260.26."


@pytest.mark.parametrize(
    ("services", "driver", "second"),
    [
        ([("A", "5", "0"), ("B", "9", "8")], "The main driver is A, new at $5.00.", "Next comes B, up $1.00"),
        (
            [("A", "0", "5"), ("B", "9", "9")],
            "A, which cost $5.00 before and nothing now.",
            "No other service changed.",
        ),
        ([("A", "5", "5")], "No service changed against February 2026.", "So none rose, and none fell."),
    ],
)
def test_what_is_new_or_gone_or_the_same_is_said_so(
    services: list[tuple[str, str | None, str | None]], driver: str, second: str
) -> None:
    told = sentences(report(services))
    assert driver in told[1]
    assert second in told[2]


def test_a_month_that_goes_on_says_so_and_compares_the_same_days() -> None:
    days = [Bar(day, Decimal(30), day.day > 16, day.day < 19) for day in Period(date(2026, 3, 1), date(2026, 3, 21))]
    told = sentences(report(counted=TO_DATE, before=FEBRUARY_TO_DATE, days=days))
    assert told[0].startswith("In unblended cost, the first 18 days of March 2026 came to $1,000.00: $139.74 (16.2%)")
    assert "more than the first 18 days of February 2026" in told[0]
    assert told[4].startswith("The month is complete through Wed 18 Mar, and later days are still arriving")
    assert "AWS still calls 4 days of it estimated" in told[4]


def test_without_a_month_before_the_largest_services_are_named() -> None:
    told = sentences(report([(n, a, None) for n, a, _ in SERVICES], total_before=None, total_year_before=None))
    assert told[0] == "In unblended cost, March 2026 came to $1,000.00; no earlier month is stored to compare it with."
    assert told[1] == "The largest service is EC2 with $700.10 (70.0%)."
    assert told[2] == "Next comes S3 with $200.00 (20.0%)."


def test_what_did_not_change_by_a_cent_is_as_much() -> None:
    told = sentences(report([("A", "5.001", "5")], total_year_before=None))
    assert told[0] == "In unblended cost, March 2026 came to $5.00: as much as February 2026."


def test_a_metric_that_is_missing_is_not_available_and_never_zero() -> None:
    told = sentences(
        report(
            [("A", None, "5"), ("B", "2", "1")],
            metric=CostMetric.net_amortized_cost,
            labels=[Unallocated("tag env", None, None)],
            tie_out=MonthTieOut(31, 0, None, Decimal(0)),
        )
    )
    assert told[0] == (
        "AWS does not offer net amortized cost for every charge of March 2026, so its total is not available."
    )
    assert "AWS offers no total of net amortized cost" in told[4]
    assert not any("$0.00" in sentence for sentence in told)


def test_nothing_charged_is_told_without_inventing_a_driver() -> None:
    told = sentences(report([], accounts=[], labels=[], total_year_before=Decimal(0)))
    assert told[0].startswith("In unblended cost, March 2026 came to $0.00: as much as February 2026")
    assert told[1] == "No service changed against February 2026."
    assert told[3] == "There is no service with a cost to name."


def test_a_failing_tie_out_is_stated_to_the_last_digit() -> None:
    failing = MonthTieOut(31, 2, Decimal("1000"), Decimal("0.0200000001"))
    assert sentences(report(tie_out=failing))[4].endswith(
        "the charges do not tie out: 2 days of 31 are off AWS's own total, by $0.0200000001 together."
    )
    unknown = replace(failing, absolute_difference=None)
    assert sentences(report(tie_out=unknown))[4].endswith("by an amount that is not available.")


def test_a_part_of_the_charges_is_not_said_to_tie_out_by_itself() -> None:
    told = sentences(report(narrowed_to=["only service S3"]))[4]
    assert "all charges of the month, of which these are a part," in told
    assert "$1,000.00" not in told, "AWS's total is of all accounts: not for somebody who sees some"


def test_every_value_allocated_is_said() -> None:
    allocated = [Unallocated("tag env", Decimal(0), Decimal(0))]
    assert "no cost category or tag leaves anything unallocated" in sentences(report(labels=allocated))[3]
