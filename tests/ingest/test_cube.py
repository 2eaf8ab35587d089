"""Which questions are asked, over which days, and in how many windows."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from costlib.ingest.cube import Condition, Kind, Question, Window, cube_question, windows_over
from costlib.periods import Granularity, Period
from costlib.vocabulary import RECORD_TYPE, SERVICE, USAGE_ACCOUNT_ID, dimension

JANUARY_1 = date(2026, 1, 1)
QUESTION = cube_question("Usage", None)


def days(*numbers: int, rows: int = 1) -> dict[date, int]:
    return {JANUARY_1 + timedelta(n): rows for n in numbers}


def spans(windows: list[Window]) -> list[Period]:
    return [w.period for w in windows]


def test_the_two_dimensions_with_the_most_values_are_grouped_and_the_third_is_sliced():
    assert cube_question("Tax", None).group_by == (USAGE_ACCOUNT_ID, SERVICE)
    assert cube_question("Tax", None).where == (Condition(RECORD_TYPE, ("Tax",)),)


def test_one_account_needs_no_slices_by_record_type():
    question = cube_question("", "111122223333")
    assert question.group_by == (SERVICE, RECORD_TYPE)
    assert question.where == (Condition(USAGE_ACCOUNT_ID, ("111122223333",)),)


def test_a_request_asks_for_every_metric_at_once_and_names_no_page_by_default():
    parameters = QUESTION.parameters(Period(JANUARY_1, date(2026, 2, 1)), None)
    assert parameters == {
        "TimePeriod": {"Start": "2026-01-01", "End": "2026-02-01"},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost", "BlendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": "SERVICE"}],
        "Filter": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Usage"], "MatchOptions": ["EQUALS"]}},
    }


def test_several_conditions_are_one_and_with_absent_for_a_label_without_value():
    question = Question(
        Kind.label_split,
        where=(Condition(USAGE_ACCOUNT_ID, ("1",)), Condition(dimension("cost_category:Team"), ("",))),
    )
    parameters = question.parameters(Period(JANUARY_1, date(2026, 2, 1)), "token")
    account = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["1"], "MatchOptions": ["EQUALS"]}}
    no_team = {"CostCategories": {"Key": "Team", "MatchOptions": ["ABSENT"]}}
    assert parameters["Filter"] == {"And": [account, no_team]}


def test_the_same_question_has_the_same_signature_and_others_have_another():
    assert cube_question("Tax", None).signature == cube_question("Tax", None).signature
    monthly = Question(Kind.lens, (SERVICE,), granularity=Granularity.monthly)
    daily = Question(Kind.lens, (SERVICE,))
    assert len({monthly.signature, daily.signature, QUESTION.signature}) == 3


def test_days_far_apart_are_one_window_when_nothing_lies_between():
    assert spans(windows_over(QUESTION, days(0, 31, 59), {}, 1000, 8)) == [Period(JANUARY_1, date(2026, 3, 2))]


def test_a_gap_that_would_cost_a_page_is_not_bridged():
    between = {JANUARY_1 + timedelta(n): 300 for n in range(1, 10)}
    assert len(windows_over(QUESTION, days(0, 10), between, 1000, 8)) == 2
    assert len(windows_over(QUESTION, days(0, 3), between, 1000, 8)) == 1


def test_a_long_history_is_cut_at_month_starts_into_windows_of_a_dozen_pages_or_more():
    windows = windows_over(QUESTION, days(*range(400), rows=300), {}, 1000, 8)
    assert 2 <= len(windows) <= 10
    assert all(w.period.start.day == 1 for w in windows)
    assert all(w.expected_rows >= 12_000 for w in windows[:-1])


@given(
    st.sets(st.integers(0, 420), min_size=1), st.integers(1, 2000), st.sampled_from([1, 7, 1000]), st.integers(1, 16)
)
def test_windows_cover_every_asked_day_once(numbers, rows, page_size, workers):
    asked = days(*numbers, rows=rows)
    windows = windows_over(QUESTION, asked, {}, page_size, workers)
    covered = [day for window in windows for day in window.period]
    assert len(covered) == len(set(covered))
    assert set(asked) <= set(covered)
    assert sum(w.expected_rows for w in windows) == sum(asked.values())
