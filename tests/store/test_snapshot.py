"""Published states: whole, immutable, pruned, and refused when they cannot be trusted."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.errors import DiskFull, NoSnapshot, SchemaTooNew, SnapshotCorrupt
from costlib.store.snapshot import current_id, open_current, publish, snapshot_path
from costlib.store.warehouse import open_warehouse


def warehouse_with(folder: Path, amount: str) -> Path:
    with open_warehouse(folder) as warehouse:
        warehouse.set_meta({"currency": "USD", "as_of": "2026-11-24T12:00:00"})
        with warehouse.transaction() as connection:
            connection.execute("DELETE FROM charges")
            connection.execute("DELETE FROM daily_totals")
            connection.execute(f"INSERT INTO charges (charge_date, unblended_cost) VALUES ('2026-11-20', {amount})")
            connection.execute("INSERT INTO daily_totals (charge_date, unblended_cost) VALUES ('2026-11-20', 1)")
        return warehouse.path


def amount_in(snapshot) -> Decimal:
    ((amount,),) = snapshot.rows("SELECT unblended_cost FROM charges")
    return amount


def test_before_the_first_publish_the_remedy_is_to_sync(tmp_path):
    with pytest.raises(NoSnapshot) as failure:
        open_current(tmp_path)
    assert "costlib sync" in failure.value.remedy


def test_a_reader_keeps_its_snapshot_while_newer_ones_are_published_and_pruned(tmp_path):
    publish(tmp_path, warehouse_with(tmp_path, "1.0000000001"), "a", keep=1)
    reader = open_current(tmp_path)
    publish(tmp_path, warehouse_with(tmp_path, "2"), "b", keep=1)
    assert amount_in(reader) == Decimal("1.0000000001")
    assert amount_in(open_current(tmp_path)) == Decimal(2)
    assert [p.stem for p in (tmp_path / "snapshots").iterdir()] == ["b"]


def files_open_in(folder: Path) -> list[str]:
    """Of this process, by name."""
    links = [os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    return [Path(link).stem for link in links if link.startswith(str(folder)) and ".duckdb" in link]


def test_a_snapshot_at_rest_holds_no_file_and_still_answers(tmp_path):
    publish(tmp_path, warehouse_with(tmp_path, "1"), "a", keep=1)
    reader = open_current(tmp_path)
    under_way = reader.rows("SELECT * FROM range(20000)")
    assert next(under_way) == (0,)
    reader.rest()
    assert len(list(under_way)) == 19_999
    assert files_open_in(tmp_path) == []
    assert amount_in(reader) == Decimal(1)
    reader.rest()
    assert files_open_in(tmp_path) == []
    assert amount_in(reader) == Decimal(1)


def test_a_snapshot_at_rest_whose_file_was_pruned_says_so(tmp_path):
    publish(tmp_path, warehouse_with(tmp_path, "1"), "a", keep=1)
    reader = open_current(tmp_path)
    reader.rest()
    publish(tmp_path, warehouse_with(tmp_path, "2"), "b", keep=1)
    with pytest.raises(SnapshotCorrupt, match="Snapshot a cannot be read"):
        amount_in(reader)


def test_a_snapshot_knows_its_days_and_which_are_complete(tmp_path):
    publish(tmp_path, warehouse_with(tmp_path, "1"), "a", keep=1)
    snapshot = open_current(tmp_path)
    assert (snapshot.currency, snapshot.complete_through) == ("USD", date(2026, 11, 22))
    assert (snapshot.period.start, snapshot.period.last_day) == (date(2026, 11, 20), date(2026, 11, 20))


def test_a_failed_publish_leaves_the_old_snapshot_current(tmp_path, monkeypatch):
    path = warehouse_with(tmp_path, "1")
    publish(tmp_path, path, "a", keep=5)

    def no_room(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("shutil.copyfile", no_room)
    with pytest.raises(DiskFull, match="No space left"):
        publish(tmp_path, path, "b", keep=5)
    assert current_id(tmp_path) == "a"
    assert not list((tmp_path / "snapshots").glob("*.part"))


@pytest.mark.parametrize("damage", [b"", b"garbage" * 500])
def test_a_damaged_snapshot_is_named_with_a_remedy(tmp_path, damage):
    publish(tmp_path, warehouse_with(tmp_path, "1"), "a", keep=1)
    snapshot_path(tmp_path, "a").write_bytes(damage)
    with pytest.raises(SnapshotCorrupt, match="Snapshot a cannot be read") as failure:
        open_current(tmp_path)
    assert "costlib sync" in failure.value.remedy


def test_a_missing_snapshot_is_named(tmp_path):
    publish(tmp_path, warehouse_with(tmp_path, "1"), "a", keep=1)
    snapshot_path(tmp_path, "a").unlink()
    with pytest.raises(SnapshotCorrupt, match="its file is gone"):
        open_current(tmp_path)


def test_a_snapshot_of_a_later_program_is_refused(tmp_path):
    path = warehouse_with(tmp_path, "1")
    with open_warehouse(tmp_path) as warehouse:
        warehouse.set_meta({"schema_version": "999"})
    publish(tmp_path, path, "a", keep=1)
    with pytest.raises(SchemaTooNew):
        open_current(tmp_path)


def test_results_stream_as_arrow_and_as_tuples_with_exact_amounts(tmp_path):
    publish(tmp_path, warehouse_with(tmp_path, "-0.0000000092"), "a", keep=1)
    snapshot = open_current(tmp_path)
    sql = "SELECT unblended_cost FROM charges WHERE charge_date = ?"
    assert snapshot.table(sql, [date(2026, 11, 20)])["unblended_cost"].to_pylist() == [Decimal("-0.0000000092")]
    assert sum(b.num_rows for b in snapshot.batches(sql, [date(2026, 11, 20)])) == 1
