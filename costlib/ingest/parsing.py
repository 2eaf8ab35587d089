"""Cost Explorer's answers off the wire.

botocore walks the service model for every group of every page, which takes three times as long as reading the JSON.
GetCostAndUsage answers without timestamps and blobs, so its JSON is already what the walk returns: this shape, which
comes in bulk, is taken as it is. Errors and the small answers go botocore's way, but for one thing:
botocore takes a body that is not JSON (a cut connection, a proxy's login page) for an empty answer. Here it is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.parsers import JSONParser, ResponseParserError, ResponseParserFactory
from botocore.session import Session

TAKEN_AS_THEY_ARE = frozenset({"GetCostAndUsageResponse"})
_FIRST_ERROR_STATUS = 301
"""botocore's own border between answers and errors."""


class CostExplorerParser(JSONParser):
    """Parses answers of the JSON 1.1 protocol; raises ResponseParserError for a body that is not a JSON object."""

    def parse(self, response: Mapping[str, Any], shape: Any) -> Any:
        if response["status_code"] >= _FIRST_ERROR_STATUS:
            return super().parse(response, shape)
        body = _json_object(response["body"])
        if shape is None or shape.name not in TAKEN_AS_THEY_ARE:
            return super().parse(response, shape)
        return body


class _Factory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return CostExplorerParser()
        return super().create_parser(protocol_name)


def parse_directly(session: Session) -> None:
    """Let the JSON clients made from `session` parse this way."""
    session.register_component("response_parser_factory", _Factory())


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise ResponseParserError(f"{len(body):,} bytes that are not JSON ({error})") from error
    if not isinstance(parsed, dict):
        raise ResponseParserError("JSON that is not an object")
    return parsed
