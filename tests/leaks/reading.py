"""What somebody can read in what was sent to them: every text and every number, whatever it is wrapped in."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from costlib.allocation.rules import AllocationRules, Rule
from costlib.queries.rule_history import MonthRules, RuleVersion
from tests.app.pages import read as unescaped

_NUMBER = re.compile(r"\d[\d,  ]*(?:\.\d+)?")
UNREAD = AllocationRules | MonthRules | Rule | RuleVersion
"""Rules, as the server holds them to explain amounts: what is told of them is read in pages and files."""
_ARROW, _ZIP, _PARQUET = b"\xff\xff\xff\xff", b"PK", b"PAR1"


@dataclass
class Read:
    """Texts as they stand, and numbers that are numbers: cells of tables, points of charts."""

    texts: list[str] = field(default_factory=list)
    numbers: set[Decimal] = field(default_factory=set)

    def add(self, value: Any) -> None:
        """Whatever it is: a text, a number, bytes, a table, a list, an object of ours, a message to the browser."""
        if isinstance(value, bool | UNREAD) or value is None:
            return
        if isinstance(value, str | Enum | date):
            self.texts.append(str(value))
            self._add_json(str(value))
        elif isinstance(value, int | float | Decimal | np.number):
            self._add_number(value)
        elif isinstance(value, Path):
            self.add(value.read_bytes() if value.exists() else value.name)
        elif isinstance(value, bytes | bytearray | memoryview):
            self._add_bytes(bytes(value))
        elif isinstance(value, pa.Table | pa.RecordBatch):
            self.add(value.to_pydict())
        elif isinstance(value, Mapping):
            self._add_mapping(value)
        else:
            for part in _parts(value):
                self.add(part)

    def figures(self) -> Iterator[tuple[Decimal, int]]:
        """Every number that can be read, and to how many decimals."""
        for number in self.numbers:
            yield number, 2
        for text in self.texts:
            for found in _NUMBER.findall(unescaped(text)):
                digits = re.sub(r"[^\d.]", "", found)
                yield Decimal(digits), len(digits.partition(".")[2])

    @property
    def text(self) -> str:
        return "\n".join([*self.texts, *(unescaped(text) for text in self.texts)]).casefold()

    def _add_number(self, value: Any) -> None:
        if value == value and abs(value) < 10**30:
            self.numbers.add(abs(round(Decimal(str(value)), 4)))

    def _add_mapping(self, value: Mapping[Any, Any]) -> None:
        if {"dtype", "bdata"} <= value.keys():  # plotly's way to write an array
            self.add(np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).tolist())
            return
        for name, part in value.items():
            self.add(name)
            self.add(part)

    def _add_json(self, text: str) -> None:
        if text[:1] in ("{", "[") and text[-1:] in ("}", "]"):
            try:
                self.add(json.loads(text))
            except ValueError:
                return

    def _add_bytes(self, content: bytes) -> None:
        if content.startswith(_ARROW):
            self.add(pa.ipc.open_stream(content).read_all())
        elif content.startswith(_PARQUET):
            table = pq.read_table(io.BytesIO(content))
            self.add(table)
            self.add([part.decode() for pair in (table.schema.metadata or {}).items() for part in pair])
        elif content.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    self.add(archive.read(name))
        else:
            self.texts.append(content.decode("utf-8", "replace"))


def everything_in(*values: Any) -> Read:
    """All of these, read."""
    found = Read()
    for value in values:
        found.add(value)
    return found


def _parts(value: Any) -> Iterable[Any]:
    if hasattr(value, "ListFields"):
        return [part for _, part in value.ListFields()]
    if is_dataclass(value):
        return [getattr(value, part.name) for part in fields(value)]
    if isinstance(value, Iterable):
        return value
    raise TypeError(f"{type(value)} cannot be read: say how in tests/leaks/reading.py")
