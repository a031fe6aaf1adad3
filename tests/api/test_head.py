"""HEAD over a real connection, whose next request has to be understood."""

from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.api.server import RunningServer


def test_a_connection_outlives_head(start_server: Callable[..., RunningServer]) -> None:
    server = start_server("sqlite")
    address = urlsplit(server.url)
    connection = HTTPConnection(address.hostname or "", address.port)
    connection.connect()
    socket = connection.sock
    for path, status in (("/healthz", 200), ("/metrics", 200), ("/v1/jobs", 200), ("/console/", 200), ("/v1/no", 404)):
        lengths = []
        for method in ("HEAD", "GET"):
            connection.request(method, path, headers=server.headers)
            answer = connection.getresponse()
            body = answer.read()
            assert (answer.status, answer.will_close, connection.sock is socket) == (status, False, True), (
                method,
                path,
            )
            assert (body == b"") == (method == "HEAD"), (method, path)
            lengths.append(answer.headers["Content-Length"])
        assert lengths[0] == lengths[1] or path == "/metrics", path
    connection.close()
