"""The encoder of the embedded profile: a convex combination of semantic embeddings (ConSE, Norouzi et al. 2013).

EfficientNet-Lite2 gives the probabilities of the ImageNet classes; they weight the sentence embeddings of
the class names. A sentence is embedded by the same sentence encoder, so both meet in one space, and a
picture can be compared with descriptions that no classifier was trained for.

Who asks for a dog does not name its breed, and in that space a beagle is not near enough to "dog". So a picture is
embedded once more for each broader term that it may be of: with the term in the place of its kinds.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.concepts import ConceptItem, ReadText, cohort, ranked, softmax, split, unit, words
from models.imagenet import broader_terms, class_names, class_synonyms, kinds
from models.outputs import Concepts, ItemError, ModelIdentity, PageKind
from models.page_kinds import PageKinds, described, embed_kinds, telling
from models.runtime.conversion import computed, converted
from models.runtime.device import Placement
from models.runtime.openvino_network import compile_file
from models.sentences import SentenceEncoder
from models.weights import Weights

INPUT_PIXELS = 260
CROP = 0.89
"""Part of the short side that the classifier sees: 260 of 292, as it was evaluated."""
COMBINED_CLASSES = 20
"""Classes that take part: AUC on the development photos 0.9973 with 20, 0.9968 with 10, 0.9969 with all."""

MIN_BROADER = 0.1
"""Probability from which a broader term counts (decision 0030)."""


def load(weights: Weights, placement: Placement) -> "ConseEncoder":
    """Compile classifier and sentence encoder; `weights` holds the files of both."""
    return ConseEncoder(weights, placement)


class ConseEncoder:
    """Item: view, sentence or text that was read. Output: `Concepts`."""

    def __init__(self, weights: Weights, placement: Placement) -> None:
        self.identity = ModelIdentity("concepts", weights.name, weights.version, weights.digest, placement.precision)
        self._sentences = SentenceEncoder(weights, placement)
        self._classifier = compile_file(
            converted(weights, placement, "classifier", lambda: _convert(weights)), placement
        )
        self.class_names = class_names()
        names = "\n".join((*class_names(), *class_synonyms()))
        self._class_embeddings = computed(weights, placement, "classes", names, self._embed_classes)
        terms = broader_terms()
        self._term_embeddings = computed(
            weights, placement, "terms", "\n".join(terms), lambda: np.asarray(self._sentences.embed(terms))
        )
        pages = described()
        embedded = computed(weights, placement, "pages", repr(pages), lambda: embed_kinds(self._sentences.embed, pages))
        self._page_kinds = PageKinds(pages, embedded)

    def cost(self, item: ConceptItem) -> float:
        """Megapixels of the classifier's input; a sentence costs about as much as one picture, a text that of its
        lines as well."""
        sentences = 1 + len(telling(item.lines)) if isinstance(item, ReadText) else 1
        return sentences * INPUT_PIXELS**2 / 1e6

    def warm_up(self) -> None:
        self.run([np.zeros((INPUT_PIXELS, INPUT_PIXELS, 3), np.uint8), "warm up"])

    def run(self, batch: Sequence[ConceptItem]) -> list[Concepts | ItemError]:
        results: list[Concepts | ItemError] = [ItemError("not run")] * len(batch)
        pictures, sentences = split(batch)
        for index in pictures:
            results[index] = self._picture(np.asarray(batch[index]))
        embeddings = self._sentences.embed([words(batch[index]) for index in sentences])
        for index, embedding in zip(sentences, embeddings, strict=True):
            results[index] = self._text(batch[index], embedding)
        return results

    def _embed_classes(self) -> NDArray[np.float32]:
        """The name shown and all synonyms, half and half; shape (classes, dimensions)."""
        return unit(self._sentences.embed(class_names()) + self._sentences.embed(class_synonyms()))

    def _text(self, item: ConceptItem, embedding: NDArray[np.float32]) -> Concepts:
        nearest = max(float((names @ embedding).max()) for names in (self._class_embeddings, self._term_embeddings))
        nearest_kind, nearest_wordy = self._page_kinds.nearest(embedding)
        return Concepts(
            embedding,
            cohort(embedding, self._class_embeddings),
            nearest=nearest,
            kinds=self._kinds(item, embedding) if isinstance(item, ReadText) else (),
            nearest_kind=nearest_kind,
            nearest_wordy=nearest_wordy,
        )

    def _kinds(self, read: ReadText, embedding: NDArray[np.float32]) -> tuple[PageKind, ...]:
        return self._page_kinds.likely(embedding, self._sentences.embed(telling(read.lines)))

    def _picture(self, view: NDArray[np.uint8]) -> Concepts:
        """One picture at a time: on the CPU a batch is no faster (345 against 314 a second, PERFORMANCE.md)."""
        (logits,) = self._classifier(prepared(view))
        probabilities = softmax(logits[0])
        top = np.argsort(-probabilities, kind="stable")[:COMBINED_CLASSES]
        embedding = unit(probabilities[top] @ self._class_embeddings[top])
        labels = ranked(self.class_names, probabilities)
        broader = self._broader(top, probabilities[top])
        return Concepts(embedding, cohort(embedding, self._class_embeddings), labels, broader)

    def _broader(self, classes: NDArray[np.intp], probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """The picture with each probable term in the place of its kinds; shape (terms, dimensions)."""
        inside = kinds()[:, classes] * probabilities
        shares = inside.sum(axis=1)
        terms = np.flatnonzero(shares >= MIN_BROADER)
        others = (probabilities - inside[terms]) @ self._class_embeddings[classes]
        return unit(others + shares[terms, None] * self._term_embeddings[terms])


def prepared(view: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Centre square, 260 px, (value - 127) / 128 as in the weights' own training; shape (1, 3, 260, 260)."""
    height, width = view.shape[:2]
    side = max(1, round(min(height, width) * CROP))
    top, left = (height - side) // 2, (width - side) // 2
    square = view[top : top + side, left : left + side]
    method = cv2.INTER_AREA if side > INPUT_PIXELS else cv2.INTER_CUBIC
    pixels = cv2.resize(square, (INPUT_PIXELS, INPUT_PIXELS), interpolation=method)
    return np.ascontiguousarray(((pixels.astype(np.float32) - 127.0) / 128.0).transpose(2, 0, 1)[None])


def _convert(weights: Weights) -> Any:
    import openvino
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite2")
    checkpoint = torch.load(weights.path("efficientnet-lite2-9656183e.pth"), weights_only=True)
    network.load_state_dict(checkpoint)
    network.eval().requires_grad_(False)
    with torch.no_grad():
        model = openvino.convert_model(network, example_input=torch.zeros(1, 3, INPUT_PIXELS, INPUT_PIXELS))
    model.reshape([-1, 3, INPUT_PIXELS, INPUT_PIXELS])
    return model
