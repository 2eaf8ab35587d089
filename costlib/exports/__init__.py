"""Tidy tables to files. A format is a function that writes a header and rows to an open binary file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import BinaryIO, TypeAlias

from costlib.exports import csv

Writer: TypeAlias = Callable[[BinaryIO, Sequence[str], Iterable[Sequence[object]]], None]

FORMATS: Mapping[str, Writer] = {"csv": csv.write}
"""The word after `--format` → what writes it."""
