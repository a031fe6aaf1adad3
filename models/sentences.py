"""Sentence embeddings: a MiniLM encoder (Wang et al. 2020) trained for similarity (Reimers and Gurevych 2019)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.runtime.conversion import converted
from models.runtime.device import Placement
from models.runtime.openvino_network import compile_file
from models.weights import Weights

MAX_TOKENS = 256
"""The length that the weights were trained with; what is longer is cut."""
SENTENCES_PER_BATCH = 64
TOKENS_STEP = 16
"""Lengths are padded to multiples of it: the runtime keeps what it prepared for every length that it has met."""


class SentenceEncoder:
    """Text in, unit vectors of 384 dimensions out."""

    def __init__(self, weights: Weights, placement: Placement) -> None:
        self._tokenizer = Tokenizer.from_file(str(weights.path("tokenizer.json")))
        self._tokenizer.enable_padding(pad_to_multiple_of=TOKENS_STEP)
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._network = compile_file(converted(weights, placement, "sentences", lambda: _convert(weights)), placement)

    def embed(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Shape (sentences, 384)."""
        starts = range(0, len(sentences), SENTENCES_PER_BATCH)
        batches = [self._embed(sentences[start : start + SENTENCES_PER_BATCH]) for start in starts]
        return np.concatenate(batches) if batches else np.zeros((0, 384), np.float32)

    def _embed(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch(list(sentences))
        ids = np.array([row.ids for row in encoded], np.int64)
        mask = np.array([row.attention_mask for row in encoded], np.int64)
        (embeddings,) = self._network(ids, mask)
        return np.asarray(embeddings, np.float32)


def _convert(weights: Weights) -> Any:
    """Encoder, mean over the tokens that are not padding, and length 1, as sentence-transformers pools it."""
    import openvino
    import torch
    from transformers import AutoModel

    class Pooled(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self) -> None:
            super().__init__()
            self.encoder = AutoModel.from_pretrained(weights.directory, attn_implementation="eager")

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).float()
            return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)

    example = torch.ones(2, 16, dtype=torch.long)
    with torch.no_grad():
        network = Pooled().eval().requires_grad_(False)
        return openvino.convert_model(network, example_input={"input_ids": example, "attention_mask": example})
