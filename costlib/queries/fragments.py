"""Pieces of SQL that carry their values: what is put together never mixes text and values up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sql:
    """A piece of SQL with the values of its `?`, in their order."""

    text: str
    parameters: tuple[object, ...] = ()


def marks(values: Iterable[object]) -> str:
    """`?, ?, ?`: one for each value."""
    return ", ".join("?" for _ in values)
