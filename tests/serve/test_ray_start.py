"""What starting our own Ray promises: nothing reachable from outside, modest memory, a clear word when it fails."""

from ipaddress import ip_address

import grpc
import psutil
import pytest
import ray

from configs.settings import ReplicaSettings, Settings, load_settings
from models.weights import WeightsMissing
from serve.app import reserved_cpus
from serve.client import RayEngine
from tests.serve.conftest import ROLES
from tests.serve.replicas import ray_processes, replica_pids

pytestmark = pytest.mark.anyio

REPLICA_CALL = "/ray.serve.ASGIService/HandleRequest"
GCS_CALL = "/ray.rpc.NodeInfoGcsService/CheckAlive"


async def test_weights_that_are_not_there_end_the_start_and_are_named(settings: Settings) -> None:
    detector = settings.models["detector"].model_copy(update={"weights": "nonesuch"})
    engine = RayEngine(settings.model_copy(update={"models": settings.models | {"detector": detector}}))
    with pytest.raises(WeightsMissing, match="nonesuch"):
        await engine.start()


def is_loopback(address: str) -> bool:
    return ip_address(address.removeprefix("::ffff:")).is_loopback


def refusal(address: str, method: str) -> grpc.StatusCode:
    """How a caller without the token is answered."""
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(method)(b"", timeout=5)
    return refused.value.code()


@pytest.mark.slow
@pytest.mark.usefixtures("ray_engine")
async def test_what_listens_outside_asks_for_the_token_and_so_does_the_rest() -> None:
    """Serve binds one gRPC port of each replica to every address, and has no setting for it."""
    outside = {
        connection.laddr.port: process.pid
        for process in ray_processes()
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN and not is_loopback(connection.laddr.ip)
    }
    replicas = {pid for name in (*ROLES, "scorer") for pid in replica_pids(name)}
    assert len(replicas) >= 3
    assert sorted(outside.values()) == sorted(replicas), f"one for each replica: {outside}"
    assert {refusal(f"127.0.0.1:{port}", REPLICA_CALL) for port in outside} == {grpc.StatusCode.UNAUTHENTICATED}
    assert refusal(ray.get_runtime_context().gcs_address, GCS_CALL) == grpc.StatusCode.UNAUTHENTICATED


def test_cpus_are_those_that_replicas_reserve() -> None:
    settings = load_settings("embedded")
    assert reserved_cpus(settings) == 2
    doubled = settings.model_copy(update={"scorer": ReplicaSettings(num_cpus=1, max_replicas=4)})
    assert reserved_cpus(doubled) == 6
