"""Outlooks against plain Python: what was charged is kept to the last digit, parts add up, kept answers are graded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.errors import ConfigError, InvalidEvents, NotEnoughHistory, UsageError
from costlib.events import parse_events
from costlib.periods import DAY, Period
from costlib.queries.filters import Filters
from costlib.queries.forecast_events import known_events
from costlib.queries.forecast_nowcast import arrived
from costlib.queries.forecast_parts import parts
from costlib.queries.forecast_record import aws_outlook, band, kept_grades
from costlib.queries.forecasts import outlook, spans_asked
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

AS_OF = datetime(2026, 3, 20, 12)
KNOWN = Period(date(2025, 11, 10), date(2026, 3, 19))
"""The complete days: the 19th and the 20th are still arriving."""
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
FILTERS = Filters(MARCH)
SERVICES = {"EC2": "100.01", "S3": "20.0000000002", "RDS": "7.5"}


STORED = Period(KNOWN.start, date(2026, 3, 21))


def charges(days: Period = STORED) -> list[Charge]:
    """Weekends cost half of it, and the first of each month a fee."""
    found = [
        Charge(day, account, service, "Usage", amounts(str(Decimal(price) / (1 + (day.weekday() > 4)))))
        for day in days
        for account in ("111", "222")
        for service, price in SERVICES.items()
    ]
    fees = [Charge(day, "111", "Support", "Fee", amounts("310")) for day in days if day.day == 1]
    return [*found, *fees]


def organization(**more: Any) -> Organization:
    return Organization(charges(), as_of=AS_OF, **more)


def sum_of(period: Period, service: str | None = None) -> Decimal:
    inside = [c for c in charges() if c.charge_date in period and service in (None, c.service)]
    return sum((c.amounts[0] or Decimal(0) for c in inside), Decimal(0))


def row(who: str, as_of: date, period: Period, mean: str, low: str | None, high: str | None, *subject: str) -> tuple:
    level, value = subject or ("total", "")
    granularity = "daily" if period.days == 1 else "monthly"
    bounds = [None if b is None else Decimal(b) for b in (low, high)]
    head = (who, as_of, level, value, "unblended_cost", granularity, period.start, period.end)
    return (*head, Decimal(mean), *bounds, 80, "", AS_OF)


@pytest.fixture(scope="module")
def snapshot(shelf: Path) -> Iterator[Snapshot]:
    with published(organization(), shelf) as opened:
        yield opened


def test_charged_days_are_kept_to_the_last_digit_and_only_the_rest_is_forecast(snapshot):
    found = outlook(snapshot, EVERYTHING, FILTERS)
    to_date = sum_of(Period(MARCH.start, KNOWN.end))
    assert (found.through, found.month.period, found.month.actual) == (KNOWN.last_day, MARCH, to_date)
    rest = sum(ahead.expected for ahead in found.ahead if ahead.day in MARCH)
    assert abs(found.month.expected - to_date - rest) < Decimal("0.1")
    assert found.last_month == sum_of(Period(date(2026, 2, 1), MARCH.start))
    assert [a.day for a in found.ahead] == list(Period(KNOWN.end, date(2026, 5, 1)))
    assert found.days_left == 13


def test_a_regular_bill_is_forecast_as_it_goes_on(snapshot):
    found = outlook(snapshot, EVERYTHING, FILTERS)
    daily = sum(map(Decimal, SERVICES.values()), Decimal(0)) * 2
    rest = Period(KNOWN.end, MARCH.end)
    truth = found.month.actual + sum((daily / (1 + (day.weekday() > 4)) for day in rest), Decimal(0))
    assert abs(found.month.expected - truth) < truth / 50
    assert found.month.wide.lower <= found.month.likely.lower <= found.month.likely.upper <= found.month.wide.upper


def test_arriving_days_are_shown_as_reported_and_as_expected(snapshot):
    found = outlook(snapshot, EVERYTHING, FILTERS)
    reported = [(a.day, a.reported) for a in found.ahead[:3]]
    assert reported == [(day, sum_of(Period(day, day + DAY))) for day in Period(KNOWN.end, date(2026, 3, 21))] + [
        (date(2026, 3, 21), None)
    ]


def test_quarter_and_fiscal_year_hold_what_was_charged_before(snapshot):
    spans = {span.name: span for span in outlook(snapshot, EVERYTHING, FILTERS, 12).spans}
    assert spans["quarter"].period == Period(date(2026, 1, 1), date(2026, 4, 1))
    assert spans["quarter"].actual == sum_of(Period(date(2026, 1, 1), KNOWN.end))
    assert spans["fiscal_year"].period == Period(date(2025, 12, 1), date(2026, 12, 1))
    assert spans["fiscal_year"].actual == sum_of(Period(date(2025, 12, 1), KNOWN.end))
    april = spans["next_month"]
    assert (april.period, april.actual) == (Period(date(2026, 4, 1), date(2026, 5, 1)), Decimal(0))


def test_a_year_that_began_before_the_stored_history_is_not_forecast(snapshot):
    assert "fiscal_year" not in {span.name for span in outlook(snapshot, EVERYTHING, FILTERS, 10).spans}


def test_the_running_month_is_the_one_of_the_first_day_to_come():
    names = dict(spans_asked(Period(date(2026, 1, 1), date(2026, 4, 1)), 1)[:1])
    assert names == {"month": Period(date(2026, 4, 1), date(2026, 5, 1))}


@pytest.mark.parametrize("by", ["service", "usage_account_id", "record_type"])
def test_the_parts_add_up_to_the_total_to_the_last_digit(snapshot, by):
    whole, each = outlook(snapshot, EVERYTHING, FILTERS), parts(snapshot, EVERYTHING, FILTERS, by)
    assert sum(part.actual for part in each) == whole.month.actual
    assert sum(part.expected for part in each) == whole.month.expected
    assert sum(part.last_month or 0 for part in each) == whole.last_month


def test_more_parts_than_are_forecast_one_by_one_end_in_one_other(shelf):
    days = Period(date(2026, 1, 1), date(2026, 3, 21))
    many = [Charge(day, "111", f"Service {n:02}", "Usage", amounts(f"{n}.01")) for day in days for n in range(1, 20)]
    with published(Organization(many, as_of=AS_OF), shelf) as opened:
        whole, each = outlook(opened, EVERYTHING, FILTERS), parts(opened, EVERYTHING, FILTERS)
    assert [part.key for part in each][-1] == "Other"
    assert [part.is_other for part in each].count(True) == 1
    assert len(each) == 13
    assert sum(part.expected for part in each) == whole.month.expected
    assert all(abs(float(p.expected) - float(p.key[-2:]) * 31) < 2 for p in each if not p.is_other)


def test_filters_and_scope_forecast_their_part(snapshot):
    only = outlook(snapshot, EVERYTHING, replace(FILTERS, services=("S3",)))
    assert only.month.actual == sum_of(Period(MARCH.start, KNOWN.end), "S3")
    mine = outlook(snapshot, Scope(frozenset({"222"})), FILTERS)
    assert mine.month.actual < outlook(snapshot, EVERYTHING, FILTERS).month.actual / 2


def test_too_little_history_says_how_much_there_is_and_how_much_it_takes(shelf):
    few = charges(Period(date(2026, 3, 10), date(2026, 3, 21)))
    with published(Organization(few, as_of=AS_OF), shelf) as opened, pytest.raises(NotEnoughHistory) as caught:
        outlook(opened, EVERYTHING, FILTERS)
    assert (caught.value.has_days, caught.value.needs_days) == (9, 14)


def test_nothing_that_matches_is_no_history(snapshot):
    with pytest.raises(NotEnoughHistory) as caught:
        outlook(snapshot, EVERYTHING, replace(FILTERS, services=("Nothing",)))
    assert caught.value.has_days == 0


def test_a_metric_that_is_not_available_is_not_forecast(shelf):
    without = [replace(c, amounts=amounts("1", net_unblended_cost=None)) for c in charges()]
    net = replace(FILTERS, metric=CostMetric.net_unblended_cost)
    with published(Organization(without, as_of=AS_OF), shelf) as opened, pytest.raises(UsageError, match="not avail"):
        outlook(opened, EVERYTHING, net)


EVENTS = """
[[event]]
name = "Launch"
from = 2026-03-28
until = 2026-04-02
amount = 500
selection = { service = ["EC2"] }

[[event]]
name = "Over"
day = 2026-03-02
amount = 1000
"""


def test_known_events_add_what_they_say_to_the_days_that_they_cover(snapshot):
    events = parse_events(EVENTS)
    before, after = outlook(snapshot, EVERYTHING, FILTERS), outlook(snapshot, EVERYTHING, FILTERS, 1, events)
    assert after.month.expected - before.month.expected == 400
    assert after.month.likely.upper - before.month.likely.upper == 400
    assert after.spans[1].expected - before.spans[1].expected == 100
    assert [e.name for e in after.events] == ["Launch"]
    ec2 = {p.key: p.expected for p in parts(snapshot, EVERYTHING, FILTERS, "service", 1, events)}
    plain = {p.key: p.expected for p in parts(snapshot, EVERYTHING, FILTERS, "service")}
    assert ec2["EC2"] - plain["EC2"] == pytest.approx(400, abs=1)
    assert sum(ec2.values()) == after.month.expected
    elsewhere = outlook(snapshot, EVERYTHING, replace(FILTERS, services=("S3",)), 1, events)
    assert elsewhere.events == ()


def test_muted_days_are_not_learned_from(shelf):
    spiked = [*charges(), Charge(date(2026, 3, 11), "111", "EC2", "Usage", amounts("9000"))]
    muting = parse_events('[[event]]\nname = "Load test"\nday = 2026-03-11\nmutes = true\n')
    with published(Organization(spiked, as_of=AS_OF), shelf) as opened:
        loud, quiet = outlook(opened, EVERYTHING, FILTERS), outlook(opened, EVERYTHING, FILTERS, 1, muting)
    assert loud.month.actual == quiet.month.actual
    assert quiet.month.expected <= loud.month.expected


def test_the_events_file_need_not_exist_and_its_mistakes_are_named(tmp_path):
    assert known_events(tmp_path / "events.toml") == ()
    file = tmp_path / "wrong.toml"
    file.write_text("[[event]]\n", encoding="utf-8")
    with pytest.raises(InvalidEvents):
        known_events(file)
    with pytest.raises(ConfigError):
        known_events(tmp_path)


def test_awss_month_is_what_was_charged_before_it_was_asked_and_its_forecast(shelf):
    today = AS_OF.date()
    rest, april = Period(today, MARCH.end), Period(MARCH.end, date(2026, 5, 1))
    rows = [
        row("aws", today - DAY, rest, "1", "1", "1"),
        row("aws", today, rest, "1000", "900", "1100"),
        row("aws", today, april, "5000", None, None),
        row("aws", today, Period(today, today + DAY), "90", "80", "100"),
    ]
    with published(organization(rows={"forecasts": rows}), shelf) as opened:
        found = aws_outlook(opened, EVERYTHING, FILTERS)
    before = sum_of(Period(MARCH.start, today))
    march, later = found.months
    assert (found.as_of, found.missing, len(found.days)) == (today, "", 1)
    assert (march.period, march.expected) == (MARCH, before + 1000)
    assert march.likely is not None
    assert (march.likely.lower, march.likely.upper) == (before + 900, before + 1100)
    assert (later.expected, later.likely) == (Decimal(5000), None)


def test_why_awss_forecast_is_missing_is_said(shelf, snapshot):
    assert "aws_forecast_metrics" in aws_outlook(snapshot, EVERYTHING, FILTERS).missing
    assert "without filters" in aws_outlook(snapshot, EVERYTHING, replace(FILTERS, services=("S3",))).missing
    assert "every account" in aws_outlook(snapshot, Scope(frozenset({"111"})), FILTERS).missing
    denied = {"missing_rights": [("ce:GetCostForecast", "AWS's own forecast", AS_OF)]}
    with published(organization(rows=denied), shelf) as opened:
        assert "ce:GetCostForecast" in aws_outlook(opened, EVERYTHING, FILTERS).missing


def test_kept_forecasts_are_graded_once_their_days_are_complete(shelf):
    asked = date(2026, 3, 1)
    days = [Period(asked + n * DAY, asked + (n + 1) * DAY) for n in range(25)]
    actual = [sum_of(day) for day in days]
    both = list(zip(days, actual, strict=True))
    ours = [row("costlib", asked, day, str(cost * Decimal("1.1")), str(cost), str(cost * 2)) for day, cost in both]
    aws = [row("aws", asked, day, str(cost - 10), "0", "1") for day, cost in both]
    february = Period(date(2026, 2, 1), MARCH.start)
    month = [row("aws", date(2026, 2, 1), february, str(sum_of(february)), None, None)]
    with published(organization(rows={"forecasts": [*ours, *aws, *month]}), shelf) as opened:
        grades = {(g.forecaster, g.ahead): g for g in kept_grades(opened, EVERYTHING, FILTERS)}
        assert kept_grades(opened, Scope(frozenset({"111"})), FILTERS) == ()
        assert kept_grades(opened, EVERYTHING, replace(FILTERS, include_tax=False)) == ()
    week = grades["costlib", (1, 7)]
    assert (week.forecasts, week.since) == (7, asked)
    assert (week.wape, week.bias, week.coverage) == pytest.approx((0.1, 0.1, 1.0))
    later = grades["aws", (8, 30)]
    assert later.forecasts == len([day for day in days[7:] if day.end <= KNOWN.end])
    size = float(sum(actual[7 : 7 + later.forecasts]))
    assert (later.wape, later.bias, later.coverage) == pytest.approx(
        (later.forecasts * 10 / size, -later.forecasts * 10 / size, 0)
    )
    assert (grades["aws", None].wape, grades["aws", None].coverage) == (0, None)


def test_a_single_service_has_a_record_of_its_own(shelf):
    day = Period(date(2026, 3, 2), date(2026, 3, 3))
    kept = [row("costlib", day.start, day, "1", "0", "2", "service", "S3")]
    with published(organization(rows={"forecasts": kept}), shelf) as opened:
        (grade,) = kept_grades(opened, EVERYTHING, replace(FILTERS, services=("S3",)))
        assert kept_grades(opened, EVERYTHING, replace(FILTERS, services=("S3", "EC2"))) == ()
    assert grade.wape == pytest.approx(abs(1 - float(sum_of(day, "S3"))) / float(sum_of(day, "S3")))


def synced_daily(first_share: str, other_share: str) -> Organization:
    """A month of syncs at noon: of each day, account 111 had `first_share` of its cost a day later, 222 `other_share`,
    and all of it a day after that."""
    noons = [AS_OF - n * DAY for n in range(30, -1, -1)]
    runs = [(f"r{n:02}", at, at + timedelta(minutes=1), "ok", 1, Decimal(0), 1, 1, 1, "") for n, at in enumerate(noons)]
    settled = [c for c in charges() if c.charge_date < KNOWN.end]
    young = [
        replace(c, amounts=amounts(str(c.amounts[0] * share_of(c, first_share, other_share))))
        for c in charges()
        if c.charge_date == KNOWN.end and c.amounts[0]
    ]
    moved = [
        (
            "r",
            noon,
            c.charge_date,
            c.usage_account_id,
            c.service,
            c.record_type,
            True,
            *old_amounts(c, share),
            *c.amounts,
        )
        for noon in noons
        for c in settled
        if c.charge_date == noon.date() - 2 * DAY
        for share in [share_of(c, first_share, other_share)]
    ]
    return Organization([*settled, *young], as_of=AS_OF, rows={"runs": runs, "restatements": moved})


def share_of(charge: Charge, first: str, other: str) -> Decimal:
    return Decimal(first if charge.usage_account_id == "111" else other)


def old_amounts(charge: Charge, share: Decimal) -> tuple[Decimal, ...]:
    return tuple((amount or Decimal(0)) * share for amount in charge.amounts)


def test_a_day_that_is_still_arriving_is_completed_by_what_such_days_lacked_before(shelf):
    day = KNOWN.end
    with published(synced_daily("0.5", "0.5"), shelf) as opened:
        assert arrived(opened, EVERYTHING, FILTERS) == {day: pytest.approx(0.5)}
        ahead = outlook(opened, EVERYTHING, FILTERS).ahead[0]
    reported = sum_of(Period(day, day + DAY)) / 2
    assert (ahead.day, ahead.reported) == (day, reported)
    assert abs(ahead.expected - 2 * reported) < reported / 20


def test_what_lacked_is_learned_of_what_is_asked_about_and_may_be_seen(shelf):
    mine, other = Scope(frozenset({"111"})), replace(FILTERS, accounts=("222",))
    with published(synced_daily("0.5", "0.9"), shelf) as opened:
        assert arrived(opened, mine, FILTERS) == {KNOWN.end: pytest.approx(0.5)}
        assert arrived(opened, EVERYTHING, other) == {KNOWN.end: pytest.approx(0.9)}


def test_without_a_history_of_syncs_arriving_days_are_forecast_like_others(snapshot):
    assert arrived(snapshot, EVERYTHING, FILTERS) == {}


def test_bands_are_finops_ones():
    assert [band(e) for e in (0.0, 0.12, 0.13, 0.15, 0.2, 0.21)] == [
        "run",
        "run",
        "walk",
        "walk",
        "crawl",
        "below crawl",
    ]


def test_a_pages_forecast_takes_less_than_150_ms_of_work(snapshot):
    def work() -> float:
        begun = time.process_time()
        outlook(snapshot, EVERYTHING, FILTERS)
        return time.process_time() - begun

    assert min(work() for _ in range(6)) < 0.15
