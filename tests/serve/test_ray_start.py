"""What starting our own Ray promises: nothing reachable from outside, modest memory, a clear word when it fails."""

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from pathlib import Path

import grpc
import psutil
import pytest
import ray

from configs.settings import ReplicaSettings, Settings, load_settings
from models.weights import WeightsMissing
from serve.app import reserved_cpus
from serve.client import RayEngine
from serve.errors import EngineUnavailable

pytestmark = pytest.mark.anyio

REPLICA_CALL = "/ray.serve.ASGIService/HandleRequest"
GCS_CALL = "/ray.rpc.NodeInfoGcsService/CheckAlive"


@pytest.fixture(scope="module")
def settings() -> Settings:
    whole = load_settings("embedded")
    models = {role: whole.models[role] for role in ("concepts", "detector")}
    return whole.model_copy(update={"models": models})


async def test_weights_that_are_not_there_end_the_start_and_are_named(settings: Settings) -> None:
    detector = settings.models["detector"].model_copy(update={"weights": "nonesuch"})
    engine = RayEngine(settings.model_copy(update={"models": settings.models | {"detector": detector}}))
    with pytest.raises(WeightsMissing, match="nonesuch"):
        await engine.start()


@pytest.mark.slow
async def test_weights_that_are_not_the_pinned_ones_end_the_start_and_are_named(
    settings: Settings, tmp_path: Path
) -> None:
    declared = settings.weights.read_text(encoding="utf-8")
    digest = "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f"
    assert digest in declared
    (tmp_path / "weights.yaml").write_text(declared.replace(digest, "f" * 64))
    engine = RayEngine(settings.model_copy(update={"weights": tmp_path / "weights.yaml"}))
    with pytest.raises(EngineUnavailable, match=f"SHA-256 is {digest}"):
        await engine.start()
    await engine.close()


def ray_processes() -> Iterator[psutil.Process]:
    """Those of Ray; servers of other tests may still be running."""
    for process in psutil.Process().children(recursive=True):
        if any(part.startswith("ray::") or "/ray/" in part for part in process.cmdline()):
            yield process


@pytest.fixture(scope="module")
async def engine(settings: Settings) -> AsyncIterator[RayEngine]:
    engine = RayEngine(settings)
    await engine.start()
    yield engine
    await engine.close()
    assert not list(ray_processes()), "closing the engine leaves no process behind"


def is_loopback(address: str) -> bool:
    return ip_address(address.removeprefix("::ffff:")).is_loopback


def refusal(address: str, method: str) -> grpc.StatusCode:
    """How a caller without the token is answered."""
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(method)(b"", timeout=5)
    return refused.value.code()


@pytest.mark.slow
@pytest.mark.usefixtures("engine")
async def test_what_listens_outside_asks_for_the_token_and_so_does_the_rest() -> None:
    """Serve binds one gRPC port of each replica to every address, and has no setting for it."""
    outside = {
        connection.laddr.port: process.name()
        for process in ray_processes()
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN and not is_loopback(connection.laddr.ip)
    }
    assert len(outside) == 3, f"one for each replica: {outside}"
    assert {refusal(f"127.0.0.1:{port}", REPLICA_CALL) for port in outside} == {grpc.StatusCode.UNAUTHENTICATED}
    assert refusal(ray.get_runtime_context().gcs_address, GCS_CALL) == grpc.StatusCode.UNAUTHENTICATED


def test_cpus_are_those_that_replicas_reserve() -> None:
    settings = load_settings("embedded")
    assert reserved_cpus(settings) == 2
    doubled = settings.model_copy(update={"scorer": ReplicaSettings(num_cpus=1, max_replicas=4)})
    assert reserved_cpus(doubled) == 6
