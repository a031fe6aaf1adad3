"""`python -m scripts.openapi`: write `docs/openapi.json`, which a test compares with the app."""

import json
import tempfile
from pathlib import Path

from api.app import create_app
from api.start import make_services
from configs.settings import load_settings
from serve.client import InProcessEngine

PAGE = Path(__file__).parents[1] / "docs" / "openapi.json"


def document() -> str:
    """The OpenAPI document of the app as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings("embedded", state_dir=folder)
        app = create_app(make_services(settings, InProcessEngine(settings)))
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
