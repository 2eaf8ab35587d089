"""What a store should say, added up in plain Python from the endpoint's own ledger."""

from __future__ import annotations

import contextlib
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from costlib.cli import main
from costlib.exports import csv
from costlib.sample.server import SampleEndpoint
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import COST_METRICS

Sums = dict[tuple[Any, ...], tuple[Decimal | None, ...]]
"""Key values → the five metrics."""


def truth(charges: pa.Table, dimensions: Sequence[str]) -> Sums:
    """Sums of all five metrics by `dimensions`."""
    columns = [charges[d].to_pylist() for d in dimensions]
    amounts = [charges[m.value].to_pylist() for m in COST_METRICS]
    return added_up(zip(zip(*columns, strict=True), zip(*amounts, strict=True), strict=True))


def held(snapshot: Snapshot, dimensions: Sequence[str]) -> Sums:
    """The same from the snapshot's charges, each label through its own join."""
    joins, columns = [], []
    for i, dimension in enumerate(dimensions):
        if ":" in dimension:
            joins.append(f"JOIN label_sets AS l{i} ON l{i}.label_set_id = c.label_set_id AND l{i}.label = ?")
            columns.append(f"l{i}.value")
        else:
            columns.append(f"c.{dimension}")
    labels = [d for d in dimensions if ":" in d]
    sql = f"SELECT {', '.join([*columns, *COST_METRICS])} FROM charges AS c {' '.join(joins)}"
    width = len(dimensions)
    return added_up((row[:width], row[width:]) for row in snapshot.rows(sql, labels))


def added_up(rows: Iterable[tuple[Any, Any]]) -> Sums:
    sums: dict[tuple, list[Decimal | None]] = defaultdict(lambda: [Decimal(0)] * len(COST_METRICS))
    for key, amounts in rows:
        cell = sums[key]
        for i, amount in enumerate(amounts):
            cell[i] = None if amount is None else (cell[i] or Decimal(0)) + amount
    return {key: tuple(amounts) for key, amounts in sums.items()}


def differences(snapshot: Snapshot, endpoint: SampleEndpoint, dimensions: Sequence[str]) -> dict[tuple, tuple]:
    """Keys whose sums differ between store and ledger; a key of zeros on one side only is no difference."""
    ours, theirs = held(snapshot, dimensions), truth(endpoint.charges(), dimensions)
    zero = (Decimal(0),) * len(COST_METRICS)
    return {
        key: (ours.get(key), theirs.get(key))
        for key in ours.keys() | theirs.keys()
        if ours.get(key, zero) != theirs.get(key, zero)
    }


def asked(folder: Path, dimensions: Sequence[str]) -> Sums:
    """What `costlib query` answers for every metric, read back from its CSV."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(["query", "--data-dir", str(folder), "--group-by", ",".join(dimensions), "--metric", "all"])
    assert code == 0
    header, rows = csv.read(io.StringIO(out.getvalue()))
    assert list(header) == [*dimensions, *COST_METRICS]
    width = len(dimensions)
    return {tuple(row[:width]): tuple(Decimal(cell) if cell else None for cell in row[width:]) for row in rows}


def query_differences(folder: Path, endpoint: SampleEndpoint, dimensions: Sequence[str]) -> dict[tuple, tuple]:
    """Keys whose sums differ between `costlib query` and the ledger."""
    charges = endpoint.charges()
    if "billing_month" in dimensions:
        months = [day.replace(day=1) for day in charges["charge_date"].to_pylist()]
        charges = charges.append_column("billing_month", pa.array(months))
    spelled = {
        tuple(
            "Unallocated" if value == "" and ":" in name else str(value)
            for name, value in zip(dimensions, key, strict=True)
        ): sums
        for key, sums in truth(charges, dimensions).items()
    }
    ours = asked(folder, dimensions)
    zero = (Decimal(0),) * len(COST_METRICS)
    return {
        key: (ours.get(key), spelled.get(key))
        for key in ours.keys() | spelled.keys()
        if ours.get(key, zero) != spelled.get(key, zero)
    }
