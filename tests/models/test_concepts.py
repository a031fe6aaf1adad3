"""One suite over both encoders, and what each of them promises by itself."""

import copy
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import open_clip
import pytest
import skimage
import torch
from numpy.typing import NDArray
from PIL import Image

from configs.settings import CONFIGS, load_settings
from models import concepts
from models.concepts import ReadText
from models.concepts_open_clip import OpenClip, _preprocessing
from models.imagenet import broader_terms, class_names, kinds
from models.outputs import Concepts
from models.runtime.device import Placement
from models.runtime.torch_network import TorchNetwork
from models.weights import Registry, Weights
from pipeline.description import request_of
from pipeline.relevance import Wish, match_probability, page_matches, page_probability, standard_score
from pipeline.rubric import load_rubric
from tests.models.random_weights import random_clip

LABELS = ("cat", "cup of coffee", "rocket", "motorcycle", "page of a book")
SENTENCES = ("a cup of coffee on a table", "a motorcycle in a garage", "rain")

FAMILIAR = (
    "50 photos of coffee shop menus with readable prices",
    "Take a photo of your breakfast",
    "Street photos of storefronts",
    "Photos of dogs playing in a park",
    "Please photograph your bicycle",
    "Photos of mobile phones",
    "Wildlife in your garden",
    "A person playing guitar",
    "Photos of vegetables at a market",
    "Photos of books on a shelf",
    "Traffic lights at night",
    "Kitchen appliances",
)
UNFAMILIAR = (
    "Photos of receipts from a store",
    "Pictures of tattoos",
    "Photos of potholes in the road",
    "Selfies of people smiling",
    "Photos of graffiti on walls",
    "Photos of gas prices",
    "Pictures of business cards",
    "50 Fotos von Hunden",
    "Photos de chiens dans un parc",
    "Fotografías de perros",
    "Фотографии собак",
    "犬の写真",
)


def _picture(name: str) -> NDArray[np.uint8]:
    picture = cv2.imread(str(Path(skimage.data_dir) / name))
    assert picture is not None
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


PICTURES = tuple(_picture(name) for name in ("chelsea.png", "coffee.png", "rocket.jpg"))


@pytest.fixture(scope="module")
def placement(tmp_path_factory: pytest.TempPathFactory) -> Placement:
    return Placement("cpu", "f32", 2, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def clip_weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return random_clip(tmp_path_factory.mktemp("tiny-clip"))


@pytest.fixture(scope="module")
def conse() -> Any:
    """In the machine's own cache, as engines have it: converting it and embedding its classes takes two minutes."""
    placement = Placement("cpu", "f32", 2, load_settings("embedded").data_dir)
    weights = Registry.load(CONFIGS / "weights.yaml", placement.cache_dir).open("conse-lite2-minilm")
    return concepts.load(weights, placement, backend="conse")


@pytest.fixture(scope="module")
def clip(clip_weights: Weights, placement: Placement) -> Any:
    return concepts.load(clip_weights, placement, backend="open_clip", labels=LABELS)


@pytest.fixture(scope="module", params=["conse", "open_clip"])
def encoder(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue({"conse": "conse", "open_clip": "clip"}[request.param])


@pytest.fixture(scope="module")
def clip_in_torch(clip_weights: Weights) -> Any:
    return open_clip.create_model(f"local-dir:{clip_weights.directory}").eval()


def test_pictures_and_sentences_share_a_space(encoder: Any) -> None:
    results = encoder.run([*PICTURES, *SENTENCES])
    assert all(isinstance(result, Concepts) for result in results)
    assert len({result.embedding.shape for result in results}) == 1
    assert np.allclose([np.linalg.norm(result.embedding) for result in results], 1, atol=1e-3)


def test_labels_are_ranked_and_sentences_have_none(encoder: Any) -> None:
    results = encoder.run([*PICTURES, *SENTENCES])
    for result in results[: len(PICTURES)]:
        confidences = [label.confidence for label in result.labels]
        assert confidences
        assert confidences == sorted(confidences, reverse=True)
        assert 0 < sum(confidences) <= 1 + 1e-5
        assert {label.name for label in result.labels} <= set(encoder.class_names)
    assert all(result.labels == () for result in results[len(PICTURES) :])


def test_batch_equals_singles_in_order(encoder: Any) -> None:
    mixed = [SENTENCES[0], PICTURES[0], SENTENCES[1], PICTURES[1], PICTURES[2], SENTENCES[2]]
    together = encoder.run(mixed)
    for item, result in zip(mixed, together, strict=True):
        (alone,) = encoder.run([item])
        assert np.allclose(result.embedding, alone.embedding, atol=1e-4)
        assert result.cohort.mean == pytest.approx(alone.cohort.mean, abs=1e-4)
        assert [label.name for label in result.labels] == [label.name for label in alone.labels]


def test_cohort_describes_a_chance_match(encoder: Any) -> None:
    """A label's own embedding stands out of its cohort; the cohort is of finite width."""
    (result,) = encoder.run([encoder.class_names[0]])
    assert -1 <= result.cohort.mean < 1
    assert 0 < result.cohort.deviation < 1


def test_empty_batch_and_identity(encoder: Any) -> None:
    assert encoder.run([]) == []
    assert (encoder.identity.role, encoder.identity.precision) == ("concepts", "f32")
    assert encoder.cost(PICTURES[0]) == encoder.cost(PICTURES[1]) > 0
    encoder.warm_up()


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("chelsea.png", {"tabby", "Egyptian cat", "tiger cat"}),
        ("coffee.png", {"espresso", "cup", "coffee mug"}),
        ("motorcycle_left.png", {"moped", "motor scooter", "disk brake"}),
    ],
)
def test_conse_names_what_is_in_real_photos(conse: Any, picture: str, expected: set[str]) -> None:
    (result,) = conse.run([_picture(picture)])
    assert result.labels[0].name in expected


@pytest.mark.parametrize(
    ("picture", "match", "mismatch"),
    [
        ("chelsea.png", "a photo of a cat", "a cup of coffee on a table"),
        ("coffee.png", "a cup of coffee on a table", "a photo of a cat"),
        ("rocket.jpg", "the launch of a rocket", "a page of printed text"),
    ],
)
def test_conse_compares_pictures_with_descriptions(conse: Any, picture: str, match: str, mismatch: str) -> None:
    seen, right, wrong = conse.run([_picture(picture), match, mismatch])
    assert seen.embedding @ right.embedding > seen.embedding @ wrong.embedding + 0.1


@pytest.mark.parametrize(
    ("picture", "asked", "matches"),
    [
        ("chelsea.png", "Take a clear photo of a cat.", True),
        ("chelsea.png", "50 photos of animals", True),
        ("chelsea.png", "Photos of pets at home", True),
        ("chelsea.png", "Take a clear photo of a dog.", False),
        ("chelsea.png", "Photos of birds", False),
        ("chelsea.png", "Photos of vehicles on the street", False),
        ("motorcycle_left.png", "Photos of vehicles on the street", True),
        ("motorcycle_left.png", "50 photos of animals", False),
    ],
)
def test_conse_knows_what_its_classes_are_kinds_of(conse: Any, picture: str, asked: str, matches: bool) -> None:
    settings = load_settings("embedded")
    calibration = load_rubric(settings.rubric).relevance["conse"]
    seen, wanted = conse.run([_picture(picture), asked])
    assert np.allclose(np.linalg.norm(seen.broader, axis=1), 1, atol=1e-3)
    probability = match_probability(standard_score(seen, wanted, calibration), calibration)
    assert (probability > 0.5) == matches


@pytest.mark.parametrize(
    ("descriptions", "is_familiar"),
    [
        (FAMILIAR, True),
        ([f"Hello! {each}. The picture must be sharp." for each in FAMILIAR], True),
        (UNFAMILIAR, False),
    ],
)
def test_conse_knows_whether_it_knows_what_is_asked_for(conse: Any, descriptions: list[str], is_familiar: bool) -> None:
    limit = load_rubric(load_settings("embedded").rubric).relevance["conse"].unfamiliar_below
    for description in descriptions:
        about = conse.run(request_of(description).subjects)
        wish = Wish(about[0], subjects=tuple(about))
        assert (wish.familiarity >= limit) == is_familiar, (description, wish.familiarity)


@pytest.mark.parametrize(
    ("read", "kind", "asked", "others"),
    [
        (
            ("Soups", "Miso 4.20", "Tom yum 5.10", "Mains", "Pad thai 11.40", "Green curry 12.00", "Jasmine tea 2.30"),
            "menu",
            ("50 photos of coffee shop menus", "Photos of menus or receipts"),
            ("Photos of receipts", "Photos of dogs", "Photos of restaurants", "Photos of traditional Moroccan dishes"),
        ),
        (
            (
                "GREENLEAF MARKET",
                "Tomatoes 1.12",
                "TOTAL 8.61",
                "Mastercard **** 7781",
                "Change 0.00",
                "Points earned 8",
            ),
            "receipt",
            ("Photos of receipts from a store", "We need pictures of a document."),
            ("Photos of road signs", "Photos of tomatoes", "Photos of a grocery store", "Photos of your supermarket"),
        ),
        (
            (
                "Dear Mr Okoro,",
                "thank you for writing to us about the delay.",
                "We are sorry for this.",
                "Sincerely, M. Duval",
            ),
            "letter",
            ("A photo of a letter", "Scans of business letters"),
            ("Photos of envelopes", "Photos of menus", "Pictures of people who write"),
        ),
    ],
)
def test_conse_tells_what_a_text_stands_on(
    conse: Any, read: tuple[str, ...], kind: str, asked: tuple[str, ...], others: tuple[str, ...]
) -> None:
    calibration = load_rubric(load_settings("embedded").rubric).relevance["conse"]
    text, *_ = conse.run([ReadText(" ".join(read), read)])
    assert text.kinds[0].name == kind
    assert sum(each.probability for each in text.kinds) <= 1.001
    assert conse.run([" ".join(read)])[0].kinds == (), "what is heard stands on nothing"
    for description in (*asked, *others):
        request = request_of(description)
        wish = Wish.of(request, dict(zip(request.texts, conse.run(request.texts), strict=True)))
        probability = page_probability(page_matches(text, wish, calibration), calibration)
        assert (probability > 0.5) == (description in asked), (description, probability)


def test_broader_terms_are_those_of_wordnet() -> None:
    members = dict(zip(broader_terms(), kinds(), strict=True))
    beagle, tench, limousine = (class_names().index(name) for name in ("beagle", "tench", "limousine"))
    assert [members[term][beagle] for term in ("hound", "dog", "animal", "fish", "car")] == [1, 1, 1, 0, 0]
    assert [members[term][tench] for term in ("fish", "animal", "dog")] == [1, 1, 0]
    assert [members[term][limousine] for term in ("car", "vehicle", "animal")] == [1, 1, 0]
    assert "entity" not in members, "what everything is tells nothing"


def test_open_clip_pictures_equal_torch(clip: OpenClip, clip_in_torch: Any, clip_weights: Weights) -> None:
    from open_clip.transform import image_transform_v2

    preprocess = image_transform_v2(_preprocessing(clip_weights, None, None), is_train=False)
    small = [cv2.resize(picture, (200, 150), interpolation=cv2.INTER_AREA) for picture in PICTURES]
    with torch.no_grad():
        pixels = torch.stack([preprocess(Image.fromarray(picture)) for picture in small])
        expected = clip_in_torch.encode_image(pixels, normalize=True).numpy()
    ours = np.stack([result.embedding for result in clip.run(small)])  # type: ignore[union-attr]
    assert ((ours * expected).sum(axis=1) >= 0.999).all()


def test_open_clip_sentences_equal_torch(clip: OpenClip, clip_in_torch: Any) -> None:
    with torch.no_grad():
        tokens = open_clip.tokenize(list(SENTENCES))
        expected = clip_in_torch.encode_text(tokens, normalize=True).numpy()
    ours = np.stack([result.embedding for result in clip.run(SENTENCES)])  # type: ignore[union-attr]
    assert ((ours * expected).sum(axis=1) >= 0.999).all()


def test_open_clip_labels_are_a_softmax_of_scaled_cosines(clip: OpenClip, clip_in_torch: Any) -> None:
    (result,) = clip.run([PICTURES[0]])
    prompts = clip.run([f"a photo of a {name}" for name in LABELS])
    cosines = np.array([prompt.embedding @ result.embedding for prompt in prompts])  # type: ignore[union-attr]
    expected = np.exp(cosines * float(clip_in_torch.logit_scale.exp()))
    found = {label.name: label.confidence for label in result.labels}  # type: ignore[union-attr]
    assert found == pytest.approx(dict(zip(LABELS, expected / expected.sum(), strict=True)), rel=1e-3)


def test_open_clip_shrinks_large_pictures_without_changing_them(clip: OpenClip) -> None:
    large = cv2.resize(PICTURES[1], (1800, 1200), interpolation=cv2.INTER_CUBIC)
    (shrunk,), (direct,) = clip.run([large]), clip.run([PICTURES[1]])
    assert float(shrunk.embedding @ direct.embedding) > 0.999  # type: ignore[union-attr]


def test_open_clip_starts_again_without_its_checkpoint(
    clip: OpenClip, clip_weights: Weights, placement: Placement
) -> None:
    checkpoint = clip_weights.path("open_clip_model.safetensors")
    hidden = checkpoint.rename(checkpoint.with_suffix(".hidden"))
    try:
        again = concepts.load(clip_weights, placement, backend="open_clip", labels=LABELS)
    finally:
        hidden.rename(checkpoint)
    (first,), (second,) = clip.run([PICTURES[0]]), again.run([PICTURES[0]])
    assert first.labels == second.labels  # type: ignore[union-attr]


def test_open_clip_preprocessing_follows_the_training_run(clip_weights: Weights) -> None:
    assert _preprocessing(clip_weights, "ViT-L-14", None).mean == open_clip.OPENAI_DATASET_MEAN
    assert _preprocessing(clip_weights, "ViT-L-14", "laion2b_s32b_b82k").mean == (0.5, 0.5, 0.5)
    assert _preprocessing(clip_weights, "ViT-L-14-336", "openai").size == 336


@pytest.mark.parametrize(("architecture", "tag"), [("ViT-Z-99", None), ("ViT-L-14", "nobody")])
def test_open_clip_refuses_what_it_does_not_know(
    clip_weights: Weights, placement: Placement, architecture: str, tag: str | None
) -> None:
    with pytest.raises(ValueError, match=architecture):
        concepts.load(clip_weights, placement, backend="open_clip", architecture=architecture, tag=tag)


@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_torch_network_takes_and_returns_float32(clip_in_torch: Any, precision: str) -> None:
    """The runtime of CUDA, on the CPU, where half precision is bf16."""
    pixels = np.random.default_rng(0).normal(size=(2, 3, 96, 96)).astype(np.float32)
    with torch.no_grad():
        expected = clip_in_torch.visual(torch.from_numpy(pixels)).numpy()
    (found,) = TorchNetwork(copy.deepcopy(clip_in_torch.visual), "cpu", precision)(pixels)
    assert found.dtype == np.float32
    cosines = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 0.999
