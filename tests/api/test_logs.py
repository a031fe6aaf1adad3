"""Where lines of the log go."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from api.logs import WholeLines

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


FILL = """
import logging, resource, signal, sys
from pathlib import Path
from api.logs import log_as_json
from configs.settings import load_settings

def allow(size_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log_as_json(load_settings("embedded", state_dir=Path(sys.argv[1])))
log = logging.getLogger("assay.test")
log.info("first")
allow((Path(sys.argv[1]) / "logs" / "assay.jsonl").stat().st_size + 20)
log.info("second")
log.info("third")
allow(resource.RLIM_INFINITY)
log.info("fourth")
"""


def test_lines_that_a_full_disk_does_not_take_go_to_stderr(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILL, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True).stderr
    assert [json.loads(line)["message"] for line in told.splitlines()] == ["second", "third"]
    first, torn, fourth = (tmp_path / "logs" / "assay.jsonl").read_text().splitlines()
    assert (json.loads(first)["message"], json.loads(fourth)["message"]) == ("first", "fourth")
    assert len(torn) == 20


def test_a_log_that_is_moved_away_is_begun_again(tmp_path: Path) -> None:
    handler, record = WholeLines(tmp_path / "logs" / "log", sys.stderr), logging.makeLogRecord({"msg": "told"})
    handler.emit(record)
    (tmp_path / "logs").rename(tmp_path / "old")
    handler.emit(record)
    assert (tmp_path / "logs" / "log").read_text() == (tmp_path / "old" / "log").read_text() == "told\n"
