"""A proxy before several servers that sends one browser to one of them, as deploy/nginx/showback.conf does.

The browser is known by the cookie that our server gives it. Each server has a rank for each cookie; the best one that
takes the connection gets the request, so that those of a server that died go to the others, and nobody else moves.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from costlib.ui.downloads import COOKIE

HEAD_BYTES = 65536
PIECE_BYTES = 65536
_COOKIE = re.compile(rb"(?im)^cookie:.*?\b" + COOKIE.encode() + rb"=([^;\s]+)")
_CONNECTION = re.compile(rb"(?im)^connection:[^\r\n]*\r\n")
_IS_UPGRADE = re.compile(rb"(?im)^upgrade:")
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def ranked(servers: Sequence[str], cookie: bytes) -> list[str]:
    """The servers in the order in which they are asked for this browser."""
    return sorted(servers, key=lambda server: hashlib.sha256(cookie + server.encode()).digest())


@contextmanager
def sticky_proxy(servers: Sequence[str]) -> Iterator[str]:
    """The URL of a proxy before the `servers` (URLs), in a thread of its own, for as long as the block lasts."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    over, address = asyncio.Event(), []

    async def serve() -> None:
        proxy = _Proxy(servers)
        async with await asyncio.start_server(proxy.take, "127.0.0.1", 0, limit=HEAD_BYTES) as listening:
            address.append(listening.sockets[0].getsockname()[1])
            started.set()
            await over.wait()
            listening.close()
            await proxy.hang_up()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield f"http://127.0.0.1:{address[0]}"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


class _Proxy:
    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = servers
        self._taken: set[asyncio.Task[None]] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, or one WebSocket."""
        task = asyncio.current_task()
        assert task
        self._taken.add(task)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            self._taken.discard(task)
            writer.close()

    async def hang_up(self) -> None:
        for task in self._taken:
            task.cancel()
        await asyncio.gather(*self._taken, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        found = _COOKIE.search(head)
        server = await _first_that_answers(ranked(self._servers, found.group(1) if found else b""))
        if server is None:
            writer.write(BAD_GATEWAY)
            await writer.drain()
            return
        from_server, to_server = server
        try:
            to_server.write(head if _IS_UPGRADE.search(head) else _for_one_request(head))
            await _both_ways((reader, to_server), (from_server, writer))
        finally:
            to_server.close()


async def _first_that_answers(servers: Sequence[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    for server in servers:
        address = urlsplit(server)
        with contextlib.suppress(OSError):
            return await asyncio.open_connection(address.hostname, address.port)
    return None


def _for_one_request(head: bytes) -> bytes:
    """The next request on the same connection may come with another cookie, so there is none."""
    without = _CONNECTION.sub(b"", head)
    return without.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Until either side ends."""
    copying = [asyncio.create_task(_copy(*way)) for way in ways]
    try:
        await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in copying:
            task.cancel()
        await asyncio.gather(*copying, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE_BYTES):
        writer.write(piece)
        await writer.drain()
