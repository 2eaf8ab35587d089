"""Cost Explorer's JSON becomes typed rows, or is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.errors import AmountDoesNotFit, CurrencyMixed, MalformedAnswer
from costlib.ingest.cube import RECORD_TYPES, TOTALS, Kind, Question
from costlib.ingest.normalize import typed_page
from costlib.periods import Period
from costlib.vocabulary import COST_METRICS, SERVICE, USAGE_ACCOUNT_ID, dimension

PERIOD = Period(date(2026, 1, 1), date(2026, 1, 3))
TEAM = Question(Kind.label_account, (dimension("cost_category:Team"), USAGE_ACCOUNT_ID))


def cells(amount: str = "1.5", unit: str = "USD") -> dict[str, dict[str, str]]:
    return {m.api_name: {"Amount": amount, "Unit": unit} for m in COST_METRICS}


def day(start: str, *groups: tuple[tuple[str, ...], dict]) -> dict:
    return {
        "TimePeriod": {"Start": start, "End": "ignored"},
        "Total": {},
        "Groups": [{"Keys": list(keys), "Metrics": metrics} for keys, metrics in groups],
        "Estimated": True,
    }


def page(*days: dict, **more: object) -> dict:
    return {"ResultsByTime": list(days), **more}


def test_rows_carry_day_keys_exact_amounts_and_the_estimated_flag():
    answer = page(day("2026-01-02", (("Tax",), cells("-0.0000000092"))), NextPageToken="next")
    typed = typed_page(answer, RECORD_TYPES, PERIOD)
    (row,) = typed.rows.to_pylist()
    assert (row["charge_date"], row["key_1"], row["key_2"]) == (date(2026, 1, 2), "Tax", None)
    assert row["unblended_cost"] == Decimal("-0.0000000092")
    assert row["is_estimated"] is True
    assert (typed.next_token, typed.currency, typed.last_day) == ("next", "USD", date(2026, 1, 2))


def test_an_empty_page_token_ends_the_paging():
    assert typed_page(page(NextPageToken=""), RECORD_TYPES, PERIOD).next_token is None


def test_an_ungrouped_answer_gives_its_totals():
    answer = {"ResultsByTime": [{"TimePeriod": {"Start": "2026-01-01"}, "Total": cells("7"), "Groups": []}]}
    (row,) = typed_page(answer, TOTALS, PERIOD).rows.to_pylist()
    assert row["net_amortized_cost"] == Decimal(7)


def test_a_metric_that_aws_leaves_out_is_null_never_zero_and_never_gross():
    metrics = {k: v for k, v in cells("3").items() if not k.startswith("Net")}
    (row,) = typed_page(page(day("2026-01-01", (("Tax",), metrics))), RECORD_TYPES, PERIOD).rows.to_pylist()
    assert row["net_unblended_cost"] is None
    assert row["net_amortized_cost"] is None
    assert row["unblended_cost"] == Decimal(3)


@pytest.mark.parametrize(("key", "value"), [("Team$", ""), ("Team$a$b", "a$b"), ("Team$Team$", "Team$")])
def test_a_label_value_is_what_follows_its_exact_prefix(key, value):
    (row,) = typed_page(page(day("2026-01-01", ((key, "1"), cells()))), TEAM, PERIOD).rows.to_pylist()
    assert (row["key_1"], row["key_2"]) == (value, "1")


def test_a_label_key_without_its_prefix_is_refused():
    with pytest.raises(MalformedAnswer, match=r"'Payments' without its prefix 'Team\$'"):
        typed_page(page(day("2026-01-01", (("Payments", "1"), cells()))), TEAM, PERIOD)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        page({"Groups": []}),
        page(day("2026-01-03", (("Tax",), cells()))),
        page(day("not a day", (("Tax",), cells()))),
        page(day("2026-01-01", ((), cells()))),
        page(day("2026-01-01", (("Tax",), cells())), GroupDefinitions=[{"Key": "SERVICE", "Type": "DIMENSION"}]),
    ],
)
def test_an_answer_that_is_not_what_was_asked_is_refused(answer):
    with pytest.raises(MalformedAnswer):
        typed_page(answer, RECORD_TYPES, PERIOD)


def test_two_currencies_in_one_answer_are_refused():
    answer = page(day("2026-01-01", (("Tax",), cells()), (("Usage",), cells(unit="CNY"))))
    with pytest.raises(CurrencyMixed, match="CNY, USD"):
        typed_page(answer, RECORD_TYPES, PERIOD)


@pytest.mark.parametrize("amount", ["0.00000000001", "1e30", "twelve", ""])
def test_an_amount_that_does_not_fit_is_refused_and_named(amount):
    answer = page(day("2026-01-01", (("Usage",), cells()), (("Tax",), cells(amount))))
    with pytest.raises(AmountDoesNotFit, match=f"{amount!r} for Tax"):
        typed_page(answer, RECORD_TYPES, PERIOD)


@given(st.decimals(min_value=Decimal(-(10**20)), max_value=Decimal(10**20), places=10))
def test_every_amount_of_ten_decimals_survives_to_the_last_digit(amount):
    answer = page(day("2026-01-01", (("a", "b"), cells(str(amount)))))
    (row,) = typed_page(answer, Question(Kind.cube, (USAGE_ACCOUNT_ID, SERVICE)), PERIOD).rows.to_pylist()
    assert row["unblended_cost"] == amount
