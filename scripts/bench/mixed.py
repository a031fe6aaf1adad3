"""The files of the service's benchmarks: seven photos to two recordings and one video.

Jobs ask for animals, menus, and readings of one sentence each; where a photo shows no animal, for what it shows.
"""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image

from models.imagenet import broader_terms, class_names, kinds
from pipeline.brief import JobBrief
from scripts.demo_media import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, Samples, as_mp4, pan

PATTERN = ("image", "image", "audio", "image", "image", "video", "image", "image", "audio", "image")
"""The mix of PERFORMANCE.md, spread evenly."""
MENU_EVERY, FIRST_MENU = 7, 3
"""One photo of seven is a menu of several megapixels, the others are everyday pictures of a quarter. It is the fourth:
no mix ends with what takes longest, else a burst would measure how that one runs out."""
VIDEO_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class MixedFile:
    """One file to score."""

    path: Path
    brief: JobBrief
    copy_of: Path | None = None
    """The file that it is a smaller copy of."""


def mixed_files(eval_dir: Path, folder: Path, count: int, pattern: Sequence[str] = PATTERN) -> list[MixedFile]:
    """So many files; videos are made in `folder`, all others are those of the evaluation set."""
    sources = {"image": _photos(eval_dir), "audio": _recordings(eval_dir), "video": _videos(eval_dir, folder)}
    return [next(sources[kind]) for kind in islice(cycle(pattern), count)]


def photo_paths(eval_dir: Path) -> list[tuple[Path, str]]:
    """Everyday photos with their class names."""
    labels: dict[str, str] = json.loads((eval_dir / "photos" / "labels.json").read_text(encoding="utf-8"))
    return [(eval_dir / "photos" / name, label) for name, label in sorted(labels.items())]


def _photos(eval_dir: Path) -> Iterator[MixedFile]:
    menus = cycle(sorted((eval_dir / "text").glob("*.jpg")))
    menu_brief = JobBrief(description="Take a clear photo of a restaurant menu.", content_type="image")
    for number, (path, label) in enumerate(cycle(photo_paths(eval_dir))):
        if number % MENU_EVERY == FIRST_MENU:
            yield MixedFile(next(menus), menu_brief)
        else:
            yield MixedFile(
                path, JobBrief(description=f"Take a clear photo of {_subject(label)}.", content_type="image")
            )


def _recordings(eval_dir: Path) -> Iterator[MixedFile]:
    truth: dict[str, str] = json.loads((eval_dir / "speech" / "truth.json").read_text(encoding="utf-8"))
    for name, words in cycle(sorted(truth.items())):
        brief = JobBrief(description=f'Record yourself reading aloud: "{words}"', content_type="audio")
        yield MixedFile(eval_dir / "speech" / name, brief)


def _videos(eval_dir: Path, folder: Path) -> Iterator[MixedFile]:
    """Pans over photos, with a recording as their sound."""
    voices = cycle(_recordings(eval_dir))
    for number, (path, label) in enumerate(photo_paths(eval_dir)):
        video = folder / f"video-{number}.mp4"
        frames = list(pan(Image.open(path).convert("RGB"), VIDEO_SECONDS))
        video.write_bytes(as_mp4(frames, _samples(next(voices).path, len(frames) / FRAMES_PER_SECOND)))
        yield MixedFile(video, JobBrief(description=f"Film {_subject(label)}.", content_type="video"))


def _subject(label: str) -> str:
    is_animal = kinds()[broader_terms().index("animal"), class_names().index(label)]
    return "an animal" if is_animal else f"a {label}"


def _samples(path: Path, seconds: float) -> Samples:
    import av

    with av.open(io.BytesIO(path.read_bytes())) as container:
        resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
        frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return np.asarray(sound[: round(seconds * SAMPLE_RATE_HZ)], np.float32)
