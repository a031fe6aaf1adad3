"""The concept encoder against the same network in torch, one picture at a time and in batches of eight."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from configs.settings import load_settings
from models.concepts_conse import prepared
from models.outputs import Concepts
from pipeline.decode import decode
from pipeline.media import DecodedImage
from scripts.bench.ensemble import torch_classifier
from serve.loading import load_model

PHOTOS = 64


def run(eval_dir: Path) -> list[dict[str, Any]]:
    """Pictures a second, and how often the most probable class is the same."""
    import torch

    settings = load_settings("embedded")
    names = sorted(json.loads((eval_dir / "photos" / "labels.json").read_text(encoding="utf-8")))[:PHOTOS]
    media = [decode(eval_dir / "photos" / name, settings.decode) for name in names]
    views = [item.view for item in media if isinstance(item, DecodedImage)]
    encoder: Any = load_model("concepts", settings)
    network = torch_classifier()
    ours = [result for result in encoder.run(views) if isinstance(result, Concepts)]

    def naive() -> list[int]:
        with torch.no_grad():
            batches = [
                np.concatenate([prepared(view) for view in views[at : at + 8]]) for at in range(0, len(views), 8)
            ]
            return [int(top) for batch in batches for top in network(torch.from_numpy(batch)).argmax(1)]

    theirs = [encoder.class_names[index] for index in naive()]
    same = float(
        np.mean([found.labels[0].name == name for found, name in zip(ours, theirs, strict=True) if found.labels])
    )
    rows: list[dict[str, Any]] = [
        {"way": "torch f32, batch 8", "pictures_per_second": _rate(naive, len(views)), "same_class": 1.0},
        {"way": "ours", "pictures_per_second": _rate(lambda: encoder.run(views), len(views)), "same_class": same},
    ]
    for row in rows:
        row["times_torch"] = row["pictures_per_second"] / rows[0]["pictures_per_second"]
    return rows


def _rate(call: Callable[[], Any], items: int) -> float:
    started = time.perf_counter()
    call()
    return items / (time.perf_counter() - started)
