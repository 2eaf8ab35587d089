"""Where in a TOML text something stands: an error must name its line, and the standard parser keeps none."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TABLE = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(#.*)?$")


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
