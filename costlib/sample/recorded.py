"""A recorded GetCostAndUsage answer, served as it was given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from costlib.sample.endpoint import Endpoint
from costlib.sample.refusals import Refusal


class _Recording:
    def __init__(self, answer: Mapping[str, object]) -> None:
        self._answer = answer

    def answer(self, operation: str, parameters: dict[str, object], access_key: str) -> Mapping[str, object]:
        if operation != "GetCostAndUsage":
            raise Refusal("AccessDeniedException", f"Only GetCostAndUsage was recorded, not {operation}.")
        return self._answer


class RecordedEndpoint(Endpoint):
    """Gives the answer in the JSON file `path` to every GetCostAndUsage, whatever was asked; a context manager."""

    def __init__(self, path: Path, port: int = 0) -> None:
        super().__init__(_Recording(json.loads(path.read_text(encoding="utf-8"))), port)
