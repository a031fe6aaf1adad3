"""Write down what the classes of ImageNet are kinds of: `python -m scripts.broader_terms --wordnet /usr/share/wordnet`.

Needs WordNet 3.0 (Princeton University), of which every class is a synset: Debian's package `wordnet-base` has it.
Ultralytics lists the synsets in the order of the classifiers' outputs.
"""

import json
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
import yaml

MAX_CLASSES = 400
"""What more of the 1,000 classes are kinds of (an entity, an object, an artifact, a living thing) tells nothing."""
PEOPLE = {981, 982, 983}
"""Ballplayer, groom, scuba diver: a classifier that knows no others cannot tell a person from anything."""
OUT = Path("models/imagenet_broader.json")

Synsets = dict[str, tuple[str, list[str]]]
"""The first name of each synset and the ones above it, by offsets."""


def main(
    wordnet: Annotated[Path, typer.Option(help="Folder with data.noun of WordNet 3.0.")],
    out: Annotated[Path, typer.Option(help="Where the terms go.")] = OUT,
) -> None:
    """Write every term with the classes that are kinds of it."""
    synsets = _read(wordnet / "data.noun")
    listed = yaml.safe_load((files("ultralytics") / "cfg" / "datasets" / "ImageNet.yaml").read_text(encoding="utf-8"))
    members: defaultdict[str, set[int]] = defaultdict(set)
    for index, synset in enumerate(listed["map"]):
        for offset in _above(synset.removeprefix("n"), synsets):
            members[synsets[offset][0]].add(index)
    kept = {
        name: sorted(classes)
        for name, classes in sorted(members.items())
        if len(classes) <= MAX_CLASSES and not classes <= PEOPLE
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(classes)}" for name, classes in kept.items())
    out.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    print(f"{len(kept)} terms in {out}")


def _read(path: Path) -> Synsets:
    """The nouns: lines of `offset file type words word id … pointers symbol offset part number … | gloss` (wndb(5))."""
    synsets: Synsets = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):  # the licence
            continue
        fields = line.split(" | ")[0].split()
        pointers = fields[5 + 2 * int(fields[3], 16) :]
        above = [pointers[at + 1] for at in range(0, len(pointers), 4) if pointers[at].startswith("@")]
        synsets[fields[0]] = (fields[4].replace("_", " "), above)
    return synsets


def _above(offset: str, synsets: Synsets) -> set[str]:
    """All that is above a synset, whichever way leads there."""
    direct = set(synsets[offset][1])
    return direct.union(*(_above(each, synsets) for each in direct))


if __name__ == "__main__":
    typer.run(main)
