"""One writer, one source, every change whole or not at all."""

from __future__ import annotations

import contextlib
import multiprocessing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from costlib.errors import SnapshotCorrupt, SyncInProgress, WarehouseForeign
from costlib.store.ledger import RequestRecord, dollars_since, record_request, start_run
from costlib.store.warehouse import open_warehouse, sync_lock

NOW = datetime(2026, 11, 24, 12)


def request(at: datetime = NOW) -> RequestRecord:
    return RequestRecord(at, "GetCostAndUsage", "cube", 1, 10, 250, 1, "ok", Decimal("0.01"))


def hold_lock(folder: str, held, release) -> None:
    with sync_lock(Path(folder)):
        held.set()
        release.wait(10)


@pytest.mark.usefixtures("own_main")
def test_a_second_sync_is_refused_and_names_the_process(tmp_path):
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold_lock, args=(str(tmp_path), held, release))
    other.start()
    assert held.wait(20)
    with pytest.raises(SyncInProgress, match=str(other.pid)), sync_lock(tmp_path):
        pass
    release.set()
    other.join(10)
    with sync_lock(tmp_path):
        pass


def test_a_warehouse_belongs_to_its_first_source(tmp_path):
    with open_warehouse(tmp_path) as warehouse:
        warehouse.claim("111122223333")
    with open_warehouse(tmp_path) as warehouse:
        warehouse.claim("111122223333")
        with pytest.raises(WarehouseForeign, match="111122223333, not of 444455556666"):
            warehouse.claim("444455556666")


def test_a_failing_transaction_leaves_nothing(tmp_path):
    with open_warehouse(tmp_path) as warehouse:
        with contextlib.suppress(duckdb.ConstraintException), warehouse.transaction() as connection:
            connection.execute("INSERT INTO meta VALUES ('half', 'done')")
            connection.execute("INSERT INTO meta VALUES ('half', 'again')")
        assert warehouse.meta("half") is None


def test_a_run_that_died_is_closed_by_the_next(tmp_path):
    with open_warehouse(tmp_path) as warehouse:
        start_run(warehouse, "first", NOW)
    with open_warehouse(tmp_path) as warehouse:
        start_run(warehouse, "second", NOW)
        states = warehouse.fetch("SELECT run_id, state FROM runs ORDER BY run_id")
        assert states == [("first", "failed"), ("second", "running")]


def test_the_ledger_adds_up_what_this_month_cost(tmp_path):
    with open_warehouse(tmp_path) as warehouse:
        for at in (datetime(2026, 10, 31, 23), NOW, NOW):
            record_request(warehouse, "run", request(at))
        assert dollars_since(warehouse, datetime(2026, 11, 1)) == Decimal("0.02")


def test_a_damaged_warehouse_is_named_with_a_remedy(tmp_path):
    (tmp_path / "warehouse.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(SnapshotCorrupt, match=r"warehouse\.duckdb cannot be used") as failure, open_warehouse(tmp_path):
        pass
    assert "snapshots/" in failure.value.remedy
