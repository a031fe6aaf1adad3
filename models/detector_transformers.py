"""DETR-like networks (RT-DETR, D-FINE, YOLOS, …) through transformers on torch; both under Apache-2.0 or BSD."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from transformers import AutoImageProcessor, AutoModelForObjectDetection

from models.detector import Detections, View, ranked
from models.outputs import ModelIdentity
from models.runtime.device import Placement
from models.weights import Weights

DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
Inputs = Mapping[str, torch.Tensor]


def load(weights: Weights, placement: Placement, *, min_confidence: float = 0.5) -> "DetrDetector":
    """Load the directory of a saved model: `config.json`, `preprocessor_config.json`, safetensors.

    Args:
        min_confidence: 0.5 is the threshold that transformers' post-processing defaults to.

    Raises:
        OSError: the directory holds no such model; nothing is ever downloaded.
        KeyError: torch does not run these networks in the precision of the placement.
    """
    # Autocast to bf16 on the CPU ran at a fifth of the speed of f32 (PERFORMANCE.md, CLIP ViT-B/32).
    precision = placement.precision if placement.device == "cuda" else "f32"
    return DetrDetector(weights, placement, precision, min_confidence)


class DetrDetector:
    """Pictures that the processor scales to one shape go through together; none is padded for another's sake."""

    def __init__(self, weights: Weights, placement: Placement, precision: str, min_confidence: float) -> None:
        source = {"pretrained_model_name_or_path": weights.directory, "local_files_only": True}
        self._device, self._dtype = torch.device(placement.device), DTYPES[precision]
        self._processor = AutoImageProcessor.from_pretrained(**source)
        model = AutoModelForObjectDetection.from_pretrained(**source, dtype=self._dtype, use_safetensors=True)
        self._model = model.to(self._device).eval()
        self._min_confidence = min_confidence
        self.identity = ModelIdentity("detector", weights.name, weights.version, weights.digest, precision)
        if placement.device == "cpu":
            torch.set_num_threads(placement.threads)

    def detect(self, views: Sequence[View]) -> list[Detections]:
        prepared = [self._prepare(view) for view in views]
        groups: dict[torch.Size, list[int]] = defaultdict(list)
        for index, inputs in enumerate(prepared):
            groups[inputs["pixel_values"].shape].append(index)
        found: dict[int, Detections] = {}
        for members in groups.values():
            found |= zip(members, self._run([prepared[index] for index in members]), strict=True)
        return [found[index] for index in range(len(views))]

    def _prepare(self, view: View) -> Inputs:
        # A copy, since torch takes no read-only arrays (Ray's shared memory) and no mirrored ones.
        picture = np.array(view, order="C")
        inputs: Inputs = self._processor(images=picture, return_tensors="pt", input_data_format="channels_last")
        return inputs

    def _run(self, group: Sequence[Inputs]) -> list[Detections]:
        batch = {key: torch.cat([inputs[key] for inputs in group]).to(self._device) for key in group[0]}
        batch["pixel_values"] = batch["pixel_values"].to(self._dtype)
        try:
            with torch.inference_mode():
                outputs = self._model(**batch)
        except torch.OutOfMemoryError as error:
            raise MemoryError(str(error)) from error
        outputs.logits, outputs.pred_boxes = outputs.logits.float(), outputs.pred_boxes.float()
        # Without target sizes the boxes stay in fractions of the picture.
        found = self._processor.post_process_object_detection(outputs, threshold=self._min_confidence)
        return [self._detections(result) for result in found]

    def _detections(self, result: Mapping[str, Any]) -> Detections:
        corners, scores, labels = (result[key].cpu().numpy() for key in ("boxes", "scores", "labels"))
        return ranked(corners, scores, labels.tolist(), self._model.config.id2label)
