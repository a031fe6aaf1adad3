"""From settings to loaded weights: which file implements which role, and where it runs."""

from importlib import import_module
from typing import Any

from configs.settings import ModelSettings, Role, Settings
from models.loading import require_package
from models.model import Model
from models.runtime.device import resolve
from models.weights import Declaration, Registry
from pipeline.rubric import Rubric, load_rubric
from serve.errors import EngineUnavailable

FAMILIES: dict[Role, str] = {
    "detector": "models.detector",
    "safety": "models.safety",
    "concepts": "models.concepts",
    "text": "models.text",
    "speech": "models.speech",
    "audio_quality": "models.audio_quality",
}
"""The module of each role. Imported only where the role is loaded, since their libraries weigh 100 MB and more."""


def load_scoring(settings: Settings) -> tuple[Rubric, str]:
    """The rubric of the settings' file, and the name of the concept backend.

    Raises:
        EngineUnavailable: the profile has no concept encoder, or nobody calibrated the one it names.
        pydantic.ValidationError: the rubric breaks its schema.
    """
    rubric = load_rubric(settings.rubric)
    return rubric, encoder_of(settings, rubric)


def encoder_of(settings: Settings, rubric: Rubric) -> str:
    """The name of the concept backend, for which the rubric must hold a fitted curve.

    Raises:
        EngineUnavailable: the profile has no concept encoder, or nobody calibrated the one it names.
    """
    if "concepts" not in settings.models:
        raise EngineUnavailable(f"profile {settings.profile} has no concepts model; relevance cannot do without it")
    encoder = settings.models["concepts"].backend
    if encoder not in rubric.relevance:
        raise EngineUnavailable(
            f"{settings.rubric} has no relevance curve for the concept backend {encoder}; fit one to labelled photos "
            f"with python -m scripts.calibrate --profile {settings.profile} --eval FOLDER and paste what it prints"
        )
    return encoder


def load_model(role: Role, settings: Settings, declared: Declaration | None = None) -> Model[Any, Any]:
    """Verify the weights of a role, load them where the settings say, and run them once.

    Args:
        declared: the entry of its weights, where that is not the one that the registry has now.

    Raises:
        KeyError: the profile has no such role.
        ValueError: no such backend, or a package, device or precision that the machine lacks.
        TypeError: the backend knows no such option.
        models.weights.WeightsError: the weights are not installed, or are not the ones that were pinned.
    """
    chosen = settings.models[role]
    require_package(chosen.backend, chosen.options)
    weights = registry_for(role, settings, declared).open(chosen.weights)
    placement = resolve(chosen, settings.data_dir)
    model: Model[Any, Any] = import_module(FAMILIES[role]).load(weights, placement, **_options(chosen))
    model.warm_up()
    return model


def registry_for(role: Role, settings: Settings, declared: Declaration | None = None) -> Registry:
    """Where the weights of a role are declared: in a state of the engine, or else in the settings' file."""
    if declared is None:
        return Registry.load(settings.weights, settings.data_dir)
    return Registry({settings.models[role].weights: declared}, settings.data_dir)


def _options(chosen: ModelSettings) -> dict[str, Any]:
    return {"backend": chosen.backend, **chosen.options}
