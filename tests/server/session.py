"""A session of the dashboard without a browser: Streamlit's own protocol over a WebSocket, one script run at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 60.0


def finished(visit: Coroutine[Any, Any, Any]) -> Any:
    """What a visit comes to; in a thread of its own, because a browser's test leaves an event loop running in ours."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, visit).result()


@dataclass
class Drawn:
    """What one run sent: how many elements of each kind, every text in them, and errors that reached the page."""

    kinds: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    bytes: int = 0

    def add(self, message: ForwardMsg, size: int) -> None:
        self.bytes += size
        if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type") or ""
        self.kinds.append(kind)
        self.texts.extend(_texts(getattr(element, kind)) if kind else ())
        if kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


class Session:
    """One browser tab. `run` asks for a page and waits until it is drawn."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def run(self, page: str = "", query: str = "") -> Drawn:
        """Run the script for a page, by its path, with URL parameters."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        await self._connection.send(asked.SerializeToString())
        drawn = Drawn()
        while True:
            content = await self._connection.recv(decode=False)
            message = ForwardMsg.FromString(bytes(content))
            drawn.add(message, len(content))
            if message.WhichOneof("type") != "script_finished":
                continue
            if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return drawn


@asynccontextmanager
async def session(url: str, **options: Any):
    """A session with the server at `url` for as long as the `async with` block lasts."""
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    options = {"origin": url, "max_size": None, "open_timeout": PATIENCE_SECONDS} | options
    async with connect(address, **options) as connection:
        yield Session(connection)


def _texts(message: Any) -> Iterator[str]:
    """Every text of a protobuf message, those of messages in it too."""
    for descriptor, value in message.ListFields():
        values = value if not isinstance(value, str | bytes) and hasattr(value, "__iter__") else [value]
        for item in values:
            if isinstance(item, str):
                yield item
            elif hasattr(item, "ListFields"):
                yield from _texts(item)
        del descriptor
