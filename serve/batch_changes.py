"""Other batches for some models of a profile."""

from collections.abc import Mapping

from pydantic import ValidationError

from configs.settings import BatchSettings, ModelSettings, Role, Settings


def with_batches(settings: Settings, batches: Mapping[Role, BatchSettings]) -> Settings:
    """The settings with other batches.

    Raises:
        ValueError: the profile has no such role, or the batches are larger than `max_ongoing_requests` lets them
            become.
    """
    unknown = batches.keys() - settings.models.keys()
    if unknown:
        raise ValueError(f"no model for {', '.join(sorted(unknown))}; there are {', '.join(sorted(settings.models))}")
    changed = {
        role: ModelSettings.model_validate({**dict(settings.models[role]), "batch": batch})
        for role, batch in batches.items()
    }
    return settings.model_copy(update={"models": settings.models | changed})


def parted(
    settings: Settings, batches: Mapping[Role, BatchSettings]
) -> tuple[dict[Role, BatchSettings], dict[Role, str]]:
    """Those that the profile takes, and why it does not take the others."""
    taken: dict[Role, BatchSettings] = {}
    refused: dict[Role, str] = {}
    for role, batch in batches.items():
        try:
            with_batches(settings, {role: batch})
        except ValidationError as error:
            refused[role] = error.errors()[0]["msg"].removeprefix("Value error, ")
        except ValueError as error:
            refused[role] = str(error)
        else:
            taken[role] = batch
    return taken, refused
