"""What holds for all tests."""

import pytest
from PIL import Image

PILLOWS_OPEN = Image.open
"""Before any test imports ultralytics, which replaces it by one that wants another HEIF library."""


@pytest.fixture(autouse=True)
def pillow_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are decoded in processes without ultralytics; tests that decode in theirs see what those do."""
    monkeypatch.setattr(Image, "open", PILLOWS_OPEN)
