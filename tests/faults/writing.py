"""Everything that writes into a data folder, as people and services do it, and everything that is kept there."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from costlib.cli import main as costlib
from costlib.errors import CostlibError, NoSnapshot
from costlib.store import audit, people, saved_views, sent, sign_offs, triage
from costlib.store.audit import Entry, Event
from costlib.store.backup import back_up
from costlib.store.restoring import restore
from costlib.store.saved_views import Person
from costlib.store.sent import Sent
from costlib.store.sign_offs import SignOff, State, Subject
from costlib.store.sqlite_files import readable
from costlib.store.triage import Verdict, Word
from costlib.ui import preparing
from tests.faults.killed import apply_new_budgets, apply_new_rules, close_october
from tests.ingest.syncing import NOON, snapshot_in, sync_from_url

NOVEMBER, ANN = date(2026, 11, 1), Person("ann", "Ann")
OF_THE_RUNS = ("runs", "requests", "meta", "windows", "missing_rights")
"""Tables that tell how often a sync was tried; the others say what it found."""
OF_THE_LOG = 'INSERT INTO "audit_log"'
"""How its entries begin; the rest has a time."""


@dataclass(frozen=True)
class World:
    """Where a writer writes: the data folder, the address of Cost Explorer, and a backup to restore."""

    folder: Path
    url: str
    backup: Path

    @property
    def source_dir(self) -> Path:
        return self.folder / "sample"


def sync(world: World) -> None:
    sync_from_url(world.url, world.folder, NOON.isoformat())


def save_a_view(world: World) -> None:
    saved_views.save(world.source_dir, ANN, "mine", "services", "", NOON)


def accept_a_statement(world: World) -> None:
    subject = Subject(NOVEMBER, "Search", "unblended_cost")
    sign_offs.say(world.source_dir, SignOff(subject, "Search", State.accepted, "", ANN, NOON, None, "s"))


def judge_an_incident(world: World) -> None:
    triage.say(world.source_dir, Word("i", Verdict.expected, "", "a launch", ANN, NOON))


def audit_something(world: World) -> None:
    audit.record(world.source_dir, Entry(NOON, Event.exported, ANN, "a file"))


def record_what_was_sent(world: World) -> None:
    with sent.sending(world.source_dir) as ledger:
        ledger.record([Sent("chat", "key", "A title", NOON)])


def export(format: str) -> Callable[[World], None]:  # noqa: A002
    def write(world: World) -> None:
        file = f"{world.folder}/out.{format}"
        by_command(["export", "--group-by", "charge_date,service", "-o", file, "--data-dir", str(world.folder)])

    return write


def by_command(words: list[str]) -> None:
    """The command's error, as one of ours."""
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        code = costlib(words)
    if code:
        raise CostlibError(f"DiskFull: {said.getvalue()}" if code == 1 else said.getvalue(), "")


def prepare_a_download(world: World) -> None:
    """As the page Export does, in a thread of the server."""

    def write(job: preparing.Job) -> None:
        by_command(["export", "--group-by", "charge_date", "-o", str(job.path), "--data-dir", str(world.folder)])

    job = preparing.start(world.source_dir, "out.csv", 100, write, NOON)
    assert job.done.wait(60)
    if job.error is not None:
        raise job.error


def verify_an_upload(world: World) -> None:
    with preparing.kept_for_now(world.source_dir, "out.csv", b"x" * 40_000):
        pass


def write_a_backup(world: World) -> None:
    back_up("sample", world.source_dir, world.folder / "b", {}, NOON)


def restore_a_backup(world: World) -> None:
    restore(world.backup, "sample", world.source_dir, NOON, replace_it=True)


WRITERS: dict[str, Callable[[World], None]] = {
    "the first sync": sync,
    "a daily sync": sync,
    "rules apply": lambda world: apply_new_rules(world.source_dir, NOON),
    "budgets apply": lambda world: apply_new_budgets(world.source_dir, NOON),
    "close": lambda world: close_october(world.source_dir, NOON),
    "export to CSV": export("csv"),
    "export to XLSX": export("xlsx"),
    "export to Parquet": export("parquet"),
    "a prepared download": prepare_a_download,
    "an upload to verify": verify_an_upload,
    "backup": write_a_backup,
    "restore": restore_a_backup,
    "a saved view": save_a_view,
    "a sign-off": accept_a_statement,
    "a triage": judge_an_incident,
    "the audit log": audit_something,
    "what was sent": record_what_was_sent,
}

Kept = dict[str, object]


def kept(world: World) -> Kept:
    """All that a reader finds in the folder, whatever its form; without a snapshot, none of its tables."""
    found: Kept = dict(_tables(world.folder))
    for name in (people.FILE, sent.FILE):
        found[name] = sorted(_dumped(world.source_dir / name))
    found["files"] = sorted(p.name for p in world.folder.iterdir() if p.is_file())
    return found


def _tables(folder: Path) -> Iterator[tuple[str, object]]:
    try:
        snapshot = snapshot_in(folder)
    except NoSnapshot:
        return
    with contextlib.closing(snapshot):
        names = [str(n) for (n,) in snapshot.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal")]
        for name in names:
            if name not in OF_THE_RUNS:
                yield name, list(snapshot.rows(f"SELECT * FROM {name} ORDER BY ALL"))


def _dumped(path: Path) -> list[str]:
    """What an SQLite file holds, read as the program reads it."""
    if not path.exists():
        return []
    with contextlib.closing(readable(path)) as connection:
        lines = [line for line in connection.iterdump() if line.startswith("INSERT")]
    return [re.sub(f"{OF_THE_LOG}.*", OF_THE_LOG, line) for line in lines]


def leftovers(world: World) -> set[str]:
    """Files that nobody would miss."""
    names = {p.name for p in world.folder.rglob("*")}
    return {name for name in names if name.endswith((".part", ".tmp")) or ".restoring-" in name or name[0] == "."}


def copied(data: Path | None, to: Path) -> None:
    """A data folder as it was, or an empty one."""
    shutil.rmtree(to, ignore_errors=True)
    if data is None:
        to.mkdir()
    else:
        shutil.copytree(data, to)
