"""What the models of `configs/gpu.yaml` do on the host around their networks, which run on the GPU."""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.settings import BatchSettings, ModelSettings, load_settings
from pipeline.decode import decode
from pipeline.image_signals import measure_image
from pipeline.media import Decoded, DecodedImage, DecodedVideo
from scripts.bench.mixed import MixedFile, mixed_files
from scripts.sizing import PAGES_OF_A_VIDEO
from serve.loading import load_model

FILES_EACH = 12

Step = Callable[[NDArray[np.uint8]], Any]


def files_by_kind(eval_dir: Path, folder: Path) -> dict[str, list[MixedFile]]:
    """Some files of each kind out of the benchmarks' mix; videos are made in `folder`."""
    suffixes = {"photo": ".JPEG", "menu": ".jpg", "speech": ".wav", "video": ".mp4"}
    mix = mixed_files(eval_dir, folder, 180)
    return {
        kind: [file for file in mix if file.path.suffix == suffix][:FILES_EACH] for kind, suffix in suffixes.items()
    }


def views_of(media: Sequence[Decoded]) -> list[NDArray[np.uint8]]:
    """Every picture and every frame."""
    of_videos = [frame.view for one in media if isinstance(one, DecodedVideo) for frame in one.frames]
    return [one.view for one in media if isinstance(one, DecodedImage)] + of_videos


def host_work(eval_dir: Path) -> list[dict[str, Any]]:
    """Core-seconds on the host of what the GPU profile's models do to one file of each kind around their networks.

    No weights are needed but EasyOCR's, which come as packages.
    """
    import torch

    torch.set_num_threads(1)  # threads that wait for one another would be counted
    settings = load_settings("gpu")
    with tempfile.TemporaryDirectory() as folder:
        kinds = files_by_kind(eval_dir, Path(folder))
        media = {kind: [decode(file.path, settings.decode) for file in files] for kind, files in kinds.items()}
    prepare = (measure_image, _clip_preparation(), _detector_preparation())
    around_easyocr = _around_easyocr()
    spent = {kind: [_on_host(one, prepare, around_easyocr) for one in files] for kind, files in media.items()}
    return [{"kind": kind, "files": len(each), "core_seconds": fmean(each)} for kind, each in spent.items()]


def _on_host(media: Decoded, prepare: Sequence[Step], around_easyocr: Callable[[NDArray[np.uint8]], float]) -> float:
    views = views_of([media])
    started_seconds = time.process_time()
    for step in prepare:
        for view in views:
            step(view)
    return time.process_time() - started_seconds + sum(map(around_easyocr, views[:PAGES_OF_A_VIDEO]))


def _clip_preparation() -> Step:
    from open_clip.transform import PreprocessCfg, image_transform_v2

    from models.concepts_open_clip import ClipNetwork

    clip: Any = SimpleNamespace(
        pixels=(224, 224), _transform=image_transform_v2(PreprocessCfg(size=224), is_train=False)
    )
    return partial(ClipNetwork._prepared, clip)


def _detector_preparation() -> Step:
    from transformers import RTDetrImageProcessor

    processor = RTDetrImageProcessor()
    return lambda view: processor(images=view, return_tensors="pt", input_data_format="channels_last")


def _around_easyocr() -> Callable[[NDArray[np.uint8]], float]:
    """Core-seconds of a page less those of its networks: lines are found, cut out, and their letters read."""
    reader = ModelSettings(weights="easyocr-en", backend="easyocr", batch=BatchSettings(max_cost=1.0, max_items=1))
    settings = load_settings("embedded")
    model: Any = load_model("text", settings.model_copy(update={"models": {"text": reader}}))
    holder = next(each for each in vars(model).values() if hasattr(each, "_recogniser"))
    in_networks = 0.0

    def timed(network: Callable[..., Any]) -> Callable[..., Any]:
        def run(*inputs: Any) -> Any:
            nonlocal in_networks
            started_seconds = time.process_time()
            answer = network(*inputs)
            in_networks += time.process_time() - started_seconds
            return answer

        return run

    holder._detector, holder._recogniser = timed(holder._detector), timed(holder._recogniser)

    def read(view: NDArray[np.uint8]) -> float:
        nonlocal in_networks
        in_networks, started_seconds = 0.0, time.process_time()
        model.run([view])
        return time.process_time() - started_seconds - in_networks

    return read
