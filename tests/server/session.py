"""A session of the dashboard without a browser: Streamlit's own protocol over a WebSocket, one script run at a time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 60.0
Value: TypeAlias = str | Sequence[str] | bool
_WIDGET = re.compile(r"\$\$ID-[0-9a-f]+-(.+)")


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
    metrics: dict[str, str] = field(default_factory=dict)
    """The large figures, by their labels."""
    tables: list[bytes] = field(default_factory=list)
    """Arrow streams."""
    widgets: dict[str, str] = field(default_factory=dict)
    """Ids, by the keys that our pages give."""
    bytes: int = 0

    def add(self, message: ForwardMsg, size: int) -> None:
        self.bytes += size
        if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type") or ""
        self.kinds.append(kind)
        self.texts.extend(_texts(getattr(element, kind)) if kind else ())
        named = _WIDGET.match(getattr(getattr(element, kind, None), "id", ""))
        if named:
            self.widgets[named.group(1)] = named.group(0)
        if kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "metric":
            self.metrics[element.metric.label] = element.metric.body
        elif kind == "dataframe":
            self.tables.append(element.dataframe.arrow_data.data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


class Session:
    """One browser tab. `run` asks for a page and waits until it is drawn."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._widgets: dict[str, str] = {}

    async def run(self, page: str = "", query: str = "", chosen: Mapping[str, Value] | None = None) -> Drawn:
        """Run the script for a page, by its path, with URL parameters.

        `chosen` are values of widgets, by their keys, those of a list as a sequence, True for a button that is
        clicked: a browser sends them with every run. They count for widgets that were drawn in this session before; a
        link is what sets all others.
        """
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        for key, value in (chosen or {}).items():
            if key in self._widgets:
                self._choose(asked, key, value)
        await self._connection.send(asked.SerializeToString())
        drawn = Drawn()
        while True:
            content = await self._connection.recv(decode=False)
            message = ForwardMsg.FromString(bytes(content))
            drawn.add(message, len(content))
            if message.WhichOneof("type") != "script_finished":
                continue
            if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._widgets |= drawn.widgets
                return drawn
            drawn = Drawn()  # as in a browser, where the run that follows replaces what this one drew

    def _choose(self, asked: BackMsg, key: str, value: Value) -> None:
        state = asked.rerun_script.widget_states.widgets.add(id=self._widgets[key])
        if isinstance(value, bool):
            state.trigger_value = value
        elif isinstance(value, str):
            state.string_value = value
        else:
            state.string_array_value.data.extend(value)


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
