"""Totals can stay equal while their make-up moves: recent months are read again every week, all every month."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from costlib.ingest.reread import RereadRule

NOW = datetime(2026, 11, 24, 12)
OLD, RECENT = date(2026, 3, 1), date(2026, 10, 1)


def due(read_days_ago: dict[date, float], **more: bool) -> set[date]:
    rule = RereadRule(NOW, deep_days=7, full_days=30, **more)
    return rule.due({d: NOW - timedelta(days=n) for d, n in read_days_ago.items()}, {d: d for d in read_days_ago})


def test_nothing_is_due_within_the_week():
    assert due({OLD: 6, RECENT: 6}) == set()


def test_after_a_week_this_and_the_previous_month_are_due():
    assert due({OLD: 8, RECENT: 7}) == {RECENT}


def test_after_thirty_days_everything_is_due():
    assert due({OLD: 31, RECENT: 2}) == {OLD, RECENT}


def test_recent_days_come_due_together_but_not_what_was_just_read():
    other = date(2026, 11, 2)
    assert due({RECENT: 8, other: 2}) == {RECENT, other}
    assert due({RECENT: 8, other: 0.1}) == {RECENT}


def test_everything_is_due_when_told_so():
    assert due({OLD: 0, RECENT: 0}, everything=True) == {OLD, RECENT}
