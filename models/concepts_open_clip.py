"""CLIP (Radford et al. 2021) and its kin, as open_clip builds them, from a checkpoint on disk."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.concepts import ConceptItem, cohort, ranked, softmax, split, words
from models.imagenet import class_names
from models.outputs import Concepts, ItemError, ModelIdentity
from models.runtime.conversion import computed
from models.runtime.device import Placement
from models.runtime.torch_network import Input, load_module
from models.weights import Weights

PROMPT = "a photo of a {}"
"""The plain prompt of the CLIP paper, section 3.1.4."""
ITEMS_PER_BATCH = 32
"""ViT-B/32 pictures a second on the CPU: 73 one by one, 140 by eight, 159 by 32 (PERFORMANCE.md)."""
REDUCED_TO = 3
"""A large picture is first shrunk by a whole factor to no less than this many times the network's input, which
halves the cost of the resampling that follows (30 against 15 ms for 3 MP)."""

View = NDArray[np.uint8]


def load(
    weights: Weights,
    placement: Placement,
    *,
    architecture: str | None = None,
    checkpoint: str = "open_clip_model.safetensors",
    tag: str | None = None,
    labels: Sequence[str] | None = None,
) -> "OpenClip":
    """Load both networks; nothing is looked up on a hub.

    Args:
        architecture: open_clip's name, for example `ViT-L-14`; by default what `open_clip_config.json` beside the
            checkpoint describes, with the tokenizer that lies there (SigLIP brings its own).
        checkpoint: name within the weights.
        tag: open_clip's name of the training run (`open_clip.list_pretrained()`), which decides how pictures are
            normalised; by default as OpenAI's CLIP, from which the laion2b ViT-L-14 differs.
        labels: classes to tell apart, by default ImageNet's.

    Raises:
        ValueError: open_clip knows no such architecture or tag.
    """
    name = architecture or f"local-dir:{weights.directory}"
    network = ClipNetwork(weights, placement, name, checkpoint, _preprocessing(weights, architecture, tag))
    names = tuple(labels or class_names())
    inputs = "\n".join((checkpoint, name, PROMPT, *names))
    prompts = [PROMPT.format(label) for label in names]
    embeddings = computed(weights, placement, "labels", inputs, lambda: network.embed_sentences(prompts))
    identity = ModelIdentity("concepts", weights.name, weights.version, weights.digest, placement.precision)
    return OpenClip(identity, network, names, embeddings)


class ClipNetwork:
    """Both towers, each with what prepares its input, and the scale of their cosines."""

    def __init__(self, weights: Weights, placement: Placement, name: str, checkpoint: str, preprocessing: Any) -> None:
        import open_clip
        from open_clip.transform import image_transform_v2

        self.pixels: tuple[int, int] = preprocessing.input_size[1:]
        self._transform = image_transform_v2(preprocessing, is_train=False)
        self._tokenize = open_clip.get_tokenizer(name)
        # Built once for whatever is not on disk yet, and never on a later start.
        build = cache(lambda: _build(name, weights.path(checkpoint)))
        inputs = f"{name.partition(':')[0]}-{checkpoint}"
        picture, tokens = Input((-1, 3, *self.pixels)), Input((-1, self._tokenize.context_length), "int64")
        self.logit_scale = float(computed(weights, placement, "logit-scale", inputs, lambda: _logit_scale(build())))
        self._image = load_module(lambda: _tower(build(), "image"), weights, placement, f"{inputs}-image", [picture])
        self._text = load_module(lambda: _tower(build(), "text"), weights, placement, f"{inputs}-text", [tokens])

    def embed_pictures(self, views: Sequence[View]) -> NDArray[np.float32]:
        """Unit vectors of RGB views, shape (views, dimensions)."""
        return _in_batches(views, lambda batch: self._image(np.stack([self._prepared(view) for view in batch])))

    def embed_sentences(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (sentences, dimensions); what exceeds the context length is cut."""
        return _in_batches(sentences, lambda batch: self._text(self._tokenize(list(batch)).numpy()))

    def _prepared(self, view: View) -> NDArray[np.float32]:
        """Shape (3, height, width), by the checkpoint's own preprocessing."""
        picture = Image.fromarray(view)
        factor = min(side // (REDUCED_TO * wanted) for side, wanted in zip(view.shape, self.pixels, strict=False))
        return np.asarray(self._transform(picture.reduce(factor) if factor > 1 else picture).numpy(), np.float32)


class OpenClip:
    """Item: view, sentence or text that was read. Output: `Concepts`."""

    def __init__(
        self,
        identity: ModelIdentity,
        network: ClipNetwork,
        class_names: Sequence[str],
        class_embeddings: NDArray[np.float32],
    ) -> None:
        self.identity = identity
        self.class_names = class_names
        self._network = network
        self._class_embeddings = class_embeddings

    def cost(self, item: ConceptItem) -> float:
        """Megapixels of the image network's input; a sentence costs about as much as one picture."""
        height, width = self._network.pixels
        return height * width / 1e6

    def warm_up(self) -> None:
        self.run([np.zeros((*self._network.pixels, 3), np.uint8), "warm up"])

    def run(self, batch: Sequence[ConceptItem]) -> list[Concepts | ItemError]:
        results: list[Concepts | ItemError] = [ItemError("not run")] * len(batch)
        pictures, sentences = split(batch)
        embeddings = self._network.embed_pictures([np.asarray(batch[index]) for index in pictures])
        for index, embedding in zip(pictures, embeddings, strict=True):
            results[index] = self._picture(embedding)
        embeddings = self._network.embed_sentences([words(batch[index]) for index in sentences])
        for index, embedding in zip(sentences, embeddings, strict=True):
            results[index] = Concepts(embedding, cohort(embedding, self._class_embeddings))
        return results

    def _picture(self, embedding: NDArray[np.float32]) -> Concepts:
        """Zero-shot labels: softmax over the scaled cosines with the prompted class names (CLIP paper, section 3.1)."""
        probabilities = softmax(self._network.logit_scale * (self._class_embeddings @ embedding))
        return Concepts(embedding, cohort(embedding, self._class_embeddings), ranked(self.class_names, probabilities))


def _in_batches(
    items: Sequence[Any], embed: Callable[[Sequence[Any]], tuple[NDArray[Any], ...]]
) -> NDArray[np.float32]:
    starts = range(0, len(items), ITEMS_PER_BATCH)
    batches = [embed(items[start : start + ITEMS_PER_BATCH])[0] for start in starts]
    return np.concatenate(batches) if batches else np.zeros((0, 0), np.float32)


def _preprocessing(weights: Weights, architecture: str | None, tag: str | None) -> Any:
    """Size and normalisation of pictures, an `open_clip.PreprocessCfg`."""
    import open_clip
    from open_clip.transform import PreprocessCfg, merge_preprocess_dict

    if architecture is None:
        described = json.loads(weights.path("open_clip_config.json").read_text(encoding="utf-8"))
        config, trained = described["model_cfg"], described.get("preprocess_cfg", {})
    else:
        config, trained = (
            open_clip.get_model_config(architecture),
            open_clip.get_pretrained_cfg(architecture, tag or ""),
        )
    if config is None or (tag and not trained):
        raise ValueError(f"open_clip has no {architecture!r} with tag {tag!r}; see open_clip.list_pretrained()")
    size = {"size": config["vision_cfg"].get("image_size", 224)}
    return PreprocessCfg(**merge_preprocess_dict(size, trained))


def _build(name: str, checkpoint: Path) -> Any:
    """The torch model in float32 with its weights."""
    import open_clip

    model = open_clip.create_model(name, load_weights=False, pretrained_text=False)
    open_clip.load_checkpoint(model, checkpoint)
    return model


def _tower(model: Any, kind: str) -> Any:
    """One tower as a module of its own, with unit vectors as its output."""
    import torch

    class Tower(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.encode = model.encode_image if kind == "image" else model.encode_text

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.normalize(self.encode(inputs).float(), dim=-1)

    return Tower()


def _logit_scale(model: Any) -> NDArray[np.float32]:
    """What the model multiplies cosines with before the softmax, shape ()."""
    return np.asarray(model.logit_scale.exp().detach().cpu(), np.float32).reshape(())
