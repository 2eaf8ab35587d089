"""An Answerer on the wire: JSON 1.1 over HTTP/1.1 on loopback, with every request recorded."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from costlib.sample.refusals import Refusal
from costlib.sample.service import Answerer

TARGET_PREFIX = "AWSInsightsIndexService."
_ACCESS_KEY = re.compile(r"Credential=([^/,]+)")


@dataclass(frozen=True)
class RecordedRequest:
    """One request as it came, and how it went: HTTP `status` and AWS's error `code`, None when it was answered.

    Status 0 is a connection that was dropped.
    """

    operation: str
    parameters: Mapping[str, object]
    status: int
    code: str | None = None

    @property
    def is_paid(self) -> bool:
        """AWS charges a cent for each page that was answered; errors are free."""
        return self.status == 200


@dataclass(frozen=True)
class Response:
    """What goes back. A cut one announces its whole length and ends in the middle; status 0 is no answer at all."""

    status: int
    body: bytes
    headers: Mapping[str, str] | None = None
    is_cut: bool = False


class Endpoint:
    """An HTTP server in a thread that puts an Answerer on the wire; a context manager."""

    def __init__(self, answerer: Answerer, port: int = 0) -> None:
        self._answerer = answerer
        self._lock = Lock()
        self.requests: list[RecordedRequest] = []
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.endpoint = self
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def paid_requests(self) -> int:
        return sum(r.is_paid for r in list(self.requests))

    def requests_of(self, operation: str) -> list[RecordedRequest]:
        return [r for r in list(self.requests) if r.operation == operation]

    def forget_requests(self) -> None:
        """Start counting anew."""
        with self._lock:
            self.requests.clear()

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and hang up. Answers under way are cut off."""
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def respond(self, operation: str, body: bytes, access_key: str) -> Response:
        """The response to one request, which is recorded."""
        if self.drops_connection():
            return self._recorded(Response(0, b""), operation, {}, "connection dropped")
        parameters: dict[str, object] = {}
        try:
            parameters = _parameters(body)
            answer = self._answerer.answer(operation, parameters, access_key)
            response, code = Response(200, json.dumps(answer, ensure_ascii=False).encode()), None
        except Refusal as refusal:
            response, code = _refused(refusal), refusal.code or str(refusal.status)
        is_cut = response.status == 200 and self.cuts_connection()
        return self._recorded(replace(response, is_cut=is_cut), operation, parameters, code)

    def _recorded(
        self, response: Response, operation: str, parameters: dict[str, object], code: str | None
    ) -> Response:
        with self._lock:
            self.requests.append(RecordedRequest(operation, parameters, response.status, code))
        return response

    def drops_connection(self) -> bool:
        """Whether to hang up on this request without an answer."""
        return False

    def cuts_connection(self) -> bool:
        """Whether to break this answer off in the middle."""
        return False


def _parameters(body: bytes) -> dict[str, object]:
    try:
        parameters = json.loads(body or b"{}")
    except ValueError:
        raise Refusal("SerializationException", "The request body is not JSON.") from None
    if not isinstance(parameters, dict):
        raise Refusal("SerializationException", "The request body is not a JSON object.")
    return parameters


def _refused(refusal: Refusal) -> Response:
    if refusal.code is None:
        return Response(refusal.status, b"", refusal.headers)
    body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    return Response(refusal.status, body, {"x-amzn-ErrorType": refusal.code, **refusal.headers})


class _Server(ThreadingHTTPServer):
    """Remembers its connections: kept-alive ones would otherwise hold their threads, and the ledger, for ever."""

    endpoint: Endpoint
    request_queue_size = 64
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket] = set()

    def get_request(self) -> tuple[socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket | tuple[bytes, socket]) -> None:
        if isinstance(request, socket):
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """A client that hung up is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        target = self.headers.get("X-Amz-Target", "")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        credential = _ACCESS_KEY.search(self.headers.get("Authorization", ""))
        operation = target.removeprefix(TARGET_PREFIX)
        self._send(self.server.endpoint.respond(operation, body, credential.group(1) if credential else ""))

    def _send(self, response: Response) -> None:
        self.close_connection = self.close_connection or response.is_cut or response.status == 0
        if response.status:
            self._write(response)

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in (response.headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body[: len(response.body) // 2] if response.is_cut else response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is printed: requests are recorded instead."""
