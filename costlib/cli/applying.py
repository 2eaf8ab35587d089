"""What `rules apply` and `budgets apply` share: reading the named file, and making it the one that syncs read."""

from __future__ import annotations

from pathlib import Path

from costlib.errors import UsageError
from costlib.exports.files import whole_file


def text_of(file: Path, remedy: str) -> str:
    """Raises UsageError for a file that cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", remedy) from None


def keep_as(setting: Path, given: Path | None, text: str) -> None:
    """The file of the setting becomes what was applied, or the next sync would go back to what it said before."""
    if given is not None and given != setting:
        with whole_file(setting, overwrite=True) as file:
            file.write(text.encode())
