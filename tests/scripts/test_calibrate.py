"""The relevance curve of an operator's own photos, whose labels are no classes of ImageNet, or some of them."""

import json
import shutil
from pathlib import Path

import pytest
import skimage
import yaml

from configs.settings import load_settings
from pipeline.relevance import Calibration
from pipeline.rubric import load_rubric
from scripts.calibrate import main

PHOTOS = {
    "astronaut.png": "woman in a space suit",
    "brick.png": "brick wall",
    "chelsea.png": "cat",
    "coffee.png": "cup of coffee",
    "motorcycle_left.png": "motorcycle in a garage",
    "rocket.jpg": "launch of a rocket",
}


@pytest.mark.slow
@pytest.mark.parametrize("cat", ["cat of mine", "tabby"])
def test_broader_terms_are_judged_where_a_label_is_a_class(
    tmp_path: Path, cat: str, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in PHOTOS:
        shutil.copy(Path(skimage.data_dir) / name, photos / name)
    (photos / "labels.json").write_text(json.dumps(PHOTOS | {"chelsea.png": cat}))
    main(tmp_path, tmp_path / "record", "embedded")
    fit = json.loads((tmp_path / "record" / "relevance-conse.json").read_text())
    assert (fit["matches"], fit["mismatches"]) == (18, 90)
    shipped = load_rubric(load_settings("embedded").rubric).relevance["conse"]
    fitted = {"midpoint": fit["midpoint"], "slope": fit["slope"]}
    printed = Calibration.model_validate(yaml.safe_load(capsys.readouterr().out)["relevance"]["conse"])
    assert printed == shipped.model_copy(update=fitted)
    assert fit["auc"] > 0.85
    assert fit["briefs"]["auc"] > 0.85
    if cat == "tabby":
        assert fit["broader"]["auc"] > 0.95
        assert fit["broader"]["missed"] < 0.2
        assert fit["briefs_broader"]["auc"] > 0.9
    else:
        assert (fit["broader"], fit["briefs_broader"]) == (None, None)
