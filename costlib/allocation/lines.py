"""A TOML text that people write, and where in it something stands: an error must name its line, and the standard parser
keeps none."""

from __future__ import annotations

import json
import re
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_TABLE = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(#.*)?$")


class NotToml(Exception):
    """The text cannot be read at all: `problem`, in its line `line`."""

    remedy = "Mend the syntax of this line."

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.problem = line, problem


def parsed(text: str) -> dict[str, Any]:
    """The tables of a text, numbers exact. Raises NotToml."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise NotToml(int(line.group(1)) if line else 1, f"it is no TOML: {error}") from None


def version_of(raw: Mapping[str, Any]) -> str:
    """The same for texts that differ in comments, blanks and the order of keys only."""
    content = json.dumps(raw, sort_keys=True, default=str, ensure_ascii=False)
    return sha256(content.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Table(ABC):
    """One [[table]] as read; its header is in `line`."""

    line: int
    raw: Mapping[str, Any]

    @property
    def named(self) -> str | None:
        """Its `id`, if it is one."""
        name = self.raw.get("id")
        return name if isinstance(name, str) else None

    @abstractmethod
    def refuse(self, key: str, problem: str, remedy: str) -> NoReturn:
        """Raise the error of this kind of text."""

    def take(self, key: str, kind: type[T], what: str, default: T | None = None) -> T:
        """The value of `key`, which is `what`; refused when it is missing without a default, or of another kind."""
        value = self.raw.get(key, default)
        if value is None:
            self.refuse(key, f"{key} is missing", f"Add {key}: {what}.")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(key, f"{key} is no {what}", f"Write {key} as {what}.")
        return value


@dataclass(frozen=True)
class Lines:
    """The lines of one text; numbers begin with 1."""

    text: str

    def of_table(self, name: str, index: int) -> int:
        """The line of the header of the `index`-th `[[name]]`; 1 if it is not written that way."""
        found = [number for number, line in self._numbered() if _header(line) == name]
        return found[index] if index < len(found) else 1

    def of_key(self, table_line: int, key: str) -> int:
        """The line of `key` in the table whose header is at `table_line`; the header's if it is not there."""
        pattern = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*[.=]")
        for number, line in self._numbered():
            if number <= table_line:
                continue
            if _header(line) is not None:
                break
            if pattern.match(line):
                return number
        return table_line

    def of_top(self, key: str) -> int:
        """The line of a key that stands before every table, or of the first table of that name."""
        return self.of_key(0, key) or self.of_table(key, 0)

    def _numbered(self) -> list[tuple[int, str]]:
        return list(enumerate(self.text.splitlines(), 1))


def _header(line: str) -> str | None:
    match = _TABLE.match(line)
    return match.group(1) if match else None
