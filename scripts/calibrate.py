"""Fit the relevance curve of the profile's concept encoder to labelled photos.

    python -m scripts.calibrate --eval ../shared/eval --out docs/calibration

Every photo is compared with its own description (a match) and with those of the other photos (mismatches).
A logistic curve is fitted by Platt scaling; the curve, its error by cross-validation and how it does where clients ask
for what a photo's subject is a kind of are written down, so that the numbers in `configs/rubric.yaml` can be traced.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import minimize

from configs.settings import Settings, load_settings
from models.imagenet import broader_terms, class_names, kinds
from models.outputs import Concepts
from pipeline.decode import decode
from pipeline.description import request_of
from pipeline.media import DecodedImage
from pipeline.relevance import Calibration, Wish, wish_score
from pipeline.rubric import load_rubric
from serve.loading import load_model

FOLDS = 5
BINS = 10
DESCRIPTIONS = ("Take a clear photo of {article} {label}.", "{label}", "Photos of a {label}, well lit and in focus.")
"""Clients word the same wish differently; the curve has to hold for all of them."""
BRIEFS = (
    "Take a clear photo of {article} {label}. No filters, please.",
    "We need photos of {article} {label} for an app. Please take the picture outdoors in good light, with the whole "
    "subject visible and no people in the frame.",
    "We are training a model that sorts pictures. Each picture should show {article} {label}, from any side. Do not "
    "send screenshots or drawings. One picture per submission, taken by yourself.",
    "Photos of lighthouses, {label}s and pineapples in daylight.",
    "Hello everyone! We need {article} {label} for our app. Clean your lens and use a tripod or a table. Not accepted: "
    "screens, cars, cats.",
)
"""And say more than that; nothing is fitted to these."""

console = Console(stderr=True, markup=False)
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Told:
    """How the curve tells photos of what is asked for from others."""

    auc: float
    missed: float
    """Share of the matches that it calls less likely than not."""
    mistaken: float
    """Share of the others that it calls likelier than not."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted curve and how well it predicts photos that it was not fitted to."""

    encoder: str
    weights: str
    matches: int
    mismatches: int
    cohort: str
    midpoint: float
    slope: float
    auc: float
    brier: float
    """Mean squared error of the probabilities, matches and mismatches weighing the same (cross-validated)."""
    calibration_error: float
    """Expected calibration error over ten bins (Guo et al. 2017), weighted alike (cross-validated)."""
    broader: Told | None
    """Photos of a kind of what is asked for (a beagle, of dogs) against all others; nothing was fitted to them. `None`
    where no label is the name of an ImageNet class, of which alone it is known what they are kinds of."""
    briefs: Told
    """Photos' own names in descriptions of several sentences or subjects (`BRIEFS`)."""
    briefs_broader: Told | None


@dataclass(frozen=True, slots=True)
class Tables:
    """Standard scores of every photo with every description, by wording."""

    own: Scores
    """With the photos' names, shape (wordings, photos, photos)."""
    broader: Scores
    """Of photos of known classes with broader terms, shape (wordings, photos, terms)."""
    is_kind: NDArray[np.bool_]
    """Which of those are matches, shape (photos, terms)."""

    @property
    def matches(self) -> Scores:
        """Shape (photos, wordings)."""
        return np.diagonal(self.own, axis1=1, axis2=2).T

    @property
    def mismatches(self) -> Scores:
        """Shape (photos, photos - 1, wordings)."""
        wordings, photos, _ = self.own.shape
        return self.own[:, ~np.eye(photos, dtype=bool)].reshape(wordings, photos, -1).transpose(1, 2, 0)


def main(
    eval_dir: Annotated[Path, typer.Option("--eval", help="Folder with photos/ and photos/labels.json.")],
    out: Annotated[Path, typer.Option(help="Where the record goes.")] = Path("docs/calibration"),
    profile: Annotated[str, typer.Option(help="Profile whose concept encoder is calibrated.")] = "embedded",
) -> None:
    """Fit, print what belongs into the rubric, and write the record."""
    settings = load_settings(profile)
    fit = _fit(settings, *_tables(settings, eval_dir / "photos"))
    out.mkdir(parents=True, exist_ok=True)
    record = out / f"relevance-{fit.encoder}.json"
    record.write_text(json.dumps(asdict(fit), indent=2) + "\n", encoding="utf-8")
    fitted = {"cohort": fit.cohort, "midpoint": fit.midpoint, "slope": fit.slope}
    curve = _shipped(settings).model_copy(update=fitted).model_dump(exclude_defaults=True)
    console.print(f"AUC {fit.auc:.4f}, Brier {fit.brier:.4f}, calibration error {fit.calibration_error:.4f}; {record}")
    told = {"broader terms": fit.broader, "longer briefs": fit.briefs, "both": fit.briefs_broader}
    for what, share in told.items():
        if share is not None:
            console.print(f"{what}: AUC {share.auc:.4f}, {share.missed:.1%} missed, {share.mistaken:.1%} mistaken")
    print(yaml.safe_dump({"relevance": {fit.encoder: curve}}, sort_keys=False), end="")


def _shipped(settings: Settings) -> Calibration:
    """The curve that is there, whose limits photos say nothing about; one without limits for another encoder."""
    shipped = load_rubric(settings.rubric).relevance.get(settings.models["concepts"].backend)
    return shipped or Calibration(cohort=_cohort(settings), midpoint=0, slope=1, unfamiliar_below=0)


def _tables(settings: Settings, photos: Path) -> tuple[Tables, Tables]:
    """Of `DESCRIPTIONS` and of `BRIEFS`."""
    labels: dict[str, str] = json.loads((photos / "labels.json").read_text(encoding="utf-8"))
    encoder = load_model("concepts", settings)
    calibration = Calibration(cohort=_cohort(settings), midpoint=0, slope=1, unfamiliar_below=0)
    pictures = [_concepts(encoder, _view(photos / name, settings)) for name in sorted(labels)]
    names = [labels[name] for name in sorted(labels)]
    known = [
        (seen, class_names().index(name)) for seen, name in zip(pictures, names, strict=True) if name in class_names()
    ]

    def scores(items: Sequence[Concepts], wording: str, words: Sequence[str]) -> Scores:
        wishes = wishes_of(encoder, [describe(wording, word) for word in words if items])
        found = [[wish_score(seen, wish, calibration) for wish in wishes] for seen in items]
        return np.array(found, float).reshape(len(items), len(words))

    def tables(wordings: Sequence[str]) -> Tables:
        of_kinds = [seen for seen, _ in known]
        return Tables(
            np.stack([scores(pictures, wording, names) for wording in wordings]),
            np.stack([scores(of_kinds, wording, broader_terms()) for wording in wordings]),
            kinds()[:, [index for _, index in known]].T > 0,
        )

    return tables(DESCRIPTIONS), tables(BRIEFS)


def wishes_of(encoder: Any, descriptions: Sequence[str]) -> list[Wish]:
    """What the descriptions ask for; all that they share is embedded once."""
    asked = [request_of(description) for description in descriptions]
    texts = list(dict.fromkeys(text for each in asked for text in each.texts))
    embedded = dict(zip(texts, encoder.run(texts), strict=True))
    return [Wish.of(each, embedded) for each in asked]


def _cohort(settings: Settings) -> Any:
    """A ConSE picture is a mean of label embeddings, so labels say what chance is for a description; in CLIP's
    space pictures and texts lie apart (Liang et al. 2022) and only the picture's own cosines compare."""
    return "description" if settings.models["concepts"].backend == "conse" else "item"


def _view(path: Path, settings: Settings) -> NDArray[np.uint8]:
    media = decode(path, settings.decode)
    if not isinstance(media, DecodedImage):
        raise TypeError(f"{path} is no picture")
    return media.view


def _concepts(encoder: Any, item: Any) -> Concepts:
    (result,) = encoder.run([item])
    if not isinstance(result, Concepts):
        raise TypeError(f"the encoder failed: {result}")
    return result


def describe(wording: str, label: str) -> str:
    return wording.format(label=label, article="an" if label[0].lower() in "aeiou" else "a")


def _fit(settings: Settings, worded: Tables, briefs: Tables) -> Fit:
    matches, mismatches = worded.matches, worded.mismatches
    folds = np.arange(len(matches)) % FOLDS
    predicted_same, predicted_other = [], []
    for fold in range(FOLDS):
        midpoint, slope = _platt(matches[folds != fold].ravel(), mismatches[folds != fold].ravel())
        predicted_same.append(_curve(matches[folds == fold].ravel(), midpoint, slope))
        predicted_other.append(_curve(mismatches[folds == fold].ravel(), midpoint, slope))
    same, other = np.concatenate(predicted_same), np.concatenate(predicted_other)
    midpoint, slope = _platt(matches.ravel(), mismatches.ravel())
    return Fit(
        encoder=settings.models["concepts"].backend,
        weights=settings.models["concepts"].weights,
        matches=matches.size,
        mismatches=mismatches.size,
        cohort=_cohort(settings),
        midpoint=round(midpoint, 3),
        slope=round(slope, 3),
        auc=_auc(matches.ravel(), mismatches.ravel()),
        brier=float((((1 - same) ** 2).mean() + (other**2).mean()) / 2),
        calibration_error=_calibration_error(same, other),
        broader=_told_of_kinds(worded, midpoint),
        briefs=_told(briefs.matches, briefs.mismatches, midpoint),
        briefs_broader=_told_of_kinds(briefs, midpoint),
    )


def _told_of_kinds(tables: Tables, midpoint: float) -> Told | None:
    is_kind = np.broadcast_to(tables.is_kind, tables.broader.shape)
    return _told(tables.broader[is_kind], tables.broader[~is_kind], midpoint) if is_kind.any() else None


def _told(matches: Scores, mismatches: Scores, midpoint: float) -> Told:
    missed, mistaken = (matches < midpoint).mean(), (mismatches > midpoint).mean()
    return Told(_auc(matches.ravel(), mismatches.ravel()), float(missed), float(mistaken))


def _platt(matches: Scores, mismatches: Scores) -> tuple[float, float]:
    """Midpoint and slope with the least log loss, with Platt's (1999) smoothed targets and balanced classes."""
    high, low = (len(matches) + 1) / (len(matches) + 2), 1 / (len(matches) + 2)

    def loss(parameters: Scores) -> float:
        same, other = (np.clip(_curve(z, *parameters), 1e-12, 1 - 1e-12) for z in (matches, mismatches))
        return float(
            -(high * np.log(same) + (1 - high) * np.log(1 - same)).mean()
            - (low * np.log(other) + (1 - low) * np.log(1 - other)).mean()
        )

    midpoint, slope = minimize(loss, x0=np.array([2.0, 1.0]), method="Nelder-Mead").x
    return float(midpoint), float(slope)


def _curve(z: Scores, midpoint: float, slope: float) -> Scores:
    return np.asarray(1 / (1 + np.exp(-slope * (z - midpoint))))


def _auc(matches: Scores, mismatches: Scores) -> float:
    """Probability that a match outranks a mismatch."""
    ranks = np.searchsorted(np.sort(mismatches), matches, side="left")
    return float(ranks.mean() / len(mismatches))


def _calibration_error(same: Scores, other: Scores) -> float:
    edges = np.linspace(0, 1, BINS + 1)[1:-1]
    probabilities = np.concatenate([same, other])
    weights = np.concatenate([np.full(len(same), 0.5 / len(same)), np.full(len(other), 0.5 / len(other))])
    truth = np.concatenate([np.ones(len(same)), np.zeros(len(other))])
    bins = np.digitize(probabilities, edges)
    gaps = [abs((weights * (probabilities - truth))[bins == index].sum()) for index in range(BINS)]
    return float(sum(gaps))


if __name__ == "__main__":
    typer.run(main)
