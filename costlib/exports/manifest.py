"""What an exported file is, said beside it: the question, the snapshot, the sums, the tie-out, and a hash of its bytes.

`FILE.manifest.json`. Amounts are text in plain decimals, days and times ISO in UTC. With it, anybody can ask the same
question again, and say whether the file is still what was exported and whether AWS has changed its mind since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from costlib import __version__
from costlib.errors import ManifestUnreadable
from costlib.exports import Format
from costlib.money import plain

SCHEMA = 1
PRODUCT = "showback-dashboard"
ENDING = ".manifest.json"

Values = tuple[str, ...]


@dataclass(frozen=True)
class Tie:
    """The file's sum of a metric beside AWS's own total of the same charges; None is "not available".

    AWS gives no total for some filters: then `control` is None and `ties_out` too.
    """

    stored: Decimal | None
    control: Decimal | None
    ties_out: bool | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.stored is None or self.control is None else self.stored - self.control


@dataclass(frozen=True)
class Manifest:
    """One exported file. `sums` are those of its rows; `where` and `left_out` are the filters; `end` is exclusive.

    `estimated_days` counts the days of the period that AWS may still change, as of the snapshot. `seen` is the scope of
    whoever exported it, where `where` cannot say it: cost centers and labels that cut accounts.
    """

    file_name: str
    format: str
    source_id: str
    snapshot_id: str
    as_of: datetime
    generated_at: datetime
    dimensions: Values
    metrics: Values
    start: date
    end: date
    where: Mapping[str, Values]
    left_out: Values
    scope: str
    currency: str
    row_count: int
    sums: Mapping[str, Decimal | None]
    tie_out: Mapping[str, Tie]
    complete_through: date
    estimated_days: int
    command: str
    sha256: str = ""
    version: str = __version__
    seen: Mapping[str, Values] = field(default_factory=dict)

    @property
    def failing(self) -> Mapping[str, Tie]:
        """The metrics that do not add up to AWS's total."""
        return {name: tie for name, tie in self.tie_out.items() if tie.ties_out is False}

    def to_json(self) -> str:
        facts = {"product": PRODUCT, "schema": SCHEMA, **asdict(self)}
        if not self.seen:
            del facts["seen"]
        facts["tie_out"] = {name: {**asdict(tie), "difference": tie.difference} for name, tie in self.tie_out.items()}
        return json.dumps(facts, default=_written, indent=2, ensure_ascii=False) + "\n"

    def facts(self) -> dict[str, str]:
        """The same in words that fit a file's own metadata, without what differs between two files of one question."""
        raw = json.loads(self.to_json())
        own = {"sha256", "generated_at", "file_name", "version"}
        return {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in raw.items()
            if name not in own
        }


def manifest_path(file: Path) -> Path:
    return file.with_name(file.name + ENDING)


def read_manifest(text: str, name: str) -> Manifest:
    """What `to_json` wrote. Raises ManifestUnreadable for anything else."""
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.get("product") != PRODUCT:
            raise ManifestUnreadable(
                f"{name} is not the manifest of an export.", "Name the .manifest.json that was written beside the file."
            )
        if raw.get("schema") != SCHEMA:
            raise ManifestUnreadable(
                f"{name} has schema {raw.get('schema')}; this program reads {SCHEMA}.",
                "Use the version of the program that wrote it.",
            )
        return _whole(_from(raw))
    except (ValueError, TypeError, KeyError, ArithmeticError, AttributeError) as error:
        raise ManifestUnreadable(
            f"{name} cannot be read: {error!r}.", "Export the file again, or get an unharmed copy of its manifest."
        ) from error


_TEXTS = ("file_name", "format", "source_id", "snapshot_id", "scope", "currency", "command", "sha256", "version")


def _from(raw: Mapping[str, Any]) -> Manifest:
    return Manifest(
        **{name: str(raw[name]) for name in _TEXTS},
        as_of=datetime.fromisoformat(raw["as_of"]),
        generated_at=datetime.fromisoformat(raw["generated_at"]),
        start=date.fromisoformat(raw["start"]),
        end=date.fromisoformat(raw["end"]),
        complete_through=date.fromisoformat(raw["complete_through"]),
        dimensions=tuple(raw["dimensions"]),
        metrics=tuple(raw["metrics"]),
        left_out=tuple(raw["left_out"]),
        where={name: tuple(values) for name, values in raw["where"].items()},
        seen={name: tuple(values) for name, values in raw.get("seen", {}).items()},
        row_count=int(raw["row_count"]),
        estimated_days=int(raw["estimated_days"]),
        sums={name: _amount(text) for name, text in raw["sums"].items()},
        tie_out={name: _tie(facts) for name, facts in raw["tie_out"].items()},
    )


def _whole(manifest: Manifest) -> Manifest:
    """The same, if it can have been written here: a format, and a sum of every metric. Raises ValueError, KeyError."""
    Format(manifest.format)
    for name in manifest.metrics:
        _ = manifest.sums[name], manifest.tie_out[name]
    return manifest


def _tie(facts: Mapping[str, Any]) -> Tie:
    return Tie(_amount(facts["stored"]), _amount(facts["control"]), facts["ties_out"])


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _written(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)
