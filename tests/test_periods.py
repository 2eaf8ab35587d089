"""Half-open periods, months, and what periods are compared with."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.errors import UsageError
from costlib.periods import (
    DAY,
    Comparison,
    Period,
    Preset,
    add_months,
    compared_period,
    is_in_one_month,
    is_whole_months,
    like_for_like,
    month_of,
    months_before,
    months_in,
    parse_day,
    preset_period,
    spans_of,
)

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
PERIODS = st.builds(lambda start, days: Period(start, start + timedelta(days)), DAYS, st.integers(1, 500))


def period(start: str, end: str) -> Period:
    return Period(date.fromisoformat(start), date.fromisoformat(end))


@given(PERIODS)
def test_a_period_holds_its_start_and_not_its_end(some: Period) -> None:
    days = list(some)
    assert days[0] == some.start
    assert days[-1] == some.last_day == some.end - DAY
    assert len(days) == some.days
    assert all(day in some for day in days)
    assert some.end not in some
    assert some.start - DAY not in some


@pytest.mark.parametrize("end", ["2026-01-01", "2025-12-31"])
def test_a_period_without_a_day_is_refused(end: str) -> None:
    with pytest.raises(UsageError, match=r"holds no day.*end day itself is not included"):
        period("2026-01-01", end)


def test_people_read_the_last_day_not_the_end() -> None:
    assert str(period("2026-01-01", "2026-02-01")) == "2026-01-01 to 2026-01-31"


@given(PERIODS, PERIODS)
def test_clipping_keeps_the_days_of_both(one: Period, other: Period) -> None:
    both = one.clip(other)
    assert (set(both) if both else set()) == set(one) & set(other)


def test_a_day_is_written_in_iso_form() -> None:
    assert parse_day("2026-01-31") == date(2026, 1, 31)


@pytest.mark.parametrize("text", ["", "yesterday", "31.01.2026", "2026-02-30", "2026-1-1", "0001-01-01", "9999-12-31"])
def test_anything_else_is_refused_with_the_name_of_the_argument(text: str) -> None:
    with pytest.raises(UsageError, match=r"--start .* is not a day\. Write days as YYYY-MM-DD"):
        parse_day(text, "--start")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2024-02-29", -12, "2023-02-28"),
        ("2026-05-05", 0, "2026-05-05"),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(PERIODS)
def test_the_months_of_a_period_cover_it_without_gaps(some: Period) -> None:
    months = months_in(some)
    assert months[0] == month_of(some.start)
    assert months[-1] == month_of(some.last_day)
    assert all(a.end == b.start for a, b in itertools.pairwise(months))


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=20), st.integers(0, 3))
def test_spans_cover_the_days_and_no_gap_longer_than_the_bridge(days: set[date], bridge: int) -> None:
    spans = spans_of(days, bridge)
    covered = {day for span in spans for day in span}
    assert days <= covered
    assert all((b.start - a.end).days > bridge for a, b in itertools.pairwise(spans))
    assert all(span.start in days and span.last_day in days for span in spans)
    if bridge == 0:
        assert covered == days


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        (Preset.last_7_days, ("2026-05-12", "2026-05-19")),
        (Preset.last_30_days, ("2026-04-19", "2026-05-19")),
        (Preset.last_90_days, ("2026-02-18", "2026-05-19")),
        (Preset.month_to_date, ("2026-05-01", "2026-05-19")),
        (Preset.last_month, ("2026-04-01", "2026-05-01")),
        (Preset.quarter_to_date, ("2026-04-01", "2026-05-19")),
        (Preset.year_to_date, ("2026-01-01", "2026-05-19")),
        (Preset.last_13_months, ("2025-05-01", "2026-05-19")),
        (Preset.all_stored, ("2000-01-01", "2026-05-19")),
    ],
)
def test_a_preset_ends_with_the_last_complete_day(preset: Preset, expected: tuple[str, str]) -> None:
    assert preset_period(preset, date(2026, 5, 18)) == period(*expected)


@pytest.mark.parametrize(("first_month", "start"), [(1, "2026-01-01"), (4, "2026-04-01"), (7, "2025-07-01")])
def test_a_fiscal_year_begins_where_the_settings_say(first_month: int, start: str) -> None:
    assert preset_period(Preset.fiscal_year, date(2026, 5, 18), first_month) == period(start, "2026-05-19")


def test_last_month_is_the_last_whole_one() -> None:
    assert preset_period(Preset.last_month, date(2026, 5, 30)) == period("2026-04-01", "2026-05-01")
    assert preset_period(Preset.last_month, date(2026, 5, 31)) == period("2026-05-01", "2026-06-01")
    assert preset_period(Preset.month_to_date, date(2026, 5, 31)) == period("2026-05-01", "2026-06-01")


def test_a_custom_period_has_no_days_of_its_own() -> None:
    with pytest.raises(UsageError):
        preset_period(Preset.custom, date(2026, 5, 18))


@given(DAYS, st.integers(1, 12))
def test_every_preset_lies_in_the_past_and_holds_a_day(complete_through: date, first_month: int) -> None:
    for preset in set(Preset) - {Preset.custom}:
        found = preset_period(preset, complete_through, first_month)
        assert found.end <= complete_through + DAY


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (Comparison.none, None),
        (Comparison.previous_period, ("2026-04-13", "2026-05-01")),
        (Comparison.last_month, ("2026-04-01", "2026-04-19")),
        (Comparison.last_year, ("2025-05-01", "2025-05-19")),
    ],
)
def test_a_part_of_a_month_meets_the_same_days(comparison: Comparison, expected: tuple[str, str] | None) -> None:
    found = compared_period(period("2026-05-01", "2026-05-19"), comparison)
    assert found == (period(*expected) if expected else None)


@pytest.mark.parametrize(
    ("some", "comparison", "expected"),
    [
        (("2026-03-01", "2026-04-01"), Comparison.last_month, ("2026-02-01", "2026-03-01")),
        (("2026-02-01", "2026-03-01"), Comparison.last_month, ("2026-01-01", "2026-02-01")),
        (("2024-02-01", "2024-03-01"), Comparison.last_year, ("2023-02-01", "2023-03-01")),
        (("2026-03-01", "2026-03-31"), Comparison.last_month, ("2026-02-01", "2026-03-01")),
        (("2026-03-30", "2026-03-31"), Comparison.last_month, ("2026-02-28", "2026-03-01")),
        (("2024-02-29", "2024-03-01"), Comparison.last_year, ("2023-02-28", "2023-03-01")),
    ],
)
def test_months_of_other_lengths_are_compared_whole_or_to_their_end(
    some: tuple[str, str], comparison: Comparison, expected: tuple[str, str]
) -> None:
    assert compared_period(period(*some), comparison) == period(*expected)


@given(PERIODS)
def test_the_previous_period_is_as_long_and_ends_where_this_one_begins(some: Period) -> None:
    before = compared_period(some, Comparison.previous_period)
    assert before is not None
    assert (before.days, before.end) == (some.days, some.start)


@given(PERIODS, st.sampled_from([Comparison.last_month, Comparison.last_year]))
def test_every_period_has_a_shifted_one_that_lies_before_it(some: Period, comparison: Comparison) -> None:
    shifted = compared_period(some, comparison)
    assert shifted is not None
    assert shifted.start < some.start
    assert shifted.end < some.end


@pytest.mark.parametrize(
    ("some", "comparison", "expected"),
    [
        (("2026-04-19", "2026-05-19"), Comparison.last_month, ("2026-03-19", "2026-04-18")),
        (("2026-01-01", "2026-05-19"), Comparison.last_year, ("2025-01-01", "2025-05-19")),
        (("2024-01-01", "2024-05-19"), Comparison.last_year, ("2023-01-01", "2023-05-20")),
        (("2026-01-01", "2026-04-01"), Comparison.last_month, ("2025-12-01", "2026-03-01")),
    ],
)
def test_longer_than_a_month_meets_as_many_days_or_as_many_whole_months(
    some: tuple[str, str], comparison: Comparison, expected: tuple[str, str]
) -> None:
    assert compared_period(period(*some), comparison) == period(*expected)


@pytest.mark.parametrize(
    ("some", "comparison", "complete_through", "now", "before"),
    [
        # 23 days of a month meet the first 23 days of the month before
        (("2026-11-01", "2026-11-26"), "last_month", "2026-11-23", ("2026-11-01", "2026-11-24"), ("2026-10-01", 23)),
        # 30 days of March meet February: 28 days against 28
        (("2026-03-01", "2026-03-31"), "last_month", "2026-03-30", ("2026-03-01", "2026-03-29"), ("2026-02-01", 28)),
        (("2026-03-20", "2026-03-31"), "last_month", "2026-03-30", ("2026-03-20", "2026-03-29"), ("2026-02-20", 9)),
        (("2024-02-01", "2024-02-29"), "last_year", "2024-02-28", ("2024-02-01", "2024-02-29"), ("2023-02-01", 28)),
        # a whole February meets 28 days before it, or the whole month before
        (("2026-02-01", "2026-03-01"), "previous", "2026-03-05", ("2026-02-01", "2026-03-01"), ("2026-01-04", 28)),
        (("2026-02-01", "2026-03-01"), "last_month", "2026-03-05", ("2026-02-01", "2026-03-01"), ("2026-01-01", 31)),
        # a month that is not over is a part of one
        (("2026-03-01", "2026-04-01"), "last_year", "2026-03-30", ("2026-03-01", "2026-03-31"), ("2025-03-01", 30)),
        (("2026-03-10", "2026-03-20"), "previous", "2026-03-14", ("2026-03-10", "2026-03-15"), ("2026-03-05", 5)),
    ],
)
def test_like_is_compared_with_like(
    some: tuple[str, str], comparison: str, complete_through: str, now: tuple[str, str], before: tuple[str, int]
) -> None:
    found = like_for_like(period(*some), Comparison(comparison), date.fromisoformat(complete_through))
    assert found is not None
    assert found.current == period(*now)
    assert (found.before.start, found.before.days) == (date.fromisoformat(before[0]), before[1])


COMPARED = st.sampled_from([c for c in Comparison if c is not Comparison.none])


@given(PERIODS, COMPARED, st.integers(-5, 600))
def test_only_complete_days_are_compared_and_as_many_on_both_sides(
    some: Period, comparison: Comparison, days: int
) -> None:
    complete_through = some.start + days * DAY
    found = like_for_like(some, comparison, complete_through)
    if complete_through < some.start:
        assert found is None
        return
    assert found is not None
    assert found.current.start == some.start
    assert found.current.end <= min(some.end, complete_through + DAY)
    assert found.before.start < found.current.start
    if comparison is Comparison.previous_period or not is_whole_months(found.current):
        assert found.before.days == found.current.days
    else:
        assert is_whole_months(found.before)
        assert len(months_in(found.before)) == len(months_in(found.current))


@given(PERIODS, COMPARED)
def test_days_are_left_out_only_where_the_other_month_is_shorter(some: Period, comparison: Comparison) -> None:
    found = like_for_like(some, comparison, some.last_day)
    assert found is not None
    if found.current != some:
        assert is_in_one_month(some)
        assert found.before.end == month_of(found.before.start).end


def test_nothing_is_compared_without_a_comparison() -> None:
    assert like_for_like(period("2026-03-01", "2026-03-20"), Comparison.none, date(2026, 3, 25)) is None


@given(DAYS, st.integers(1, 14))
def test_the_months_before_are_as_many_and_end_where_these_begin(day: date, months: int) -> None:
    these = Period(month_of(day).start, add_months(month_of(day).start, months))
    before = months_before(these)
    assert is_whole_months(before)
    assert (len(months_in(before)), before.end) == (months, these.start)
