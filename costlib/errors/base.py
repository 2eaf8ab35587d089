"""The root of the tree."""

from __future__ import annotations


class CostlibError(Exception):
    """Base of the tree: `message` says what happened, `remedy` says what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()
