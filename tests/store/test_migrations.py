"""Older files are brought up to date; newer and foreign ones are refused."""

from __future__ import annotations

import duckdb
import pytest

from costlib.errors import SchemaTooNew, SnapshotCorrupt
from costlib.store.migrations import SCHEMA_VERSION, migrate, schema_version


def tables_and_columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    return connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    ).fetchall()


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def test_an_empty_file_gets_the_newest_schema(connection):
    assert migrate(connection) == 0
    assert schema_version(connection) == SCHEMA_VERSION


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_every_older_version_ends_in_the_same_schema_and_keeps_its_charges(connection, version):
    migrate(connection, version)
    connection.execute("INSERT INTO charges (charge_date, unblended_cost) VALUES ('2026-01-01', 12.0000000001)")
    assert migrate(connection) == version
    with duckdb.connect() as fresh:
        migrate(fresh)
        assert tables_and_columns(connection) == tables_and_columns(fresh)
    ((amount,),) = connection.execute("SELECT unblended_cost FROM charges").fetchall()
    assert str(amount) == "12.0000000001"


def test_migrating_twice_changes_nothing(connection):
    migrate(connection)
    before = tables_and_columns(connection)
    assert migrate(connection) == SCHEMA_VERSION
    assert tables_and_columns(connection) == before


def test_a_file_of_a_later_program_is_refused(connection):
    migrate(connection)
    connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    with pytest.raises(SchemaTooNew, match="schema version 999"):
        migrate(connection)


def test_tables_without_a_version_are_not_touched(connection):
    connection.execute("CREATE TABLE somebody_elses (x INTEGER)")
    with pytest.raises(SnapshotCorrupt, match="no schema version"):
        migrate(connection)
    assert [t for t, _, _ in tables_and_columns(connection)] == ["somebody_elses"]
