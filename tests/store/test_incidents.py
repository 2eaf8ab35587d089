"""What a judging leaves: all of it or nothing, and each incident under the id that it had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.periods import DAY
from costlib.store import incidents as store
from costlib.store.incidents import Driver, Judgement, Root, StoredIncident, replace_judged
from costlib.store.warehouse import Warehouse, open_warehouse

FIRST, NOON = date(2026, 3, 10), datetime(2026, 3, 20, 12)
PLACE = Root("service_account", "1", "EC2")
ONE = StoredIncident(
    PLACE, "spike", "amortized_cost", FIRST, FIRST + DAY, False, Decimal("1.00"), Decimal("9.0000000001"), "Web"
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with open_warehouse(tmp_path) as opened:
        yield opened


def judge(warehouse: Warehouse, *found: StoredIncident, of: str = "x", since: date = FIRST - 9 * DAY) -> None:
    replace_judged(warehouse, Judgement(since, FIRST + 5 * DAY, of, found, (), ()), NOON)


def ids(warehouse: Warehouse) -> Sequence[str]:
    return [str(i) for (i,) in warehouse.fetch("SELECT incident_id FROM incidents ORDER BY first_day, level, service")]


@pytest.mark.parametrize(
    "later",
    [
        replace(ONE, last_day=FIRST + 3 * DAY, kind="step"),
        replace(ONE, first_day=FIRST + DAY),
        replace(ONE, root=Root("service", service="EC2")),
        replace(ONE, root=Root("account", "1")),
    ],
    ids=["goes on", "began later", "a wider root", "another wider root"],
)
def test_the_same_incident_keeps_its_id(warehouse: Warehouse, later: StoredIncident) -> None:
    judge(warehouse, ONE)
    (before,) = ids(warehouse)
    judge(warehouse, later, of="y")
    assert ids(warehouse) == [before]


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, first_day=FIRST + 2 * DAY, last_day=FIRST + 3 * DAY),
        replace(ONE, root=Root("service_account", "2", "EC2")),
        replace(ONE, kind="drop"),
        replace(ONE, root=Root("label", label="tag:a", value="b"), first_day=FIRST + DAY),
    ],
    ids=["other days", "another account", "the other way", "another root and beginning"],
)
def test_another_incident_has_another_id(warehouse: Warehouse, other: StoredIncident) -> None:
    judge(warehouse, ONE)
    (before,) = ids(warehouse)
    judge(warehouse, ONE, other, of="y")
    found = ids(warehouse)
    assert before in found
    assert len(set(found)) == 2


def test_older_incidents_stay_as_they_were_told(warehouse: Warehouse) -> None:
    judge(warehouse, ONE)
    judge(warehouse, of="y", since=FIRST + 2 * DAY)
    assert len(ids(warehouse)) == 1
    judge(warehouse, of="z", since=FIRST)
    assert ids(warehouse) == []


def test_a_judging_that_stops_halfway_leaves_the_one_before(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(warehouse, replace(ONE, drivers=(Driver("record_type", "Usage", False, Decimal(9), Decimal(1)),)))
    tables = ("incidents", "incident_drivers", "meta")
    before = [warehouse.fetch(f"SELECT * FROM {table} ORDER BY ALL") for table in tables]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_replace_data", stop)
    with pytest.raises(KeyboardInterrupt):
        judge(warehouse, replace(ONE, root=Root("total")), of="y")
    assert [warehouse.fetch(f"SELECT * FROM {table} ORDER BY ALL") for table in tables] == before
    assert not store.is_judged(warehouse, "y")
