"""Windows in the making: pages are staged as they come, and nothing is replaced before the last one is there.

A window is one question (its `signature`) over one span of days. Its staged rows live in a table of their own, so
that dropping them frees their space at once. State of a window:

    fetching ──last page──► staged ──commit──► complete
        │ ▲
        └─┘  page by page; a dead page token keeps the whole days and asks again from the first unfinished one
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa

from costlib.errors import CurrencyMixed, DuplicateKey
from costlib.periods import Period
from costlib.store.ledger import RequestRecord, insert_request
from costlib.store.warehouse import Warehouse


@dataclass(frozen=True)
class Staging:
    """Where a window stands: ask from `resume_date` on, with `next_token` if there is one.

    Of `unfinished_date` and later, more rows may come; earlier days are whole.
    """

    window_id: str
    table: str
    resume_date: date
    unfinished_date: date
    next_token: str | None
    pages: int
    is_staged: bool


@dataclass(frozen=True)
class Wanted:
    """A window to be taken up: `kind` and `signature` of its question, and its days."""

    kind: str
    signature: str
    period: Period

    @property
    def window_id(self) -> str:
        return hashlib.sha256(f"{self.signature}|{self.period.start}|{self.period.end}".encode()).hexdigest()[:24]


def take_up(warehouse: Warehouse, run_id: str, wanted: Sequence[Wanted], now: datetime) -> list[Staging]:
    """The staging of each window, in the same order: begun here, or where a killed run left it."""
    held = {
        window_id: (resume_date, token, pages, state == "staged")
        for window_id, resume_date, token, pages, state in warehouse.fetch(
            "SELECT window_id, resume_date, next_token, pages, state FROM windows WHERE state <> 'complete'"
        )
    }
    new = [w for w in wanted if w.window_id not in held]
    if new:
        with warehouse.transaction() as connection:
            for w in new:
                connection.execute(
                    "INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0, 0, 'fetching', ?)",
                    [w.window_id, run_id, w.kind, w.signature, w.period.start, w.period.end, w.period.start, now],
                )
                connection.execute(f"CREATE OR REPLACE TABLE staged_{w.window_id} AS FROM staged_rows LIMIT 0")
    return [_staging(warehouse, w, held.get(w.window_id)) for w in wanted]


def _staging(warehouse: Warehouse, wanted: Wanted, held: tuple[date, str | None, int, bool] | None) -> Staging:
    table = f"staged_{wanted.window_id}"
    if held is None:
        return Staging(wanted.window_id, table, wanted.period.start, wanted.period.start, None, 0, False)
    resume_date, token, pages, is_staged = held
    ((last,),) = warehouse.fetch(f"SELECT MAX(charge_date) FROM {table}")
    return Staging(wanted.window_id, table, resume_date, last or resume_date, token, pages, is_staged)


def stage_page(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    staging: Staging,
    rows: pa.Table,
    next_token: str | None,
    record: RequestRecord,
) -> None:
    """Keep one page, its place in the paging and its line in the request ledger, in the caller's transaction."""
    if rows.num_rows:
        connection.register("page", rows)
        connection.execute(f"INSERT INTO {staging.table} SELECT '{staging.window_id}', * FROM page")
        connection.unregister("page")
    connection.execute(
        """
        UPDATE windows
        SET next_token = ?, pages = pages + 1, row_count = row_count + ?, state = ?, updated_at = ?
        WHERE window_id = ?
        """,
        [next_token, rows.num_rows, "fetching" if next_token else "staged", record.requested_at, staging.window_id],
    )
    insert_request(connection, run_id, record)


def restart_from(connection: duckdb.DuckDBPyConnection, staging: Staging, day: date) -> None:
    """Forget what was staged of `day` and later, in the caller's transaction: it is asked for again."""
    connection.execute(f"DELETE FROM {staging.table} WHERE charge_date >= ?", [day])
    connection.execute(
        "UPDATE windows SET next_token = NULL, resume_date = ?, state = 'fetching' WHERE window_id = ?",
        [day, staging.window_id],
    )


def drop(warehouse: Warehouse, stagings: Iterable[Staging]) -> None:
    """Give windows up; what was committed before stays."""
    _drop(warehouse, [staging.window_id for staging in stagings])


def drop_unfinished(warehouse: Warehouse, kinds: tuple[str, ...] | None = None, before: datetime | None = None) -> None:
    """Give up unfinished windows: of these kinds (all when None), last touched before `before`."""
    found = warehouse.fetch(
        """
        SELECT window_id FROM windows
        WHERE state <> 'complete' AND (? OR list_contains(?, kind)) AND (? OR updated_at < ?)
        """,
        [kinds is None, list(kinds or ()), before is None, before],
    )
    _drop(warehouse, [window_id for (window_id,) in found])


def _drop(warehouse: Warehouse, window_ids: Sequence[str]) -> None:
    if not window_ids:
        return
    with warehouse.transaction() as connection:
        for window_id in window_ids:
            connection.execute(f"DROP TABLE IF EXISTS staged_{window_id}")
            connection.execute("DELETE FROM windows WHERE window_id = ?", [window_id])


def complete(connection: duckdb.DuckDBPyConnection, staging: Staging) -> None:
    """Inside the transaction that replaced the window: its rows are in, its staging goes."""
    connection.execute(f"DROP TABLE {staging.table}")
    connection.execute(
        "UPDATE windows SET state = 'complete', next_token = NULL WHERE window_id = ?", [staging.window_id]
    )


def refuse_duplicates(warehouse: Warehouse, staging: Staging) -> None:
    """Groups of one day may go on over several pages, but each (period, keys) comes once. Raises DuplicateKey."""
    twice = warehouse.fetch(
        f"""
        SELECT charge_date, key_1, key_2
        FROM {staging.table}
        GROUP BY charge_date, key_1, key_2
        HAVING COUNT(*) > 1
        LIMIT 1
        """
    )
    if twice:
        day, *keys = twice[0]
        drop(warehouse, [staging])
        raise DuplicateKey(
            f"Cost Explorer gave {' / '.join(repr(k) for k in keys if k)} twice for {day}.",
            "Nothing of this answer was stored. Run `python -m costlib sync` again; if it persists, report it to AWS.",
        )


def hold_currency(connection: duckdb.DuckDBPyConnection, currency: str | None) -> None:
    """Note the warehouse's currency; raise CurrencyMixed when an answer comes in another one."""
    if currency is None:
        return
    held = connection.execute("SELECT value FROM meta WHERE key = 'currency'").fetchall()
    if not held:
        connection.execute("INSERT INTO meta VALUES ('currency', ?)", [currency])
    elif held[0][0] != currency:
        raise CurrencyMixed(
            f"Cost Explorer answered in {currency}; this warehouse holds {held[0][0]}.",
            "Two currencies are never added: use another --data-dir for the other one.",
        )
