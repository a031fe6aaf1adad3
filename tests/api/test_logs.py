"""Where lines of the log go."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

WRITE = """
import logging, sys
from pathlib import Path
from api.logs import log_as_json
from configs.settings import load_settings
process = int(sys.argv[1]) or None
settings = load_settings("embedded", api__log_to_stderr=True, api__stderr_of=process, state_dir=Path(sys.argv[2]))
log_as_json(settings)
logging.getLogger("assay.test").info("told", extra={"request_id": "req_1"})
"""


@pytest.mark.parametrize(("of_another", "own_lines"), [(True, 0), (False, 1)])
def test_a_replica_logs_to_the_stderr_of_who_started_it(tmp_path: Path, of_another: bool, own_lines: int) -> None:
    with (tmp_path / "stderr").open("w") as stderr:
        starter = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=stderr)
        process = starter.pid if of_another else 0
        command = [sys.executable, "-c", WRITE, str(process), str(tmp_path)]
        replica = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True)
        starter.communicate(b"\n")
    assert len(replica.stderr.splitlines()) == own_lines
    lines = (tmp_path / "stderr").read_text().splitlines() or replica.stderr.splitlines()
    (line,) = map(json.loads, lines)
    assert (line["message"], line["request_id"], line["logger"]) == ("told", "req_1", "assay.test")
    assert not (tmp_path / "logs").exists()


def test_a_process_that_is_gone_leaves_a_replica_its_own_stderr(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    command = [sys.executable, "-c", WRITE, str(ended.pid), str(tmp_path)]
    replica = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert json.loads(replica.stderr)["message"] == "told"
