"""No secret is kept, logged or told: a run through a real server, then a search for every token that it gave out."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.secrets import load_cipher
from configs.settings import load_settings
from configs.yaml_text import BadConfiguration
from tests.api.scripted import picture
from tests.api.server import RunningServer
from tests.api.story import JOB

SECRET_FIELDS = ("key", "token", "secret")


def _secrets_in(body: dict[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        if isinstance(value, dict):
            yield from _secrets_in(value)
        elif name in SECRET_FIELDS:
            yield value


class Run:
    """Requests, and the secrets that their answers gave out."""

    def __init__(self, server: RunningServer) -> None:
        self.http = httpx.Client(base_url=server.url, headers=server.headers)
        self.secrets = {server.api_key, server.worker_token}
        self.given: list[str] = []
        """What was answered besides the answers that show a secret once."""

    def post(self, path: str, body: Any = None, status: int = 201, **headers: str) -> Any:
        once = {"Idempotency-Key": f"once-{path}"}
        answer = self.http.post(path, json=body, headers=once | headers)
        assert answer.status_code == status, answer.text
        found = set(_secrets_in(answer.json()))
        self.secrets |= found
        if not found:
            self.given.append(answer.text + str(answer.headers))
        return answer.json()

    def get(self, path: str, **headers: str) -> httpx.Response:
        answer = self.http.get(path, headers=headers)
        self.given.append(answer.text + str(answer.headers))
        return answer


@pytest.fixture(scope="module")
def server(start_server: Callable[..., RunningServer]) -> RunningServer:
    return start_server("sqlite")


@pytest.fixture(scope="module")
def run(server: RunningServer) -> Iterator[Run]:
    """Everything that makes a secret, and requests that go wrong with one in hand."""
    made = Run(server)
    key = made.post("/v1/api_keys", {"name": "CI"})
    made.post(f"/v1/api_keys/{key['id']}/rotate", status=200)
    endpoint = made.post("/v1/webhook_endpoints", {"url": "https://example.invalid/hook"})
    made.post(f"/v1/webhook_endpoints/{endpoint['id']}/rotate_secret", status=200)
    worker = made.post("/v1/workers", {"name": "Ada"})
    rotated = made.post(f"/v1/workers/{worker['id']}/rotate_token", status=200)
    made.post("/v1/auth/signup", {"name": "B", "email": "b@example.com"})
    _work(made, rotated["token"])
    for path in ("/v1/api_keys", "/v1/webhook_endpoints", "/v1/workers", "/v1/jobs", "/metrics", "/openapi.json"):
        assert made.get(path).status_code == 200
    _blunder(made, key["key"])
    yield made
    made.http.close()


def _work(run: Run, token: str) -> None:
    mine = {"Authorization": f"Bearer {token}"}
    job = run.post("/v1/jobs", JOB)
    submission = run.post(f"/v1/worker/jobs/{job['id']}/accept", **mine)
    to = submission["upload"]
    httpx.put(to["url"], content=picture(5, seed=4), headers=to["headers"]).raise_for_status()
    run.post(f"/v1/worker/submissions/{submission['id']}/submit", status=200, **mine)
    assert run.get(f"/v1/jobs/{job['id']}/audit").status_code == 200


def _blunder(run: Run, secret: str) -> None:
    """A token where none belongs: in a body, a path, a query, another's place; what is told must not repeat it."""
    wrong = {"Authorization": f"Bearer {secret}"}
    assert run.get("/v1/worker/me", **wrong).status_code == 401
    assert run.get("/v1/jobs", Authorization=f"Bearer {secret}x").status_code == 401
    assert run.get("/v1/jobs", Authorization=f"Basic {secret}").status_code == 401
    assert run.get(f"/v1/jobs/{secret}").status_code == 404
    assert run.get(f"/v1/jobs?cursor={secret}&api_key={secret}").status_code == 400
    run.post("/v1/jobs", {"quantity": secret}, status=400)
    run.post("/v1/organization/settings", {secret: 1}, status=405)


def test_answers_do_not_repeat_a_secret(run: Run) -> None:
    assert len(run.secrets) >= 9
    assert _leaked(run, "\n".join(run.given)) == []


def test_logs_have_no_secret(run: Run, server: RunningServer) -> None:
    log = server.log_path.read_text()
    assert log.count('"message": "request"') >= len(run.given)
    assert _leaked(run, log + (server.state_dir / "stderr").read_text()) == []
    assert "signature=" not in log
    assert "Authorization" not in log


def test_the_database_has_no_secret(run: Run, server: RunningServer) -> None:
    with sqlite3.connect(f"file:{server.state_dir / 'assay.db'}?mode=ro", uri=True) as database:
        content = "\n".join(database.iterdump())
    assert "idempotency_keys" in content
    assert _leaked(run, content) == []
    shown_once = [secret[:14] for secret in run.secrets if secret[:14] in content]
    assert shown_once, "the first characters, to tell keys apart, would show that the dump is of this run"


def test_only_the_owner_may_read_the_secret_key(run: Run, server: RunningServer) -> None:
    assert (server.state_dir / "secret.key").stat().st_mode & 0o077 == 0
    files = [path for path in Path(server.state_dir).rglob("*") if path.is_file() and path.name != "stdout"]
    assert [path for path in files if _leaked(run, path.read_bytes().decode(errors="ignore"))] == []


def _leaked(run: Run, text: str) -> list[str]:
    return [secret for secret in run.secrets if secret in text]


@pytest.mark.parametrize("key", [b"", b"012345678901234"])
def test_a_key_that_is_too_short_is_refused(key: bytes, tmp_path: Path) -> None:
    """Of an empty file everybody could seal and sign."""
    given = load_settings("embedded", state_dir=tmp_path, api__secret_key=key.decode())
    with pytest.raises(BadConfiguration, match=rf"^api.secret_key: has {len(key)} bytes"):
        load_cipher(given)
    (tmp_path / "secret.key").write_bytes(key)
    with pytest.raises(BadConfiguration, match=rf"secret.key: has {len(key)} bytes"):
        load_cipher(load_settings("embedded", state_dir=tmp_path))


def test_a_new_key_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings("embedded", state_dir=tmp_path)

    def fail(_: int) -> None:
        raise OSError("full")

    with monkeypatch.context() as full_disk:
        full_disk.setattr("api.secrets.os.fsync", fail)
        with pytest.raises(OSError, match="full"):
            load_cipher(settings)
    assert list(tmp_path.iterdir()) == []
    assert load_cipher(settings).signing_key == load_cipher(settings).signing_key
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("secret.key", 0o600)]
