"""What a running engine was told, kept where every process of its Ray finds it.

Serve's controller holds it as the scorer's `user_config`. So it is deployed and read as one piece, lives as long as
the application, and is checkpointed with it; nobody's copy of a profile file is the truth.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import ray
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError
from ray.serve._private.common import DeploymentID
from ray.serve.context import _get_global_client
from ray.serve.exceptions import RayServeException

from configs.settings import ModelSettings, Role, Settings
from models.weights import Declaration, Registry, combined_digest
from pipeline.rubric import Rubric, load_rubric
from serve.errors import EngineUnavailable

APP_NAME = "assay"
"""Application of the scorer; those of the models are called `assay-detector-0f3a…`."""
SCORER_NAME = "scorer"
VERSION_CHARACTERS = 10

_ENGINE = {"profile", "data_dir", "rubric", "weights", "decode", "models", "scorer", "loading_niceness"}


class Trial(BaseModel):
    """A candidate that scores a share of the submissions a second time, for comparison alone."""

    model_config = ConfigDict(frozen=True)

    role: Role
    model: ModelSettings
    application: str
    share: float = Field(gt=0, le=1)
    submissions: PositiveInt
    """After so many comparisons a replica of the scorer stops by itself."""


class Live(BaseModel):
    """One state of a running engine."""

    model_config = ConfigDict(frozen=True)

    settings: Settings
    """Only the engine's part; the rest is as by default."""
    applications: dict[Role, str]
    """The Serve application that answers for each role. A name belongs to one set of weights for ever."""
    declarations: dict[Role, Declaration]
    """Of those weights. A replica that starts again loads them, whatever `weights.yaml` says by then."""
    code: str
    """Of the start. Kept, so that a change of something else leaves the replicas alone when the files of the code
    have changed under the running engine."""
    rubric: Rubric
    """What its file held. A replica that starts again scores under it, whatever the file says by then."""
    trial: Trial | None = None

    @classmethod
    def of(cls, settings: Settings, code: str | None = None) -> "Live":
        """What `settings` ask for, of the code that is here or of that which an engine was started with.

        Raises:
            models.weights.WeightsMissing: nothing is declared under a name of the profile.
            pydantic.ValidationError: the rubric breaks its schema.
        """
        engine, code = engine_part(settings), code or _code()
        registry = Registry.load(engine.weights, engine.data_dir)
        declarations = {role: registry.declaration(chosen.weights) for role, chosen in engine.models.items()}
        return cls(
            settings=engine,
            applications={role: _name(role, engine, declared, code) for role, declared in declarations.items()},
            declarations=declarations,
            code=code,
            rubric=load_rubric(engine.rubric),
        )

    def replacing(self, role: Role, other: "Live") -> "Live":
        """This state, with the model that another one has in a role."""
        models = self.settings.models | {role: other.settings.models[role]}
        return self.model_copy(
            update={
                "settings": self.settings.model_copy(update={"models": models}),
                "applications": self.applications | {role: other.applications[role]},
                "declarations": self.declarations | {role: other.declarations[role]},
            }
        )

    @property
    def scorer_version(self) -> str:
        """Of the scorer's replicas; everything else they take while they run."""
        decoding = self.settings.decode.model_dump_json(), str(self.settings.store.ca_bundle)
        return _digest(self.code, *decoding)

    def to_user_config(self) -> dict[str, Any]:
        """As JSON; `Live.model_validate` reads it."""
        return self.model_dump(mode="json", exclude={"settings"}) | {"settings": _dump(self.settings)}


def engine_part(settings: Settings) -> Settings:
    """The settings without what only the front end needs, which is where the secrets are."""
    return Settings.model_validate(_dump(settings))


def current(within_seconds: float | None = None) -> Live:
    """What is in force in the Ray that this process has joined.

    Args:
        within_seconds: how long the controller may take; without it as long as it takes.

    Raises:
        EngineUnavailable: no engine runs there, or one of another release.
    """
    try:
        controller = _get_global_client()._controller
        scorer = DeploymentID(name=SCORER_NAME, app_name=APP_NAME)
        config = ray.get(controller.get_deployment_config.remote(scorer), timeout=within_seconds)
    except (RayServeException, ray.exceptions.RayError) as error:
        raise EngineUnavailable(f"Serve does not answer: {error}") from error
    if config is None:
        raise EngineUnavailable("no engine runs in this Ray")
    try:
        return Live.model_validate(config.user_config)
    except ValidationError as error:
        raise EngineUnavailable("the engine that runs in this Ray is of another release") from error


def _name(role: Role, settings: Settings, declared: Declaration, code: str) -> str:
    """Of the application that runs a model; other weights, options or code have another name."""
    lasting = settings.models[role].model_dump_json(exclude={"batch", "replicas"})
    return f"{APP_NAME}-{role}-{_digest(code, lasting, combined_digest(declared), str(settings.data_dir))}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:VERSION_CHARACTERS]


@cache
def _code() -> str:
    """Of everything that replicas run, so that a newer engine takes over from an older one on its cluster."""
    root = Path(__file__).parents[1]
    packages = ("configs", "models", "pipeline", "serve")
    sources = [path for package in packages for path in root.glob(f"{package}/**/*.py")]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(sources))).hexdigest()


def _dump(settings: Settings) -> dict[str, Any]:
    whole = settings.model_dump(mode="json", include=_ENGINE | {"store"})
    return whole | {"store": {"ca_bundle": whole["store"]["ca_bundle"]}}
