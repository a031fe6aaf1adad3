"""One `Settings` for the whole engine: profile file, then environment, then flags."""

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

CONFIGS = Path(__file__).parent
ENVIRONMENT_PREFIX = "ASSAY_"

Role = Literal["detector", "concepts", "text", "speech", "audio_quality"]
Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "f32", "bf16", "f16", "int8"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DecodeSettings(_Section):
    """Limits on what one file may cost before it is refused."""

    workers: PositiveInt = 1
    """Decoding processes."""
    view_pixels: PositiveInt = 2016
    """Long side of the picture that the models see."""
    max_image_pixels: PositiveInt = 200_000_000
    max_size_bytes: PositiveInt = 2 * 1024**3
    max_audio_seconds: PositiveFloat = 3600.0
    max_video_seconds: PositiveFloat = 600.0
    max_frames: PositiveInt = 12
    """Frames of a video that the models look at."""
    frame_pixels: PositiveInt = 1280
    """Long side of a video frame."""
    timeout_seconds: PositiveFloat = 30.0
    memory_bytes: PositiveInt = 4 * 1024**3
    """Address space of a decoding process."""


class BatchSettings(_Section):
    """When a batch is closed: full by cost, full by count, or the first item waited long enough."""

    max_cost: PositiveFloat
    """In the family's unit: megapixels for pictures, seconds for sound."""
    max_items: PositiveInt = 16
    wait_seconds: float = Field(default=0.005, ge=0, le=5)
    concurrent: PositiveInt = 1
    """Batches that one replica runs at once."""


class ReplicaSettings(_Section):
    """How many replicas Ray Serve runs and what each of them reserves."""

    num_cpus: float = Field(default=0.1, ge=0)
    num_gpus: float = Field(default=0.0, ge=0)
    min_replicas: PositiveInt = 1
    max_replicas: PositiveInt = 1
    max_ongoing_requests: PositiveInt = 32

    @model_validator(mode="after")
    def _replicas_are_ordered(self) -> "ReplicaSettings":
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"min_replicas {self.min_replicas} is above max_replicas {self.max_replicas}")
        return self


class ModelSettings(_Section):
    """One model of the ensemble: which weights, how they run, how batches form."""

    weights: str
    """A name in `weights.yaml`."""
    backend: str
    """The implementation within the family, for example `ppocr` or `easyocr` for text."""
    device: Device = "auto"
    precision: Precision = "auto"
    threads: PositiveInt = 2
    batch: BatchSettings
    replicas: ReplicaSettings = ReplicaSettings()
    options: dict[str, Any] = Field(default_factory=dict)
    """Backend-specific; unknown keys are refused by the backend."""

    @model_validator(mode="after")
    def _queue_holds_the_batches(self) -> "ModelSettings":
        """Serve hands a replica at most `max_ongoing_requests`; fewer than a batch starves it (ray issue 43288)."""
        needed = self.batch.max_items * self.batch.concurrent
        if self.replicas.max_ongoing_requests < needed:
            raise ValueError(
                f"max_ongoing_requests {self.replicas.max_ongoing_requests} is below "
                f"max_items × concurrent = {needed}; batches could never fill"
            )
        return self


class Settings(_Section):
    """Everything the engine needs to know to start."""

    profile: str
    data_dir: Path = Path("~/.cache/assay")
    """Compiled models and other things that can be made again."""
    rubric: Path = CONFIGS / "rubric.yaml"
    weights: Path = CONFIGS / "weights.yaml"
    decode: DecodeSettings = DecodeSettings()
    models: dict[Role, ModelSettings]
    scorer: ReplicaSettings = ReplicaSettings()

    @model_validator(mode="after")
    def _expand(self) -> "Settings":
        object.__setattr__(self, "data_dir", self.data_dir.expanduser())
        return self


def load_settings(profile: str | Path = "embedded", **flags: Any) -> Settings:
    """Read a profile by name or path, then `ASSAY_…` variables, then flags (`None` leaves a value alone).

    A variable names the path of a field with double underscores: `ASSAY_DECODE__WORKERS=2`.

    Raises:
        FileNotFoundError: no such profile.
        pydantic.ValidationError: a value is unknown or out of range; the message names the field.
    """
    path = Path(profile) if str(profile).endswith((".yaml", ".yml")) else CONFIGS / f"{profile}.yaml"
    if not path.exists():
        known = sorted(p.stem for p in CONFIGS.glob("*.yaml") if p.stem not in {"weights", "rubric"})
        raise FileNotFoundError(f"no profile {str(profile)!r}; known: {', '.join(known)}, or the path of a .yaml file")
    values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    values.setdefault("profile", path.stem)
    for name, text in os.environ.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            _set(values, name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"), yaml.safe_load(text))
    for name, value in flags.items():
        if value is not None:
            _set(values, name.split("__"), value)
    return Settings.model_validate(values)


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        values = values.setdefault(parent, {})
    values[last] = value
