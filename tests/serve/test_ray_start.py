"""What starting our own Ray promises: nothing reachable from outside, modest memory, a clear word when it fails."""

from ipaddress import ip_address

import grpc
import psutil
import pytest
import ray

from configs.settings import ReplicaSettings, Settings, load_settings
from models.weights import WeightsMissing
from serve import app
from serve.app import require_gpus, reserved_cpus
from serve.client import RayEngine
from serve.errors import EngineUnavailable
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


@pytest.mark.parametrize("late", [0, 3])
async def test_a_ray_that_registers_late_is_waited_for(monkeypatch: pytest.MonkeyPatch, late: int) -> None:
    """Ray's own limit of 30 s is too short for a machine that has other work."""
    monkeypatch.setattr(app, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(app, "_get_node", node := Registration(late))
    assert app._get_node_in_time("127.0.0.1:1", "n1") == "node n1"
    assert node.asked == late + 1


async def test_a_ray_that_never_registers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "RAY_START_SECONDS", 0.05)
    monkeypatch.setattr(app, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(app, "_get_node", Registration(10**9))
    with pytest.raises(RuntimeError, match="n1 is unknown"):
        app._get_node_in_time("127.0.0.1:1", "n1")


class Registration:
    """Answers for a node after so many questions."""

    def __init__(self, late: int) -> None:
        self._late = late
        self.asked = 0

    def __call__(self, gcs_address: str, node_id: str) -> str:
        self.asked += 1
        if self.asked <= self._late:
            raise RuntimeError(f"node {node_id} is unknown at {gcs_address}")
        return f"node {node_id}"


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


@pytest.mark.slow
@pytest.mark.usefixtures("ray_engine")
async def test_replicas_that_have_loaded_serve_at_the_niceness_of_all() -> None:
    pids = {pid for name in (*ROLES, "scorer") for pid in replica_pids(name)}
    assert {psutil.Process(pid).nice() for pid in pids} == {0}


def test_cpus_are_those_that_replicas_reserve() -> None:
    settings = load_settings("embedded")
    assert reserved_cpus(settings) == 2
    doubled = settings.model_copy(update={"scorer": ReplicaSettings(num_cpus=1, max_replicas=4)})
    assert reserved_cpus(doubled) == 6


def test_what_no_gpu_is_there_for_is_said_before_anything_waits_for_one() -> None:
    with pytest.raises(EngineUnavailable, match=r"the replicas of gpu reserve 0\.5 GPUs; here are 0"):
        require_gpus(load_settings("gpu"), 0.0)
    require_gpus(load_settings("gpu"), 1.0)
    require_gpus(load_settings("embedded"), 0.0)
