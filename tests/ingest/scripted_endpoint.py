"""An HTTP server on loopback that answers as it was told, one request after the other."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Reply:
    """What goes back. `is_cut` announces the whole length and hangs up in the middle."""

    status: int = 200
    body: bytes = b'{"ResultsByTime": []}'
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False


OK = Reply()


def refusal(code: str | None, message: str = "", status: int = 400, **headers: str) -> Reply:
    """An error as AWS words it; without a code, one without a body."""
    body = json.dumps({"__type": code, "message": message}).encode() if code else b""
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    operation: str
    body: bytes
    authorization: str
    user_agent: str
    connection: int
    at: float

    @property
    def parameters(self) -> dict[str, object]:
        """Of a JSON request."""
        parameters: dict[str, object] = json.loads(self.body)
        return parameters

    @property
    def form(self) -> dict[str, str]:
        """Of a query request, as STS takes."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class ScriptedEndpoint:
    """Gives `replies` in order, and the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies) or [OK]
        self._lock = Lock()
        self.received: list[Received] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.script = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def reply_to(self, received: Received) -> Reply:
        with self._lock:
            self.received.append(received)
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    script: ScriptedEndpoint
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target", "")
        received = Received(
            target.split(".")[-1],
            body,
            self.headers.get("Authorization", ""),
            self.headers.get("User-Agent", ""),
            self.client_address[1],
            time.monotonic(),
        )
        reply = self.server.script.reply_to(received)
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.is_cut else reply.body)
        if reply.is_cut:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
