"""A profile file out of what was measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from configs.settings import CONFIGS, ReplicaSettings
from scripts.tune_search import Point, Tuned

WIDTH = 120


def profile_path(profile: str) -> Path:
    """The file of a profile, by name or path."""
    return Path(profile) if profile.endswith((".yaml", ".yml")) else CONFIGS / f"{profile}.yaml"


def tuned_profile(source: Mapping[str, Any], heading: Sequence[str], tuned: Sequence[Tuned]) -> str:
    """The text of the source profile with other models, and the figures beside them.

    Args:
        source: the profile as its file has it.
        heading: comment lines for the top.
        tuned: the models that were measured; others stay as they are.
    """
    found = {each.role: each for each in tuned}
    before = {key: value for key, value in source.items() if key not in ("models", "scorer")}
    after = {key: value for key, value in source.items() if key == "scorer"}
    models = {
        role: _chosen(model, found[role].chosen) if role in found else model for role, model in source["models"].items()
    }
    heading = [*heading, *_too_much_for_one_gpu(models, after.get("scorer", {}))]
    lines = [f"# {line}" for line in heading] + [*_dump(before, 0), "models:"]
    for role, model in models.items():
        lines += [*_comment(found.get(role)), f"  {role}:", *_dump(model, 4)]
    return "\n".join([*lines, "", *_dump(after, 0)]).rstrip() + "\n"


def _too_much_for_one_gpu(models: Mapping[str, Mapping[str, Any]], scorer: Mapping[str, Any]) -> list[str]:
    """A warning, if the replicas of all models hold more than a device has; each was measured without the others."""
    replicas = [scorer, *(model.get("replicas", {}) for model in models.values())]
    reserved = sum(each.get("num_gpus", 0) * each.get("min_replicas", 1) for each in replicas)
    if reserved <= 1:
        return []
    return [
        f"All replicas together reserve {reserved:.2f} GPUs: on one device, take smaller batches or fewer replicas."
    ]


def figures(point: Point) -> str:
    """What a way of running a model was measured at."""
    measured = point.measured
    gpu = f", {measured.gpu_share:.0%} of the GPU" if measured.gpu_share else ""
    return f"{measured.items_per_second:.3g} items/s, p95 {measured.p95_ms:.0f} ms, {measured.memory_mb:.0f} MB{gpu}"


def _comment(tuned: Tuned | None) -> list[str]:
    """The figures of a model."""
    if tuned is None:
        return []
    comment = [f"  # {figures(tuned.chosen)}, agreement {tuned.chosen.agreement:.3f}"]
    if tuned.chosen != tuned.shipped:
        comment += [f"  # before: {figures(tuned.shipped)}"]
    if tuned.gain_in_the_mix is not None:
        way = "this way" if tuned.chosen == tuned.best else "the best found by itself, so it was not taken"
        comment += [f"  # in the whole engine: {tuned.gain_in_the_mix:.2f} times the files a second by {way}"]
    return comment


def _chosen(source: Mapping[str, Any], best: Point) -> dict[str, Any]:
    """The model's section: what was found, and what the file says beside it."""
    model, replicas = best.way.model, dict(source.get("replicas", {}))
    replicas["max_ongoing_requests"] = model.replicas.max_ongoing_requests
    replicas |= spread(ReplicaSettings.model_validate(replicas), best.way.replicas)
    replicas.pop("num_gpus", None)
    if best.measured.gpu_share:
        replicas["num_gpus"] = gpu_fraction(best.measured.gpu_share)
    names = ("device", "precision", "threads", "options")
    found = {name: getattr(model, name) for name in names}
    kept = {key: value for key, value in source.items() if key not in ("batch", "replicas", *found)}
    defaults = {"device": "auto", "precision": "auto", "options": {}}
    changed = {key: value for key, value in found.items() if value != defaults.get(key)}
    return kept | changed | {"batch": model.batch.model_dump(), "replicas": replicas}


def spread(replicas: ReplicaSettings, processes: int) -> dict[str, int]:
    """What is to be changed for so many processes; where replicas scale, they go on doing so from there."""
    if processes == replicas.min_replicas:
        return {}
    scales = replicas.max_replicas > replicas.min_replicas
    return {"min_replicas": processes, "max_replicas": max(processes, replicas.max_replicas if scales else 1)}


def gpu_fraction(share: float) -> float:
    """What a replica reserves of a device: a fifth more than it was seen to hold, in steps of 0.05."""
    return min(1.0, round(-(-share * 1.2 // 0.05) * 0.05, 2))


def _dump(values: Mapping[str, Any], indent: int) -> list[str]:
    """YAML with the innermost collections on one line."""
    if not values:
        return []
    text = yaml.safe_dump(dict(values), sort_keys=False, default_flow_style=None, width=WIDTH - indent)
    return [" " * indent + line if line else line for line in text.rstrip().split("\n")]
