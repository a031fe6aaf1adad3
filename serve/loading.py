"""From settings to loaded weights: which file implements which role, and where it runs."""

from importlib import import_module
from typing import Any

from configs.settings import ModelSettings, Role, Settings
from models.model import Model
from models.runtime.device import resolve
from models.weights import Registry

FAMILIES: dict[Role, str] = {
    "detector": "models.detector",
    "concepts": "models.concepts",
    "text": "models.text",
    "speech": "models.speech",
    "audio_quality": "models.audio_quality",
}
"""The module of each role. Imported only where the role is loaded, since their libraries weigh 100 MB and more."""


def load_model(role: Role, settings: Settings) -> Model[Any, Any]:
    """Verify the weights of a role, load them where the settings say, and run them once.

    Raises:
        KeyError: the profile has no such role.
        ValueError: no such backend, or a device or precision that the machine lacks.
        TypeError: the backend knows no such option.
        models.weights.WeightsError: the weights are not installed, or are not the ones that were pinned.
    """
    chosen = settings.models[role]
    weights = Registry.load(settings.weights, settings.data_dir).open(chosen.weights)
    placement = resolve(chosen.device, chosen.precision, chosen.threads, settings.data_dir)
    model: Model[Any, Any] = import_module(FAMILIES[role]).load(weights, placement, **_options(chosen))
    model.warm_up()
    return model


def _options(chosen: ModelSettings) -> dict[str, Any]:
    return {"backend": chosen.backend, **chosen.options}
