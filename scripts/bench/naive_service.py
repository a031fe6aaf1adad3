"""A service as the READMEs of its libraries suggest it: FastAPI, one process, models called where they are needed.

`python -m scripts.bench.naive_service PORT`. Pillow, EasyOCR, ultralytics and a torch classifier in f32 for pictures,
faster-whisper for sound, PyAV for video, everything with its defaults.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import av
import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, File, Form
from faster_whisper import WhisperModel
from PIL import Image
from torchvision import transforms

from configs.settings import load_settings
from models.weights import Registry
from scripts.bench.detector import torch_twin
from scripts.bench.ensemble import torch_classifier
from scripts.bench.text import easyocr_reader

FRAME_EVERY_SECONDS = 1.0


def create_app() -> FastAPI:
    """The service; loading the models is part of it."""
    app = FastAPI()
    settings = load_settings("embedded")
    whisper_weights = Registry.load(settings.weights, settings.data_dir).open(settings.models["speech"].weights)
    whisper = WhisperModel(str(whisper_weights.directory), device="cpu")
    reader, detector, classifier = easyocr_reader(), torch_twin(), torch_classifier()
    prepare = transforms.Compose([transforms.Resize(292), transforms.CenterCrop(260), transforms.ToTensor()])

    alone = Lock()  # ultralytics: one model is not for several threads

    def look(picture: Image.Image) -> dict[str, Any]:
        with torch.no_grad():
            label = int(classifier(prepare(picture)[None] * 2 - 1).argmax())
        with alone:
            boxes = len(detector.predict(picture, verbose=False)[0].boxes)
        return {"label": label, "boxes": boxes, "text": [found[1] for found in reader.readtext(np.asarray(picture))]}

    def listen(path: str) -> str:
        segments, _ = whisper.transcribe(path)
        return " ".join(segment.text for segment in segments)

    @app.post("/score")
    def score(file: Annotated[bytes, File()], content_type: Annotated[str, Form()]) -> dict[str, Any]:
        with tempfile.NamedTemporaryFile() as copy:
            Path(copy.name).write_bytes(file)
            if content_type == "image":
                return look(Image.open(copy.name).convert("RGB"))
            heard = {"transcript": listen(copy.name)}
            if content_type == "audio":
                return heard
            return heard | {"frames": [look(frame) for frame in _frames(copy.name)]}

    return app


def _frames(path: str) -> Iterator[Image.Image]:
    with av.open(path) as container:
        due_seconds = 0.0
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due_seconds:
                due_seconds += FRAME_EVERY_SECONDS
                yield frame.to_image()


if __name__ == "__main__":
    uvicorn.run(create_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
