"""Profiles between which a running stack is moved."""

from pathlib import Path

import yaml

from configs.settings import CONFIGS


def write_profile(path: Path, **detector: object) -> Path:
    """The embedded profile with the two models that load fastest, and changes of the detector."""
    profile = yaml.safe_load((CONFIGS / "embedded.yaml").read_text(encoding="utf-8"))
    models = {role: profile["models"][role] for role in ("concepts", "detector")}
    models["detector"] = models["detector"] | detector
    path.write_text(yaml.safe_dump(profile | {"models": models}), encoding="utf-8")
    return path
