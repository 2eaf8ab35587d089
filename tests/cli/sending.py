"""A data folder with a small snapshot, and channels to servers on loopback in the settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from costlib.cli import main
from costlib.periods import Period
from costlib.store.status import RunState, Status, write_status
from tests.queries.snapshots import Charge, Organization, amounts, published

AS_OF = datetime(2026, 3, 20, 6)
OWN, FOREIGN = "111", "222"
ORGANIZATION = Organization(
    [
        Charge(day, account, service, "Usage", amounts(amount))
        for day in Period(date(2026, 2, 1), date(2026, 3, 20))
        for account, service, amount in ((OWN, "EC2", "11.25"), (FOREIGN, "Foreign", "7000"))
    ],
    as_of=AS_OF,
)
FAILED = Status(RunState.failed, "run", 1, AS_OF, AS_OF, message="AWS refused.", remedy="Ask for the right.")


@dataclass
class Desk:
    """The command line at a moment, with a data folder of its own."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    read: Callable[[], tuple[str, str]]

    @property
    def source(self) -> Path:
        return self.folder / "sample"

    def set(self, name: str, value: str) -> None:
        self.monkeypatch.setenv(f"COSTLIB_{name.upper()}", value)

    def channels(self, *channels: Mapping[str, object]) -> None:
        self.set("channels", json.dumps(channels))

    def at(self, moment: datetime) -> None:
        for module in ("digest", "alerts", "sync"):
            self.monkeypatch.setattr(f"costlib.cli.{module}.utc_now", lambda: moment)

    def run(self, *arguments: str, exit_code: int = 0) -> tuple[str, str]:
        """What a command said on stdout and stderr."""
        found = main([*arguments, "--data-dir", str(self.folder)])
        said = self.read()
        assert found == exit_code, said
        return said

    def fail_a_sync(self) -> None:
        write_status(self.source, FAILED)


def desk(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    organization: Organization = ORGANIZATION,
) -> Desk:
    """An hour after the data was read."""
    folder = tmp_path / "data"
    with published(organization, folder):
        (source,) = folder.iterdir()
        source.rename(folder / "sample")

    def read() -> tuple[str, str]:
        said = capsys.readouterr()
        return said.out, said.err

    made = Desk(folder, monkeypatch, read)
    made.at(AS_OF + timedelta(hours=1))
    return made
