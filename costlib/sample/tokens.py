"""Page tokens: opaque, signed, bound to their request, to the state of the data, and to a lifetime."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from costlib.sample.refusals import request_changed, stale_token

PAGE_MEMBERS = ("NextPageToken", "NextToken")


@dataclass(frozen=True)
class Place:
    """Where the next page begins, and what it belongs to. `issued_at` is in seconds, `issued_after` in requests."""

    request_digest: str
    data_version: int
    offset: int
    issued_at: float
    issued_after: int


def request_digest(operation: str, parameters: Mapping[str, object]) -> str:
    """The same for every page of one request."""
    rest = {k: v for k, v in parameters.items() if k not in PAGE_MEMBERS}
    return hashlib.sha256(json.dumps([operation, rest], sort_keys=True).encode()).hexdigest()


def token_of(place: Place) -> str:
    content = json.dumps(list(place.__dict__.values())).encode()
    return base64.urlsafe_b64encode(_signature(content) + content).decode()


def place_of(token: str, digest: str) -> Place:
    """Read a token; raises InvalidNextToken for what was never issued, RequestChanged for another request's."""
    try:
        raw = base64.urlsafe_b64decode(token.encode())
        signature, content = raw[:16], raw[16:]
        if signature != _signature(content):
            raise stale_token()
        place = Place(*json.loads(content))
    except ValueError:
        raise stale_token() from None
    if place.request_digest != digest:
        raise request_changed()
    return place


def _signature(content: bytes) -> bytes:
    """Not a secret; it only tells an issued token from a made-up one."""
    return hashlib.sha256(b"sample cost explorer" + content).digest()[:16]
