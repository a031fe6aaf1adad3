"""Measure how well a text says what it stands on, and whether that is what a job asks for (decision 0032).

    python -m scripts.calibrate_pages --out docs/calibration

The encoder knows each kind by half of its lines, and reads pages put together from the other half; both halves take
their turn. Every page is compared with descriptions that ask for its kind, for other kinds, and for ImageNet's classes.
Which descriptions ask for something to read at all is looked at with descriptions as clients write them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from configs.settings import Settings, load_settings
from models.imagenet import class_names
from models.outputs import Concepts, PageKind
from models.page_kinds import MIN_PROBABILITY, SHARPNESS, Described, PageKinds, described, embed_kinds, telling
from pipeline.relevance import Calibration, Wish, match_probability, page_matches, page_probability, wish_score
from pipeline.rubric import load_rubric
from scripts.calibrate import DESCRIPTIONS, describe, wishes_of
from serve.loading import load_model

SHARPNESSES = (20.0, 40.0, 80.0, 120.0, 160.0)
PAGES = 6
"""Of each kind and half."""
LINES = (3, 12)
APPROVED = 0.3
"""Probability from which an otherwise flawless file has three stars."""
SEED = 32
READ = (
    "Photos of receipts",
    "50 photos of coffee shop menus",
    "Photos of coffee shop menus with readable prices",
    "Pictures of business cards",
    "Grocery receipts, all items readable",
    "We need photos of handwritten notes",
    "Scans of utility bills",
    "Photos of street signs in your city",
    "Prescription labels",
    "Take a picture of a newspaper page",
    "Photos of bus schedules",
    "Photos of restaurant menus or drink menus",
    "Photos of wine labels",
    "Photos of product packaging with an ingredients list",
    "Photos of nutrition labels",
    "Handwritten letters",
    "Photos of filled-in forms",
    "Warning signs at construction sites",
    "Photos of price tags in shops",
    "Screenshots of online shops",
    "Photos of whiteboards with notes",
    "Photos of concert posters",
    "Photos of parking tickets",
    "Photos of boarding passes",
    "Photos of invoices",
    "Take photos of documents",
    "Photos of shop signs",
    "Photos of recipe cards",
    "Photos of medicine labels",
    "Bank statements, with names blacked out",
    "Photos of book covers",
    "Photos of shipping labels",
    "Scan a signed contract",
    "Photos of exam papers",
    "Photos of opening hours signs",
    "Photos of train timetables",
    "Photos of your shopping list",
    "Photos of certificates",
    "Photos of advertisements in the subway",
    "Photos of forms",
    "Photos of the front page of a newspaper",
)
"""Descriptions that ask for something to read."""
THINGS = (
    "Photos of your supermarket",
    "Photos of a grocery store",
    "Photos of traditional Moroccan dishes",
    "Supermarket shelves",
    "Cooking ingredients on a table",
    "Photos of bottles",
    "Water bottles",
    "People chatting in a café",
    "People texting",
    "Award ceremonies",
    "Rental apartments",
    "Students doing homework",
    "Letter openers",
    "A duck's bill",
    "Photos of restaurants",
    "Photos of breakfast",
    "Photos of dogs",
    "Photos of books",
    "People reading books",
    "Photos of bookshelves",
    "Photos of laptops",
    "Photos of cereal boxes",
    "Photos of wine bottles",
    "Photos of tattoos",
    "Photos of license plates",
    "Playing cards on a table",
    "Pokémon cards",
    "Pregnancy tests",
    "Dance forms",
    "Cloud forms",
    "Chess boards",
    "Memory cards",
    "Zodiac signs",
    "Hands forming the peace sign",
    "Musical notes",
    "Photos of handwritten digits",
    "People signing a contract",
    "Parcels on doorsteps",
    "Advent calendars",
    "Gift cards",
    "Tarot cards",
    "Photos of maps",
    "Coins and banknotes",
    "Photos of phone screens",
    "Photos of t-shirts",
    "Train stations",
    "Photos of trains",
    "Photos of shop windows",
    "Photos of vending machines",
    "Photos of pill bottles",
    "Photos of medicine cabinets",
    "Photos of pens and paper",
    "Photos of mailboxes",
    "Photos of envelopes",
    "Photos of traffic lights",
    "Photos of streets",
    "Photos of cars in traffic",
    "Photos of computers",
    "Photos of classrooms",
    "Photos of offices",
    "Photos of concerts",
    "Photos of bands on a stage",
    "Photos of weddings",
    "Photos of food",
    "Photos of coffee cups",
    "Photos of fruit at a market",
    "Tattoo close-ups, any body part. You will get a contract by e-mail.",
    "Photos of notebooks",
    "Photos of keyboards",
    "Photos of clocks",
    "Neon letters",
    "Photos of letters of the alphabet",
)
"""And some that ask for something else, near it or not."""

console = Console(stderr=True, markup=False)


@dataclass(frozen=True, slots=True)
class Told:
    """How pages that were asked for are told from others."""

    missed: float
    """Share of pages and descriptions of their kind under `APPROVED`."""
    mistaken: float
    """Share of pages and descriptions of other kinds that reach it."""
    mistaken_classes: float
    """The same, with descriptions of all of ImageNet's classes."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the rubric, over `READ` and `THINGS`."""

    limit: float
    missed: list[str]
    """Descriptions of things to read that are under it."""
    mistaken: list[str]
    """Those of other things that reach it."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was found."""

    encoder: str
    weights: str
    kinds: int
    pages: int
    descriptions: int
    log_loss: dict[float, float]
    """Of the true kind, by sharpness."""
    sharpness: float
    right: float
    """Share of the pages whose likeliest kind is theirs."""
    by_kind: Told
    by_meaning: Told
    """By the text's own embedding alone."""
    classes: list[tuple[str, str]]
    """Kinds with the classes that they would be taken for, were they certain."""
    asked_kind: Limit
    asked_page: Limit
    """What it misses are things of few words, too, and what a picture without any is judged leniently for."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Of all kinds, and what they are read as by an encoder that knows the other half of each kind's lines."""

    of: NDArray[np.intp]
    """Shape (pages,)."""
    read: list[Concepts]
    probabilities: dict[float, NDArray[np.float32]]
    """Of each kind, shape (pages, kinds), by sharpness."""


def main(
    out: Annotated[Path, typer.Option(help="Where the record goes.")] = Path("docs/calibration"),
    profile: Annotated[str, typer.Option(help="Profile whose concept encoder is measured.")] = "embedded",
) -> None:
    """Measure, and write the record."""
    settings = load_settings(profile)
    record = _measure(settings)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"pages-{record.encoder}.json"
    path.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    console.print(
        f"{record.right:.1%} right, {record.by_kind.missed:.1%} missed, {record.by_kind.mistaken:.1%} mistaken; {path}"
    )


def _measure(settings: Settings) -> Record:
    encoder = load_model("concepts", settings)

    def run(texts: Sequence[str]) -> list[Concepts]:
        return [concepts for concepts in encoder.run(texts) if isinstance(concepts, Concepts)]

    kinds = described()
    pages = _pages(run, kinds)
    names = sorted({name for kind in kinds for name in kind.names})
    described_kinds = [describe(wording, name) for name in names for wording in DESCRIPTIONS]
    described_classes = [describe(DESCRIPTIONS[0], name) for name in class_names()]
    wishes = wishes_of(encoder, described_kinds + described_classes)
    calibration = load_rubric(settings.rubric).relevance[settings.models["concepts"].backend]
    asked = np.array([_asked(kind, _embedded(run(kind.names)), wishes, calibration) for kind in kinds])
    shares = pages.probabilities[SHARPNESS]
    found = np.where(shares >= MIN_PROBABILITY, shares, 0) @ asked
    by_meaning = np.array(
        [
            [match_probability(wish_score(text, wish, calibration), calibration) for wish in wishes]
            for text in pages.read
        ]
    )
    has_name = np.array([[name in kind.names for name in names for _ in DESCRIPTIONS] for kind in kinds])
    is_own = has_name[pages.of]
    own = np.arange(len(pages.of)), pages.of
    likely = np.argwhere(asked[:, len(described_kinds) :] >= APPROVED)
    nearness = dict(zip(READ + THINGS, wishes_of(encoder, READ + THINGS), strict=True))
    return Record(
        encoder=settings.models["concepts"].backend,
        weights=settings.models["concepts"].weights,
        kinds=len(kinds),
        pages=len(pages.of),
        descriptions=len(wishes),
        log_loss={sharpness: float(-np.log(told[own]).mean()) for sharpness, told in pages.probabilities.items()},
        sharpness=SHARPNESS,
        right=float((pages.probabilities[SHARPNESS].argmax(axis=1) == pages.of).mean()),
        by_kind=_told(found, is_own),
        by_meaning=_told(by_meaning, is_own),
        classes=[(kinds[kind].name, class_names()[name]) for kind, name in likely],
        asked_kind=_limit(calibration.asked_kind, {text: wish.nearest_kind for text, wish in nearness.items()}),
        asked_page=_limit(calibration.asked_page, {text: wish.nearest_wordy for text, wish in nearness.items()}),
    )


def _limit(limit: float, nearness: dict[str, float]) -> Limit:
    missed = [text for text in READ if nearness[text] < limit]
    return Limit(limit, missed, [text for text in THINGS if nearness[text] >= limit])


def _told(found: NDArray[np.float64], is_own: NDArray[np.bool_]) -> Told:
    """`found` has shape (pages, descriptions), those of kinds first; `is_own` shape (pages, descriptions of kinds)."""
    with_names, with_classes = np.split(found >= APPROVED, [is_own.shape[1]], axis=1)
    return Told(
        missed=float(1 - with_names[is_own].mean()),
        mistaken=float(with_names[~is_own].mean()),
        mistaken_classes=float(with_classes.mean()),
    )


def _pages(run: Callable[[Sequence[str]], list[Concepts]], kinds: Sequence[Described]) -> Pages:
    random = np.random.default_rng(SEED)
    mixed = [replace(kind, lines=tuple(random.permutation(kind.lines))) for kind in kinds]
    of: list[int] = []
    read: list[Concepts] = []
    probabilities: dict[float, list[NDArray[np.float32]]] = {sharpness: [] for sharpness in SHARPNESSES}
    for half in (0, 1):
        known = [replace(kind, lines=kind.lines[half::2]) for kind in mixed]
        embedded = embed_kinds(lambda texts: _embedded(run(texts)), known)
        for index, kind in enumerate(mixed):
            unseen = kind.lines[1 - half :: 2]
            counts = random.integers(*LINES, size=PAGES, endpoint=True)
            written = [tuple(random.permutation(unseen)[:count]) for count in counts]
            texts = run([" ".join(lines) for lines in written])
            shown = [_embedded(run(telling(lines))) for lines in written]
            of += [index] * PAGES
            read += texts
            for sharpness, told in probabilities.items():
                page_kinds = PageKinds(known, embedded, sharpness)
                told += [
                    page_kinds.probabilities(text.embedding, lines) for text, lines in zip(texts, shown, strict=True)
                ]
    return Pages(np.array(of), read, {sharpness: np.stack(told) for sharpness, told in probabilities.items()})


def _embedded(texts: Sequence[Concepts]) -> NDArray[np.float32]:
    return np.stack([text.embedding for text in texts]) if texts else np.zeros((0, 0), np.float32)


def _asked(
    kind: Described, names: NDArray[np.float32], wishes: Sequence[Wish], calibration: Calibration
) -> list[float]:
    """Probability that a text of this kind is what is asked for, by wish."""
    surely = PageKind(kind.name, 1.0, names)
    return [
        page_probability(page_matches(replace(wish.whole, kinds=(surely,)), wish, calibration), calibration)
        for wish in wishes
    ]


if __name__ == "__main__":
    typer.run(main)
