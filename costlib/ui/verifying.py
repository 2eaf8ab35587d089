"""The parts of the verify page: an old export and its manifest in, what became of it out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from costlib.errors import CostlibError
from costlib.exports import Format
from costlib.exports.manifest import ENDING, Manifest, read_manifest
from costlib.money import difference
from costlib.queries.comparable import require_in_view
from costlib.queries.verifying import Line, Verification, verify
from costlib.ui import cards, preparing, states, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.exporting import column_words
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.wording import Currency
from costlib.vocabulary import metric

LARGEST_MB = 200
"""Of an upload, which the server holds in memory; `costlib verify` has no limit."""
_FOUND = "verified"
_DAYS = {"charge_date": Kind.day, "billing_month": Kind.month}
AMOUNT = pa.decimal128(38, 10)


@dataclass(frozen=True)
class Verified:
    """What was found out of one pair of files with one snapshot."""

    asked: tuple[str, str, str]
    found: Verification


def choose() -> tuple[UploadedFile, UploadedFile] | None:
    """The file and its manifest, once both are there."""
    with st.container(border=True):
        st.subheader("What to verify", anchor=False)
        left, right = st.columns(2)
        file = left.file_uploader(
            "The exported file", [known.value for known in Format], key="verify_file", max_upload_size=LARGEST_MB
        )
        manifest = right.file_uploader(
            f"Its manifest ({ENDING})", ["json"], key="verify_manifest", max_upload_size=LARGEST_MB
        )
        st.caption(
            f"The files are compared and not kept. For a file of more than {LARGEST_MB} MB: "
            "`python -m costlib verify FILE`."
        )
    return (file, manifest) if file and manifest else None


def show(context: PageContext, files: tuple[UploadedFile, UploadedFile] | None) -> None:
    """Intact or altered; current or restated, by how much, on which lines."""
    if files is None:
        st.caption("An export comes with a manifest that says what it is. Both together can be verified here.")
        return
    try:
        with st.spinner("Comparing every line …"):
            found = _verified(context, *files)
    except CostlibError as error:
        states.problem(error, "This cannot be verified")
        return
    _verdict(found)
    if found.is_compared:
        _lines(found)
    _about(found.manifest)


def _verified(context: PageContext, file: UploadedFile, manifest: UploadedFile) -> Verification:
    """Worked out once for the same files and snapshot."""
    asked = (context.snapshot.snapshot_id, _hash(file), _hash(manifest))
    kept = st.session_state.get(_FOUND)
    if isinstance(kept, Verified) and kept.asked == asked:
        return kept.found
    read = read_manifest(bytes(manifest.getbuffer()).decode("utf-8", errors="replace"), manifest.name)
    require_in_view(context.scope, read)
    with preparing.kept_for_now(context.settings.source_dir, _plain_name(file.name), file.getbuffer()) as path:
        found = verify(context.snapshot, context.scope, path, read)
    st.session_state[_FOUND] = Verified(asked, found)
    return found


def _hash(upload: UploadedFile) -> str:
    return hashlib.sha256(upload.getbuffer()).hexdigest()


def _plain_name(name: str) -> str:
    """An upload's name says nothing about where it is put."""
    return Path(name.replace("\\", "/")).name or "upload"


def _verdict(found: Verification) -> None:
    manifest, money = found.manifest, Currency(found.manifest.currency)
    with st.grid(3, min_column_width=240, gap="small"):
        cards.kpi(
            "The file",
            "Intact" if found.is_intact else "Altered",
            versus="the bytes that were exported" if found.is_intact else "not what its manifest says",
        )
        cards.kpi("The figures", _state(found), versus=_since(manifest))
        if found.is_compared:
            cards.kpi("Lines that differ", f"{found.restated:,}", versus=wording.escaped(_moved(found, money)))
    if not found.is_intact:
        st.error(
            "\n".join(f"- {wording.escaped(problem)}" for problem in found.problems),
            title="The file is not the one that was exported",
            icon=":material/gpp_bad:",
        )
    elif found.is_current:
        st.success(
            "The same question has the same answer today.", title="Intact and current", icon=":material/verified:"
        )
    else:
        st.warning(
            "The file is as it was exported. AWS has changed charges in it since.",
            title="Intact, and restated since",
            icon=":material/history:",
        )


def _state(found: Verification) -> str:
    if not found.is_compared:
        return "Not compared"
    return "Current" if found.is_current else "Restated" if found.is_intact else "Different"


def _since(manifest: Manifest) -> str:
    return f"exported {wording.moment(manifest.generated_at)}"


def _moved(found: Verification, money: Currency) -> str:
    """`−$3.10 unblended, −$3.00 amortized` in all."""
    if found.is_current:
        return "every line is the same"
    moved = [f"{money.change(amount)} {metric(name).label.lower()}" for name, amount in found.difference.items()]
    return f"{', '.join(moved)} in all"


def _lines(found: Verification) -> None:
    if not found.restated:
        return
    with st.container(border=True):
        st.subheader("Lines that differ", anchor=False)
        if found.restated > len(found.lines):
            st.caption(
                f"The first {len(found.lines):,} of {found.restated:,}; `python -m costlib verify` counts them all."
            )
        tables.show(table_of(found.manifest, found.lines), "restated_lines")


def table_of(manifest: Manifest, lines: Sequence[Line]) -> TableView:
    """A line a row: its dimensions, and each metric as exported, as it is now, and the difference."""
    names = [*manifest.dimensions]
    columns = [Column(name, column_words(name), _DAYS.get(name, Kind.text)) for name in names]
    values: dict[str, pa.Array] = {
        name: pa.array([line.key[place] for line in lines], pa.date32() if name in _DAYS else pa.string())
        for place, name in enumerate(names)
    }
    for place, name in enumerate(manifest.metrics):
        label = metric(name).label
        then, now = [line.then[place] for line in lines], [line.now[place] for line in lines]
        moved = [difference(new or Decimal(0), old or Decimal(0)) for old, new in zip(then, now, strict=True)]
        for age, words, amounts in (
            ("exported", f"{label}, exported", then),
            ("now", f"{label}, now", now),
            ("difference", "Difference", moved),
        ):
            values[f"{name}_{age}"] = pa.array(amounts, AMOUNT)
            columns.append(Column(f"{name}_{age}", words, Kind.money))
    name = file_name(f"restated since {manifest.file_name}")
    table = pa.table(values)
    return TableView(table, tuple(columns), Currency(manifest.currency), name, "Lines that differ", empty="–")


def _about(manifest: Manifest) -> None:
    """What the manifest says the file is, in its own words."""
    kept = "; ".join(f"{name}: {', '.join(values)}" for name, values in manifest.where.items())
    failing = ", ".join(manifest.failing)
    facts = {
        "File": manifest.file_name,
        "Snapshot": f"{manifest.snapshot_id}, as of {wording.moment(manifest.as_of)}",
        "Days": f"{manifest.start} up to, not including, {manifest.end}",
        "Columns": ", ".join(manifest.dimensions) or "none: the total",
        "Only": kept or "everything",
        "Left out": ", ".join(manifest.left_out) or "nothing",
        "Seen by": manifest.scope,
        "Rows": f"{manifest.row_count:,}",
        "Tie-out": f"did not tie out when exported: {failing}" if failing else "no metric failed when exported",
        "SHA-256": manifest.sha256,
    }
    with st.expander("What the manifest says", icon=":material/description:"):
        for name, text in facts.items():
            st.markdown(f"**{name}**  {wording.escaped(text)}")
        st.code(manifest.command, language="bash", wrap_lines=True)
