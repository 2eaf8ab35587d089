"""All that a server sends to somebody who opens a page: messages, pictures, and the downloads behind its buttons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from google.protobuf.message import Message  # type: ignore[import-untyped]

from tests.leaks.reading import Read, everything_in
from tests.server.signed_in import Place, Seen, Tab, tab

Options = Mapping[str, Sequence[str]]
"""What each parameter of a page's link can be."""
MEDIA = "/media/"


async def told(place: Place, page: str, person: str, query: Mapping[str, Sequence[str]] | None = None) -> Read:
    """What somebody can read who comes by a link."""
    cookies = place.cookies(person)
    async with tab(place, page, cookies) as opened:
        seen = await opened.run(query=urlencode(query or {}, doseq=True))
        addresses = [address async for address in _downloads(opened, seen)]
    return everything_in(seen.messages, *(place.fetched(address, cookies)[1] for address in addresses))


async def options(place: Place, page: str, person: str) -> Options:
    """The parameters of a page's link, with what somebody may choose for them."""
    async with tab(place, page, place.cookies(person)) as opened:
        seen = await opened.run()
    found = {}
    for message in _within(seen.messages):
        if key := getattr(message, "query_param_key", ""):
            found[key] = [str(option) for option in getattr(message, "options", ())]
    return found


async def _downloads(opened: Tab, seen: Seen) -> AsyncIterator[str]:
    for message in _within(seen.messages):
        if deferred := getattr(message, "deferred_file_id", ""):
            yield await opened.file(deferred)
        for address in (getattr(message, "url", ""), getattr(message, "src", "")):
            if isinstance(address, str) and MEDIA in address:
                yield address


def _within(messages: Sequence[Message]) -> Iterator[Message]:
    """All messages, and those inside of them."""
    for message in messages:
        yield message
        for _, value in message.ListFields():
            values = value if not isinstance(value, str | bytes | Message) and hasattr(value, "__iter__") else [value]
            yield from _within([part for part in values if isinstance(part, Message)])
