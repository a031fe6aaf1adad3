"""Real servers behind the store tests: SeaweedFS for S3, uvicorn for the local store's routes."""

import datetime
import ipaddress
import json
import socket
import subprocess
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from api.errors import ApiError
from api.storage_local import LocalStore
from api.storage_routes import create_routes
from configs.settings import StoreSettings

ACCESS_KEY, SECRET_KEY = "assay", "assay-secret"
IDENTITY = {
    "name": "assay",
    "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
}
READER_KEY = "reader"
READER = {
    "name": "reader",
    "credentials": [{"accessKey": READER_KEY, "secretKey": SECRET_KEY}],
    "actions": ["Read", "List"],
}
"""Who is refused every write, as everybody is by a bucket over its quota."""
PORTS = (
    "s3.port", "s3.port.https", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc",
    "filer.port", "filer.port.grpc",
)  # fmt: skip
START_SECONDS = 60
"""A start takes 3 s on an idle machine."""


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where the server listens, without and with TLS."""

    url: str
    tls_url: str
    ca_bundle: Path
    """The authority that signed the certificate of `tls_url`."""

    def settings(self, bucket: str, **changed: Any) -> StoreSettings:
        values: dict[str, Any] = {
            "backend": "s3",
            "bucket": bucket,
            "endpoint_url": self.url,
            "access_key_id": SecretStr(ACCESS_KEY),
            "secret_access_key": SecretStr(SECRET_KEY),
        }
        return StoreSettings(**values | changed)


@contextmanager
def seaweedfs(folder: Path) -> Iterator[S3Server]:
    """`weed server` on loopback, with everything it keeps in `folder`."""
    ca_bundle = _certificates(folder)
    (folder / "s3.json").write_text(json.dumps({"identities": [IDENTITY, READER]}))
    ports = free_ports(len(PORTS))
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(_command(folder, ports), stdout=log, stderr=log)
    try:
        _wait(process, f"http://127.0.0.1:{ports[0]}/healthz")
        yield S3Server(f"http://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[1]}", ca_bundle)
    finally:
        process.kill()  # its graceful end waits for streams between its own parts, and the data go anyway
        process.wait()
        for port in ports:  # it puts them there whatever TMPDIR says
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                path.unlink()


def _command(folder: Path, ports: Sequence[int]) -> list[str]:
    (folder / "data").mkdir()
    options = dict(zip(PORTS, map(str, ports), strict=True)) | {
        "dir": str(folder / "data"),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.config": str(folder / "s3.json"),
        "s3.cert.file": str(folder / "server.pem"),
        "s3.key.file": str(folder / "server.key"),
        "s3.domainName": "s3.localhost",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": "64",
        "volume.max": "1000",
        "volume.preStopSeconds": "0",
    }
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    return [str(weed), "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    give_up_at = monotonic() + START_SECONDS
    while monotonic() < give_up_at:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


@contextmanager
def serving(store: LocalStore, port: int) -> Iterator[None]:
    """The local store's routes on a real server, errors in the contract's shape."""
    app = FastAPI()
    app.router.routes += create_routes(store)
    app.add_exception_handler(ApiError, _answer)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended before it started"
            sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()


async def _answer(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return JSONResponse(error.to_json("req_test"), error.status, error.headers)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all different."""
    with ExitStack() as open_together:
        sockets = [open_together.enter_context(closing(socket.socket())) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _certificates(folder: Path) -> Path:
    """An authority of our own and a certificate for 127.0.0.1 under it."""
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Authority of the tests", authority_key.public_key())
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    server = _certificate("127.0.0.1", server_key.public_key()).add_extension(address, critical=False)
    pem = serialization.Encoding.PEM
    for name, made in (("ca.pem", authority), ("server.pem", server)):
        (folder / name).write_bytes(made.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "ca.pem"


def _certificate(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(days=1),
        not_valid_after=now + datetime.timedelta(days=1),
    )
