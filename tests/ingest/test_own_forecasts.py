"""Our own forecasts are kept once a day, of the total and the largest parts, about the same periods as AWS's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from costlib.ingest import own_forecasts
from costlib.periods import DAY, Period
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.ingest.syncing import NOON, rows_of, sync_from

TODAY = NOON.date()
ORGANIZATION = tiny_organization(TODAY)


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


def test_the_total_is_kept_day_by_day_and_for_the_months_that_aws_is_asked_about(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    sql = "SELECT {} FROM forecasts WHERE level = 'total' AND forecaster = '{}' AND granularity = '{}' ORDER BY 1"
    days = rows_of(tmp_path, sql.format("period_start", "costlib", "daily"))
    assert [day for (day,) in days] == list(Period(TODAY, date(2027, 1, 1)))
    months = "period_start, period_end"
    ours = rows_of(tmp_path, sql.format(months, "costlib", "monthly"))
    assert ours == rows_of(tmp_path, sql.format(months, "aws", "monthly"))[:2]
    assert rows_of(tmp_path, "SELECT 1 FROM forecasts WHERE NOT lower_bound <= mean OR NOT mean <= upper_bound") == []


def test_every_level_is_kept(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    found = rows_of(tmp_path, "SELECT DISTINCT level, value FROM forecasts WHERE forecaster = 'costlib'")
    charged = endpoint.charges().to_pylist()
    assert {value for level, value in found if level == "service"} <= {row["service"] for row in charged}
    assert {level for level, _ in found} >= {"total", "service", "usage_account_id"}
    assert any(level.startswith("cost_category:") for level, _ in found)
    assert any(level == "cost_center" for level, _ in found)


def test_it_is_done_once_a_day_and_older_ones_stay(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    sql = "SELECT * FROM forecasts WHERE forecaster = 'costlib' ORDER BY ALL"
    first = rows_of(tmp_path, sql)
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=2))
    assert rows_of(tmp_path, sql) == first
    endpoint.serve(ORGANIZATION.on(TODAY + DAY))
    sync_from(endpoint, tmp_path, now=NOON + DAY)
    assert [row for row in rows_of(tmp_path, sql) if row[1] == TODAY] == first
    assert len(rows_of(tmp_path, sql)) > len(first)


@pytest.mark.parametrize(("most", "levels"), [(0, []), (1, [("total",)])])
def test_only_so_many_are_kept(tmp_path, endpoint, most, levels):
    sync_from(endpoint, tmp_path, kept_forecasts=most)
    assert rows_of(tmp_path, "SELECT DISTINCT level FROM forecasts WHERE forecaster = 'costlib'") == levels


def test_too_little_history_keeps_nothing_and_the_sync_goes_on(tmp_path):
    with SampleEndpoint(tiny_organization(TODAY, days=10)) as endpoint:
        assert sync_from(endpoint, tmp_path).ties_out
    assert rows_of(tmp_path, "SELECT 1 FROM forecasts") == []


def test_a_sync_that_was_killed_while_keeping_keeps_them_all_next_time(tmp_path, endpoint, monkeypatch):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(own_forecasts, "keep", killed)
    with pytest.raises(KeyboardInterrupt):
        sync_from(endpoint, tmp_path)
    monkeypatch.undo()
    sync_from(endpoint, tmp_path)
    counted = "SELECT COUNT(*) = COUNT(DISTINCT (level, value, granularity, period_start)) FROM forecasts"
    assert rows_of(tmp_path, f"{counted} WHERE forecaster = 'costlib'") == [(True,)]
    assert rows_of(tmp_path, "SELECT 1 FROM forecasts WHERE forecaster = 'costlib' AND level = 'total' LIMIT 1")
