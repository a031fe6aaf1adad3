"""What uploads leave on disk."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from api.submissions.uploads import ABANDONED_SECONDS, forget_abandoned


def test_what_a_killed_process_left_goes_and_what_is_under_way_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, under_way, of_others = (tmp_path / name for name in ("assay-upload-1", "assay-upload-2", "tmp1"))
    for path in (left, under_way, of_others):
        path.touch()
    long_ago = time.time() - ABANDONED_SECONDS - 1
    for path in (left, of_others):
        os.utime(path, (long_ago, long_ago))
    forget_abandoned()
    assert not left.exists()
    assert under_way.exists()
    assert of_others.exists()
