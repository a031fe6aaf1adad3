"""A server of the Model Context Protocol that does what Assay's does not: it keeps sessions, and breaks off."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SESSION = "session-1"


class SessionServer:
    """Answers each method as a test needs it, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        """HTTP method, method of the message, and headers with small names."""
        self.released = threading.Event()
        """Ends the answer to `wait`."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    @contextmanager
    def running(self) -> Iterator["SessionServer"]:
        """Until the block ends."""
        thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._http.shutdown()
            self._http.server_close()
            thread.join()


def _handler_of(server: SessionServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._note(message.get("method", ""))
            getattr(self, f"_{message['method'].replace('/', '_')}")(message)

        def do_DELETE(self) -> None:
            self._note("")
            self.send_response(204)
            self.end_headers()

        def _initialize(self, message: dict[str, Any]) -> None:
            result = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}}
            body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}, indent=2).encode()
            self._head(200, "application/json", ("Mcp-Session-Id", SESSION), ("Content-Length", str(len(body))))
            self.wfile.write(body)

        def _notifications_initialized(self, _: dict[str, Any]) -> None:
            self._head(202, "application/json", ("Content-Length", "0"))

        _notifications_cancelled = _notifications_initialized

        def _events(self, message: dict[str, Any]) -> None:
            """As the standard allows them: a comment, both line ends, data on several lines, another field."""
            note = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "é\u2028x"}})
            answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": {"long": "y" * 300_000}}, indent=1)
            self._head(200, "text/event-stream; charset=utf-8")
            self.wfile.write(f": ping\r\n\r\nevent: message\r\ndata: {note}\r\n\r\n".encode())
            for line in answer.splitlines():
                self.wfile.write(f"data:{line}\n".encode())
            self.wfile.write(b"id: 7\n\n")

        def _break(self, _: dict[str, Any]) -> None:
            self._head(200, "text/event-stream")
            self.wfile.write(b'data: {"jsonrpc": "2.0", "method": "notifications/message"}\n\ndata: {"jsonrpc"')

        def _wait(self, message: dict[str, Any]) -> None:
            self._head(200, "text/event-stream")
            self.wfile.write(b": ping\n\n")
            server.released.wait(60)

        def _page(self, _: dict[str, Any]) -> None:
            self._head(502, "text/html", ("Content-Length", "15"))
            self.wfile.write(b"<p>Bad gateway.")

        def _note(self, method: str) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append((self.command, method, headers))

        def _head(self, status: int, content_type: str, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler
