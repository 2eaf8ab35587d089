"""What people type reaches SQL as a value or not at all: flags and links full of quotes, keywords and nonsense."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
import streamlit as st
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from costlib.cli import main as costlib
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import DIMENSIONS
from tests.app.pages import EVERY_PAGE, VIEWS, opened

MARK = "zq9x"
"""In every hostile text, so that it can be looked for in SQL."""
PIECES = (
    "'",
    '"',
    ";",
    "--",
    "/*",
    "*/",
    "\\",
    "%",
    "_",
    "{0}",
    "$$",
    "`",
    "\n",
    "\t",
    ")",
    "(",
    ",",
    "=",
    "é",
    "ﬁ",
    "😀",
    " OR 1=1",
    " UNION SELECT ",
    "DROP TABLE charges",
    "ATTACH 'x'",
    "read_csv('/etc/passwd')",
    "::int",
    "?",
    "$1",
)
hostile = some.lists(some.sampled_from(PIECES) | some.text(max_size=5), max_size=6).map(
    lambda p: MARK + "".join(p) + MARK
)
parameters = some.sampled_from(
    (
        "period",
        "granularity",
        "metric",
        "compare",
        "comparison",
        "accounts",
        "services",
        "record_types",
        "labels",
        "dates",
        "columns",
        "label",
        "across",
        "format",
        "by",
        "day",
        "service",
        "account",
        "center",
        "line",
        "month",
        "rule",
        "step",
        "prepaid_by",
        "ranked_by",
        "cost_category:Team",
        "tag:application",
        "page",
        "view",
    )
)


@dataclass
class Asked:
    """The SQL that snapshots were asked, and the values bound to it."""

    sql: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def note(self, sql: str, values: Sequence[object]) -> None:
        self.sql.append(sql)
        self.values.extend(values)


@contextlib.contextmanager
def listening() -> Iterator[Asked]:
    asked = Asked()

    def noted(name: str):
        method = getattr(Snapshot, name)

        def note(self: Snapshot, sql: str, parameters: Sequence[object] = ()):
            asked.note(sql, parameters)
            return method(self, sql, parameters)

        return patch.object(Snapshot, name, note)

    with noted("rows"), noted("table"), noted("batches"):
        yield asked


def says(arguments: Sequence[str]) -> tuple[int, str, str, Asked]:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with listening() as asked, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = costlib(list(arguments))
        except SystemExit as error:
            code = int(error.code or 0)
        out.flush()
        return code, out.buffer.getvalue().decode(), err.getvalue(), asked


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=hostile)
@example(text=f"{MARK}' OR '1'='1")
@example(text=f"{MARK}\x00")
def test_a_name_that_does_not_exist_never_reaches_sql(sample_data_dir: Path, text: str) -> None:
    common = ["--data-dir", str(sample_data_dir)]
    for name in (text, f"cost_category:{text}", f"tag:{text}", f"service{text}", f"cost_category:Team{text}"):
        for flags in (
            ["--group-by", f'"{name.replace(chr(34), chr(34) * 2)}"'],
            ["--where", f"{name}=x"],
            ["--metric", name],
        ):
            code, out, err, asked = says(["query", *flags, *common])
            assert code == 2, (flags, out[:200])
            assert "Traceback" not in err
            assert not [sql for sql in asked.sql if MARK in sql]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=hostile, name=some.sampled_from([*DIMENSIONS, "cost_category:Team", "tag:application"]))
@example(text=f"{MARK}' OR '1'='1", name="service")
def test_a_value_is_bound_and_finds_nothing(sample_data_dir: Path, text: str, name: str) -> None:
    flags = ["query", "--group-by", "service", "--where", f"{name}={text}", "--data-dir", str(sample_data_dir)]
    code, out, err, asked = says(flags)
    assert "Traceback" not in err
    assert not [sql for sql in asked.sql if MARK in sql]
    if code == 0:
        assert out.splitlines() == ["service,unblended_cost"]
        assert any(MARK in str(value) for value in asked.values)


@pytest.mark.parametrize("page", [*EVERY_PAGE, VIEWS])
def test_a_link_never_reaches_sql_but_as_a_value(
    page: str, sample_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSTLIB_SOURCE", "sample")
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "0")
    monkeypatch.setenv("COSTLIB_DATA_DIR", str(sample_data_dir))

    @settings(max_examples=4, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(query=some.dictionaries(parameters, some.lists(hostile, min_size=1, max_size=2), min_size=12, max_size=29))
    def opens(query: dict[str, list[str]]) -> None:
        st.cache_data.clear()
        with listening() as asked:
            app = opened(page, query)
        assert not app.exception, [e.message for e in app.exception]
        assert not [sql for sql in asked.sql if MARK in sql]

    try:
        opens()
    finally:
        st.cache_data.clear()
        st.cache_resource.clear()


def test_no_identifier_is_made_of_a_label_that_aws_may_name_as_it_likes(sample_data_dir: Path) -> None:
    """A cost category of any name is stored and asked for as a value."""
    with listening() as asked:
        assert says(["query", "--group-by", "cost_category:Team", "--data-dir", str(sample_data_dir)])[0] == 0
    assert asked.sql == [] or not [sql for sql in asked.sql if "Team" in sql]


def test_what_is_listened_to_would_notice(sample_data_dir: Path) -> None:
    """The tests above can fail: SQL with a hostile text in it is noted, and refused by a snapshot that only reads."""
    from costlib.store.snapshot import open_current

    with contextlib.closing(open_current(sample_data_dir / "sample")) as snapshot, listening() as asked:
        with pytest.raises(duckdb.Error):
            list(snapshot.rows(f"DROP TABLE charges -- {MARK}"))
        assert [sql for sql in asked.sql if MARK in sql]
