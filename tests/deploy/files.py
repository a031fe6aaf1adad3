"""What is shipped for deployments, parsed."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILES = ("Dockerfile", "Dockerfile.gpu")


def documents(name: str) -> list[dict[str, Any]]:
    """Of a YAML file in deploy/."""
    return list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """(instruction, arguments) in order, continued lines joined, comments left out."""
    text = (ROOT / dockerfile).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(words[0], words[1].strip()) for words in (line.split(None, 1) for line in joined)]


def last_stage(dockerfile: str) -> list[tuple[str, str]]:
    """The instructions of what is shipped."""
    every = instructions(dockerfile)
    start = max(index for index, (name, _) in enumerate(every) if name == "FROM")
    return every[start:]


def variables(dockerfile: str) -> dict[str, str]:
    """What the shipped stage sets with `ENV`."""
    pairs = (pair for name, rest in last_stage(dockerfile) if name == "ENV" for pair in rest.split())
    return dict(pair.split("=", 1) for pair in pairs)
