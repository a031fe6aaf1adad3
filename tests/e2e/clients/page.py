"""A page of a worker's: what a browser loads, and what it tells when it is done."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

_TYPES = {".js": "text/javascript", ".html": "text/html", ".jpg": "image/jpeg", ".png": "image/png"}


class Pages:
    """Files of some folders over HTTP, and a place that a page posts its findings to."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders
        """By the first part of their URL."""
        self.findings: Queue[Any] = Queue()
        """What pages have posted."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(folders, self.findings))
        self._http.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._http.server_port}"

    @contextmanager
    def served(self) -> Iterator["Pages"]:
        """Until the block ends."""
        thread = Thread(target=self._http.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()


def _handler_of(folders: dict[str, Path], findings: "Queue[Any]") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, first, *rest = self.path.partition("?")[0].split("/")
            path = folders.get(first, Path("/nowhere")).joinpath(*rest)
            if not path.is_file():
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", _TYPES.get(path.suffix, "application/octet-stream"))
            self.end_headers()
            self.wfile.write(path.read_bytes())

        def do_POST(self) -> None:
            findings.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler
